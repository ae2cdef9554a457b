import keras
import numpy as np
import pytest
import scipy.linalg
import tensorflow as tf

import kgen
import kgen.metrics


def oracle(x, y):
    """The formula by scipy.linalg.sqrtm in NumPy."""
    x, y = x.astype("float64"), y.astype("float64")
    first, second = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = scipy.linalg.sqrtm(first @ second).real
    return np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(first + second - 2 * root)


def pictures(seed, count, low=0, high=256):
    return np.random.default_rng(seed).integers(low, high, (count, 8, 8, 1)).astype("uint8")


REAL, FAKE = pictures(0, 300), pictures(1, 250, 40, 200)


def streamed(real, fake, batch):
    metric = kgen.metrics.FrechetDistance("kgen-digits-v1")
    for start in range(0, 300, batch):
        metric.update_state(real[start : start + batch], fake[start : start + batch])
    return float(metric.result())


def test_equals_scipy():
    extractor = kgen.metrics.get_extractor("kgen-digits-v1")
    expected = oracle(extractor(REAL).numpy(), extractor(FAKE).numpy())
    assert expected > 1
    assert streamed(REAL, FAKE, 300) == pytest.approx(expected, abs=1e-6, rel=0)


@pytest.mark.parametrize("dim", [3, 64])
def test_function_equals_scipy(dim):
    generator = np.random.default_rng(dim)
    x = generator.normal(size=(200, dim)) @ generator.normal(size=(dim, dim))
    y = generator.normal(1, 2, size=(150, dim)) @ generator.normal(size=(dim, dim))
    value = kgen.metrics.frechet_distance(x.mean(0), np.cov(x.T), y.mean(0), np.cov(y.T))
    assert float(value) == pytest.approx(oracle(x, y), rel=1e-9)


def test_diagonal_normals():
    mean, other = np.array([0.0, 1.0, 2.0]), np.array([3.0, 1.0, -1.0])
    deviations, others = np.array([1.0, 2.0, 0.0]), np.array([3.0, 0.5, 1.0])
    value = kgen.metrics.frechet_distance(mean, np.diag(deviations**2), other, np.diag(others**2))
    assert float(value) == pytest.approx(9 + 9 + 4 + 2.25 + 1, abs=1e-9)


@pytest.mark.parametrize("batch", [1, 7, 64, 128])
def test_value_does_not_depend_on_the_batch(batch):
    assert streamed(REAL, FAKE, batch) == pytest.approx(streamed(REAL, FAKE, 300), abs=1e-6)


def test_identical_sets_are_at_zero_even_with_fewer_pictures_than_features():
    assert abs(streamed(REAL, REAL, 50)) < 1e-9
    assert abs(streamed(REAL[:20], REAL[:20], 10)) < 1e-7


def test_uint8_equals_floats():
    assert streamed(REAL, FAKE / 255, 100) == pytest.approx(streamed(REAL, FAKE, 100), rel=1e-4)


@pytest.mark.parametrize("metric", [kgen.metrics.FrechetDistance, kgen.metrics.KernelDistance])
def test_fewer_than_two_pictures_give_nan(metric):
    metric = metric("kgen-digits-v1")
    compiled = tf.function(metric.result)
    assert np.isnan(compiled()) and np.isnan(metric.result())
    metric.update_state(REAL[:1], FAKE[:1])
    assert np.isnan(compiled())
    metric.update_state(REAL[1:9], FAKE[1:9])
    assert np.isfinite(compiled())


@pytest.mark.parametrize("metric", [kgen.metrics.FrechetDistance, kgen.metrics.KernelDistance])
def test_nan_pictures_give_nan_and_weight_zero_leaves_them_out(metric):
    broken = REAL[:40].astype("float32") / 255
    broken[3] = np.nan
    metric, clean = metric("kgen-digits-v1"), metric("kgen-digits-v1")
    metric.update_state(broken, FAKE[:40])
    assert np.isnan(metric.result())
    metric.reset_state()
    keep = np.arange(40) != 3
    metric.update_state(broken, FAKE[:40], sample_weight=keep.astype("float32"))
    clean.update_state(broken[keep], FAKE[:40][keep])
    assert float(metric.result()) == pytest.approx(float(clean.result()), abs=1e-6)


@pytest.mark.parametrize("metric", [kgen.metrics.FrechetDistance, kgen.metrics.KernelDistance])
def test_reset_and_config(metric):
    metric = metric("kgen-digits-v1", name="distance")
    metric.update_state(REAL, FAKE[:250])
    first = float(metric.result())
    metric.reset_state()
    assert all(not np.any(variable) for variable in metric.variables)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert type(copy) is type(metric) and copy.get_config() == metric.get_config()
    assert copy.extractor.sha256 == metric.extractor.sha256
    copy.update_state(REAL, FAKE)
    assert float(copy.result()) == pytest.approx(first, abs=1e-9)
    assert copy._direction == "down"


@pytest.mark.parametrize("shape", [(4, 8), (4, 8, 8, 3), (4, 8, 8, 2), (2, 4, 8, 8, 1)])
def test_wrong_pictures_are_refused(shape):
    metric = kgen.metrics.FrechetDistance("kgen-digits-v1")
    with pytest.raises(ValueError, match="Invalid value for argument `images`"):
        metric.update_state(np.zeros(shape, "uint8"), REAL)
