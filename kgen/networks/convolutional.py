"""Strided convolutions for sequences, pictures and clips: one pair for rank 1, 2 and 3.

Reference: Radford 2016, section 3, arXiv 1511.06434; along time: Tulyakov 2018, arXiv 1707.04993.
"""

import math

import keras

from kgen.layers import Dropout, MinibatchDiscrimination, SpectralNormalization
from kgen.layers import normalization as normalize

SPAN = 4  # Frames that a kernel covers.


def decoder(
    latent_dim,
    output_shape,
    width=64,
    kernel_size=5,
    activation="relu",
    normalization="batch",
    output_activation="tanh",
    kernel_regularizer=None,
    name="decoder",
):
    """Codes [batch, latent_dim] to data [batch, *output_shape] by fractionally strided convolutions.

    The sides are halved upwards until the smallest is about 4, and what is too much is cropped at the end:
    28 x 97 grows from 7 x 25 by way of 28 x 100.

    Args:
        latent_dim: length of the code.
        output_shape: shape of one example, channels last.
        width: channels at half resolution; each halving doubles them, up to 8 times as many.
        kernel_size: side of every kernel.
        activation: of the hidden layers.
        normalization: "batch", "layer", "instance" or None, after every layer but the last.
        output_activation: of the data, computed in float32; None gives logits.
        kernel_regularizer: of every kernel.
        name: of the network.

    Returns:
        A `keras.Sequential`.

    Example:

    >>> kgen.networks.convolutional.decoder(100, (28, 97, 3), width=8).output_shape
    (None, 28, 97, 3)
    """
    *sides, channels = output_shape
    widths = _widths(sides, width)
    start = [math.ceil(side / 2 ** len(widths)) for side in sides]
    upsample = {"kernel_size": kernel_size, "strides": 2, "padding": "same"}
    dense, transpose = (
        _layer(kind, len(sides), kernel_regularizer) for kind in ("Dense", "Conv{}DTranspose")
    )
    cropping = getattr(keras.layers, f"Cropping{len(sides)}D")
    layers = [
        keras.Input((latent_dim,)),
        dense(math.prod(start) * widths[-1], use_bias=normalization is None),
        keras.layers.Reshape((*start, widths[-1])),
        *_finish(activation, normalization),
    ]
    for units in reversed(widths[:-1]):
        layers += [transpose(units, use_bias=normalization is None, **upsample)]
        layers += _finish(activation, normalization)
    layers += [transpose(channels, **upsample), cropping(_crops(sides, start, len(widths)))]
    layers += [keras.layers.Activation(output_activation or "linear", dtype="float32")]
    return keras.Sequential(layers, name=name)


def encoder(
    input_shape,
    num_outputs=1,
    width=64,
    kernel_size=5,
    activation="leaky_relu",
    normalization="batch",
    dropout=0.0,
    kernel_regularizer=None,
    spectral_normalization=False,
    minibatch_discrimination=0,
    time=False,
    name="encoder",
):
    """Data [batch, *input_shape] to codes or logits [batch, num_outputs] by strided convolutions.

    Args:
        input_shape: shape of one example, channels last.
        num_outputs: length of the output, one for a discriminator.
        width: channels at half resolution; each halving doubles them, up to 8 times as many.
        kernel_size: side of every kernel.
        activation: of the hidden layers.
        normalization: "batch", "layer", "instance" or None, after every layer but the first and the last.
        dropout: share dropped after each convolution.
        kernel_regularizer: of every kernel.
        spectral_normalization: whether every convolution and the last layer are spectrally normalised.
        minibatch_discrimination: kernels of a `MinibatchDiscrimination` before the last layer; 0 for none.
        time: whether the first of three axes is time, which is not halved: kernels cover four frames, or all that
            are left, and only places where they fit.
        name: of the network.

    Returns:
        A `keras.Sequential`; its output is float32.

    Example:

    >>> kgen.networks.convolutional.encoder((28, 97, 3), width=8).output_shape
    (None, 1)
    """
    *sides, _ = input_shape
    dense, convolution = (
        _layer(kind, len(sides), kernel_regularizer, spectral_normalization) for kind in ("Dense", "Conv{}D")
    )
    layers = [keras.Input(tuple(input_shape))]
    for depth, units in enumerate(_widths(sides[1:] if time else sides, width)):
        kind = normalization if depth else None
        padding, form = _along_time(sides[0], depth, kernel_size) if time else ([], _halving(kernel_size))
        layers += [*padding, convolution(units, use_bias=kind is None, **form)]
        layers += _finish(activation, kind) + ([Dropout(dropout)] if dropout else [])
    layers += [keras.layers.Flatten()]
    layers += [MinibatchDiscrimination(minibatch_discrimination)] if minibatch_discrimination else []
    layers += [dense(num_outputs), keras.layers.Activation("linear", dtype="float32")]
    return keras.Sequential(layers, name=name)


def _widths(sides, width):
    """Channels after each halving; the smallest side ends at 4 to 7."""
    halvings = max(1, int(math.log2(min(sides) / 4)))
    return [width * min(2**depth, 8) for depth in range(halvings)]


def _halving(kernel_size):
    """Of a convolution that halves all sides, its arguments."""
    return {"kernel_size": kernel_size, "strides": 2, "padding": "same"}


def _along_time(frames, depth, kernel_size):
    """Of a convolution of clips that halves the other sides, the padding of these before it, and its arguments."""
    left = max(1, frames - depth * (SPAN - 1))
    edge = (kernel_size - 1) // 2
    form = {"kernel_size": (min(SPAN, left), kernel_size, kernel_size), "strides": (1, 2, 2)}
    return [keras.layers.ZeroPadding3D((0, edge, edge))], form


def _crops(sides, start, halvings):
    surplus = [first * 2**halvings - side for first, side in zip(start, sides, strict=True)]
    crops = [(extra // 2, extra - extra // 2) for extra in surplus]
    return crops[0] if len(crops) == 1 else crops


def _finish(activation, normalization):
    gamma = keras.initializers.RandomNormal(1.0, 0.02)
    return [*normalize(normalization, gamma_initializer=gamma), keras.layers.Activation(activation)]


def _layer(kind, rank, regularizer, spectral_normalization=False):
    """A layer's maker, with kernels from N(0, 0.02); a new initialiser each, since one repeats its draw."""

    def make(*args, **kwargs):
        kernel = keras.initializers.RandomNormal(0.0, 0.02)
        options = {"kernel_initializer": kernel, "kernel_regularizer": regularizer, **kwargs}
        layer = getattr(keras.layers, kind.format(rank))(*args, **options)
        return SpectralNormalization(layer) if spectral_normalization else layer

    return make
