"""Rules of sampling against closed forms, a search in NumPy and frequencies."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from kgen import noise
from kgen.sampling import draw, inverse_cdf, narrowed, tempered

LOGITS = np.random.default_rng(1).normal(size=(6, 11)) * 2


def softmax(logits):
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def drawn(logits, temperature=1.0, top_k=99, top_p=1.0, number=40_000, seed=0):
    """How often each class of one row of logits is drawn."""
    rows = np.repeat(np.asarray(logits)[None], number, axis=0)
    uniform = noise.uniform(noise.rows(seed, number), (1,))[:, 0]
    told = (tf.fill([number], temperature), tf.fill([number], top_k), tf.fill([number], top_p))
    return np.bincount(draw(tf.constant(rows), uniform, *told), minlength=len(logits))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_temperature_raises_probabilities_to_a_power(temperature):
    found = softmax(tempered(tf.constant(LOGITS), tf.fill([6], tf.cast(temperature, tf.float64))).numpy())
    power = softmax(LOGITS) ** (1 / temperature)
    np.testing.assert_allclose(found, power / power.sum(axis=1, keepdims=True), rtol=1e-9)


def test_the_k_likeliest_are_kept():
    top_k = np.array([1, 2, 5, 10, 11, 40], "int32")
    found = narrowed(tf.constant(LOGITS), tf.constant(top_k), tf.ones(6)).numpy()
    for row, kept, k in zip(LOGITS, found, top_k, strict=True):
        order = np.argsort(-row)
        assert np.isneginf(kept[order[k:]]).all()
        np.testing.assert_array_equal(kept[order[:k]], row[order[:k]])


@pytest.mark.parametrize("top_p", [1e-6, 0.3, 0.8, 0.999, 1.0])
def test_the_nucleus_is_the_smallest_set_that_is_large_enough(top_p):
    found = narrowed(tf.constant(LOGITS), tf.fill([6], 11), tf.fill([6], top_p)).numpy()
    for shares, kept in zip(softmax(LOGITS), np.isfinite(found), strict=True):
        least = np.sort(shares[kept])[0]
        assert kept[shares > least].all()
        assert shares[kept].sum() >= top_p - 1e-9 or kept.all()
        assert shares[kept].sum() - least < top_p or kept.sum() == 1


def test_classes_as_likely_as_the_last_are_kept():
    logits = tf.constant([[2.0, 1.0, 2.0, 1.0, 0.0]] * 3)
    kept = np.isfinite(narrowed(logits, tf.constant([1, 3, 9]), tf.constant([1.0, 1.0, 0.1])))
    assert kept.astype(int).tolist() == [[1, 0, 1, 0, 0], [1, 1, 1, 1, 0], [1, 0, 1, 0, 0]]


def test_draws_are_as_frequent_as_they_should_be():
    logits = LOGITS[0]
    counts = drawn(logits, temperature=0.7)
    expected = softmax(logits[None] / 0.7)[0]
    assert scipy.stats.chisquare(counts, expected * counts.sum()).pvalue > 1e-3


def test_rules_come_in_order():
    """A low temperature makes the nucleus smaller, and the k likeliest are its only candidates."""
    logits = np.log([0.4, 0.3, 0.2, 0.1])
    assert (drawn(logits, top_k=2) > 0).tolist() == [True, True, False, False]
    assert (drawn(logits, top_p=0.65) > 0).tolist() == [True, True, False, False]
    assert (drawn(logits, top_k=3, top_p=0.75) > 0).tolist() == [True, True, False, False]  # 4 + 3 of 9.
    assert (drawn(logits, temperature=0.25, top_p=0.65) > 0).tolist() == [True, False, False, False]
    two = drawn(logits, top_k=2)
    assert scipy.stats.chisquare(two[:2], two.sum() * np.array([4 / 7, 3 / 7])).pvalue > 1e-3


@pytest.mark.parametrize("temperature", [0.0, -1.0])
def test_no_temperature_takes_the_likeliest(temperature):
    tied = [1.0, 5.0, 2.0, 5.0]
    assert drawn(tied, temperature, number=100).tolist() == [0, 100, 0, 0]
    assert drawn(tied, temperature, top_k=3, top_p=0.5, number=100).tolist() == [0, 100, 0, 0]


def test_what_is_impossible_is_never_drawn():
    logits = np.array([-np.inf, 0.0, -np.inf, 1.0, -np.inf])
    for told in ({}, {"top_p": 0.99}, {"top_k": 4}, {"temperature": 100.0}):
        counts = drawn(logits, **told, number=2000)
        assert counts[[0, 2, 4]].sum() == 0 and counts[1] > 0


def test_rows_have_rules_of_their_own():
    logits = tf.constant(np.repeat(LOGITS[:1], 4, axis=0))
    uniform, temperature = tf.fill([4], 0.999), tf.constant([1.0, 0.0, 1.0, 1.0])
    top_k, top_p = tf.constant([11, 11, 1, 11]), tf.constant([1.0, 1.0, 1.0, 1e-3])
    found = draw(logits, uniform, temperature, top_k, top_p).numpy()
    assert found[0] != LOGITS[0].argmax() and (found[1:] == LOGITS[0].argmax()).all()


@pytest.mark.parametrize("size", [1, 2, 3, 50, 64, 65])
def test_inverse_cdf_equals_a_search(size):
    generator = np.random.default_rng(size)
    logits = generator.normal(size=(200, size)).astype("float32") * 3
    uniform = generator.random(200).astype("float32")
    shares = np.exp(logits.astype("float64"))
    sums = shares.cumsum(axis=1) / shares.sum(axis=1, keepdims=True)
    expected = [np.searchsorted(row, u, side="right") for row, u in zip(sums, uniform, strict=True)]
    np.testing.assert_array_equal(inverse_cdf(logits, uniform), expected)


@pytest.mark.parametrize("size", [5, 9, 50])
def test_inverse_cdf_never_draws_the_impossible(size):
    logits = np.full((3, size), -np.inf, "float32")
    logits[:, [1, size - 2]] = [[0.0, 1.0], [88.0, 88.0], [-80.0, -99.0]]
    for u, expected in ((0.0, 1), (1 - 2.0**-24, size - 2)):
        found = inverse_cdf(logits, np.full(3, u, "float32"))
        assert np.all(np.isin(found, [1, size - 2]))
        assert found[0] == found[1] == expected


def test_double_precision_draws_what_single_precision_does():
    logits = np.random.default_rng(3).normal(size=(500, 70)).astype("float32")
    uniform = np.random.default_rng(4).random(500).astype("float32")
    single, double = (inverse_cdf(logits.astype(dtype), uniform) for dtype in ("float32", "float64"))
    assert (single.numpy() == double.numpy()).mean() > 0.99
