"""Strided convolutions: one pair for rank 1, 2 and 3, by DCGAN's guidelines."""

import keras
import numpy as np
import pytest

from kgen.layers import spectral_layers
from kgen.networks import convolutional

# Shape of one example, halvings, shape of the smallest map.
SHAPES = [
    ((8, 8, 1), 1, (4, 4)),
    ((28, 28, 1), 2, (7, 7)),
    ((28, 97, 3), 2, (7, 25)),
    ((64, 64, 3), 4, (4, 4)),
    ((9, 11, 3), 1, (5, 6)),
    ((4096, 1), 10, (4,)),
    ((1000, 2), 7, (8,)),
    ((8, 16, 16, 1), 1, (4, 8, 8)),
    ((17, 18, 19, 2), 2, (5, 5, 5)),
]


def layers_of(network, *names):
    return [layer for layer in network.layers if any(name in type(layer).__name__ for name in names)]


def kinds(network):
    return [type(layer).__name__ for layer in network.layers]


@pytest.mark.parametrize("shape, halvings, smallest", SHAPES, ids=[str(row[0]) for row in SHAPES])
def test_shapes_and_number_of_layers(shape, halvings, smallest):
    decoder, encoder = convolutional.decoder(5, shape, width=2), convolutional.encoder(shape, 3, width=2)
    assert decoder(np.zeros((2, 5), "float32")).shape == (2, *shape)
    assert encoder(np.zeros((2, *shape), "float32")).shape == (2, 3)
    (reshape,) = layers_of(decoder, "Reshape")
    widths = [2 * min(2**depth, 8) for depth in range(halvings)]
    assert reshape.output.shape[1:] == (*smallest, widths[-1])
    assert [layer.filters for layer in layers_of(decoder, "Transpose")] == [*widths[-2::-1], shape[-1]]
    convolutions = layers_of(encoder, "Conv")
    assert [layer.filters for layer in convolutions] == widths
    assert convolutions[-1].output.shape[1:] == (*smallest, widths[-1])


def test_every_stride_is_two_and_nothing_pools():
    for network in (
        convolutional.decoder(5, (28, 97, 3), width=2),
        convolutional.encoder((28, 97, 3), width=2),
    ):
        assert all(
            layer.strides == (2, 2) and layer.kernel_size == (5, 5) for layer in layers_of(network, "Conv")
        )
        assert not layers_of(network, "Pool", "UpSampling")


def test_channels_grow_to_eight_times_the_width_at_most():
    assert [layer.filters for layer in layers_of(convolutional.encoder((4096, 1), width=3), "Conv")] == (
        [3, 6, 12] + 7 * [24]
    )


@pytest.mark.parametrize("shape", [(8, 8, 1), (27, 29, 1), (21, 1)])
def test_each_output_pixel_is_reached_and_the_crop_is_centred(shape):
    """With positive kernels no output is zero; what is cropped off two ends differs by one at most."""
    network = convolutional.decoder(3, shape, width=2, normalization=None, output_activation=None)
    network.set_weights([np.abs(w) + 0.01 for w in network.get_weights()])
    assert (network(np.ones((1, 3), "float32")).numpy() > 0.01).all()
    (cropping,) = layers_of(network, "Cropping")
    for low, high in np.reshape(cropping.cropping, [-1, 2]):
        assert 0 <= high - low <= 1


# DCGAN's guidelines.


def test_normalization_spares_the_generators_output_and_the_discriminators_input():
    decoder = convolutional.decoder(5, (28, 28, 1), width=2)
    hidden = ["BatchNormalization", "Activation"]
    start, end = ["Dense", "Reshape", *hidden], ["Conv2DTranspose", "Cropping2D", "Activation"]
    assert kinds(decoder) == [*start, "Conv2DTranspose", *hidden, *end]
    encoder = convolutional.encoder((28, 28, 1), width=2)
    assert kinds(encoder) == ["Conv2D", "Activation", "Conv2D", *hidden, "Flatten", "Dense", "Activation"]


@pytest.mark.parametrize("kind, name", [("layer", "GroupNorm"), ("instance", "GroupNorm"), (None, "Norm")])
def test_other_normalizations(kind, name):
    decoder = convolutional.decoder(5, (28, 28, 1), width=2, normalization=kind)
    encoder = convolutional.encoder((28, 28, 1), width=2, normalization=kind)
    expected = (0, 0) if kind is None else (2, 1)
    assert (len(layers_of(decoder, name)), len(layers_of(encoder, name))) == expected
    biases = [layer.use_bias for layer in layers_of(decoder, "Dense", "Conv")]
    assert biases == ([True] * 3 if kind is None else [False, False, True])


