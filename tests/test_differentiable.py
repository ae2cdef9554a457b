"""Differentiable augmentation: each change against NumPy, its gradient, and rows on their own."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from kgen import differentiable, noise
from kgen.differentiable import augment, cut_out, policy, recolored, translated

RANDOM = np.random.default_rng(7)
ALL = "color,translation,cutout"
X = RANDOM.uniform(-1, 1, (6, 9, 16, 3)).astype("float32")
SEEDS = noise.rows(5, 6)


def per_row(*numbers):
    return tf.reshape(tf.constant(numbers, tf.float32), [-1, 1, 1, 1])


def rows(number, seed=1):
    return noise.rows(seed, number)


# The policy.


def test_a_policy_is_read_in_its_order():
    assert policy("cutout, color", (8, 8, 1)) == ("cutout", "color")
    assert policy(("translation",), (8, 8, 1)) == policy(["translation"], (8, 8, 1)) == ("translation",)
    assert policy(None, (2,)) == ()
    assert policy((), (2,)) == ()


def test_an_unknown_word_is_named_with_its_neighbour():
    with pytest.raises(ValueError, match="'colour'.*Did you mean `color`"):
        policy("cutout,colour", (8, 8, 1))


@pytest.mark.parametrize("names", ["", "color,", "color,color", "Color", (3,), "colortranslation"])
def test_a_policy_that_cannot_be_is_refused(names):
    with pytest.raises(ValueError, match="`augment`"):
        policy(names, (8, 8, 1))


def test_vectors_are_no_pictures():
    with pytest.raises(ValueError, match=r"`augment`.*\(2,\)"):
        policy("color", (2,))


# Colour.


def test_neutral_colour_changes_nothing():
    neutral = recolored(X, per_row(*[0] * 6), per_row(*[1] * 6), per_row(*[1] * 6))
    np.testing.assert_allclose(neutral, X, atol=1e-6)


def test_brightness_is_added():
    light = per_row(-0.5, -0.1, 0, 0.1, 0.3, 0.5)
    np.testing.assert_allclose(recolored(X, light, 1.0, 1.0), X + light.numpy(), atol=1e-6)


def test_saturation_keeps_each_pixels_mean_and_scales_around_it():
    saturation = per_row(0, 0.5, 1, 1.5, 2, 0.1)
    actual = recolored(X, 0.0, saturation, 1.0).numpy()
    mean = X.mean(3, keepdims=True)
    np.testing.assert_allclose(actual.mean(3, keepdims=True), mean, atol=1e-6)
    np.testing.assert_allclose(actual - mean, saturation * (X - mean), atol=1e-6)
    np.testing.assert_allclose(np.ptp(actual[0], axis=2), 0, atol=1e-6)


def test_contrast_keeps_each_pictures_mean_and_scales_its_deviation():
    contrast = per_row(0, 0.5, 0.75, 1, 1.25, 1.5)
    actual = recolored(X, 0.0, 1.0, contrast).numpy()
    np.testing.assert_allclose(actual.mean((1, 2, 3)), X.mean((1, 2, 3)), atol=1e-6)
    np.testing.assert_allclose(actual.std((1, 2, 3)), contrast[:, 0, 0, 0] * X.std((1, 2, 3)), atol=1e-6)


def test_one_channel_has_no_saturation():
    grey = X[..., :1]
    np.testing.assert_allclose(recolored(grey, 0.0, per_row(*range(6)), 1.0), grey, atol=1e-6)


def colours(number):
    """Brightness, saturation and contrast of random changes, read off a picture with two pixels."""
    x = np.array([[0.0, 0.0], [1.0, 3.0]], "float32")[None, None].repeat(number, 0)  # [n, 1, 2, 2]
    y = augment(x, "color", rows(number)).numpy()[:, 0]
    contrast = (y[:, 1].mean(1) - y[:, 0].mean(1)) / 2
    return y.mean((1, 2)) - 1, np.diff(y[:, 1])[:, 0] / 2 / contrast, contrast


def test_colours_are_uniform_over_the_papers_ranges():
    limits = ((-0.5, 0.5), (0, 2), (0.5, 1.5))
    found = colours(5000)
    for values, (low, high) in zip(found, limits, strict=True):
        assert scipy.stats.kstest(values, scipy.stats.uniform(low, high - low).cdf).pvalue > 1e-3
    np.testing.assert_allclose(np.corrcoef(found), np.eye(3), atol=4 / np.sqrt(5000))


# Translation.


def rolled(picture, down, right):
    """The picture in a frame of zeros, rolled, without its frame."""
    height, width = picture.shape[:2]
    framed = np.pad(picture, ((height, height), (width, width), (0, 0)))
    return np.roll(framed, (down, right), (0, 1))[height:-height, width:-width]


@pytest.mark.parametrize("xla", [False, True], ids=["graph", "xla"])
def test_translation_is_a_roll_with_zeros_from_outside(xla):
    down, right = [0, 1, -2, 4, -8, 9], [3, 0, -5, -15, 16, 1]
    actual = tf.function(translated, jit_compile=xla)(X, tf.constant(down), tf.constant(right))
    expected = np.stack([rolled(*each) for each in zip(X, down, right, strict=True)])
    np.testing.assert_array_equal(actual, expected)


def test_translations_are_uniform_up_to_an_eighth_of_each_side():
    number, height, width = 4000, 20, 32
    x = np.zeros((number, height, width, 1), "float32")
    x[:, 10, 16] = 1
    moved = augment(x, "translation", rows(number)).numpy().reshape([number, -1])
    assert (moved.sum(1) == 1).all()
    down, right = np.divmod(moved.argmax(1), width)
    for shifts, limit in ((down - 10, 3), (right - 16, 4)):
        counts = np.bincount(shifts + limit)
        assert len(counts) == 2 * limit + 1 and scipy.stats.chisquare(counts).pvalue > 1e-3
    assert abs(np.corrcoef(down, right)[0, 1]) < 4 / np.sqrt(number)


def test_too_small_a_picture_is_not_shifted():
    x = X[:, :3, :3]
    np.testing.assert_array_equal(augment(x, "translation", SEEDS), x)


# Cutout.


@pytest.mark.parametrize("xla", [False, True], ids=["graph", "xla"])
def test_a_rectangle_is_zero_and_the_rest_is_kept(xla):
    top, left = [0, 4, -2, 7, 9, 3], [0, 10, -3, 14, 0, 5]
    actual = tf.function(cut_out, jit_compile=xla)(X, tf.constant(top), tf.constant(left), 4, 6)
    expected = X.copy()
    for picture, i, j in zip(expected, top, left, strict=True):
        picture[max(i, 0) : i + 4, max(j, 0) : j + 6] = 0
    np.testing.assert_array_equal(actual, expected)


def covered(side):
    """Pixels of a side that each equally likely place of the square covers, as in the authors' code."""
    cut = int(side / 2 + 0.5)
    first = np.arange(side + 1 - cut % 2) - cut // 2
    return np.minimum(first + cut, side) - np.maximum(first, 0)


