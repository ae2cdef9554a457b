"""WGAN-GP: what is its own; the promises of every model are in tests/contract."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen

POINTS = np.random.default_rng(1).normal(size=(24, 2)).astype("float32")


def flat(**options):
    return kgen.WGANGP((2,), **{"latent_dim": 2, "hidden_units": (4, 4), **options})


def linear(*weights):
    """A critic f(x) = w x + 1/2 of points."""
    critic = keras.Sequential([keras.Input((len(weights),)), keras.layers.Dense(1)])
    critic.set_weights([np.reshape(np.array(weights, "float32"), [-1, 1]), np.array([0.5])])
    return critic


def terms(model, x=POINTS):
    """The critic's terms of one batch, averaged."""
    with kgen.noise.stream(0, 0, len(x)):
        found = model.discriminator_terms(kgen.game.Game(model, tf.constant(x)))
    return {name: float(tf.reduce_mean(value)) for name, value in found.items()}


def test_the_penalty_of_a_linear_critic_is_its_norms():
    """lambda (|w| - 1)^2 with w = (3, 4) and lambda = 10."""
    assert terms(flat(discriminator=linear(3.0, 4.0)))["penalty"] == pytest.approx(160.0, rel=1e-5)
    assert terms(flat(discriminator=linear(0.3, 0.4)))["penalty"] == pytest.approx(2.5, rel=1e-5)


def test_the_weight_and_the_kind_of_penalty_are_the_users():
    weak = flat(discriminator=linear(3.0, 4.0), penalty_weight=0.1)
    assert terms(weak)["penalty"] == pytest.approx(1.6, rel=1e-5)
    one_sided = flat(discriminator=linear(0.3, 0.4), penalty="one_sided")
    assert terms(one_sided)["penalty"] == 0.0
    assert "penalty" not in terms(flat(discriminator=linear(3.0, 4.0), penalty=None))


def test_the_penalty_trains_a_critic_towards_norm_one():
    model = flat(discriminator=linear(3.0, 4.0))
    model.compile(
        discriminator_optimizer=keras.optimizers.SGD(0.01),
        generator_optimizer=keras.optimizers.SGD(1e-6),
        jit_compile=False,
    )
    model.fit(np.zeros([24, 2], "float32"), batch_size=4, epochs=5, verbose=0)
    assert np.linalg.norm(model.discriminator.get_weights()[0]) == pytest.approx(1.0, abs=0.2)


def test_the_losses_are_mean_scores():
    real, fake = tf.constant([[3.0], [-1.0]]), tf.constant([[0.5], [2.5]])
    game = types.SimpleNamespace(real_logits=real, fake_logits=fake)
    found = flat().discriminator_loss(game) | flat().generator_loss(game)
    means = {name: float(tf.reduce_mean(value)) for name, value in found.items()}
    assert means == {"real_loss": -1.0, "fake_loss": 1.5, "adversarial_loss": -1.5}


def test_the_defaults_are_the_papers():
    model = kgen.WGANGP()
    assert (model.penalty, model.penalty_weight, model.discriminator_steps) == ("gradient", 10.0, 5)
    names = [type(layer).__name__ for layer in model.discriminator.layers]
    assert "GroupNormalization" in names and "BatchNormalization" not in names
    model.compile()
    for optimizer in model.optimizers().values():
        assert isinstance(optimizer, keras.optimizers.Adam)
        assert (optimizer.beta_1, optimizer.beta_2) == (0.0, 0.9)
        assert float(optimizer.learning_rate) == pytest.approx(1e-4)


def test_a_critic_with_batch_normalization_is_refused():
    expected = "argument `penalty`. Expected a discriminator without batch normalization"
    with pytest.raises(ValueError, match=expected) as caught:
        flat(discriminator_normalization="batch")
    assert "\n" not in str(caught.value)
