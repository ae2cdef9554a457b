"""Precision, recall, density and coverage against a double loop, and what their papers say of them."""

import keras
import numpy as np
import pytest

import kgen

RNG = np.random.default_rng(3)
REAL = RNG.integers(0, 256, (60, 8, 8, 1)).astype("uint8")
FAKE = RNG.integers(30, 220, (50, 8, 8, 1)).astype("uint8")
METRICS = (kgen.metrics.Precision, kgen.metrics.Recall, kgen.metrics.Density, kgen.metrics.Coverage)
FUNCTIONS = (kgen.metrics.precision, kgen.metrics.density, kgen.metrics.coverage)


def cloud(count, dim=4, mean=0.0, sd=1.0):
    return RNG.normal(mean, sd, (count, dim))


def oracle(real, fake, k):
    """Pair by pair, in the words of the papers."""
    radii = [sorted(np.linalg.norm(x - z) for z in real)[k] for x in real]
    inside = np.array([[np.linalg.norm(x - y) <= r for y in fake] for x, r in zip(real, radii, strict=True)])
    return inside.any(axis=0).mean(), inside.sum() / (k * len(fake)), inside.any(axis=1).mean()


@pytest.mark.parametrize("k", [1, 3, 5])
def test_functions_equal_a_double_loop(k):
    real, fake = cloud(30), cloud(25, mean=0.5)
    found = [float(function(real, fake, k=k)) for function in FUNCTIONS]
    assert found == pytest.approx(oracle(real, fake, k), abs=1e-12)
    assert all(0 < value < 2 for value in found)


@pytest.mark.parametrize("kind", METRICS)
def test_metrics_are_the_functions_in_features(kind):
    metric = kind("kgen-digits-v1")
    real, fake = (np.asarray(metric.extractor(x), "float64") for x in (REAL, FAKE))
    metric.update_state(REAL[:50], FAKE)
    metric.update_state(REAL[50:], FAKE[:0])
    precision, density, coverage = oracle(real, fake, metric.k)
    expected = {"density": density, "coverage": coverage, "precision": precision}
    expected["recall"] = oracle(fake, real, metric.k)[0]
    assert float(metric.result()) == pytest.approx(expected[metric.name], abs=1e-12)


@pytest.mark.parametrize("kind", METRICS)
@pytest.mark.parametrize("batch", [1, 7])
def test_value_does_not_depend_on_the_batch(kind, batch):
    whole, parts = kind("kgen-digits-v1", max_samples=40), kind("kgen-digits-v1", max_samples=40)
    whole.update_state(REAL[:50], FAKE)
    for start in range(0, 50, batch):
        parts.update_state(REAL[start : min(start + batch, 50)], FAKE[start : start + batch])
    assert float(parts.result()) == float(whole.result())


@pytest.mark.parametrize("count", [511, 512, 513, 1100])
def test_blocks_of_rows_make_no_difference(count):
    real, fake = cloud(count, 3), cloud(600, 3, 0.3)
    squares = ((real[:, None] - real) ** 2).sum(-1), ((real[:, None] - fake) ** 2).sum(-1)
    inside = squares[1] <= np.sort(squares[0], axis=1)[:, 5:6]
    expected = inside.any(0).mean(), inside.sum() / (5 * 600), inside.any(1).mean()
    assert [float(f(real, fake, k=5)) for f in FUNCTIONS] == pytest.approx(expected, abs=1e-12)


def test_one_distribution_has_the_expectations_of_the_lemmas():
    draws = [(cloud(60), cloud(40)) for _ in range(200)]
    densities = [float(kgen.metrics.density(x, y, k=3)) for x, y in draws]
    coverages = [float(kgen.metrics.coverage(x, y, k=3)) for x, y in draws]
    expected = 1 - np.prod([(60 - i) / (60 + 40 - i) for i in (1, 2, 3)])
    assert np.mean(densities) == pytest.approx(1.0, abs=4 * np.std(densities) / 200**0.5)
    assert np.mean(coverages) == pytest.approx(expected, abs=4 * np.std(coverages) / 200**0.5)


def test_dropped_modes_cost_recall_and_coverage_alone():
    real = np.concatenate([cloud(100, mean=mean, sd=0.1) for mean in (-3, 0, 3, 6)])
    fake = np.concatenate([cloud(200, mean=mean, sd=0.1) for mean in (-3, 0)])
    assert float(kgen.metrics.precision(real, fake)) > 0.9
    assert float(kgen.metrics.precision(fake, real)) < 0.55
    assert float(kgen.metrics.coverage(real, fake)) < 0.55
    assert float(kgen.metrics.density(real, fake)) > 0.8


def test_noise_costs_precision_and_density():
    real, fake = cloud(300, sd=0.3), cloud(300, sd=0.3) + cloud(300)
    assert float(kgen.metrics.precision(real, fake)) < 0.4
    assert float(kgen.metrics.density(real, fake)) < 0.4


def test_one_outlier_lifts_precision_but_not_density():
    """Naeem 2020, figure 1: an outlier's ball is wide."""
    real, fake = np.concatenate([cloud(100, 2, sd=0.1), [[10.0, 0.0]]]), cloud(100, 2, 5.0, 0.5)
    fake[:, 1] -= 5.0
    assert float(kgen.metrics.precision(real, fake, k=5)) == 1.0
    assert float(kgen.metrics.density(real, fake, k=5)) == pytest.approx(0.2)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_too_few_rows_give_nan(function):
    assert np.isnan(function(cloud(3), cloud(9), k=3))
    assert np.isfinite(function(cloud(4), cloud(9), k=3))
    assert np.isnan(function(cloud(9), cloud(0), k=3))


@pytest.mark.parametrize("kind", METRICS)
def test_config_and_direction(kind):
    metric = kind("random", k=2, max_samples=7)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert again.get_config() == metric.get_config() and again.k == 2
    assert again._direction == "up" and again.name == kind.__name__.lower()


@pytest.mark.parametrize("k", [0, -1, 2.0, True, None])
def test_k_is_checked(k):
    with pytest.raises(ValueError, match="`k`. Expected a positive integer"):
        kgen.metrics.Precision("random", k=k)
    with pytest.raises(ValueError, match="`k`. Expected a positive integer"):
        kgen.metrics.coverage(cloud(9), cloud(9), k=k)


def test_a_fit_logs_them():
    model = kgen.GAN((8, 8, 1), latent_dim=4, hidden_units=(8,))
    model.compile(metrics=[kind("kgen-digits-v1") for kind in METRICS], jit_compile=False)
    history = model.fit(REAL, batch_size=20, validation_data=REAL, epochs=1, verbose=0).history
    for name in ("precision", "recall", "density", "coverage"):
        assert len(history[f"val_{name}"]) == 1 and history[f"val_{name}"][0] >= 0
