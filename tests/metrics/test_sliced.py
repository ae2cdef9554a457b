"""Sliced Wasserstein distance against SciPy, and what it sees at which scale."""

import keras
import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
import tensorflow as tf
from sklearn.datasets import load_digits

import kgen
import kgen.metrics
from kgen.metrics import sliced
from tests.metrics import replicas

RNG = np.random.default_rng(4)
REAL = RNG.integers(0, 256, (25, 8, 8, 1)).astype("uint8")
FAKE = (RNG.random((25, 8, 8, 1)) ** 2 * 255).astype("uint8")
DIGITS, LABELS = (load_digits().images[..., None] / 16).astype("float32"), load_digits().target
KERNEL = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
NOISE = kgen.noise


def smooth(count, side=32, channels=3):
    """Pictures with structure at every scale, in [0, 1]."""
    shape = (count, side, side, channels)
    x = sum(scipy.ndimage.gaussian_filter(RNG.normal(size=shape), (0, s, s, 0)) * s for s in (1, 3, 8))
    return ((x + 3) / 6).clip(0, 1).astype("float32")


def convolved(x, gain=1):
    return scipy.ndimage.convolve(x, gain * KERNEL[None, :, :, None], mode="mirror")


def pyramid(x):
    """Burt & Adelson: blur, drop every second; and back by zeros in between."""
    levels = []
    while min(x.shape[1:3]) >= 32:
        smaller, larger = convolved(x)[:, ::2, ::2], np.zeros_like(x)
        larger[:, ::2, ::2] = smaller
        levels, x = [*levels, x - convolved(larger, gain=4)], smaller
    return [*levels, x]


def patches_of(level, seed, number, count):
    """Patches of 7 x 7 of each picture, one after the other, each channel normalised."""
    n, height, width, _ = level.shape
    h, w = min(height, 7), min(width, 7)
    unit = NOISE.uniform(NOISE.fold(NOISE.rows(seed, n), number + 1), (count, 2)).numpy()
    corners = (unit * [height - h + 1, width - w + 1]).astype(int)
    rows = np.array([x[i : i + h, j : j + w] for x, c in zip(level, corners, strict=True) for i, j in c])
    rows = (rows - rows.mean((0, 1, 2))) / rows.std((0, 1, 2))
    return rows.reshape(len(rows), -1)


def oracle(first, second, seed, directions, count):
    """Level by level and direction by direction."""
    result = []
    for number, pair in enumerate(zip(*(pyramid(x.astype("float64")) for x in (first, second)), strict=True)):
        x, y = (patches_of(level, seed, number, count) for level in pair)
        slices = NOISE.normal(NOISE.fold(NOISE.rows(seed, directions), 0), (x.shape[1],)).numpy()
        slices = slices.astype("float64") / np.linalg.norm(slices, axis=1, keepdims=True)
        result.append(1000 * np.mean([scipy.stats.wasserstein_distance(x @ d, y @ d) for d in slices]))
    return result


@pytest.mark.parametrize("shape", [(8, 8, 1), (5, 9, 1), (16, 31, 3), (33, 32, 3), (64, 70, 1)])
def test_function_equals_scipy(shape):
    first, second = RNG.random((6, *shape)), RNG.random((6, *shape)) ** 2
    expected = oracle(first, second, 3, 20, 5)
    found = kgen.metrics.sliced_wasserstein_by_level(first, second, seed=3, directions=20, patches=5)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    mean = kgen.metrics.sliced_wasserstein(first, second, seed=3, directions=20, patches=5)
    assert float(mean) == pytest.approx(np.mean(expected), rel=1e-5) and min(expected) > 1


