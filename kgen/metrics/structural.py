"""How alike generated pictures are among themselves, by structure at several scales."""

import keras
import tensorflow as tf

from kgen.errors import invalid
from kgen.metrics.kept import KeptPictures
from kgen.metrics.preprocessing import prepare

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
FILTER = 11
BLOCK = 32  # Pairs that are compared at once.


def ms_ssim(first, second):
    """Multi-scale structural similarity of pairs of pictures.

    prod_j cs_j^w_j, j < M, times (l_M cs_M)^w_M: means over the places of a Gaussian window of 11 x 11, sd
    1.5; each scale halves the one before. Wang's five scales need a side of 161; a smaller picture has as
    many as leave a side of 11, with the first weights divided by their sum (28: two, 64: three, 128: four).
    A picture smaller than 11 has one scale and the largest odd window that fits. A negative cs_j counts as
    0, and channels are averaged.

    Args:
        first: pictures, integers in 0..255 or floats in [0, 1], [n, H, W, C].
        second: the picture that each is compared with, likewise.

    Returns:
        float64 tensor [n] in [0, 1]: 1 for the same pictures.

    Raises:
        ValueError: for pictures of different shapes.

    Example:

    >>> digits = np.random.default_rng(0).random((2, 28, 28, 1), "float32")
    >>> kgen.metrics.ms_ssim(digits, digits).numpy().round(6)
    array([1., 1.])

    Reference: Wang, Simoncelli & Bovik 2003, "Multiscale structural similarity", equation 7.
    """
    first, second = alike(first, second)
    side = min(first.shape[1:3])
    window = min(FILTER, side - 1 + side % 2)
    weights = WEIGHTS[: scales(side)]
    weights = [weight / sum(weights) for weight in weights]
    return tf.cast(tf.image.ssim_multiscale(first, second, 1.0, weights, window), tf.float64)


def scales(side):
    """How many of the five scales leave a side of at least 11 pixels, 1 at the least.

    Args:
        side: the shorter side of a picture, in pixels.

    Returns:
        integer from 1 to 5.

    Example:

    >>> [kgen.metrics.structural.scales(side) for side in (8, 28, 64, 128, 176, 1024)]
    [1, 2, 3, 4, 5, 5]
    """
    return max(sum(-(-side // 2**scale) >= FILTER for scale in range(len(WEIGHTS))), 1)


def alike(first, second):
    """Two sets of pictures as float32 in [0, 1], once their shapes are seen to be the same.

    Args:
        first: pictures, integers in 0..255 or floats in [0, 1], [n, H, W, C].
        second: other pictures of that shape.

    Returns:
        Pair of float32 tensors.

    Raises:
        ValueError: for shapes that are not.
    """
    first, second = tf.convert_to_tensor(first), tf.convert_to_tensor(second)
    if first.shape.rank != 4 or not first.shape.is_compatible_with(second.shape):
        shapes = {"first": tuple(first.shape), "second": tuple(second.shape)}
        raise invalid("second", "as many pictures as `first`, of one shape [n, H, W, C]", **shapes)
    return [prepare(images, images.shape[1:]) for images in (first, second)]


@keras.saving.register_keras_serializable("kgen")
class MultiScaleSimilarity(KeptPictures):
    """Mean structural similarity of pairs of generated pictures: the lower, the more diverse.

    mean_i ms_ssim(x_2i, x_2i+1) over the first `max_samples` generated pictures; the real ones are not looked
    at. A generator of one picture has 1. The paper compares pairs of one class; pairs of all classes are less
    alike. Compare with the value of real pictures. It does not see quality: noise is diverse.

    Memory: max_samples H W C float32 (6 MB for 2,000 of 28 x 28), and as much again during an update. The
    value does not depend on the batches or on the number of replicas; it is nan below two pictures. `result`
    goes through blocks of 32 pairs (no XLA): ask for it once, at the end.

    Args:
        image_shape: (height, width, channels); other pictures are brought there as for an extractor.
        name: name of the metric.
        max_samples: pictures that are kept, at least 2; later ones are not looked at.

    Raises:
        ValueError: for `max_samples` below 2 or an `image_shape` that is no three positive integers.

    Example:

    >>> metric = kgen.metrics.MultiScaleSimilarity((8, 8, 1))
    >>> metric.update_state(None, np.repeat(np.random.default_rng(0).random((1, 8, 8, 1)), 6, axis=0))
    >>> round(float(metric.result()), 6)
    1.0

    Reference: Odena, Olah & Shlens 2017, section 4.2, arXiv 1610.09585.
    """

    _direction = "down"

    def __init__(self, image_shape, name="ms_ssim", max_samples=2_000):
        super().__init__(image_shape, name, max_samples, sides=("fake",))

    def result(self):
        """The mean, float64 scalar."""
        (pictures,) = self.kept_rows()
        pairs = tf.shape(pictures)[0] // 2
        pictures = tf.pad(pictures[: 2 * pairs], [[0, -2 * pairs % (2 * BLOCK)], [0, 0], [0, 0], [0, 0]])
        blocks = tf.reshape(pictures, [-1, BLOCK, 2, *self.image_shape])
        values = tf.map_fn(_of_pairs, blocks, parallel_iterations=1, fn_output_signature=tf.float64)
        return tf.reduce_mean(tf.reshape(values, [-1])[:pairs])


def _of_pairs(block):
    return ms_ssim(block[:, 0], block[:, 1])
