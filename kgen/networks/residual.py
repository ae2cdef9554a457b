"""The residual network that translates pictures of any size into pictures of the same size.

Reference: Johnson 2016, arXiv 1603.08155; Zhu 2017, section 4 and appendix 7.2, arXiv 1703.10593.
"""

import keras

from kgen.errors import integer_from, positive_integer
from kgen.layers import Conv2D, ReflectionPadding2D
from kgen.layers import normalization as normalize

HALVINGS = 2  # Sides must be multiples of 2 ** HALVINGS.


def translator(
    channels,
    residual_blocks=9,
    width=64,
    normalization="instance",
    output_activation="tanh",
    kernel_regularizer=None,
    name="translator",
):
    """Pictures to pictures of the same size [batch, height, width, channels].

    c7s1-64, d128, d256, residual blocks R256, u128, u64, c7s1-3 in the paper's notation: two halvings, blocks of
    two 3 x 3 convolutions with a way around them, two doublings. Every height and width that is a multiple of
    4, from 8 up.

    Args:
        channels: of the pictures.
        residual_blocks: 6 for pictures of 128 x 128, 9 from 256 x 256 up.
        width: channels at full resolution; each halving doubles them.
        normalization: "batch", "layer", "instance" or None, after every convolution but the last.
        output_activation: of the pictures, computed in float32.
        kernel_regularizer: of every kernel.
        name: of the network.

    Returns:
        A functional `keras.Model`.

    Raises:
        ValueError: numbers out of range.

    Example:

    >>> network = kgen.networks.residual.translator(3, residual_blocks=1, width=2)
    >>> network(np.zeros([1, 12, 8, 3])).shape
    TensorShape([1, 12, 8, 3])
    """
    positive_integer("width", width)
    integer_from(0, "residual_blocks", residual_blocks)
    convolution, transpose = (
        _layer(Conv2D, kernel_regularizer),
        _layer(keras.layers.Conv2DTranspose, kernel_regularizer),
    )
    bias = {"use_bias": normalization is None}

    def finish(x, activation="relu"):
        gamma = keras.initializers.RandomNormal(1.0, 0.02)
        for layer in normalize(normalization, gamma_initializer=gamma):
            x = layer(x)
        return keras.layers.Activation(activation)(x)

    def block(x):
        inside = finish(convolution(4 * width, 3, **bias)(ReflectionPadding2D(1)(x)))
        inside = finish(convolution(4 * width, 3, **bias)(ReflectionPadding2D(1)(inside)), "linear")
        return keras.layers.Add()([x, inside])

    pictures = keras.Input((None, None, channels))
    x = finish(convolution(width, 7, **bias)(ReflectionPadding2D(3)(pictures)))
    for depth in range(1, HALVINGS + 1):
        x = finish(convolution(width * 2**depth, 3, strides=2, padding="same", **bias)(x))
    for _ in range(residual_blocks):
        x = block(x)
    for depth in reversed(range(HALVINGS)):
        x = finish(transpose(width * 2**depth, 3, strides=2, padding="same", **bias)(x))
    x = convolution(channels, 7)(ReflectionPadding2D(3)(x))
    return keras.Model(pictures, keras.layers.Activation(output_activation, dtype="float32")(x), name=name)


def _layer(kind, regularizer):
    """A layer's maker, with kernels from N(0, 0.02); a new initialiser each, since one repeats its draw."""

    def make(*args, **kwargs):
        kernel = keras.initializers.RandomNormal(0.0, 0.02)
        options = {"kernel_initializer": kernel, "kernel_regularizer": regularizer, **kwargs}
        return kind(*args, **options)

    return make
