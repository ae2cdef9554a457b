"""SNGAN: what is its own; the promises of every model are in tests/contract."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
from kgen.layers import spectral, spectral_layers

X = np.random.default_rng(0).integers(0, 256, (32, 8, 8, 1)).astype("uint8")
NETWORKS = [{"width": 2}, {"network": "dense", "hidden_units": (6, 5)}]


def small(**options):
    return kgen.SNGAN((8, 8, 1), **{"latent_dim": 4, **options})


def test_the_losses_are_hinges():
    """D: max(0, 1 - l) and max(0, 1 + l); G: -l."""
    real, fake = tf.constant([[2.0], [-1.0], [0.5]]), tf.constant([[-2.0], [0.25], [3.0]])
    game = types.SimpleNamespace(real_logits=real, fake_logits=fake)
    model = small(width=2)
    terms = model.discriminator_loss(game) | model.generator_loss(game)
    assert {name: value.numpy()[:, 0].tolist() for name, value in terms.items()} == {
        "real_loss": [0.0, 2.0, 0.5],
        "fake_loss": [0.0, 1.25, 4.0],
        "adversarial_loss": [2.0, -0.25, -3.0],
    }


@pytest.mark.parametrize("options", NETWORKS)
def test_every_kernel_of_the_discriminator_is_inside_a_spectral_layer(options):
    model = small(**options)
    kernels = [v for v in model.discriminator.trainable_variables if v.name == "kernel"]
    inside = [layer.layer.kernel for layer in spectral_layers(model.discriminator)]
    assert len(kernels) > 1 and {id(v) for v in kernels} == {id(v) for v in inside}
    assert not spectral_layers(model.generator)
    assert not any("Norm" in type(layer.layer).__name__ for layer in spectral_layers(model.discriminator))
    assert not spectral_layers(small(spectral_normalization=False, **options).discriminator)


@pytest.mark.parametrize("options", NETWORKS)
def test_u_makes_one_power_iteration_a_step(options):
    """It is taken before D moves, and the generator's turn leaves it."""
    model = small(discriminator_steps=1, **options)
    model.compile(jit_compile=False)
    layers = spectral_layers(model.discriminator)
    for _ in range(2):
        expected = [spectral.iterated(layer.matrix(), layer.u.value, layer.v.value)[0] for layer in layers]
        before = [layer.u.numpy() for layer in layers]
        model.train_on_batch(X)
        for layer, u, old in zip(layers, expected, before, strict=True):
            np.testing.assert_allclose(layer.u, u, atol=1e-5)
            assert layer.u.shape == (1,) or np.abs(old - u).max() > 1e-4


def test_sampling_and_judging_leave_u():
    model = small(width=2)
    model.compile(jit_compile=False)
    before = [layer.u.numpy() for layer in spectral_layers(model.discriminator)]
    model.generate(2, seed=0)
    model.evaluate(X, verbose=0)
    model.discriminate(X)
    for layer, u in zip(spectral_layers(model.discriminator), before, strict=True):
        np.testing.assert_array_equal(layer.u, u)


def test_the_defaults_are_the_reference_codes():
    model = kgen.SNGAN()
    assert model.discriminator_steps == 5 and model.latent_dim == 128
    assert "BatchNormalization" not in [type(layer).__name__ for layer in model.discriminator.layers]
    model.compile()
    for optimizer in model.optimizers().values():
        assert isinstance(optimizer, keras.optimizers.Adam)
        assert (optimizer.beta_1, optimizer.beta_2) == (0.0, 0.9)
        assert float(optimizer.learning_rate) == pytest.approx(2e-4)
