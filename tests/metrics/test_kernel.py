import numpy as np
import pytest

import kgen
import kgen.metrics

RNG = np.random.default_rng(3)
REAL = RNG.integers(0, 256, (60, 8, 8, 1)).astype("uint8")
FAKE = RNG.integers(30, 220, (50, 8, 8, 1)).astype("uint8")


def kernel(a, b):
    return (np.dot(a, b) / len(a) + 1) ** 3


def oracle(x, y):
    """The unbiased estimator, pair by pair."""
    x, y = np.asarray(x, "float64"), np.asarray(y, "float64")
    xx = np.mean([kernel(a, b) for i, a in enumerate(x) for j, b in enumerate(x) if i != j])
    yy = np.mean([kernel(a, b) for i, a in enumerate(y) for j, b in enumerate(y) if i != j])
    return xx + yy - 2 * np.mean([kernel(a, b) for a in x for b in y])


def jackknife(x, y):
    """Standard error by computing the estimator again without each row."""
    without_x = [oracle(np.delete(x, i, 0), y) for i in range(len(x))]
    without_y = [oracle(x, np.delete(y, i, 0)) for i in range(len(y))]
    return np.sqrt((len(x) - 1) * np.var(without_x) + (len(y) - 1) * np.var(without_y))


def streamed(batch, **options):
    metric = kgen.metrics.KernelDistance("kgen-digits-v1", **options)
    for start in range(0, 60, batch):
        metric.update_state(REAL[start : start + batch], FAKE[start : start + batch])
    return float(metric.result()), float(metric.standard_error())


def test_equals_a_double_loop():
    extractor = kgen.metrics.get_extractor("kgen-digits-v1")
    expected = oracle(extractor(REAL), extractor(FAKE))
    assert expected > 0.01
    assert streamed(60)[0] == pytest.approx(expected, abs=1e-6, rel=1e-6)


def test_standard_error_is_the_jackknife():
    x, y = RNG.normal(size=(9, 4)), RNG.normal(1, 2, size=(7, 4))
    value, error = kgen.metrics.kernel_distance(x, y)
    assert float(value) == pytest.approx(oracle(x, y), rel=1e-10)
    assert float(error) == pytest.approx(jackknife(x, y), rel=1e-8)


def test_standard_error_predicts_the_spread():
    draws = [
        kgen.metrics.kernel_distance(RNG.normal(size=(60, 4)), RNG.normal(0.5, 1, (60, 4)))
        for _ in range(100)
    ]
    values, errors = np.array(draws, "float64").T
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.3)


@pytest.mark.parametrize("count", [511, 512, 513, 1100])
def test_blocks_of_rows_make_no_difference(count):
    x, y = RNG.normal(size=(count, 3)), RNG.normal(0.3, 1, size=(700, 3))
    products = [(a @ b.T / 3 + 1) ** 3 for a, b in ((x, x), (y, y), (x, y))]
    within = [(p.sum() - np.trace(p)) / (len(p) * (len(p) - 1)) for p in products[:2]]
    expected = sum(within) - 2 * products[2].mean()
    assert float(kgen.metrics.kernel_distance(x, y)[0]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("batch", [1, 7, 32])
def test_value_does_not_depend_on_the_batch(batch):
    assert streamed(batch) == pytest.approx(streamed(60), abs=1e-6)


@pytest.mark.parametrize("batch", [1, 7, 60])
def test_the_first_max_samples_count(batch):
    extractor = kgen.metrics.get_extractor("kgen-digits-v1")
    expected = oracle(extractor(REAL[:20]), extractor(FAKE[:20]))
    assert streamed(batch, max_samples=20)[0] == pytest.approx(expected, abs=1e-6)


def test_the_same_distribution_is_at_zero():
    metric = kgen.metrics.KernelDistance("kgen-digits-v1")
    metric.update_state(REAL[:30], REAL[30:])
    assert abs(float(metric.result())) < 4 * float(metric.standard_error())


@pytest.mark.parametrize("max_samples", [0, 1, 2.5, None])
def test_max_samples_is_checked(max_samples):
    with pytest.raises(ValueError, match="max_samples"):
        kgen.metrics.KernelDistance("kgen-digits-v1", max_samples=max_samples)
