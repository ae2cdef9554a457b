"""Multi-scale structural similarity against NumPy, and as a measure of diversity."""

import keras
import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
import tensorflow as tf
from sklearn.datasets import load_digits

import kgen
import kgen.metrics

RNG = np.random.default_rng(4)
DIGITS, LABELS = (load_digits().images[..., None] / 16).astype("float32"), load_digits().target
PICTURES = RNG.integers(0, 256, (25, 8, 8, 1)).astype("uint8")
WANG = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])


def smooth(*shape):
    """Pictures with structure at every scale, in [0, 1]."""
    x = sum(scipy.ndimage.gaussian_filter(RNG.normal(size=shape), (0, s, s, 0)) * s for s in (0.5, 2, 6))
    return ((x - x.min()) / (x.max() - x.min())).astype("float32")


def window(size):
    line = np.exp(-((np.arange(size) - (size - 1) / 2) ** 2) / (2 * 1.5**2))
    return np.outer(line, line) / line.sum() ** 2


def ssim(x, y, size):
    """Wang 2004 of one channel: mean of l cs, and mean of cs."""
    mean = lambda z: scipy.signal.convolve2d(z, window(size), mode="valid")  # noqa: E731
    mx, my, c1, c2 = mean(x), mean(y), 0.01**2, 0.03**2
    vx, vy, cov = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    cs = (2 * cov + c2) / (vx + vy + c2)
    return ((2 * mx * my + c1) / (mx**2 + my**2 + c1) * cs).mean(), cs.mean()


def halved(x):
    x = np.pad(x, [(0, side % 2) for side in x.shape], mode="symmetric")
    return (x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2]) / 4


def oracle(x, y, scales, size):
    """Wang 2003, equation 7, of one channel."""
    value, weights = 1.0, WANG[:scales] / WANG[:scales].sum()
    for scale, weight in enumerate(weights):
        whole, structure = ssim(x, y, size)
        value *= max(whole if scale == scales - 1 else structure, 0) ** weight
        x, y = halved(x), halved(y)
    return value


@pytest.mark.parametrize(
    "shape, scales, size",
    [
        ((8, 8, 1), 1, 7),
        ((9, 5, 1), 1, 5),
        ((2, 3, 1), 1, 1),
        ((11, 30, 1), 1, 11),
        ((28, 28, 1), 2, 11),
        ((33, 47, 3), 2, 11),
        ((64, 64, 3), 3, 11),
        ((161, 163, 1), 5, 11),
        ((176, 176, 1), 5, 11),
    ],
)
def test_function_equals_numpy(shape, scales, size):
    first = smooth(3, *shape)
    second = np.clip(first + RNG.normal(0, 0.1, first.shape), 0, 1).astype("float32")
    pairs = zip(first.astype("float64"), second.astype("float64"), strict=True)
    channels = range(shape[2])
    expected = [np.mean([oracle(x[..., c], y[..., c], scales, size) for c in channels]) for x, y in pairs]
    assert kgen.metrics.ms_ssim(first, second).numpy() == pytest.approx(expected, abs=1e-5)
    assert 0 < min(expected) <= max(expected) < 0.9999


def test_opposite_pictures_have_nothing_in_common():
    x = smooth(4, 28, 28, 1)
    np.testing.assert_array_equal(kgen.metrics.ms_ssim(x, 1 - x), 0)


def test_blur_and_noise_lower_it_step_by_step():
    x = smooth(5, 64, 64, 1)
    noise = RNG.normal(size=x.shape)
    noised = [np.clip(x + sd * noise, 0, 1) for sd in (0.0, 0.05, 0.1, 0.2)]
    blurred = [scipy.ndimage.gaussian_filter(x, (0, sd, sd, 0)) for sd in (0.0, 1.0, 2.0, 4.0)]
    for steps in (noised, blurred):
        values = [float(tf.reduce_mean(kgen.metrics.ms_ssim(x, y.astype("float32")))) for y in steps]
        assert values[0] == pytest.approx(1, abs=1e-6) and np.all(np.diff(values) < -0.02)


def diversity(images, **options):
    metric = kgen.metrics.MultiScaleSimilarity(images.shape[1:], **options)
    metric.update_state(None, images)
    return float(metric.result())