@pytest.mark.parametrize("height, width", [(8, 8), (28, 28), (9, 14)])
def test_cutouts_area_is_a_quarter_less_what_sticks_out(height, width):
    number = 3000
    kept = augment(tf.ones((number, height, width, 2)), "cutout", rows(number)).numpy()
    assert set(np.unique(kept)) == {0.0, 1.0}
    share = 1 - kept.mean((1, 2, 3))
    shares = np.outer(covered(height), covered(width)) / (height * width)
    np.testing.assert_allclose([share.min(), share.max()], [shares.min(), shares.max()], atol=1e-6)
    assert abs(share.mean() - shares.mean()) < 4 * shares.std() / np.sqrt(number)
    assert len(np.unique(kept.reshape([number, -1]), axis=0)) > 0.9 * min(shares.size, number / 3)


# Rows and seeds.


@pytest.mark.parametrize("names", ["color", "translation", "cutout", ALL])
def test_a_row_is_independent_of_its_batch(names):
    together = augment(X, names, SEEDS).numpy()
    assert (np.abs(together - X).max((1, 2, 3)) > 0.01).sum() >= 5
    for i in range(6):
        alone = augment(X[i : i + 1], names, SEEDS[i : i + 1])
        np.testing.assert_allclose(alone, together[i : i + 1], atol=1e-6)
    np.testing.assert_allclose(
        augment(X[[4, 1]], names, tf.gather(SEEDS, [4, 1])), together[[4, 1]], atol=1e-6
    )


