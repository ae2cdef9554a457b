"""Differentiable augmentation: the discriminator sees changed pictures, and the generator learns through it.

Each picture's change is a function of its own row seed. The ranges are the paper's, for pictures in [-1, 1].

Reference: Zhao 2020, arXiv 2006.10738, and the authors' code.
"""

import tensorflow as tf

from kgen import noise
from kgen.errors import invalid, one_of

TRANSLATION = 1 / 8  # Largest shift, as a share of the side.
CUTOUT = 1 / 2  # Side of the square, as a share of the picture's.


def policy(names, image_shape):
    """The changes that a text asks for.

    Args:
        names: some of "color", "translation" and "cutout", separated by commas, or a tuple of them; None for none.
        image_shape: shape of one example.

    Returns:
        Tuple of names, in the order in which they are applied.

    Raises:
        ValueError: an unknown name, the same name twice, or examples that are no pictures.

    Example:

    >>> kgen.differentiable.policy("color,cutout", (28, 28, 1))
    ('color', 'cutout')

    Reference: Zhao 2020, section 3.2, arXiv 2006.10738.
    """
    if names is None:
        return ()
    words = tuple(word.strip() for word in names.split(",")) if isinstance(names, str) else tuple(names)
    for word in words:
        one_of("augment", word, tuple(CHANGES))
    if len(set(words)) < len(words):
        raise invalid("augment", "each name once", augment=names)
    if words and len(image_shape) != 3:
        raise invalid("augment", f"None for examples of shape {tuple(image_shape)}", augment=names)
    return words


def augment(x, names, seeds):
    """Changes each picture at random; gradients flow through to it.

    Args:
        x: float tensor [batch, height, width, channels].
        names: what `policy` takes or returns.
        seeds: int32 row seeds [batch, 2].

    Returns:
        Tensor like `x`.

    Raises:
        ValueError: see `policy`.

    Example:

    >>> x = tf.ones((2, 8, 8, 1))
    >>> kgen.differentiable.augment(x, "translation,cutout", kgen.noise.rows(1, 2)).shape
    TensorShape([2, 8, 8, 1])

    Reference: Zhao 2020, section 3.2, arXiv 2006.10738.
    """
    changed = tf.cast(x, tf.float32)
    for name in policy(names, x.shape[1:]):
        changed = CHANGES[name](changed, noise.fold(seeds, tuple(CHANGES).index(name)))
    return tf.cast(changed, x.dtype)


def _color(x, seeds):
    """Brightness, saturation and contrast, each by a uniform number of its own."""
    brightness, saturation, contrast = tf.unstack(noise.uniform(seeds, (3, 1, 1, 1)), axis=1)
    return recolored(x, brightness - 0.5, 2.0 * saturation, contrast + 0.5)


def recolored(x, brightness, saturation, contrast):
    """Adds light, then scales a pixel around its channels' mean, then around the picture's mean.

    x <- x + b; x <- mean_c x + s (x - mean_c x); x <- mean_hwc x + t (x - mean_hwc x).

    Args:
        x: float tensor [batch, height, width, channels].
        brightness: b, float tensor [batch, 1, 1, 1].
        saturation: s, float tensor [batch, 1, 1, 1].
        contrast: t, float tensor [batch, 1, 1, 1].

    Returns:
        Tensor like `x`.

    Example:

    >>> x = tf.constant([1.0, 3.0])[None, None, None]
    >>> kgen.differentiable.recolored(x, 1.0, 0.5, 1.0).numpy().ravel().tolist()
    [2.5, 3.5]

    Reference: Zhao 2020, arXiv 2006.10738, the authors' code.
    """
    x = _scaled_around_mean(x + brightness, saturation, axis=3)
    return _scaled_around_mean(x, contrast, axis=(1, 2, 3))


def _scaled_around_mean(x, factor, axis):
    mean = tf.reduce_mean(x, axis, keepdims=True)
    return mean + factor * (x - mean)


def _translation(x, seeds):
    """Shifts along both axes by whole pixels, each uniform in -limit, ..., limit."""
    u = noise.uniform(seeds, (2,))
    limits = [int(side * TRANSLATION + 0.5) for side in x.shape[1:3]]
    down, right = (_integer(u[:, i], 2 * limit + 1) - limit for i, limit in enumerate(limits))
    return translated(x, down, right)


def translated(x, down, right):
    """Shifts pictures by whole pixels; zeros come in from outside.

    Args:
        x: float tensor [batch, height, width, channels].
        down: int32 tensor [batch], negative for up.
        right: int32 tensor [batch], negative for left.

    Returns:
        Tensor like `x`.

    Example:

    >>> x = tf.reshape(tf.range(1.0, 4.0), (1, 1, 3, 1))
    >>> kgen.differentiable.translated(x, tf.constant([0]), tf.constant([1])).numpy().ravel().tolist()
    [0.0, 1.0, 2.0]

    Reference: Zhao 2020, section 3.2, arXiv 2006.10738.
    """
    return _shifted(_shifted(x, down, axis=1), right, axis=2)


def _shifted(x, shift, axis):
    source = tf.range(x.shape[axis])[None] - shift[:, None]  # [batch, side]
    inside = (source >= 0) & (source < x.shape[axis])
    inside = tf.reshape(inside, [-1, x.shape[1], 1, 1] if axis == 1 else [-1, 1, x.shape[2], 1])
    moved = tf.gather(x, tf.clip_by_value(source, 0, x.shape[axis] - 1), axis=axis, batch_dims=1)
    return tf.where(inside, moved, 0.0)


def _cutout(x, seeds):
    """Blanks a square of half the side around a random pixel; what sticks out is lost."""
    u = noise.uniform(seeds, (2,))
    sides = [int(side * CUTOUT + 0.5) for side in x.shape[1:3]]
    choices = [side + 1 - cut % 2 for side, cut in zip(x.shape[1:3], sides, strict=True)]
    top, left = (_integer(u[:, i], choices[i]) - sides[i] // 2 for i in range(2))
    return cut_out(x, top, left, *sides)


def cut_out(x, top, left, height, width):
    """Sets a rectangle to zero in each picture.

    Args:
        x: float tensor [batch, height, width, channels].
        top: int32 tensor [batch], its first row, which may lie outside.
        left: int32 tensor [batch], its first column, which may lie outside.
        height: of the rectangle.
        width: of the rectangle.

    Returns:
        Tensor like `x`.

    Example:

    >>> x = tf.ones((1, 1, 4, 1))
    >>> top, left = tf.constant([0]), tf.constant([1])
    >>> kgen.differentiable.cut_out(x, top, left, 1, 2).numpy().ravel().tolist()
    [1.0, 0.0, 0.0, 1.0]

    Reference: Zhao 2020, section 3.2, arXiv 2006.10738.
    """
    rows = _covered(x.shape[1], top, height)[:, :, None, None]
    columns = _covered(x.shape[2], left, width)[:, None, :, None]
    return tf.where(rows & columns, 0.0, x)


def _covered(side, first, length):
    """Which of an axis's positions lie in [first, first + length), [batch, side]."""
    distance = tf.range(side)[None] - first[:, None]
    return (distance >= 0) & (distance < length)


def _integer(u, number):
    """Uniform integers in 0, ..., number - 1 of uniform numbers in [0, 1)."""
    return tf.cast(tf.floor(u * number), tf.int32)


CHANGES = {"color": _color, "translation": _translation, "cutout": _cutout}