def test_metric_is_the_mean_over_disjoint_pairs():
    expected = np.mean(kgen.metrics.ms_ssim(PICTURES[0:24:2], PICTURES[1:24:2]))
    assert diversity(PICTURES) == pytest.approx(expected, abs=1e-9)
    first = np.mean(kgen.metrics.ms_ssim(PICTURES[0:10:2], PICTURES[1:10:2]))
    assert diversity(PICTURES, max_samples=11) == pytest.approx(first, abs=1e-9) != expected


@pytest.mark.parametrize("count", [63, 64, 66, 130])
def test_blocks_of_pairs_make_no_difference(count):
    pairs = DIGITS[: count // 2 * 2].reshape(-1, 2, 8, 8, 1)
    expected = np.mean(kgen.metrics.ms_ssim(pairs[:, 0], pairs[:, 1]))
    assert diversity(DIGITS[:count]) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("batch", [1, 7, 25])
@pytest.mark.parametrize("xla", [False, True])
def test_value_does_not_depend_on_the_batch(batch, xla):
    metric = kgen.metrics.MultiScaleSimilarity((8, 8, 1), max_samples=16)
    update = tf.function(metric.update_state, jit_compile=xla, reduce_retracing=True)
    for _ in range(2):
        metric.reset_state()
        for start in range(0, 25, batch):
            update(PICTURES[:0], PICTURES[start : start + batch])
        assert float(metric.result()) == pytest.approx(diversity(PICTURES[:16]), abs=1e-9)
    assert float(tf.function(metric.result)()) == pytest.approx(float(metric.result()), abs=1e-6)


def test_rows_of_weight_zero_are_left_out():
    metric = kgen.metrics.MultiScaleSimilarity((8, 8, 1))
    metric.update_state(PICTURES, PICTURES, np.arange(25) % 3)
    expected = diversity(PICTURES[np.arange(25) % 3 > 0])
    assert float(metric.result()) == pytest.approx(expected, abs=1e-9) != diversity(PICTURES)


def test_dropped_modes_and_copies_raise_it_and_noise_does_not():
    """Odena 2017, section 4.2: a collapsed class is alike; figure 3: quality is another matter."""
    whole = diversity(DIGITS)
    assert whole < 0.3
    assert diversity(DIGITS[LABELS == 0]) > whole + 0.2
    assert diversity(np.repeat(DIGITS[:50], 2, axis=0)) == pytest.approx(1, abs=1e-6)
    assert diversity(np.repeat(DIGITS[:1], 9, axis=0)) == pytest.approx(1, abs=1e-6)
    assert diversity(np.clip(DIGITS + RNG.normal(0, 0.5, DIGITS.shape), 0, 1)) < whole


def test_below_two_pictures_it_is_nan():
    assert np.isnan(diversity(PICTURES[:1])) and np.isfinite(diversity(PICTURES[:2]))


def test_config_and_direction():
    metric = kgen.metrics.MultiScaleSimilarity((8, 8, 3), "alike", 7)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert again.get_config() == metric.get_config()
    assert (again.image_shape, again.name, again.max_samples) == ((8, 8, 3), "alike", 7)
    assert again._direction == "down"


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 0), (8, None, 1), (8, 8, 1.0), 8])
def test_image_shape_is_checked(shape):
    with pytest.raises(ValueError, match="`image_shape`"):
        kgen.metrics.MultiScaleSimilarity(shape)


def test_pictures_of_two_shapes_are_refused():
    for second in (np.zeros((2, 8, 9, 1)), np.zeros((3, 8, 8, 1)), np.zeros((2, 8, 8))):
        with pytest.raises(ValueError, match="`second`. Expected as many pictures as `first`"):
            kgen.metrics.ms_ssim(np.zeros((2, 8, 8, 1)), second)


def test_a_fit_logs_it():
    model = kgen.GAN((8, 8, 1), latent_dim=4, hidden_units=(8,))
    model.compile(metrics=[kgen.metrics.MultiScaleSimilarity((8, 8, 1))], jit_compile=False)
    history = model.fit(PICTURES, batch_size=10, validation_data=PICTURES, epochs=1, verbose=0).history
    assert 0 <= history["val_ms_ssim"][0] <= 1
