"""LSGAN: what is its own; the promises of every model are in tests/contract."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen


def flat(**options):
    return kgen.LSGAN((2,), **{"latent_dim": 2, "hidden_units": (4, 4), **options})


def test_the_losses_are_squares():
    """D: 1/2 (l - 1)^2 and 1/2 l^2; G: 1/2 (l - 1)^2."""
    real, fake = tf.constant([[1.0], [-1.0], [4.0]]), tf.constant([[0.0], [3.0], [-2.0]])
    game = types.SimpleNamespace(real_logits=real, fake_logits=fake)
    terms = flat().discriminator_loss(game) | flat().generator_loss(game)
    assert {name: value.numpy()[:, 0].tolist() for name, value in terms.items()} == {
        "real_loss": [0.0, 2.0, 4.5],
        "fake_loss": [0.0, 4.5, 2.0],
        "adversarial_loss": [0.5, 2.0, 4.5],
    }


def test_the_output_is_the_probability_itself():
    critic = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    generator = kgen.networks.dense.decoder(2, (1,), hidden_units=(2,))
    model = kgen.LSGAN((1,), latent_dim=2, generator=generator, discriminator=critic)
    x = np.array([[-3.0], [0.25], [1.0], [2.0]], "float32")
    np.testing.assert_array_equal(model.discriminate(x), [0.0, 0.25, 1.0, 1.0])


def test_the_defaults_are_dcgans():
    model = kgen.LSGAN()
    for network in (model.generator, model.discriminator):
        assert "BatchNormalization" in [type(layer).__name__ for layer in network.layers]
    assert model.discriminator_steps == 1
    model.compile()
    for optimizer in model.optimizers().values():
        assert isinstance(optimizer, keras.optimizers.Adam)
        assert (float(optimizer.learning_rate), optimizer.beta_1) == (pytest.approx(2e-4), 0.5)