def test_the_same_seeds_change_another_picture_alike():
    """The change is affine, so the change of a mean is the mean of the changes."""
    other = RANDOM.normal(size=X.shape).astype("float32")
    mean = augment((X + other) / 2, ALL, SEEDS)
    np.testing.assert_allclose(mean, (augment(X, ALL, SEEDS) + augment(other, ALL, SEEDS)) / 2, atol=1e-6)
    assert np.abs(augment(X, ALL, noise.rows(6, 6)) - augment(X, ALL, SEEDS)).max() > 0.1


def test_each_change_has_its_own_draw_whatever_stands_beside_it():
    one_by_one = augment(augment(X, "cutout", SEEDS), "translation", SEEDS)
    np.testing.assert_allclose(augment(X, "cutout,translation", SEEDS), one_by_one, atol=1e-6)
    x = np.zeros((2000, 16, 16, 1), "float32")
    x[:, 8, 8] = 1
    moved = augment(x, "translation", rows(2000)).numpy().reshape([2000, -1]).argmax(1) // 16
    cut = augment(np.ones_like(x), "cutout", rows(2000)).numpy().min((2, 3)).argmin(1)
    assert abs(np.corrcoef(moved, cut)[0, 1]) < 4 / np.sqrt(2000)


def test_no_names_change_nothing():
    np.testing.assert_array_equal(augment(X, None, SEEDS), X)


# Gradients and modes.


@pytest.mark.parametrize("names", ["color", "translation", "cutout", ALL])
@pytest.mark.parametrize("xla", [False, True], ids=["graph", "xla"])
def test_the_gradient_is_the_transpose_of_the_change(names, xla):
    """With A(x) = L x + b: <L^T g, v> = <g, A(v) - A(0)>."""
    direction = RANDOM.normal(size=X.shape).astype("float32")
    weights = RANDOM.normal(size=X.shape).astype("float32")

    @tf.function(jit_compile=xla)
    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = tf.reduce_sum(weights * augment(x, names, SEEDS))
        return tape.gradient(value, x)

    moved = augment(direction, names, SEEDS) - augment(0 * X, names, SEEDS)
    actual = np.sum(gradient(tf.constant(X)) * direction, axis=(1, 2, 3))
    np.testing.assert_allclose(actual, np.sum(weights * moved, axis=(1, 2, 3)), rtol=1e-3, atol=1e-3)
    assert np.abs(gradient(tf.constant(X))).max() > 0.1


def test_a_penalty_on_the_gradient_reaches_through():
    """The score |A(x)|^2 / 2 of a shift has gradient A^T A x: the picture without what fell out."""
    x = tf.constant(X)
    shift = tf.fill([6], 2)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            score = tf.reduce_sum(translated(x, shift, 0 * shift) ** 2) / 2
        penalty = tf.reduce_sum(tape.gradient(score, x) ** 2) / 2
    kept = np.concatenate([X[:, :-2], 0 * X[:, -2:]], axis=1)
    np.testing.assert_allclose(outer.gradient(penalty, x), kept, atol=1e-6)


@pytest.mark.parametrize("xla", [False, True], ids=["graph", "xla"])
def test_graph_eager_and_xla_agree(xla):
    compiled = tf.function(lambda x, seeds: augment(x, ALL, seeds), jit_compile=xla)
    np.testing.assert_allclose(compiled(X, SEEDS), augment(X, ALL, SEEDS), atol=1e-6)


def test_the_batch_may_be_unknown():
    specs = [tf.TensorSpec([None, *X.shape[1:]]), tf.TensorSpec([None, 2], tf.int32)]
    function = tf.function(lambda x, seeds: augment(x, ALL, seeds), input_signature=specs)
    np.testing.assert_allclose(function(X[:4], SEEDS[:4]), augment(X[:4], ALL, SEEDS[:4]), atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_low_precision_stays_and_is_close(dtype):
    low = augment(tf.cast(X, dtype), ALL, SEEDS)
    assert low.dtype == dtype
    exact = augment(X, ALL, SEEDS)
    np.testing.assert_allclose(tf.cast(low, tf.float32), exact, atol=0.02)


def test_the_changes_are_the_papers_three():
    assert tuple(differentiable.CHANGES) == ("color", "translation", "cutout")
