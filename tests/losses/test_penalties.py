"""Gradient penalties against closed forms and finite differences."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgen import losses

RANDOM = np.random.default_rng(1)
REAL = RANDOM.uniform(0, 1, (5, 6, 7, 3)).astype("float32")
FAKE = RANDOM.uniform(-1, 0.5, (5, 6, 7, 3)).astype("float32")


def wide(x):
    return np.asarray(x, "float64")


def alpha(x):
    return tf.constant(RANDOM.uniform(size=[len(x)] + [1] * (x.ndim - 1)).astype("float32"))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("target", [1.0, 0.0])
def test_gradient_penalty_of_a_linear_critic_is_exact_whatever_alpha(channels, target):
    real, fake = tf.constant(REAL[..., :channels]), tf.constant(FAKE[..., :channels])
    w = RANDOM.normal(size=real.shape[1:]).astype("float32")
    expected = (np.linalg.norm(wide(w)) - target) ** 2
    for share in (tf.zeros((5, 1, 1, 1)), tf.ones((5, 1, 1, 1)), alpha(REAL)):
        penalty = losses.gradient_penalty(
            lambda x: tf.reduce_sum(w * x, [1, 2, 3]), real, fake, share, target
        )
        assert penalty.shape == (5,)
        np.testing.assert_allclose(penalty, np.full(5, expected), rtol=1e-5)


def test_gradient_penalty_between_zero_and_a_unit_vector_is_one_third():
    """f = |x|^2 / 2 has gradient x = alpha u, and E (alpha - 1)^2 = 1/3."""
    number = 100_001
    unit = np.tile(np.array([[0.6, 0.0, -0.8]], "float32"), (number, 1))
    shares = np.linspace(0, 1, number, dtype="float32")[:, None]
    penalty = losses.gradient_penalty(
        lambda x: 0.5 * tf.reduce_sum(x**2, 1), tf.zeros_like(unit), unit, shares
    )
    np.testing.assert_allclose(penalty, (wide(shares)[:, 0] - 1) ** 2, atol=1e-5)
    np.testing.assert_allclose(np.mean(penalty), 1 / 3, atol=1e-5)


def test_gradient_penalty_is_taken_at_the_mixture_of_each_row():
    real, fake = tf.constant(REAL[:2, 0, 0]), tf.constant(FAKE[:2, 0, 0])
    share = tf.constant([[0.25], [0.75]])
    point = wide(REAL[:2, 0, 0]) + np.array([[0.25], [0.75]]) * (wide(FAKE[:2, 0, 0]) - wide(REAL[:2, 0, 0]))
    expected = (np.linalg.norm(point, axis=1) - 1) ** 2
    penalty = losses.gradient_penalty(
        lambda x: 0.5 * tf.reduce_sum(x**2, 1, keepdims=True), real, fake, share
    )
    np.testing.assert_allclose(penalty, expected, rtol=1e-4, atol=1e-6)


def mean_penalty(weights, top, point):
    """Float64 oracle of E(|grad v tanh(W x)| - 1)^2 at given points."""
    gradient = ((1 - np.tanh(point @ weights) ** 2) * top) @ weights.T
    return np.mean((np.linalg.norm(gradient, axis=1) - 1) ** 2)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_penaltys_own_gradient_equals_finite_differences(channels):
    real, fake = REAL[:, :2, :2, :channels].copy(), FAKE[:, :2, :2, :channels].copy()
    share, size = alpha(real), 4 * channels
    weights = tf.constant(RANDOM.normal(size=(size, 3)).astype("float32"))
    top = RANDOM.normal(size=(3,)).astype("float32")
    with tf.GradientTape() as tape:
        tape.watch(weights)
        score = lambda x: tf.reduce_sum(tf.tanh(tf.reshape(x, [-1, size]) @ weights) * top, 1)  # noqa: E731
        loss = tf.reduce_mean(losses.gradient_penalty(score, tf.constant(real), tf.constant(fake), share))
    actual = tape.gradient(loss, weights).numpy()
    point = (wide(real) + wide(share) * (wide(fake) - wide(real))).reshape([-1, size])
    np.testing.assert_allclose(loss, mean_penalty(wide(weights), wide(top), point), rtol=1e-5)
    for index in np.ndindex(*weights.shape):
        step = np.zeros(weights.shape)
        step[index] = 1e-5
        above, below = (mean_penalty(wide(weights) + sign * step, wide(top), point) for sign in (1, -1))
        np.testing.assert_allclose(actual[index], (above - below) / 2e-5, rtol=1e-3, atol=1e-5)


def test_gradient_norm_is_one_number_per_sample():
    for shape in ((4, 5), (4, 3, 2, 1), (4, 2, 2, 2, 3)):
        x = RANDOM.normal(size=shape).astype("float32")
        axes = tuple(range(1, len(shape)))
        norm = losses.gradient_norm(lambda x, axes=axes: tf.reduce_sum(x**3, axes) / 3, tf.constant(x))
        np.testing.assert_allclose(norm, np.sqrt((wide(x) ** 4).sum(axes)), rtol=1e-5)


def test_gradient_norm_of_low_precision_scores_is_float32():
    x = tf.constant(RANDOM.normal(size=(4, 5)), tf.bfloat16)
    norm = losses.gradient_norm(lambda x: 0.5 * tf.reduce_sum(x**2, 1), x)
    assert norm.dtype == tf.float32
    np.testing.assert_allclose(norm, np.linalg.norm(wide(tf.cast(x, tf.float32)), axis=1), rtol=1e-2)


def test_the_penaltys_gradient_exists_where_the_norm_is_zero():
    weights = tf.zeros((3, 1))
    x = tf.ones((2, 3))
    with tf.GradientTape() as tape:
        tape.watch(weights)
        penalty = losses.gradient_penalty(lambda x: x @ weights, x, x, tf.fill((2, 1), 0.5))
    np.testing.assert_allclose(penalty, np.ones(2), atol=1e-5)
    np.testing.assert_array_equal(tape.gradient(penalty, weights), np.zeros((3, 1)))


def linear(w):
    """A critic with the same gradient w everywhere."""
    return lambda x: tf.reduce_sum(w * x, range(1, len(x.shape)))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("xla", [False, True], ids=["graph", "xla"])
@pytest.mark.parametrize("scale", [0.05, 3.0])
def test_the_one_sided_penalty_leaves_small_norms_alone(channels, xla, scale):
    real, fake = tf.constant(REAL[..., :channels]), tf.constant(FAKE[..., :channels])
    w = scale * RANDOM.uniform(size=real.shape[1:]).astype("float32") / np.sqrt(channels)
    norm = np.linalg.norm(wide(w))
    one_sided = tf.function(
        lambda real, fake: losses.gradient_penalty(linear(w), real, fake, alpha(REAL), one_sided=True),
        jit_compile=xla,
    )
    assert (norm < 1) == (scale < 1)
    np.testing.assert_allclose(one_sided(real, fake), np.full(5, max(0, norm - 1) ** 2), rtol=1e-5)


def test_a_penalty_of_a_sample_is_independent_of_its_batch():
    share = alpha(REAL)
    score = lambda x: tf.reduce_sum(tf.sin(3 * x) + x**2, [1, 2, 3])  # noqa: E731
    together = losses.gradient_penalty(score, tf.constant(REAL), tf.constant(FAKE), share)
    assert np.std(together) > 0.01
    for i in range(5):
        rows = slice(i, i + 1)
        alone = losses.gradient_penalty(score, tf.constant(REAL[rows]), tf.constant(FAKE[rows]), share[rows])
        np.testing.assert_allclose(alone, together[rows], rtol=1e-5)


# R1.


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("xla", [False, True], ids=["graph", "xla"])
def test_r1_of_a_linear_critic_is_half_its_squared_norm(channels, xla):
    w = RANDOM.normal(size=(6, 7, channels)).astype("float32")
    penalty = tf.function(lambda x: losses.r1_penalty(linear(w), x), jit_compile=xla)(REAL[..., :channels])
    np.testing.assert_allclose(penalty, np.full(5, (wide(w) ** 2).sum() / 2), rtol=1e-5)


def test_r1_is_taken_at_each_real_sample():
    penalty = losses.r1_penalty(lambda x: tf.reduce_sum(x**3, [1, 2, 3]) / 3, tf.constant(REAL))
    np.testing.assert_allclose(penalty, (wide(REAL) ** 4).sum((1, 2, 3)) / 2, rtol=1e-5)


# The penalty's gradient with respect to a layer's kernel, in closed form for a linear score.

PENALTIES = {
    "two_sided": lambda score, x: losses.gradient_penalty(score, x, x + 1, tf.fill((5, 1), 0.3)),
    "one_sided": lambda score, x: losses.gradient_penalty(
        score, x, x + 1, tf.fill((5, 1), 0.3), one_sided=True
    ),
    "r1": losses.r1_penalty,
}
KERNEL_GRADIENTS = {
    "two_sided": lambda w: 2 * (np.linalg.norm(w) - 1) * w / np.linalg.norm(w),
    "one_sided": lambda w: 2 * max(0, np.linalg.norm(w) - 1) * w / np.linalg.norm(w),
    "r1": lambda w: w,
}


@pytest.mark.parametrize("name", PENALTIES)
@pytest.mark.parametrize("scale", [0.1, 2.0])
@pytest.mark.parametrize("dtype", ["float32", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("xla", [False, True], ids=["graph", "xla"])
def test_a_penaltys_gradient_reaches_the_kernel(name, scale, dtype, xla):
    w = scale * RANDOM.uniform(0.5, 1, (4, 1)).astype("float32")
    layer = keras.layers.Dense(1, kernel_initializer=lambda *_, **__: w, dtype=dtype)
    layer.build((None, 4))
    x = tf.constant(RANDOM.uniform(size=(5, 4)).astype("float32"))

    @tf.function(jit_compile=xla)
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(PENALTIES[name](layer, x))
        return loss, tape.gradient(loss, layer.kernel.value)

    loss, gradient = step()
    norm = np.linalg.norm(wide(w))
    value = {"two_sided": (norm - 1) ** 2, "one_sided": max(0, norm - 1) ** 2, "r1": norm**2 / 2}[name]
    tolerance = {"float32": 1e-5, "mixed_float16": 5e-3, "mixed_bfloat16": 5e-2}[dtype]
    assert loss.dtype == gradient.dtype == tf.float32
    np.testing.assert_allclose(loss, value, rtol=tolerance, atol=1e-6)
    np.testing.assert_allclose(gradient, KERNEL_GRADIENTS[name](wide(w)), rtol=tolerance, atol=1e-6)


# DRAGAN.


@pytest.mark.parametrize("xla", [False, True], ids=["graph", "xla"])
def test_dragan_points_lie_half_a_deviation_away_at_most(xla):
    uniform, share = RANDOM.uniform(size=REAL.shape).astype("float32"), alpha(REAL)
    points = tf.function(losses.dragan_points, jit_compile=xla)(3 * REAL, uniform, share)
    expected = 3 * wide(REAL) + wide(share) * 0.5 * np.std(3 * wide(REAL)) * wide(uniform)
    np.testing.assert_allclose(points, expected, rtol=1e-5)


def test_dragan_points_are_the_samples_where_alpha_is_zero_or_the_batch_constant():
    uniform = tf.constant(RANDOM.uniform(size=REAL.shape).astype("float32"))
    np.testing.assert_array_equal(losses.dragan_points(REAL, uniform, tf.zeros((5, 1, 1, 1))), REAL)
    np.testing.assert_array_equal(losses.dragan_points(0 * REAL + 2, uniform, alpha(REAL)), 0 * REAL + 2)