def test_activations_are_relu_and_leaky_relu_and_tanh():
    x = np.array([-1.0, 2.0], "float32")
    decoder, encoder = (
        convolutional.decoder(5, (28, 28, 1), width=2),
        convolutional.encoder((28, 28, 1), width=2),
    )
    made = [layer(x).numpy() for layer in layers_of(decoder, "Activation")]
    np.testing.assert_allclose(made, [[0, 2], [0, 2], np.tanh(x)], rtol=1e-5)
    made = [layer(x).numpy() for layer in layers_of(encoder, "Activation")]
    np.testing.assert_allclose(made, [[-0.2, 2], [-0.2, 2], x], rtol=1e-5)


def test_kernels_start_at_deviation_two_hundredths_and_differ():
    decoder, encoder = (
        convolutional.decoder(64, (28, 28, 1), width=16),
        convolutional.encoder((28, 28, 1), width=16),
    )
    kernels = [v.numpy() for n in (decoder, encoder) for v in n.trainable_variables if v.name == "kernel"]
    assert len(kernels) == 6
    for kernel in kernels:
        margin = 5 / np.sqrt(2 * kernel.size)
        assert abs(kernel.std() / 0.02 - 1) < margin and abs(kernel.mean()) < 0.02 * 5 / np.sqrt(kernel.size)
    starts = {kernel.ravel()[:10].tobytes() for kernel in kernels}
    assert len(starts) == 6


def test_scales_of_batch_normalization_start_around_one():
    network = convolutional.decoder(5, (64, 64, 1), width=64)
    scales = [v.numpy() for v in network.trainable_variables if v.name == "gamma"]
    everything = np.concatenate(scales)
    assert abs(everything.mean() - 1) < 0.005 and abs(everything.std() / 0.02 - 1) < 0.2
    assert not np.array_equal(scales[-1], scales[-2][: len(scales[-1])])


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_results_are_float32_under_mixed_policies(policy):
    keras.config.set_dtype_policy(policy)
    decoder, encoder = convolutional.decoder(3, (8, 8, 1), width=2), convolutional.encoder((8, 8, 1), width=2)
    assert decoder(np.zeros((2, 3))).dtype == "float32" and encoder(np.zeros((2, 8, 8, 1))).dtype == "float32"
    assert decoder.layers[0].compute_dtype == policy.removeprefix("mixed_")


@pytest.mark.parametrize("shape", [(8, 8, 1), (32, 1), (8, 8, 8, 1)])
def test_regularisers_reach_every_kernel(shape):
    options = {"width": 2, "kernel_regularizer": keras.regularizers.L2(0.1)}
    for network in (convolutional.decoder(3, shape, **options), convolutional.encoder(shape, **options)):
        kernels = [v for v in network.trainable_variables if v.name == "kernel"]
        others = [v for v in network.trainable_variables if v.name != "kernel"]
        assert kernels and len(network.losses) == len(kernels)
        assert all(v.regularizer is not None for v in kernels)
        assert all(v.regularizer is None for v in others)


def test_dropout_follows_each_convolution():
    assert kinds(convolutional.encoder((28, 28, 1), width=2, dropout=0.3)).count("Dropout") == 2


def test_sizes_and_names_are_the_callers():
    network = convolutional.encoder((16, 16, 1), 7, width=3, kernel_size=3, name="reader")
    assert network.name == "reader" and network.output_shape == (None, 7)
    assert all(layer.kernel_size == (3, 3) for layer in layers_of(network, "Conv"))


@pytest.mark.parametrize("shape", [(32, 1), (28, 28, 1), (8, 8, 8, 2)])
def test_spectral_normalization_wraps_every_layer_of_the_encoder(shape):
    plain = convolutional.encoder(shape, width=8)
    network = convolutional.encoder(shape, width=8, spectral_normalization=True)
    inside = [layer.layer for layer in spectral_layers(network)]
    expected = layers_of(plain, "Conv", "Dense")
    assert [type(layer) for layer in inside] == [type(layer) for layer in expected]
    assert [layer.use_bias for layer in inside] == [layer.use_bias for layer in expected]
    kernels = [layer.kernel.numpy() for layer in inside]
    assert all(abs(kernel.std() / 0.02 - 1) < 5 / np.sqrt(2 * kernel.size) for kernel in kernels)
    assert len({kernel.ravel()[:10].tobytes() for kernel in kernels}) == len(kernels)
    assert not layers_of(network, "Conv", "Dense") and network.output_shape == (None, 1)
    assert len(network.trainable_variables) == len(plain.trainable_variables)


def test_minibatch_discrimination_stands_before_the_last_layer():
    network = convolutional.encoder((8, 8, 1), width=2, minibatch_discrimination=3)
    end = ["Flatten", "MinibatchDiscrimination", "Dense", "Activation"]
    assert kinds(network) == ["Conv2D", "Activation", *end]
    assert network.layers[-2].kernel.shape == (4 * 4 * 2 + 3, 1)
    x = np.random.default_rng(0).normal(size=(5, 8, 8, 1)).astype("float32")
    assert np.abs(network(x)[:2] - network(x[:2])).max() > 1e-4
