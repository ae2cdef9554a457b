"""Terms about weights and batch statistics, by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgen import losses

RANDOM = np.random.default_rng(3)


def test_weight_penalty_by_hand():
    """L2 of three twos is 0.1 x 12, L1 of two minus ones is 0.01 x 2; a plain bias adds nothing."""
    first = keras.layers.Dense(
        1, kernel_initializer=keras.initializers.Constant(2.0), kernel_regularizer=keras.regularizers.L2(0.1)
    )
    bias = keras.initializers.Constant(-1.0)
    second = keras.layers.Dense(2, bias_initializer=bias, bias_regularizer=keras.regularizers.L1(0.01))
    first.build((None, 3))
    second.build((None, 1))
    assert float(losses.weight_penalty(first.trainable_variables)) == pytest.approx(1.2, rel=1e-6)
    both = first.trainable_variables + second.trainable_variables
    assert float(losses.weight_penalty(both)) == pytest.approx(1.22, rel=1e-6)


def test_weight_penalty_is_absent_without_a_regulariser():
    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    assert losses.weight_penalty(layer.trainable_variables) is None
    assert losses.weight_penalty([]) is None


def test_weight_penalty_reaches_the_weights():
    layer = keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.5))
    layer.build((None, 3))
    with tf.GradientTape() as tape:
        penalty = losses.weight_penalty(layer.trainable_variables)
    np.testing.assert_allclose(tape.gradient(penalty, layer.kernel.value), layer.kernel, rtol=1e-6)


# Historical averaging.


def test_historical_average_by_hand():
    layer = keras.layers.Dense(2, kernel_initializer=keras.initializers.Constant(3.0))
    layer.build((None, 2))
    averages = [tf.constant([[3.0, 1.0], [3.0, 3.5]]), tf.constant([0.0, -1.0])]
    with tf.GradientTape() as tape:
        distance = losses.historical_average(layer.trainable_variables, averages)
    assert distance.shape == () and float(distance) == pytest.approx(4 + 0.25 + 1)
    kernel, bias = tape.gradient(distance, [v.value for v in layer.trainable_variables])
    np.testing.assert_allclose(kernel, [[0, 4], [0, -1]])
    np.testing.assert_allclose(bias, [0, 2])


def test_historical_average_needs_one_average_for_each_weight():
    with pytest.raises(ValueError):
        losses.historical_average([tf.zeros(1), tf.zeros(1)], [tf.zeros(1)])


# Feature matching.

REAL = RANDOM.uniform(0, 1, (6, 3, 2)).astype("float32")
FAKE = RANDOM.normal(2, 1, (4, 3, 2)).astype("float32")


@pytest.mark.parametrize("xla", [False, True], ids=["graph", "xla"])
def test_feature_matching_is_the_mean_square_of_the_difference_of_means(xla):
    expected = np.mean((REAL.astype("float64").mean(0) - FAKE.astype("float64").mean(0)) ** 2)
    distance = tf.function(losses.feature_matching, jit_compile=xla)(tf.constant(REAL), tf.constant(FAKE))
    assert distance.shape == () and distance.dtype == tf.float32
    np.testing.assert_allclose(distance, expected, rtol=1e-5)


def test_feature_matching_sees_means_only():
    shuffled = FAKE[[2, 0, 3, 1]] + np.array([1, -1, 2, -2], "float32")[:, None, None]
    np.testing.assert_allclose(
        losses.feature_matching(REAL, FAKE), losses.feature_matching(REAL, shuffled), rtol=1e-4
    )


def test_feature_matchings_gradient_is_the_closed_form():
    """d/df_i = 2 (mean fake - mean real) / (batch features)."""
    fake = tf.constant(FAKE)
    with tf.GradientTape() as tape:
        tape.watch(fake)
        distance = losses.feature_matching(REAL, fake)
    expected = np.broadcast_to(2 * (FAKE.mean(0) - REAL.mean(0)) / (4 * 6), FAKE.shape)
    np.testing.assert_allclose(tape.gradient(distance, fake), expected, rtol=1e-4)


def test_feature_matching_of_low_precision_features_is_float32():
    fake = tf.cast(tf.fill((4096, 2), 3.0), tf.float16)
    distance = losses.feature_matching(tf.zeros((4096, 2), tf.float16), fake)
    assert distance.dtype == tf.float32 and float(distance) == pytest.approx(9.0)
