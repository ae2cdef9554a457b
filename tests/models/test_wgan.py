"""WGAN: what is its own; the promises of every model are in tests/contract."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
from kgen.models import wgan

X = np.random.default_rng(0).integers(0, 256, (32, 8, 8, 1)).astype("uint8")
POINTS = np.random.default_rng(1).normal(size=(24, 2)).astype("float32")


def small(**options):
    return kgen.WGAN((8, 8, 1), **{"latent_dim": 4, "width": 2, **options})


def flat(**options):
    return kgen.WGAN((2,), **{"latent_dim": 2, "hidden_units": (4, 4), **options})


def largest(model):
    return max(float(np.abs(v.numpy()).max()) for v in model.discriminator.trainable_variables)


class Watch(keras.callbacks.Callback):
    """Notes the critic's largest weight and the players' moves after every batch."""

    def __init__(self):
        super().__init__()
        self.largest, self.moves = [], []

    def on_train_batch_end(self, batch, logs=None):
        self.largest.append(largest(self.model))
        self.moves.append(int(self.model.generator_optimizer.iterations))


def fitted(model, x=X, batch_size=4, **compile_options):
    """Trains an epoch in steps large enough to leave the bound; what was seen after each batch."""
    if not model.compiled:
        critic = keras.optimizers.RMSprop(0.1)
        model.compile(discriminator_optimizer=critic, steps_per_execution=1, **compile_options)
    watch = Watch()
    model.fit(x, batch_size=batch_size, verbose=0, callbacks=[watch])
    return watch


# Clipping.


@pytest.mark.parametrize("jit_compile", [False, True])
def test_every_variable_is_within_the_bound_after_every_step(jit_compile):
    model = small(clip_value=0.05)
    first = largest(model)
    watch = fitted(model, jit_compile=jit_compile)
    bound = np.float32(0.05)
    assert len(watch.largest) == 8 and max(first, *watch.largest) <= bound
    assert watch.largest[-1] == bound
    assert max(float(np.abs(v.numpy()).max()) for v in model.generator.trainable_variables) > bound


def test_a_loaded_model_clips_too(tmp_path):
    model = small(clip_value=0.05)
    fitted(model, jit_compile=False)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert loaded.clip_value == 0.05
    assert max(fitted(loaded).largest) == np.float32(0.05)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_the_bound_holds_in_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    assert max(fitted(small(clip_value=0.05), jit_compile=False).largest) == np.float32(0.05)


def test_a_critic_of_ones_own_is_clipped():
    critic = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model = flat(discriminator=critic, clip_value=0.25)
    assert model.discriminator is critic
    np.testing.assert_array_equal(critic.layers[0].kernel, [[0.25], [0.25]])


def test_only_the_first_value_outside_is_moved():
    critic = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    critic.set_weights([np.array([[0.125], [-2.0]]), np.array([0.5])])
    flat(discriminator=critic, clip_value=0.25)
    np.testing.assert_array_equal(critic.layers[0].kernel, [[0.125], [-0.25]])
    np.testing.assert_array_equal(critic.layers[0].bias, [0.25])


# Steps of the critic for one of the generator.


def test_the_generator_moves_every_fifth_step():
    watch = fitted(flat(), x=POINTS, batch_size=2, jit_compile=False)
    assert watch.moves == [0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2]


def reference_loop(critic_steps, steps):
    """The generator's moves after each critic step, by the reference code's loop over its iterations."""
    moves, log = 0, []
    while len(log) < critic_steps:
        turns = 100 if moves < 25 or moves % 500 == 0 else steps
        log += [moves] * (turns - 1) + [moves + 1]
        moves += 1
    return log[:critic_steps]


def test_the_warm_up_is_the_reference_codes():
    model = flat(warm_up=True)
    model.compile(jit_compile=False)
    log = []
    for _ in range(5100):  # Beyond the second warm-up, before the generator's move 500.
        model.discriminator_optimizer.iterations.assign_add(1)
        model.generator_optimizer.iterations.assign_add(int(model.generator_is_due()))
        log.append(int(model.generator_optimizer.iterations))
    assert log == reference_loop(5100, 5) and log[-1] > 501


@pytest.mark.parametrize("steps", [1, 5, 120])
def test_critic_steps_count_the_loop(steps):
    log = np.array(reference_loop(30_000, steps))
    moves = np.arange(1, log.max() + 1)
    first = 1 + np.searchsorted(log, moves)  # Critic steps taken when so many moves were done.
    np.testing.assert_array_equal(wgan.critic_steps(tf.constant(moves), steps), first)


@pytest.mark.parametrize("steps", [1, 2])
def test_warm_up_reaches_training(monkeypatch, steps):
    monkeypatch.setattr(wgan, "WARM_UP_STEPS", 3)
    model = flat(warm_up=True, discriminator_steps=steps)
    assert fitted(model, x=POINTS, batch_size=2, jit_compile=False).moves == [
        0,
        0,
        1,
        1,
        1,
        2,
        2,
        2,
        3,
        3,
        3,
        4,
    ]


def test_a_skipped_step_is_none_of_the_critics(monkeypatch):
    monkeypatch.setattr(wgan, "WARM_UP_STEPS", 3)
    model = flat(warm_up=True)
    model.compile(jit_compile=False)
    bad, moves = np.full([2, 2], np.nan, "float32"), []
    for x in (POINTS[:2], bad, POINTS[:2], bad, bad, POINTS[:2], POINTS[:2], POINTS[:2], bad, POINTS[:2]):
        model.train_on_batch(x)
        moves.append(int(model.generator_optimizer.iterations))
    assert moves == [0, 0, 0, 0, 0, 1, 1, 1, 1, 2]
    assert int(model.skipped_steps) == 4


# Losses and optimiser.


def test_the_losses_are_mean_scores():
    model = flat()
    real, fake = tf.constant([[3.0], [-1.0]]), tf.constant([[0.5], [2.5]])
    game = types.SimpleNamespace(real_logits=real, fake_logits=fake)
    terms = model.discriminator_loss(game) | model.generator_loss(game)
    means = {name: float(tf.reduce_mean(value)) for name, value in terms.items()}
    assert means == {"real_loss": -1.0, "fake_loss": 1.5, "adversarial_loss": -1.5}
    assert float(model.verdicts(game)["wasserstein_estimate"]) == -0.5


def test_the_critic_gives_scores():
    model = flat()
    np.testing.assert_allclose(model.discriminate(POINTS), model.discriminator(POINTS)[:, 0], rtol=1e-5)
    assert list(model.verdict(tf.constant(POINTS))) == ["score"]


@pytest.mark.parametrize("gradient", [1.0, -1e-5])
def test_the_optimizer_moves_as_the_reference_codes_does(gradient):
    """v <- 0.99 v + 0.01 g^2, w <- w - 5e-5 g / (sqrt(v) + 1e-8): the critic's gradients are small."""
    model = flat()
    model.compile()
    for optimizer in model.optimizers().values():
        weight, expected, square = keras.Variable(0.0), 0.0, 0.0
        optimizer = type(optimizer).from_config(optimizer.get_config())
        for _ in range(3):
            optimizer.apply([tf.constant(gradient)], [weight])
            square = 0.99 * square + 0.01 * gradient**2
            expected -= 5e-5 * gradient / (np.sqrt(square) + 1e-8)
        np.testing.assert_allclose(weight, expected, rtol=0.02)


# Bad arguments.


@pytest.mark.parametrize("value", [0, -0.01, float("nan"), float("inf"), "0.01", True, None])
def test_a_bound_is_positive(value):
    with pytest.raises(
        ValueError, match="argument `clip_value`. Expected a positive, finite number. Received: "
    ):
        flat(clip_value=value)


def test_warm_up_means_nothing_where_both_move_at_once():
    with pytest.raises(ValueError, match="argument `warm_up`. Expected False"):
        flat(warm_up=True, update="simultaneous", discriminator_steps=1)
