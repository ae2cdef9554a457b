"""Dense networks: shapes, order of layers, precision, regularisers."""

import keras
import numpy as np
import pytest

from kgen.layers import SpectralNormalization, spectral_layers
from kgen.networks import dense


def kinds(network):
    return [type(layer).__name__ for layer in network.layers]


def test_the_default_is_the_sources_architecture():
    generator, discriminator = dense.decoder(100, (28, 28, 1)), dense.encoder((28, 28, 1))
    parameters = 100 * 1024 + 1024 + 1024 * 1024 + 1024 + 1024 * 784 + 784
    assert generator.count_params() == parameters
    assert discriminator.count_params() == 784 * 1024 + 1024 + 1024 * 1024 + 1024 + 1024 + 1
    assert kinds(generator) == ["Dense", "Activation"] * 2 + ["Dense", "Reshape", "Activation"]
    assert kinds(discriminator) == ["Flatten"] + ["Dense", "Activation"] * 2 + ["Dense", "Activation"]


def test_hidden_layers_are_leaky_relus_of_slope_one_fifth():
    for network in (dense.decoder(4, (3, 3, 1), (5,)), dense.encoder((3, 3, 1), 1, (5,))):
        activation = next(layer for layer in network.layers if isinstance(layer, keras.layers.Activation))
        np.testing.assert_allclose(activation(np.array([-1.0, 2.0], "float32")), [-0.2, 2.0], rtol=1e-6)


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 97, 3), (4096, 1), (2,), (64,), (4, 5, 6, 2)])
@pytest.mark.parametrize("hidden_units", [(), (6,), (7, 5, 3)])
def test_shapes(shape, hidden_units):
    decoder = dense.decoder(3, shape, hidden_units)
    encoder = dense.encoder(shape, 2, hidden_units)
    assert decoder(np.zeros((2, 3), "float32")).shape == (2, *shape)
    assert encoder(np.zeros((2, *shape), "float32")).shape == (2, 2)
    widths = [v.shape[-1] for v in encoder.trainable_variables if v.name == "kernel"]
    assert widths == [*hidden_units, 2]


