"""The Parzen window against scikit-learn, SciPy and a normal density."""

import json

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp
from sklearn.neighbors import KernelDensity

import kgen

RNG = np.random.default_rng(6)


def pictures(count, mean=0.5, sd=0.15):
    return np.clip(RNG.normal(mean, sd, (count, 4, 4, 1)), 0, 1)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("count", [1, 40, 700])
def test_equals_scikit_learn(sigma, count):
    samples, test = RNG.normal(size=(count, 6)), RNG.normal(size=(520, 6))
    expected = KernelDensity(bandwidth=sigma, rtol=0, atol=0).fit(samples).score_samples(test)
    found = kgen.metrics.parzen_log_likelihood(samples, test, sigma)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_one_sample_is_a_normal_density():
    mean, test = RNG.normal(size=(1, 5)), RNG.normal(size=(9, 5))
    expected = stats.multivariate_normal(mean[0], 0.7**2 * np.eye(5)).logpdf(test)
    np.testing.assert_allclose(kgen.metrics.parzen_log_likelihood(mean, test, 0.7), expected, rtol=1e-12)


def test_copies_of_the_samples_change_nothing():
    samples, test = RNG.normal(size=(30, 5)), RNG.normal(size=(9, 5))
    once, twice = (
        kgen.metrics.parzen_log_likelihood(s, test, 0.7) for s in (samples, np.tile(samples, [2, 1]))
    )
    np.testing.assert_allclose(once, twice, rtol=1e-12)


def test_it_has_no_underflow():
    """784 pixels far from every sample: exp(-|x - s|^2 / 2 sigma^2) is 0 in float64."""
    found = kgen.metrics.parzen_log_likelihood(np.zeros([3, 784]), np.ones([1, 784]), 0.1)
    assert float(found[0]) == pytest.approx(-784 / 0.02 - 784 * np.log(0.1 * np.sqrt(2 * np.pi)), rel=1e-12)


def test_window_follows_the_papers_code():
    """sigma by the mean over validation rows, then mean and standard error of the test rows."""
    samples, validation, test = pictures(60), pictures(50), pictures(70)
    found = kgen.metrics.parzen_window(samples, validation, test)

    def log_density(x, sigma):
        a = (x.reshape([len(x), 1, -1]) - samples.reshape([1, 60, -1])) / sigma
        return logsumexp(-0.5 * (a**2).sum(2), axis=1) - np.log(60) - 16 * np.log(sigma * np.sqrt(2 * np.pi))

    sigmas = np.logspace(-1, 0, 10)
    scores = [log_density(validation, sigma).mean() for sigma in sigmas]
    values = log_density(test, sigmas[np.argmax(scores)])
    assert 0 < np.argmax(scores) < 9
    np.testing.assert_allclose(found["sigmas"], sigmas)
    np.testing.assert_allclose(found["validation_log_likelihoods"], scores, rtol=1e-9)
    assert found["sigma"] == pytest.approx(sigmas[np.argmax(scores)])
    assert found["log_likelihood"] == pytest.approx(values.mean(), rel=1e-9)
    assert found["standard_error"] == pytest.approx(values.std() / np.sqrt(70), rel=1e-9)
    assert [found[f"num_{name}"] for name in ("samples", "validation", "test")] == [60, 50, 70]
    assert "not a quality measure" in found["kind"]
    assert json.loads(json.dumps(found)) == found


def test_sigma_comes_from_the_first_thousand():
    samples = pictures(20)
    near, far = pictures(1000), pictures(500, 0.9)
    found = kgen.metrics.parzen_window(samples, np.concatenate([near, far]), near[:5])
    assert found["num_validation"] == 1000
    assert found["sigma"] == kgen.metrics.parzen_window(samples, near, near[:5])["sigma"]
    assert found["sigma"] < kgen.metrics.parzen_window(samples, far, near[:5])["sigma"]


def test_integers_are_scaled():
    sets = [(255 * pictures(30)).astype("uint8") for _ in range(3)]
    whole = kgen.metrics.parzen_window(*sets)
    assert whole == kgen.metrics.parzen_window(*(x / np.float32(255) for x in sets))


def test_shifted_noised_and_fewer_modes_are_less_likely():
    validation, test = pictures(200), pictures(200)
    real = kgen.metrics.parzen_window(pictures(200), validation, test)["log_likelihood"]
    for samples in (pictures(200, 0.8), pictures(200, 0.5, 0.5), pictures(2)):
        assert kgen.metrics.parzen_window(samples, validation, test)["log_likelihood"] < real - 1


def test_it_is_no_quality_measure():
    """Theis 2016: a few averages beat fresh real pictures."""
    validation, test = pictures(200), pictures(200)
    real = kgen.metrics.parzen_window(pictures(200), validation, test)["log_likelihood"]
    averages = pictures(4000).reshape([10, 400, 4, 4, 1]).mean(1)
    assert kgen.metrics.parzen_window(averages, validation, test)["log_likelihood"] > real


@pytest.mark.parametrize(
    "arguments, name",
    [
        (([[0.0]], [[0.0]], 0.0), "sigma"),
        (([[0.0]], [[0.0]], float("inf")), "sigma"),
        (([[0.0]], [[0.0, 1.0]], 1.0), "samples"),
        (([0.0], [0.0], 1.0), "samples"),
        ((np.zeros([0, 1]), [[0.0]], 1.0), "samples"),
    ],
)
def test_bad_rows(arguments, name):
    with pytest.raises(ValueError, match=f"argument `{name}`"):
        kgen.metrics.parzen_log_likelihood(*arguments)


@pytest.mark.parametrize(
    "changed, name",
    [
        ({"samples": pictures(3) * 300}, "samples"),
        ({"validation": pictures(3)[:0]}, "validation"),
        ({"test": -pictures(3)}, "test"),
        ({"test": pictures(3)[:, :2]}, "samples"),
        ({"sigmas": []}, "sigmas"),
        ({"sigmas": [0.1, -1.0]}, "sigma"),
    ],
)
def test_bad_pictures(changed, name):
    sets = {"samples": pictures(3), "validation": pictures(3), "test": pictures(3)}
    with pytest.raises(ValueError, match=f"argument `{name}`"):
        kgen.metrics.parzen_window(**{**sets, **changed})
