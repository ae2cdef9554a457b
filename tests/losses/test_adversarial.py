"""The players' losses against closed forms and float64 oracles."""

import inspect

import keras
import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

from kgen import losses

RANDOM = np.random.default_rng(1)
LOGITS = RANDOM.normal(scale=4, size=(64, 1)).astype("float32")
EXTREMES = np.array([-200.0, -90.0, 0.0, 90.0, 200.0], "float32")


def wide(x):
    return np.asarray(x, "float64")


def log_sigmoid(x):
    return scipy.special.log_expit(wide(x))


# Cross-entropies.


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


# Other games: real and fake numbers by hand, on values where no two of the functions agree.

HAND = np.array([-2.0, 0.25, 3.0], "float32")
BY_HAND = {
    "least_squares": ([4.5, 0.28125, 2.0], [2.0, 0.03125, 4.5], [4.5, 0.28125, 2.0]),
    "hinge": ([3.0, 0.75, 0.0], [0.0, 1.25, 4.0], [2.0, -0.25, -3.0]),
    "wasserstein": ([2.0, -0.25, -3.0], [-2.0, 0.25, 3.0], [2.0, -0.25, -3.0]),
}


@pytest.mark.parametrize("name", BY_HAND)
@pytest.mark.parametrize("xla", [False, True], ids=["graph", "xla"])
def test_a_games_three_losses_by_hand(name, xla):
    for function, expected in zip(losses.ADVERSARIAL[name][:3], BY_HAND[name], strict=True):
        actual = tf.function(function, jit_compile=xla)(tf.constant(HAND[:, None]))
        assert actual.dtype == tf.float32
        np.testing.assert_allclose(actual, np.array(expected)[:, None], rtol=1e-6)


def test_the_table_pairs_each_generator_with_its_discriminator():
    assert list(losses.ADVERSARIAL) == ["non_saturating", "minimax", "least_squares", "hinge", "wasserstein"]
    for name, game in losses.ADVERSARIAL.items():
        prefix = name if name in BY_HAND else None
        assert game.real is getattr(losses, f"{prefix}_real" if prefix else "real_cross_entropy")
        assert game.fake is getattr(losses, f"{prefix}_fake" if prefix else "fake_cross_entropy")
        assert game.generator is getattr(losses, f"{prefix}_generator" if prefix else name)


def test_smoothing_is_taken_where_the_target_is_a_number():
    takes = {n for n, g in losses.ADVERSARIAL.items() if "smoothing" in inspect.signature(g.real).parameters}
    assert takes == {"non_saturating", "minimax", "least_squares"}


def test_smoothed_least_squares_are_those_of_the_target():
    actual = losses.least_squares_real(HAND, smoothing=0.1)
    np.testing.assert_allclose(actual, 0.5 * (wide(HAND) - 0.9) ** 2, rtol=1e-5)


@pytest.mark.parametrize("name", losses.ADVERSARIAL)
def test_each_loss_pushes_in_its_players_direction(name):
    """At an undecided output D raises real and lowers fake ones, and G raises fake ones."""
    output = tf.constant([0.3])
    for function, sign in zip(losses.ADVERSARIAL[name][:3], (-1, 1, -1), strict=True):
        with tf.GradientTape() as tape:
            tape.watch(output)
            value = function(output)
        assert np.sign(tape.gradient(value, output)) == sign


def test_least_squares_has_its_optimum_at_the_density_ratio():
    """Mao 2017, eq. 11 with a = 0, b = 1: D* = p / (p + q); p and q are two samples' weights here."""
    p, q = 0.7, 0.2
    output = tf.constant(p / (p + q))
    with tf.GradientTape() as tape:
        tape.watch(output)
        loss = p * losses.least_squares_real(output) + q * losses.least_squares_fake(output)
    np.testing.assert_allclose(tape.gradient(loss, output), 0, atol=1e-7)


# Top-k.


@pytest.mark.parametrize("share, k", [(0.05, 1), (0.1, 1), (0.11, 2), (0.7, 7), (0.71, 8), (1.0, 10)])
@pytest.mark.parametrize("xla", [False, True], ids=["graph", "xla"])
def test_top_k_weights_keep_the_k_highest(share, k, xla):
    scores = RANDOM.permutation(10).astype("float32") - 4
    function = tf.function(losses.top_k_weights, jit_compile=xla)
    weights = function(tf.constant(scores), tf.constant(share)).numpy()
    np.testing.assert_allclose(weights, np.where(scores >= np.sort(scores)[10 - k], 10 / k, 0), rtol=1e-6)
    loss = RANDOM.normal(size=10)
    np.testing.assert_allclose((loss * weights).mean(), loss[np.argsort(-scores)[:k]].mean(), rtol=1e-5)


@pytest.mark.parametrize("size", [1, 3, 13, 21, 1000])
def test_a_share_of_k_of_them_keeps_k(size):
    scores = tf.constant(RANDOM.normal(size=size).astype("float32"))
    for k in range(1, size + 1, max(1, size // 25)):
        assert np.count_nonzero(losses.top_k_weights(scores, np.float32(k / size))) == k


def test_of_equal_scores_the_earlier_rows_are_kept():
    weights = losses.top_k_weights(tf.constant([2.0, 5.0, 2.0, 2.0, 1.0]), 0.6)
    np.testing.assert_allclose(weights, [5 / 3, 5 / 3, 5 / 3, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(losses.top_k_weights(tf.zeros(4), 0.5), [2, 2, 0, 0])


def test_top_k_weights_have_the_scores_shape_and_no_gradient():
    scores = tf.constant(LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(scores)
        weights = losses.top_k_weights(scores, 0.5)
    assert weights.shape == scores.shape and weights.dtype == tf.float32
    assert tape.gradient(weights, scores) is None


def test_top_k_weights_take_a_batch_of_unknown_size():
    spec = [tf.TensorSpec([None, 1]), tf.TensorSpec([])]
    function = tf.function(losses.top_k_weights, input_signature=spec)
    np.testing.assert_allclose(function(HAND[:, None], 0.5), [[0], [1.5], [1.5]])
    assert np.isnan(function(HAND[:, None] * np.nan, 0.5) * HAND[:, None] * np.nan).all()
