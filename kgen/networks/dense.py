"""Fully connected networks, by default the source's: two hidden layers of 1024 units, LeakyReLU 0.2."""

import math

import keras

from kgen.layers import Dropout
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
    kernel = {"kernel_initializer": kernel_initializer, "kernel_regularizer": kernel_regularizer}
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            *_hidden(hidden_units, activation, normalization, 0.0, kernel),
            keras.layers.Dense(math.prod(output_shape), **kernel),
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
        name: of the network.

    Returns:
        A `keras.Sequential`; its output is float32.

    Example:

    >>> kgen.networks.dense.encoder((28, 28, 1)).output_shape
    (None, 1)
    """
    kernel = {"kernel_initializer": kernel_initializer, "kernel_regularizer": kernel_regularizer}
    return keras.Sequential(
        [
            keras.Input(tuple(input_shape)),
            keras.layers.Flatten(),
            *_hidden(hidden_units[:1], activation, None, dropout, kernel),
            *_hidden(hidden_units[1:], activation, normalization, dropout, kernel),
            keras.layers.Dense(num_outputs, **kernel),
            keras.layers.Activation("linear", dtype="float32"),
        ],
        name=name,
    )


def _hidden(hidden_units, activation, normalization, dropout, kernel):
    layers = []
    for units in hidden_units:
        layers += [keras.layers.Dense(units, use_bias=normalization is None, **kernel)]
        layers += [*normalize(normalization), keras.layers.Activation(activation)]
        layers += [Dropout(dropout)] if dropout else []
    return layers
