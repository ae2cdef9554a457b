"""The classifier of K + 1 classes, against the softmax that it stands for."""

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from kgen import losses

RANDOM = np.random.default_rng(4)
LOGITS = RANDOM.normal(scale=3, size=(12, 5)).astype("float32")
LABELS = np.array([3, -1, 0, 0, -1, 4, -1, -1, 2, -1, 1, -1])


def full_softmax():
    """Log probabilities of the K + 1 classes, the last one "fake" with the logit zero."""
    return scipy.special.log_softmax(np.pad(LOGITS.astype("float64"), ((0, 0), (0, 1))), axis=1)


def test_the_implicit_logit_gives_the_softmax_with_a_zero_logit():
    logit = losses.implicit_fake_logit(LOGITS)
    assert logit.shape == (12,)
    real = scipy.special.logsumexp(full_softmax()[:, :-1], axis=1)
    np.testing.assert_allclose(losses.real_cross_entropy(logit), -real, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(losses.fake_cross_entropy(logit), -full_softmax()[:, -1], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(tf.sigmoid(logit), 1 - np.exp(full_softmax()[:, -1]), rtol=1e-5)


def test_the_supervised_term_is_the_softmax_given_real():
    given_real = full_softmax()[:, :-1] - np.log(1 - np.exp(full_softmax()[:, -1:]))
    labels = LABELS.clip(0)
    actual = losses.supervised_cross_entropy(LOGITS, labels)
    np.testing.assert_allclose(actual, -given_real[np.arange(12), labels], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("xla", [False, True], ids=["graph", "xla"])
def test_the_batch_mean_is_the_mean_over_the_labelled(xla):
    function = tf.function(losses.supervised_cross_entropy, jit_compile=xla)
    values = function(tf.constant(LOGITS), tf.constant(LABELS, tf.int32)).numpy()
    assert values.dtype == np.float32 and (values[LABELS < 0] == 0).all()
    labelled = LABELS >= 0
    alone = -scipy.special.log_softmax(LOGITS, axis=1)[labelled, LABELS[labelled]]
    np.testing.assert_allclose(values.mean(), alone.mean(), rtol=1e-5)
    np.testing.assert_allclose(values[labelled], alone * 12 / labelled.sum(), rtol=1e-4)


def test_a_batch_without_labels_costs_nothing_and_moves_nothing():
    logits = tf.constant(LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        values = losses.supervised_cross_entropy(logits, np.full(12, -1))
    assert (values.numpy() == 0).all() and (tape.gradient(values, logits).numpy() == 0).all()


def test_only_the_labelled_rows_get_a_gradient():
    """d/dl = (softmax - one-hot) / number of labelled rows."""
    logits = tf.constant(LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = tf.reduce_mean(losses.supervised_cross_entropy(logits, LABELS))
    rows = (LABELS >= 0)[:, None]
    expected = rows * (scipy.special.softmax(LOGITS, axis=1) - np.eye(5)[LABELS]) / rows.sum()
    np.testing.assert_allclose(tape.gradient(loss, logits), expected, rtol=1e-4, atol=1e-7)


def test_low_precision_logits_give_float32():
    half = tf.cast(LOGITS, tf.bfloat16)
    assert losses.implicit_fake_logit(half).dtype == tf.float32
    assert losses.supervised_cross_entropy(half, LABELS).dtype == tf.float32


def test_unlabelled_rows_stand_for_the_real_ones():
    weights = losses.unlabelled_weights(LABELS).numpy()
    unlabelled = LABELS < 0
    assert 0 < unlabelled.sum() < 12 and (weights[~unlabelled] == 0).all()
    np.testing.assert_allclose(weights[unlabelled], 12 / unlabelled.sum(), rtol=1e-6)
    assert weights.mean() == pytest.approx(1.0, rel=1e-6)


def test_without_unlabelled_rows_every_row_counts():
    np.testing.assert_array_equal(losses.unlabelled_weights(np.arange(5)), np.ones(5))