def test_a_networks_numbers_equal_matrix_products():
    network = dense.encoder((3, 2, 1), 4, hidden_units=(5,), activation="tanh")
    weights = [np.asarray(v, "float64") for v in network.trainable_variables]
    x = np.random.default_rng(0).normal(size=(7, 3, 2, 1)).astype("float32")
    expected = np.tanh(x.reshape([7, 6]) @ weights[0] + weights[1]) @ weights[2] + weights[3]
    np.testing.assert_allclose(network(x), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind, name", [("batch", "BatchNormalization"), ("layer", "GroupNormalization")])
def test_normalization_spares_the_ends(kind, name):
    hidden = ["Dense", name, "Activation"]
    assert kinds(dense.decoder(3, (4,), (5, 6), normalization=kind)) == hidden * 2 + [
        "Dense",
        "Reshape",
        "Activation",
    ]
    encoder = kinds(dense.encoder((4,), 1, (5, 6), normalization=kind))
    assert encoder == ["Flatten", "Dense", "Activation", *hidden, "Dense", "Activation"]


def test_a_normalised_layer_has_no_bias_but_the_last_has():
    network = dense.decoder(3, (4,), (5, 6), normalization="batch")
    biases = [layer.use_bias for layer in network.layers if isinstance(layer, keras.layers.Dense)]
    assert biases == [False, False, True]


def test_dropout_follows_each_hidden_layer():
    assert kinds(dense.encoder((4,), 1, (5, 6), dropout=0.5)).count("Dropout") == 2
    assert "Dropout" not in kinds(dense.encoder((4,), 1, (5, 6)))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_results_are_float32_under_mixed_policies(policy):
    keras.config.set_dtype_policy(policy)
    decoder, encoder = dense.decoder(3, (4,), (5,), output_activation="sigmoid"), dense.encoder((4,), 1, (5,))
    assert decoder(np.zeros((2, 3))).dtype == "float32" and encoder(np.zeros((2, 4))).dtype == "float32"
    assert decoder.layers[0].compute_dtype == policy.removeprefix("mixed_")


def test_regularisers_and_initialisers_reach_every_kernel_and_no_bias():
    options = {"kernel_regularizer": keras.regularizers.L1(0.1), "kernel_initializer": "ones"}
    for network in (dense.decoder(3, (4,), (5, 6), **options), dense.encoder((4,), 1, (5, 6), **options)):
        kernels = [v for v in network.trainable_variables if v.name == "kernel"]
        others = [v for v in network.trainable_variables if v.name != "kernel"]
        assert len(kernels) == 3 and all(np.all(v.numpy() == 1) for v in kernels)
        assert all(v.regularizer.l1 == 0.1 for v in kernels)
        assert all(v.regularizer is None for v in others)
        np.testing.assert_allclose(sum(network.losses), 0.1 * sum(np.size(v) for v in kernels), rtol=1e-5)


@pytest.mark.parametrize("activation, low, high", [("sigmoid", 0, 1), ("tanh", -1, 1)])
def test_the_output_activation_bounds_the_data(activation, low, high):
    network = dense.decoder(3, (4,), (5,), output_activation=activation, kernel_initializer="glorot_normal")
    y = network(50 * np.random.default_rng(0).normal(size=(99, 3))).numpy()
    assert low <= y.min() < low + 0.05 and high - 0.05 < y.max() <= high


def test_two_kernels_of_one_network_differ():
    network = dense.decoder(6, (6,), (6, 6))
    kernels = [v.numpy() for v in network.trainable_variables if v.name == "kernel"]
    assert all(not np.array_equal(kernels[i], kernels[j]) for i in range(3) for j in range(i))


def test_spectral_normalization_wraps_every_layer():
    options = {"kernel_initializer": "ones", "kernel_regularizer": "l2", "normalization": "layer"}
    network = dense.encoder((2,), 1, (5, 6), spectral_normalization=True, **options)
    hidden = ["SpectralNormalization", "GroupNormalization", "Activation"]
    start, end = ["Flatten", "SpectralNormalization", "Activation"], ["SpectralNormalization", "Activation"]
    assert kinds(network) == [*start, *hidden, *end]
    wrapped = spectral_layers(network)
    assert [layer.layer.units for layer in wrapped] == [5, 6, 1] and len(network.losses) == 3
    assert [layer.layer.use_bias for layer in wrapped] == [True, False, True]
    assert all(np.all(layer.kernel.numpy() == 1) for layer in wrapped)
    for layer in wrapped:  # The largest singular value of a matrix of ones [m, n] is sqrt(m n).
        np.testing.assert_allclose(layer.sigma(), np.sqrt(np.size(layer.kernel)), rtol=1e-5)


def test_a_spectrally_normalised_network_stretches_no_distance():
    network = dense.encoder((2,), 1, (64, 64), spectral_normalization=True)
    network.set_weights([3 * w for w in network.get_weights()])
    for layer in spectral_layers(network):
        for _ in range(100):
            layer.power_iteration()
    x = np.random.default_rng(0).normal(size=(50, 2)).astype("float32")
    y = network(x).numpy()[:, 0]
    distances = np.linalg.norm(x[:, None] - x, axis=-1)
    assert (np.abs(y[:, None] - y) <= 1.001 * distances).all() and np.ptp(y) > 1e-3


def test_minibatch_discrimination_stands_before_the_last_layer():
    network = dense.encoder((2,), 3, (5,), minibatch_discrimination=4, spectral_normalization=True)
    end = ["MinibatchDiscrimination", "SpectralNormalization", "Activation"]
    assert kinds(network) == ["Flatten", "SpectralNormalization", "Activation", *end]
    assert network.layers[3].num_kernels == 4 and network.layers[4].kernel.shape == (5 + 4, 3)
    assert isinstance(network.layers[4], SpectralNormalization) and network.output_shape == (None, 3)


@pytest.mark.parametrize("wrong", [-1, 2.5])
def test_minibatch_discrimination_needs_a_number_of_kernels(wrong):
    with pytest.raises(ValueError, match="argument `num_kernels`. Expected a positive integer"):
        dense.encoder((2,), minibatch_discrimination=wrong)
