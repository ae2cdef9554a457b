"""Sliced Wasserstein distance between the patches of two sets of pictures, scale by scale."""

import math

import keras
import numpy as np
import tensorflow as tf

from kgen import noise
from kgen.errors import integer_from, positive_integer
from kgen.metrics.kept import KeptPictures
from kgen.metrics.structural import alike

PATCH = 7
SMALLEST = 16
DIRECTIONS, PATCHES = 512, 128
ROUNDING = 1e-5  # Below this sd, of pictures in [0, 1], a channel has one value only.
BLOCK = 16  # Directions whose projections are in memory at once.


def sliced_wasserstein(first, second, seed=0, directions=DIRECTIONS, patches=PATCHES):
    """Sliced Wasserstein distance of two sets of pictures, the mean over scales.

    See `sliced_wasserstein_by_level`, whose mean it is.

    Args:
        first, second, seed, directions, patches: as of `sliced_wasserstein_by_level`, with its errors.

    Returns:
        float64 scalar tensor, 0 or more, times 1000 as in the paper's tables; nan without pictures.

    Example:

    >>> x = np.random.default_rng(0).random((2, 50, 8, 8, 1), "float32")
    >>> near, far = (float(kgen.metrics.sliced_wasserstein(x[0], y)) for y in (x[1], x[1] ** 8))
    >>> near < far
    True

    Reference: Karras 2018, section 5, arXiv 1710.10196.
    """
    return tf.reduce_mean(sliced_wasserstein_by_level(first, second, seed, directions, patches))


def sliced_wasserstein_by_level(first, second, seed=0, directions=DIRECTIONS, patches=PATCHES):
    """Sliced Wasserstein distance of two sets of pictures at each level of their Laplacian pyramids.

    1000 mean_d mean_i |sort(X d)_i - sort(Y d)_i|, over random directions d of length 1. The rows of X and Y
    are random patches of 7 x 7 (the whole picture where that is smaller), each colour channel brought to mean
    0 and sd 1 over the set. So it does not see a change of brightness or contrast that all pictures share. A
    channel of one value only is 0.

    Directions and places are functions of the seed and of the picture's number; pictures of one number have
    the same places in both sets, so that a set is at 0 from itself.

    Memory: about 7 n patches 49 C float32 and a few copies of the pictures, a level at a time (350 MB for 2,000
    of 28 x 28 x 1, 1.4 GB for 2,000 of 64 x 64 x 3).

    Args:
        first: pictures, integers in 0..255 or floats in [0, 1], [n, H, W, C].
        second: other pictures of that shape.
        seed: integer, 0 or more.
        directions: number of directions, 1 or more.
        patches: of each picture at each level, 1 or more.

    Returns:
        float64 tensor [levels], the full size first, in the unit of the paper's tables: times 1000.

    Raises:
        ValueError: for pictures of different shapes, or numbers that are no such integers.

    Example:

    >>> x = np.random.default_rng(0).random((2, 5, 32, 32, 3), "float32")
    >>> kgen.metrics.sliced_wasserstein_by_level(x[0], x[1]).shape
    TensorShape([2])

    Reference: Karras 2018, section 5, arXiv 1710.10196; Rabin 2012, "Wasserstein barycenter".
    """
    integer_from(0, "seed", seed)
    positive_integer("directions", directions)
    positive_integer("patches", patches)
    first, second = (laplacian_pyramid(images) for images in alike(first, second))
    return tf.stack(
        [
            _distance(*(normalized(random_patches(x, seed, number, patches)) for x in pair), seed, directions)
            for number, pair in enumerate(zip(first, second, strict=True))
        ]
    )


def laplacian_pyramid(images):
    """Pictures as what each scale adds to the coarser one, halved while the half has 16 pixels a side.

    L_i = G_i - up(G_i+1), G_i+1 = down(G_i); the last level is G itself.

    Args:
        images: float tensor [n, H, W, C].

    Yields:
        Tensors [n, height, width, C], the full size first.

    Example:

    >>> [level.shape[1] for level in kgen.metrics.sliced.laplacian_pyramid(tf.zeros([1, 64, 64, 1]))]
    [64, 32, 16]

    Reference: Burt & Adelson 1983.
    """
    while min(images.shape[1:3]) >= 2 * SMALLEST:
        rows, columns = (blur(side) for side in images.shape[1:3])
        smaller = _along_both(rows[::2], columns[::2], images)
        yield images - _along_both(2 * rows[:, ::2], 2 * columns[:, ::2], smaller)
        images = smaller
    yield images


def blur(side):
    """Matrix of the filter (1, 4, 6, 4, 1) / 16 along an axis, mirrored at both ends.

    Args:
        side: points of the axis, 3 or more.

    Returns:
        float32 array [side, side].

    Example:

    >>> (16 * kgen.metrics.sliced.blur(4)).astype(int).tolist()
    [[6, 8, 2, 0], [4, 7, 4, 1], [1, 4, 7, 4], [0, 2, 8, 6]]
    """
    mirrored = np.pad(np.eye(side, dtype="float32"), [(2, 2), (0, 0)], mode="reflect")
    return sum(weight / 16 * mirrored[k : k + side] for k, weight in enumerate((1, 4, 6, 4, 1)))


