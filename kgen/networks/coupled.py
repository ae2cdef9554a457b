"""Coupled networks of pictures of several kinds, which share all layers but those next to the pictures.

Reference: Liu & Tuzel 2016, sections 3 and 4, arXiv 1606.07536.
"""

import keras
from keras import ops

from kgen.layers import normalization as normalize
from kgen.networks import convolutional
from kgen.networks.joint import cut

FIRST = 2  # Layers of an encoder's first block: a convolution and its activation.
LAST = 5  # Side of the last kernels.


def generator(
    latent_dim, modalities, width=32, normalization="batch", kernel_regularizer=None, name="generator"
):
    """Codes [batch, latent_dim] to a picture of each kind [batch, sum of the sizes].

    The generators share all layers up to features as large as the pictures; each has a last convolution of its own.

    Args:
        latent_dim: length of the code.
        modalities: dict name -> `kgen.modalities.Picture`, all of one shape.
        width: channels at half resolution, and of the shared features.
        normalization: "batch", "layer", "instance" or None, after every layer but the last.
        kernel_regularizer: of every kernel.
        name: of the network.

    Returns:
        A functional `keras.Model`; its output is float32.

    Example:

    >>> parts = kgen.modalities.parse({"a": ("picture", 8, 8, 1), "b": ("picture", 8, 8, 1)})
    >>> kgen.networks.coupled.generator(4, parts, width=2).output_shape
    (None, 128)
    """
    height, side, channels = next(iter(modalities.values())).shape
    form = {"normalization": normalization, "kernel_regularizer": kernel_regularizer}
    shared = convolutional.decoder(
        latent_dim, (height, side, width), width, output_activation=None, name="shared", **form
    )
    code = keras.Input((latent_dim,))
    features = _through([*normalize(normalization), keras.layers.ReLU()], shared(code))
    pictures = [_through(_last(channels, kernel_regularizer), features) for _ in modalities]
    flat = [ops.reshape(picture, (-1, height * side * channels)) for picture in pictures]
    return keras.Model(code, ops.concatenate(flat, axis=1), name=name)


def _last(channels, kernel_regularizer):
    """What makes pictures of shared features."""
    normal = keras.initializers.RandomNormal(0.0, 0.02)
    form = {"padding": "same", "kernel_initializer": normal, "kernel_regularizer": kernel_regularizer}
    return [keras.layers.Conv2D(channels, LAST, **form), keras.layers.Activation("tanh", dtype="float32")]


def discriminator(modalities, packing=1, width=32, name="discriminator", **form):
    """A picture of each kind [batch, packing * sum of the sizes] to the logit of each [batch, kinds].

    The discriminators share all layers but the first convolution.

    Args:
        modalities: dict name -> `kgen.modalities.Picture`, all of one shape.
        packing: examples that are judged together, side by side.
        width: channels at half resolution.
        name: of the network.
        **form: normalization, kernel_regularizer, spectral_normalization and minibatch_discrimination, of
            `convolutional.encoder`.

    Returns:
        A functional `keras.Model`; its output is float32.

    Example:

    >>> parts = kgen.modalities.parse({"a": ("picture", 8, 8, 1), "b": ("picture", 8, 8, 1)})
    >>> network = kgen.networks.coupled.discriminator(parts, width=2)
    >>> network.input_shape, network.output_shape
    ((None, 128), (None, 2))
    """
    joined = keras.Input((packing * sum(part.size for part in modalities.values()),))
    pictures = cut(joined, modalities, packing)
    encoders = [convolutional.encoder(picture.shape[1:], width=width, **form) for picture in pictures]
    shared = encoders[0].layers[FIRST:]
    logits = [
        _through([*encoder.layers[:FIRST], *shared], x) for encoder, x in zip(encoders, pictures, strict=True)
    ]
    return keras.Model(joined, ops.concatenate(logits, axis=1), name=name)


def _through(layers, x):
    for layer in layers:
        x = layer(x)
    return x
