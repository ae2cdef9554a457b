"""The dense networks of semi-supervised learning: noise and weight normalisation instead of batches' statistics.

Reference: Salimans 2016, section 5, arXiv 1606.03498, by the authors' code for MNIST.
"""

import math

import keras

from kgen.layers import Dropout, GaussianNoise, WeightNormalization


def decoder(
    latent_dim,
    output_shape,
    hidden_units=(500, 500),
    output_activation="sigmoid",
    kernel_regularizer=None,
    name="decoder",
):
    """Codes [batch, latent_dim] to data [batch, *output_shape].

    Softplus behind a batch normalisation without a scale; the output's weights are normalised.

    Args:
        latent_dim: length of the code.
        output_shape: shape of one example.
        hidden_units: units of each hidden layer.
        output_activation: of the data, computed in float32; None gives logits.
        kernel_regularizer: of every kernel.
        name: of the network.

    Returns:
        A `keras.Sequential`.

    Example:

    >>> kgen.networks.weight_normalized.decoder(100, (28, 28, 1)).output_shape
    (None, 28, 28, 1)
    """
    layers = [keras.Input((latent_dim,))]
    for units in hidden_units:
        layers += [
            keras.layers.Dense(units, use_bias=False, kernel_regularizer=kernel_regularizer),
            keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, scale=False, synchronized=True),
            keras.layers.Activation("softplus"),
        ]
    output = keras.layers.Dense(math.prod(output_shape), kernel_regularizer=kernel_regularizer)
    layers += [WeightNormalization(output), keras.layers.Reshape(tuple(output_shape))]
    layers += [keras.layers.Activation(output_activation or "linear", dtype="float32")]
    return keras.Sequential(layers, name=name)


def encoder(
    input_shape,
    num_outputs=1,
    hidden_units=(1000, 500, 250, 250, 250),
    input_noise=0.3,
    hidden_noise=0.5,
    kernel_regularizer=None,
    name="encoder",
):
    """Data [batch, *input_shape] to logits [batch, num_outputs], by ReLU with Gaussian noise behind each layer.

    The length of the hidden layers' weights is fixed by `initialize`; the last layer's is learnt.

    Args:
        input_shape: shape of one example.
        num_outputs: length of the output.
        hidden_units: units of each hidden layer.
        input_noise: deviation of the noise on the data.
        hidden_noise: deviation of the noise behind each hidden layer.
        kernel_regularizer: of every kernel.
        name: of the network.

    Returns:
        A `keras.Sequential`; its output is float32.

    Example:

    >>> kgen.networks.weight_normalized.encoder((28, 28, 1), 10).output_shape
    (None, 10)
    """
    layers = [keras.Input(tuple(input_shape)), keras.layers.Flatten(), GaussianNoise(input_noise)]
    for units in hidden_units:
        layers += [_normalized(units, False, kernel_regularizer), keras.layers.Activation("relu")]
        layers += [GaussianNoise(hidden_noise)]
    layers += [_normalized(num_outputs, True, kernel_regularizer)]
    layers += [keras.layers.Activation("linear", dtype="float32")]
    return keras.Sequential(layers, name=name)


def initialize(network, x):
    """Sets lengths and biases such that each normalised layer's outputs on a batch have mean 0 and variance 1.

    Args:
        network: a `keras.Sequential`, such as `encoder` gives.
        x: a batch of its inputs [batch, ...].

    Example:

    >>> network = kgen.networks.weight_normalized.encoder((4,), 2, hidden_units=(3,))
    >>> kgen.networks.weight_normalized.initialize(network, np.eye(4, dtype="float32"))

    Reference: Salimans & Kingma 2016, section 3, arXiv 1602.07868.
    """
    for layer in network.layers:
        normalized = isinstance(layer, WeightNormalization)
        x = layer.initialize(x) if normalized else layer(x, training=True)


def hidden(network):
    """What the last layer with weights reads, before noise or dropout: the last hidden layer's output.

    Args:
        network: a `keras.Sequential` or functional `keras.Model`.

    Returns:
        A symbolic tensor [batch, ...].

    Example:

    >>> network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    >>> kgen.networks.weight_normalized.hidden(network).shape
    (None, 3)
    """
    layers = network.layers
    last = max(i for i, layer in enumerate(layers) if layer.weights)
    noisy = (Dropout, GaussianNoise, keras.layers.Dropout, keras.layers.GaussianNoise)
    before = layers[last]
    while isinstance(source := _source(before), noisy):
        before = source
    return before.input


def _source(layer):
    """The layer whose output this one reads."""
    return layer.input._keras_history.operation


def _normalized(units, trainable_scale, kernel_regularizer):
    kernel = keras.initializers.RandomNormal(0.0, 0.1)
    dense = keras.layers.Dense(units, kernel_initializer=kernel, kernel_regularizer=kernel_regularizer)
    return WeightNormalization(dense, trainable_scale=trainable_scale)
