"""The discriminator that judges each patch of a picture by itself, and so sees texture rather than layout.

Reference: Isola 2017, section 3.2.2, arXiv 1611.07004; Zhu 2017, appendix 7.2, arXiv 1703.10593.
"""

import keras

from kgen.errors import positive_integer
from kgen.layers import Conv2D
from kgen.layers import normalization as normalize


def discriminator(
    channels,
    layers=3,
    width=64,
    normalization="instance",
    activation="leaky_relu",
    kernel_regularizer=None,
    name="discriminator",
):
    """Pictures of any size to a map of logits [batch, rows, columns, 1], one for each patch.

    C64-C128-C256-C512 and a convolution to one channel in the paper's notation, all of 4 x 4; the strides of all
    but the last two are 2. The first layer is not normalised.

    Args:
        channels: of the pictures.
        layers: convolutions of stride 2: 3 give patches of 70 x 70 pixels, 2 of 34 x 34, 1 of 16 x 16.
        width: channels of the first layer; each further one doubles them, up to 8 times as many.
        normalization: "batch", "layer", "instance" or None, after every convolution but the first and the last.
        activation: of the hidden layers.
        kernel_regularizer: of every kernel.
        name: of the network.

    Returns:
        A `keras.Sequential`; its output is float32.

    Raises:
        ValueError: numbers out of range.

    Example:

    >>> kgen.networks.patch.discriminator(3, width=2)(np.zeros([1, 256, 256, 3])).shape
    TensorShape([1, 30, 30, 1])
    """
    positive_integer("layers", layers)
    positive_integer("width", width)
    made = [keras.Input((None, None, channels))]
    for depth in range(layers + 1):
        kind = normalization if depth else None
        stride = {"strides": 2, "padding": "same"} if depth < layers else {}
        made += [] if stride else [keras.layers.ZeroPadding2D(1)]
        made += [_convolution(width * min(2**depth, 8), kernel_regularizer, use_bias=kind is None, **stride)]
        gamma = keras.initializers.RandomNormal(1.0, 0.02)
        made += [*normalize(kind, gamma_initializer=gamma), keras.layers.Activation(activation)]
    made += [keras.layers.ZeroPadding2D(1), _convolution(1, kernel_regularizer)]
    return keras.Sequential([*made, keras.layers.Activation("linear", dtype="float32")], name=name)


def smallest_side(layers):
    """The smallest side of a picture that gives a logit.

    Args:
        layers: convolutions of stride 2.

    Returns:
        Integer.

    Example:

    >>> [kgen.networks.patch.smallest_side(layers) for layers in (1, 2, 3)]
    [5, 9, 17]
    """
    return 2 ** (layers + 1) + 1


def _convolution(units, regularizer, **kwargs):
    kernel = {
        "kernel_initializer": keras.initializers.RandomNormal(0.0, 0.02),
        "kernel_regularizer": regularizer,
    }
    return Conv2D(units, 4, **kernel, **kwargs)
