"""The way from any pictures to the form an extractor reads."""

import numpy as np
import tensorflow as tf

from kgen.errors import invalid


def prepare(images, image_shape):
    """Pictures as float32 in [0, 1] of an extractor's shape.

    A missing channel axis is added, integers 0..255 are scaled, grey is repeated for a colour extractor, and
    another height or width is resized by an antialiased triangle filter.

    Args:
        images: integers in 0..255 or floats in [0, 1], [batch, H, W] or [batch, H, W, C].
        image_shape: (height, width, channels) of the extractor.

    Returns:
        float32 tensor [batch, *image_shape].

    Raises:
        ValueError: for another rank, an unknown size, or channels that cannot become the extractor's.

    Example:

    >>> grey = np.full((2, 4, 4), 255, "uint8")
    >>> kgen.metrics.preprocessing.prepare(grey, (8, 8, 3)).shape
    TensorShape([2, 8, 8, 3])

    Reference: Parmar et al. 2022, "On aliased resizing", arXiv 2104.11222.
    """
    images = tf.convert_to_tensor(images)
    images = images[..., None] if images.shape.rank == 3 else images
    _check(images, image_shape)
    scale = 1 / 255 if images.dtype.is_integer else 1.0
    images = resize(tf.cast(images, tf.float32) * scale, image_shape[:2])
    return tf.repeat(images, image_shape[2] // images.shape[3], axis=3)


def _check(images, image_shape):
    shape = tuple(images.shape)
    if len(shape) != 4 or None in shape[1:3]:
        raise invalid("images", "pictures [batch, height, width, channels] of known size", shape=shape)
    if shape[3] not in (1, image_shape[2]):
        raise invalid("images", f"{image_shape[2]} channel(s), as the extractor reads", shape=shape)


def resize(images, size):
    """Antialiased separable resize, two matrix products.

    Args:
        images: float tensor [batch, H, W, C].
        size: (height, width) wanted.

    Returns:
        float tensor [batch, height, width, C]; the images themselves when they have the size.

    Example:

    >>> kgen.metrics.preprocessing.resize(tf.ones([1, 9, 5, 1]), (4, 8)).shape
    TensorShape([1, 4, 8, 1])
    """
    if tuple(images.shape[1:3]) == tuple(size):
        return images
    rows, columns = (triangle(old, new) for old, new in zip(images.shape[1:3], size, strict=True))
    return tf.einsum("hi,bijc,wj->bhwc", tf.constant(rows), images, tf.constant(columns))


def triangle(old, new):
    """Matrix that resamples `old` points to `new` with a triangle filter.

    The filter is as wide as the coarser of the two grids; every row sums to one.

    Args:
        old: number of points there are.
        new: number of points wanted.

    Returns:
        float32 array [new, old].

    Example:

    >>> kgen.metrics.preprocessing.triangle(2, 4).tolist()
    [[1.0, 0.0], [0.75, 0.25], [0.25, 0.75], [0.0, 1.0]]
    """
    scale = old / new
    centers = (np.arange(new)[:, None] + 0.5) * scale - 0.5
    weights = np.maximum(0.0, 1 - np.abs(np.arange(old) - centers) / max(scale, 1.0))
    return (weights / weights.sum(axis=1, keepdims=True)).astype("float32")


def in_range(argument, images):
    """The pictures as an array, once they are seen to be pictures.

    Args:
        argument: its name, for the message.
        images: integers in 0..255 or floats in [0, 1].

    Returns:
        array.

    Raises:
        ValueError: for no pictures, numbers out of range, or nan.
    """
    images = np.asarray(images)
    top = 255 if np.issubdtype(images.dtype, np.integer) else 1
    if images.size == 0 or not (images.min() >= 0 and images.max() <= top):
        span = f"{images.dtype} from {images.min()} to {images.max()}" if images.size else "no pictures"
        raise invalid(argument, "integers in 0..255 or floats in [0, 1]", **{argument: span})
    return images
