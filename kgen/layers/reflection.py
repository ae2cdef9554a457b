"""Padding by reflection, which leaves no border of zeros that a network could see."""

import keras
import tensorflow as tf

from kgen.errors import positive_integer


@keras.saving.register_keras_serializable("kgen")
class ReflectionPadding2D(keras.layers.Layer):
    """Continues pictures over their edges by their mirror image; the edge itself is not repeated.

    Args:
        padding: pixels on every side, fewer than each side of the pictures has.

    Returns:
        Tensor [batch, height + 2 padding, width + 2 padding, channels].

    Raises:
        ValueError: if `padding` is not a positive integer.

    Example:

    >>> row = np.array([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1)
    >>> kgen.layers.ReflectionPadding2D(1)(row.repeat(2, axis=1))[0, 1, :, 0].numpy().tolist()
    [2.0, 1.0, 2.0, 3.0, 2.0]

    Reference: Johnson 2016, "Perceptual losses", supplementary material; Zhu 2017, appendix 7.2, arXiv 1703.10593.
    """

    def __init__(self, padding=1, **kwargs):
        super().__init__(**kwargs)
        positive_integer("padding", padding)
        self.padding = padding

    def call(self, inputs):
        if min(side or 0 for side in inputs.shape[1:3]) < 2 * self.padding + 2:
            sides = [[self.padding, self.padding]] * 2
            return keras.ops.pad(inputs, [[0, 0], *sides, [0, 0]], mode="reflect")
        return _continued(_continued(inputs, self.padding, axis=1), self.padding, axis=2)

    def compute_output_shape(self, input_shape):
        batch, *sides, channels = input_shape
        return (batch, *(side and side + 2 * self.padding for side in sides), channels)

    def get_config(self):
        return {**super().get_config(), "padding": self.padding}


def _continued(x, padding, axis):
    """Reflection along one axis, by parts that occur twice: half the time of `tf.pad`, above all backwards."""
    sizes = [1, padding, x.shape[axis] - 2 * padding - 2, padding, 1]
    first, near, middle, far, last = tf.split(x, sizes, axis)
    before, after = (tf.reverse(part, [axis]) for part in (near, far))
    return tf.concat([before, first, near, middle, far, last, after], axis)


def reflected(x, multiple, smallest=1):
    """Pictures of any size, continued at their far ends by reflection until the sides are multiples of a number.

    Args:
        x: tensor [batch, ..., channels]; a picture narrower than what it lacks is reflected again and again.
        multiple: of which every side shall be a multiple.
        smallest: side that none shall be below.

    Returns:
        Tensor [batch, ..., channels].

    Example:

    >>> row = tf.constant([1.0, 2.0, 3.0, 4.0, 5.0])[None, :, None]
    >>> kgen.layers.reflected(row, 4)[0, :, 0].numpy().tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0, 4.0, 3.0, 2.0]
    """
    for axis in range(1, len(x.shape) - 1):
        side = tf.shape(x)[axis]
        wanted = tf.maximum(-(-side // multiple) * multiple, smallest)
        period = tf.maximum(2 * (side - 1), 1)
        place = tf.range(wanted) % period  # 0 1 2 3 4 5 6 7 -> 0 1 2 3 4 3 2 1 for five pixels.
        x = tf.gather(x, tf.minimum(place, period - place), axis=axis)
    return x


def cropped(x, like):
    """The first pixels of each side, as many as another picture has.

    Args:
        x: tensor [batch, ..., channels].
        like: tensor of the same rank, its sides at most as long.

    Returns:
        Tensor [batch, ..., channels].

    Example:

    >>> row = tf.constant([1.0, 2.0, 3.0, 4.0, 5.0])[None, :, None]
    >>> kgen.layers.cropped(row, like=tf.zeros([1, 3, 1]))[0, :, 0].numpy().tolist()
    [1.0, 2.0, 3.0]
    """
    sides = tf.shape(like)[1:-1]
    return tf.slice(x, tf.zeros_like(tf.shape(x)), tf.concat([tf.shape(x)[:1], sides, tf.shape(x)[-1:]], 0))
