"""Nats of tokens against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

import kgen

RANDOM = np.random.default_rng(0)


def test_token_nats_are_minus_log_softmax():
    logits, tokens = RANDOM.normal(size=(4, 5, 7)) * 30, RANDOM.integers(0, 7, (4, 5))
    shifted = logits - logits.max(-1, keepdims=True)
    expected = np.log(np.exp(shifted).sum(-1)) - np.take_along_axis(shifted, tokens[..., None], -1)[..., 0]
    found = kgen.losses.token_nats(tokens, tf.constant(logits, tf.float32))
    assert found.dtype == tf.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_half_precision_is_summed_in_single():
    logits = tf.constant(RANDOM.normal(size=(3, 5000)), tf.bfloat16)
    found = kgen.losses.token_nats(np.array([1, 2, 3]), logits)
    np.testing.assert_allclose(
        found, kgen.losses.token_nats(np.array([1, 2, 3]), tf.cast(logits, tf.float32))
    )


@pytest.mark.parametrize("counts", [[True] * 4, [True, False, True, False], [False] * 4])
def test_the_mean_is_over_what_counts(counts):
    nats = tf.constant([1.0, np.nan if not counts[1] else 2.0, 4.0, 9.0])
    expected = np.asarray(nats)[counts].mean() if any(counts) else 0.0
    assert float(kgen.losses.mean_over_tokens(nats, tf.constant(counts))) == pytest.approx(expected)
