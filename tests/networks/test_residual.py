"""CycleGAN's networks: the residual translator, the patch discriminator, two batches in one call."""

import keras
import numpy as np
import pytest

from kgen import networks
from kgen.networks import calling, patch, residual


def layers_of(network, *names):
    return [layer for layer in network.layers if any(name in type(layer).__name__ for name in names)]


def test_the_translator_is_the_papers():
    network = residual.translator(3, residual_blocks=6)
    convolutions = [
        (type(layer).__name__, layer.filters, layer.kernel_size[0], layer.strides[0])
        for layer in layers_of(network, "Conv")
    ]
    down = [("Conv2D", 64, 7, 1), ("Conv2D", 128, 3, 2), ("Conv2D", 256, 3, 2)]
    up = [("Conv2DTranspose", 128, 3, 2), ("Conv2DTranspose", 64, 3, 2), ("Conv2D", 3, 7, 1)]
    assert convolutions == [*down, *[("Conv2D", 256, 3, 1)] * 12, *up]
    assert network.count_params() == 7_841_411
    assert [layer.padding for layer in layers_of(network, "Reflection")] == [3, *[1] * 12, 3]
    assert len(layers_of(network, "Add")) == 6 and len(layers_of(network, "GroupNorm")) == 17
    assert {layer.groups for layer in layers_of(network, "GroupNorm")} == {64, 128, 256}


def test_the_discriminator_is_the_papers():
    network = patch.discriminator(3)
    assert [(layer.filters, layer.strides[0]) for layer in layers_of(network, "Conv")] == [
        (64, 2),
        (128, 2),
        (256, 2),
        (512, 1),
        (1, 1),
    ]
    assert {layer.kernel_size for layer in layers_of(network, "Conv")} == {(4, 4)}
    assert len(layers_of(network, "GroupNorm")) == 3
    assert [layer.use_bias for layer in layers_of(network, "Conv")] == [True, False, False, False, True]


@pytest.mark.parametrize("layers, side", [(1, 16), (2, 34), (3, 70)])
def test_a_logit_sees_a_patch_of_that_side(layers, side):
    """Without normalisation and with positive weights, a logit changes just where its patch does."""
    network = patch.discriminator(1, layers, width=1, normalization=None)
    network.set_weights([np.abs(w) + 1.0 for w in network.get_weights()])
    x = np.ones([97, 96, 96, 1], "float32")
    x[range(96), :, range(96)] += 100.0
    logits = network(x).numpy()
    middle = logits[:, logits.shape[1] // 2, logits.shape[2] // 2, 0]
    assert (middle[:96] > middle[96]).sum() == side


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_smallest_side_gives_one_row(layers):
    side = patch.smallest_side(layers)
    network = patch.discriminator(1, layers, width=1)
    assert network(np.zeros([1, side, side, 1])).shape == (1, 1, 1, 1)


def test_kernels_start_at_deviation_two_hundredths_and_differ():
    for network in (residual.translator(1, 1, width=8), patch.discriminator(1, 2, width=16)):
        kernels = [v.numpy() for v in network.trainable_variables if v.name == "kernel"]
        assert all(abs(kernel.std() / 0.02 - 1) < 5 / np.sqrt(2 * kernel.size) for kernel in kernels)
        assert len({kernel.ravel()[:10].tobytes() for kernel in kernels}) == len(kernels)


def test_regularisers_reach_every_kernel_and_biases_go_where_none_is_needed():
    for make in (residual.translator, patch.discriminator):
        network = make(1, 1, width=2, kernel_regularizer="l2")
        assert all((v.regularizer is not None) == (v.name == "kernel") for v in network.trainable_variables)
        plain = make(1, 1, width=2, normalization=None)
        assert all(layer.use_bias for layer in layers_of(plain, "Conv")) and not layers_of(plain, "Norm")


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_results_are_float32_under_mixed_policies(policy):
    keras.config.set_dtype_policy(policy)
    x = np.zeros([1, 8, 8, 1])
    assert residual.translator(1, 1, width=2)(x).dtype == "float32"
    assert patch.discriminator(1, 1, width=2)(x).dtype == "float32"


# Two batches in one call.

X, Y = np.random.default_rng(0).normal(size=(2, 4, 8, 8, 1)).astype("float32")


def test_one_call_gives_what_two_give():
    for network in (residual.translator(1, 1, width=2), patch.discriminator(1, 1, width=2)):
        assert calling.keeps_rows_apart(network)
        network.set_weights([30 * w for w in network.get_weights()])
        for together, alone in zip(networks.both(network, X, Y), (network(X), network(Y)), strict=True):
            np.testing.assert_allclose(together, alone, atol=1e-5)
        assert np.abs(together - network(X)).max() > 1e-3


@keras.saving.register_keras_serializable("test")
class Centred(keras.layers.Layer):
    """A layer of somebody's own, which mixes rows."""

    def call(self, x):
        return x - keras.ops.mean(x, axis=0)


MIXING = [keras.layers.BatchNormalization, Centred, lambda: keras.layers.Lambda(lambda x: x)]


@pytest.mark.parametrize("make", MIXING)
def test_networks_that_may_mix_rows_are_called_twice(make):
    network = keras.Sequential([keras.Input((8, 8, 1)), keras.Sequential([make()])])
    assert not calling.keeps_rows_apart(network)
    first, second = networks.both(network, X, Y, training=True)
    np.testing.assert_allclose(first, network(X, training=True), atol=1e-5)
    np.testing.assert_allclose(second, network(Y, training=True), atol=1e-5)