def _along_both(rows, columns, images):
    return tf.einsum("hi,bijc,wj->bhwc", tf.constant(rows), images, tf.constant(columns))


def random_patches(level, seed, number, patches):
    """Patches of a level at random places.

    Args:
        level: float tensor [n, H, W, C].
        seed: integer, 0 or more.
        number: of the level; each has places of its own.
        patches: of each picture.

    Returns:
        Tensor [n, patches, h w, C], h and w at most 7.
    """
    height, width, channels = level.shape[1:]
    h, w = min(PATCH, height), min(PATCH, width)
    seeds = noise.fold(noise.rows(seed, tf.shape(level)[0]), number + 1)
    corners = noise.uniform(seeds, (patches, 2)) * tf.constant([height - h + 1, width - w + 1], tf.float32)
    corners = tf.cast(corners, tf.int32)  # [n, patches, 2]
    inside = (np.arange(h)[:, None] * width + np.arange(w)).ravel()  # [h w]
    places = (corners[..., :1] * width + corners[..., 1:]) + inside  # [n, patches, h w]
    return tf.gather(tf.reshape(level, [-1, height * width, channels]), places, batch_dims=1)


def normalized(pixels):
    """Patches as rows [n patches, h w C], mean 0 and sd 1 in each channel; 0 where all pixels are the same."""
    first = tf.cast(tf.reduce_mean(pixels, [1, 2]), tf.float64)  # Sums over all pictures are in float64.
    pixels = pixels - tf.cast(tf.reduce_mean(first, 0), tf.float32)
    second = tf.cast(tf.reduce_mean(pixels * pixels, [1, 2]), tf.float64)
    deviation = tf.cast(tf.sqrt(tf.reduce_mean(second, 0)), tf.float32)
    pixels = pixels * tf.where(deviation > ROUNDING, 1 / deviation, 0.0)
    return tf.reshape(pixels, [-1, math.prod(pixels.shape[2:])])


def _distance(first, second, seed, directions):
    """NumPy sorts ten times as fast as TensorFlow."""
    slices = noise.normal(noise.fold(noise.rows(seed, directions), 0), (first.shape[1],))
    slices = tf.math.l2_normalize(slices, axis=1)
    return tf.ensure_shape(tf.numpy_function(_by_sorting, [first, second, slices], tf.float64), [])


def _by_sorting(first, second, slices):
    """1000 times the mean over slices of the Wasserstein-1 distance of the projections."""
    if not len(first):
        return np.float64("nan")
    total = 0.0
    for start in range(0, len(slices), BLOCK):
        x, y = (np.sort(slices[start : start + BLOCK] @ rows.T, axis=1) for rows in (first, second))
        total += np.abs(x - y).sum(dtype="float64")
    return np.float64(1000 * total / (len(slices) * len(first)))


@keras.saving.register_keras_serializable("kgen")
class SlicedWasserstein(KeptPictures):
    """Sliced Wasserstein distance between the patches of real and of generated pictures, over scales.

    1000 mean_d mean_i |sort(X d)_i - sort(Y d)_i|, the mean over the levels of
    `kgen.metrics.sliced_wasserstein_by_level`, with 512 directions and 128 patches of 7 x 7 a picture and
    level. It falls with N, and real against other real pictures is not at 0: compare at the same N, beside
    that. The paper takes 16,384 pictures. Of two sets kept, the longer is cut to the shorter.

    Memory: 2 max_samples H W C float32 for the pictures, and as much again during an update;
    `result` takes what `kgen.metrics.sliced_wasserstein_by_level` does. The value does not depend on the
    batches or on the number of replicas, and is nan without pictures. `result` sorts in NumPy (no XLA): ask for
    it once, at the end.

    Args:
        image_shape: (height, width, channels); other pictures are brought there as for an extractor.
        name: name of the metric.
        max_samples: pictures of each set that are kept, at least 2; later ones are not looked at.
        seed: integer, 0 or more; directions and places of patches are functions of it.

    Raises:
        ValueError: for `max_samples` below 2, an `image_shape` that is no three positive integers, or a
            negative seed.

    Example:

    >>> metric = kgen.metrics.SlicedWasserstein((8, 8, 1))
    >>> digits = np.random.default_rng(0).random((20, 8, 8, 1), "float32")
    >>> metric.update_state(digits, digits)
    >>> float(metric.result())
    0.0

    Reference: Karras 2018, section 5, arXiv 1710.10196.
    """

    _direction = "down"

    def __init__(self, image_shape, name="sliced_wasserstein", max_samples=2_000, seed=0):
        super().__init__(image_shape, name, max_samples)
        integer_from(0, "seed", seed)
        self.seed = seed

    def by_level(self):
        """The distance of each level, float64 [levels], the full size first."""
        real, fake = self.kept_rows()
        count = tf.minimum(tf.shape(real)[0], tf.shape(fake)[0])
        return sliced_wasserstein_by_level(real[:count], fake[:count], self.seed)

    def result(self):
        """The distance, float64 scalar."""
        return tf.reduce_mean(self.by_level())

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}