@pytest.mark.parametrize("side, levels", [(4, 1), (16, 1), (28, 1), (31, 1), (32, 2), (63, 3), (128, 4)])
def test_levels_end_at_sixteen(side, levels):
    images = tf.constant(RNG.random((2, side, side, 1)), tf.float32)
    made = list(sliced.laplacian_pyramid(images))
    assert len(made) == levels and (levels == 1 or made[-1].shape[1] >= 16)
    for found, expected in zip(made, pyramid(images.numpy()), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_places_cover_the_picture_and_differ():
    """A picture of its own pixel numbers tells where its patches were taken."""
    level = tf.reshape(tf.range(80, dtype=tf.float32), [1, 8, 10, 1])
    level = tf.tile(level, [50, 1, 1, 1])
    corners = sliced.random_patches(level, 0, 0, 20).numpy()[:, :, 0, 0].astype(int)
    assert set(corners.ravel()) == {10 * i + j for i in range(2) for j in range(4)}
    assert len({tuple(row) for row in corners}) == 50
    others = [sliced.random_patches(level, *numbers, 20).numpy()[:, :, 0, 0] for numbers in ((1, 0), (0, 1))]
    assert all(0.05 < np.mean(corners == other) < 0.25 for other in others)
    np.testing.assert_array_equal(sliced.random_patches(level[:7], 0, 0, 20)[:, :, 0, 0], corners[:7])


def streamed(batch, real=REAL, fake=FAKE, weight=None, **options):
    metric = kgen.metrics.SlicedWasserstein(real.shape[1:], **options)
    for start in range(0, len(real), batch):
        rows = slice(start, start + batch)
        metric.update_state(real[rows], fake[rows], None if weight is None else weight[rows])
    return float(metric.result())


@pytest.mark.parametrize("batch", [1, 7, 25])
def test_value_does_not_depend_on_the_batch(batch):
    assert streamed(batch) == float(kgen.metrics.sliced_wasserstein(REAL, FAKE))
    expected = float(kgen.metrics.sliced_wasserstein(REAL[:16], FAKE[:16], seed=5))
    assert streamed(batch, max_samples=16, seed=5) == expected
    some = np.arange(25) % 3
    expected = float(kgen.metrics.sliced_wasserstein(REAL[some > 0], FAKE[some > 0]))
    assert streamed(batch, weight=some) == expected > 1


def test_the_longer_set_is_cut_and_no_pictures_give_nan():
    metric = kgen.metrics.SlicedWasserstein((8, 8, 1))
    metric.update_state(REAL, FAKE[:9])
    assert float(metric.result()) == float(kgen.metrics.sliced_wasserstein(REAL[:9], FAKE[:9]))
    metric.reset_state()
    assert np.isnan(metric.result())


def by_level(first, second):
    return kgen.metrics.sliced_wasserstein_by_level(first, second, directions=64, patches=32).numpy()


@pytest.fixture(scope="module")
def sets():
    return smooth(150), smooth(150)


def test_real_against_real_is_small(sets):
    real, other = sets
    assert np.all(by_level(real, other) < 80)
    np.testing.assert_array_equal(by_level(real, real), 0)
    np.testing.assert_allclose(by_level(real, other), by_level(other, real))


def test_noise_and_blur_show_at_the_finest_level(sets):
    """Karras 2018, section 5: the finest level tells of sharpness and noise."""
    real, other = sets
    floor = by_level(real, other)
    noised = np.clip(other + RNG.normal(0, 0.1, other.shape), 0, 1)
    blurred = scipy.ndimage.gaussian_filter(other, (0, 1, 1, 0))
    for changed in (noised, blurred):
        fine, coarse = by_level(real, changed) - floor
        assert fine > 10 and fine > 4 * coarse


def test_a_change_of_layout_shows_at_the_coarsest_level(sets):
    """A shadow over the whole picture changes little within a patch of the finest level."""
    real, other = sets
    ramp = np.linspace(0, 0.5, 32)[None, :, None, None]
    fine, coarse = by_level(real + ramp, np.float32(other * 0.5 + 1.5 * ramp)) - by_level(real, other)
    assert coarse > 50 and coarse > 3 * fine


def test_brightness_and_contrast_of_all_are_not_seen(sets):
    real, other = sets
    np.testing.assert_allclose(by_level(real, 0.3 + 0.5 * other), by_level(real, other), rtol=0.02)


def test_dropped_modes_and_copies_raise_it():
    order = RNG.permutation(len(DIGITS))
    real, other, dropped = DIGITS[order[:360]], DIGITS[order[360:720]], DIGITS[LABELS < 2]
    assert len(dropped) == 360
    floor = by_level(real, other)
    assert floor < 80
    assert by_level(real, dropped) > 2.5 * floor
    assert by_level(real, np.repeat(other[:4], 90, axis=0)) > 2.5 * floor


def test_one_flat_picture_is_finite():
    flat = np.full((25, 8, 8, 1), 0.1)
    assert float(kgen.metrics.sliced_wasserstein(flat, flat + 0.3)) == 0
    assert float(kgen.metrics.sliced_wasserstein(REAL, flat)) > 300


SETUP = """
batch = 10
generator = np.random.default_rng(0)
real = generator.integers(0, 256, (49, 8, 8, 1), "uint8")
fake = generator.integers(30, 200, (49, 8, 8, 1))
weight = generator.integers(0, 3, 49)
makers = (lambda: kgen.metrics.SlicedWasserstein((8, 8, 1), max_samples=27),
          lambda: kgen.metrics.MultiScaleSimilarity((8, 8, 1), max_samples=27),
          lambda: kgen.metrics.ClassifierScore("kgen-digits-v1"))
cases = [(make, (real, fake, weight)) for make in makers]
"""
AFTER = """
with strategy.scope():
    model = kgen.GAN((8, 8, 1), latent_dim=4, hidden_units=(8,), seed=1)
    model.compile(metrics=[make() for make in makers], jit_compile=False)
print(*[model.evaluate(real, batch_size=14, verbose=0, return_dict=True)["ms_ssim"] for _ in range(2)])
"""


@pytest.mark.slow
def test_two_replicas_give_the_value_of_one():
    rows = replicas.values(SETUP, AFTER)
    assert len(rows) == 7
    assert all(abs(found - expected) < 1e-6 and expected > 0.01 for found, expected in rows), rows


def test_config_and_direction():
    metric = kgen.metrics.SlicedWasserstein((8, 8, 3), "swd", 7, seed=2)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert again.get_config() == metric.get_config()
    assert (again.image_shape, again.name, again.max_samples, again.seed) == ((8, 8, 3), "swd", 7, 2)
    assert again._direction == "down"


@pytest.mark.parametrize(
    "argument, value", [("seed", -1), ("seed", 0.5), ("directions", 0), ("patches", 2.0)]
)
def test_numbers_are_checked(argument, value):
    with pytest.raises(ValueError, match=f"`{argument}`"):
        kgen.metrics.sliced_wasserstein(REAL, FAKE, **{argument: value})
    if argument == "seed":
        with pytest.raises(ValueError, match="`seed`"):
            kgen.metrics.SlicedWasserstein((8, 8, 1), seed=value)


def test_pictures_of_two_shapes_are_refused():
    with pytest.raises(ValueError, match="`second`. Expected as many pictures as `first`"):
        kgen.metrics.sliced_wasserstein(REAL, FAKE[:7])


@pytest.mark.parametrize("max_samples", [0, 1, 2.5, None])
def test_max_samples_is_checked(max_samples):
    with pytest.raises(ValueError, match="max_samples"):
        kgen.metrics.SlicedWasserstein((8, 8, 1), max_samples=max_samples)


def test_a_fit_logs_it():
    model = kgen.GAN((8, 8, 1), latent_dim=4, hidden_units=(8,))
    model.compile(metrics=[kgen.metrics.SlicedWasserstein((8, 8, 1))], jit_compile=False)
    history = model.fit(REAL, batch_size=10, validation_data=REAL, epochs=1, verbose=0).history
    assert history["val_sliced_wasserstein"][0] > 0
