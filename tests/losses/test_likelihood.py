"""Densities, divergences and bounds against closed forms and float64 oracles on random numbers."""

import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

from kgen import losses

RANDOM = np.random.default_rng(1)


def wide(x):
    return np.asarray(x, "float64")


def log_sigmoid(x):
    return scipy.special.log_expit(wide(x))


MEAN, LOG_VAR = RANDOM.normal(size=(2, 4, 3)).astype("float32")


def test_gaussian_kl_equals_quadrature_of_its_definition():
    for mean, log_var in zip(MEAN.ravel(), LOG_VAR.ravel(), strict=True):
        q = scipy.stats.norm(mean, np.exp(wide(log_var) / 2))
        expected = q.expect(lambda z, q=q: q.logpdf(z) - scipy.stats.norm.logpdf(z))
        actual = losses.gaussian_kl(np.array([mean]), np.array([log_var]))
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


def test_gaussian_kl_sums_the_last_axis_only_and_vanishes_at_the_prior():
    expected = 0.5 * (np.exp(wide(LOG_VAR)) + wide(MEAN) ** 2 - 1 - wide(LOG_VAR)).sum(-1)
    np.testing.assert_allclose(losses.gaussian_kl(MEAN, LOG_VAR), expected, rtol=1e-5)
    np.testing.assert_array_equal(losses.gaussian_kl(0 * MEAN, 0 * MEAN), np.zeros(4))


def test_gaussian_kl_equals_monte_carlo():
    z = MEAN[0] + np.exp(LOG_VAR[0] / 2) * RANDOM.normal(size=(200_000, 3)).astype("float32")
    ratio = losses.gaussian_log_density(z, MEAN[0], LOG_VAR[0]) - losses.gaussian_log_density(z, 0.0, 0.0)
    error = np.std(ratio) / np.sqrt(len(z))
    assert abs(np.mean(ratio) - losses.gaussian_kl(MEAN[0], LOG_VAR[0])) < 4 * error < 0.05


def test_gaussian_log_density():
    x = RANDOM.normal(scale=2, size=(9, 4, 3)).astype("float32")
    expected = scipy.stats.norm.logpdf(wide(x), wide(MEAN), np.exp(wide(LOG_VAR) / 2)).sum(-1)
    actual = losses.gaussian_log_density(x, MEAN, LOG_VAR)
    assert actual.shape == (9, 4)
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


def test_gaussian_log_density_counts_every_coordinate_of_broadcast_statistics():
    x = RANDOM.normal(size=(6, 5)).astype("float32")
    expected = scipy.stats.multivariate_normal(np.zeros(5)).logpdf(wide(x))
    np.testing.assert_allclose(losses.gaussian_log_density(x, 0.0, 0.0), expected, rtol=1e-5)


def test_bernoulli_log_density():
    x = RANDOM.integers(0, 2, (8, 12)).astype("float32")
    logits = RANDOM.normal(scale=3, size=(8, 12)).astype("float32")
    expected = scipy.stats.bernoulli.logpmf(x.astype(int), scipy.special.expit(wide(logits))).sum(-1)
    np.testing.assert_allclose(losses.bernoulli_log_density(x, logits), expected, rtol=1e-5)


def test_bernoulli_log_density_of_grey_values_and_extreme_logits():
    x = np.array([[0.25, 1.0, 0.0, 0.5]], "float32")
    logits = np.array([[200.0, 200.0, -200.0, -200.0]], "float32")
    expected = wide(x) * log_sigmoid(logits) + (1 - wide(x)) * log_sigmoid(-logits)
    np.testing.assert_allclose(losses.bernoulli_log_density(x, logits), expected.sum(-1), rtol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_log_mean_exp(axis):
    log_weights = RANDOM.normal(scale=5, size=(3, 7)).astype("float32")
    expected = np.log(np.exp(wide(log_weights)).mean(axis))
    np.testing.assert_allclose(losses.log_mean_exp(tf.constant(log_weights), axis), expected, rtol=1e-5)


def test_log_mean_exp_of_weights_far_from_one():
    log_weights = tf.constant([[-800.0, -800.0 + np.log(3.0)], [500.0, 500.0]])
    np.testing.assert_allclose(losses.log_mean_exp(log_weights, 1), [-800 + np.log(2), 500], rtol=1e-6)
