"""Losses: every formula against a closed form and a float64 oracle on random numbers."""

import keras
import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

from kgen import losses

RANDOM = np.random.default_rng(1)
LOGITS = RANDOM.normal(scale=4, size=(64, 1)).astype("float32")
REAL = RANDOM.uniform(0, 1, (5, 6, 7, 3)).astype("float32")
FAKE = RANDOM.uniform(-1, 0.5, (5, 6, 7, 3)).astype("float32")
EXTREMES = np.array([-200.0, -90.0, 0.0, 90.0, 200.0], "float32")


def wide(x):
    return np.asarray(x, "float64")


def log_sigmoid(x):
    return scipy.special.log_expit(wide(x))


# Cross-entropies of the game.


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.3])
def test_real_cross_entropy_is_that_of_the_smoothed_target(smoothing):
    expected = -(1 - smoothing) * log_sigmoid(LOGITS) - smoothing * log_sigmoid(-LOGITS)
    np.testing.assert_allclose(losses.real_cross_entropy(LOGITS, smoothing), expected, rtol=1e-5, atol=1e-6)


def test_smoothing_moves_the_best_logit_to_the_target():
    best = float(scipy.special.logit(0.9))
    logits = tf.constant([best - 0.5, best, best + 0.5])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = losses.real_cross_entropy(logits, 0.1)
    slope = tape.gradient(loss, logits).numpy()
    assert slope[0] < -0.01 and abs(slope[1]) < 1e-6 and slope[2] > 0.01
    np.testing.assert_allclose(loss[1], scipy.stats.entropy([0.9, 0.1]), rtol=1e-6)


def test_fake_cross_entropy():
    np.testing.assert_allclose(losses.fake_cross_entropy(LOGITS), -log_sigmoid(-LOGITS), rtol=1e-5, atol=1e-6)


def test_both_terms_are_keras_binary_cross_entropy():
    one, zero = np.ones_like(LOGITS), np.zeros_like(LOGITS)
    real = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.0)(one, LOGITS)
    fake = keras.losses.BinaryCrossentropy(from_logits=True)(zero, LOGITS)
    np.testing.assert_allclose(np.mean(losses.real_cross_entropy(LOGITS)), real, rtol=1e-5)
    np.testing.assert_allclose(np.mean(losses.fake_cross_entropy(LOGITS)), fake, rtol=1e-5)


def test_the_generators_losses():
    np.testing.assert_allclose(losses.non_saturating(LOGITS), -log_sigmoid(LOGITS), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(losses.minimax(LOGITS), log_sigmoid(-LOGITS), rtol=1e-5, atol=1e-6)


FUNCTIONS = {
    "real": losses.real_cross_entropy,
    "smoothed": lambda logits: losses.real_cross_entropy(logits, 0.1),
    "fake": losses.fake_cross_entropy,
    "non_saturating": losses.non_saturating,
    "minimax": losses.minimax,
}
AT_EXTREMES = {
    "real": [200, 90, np.log(2), 0, 0],
    "smoothed": [180, 81, np.log(2), 9, 20],
    "fake": [0, 0, np.log(2), 90, 200],
    "non_saturating": [200, 90, np.log(2), 0, 0],
    "minimax": [0, 0, -np.log(2), -90, -200],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_extreme_logits_give_finite_values_and_gradients(name):
    logits = tf.constant(EXTREMES)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        values = FUNCTIONS[name](logits)
    np.testing.assert_allclose(values, AT_EXTREMES[name], rtol=1e-5, atol=1e-5)
    assert np.isfinite(tape.gradient(values, logits)).all()


def test_minimax_saturates_where_the_non_saturating_loss_does_not():
    """d minimax / dl = -D and d non-saturating / dl = -(1 - D): the first dies when D rejects, l -> -inf."""
    logits = tf.constant(EXTREMES / 10)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        minimax, non_saturating = losses.minimax(logits), losses.non_saturating(logits)
    probability = scipy.special.expit(wide(logits))
    np.testing.assert_allclose(tape.gradient(minimax, logits), -probability, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(tape.gradient(non_saturating, logits), probability - 1, rtol=1e-5, atol=1e-7)
    assert (
        abs(tape.gradient(minimax, logits)[0]) < 1e-8 < 0.99 < abs(tape.gradient(non_saturating, logits)[0])
    )


# Gaussians, Bernoullis and importance weights.

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


# The gradient penalty.


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


# Regularisers.


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
