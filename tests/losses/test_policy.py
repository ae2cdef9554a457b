"""The policy-gradient loss: closed forms."""

import numpy as np
import pytest
import tensorflow as tf

import kgen

NATS = tf.constant([[1.0, 2.0, 4.0], [0.5, 8.0, 16.0]])
VALUES = tf.constant([[0.5, 0.25, 1.0], [2.0, 3.0, 5.0]])
COUNTS = tf.constant([[True, True, True], [True, False, False]])


@pytest.mark.parametrize("mean, expected", [(False, 0.5 + 0.5 + 4.0 + 1.0), (True, 6.0 / 4)])
def test_sum_and_mean_over_the_tokens_that_count(mean, expected):
    assert float(kgen.losses.policy_gradient(NATS, VALUES, COUNTS, mean)) == pytest.approx(expected)


def test_the_gradient_is_the_value_and_none_flows_through_it():
    with tf.GradientTape() as tape:
        tape.watch([NATS, VALUES])
        loss = kgen.losses.policy_gradient(NATS, VALUES, COUNTS)
    to_nats, to_values = tape.gradient(loss, [NATS, VALUES])
    np.testing.assert_allclose(to_nats, [[0.5, 0.25, 1.0], [2.0, 0.0, 0.0]])
    assert to_values is None


def test_padding_may_be_anything():
    nats = tf.where(COUNTS, NATS, np.inf)
    assert float(kgen.losses.policy_gradient(nats, VALUES, COUNTS)) == pytest.approx(6.0)
