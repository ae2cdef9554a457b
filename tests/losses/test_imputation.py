"""The losses of imputation against NumPy on probabilities."""

import numpy as np
import tensorflow as tf

from kgen import losses

RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.normal(size=(4, 3)).astype("float32")
MASK = np.array([[1, 0, 1], [0, 0, 1], [1, 1, 1], [0, 1, 0]], "float32")
COUNTED = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]], "float32")
D = 1 / (1 + np.exp(-LOGITS.astype("float64")))


def mean(values, counted):
    return (values * counted).sum(axis=1) / counted.sum(axis=1)


def test_cross_entropy_of_the_mask():
    expected = -(MASK * np.log(D) + (1 - MASK) * np.log(1 - D))
    for counted in (np.ones_like(MASK), COUNTED):
        found = losses.mask_cross_entropy(tf.constant(LOGITS), tf.constant(MASK), tf.constant(counted))
        np.testing.assert_allclose(found, mean(expected, counted), rtol=1e-5)


def test_the_generator_pays_for_missing_cells_only():
    expected = -(1 - MASK) * np.log(D)
    for counted in (np.ones_like(MASK), COUNTED):
        found = losses.imputation_adversarial(tf.constant(LOGITS), tf.constant(MASK), tf.constant(counted))
        np.testing.assert_allclose(found, mean(expected, counted), rtol=1e-5)


def test_extreme_logits_stay_finite():
    extreme, ones = tf.constant([[-1e4, 1e4]]), tf.ones([1, 2])
    for mask in (ones, 0 * ones):
        assert np.isfinite(losses.mask_cross_entropy(extreme, mask, ones)).all()
        assert np.isfinite(losses.imputation_adversarial(extreme, mask, ones)).all()


def test_the_mean_of_observed_errors_is_over_the_batch():
    errors = RANDOM.uniform(size=(4, 3)).astype("float32")
    found = losses.observed_mean(tf.constant(errors), tf.constant(MASK))
    np.testing.assert_allclose(np.mean(found), errors[MASK > 0].mean(), rtol=1e-6)
    assert not losses.observed_mean(tf.constant(errors), tf.zeros([4, 3])).numpy().any()
