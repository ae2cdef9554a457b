"""Fully connected networks, by default the source's: two hidden layers of 1024 units, LeakyReLU 0.2."""

import math

import keras

from kgen.layers import Dropout, MinibatchDiscrimination, SpectralNormalization
from kgen.layers import normalization as normalize


def decoder(
    latent_dim,
    output_shape,
    hidden_units=(1024, 1024),
    activation="leaky_relu",
    normalization=None,
    output_activation=None,
    kernel_initializer="glorot_uniform",
    kernel_regularizer=None,
    name="decoder",
):
    """Codes [batch, latent_dim] to data [batch, *output_shape].

    Args:
        latent_dim: length of the code.
        output_shape: shape of one example.
        hidden_units: units of each hidden layer.
        activation: of the hidden layers.
        normalization: "batch", "layer" or None, after each hidden layer.
        output_activation: of the data, computed in float32; None gives logits.
        kernel_initializer: of every kernel.
        kernel_regularizer: of every kernel.
        name: of the network.

    Returns:
        A `keras.Sequential`.

    Example:

    >>> kgen.networks.dense.decoder(100, (28, 28, 1)).output_shape
    (None, 28, 28, 1)
    """
    dense = _dense(kernel_initializer, kernel_regularizer)
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            *_hidden(dense, hidden_units, activation, normalization),
            dense(math.prod(output_shape)),
            keras.layers.Reshape(tuple(output_shape)),
            keras.layers.Activation(output_activation or "linear", dtype="float32"),
        ],
        name=name,
    )


def encoder(
    input_shape,
    num_outputs=1,
    hidden_units=(1024, 1024),
    activation="leaky_relu",
    normalization=None,
    dropout=0.0,
    kernel_initializer="glorot_uniform",
    kernel_regularizer=None,
    spectral_normalization=False,
    minibatch_discrimination=0,
    name="encoder",
):
    """Data [batch, *input_shape] to codes or logits [batch, num_outputs].

    Args:
        input_shape: shape of one example.
        num_outputs: length of the output, one for a discriminator.
        hidden_units: units of each hidden layer.
        activation: of the hidden layers.
        normalization: "batch", "layer" or None, after each hidden layer but the first.
        dropout: share dropped after each hidden layer.
        kernel_initializer: of every kernel.
        kernel_regularizer: of every kernel.
        spectral_normalization: whether every dense layer is spectrally normalised.
        minibatch_discrimination: kernels of a `MinibatchDiscrimination` before the last layer; 0 for none.
        name: of the network.

    Returns:
        A `keras.Sequential`; its output is float32.

    Example:

    >>> kgen.networks.dense.encoder((28, 28, 1)).output_shape
    (None, 1)
    """
    dense = _dense(kernel_initializer, kernel_regularizer, spectral_normalization)
    return keras.Sequential(
        [
            keras.Input(tuple(input_shape)),
            keras.layers.Flatten(),
            *_hidden(dense, hidden_units[:1], activation, None, dropout),
            *_hidden(dense, hidden_units[1:], activation, normalization, dropout),
            *([MinibatchDiscrimination(minibatch_discrimination)] if minibatch_discrimination else []),
            dense(num_outputs),
            keras.layers.Activation("linear", dtype="float32"),
        ],
        name=name,
    )


def _hidden(dense, hidden_units, activation, normalization, dropout=0.0):
    layers = []
    for units in hidden_units:
        layers += [dense(units, use_bias=normalization is None)]
        layers += [*normalize(normalization), keras.layers.Activation(activation)]
        layers += [Dropout(dropout)] if dropout else []
    return layers


def _dense(initializer, regularizer, spectral_normalization=False):
    """A dense layer's maker."""
    kernel = {"kernel_initializer": initializer, "kernel_regularizer": regularizer}

    def make(units, **kwargs):
        layer = keras.layers.Dense(units, **kernel, **kwargs)
        return SpectralNormalization(layer) if spectral_normalization else layer

    return make
