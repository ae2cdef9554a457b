"""The dense networks of semi-supervised learning."""

import keras
import numpy as np

from kgen import layers
from kgen.networks import weight_normalized

X = np.random.default_rng(0).normal(size=(300, 6)).astype("float32")


def test_the_encoder_is_noise_normalised_layers_and_relu():
    network = weight_normalized.encoder((3, 2), 4, hidden_units=(8, 5))
    kinds = [type(layer).__name__ for layer in network.layers]
    hidden = ["WeightNormalization", "Activation", "GaussianNoise"]
    assert kinds == ["Flatten", "GaussianNoise", *hidden, *hidden, "WeightNormalization", "Activation"]
    assert network.output_shape == (None, 4)


def test_the_decoder_has_no_scale_and_a_sigmoid():
    network = weight_normalized.decoder(6, (2, 3), hidden_units=(8,))
    names = [v.name for v in network.trainable_variables]
    assert names.count("gamma") == 0 and names.count("beta") == 1 and names.count("g") == 1
    said = network(10 * X).numpy()
    assert said.shape == (300, 2, 3) and 0 <= said.min() and said.max() <= 1


def test_initialize_standardises_every_layer_in_turn():
    network = weight_normalized.encoder((6,), 4, hidden_units=(8, 5), input_noise=0.0, hidden_noise=0.0)
    weight_normalized.initialize(network, X)
    outputs = X
    for layer in network.layers:
        outputs = layer(outputs)
        if isinstance(layer, layers.WeightNormalization):
            np.testing.assert_allclose(np.mean(outputs, axis=0), 0.0, atol=1e-4)
            np.testing.assert_allclose(np.std(outputs, axis=0), 1.0, rtol=1e-3)


def test_hidden_looks_behind_noise_and_dropout():
    network = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(5, activation="relu"),
            layers.GaussianNoise(0.5),
            layers.Dropout(0.5),
            keras.layers.Dense(2),
        ]
    )
    found = keras.Model(network.inputs, weight_normalized.hidden(network))
    np.testing.assert_array_equal(found(X, training=True), network.layers[0](X))
