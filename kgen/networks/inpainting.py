"""The small convolutional network that reads a picture with holes, and says something of each of its pixels."""

import keras
import numpy as np
from scipy.special import logit

from kgen.errors import positive_integer
from kgen.layers import Conv2D

HALVINGS = 2
LAST = "logits"  # Name of the last layer.
DARKEST = 0.01  # What a sigmoid starts with at least, and 1 - DARKEST at most.


def hourglass(input_shape, num_outputs, width=32, kernel_size=5, kernel_regularizer=None, name="hourglass"):
    """Pictures to as many pixels [batch, height, width, num_outputs].

    Two halvings, a convolution between them, two doublings, and before each a way around from the same size; ReLU.

    Args:
        input_shape: (height, width, channels) of what it reads.
        num_outputs: numbers for each pixel.
        width: channels at full resolution; each halving doubles them.
        kernel_size: side of every kernel.
        kernel_regularizer: of every kernel.
        name: of the network.

    Returns:
        A functional `keras.Model`; its output is float32, without bounds.

    Raises:
        ValueError: numbers out of range.

    Example:

    >>> kgen.networks.inpainting.hourglass((9, 28, 2), 1, width=2).output_shape
    (None, 9, 28, 1)

    Reference: the encoder and decoder with ways around are those of Ronneberger 2015, arXiv 1505.04597.
    """
    positive_integer("width", width)

    def layer(kind, units, strides=1, name=None):
        options = {"kernel_initializer": "he_normal", "kernel_regularizer": kernel_regularizer, "name": name}
        return kind(units, kernel_size, strides=strides, padding="same", **options)

    def grown(kind, x, units, strides=1):
        return keras.layers.Activation("relu")(layer(kind, units, strides)(x))

    pictures = keras.Input(tuple(input_shape))
    x, passed = grown(Conv2D, pictures, width), []
    for depth in range(1, HALVINGS + 1):
        passed.append(x)
        x = grown(Conv2D, x, width * 2**depth, strides=2)
    x = grown(Conv2D, x, width * 2**HALVINGS)
    for depth in reversed(range(HALVINGS)):
        x = grown(keras.layers.Conv2DTranspose, x, width * 2**depth, strides=2)
        x = keras.layers.Concatenate()([_cropped(x, passed[depth]), passed[depth]])
    x = layer(Conv2D, num_outputs, name=LAST)(x)
    return keras.Model(pictures, keras.layers.Activation("linear", dtype="float32")(x), name=name)


def initialize(network, pictures):
    """Sets the last biases of a new `hourglass` so that its sigmoids start around the pictures' brightness.

    Without it, all pixels of dark pictures pull the same bias down at once: it runs on past its aim, the sigmoids
    saturate, and no gradient is left to bring them back.

    Args:
        network: an `hourglass` whose outputs are logits, one for each channel of the pictures.
        pictures: array [n, height, width, channels] in [0, 1], NaN where something is missing.

    Example:

    >>> network = kgen.networks.inpainting.hourglass((8, 8, 2), 1, width=2)
    >>> kgen.networks.inpainting.initialize(network, np.full((4, 8, 8, 1), 0.2))
    >>> round(float(tf.sigmoid(network.get_layer("logits").bias)[0]), 2)
    0.2

    Reference: a prior of the output by the last bias, Lin 2017, section 4.1, arXiv 1708.02002.
    """
    pixels = np.reshape(pictures, [-1, np.shape(pictures)[-1]])
    known = np.sum(~np.isnan(pixels), axis=0)
    mean = (np.nansum(pixels, axis=0) + 0.5) / (known + 1)  # 1/2 where none is known.
    network.get_layer(LAST).bias.assign(logit(np.clip(mean, DARKEST, 1.0 - DARKEST)))


def _cropped(x, wanted):
    """Pictures without the last rows and columns that are too much."""
    extra = [(0, have - want) for have, want in zip(x.shape[1:3], wanted.shape[1:3], strict=True)]
    return keras.layers.Cropping2D(extra)(x) if any(more for _, more in extra) else x
