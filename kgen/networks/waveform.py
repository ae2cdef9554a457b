"""WaveGAN's networks: long kernels along time, each stride of 4 a quarter of the length.

Reference: Donahue 2019, tables 3 and 4, arXiv 1802.04208.
"""

import math

import keras

from kgen.errors import invalid
from kgen.layers import MinibatchDiscrimination, PhaseShuffle, SpectralNormalization

FIRST = 16  # Samples of the shortest layer.
LONGEST = 65_536


def strides(slice_length):
    """The discriminator's strides: fours, and at the end a two where a power of four does not fit.

    Args:
        slice_length: samples, a power of two from 64 to 65,536.

    Returns:
        Tuple of integers whose product is slice_length / 16.

    Raises:
        ValueError: for any other length.

    Example:

    >>> kgen.networks.waveform.strides(16384), kgen.networks.waveform.strides(8192)
    ((4, 4, 4, 4, 4), (4, 4, 4, 4, 2))
    """
    whole = isinstance(slice_length, int) and not isinstance(slice_length, bool)
    if not whole or not 4 * FIRST <= slice_length <= LONGEST or slice_length & (slice_length - 1):
        raise invalid("slice_length", "a power of two from 64 to 65,536", slice_length=slice_length)
    doublings = int(math.log2(slice_length // FIRST))
    return (4,) * (doublings // 2) + (2,) * (doublings % 2)


def generator(latent_dim, slice_length, width=64, kernel_size=25, kernel_regularizer=None, name="generator"):
    """Codes [batch, latent_dim] to waveforms [batch, slice_length] in (-1, 1).

    A dense layer gives 16 samples; each transposed convolution halves the channels, down to `width` and then one.

    Args:
        latent_dim: length of the code.
        slice_length: samples, a power of two from 64 to 65,536.
        width: d, channels of the last hidden layer.
        kernel_size: of every kernel.
        kernel_regularizer: of every kernel.
        name: of the network.

    Returns:
        A `keras.Sequential`; its output is float32.

    Example:

    >>> kgen.networks.waveform.generator(100, 4096, width=2).output_shape
    (None, 4096)
    """
    steps, form = strides(slice_length), {"kernel_regularizer": kernel_regularizer}
    deepest = width * 2 ** (len(steps) - 1)
    layers = [
        keras.Input((latent_dim,)),
        keras.layers.Dense(FIRST * deepest, **form),
        keras.layers.Reshape((FIRST, deepest)),
        keras.layers.Activation("relu"),
    ]
    for depth, stride in enumerate(steps, start=1):  # A stride of 2 stands next to the sound.
        last = depth == len(steps)
        units = 1 if last else deepest // 2**depth
        layers += [keras.layers.Conv1DTranspose(units, kernel_size, stride, padding="same", **form)]
        layers += [] if last else [keras.layers.Activation("relu")]
    layers += [keras.layers.Activation("tanh", dtype="float32")]
    layers += [keras.layers.Reshape((slice_length,), dtype="float32")]
    return keras.Sequential(layers, name=name)


def discriminator(
    input_shape,
    num_outputs=1,
    width=64,
    kernel_size=25,
    phase_shuffle=2,
    kernel_regularizer=None,
    spectral_normalization=False,
    minibatch_discrimination=0,
    name="discriminator",
):
    """Waveforms [batch, slice_length, channels] to scores [batch, num_outputs].

    Each convolution doubles the channels; leaky ReLU of slope 0.2, and phase shuffle behind all but the last.

    Args:
        input_shape: (slice_length, channels), a power of two from 64 to 65,536.
        num_outputs: scores of an example.
        width: d, channels of the first layer.
        kernel_size: of every kernel.
        phase_shuffle: n, the largest shift in samples; 0 for none.
        kernel_regularizer: of every kernel.
        spectral_normalization: whether every layer is spectrally normalised.
        minibatch_discrimination: kernels of a `MinibatchDiscrimination` before the last layer; 0 for none.
        name: of the network.

    Returns:
        A `keras.Sequential`; its output is float32.

    Example:

    >>> kgen.networks.waveform.discriminator((4096, 1), width=2).output_shape
    (None, 1)
    """

    def layer(kind, *args, **options):
        made = kind(*args, kernel_regularizer=kernel_regularizer, **options)
        return SpectralNormalization(made) if spectral_normalization else made

    steps, layers = strides(input_shape[0]), [keras.Input(tuple(input_shape))]
    for depth, stride in enumerate(steps):
        if depth and phase_shuffle:
            layers += [PhaseShuffle(phase_shuffle)]
        layers += [layer(keras.layers.Conv1D, width * 2**depth, kernel_size, stride, padding="same")]
        layers += [keras.layers.Activation("leaky_relu")]
    layers += [keras.layers.Flatten()]
    layers += [MinibatchDiscrimination(minibatch_discrimination)] if minibatch_discrimination else []
    layers += [layer(keras.layers.Dense, num_outputs), keras.layers.Activation("linear", dtype="float32")]
    return keras.Sequential(layers, name=name)
