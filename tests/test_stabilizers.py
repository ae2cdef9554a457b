"""Each option of a two-player model does what its paper says, alone and with the others."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
from tests.contract.table import pictures

SHAPE = (8, 8, 1)
SMALL = {"latent_dim": 4, "hidden_units": (16, 12)}


def linear(weights=2.0, shape=SHAPE):
    """f(x) = w sum(x): its gradient has the norm w sqrt(number of pixels) everywhere."""
    network = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(1)])
    network.layers[-1].kernel.assign(tf.fill([int(np.prod(shape)), 1], weights / np.sqrt(np.prod(shape))))
    return network


def played(model, number=16, training=True):
    """A game of toy pictures, inside the noise of a step."""
    x = model._unpack(tf.constant(pictures(number)))[0]
    return kgen.game.Game(model, x, training=training)


def terms(model, player="discriminator", number=16):
    with kgen.noise.stream(0, 0, number):
        found = getattr(model, f"{player}_terms")(played(model, number))
    return {name: float(tf.reduce_mean(value)) for name, value in found.items()}


@pytest.mark.parametrize(
    "penalty, slope, expected",
    [
        ("gradient", 3.0, 4.0),
        ("gradient", 0.5, 0.25),
        ("one_sided", 3.0, 4.0),
        ("one_sided", 0.5, 0.0),
        ("dragan", 3.0, 4.0),
        ("r1", 3.0, 4.5),
    ],
)
@pytest.mark.parametrize("packing", [1, 2])
def test_penalties_of_a_linear_discriminator(penalty, slope, expected, packing):
    critic = linear(slope, (8, 8, packing))
    model = kgen.GAN(
        SHAPE, **SMALL, discriminator=critic, penalty=penalty, penalty_weight=10.0, packing=packing
    )
    assert terms(model)["penalty"] == pytest.approx(10.0 * expected, rel=1e-4, abs=1e-4)


def test_packing_changes_only_what_d_reads():
    plain, packed = kgen.GAN(SHAPE, **SMALL), kgen.GAN(SHAPE, **SMALL, packing=2)
    assert packed.discriminator.input_shape == (None, 8, 8, 2)
    assert [v.shape for v in packed.generator.weights] == [v.shape for v in plain.generator.weights]
    assert plain.generate(3).shape == packed.generate(3).shape
    with kgen.noise.stream(0, 0, 16):
        game = played(packed)
        np.testing.assert_array_equal(game.real_view[..., 1], game.real[1::2, ..., 0])
        assert game.fake.shape == (16, *SHAPE) and game.fake_logits.shape == (8, 1)
    assert "discriminate" not in packed.signatures() and "generate" in packed.signatures()
    assert packed.discriminate(pictures(6)).shape == (3,)


def test_feature_matching_is_the_distance_of_mean_features():
    model = kgen.GAN(SHAPE, **SMALL, feature_matching=3.0)
    body = keras.Sequential([keras.Input(SHAPE), *model.discriminator.layers[:-2]])
    with kgen.noise.stream(0, 0, 16):
        game = played(model)
        found = model.generator_terms(game)
        means = [tf.reduce_mean(body(x), axis=0) for x in (game.real, game.fake)]
    expected = 3.0 * np.mean((means[0] - means[1]) ** 2)
    assert float(found["feature_loss"]) == pytest.approx(expected, rel=1e-4)


def test_historical_averaging_is_the_distance_from_the_mean_of_the_past():
    model = kgen.GAN(SHAPE, **SMALL, historical_averaging=0.5)
    model.compile(jit_compile=False)
    past = [[v.numpy() for v in model.trained("generator")]]
    for _ in range(3):
        model.fit(pictures(16), batch_size=16, verbose=0)
        past.append([v.numpy() for v in model.trained("generator")])
        for kept, values in zip(model.histories["generator"], zip(*past, strict=True), strict=True):
            np.testing.assert_allclose(kept, np.mean(values, axis=0), rtol=1e-4, atol=1e-6)
    distance = sum(np.sum((np.mean(values, axis=0) - values[-1]) ** 2) for values in zip(*past, strict=True))
    assert terms(model, "generator")["generator_history"] == pytest.approx(0.5 * distance, rel=1e-3)


def test_top_k_lets_the_best_fakes_teach_and_its_share_falls():
    model = kgen.GAN(SHAPE, **SMALL, top_k=0.25, top_k_decay=0.5)
    with kgen.noise.stream(0, 0, 16):
        game = played(model)
        losses = np.sort(np.ravel(model.generator_loss(game)["adversarial_loss"]))
        for step, kept in ((0, 16), (100, 8), (200, 4), (900, 4)):
            model.step.assign(step)
            found = model.generator_terms(game)["adversarial_loss"]
            assert float(tf.reduce_mean(found)) == pytest.approx(losses[:kept].mean(), rel=1e-5)
    model.step.assign(900)
    with kgen.noise.stream(0, 0, 16):
        judged = model.generator_terms(played(model, training=False))
    assert np.ptp(judged["adversarial_loss"]) > 0 and len(judged["adversarial_loss"]) == 16


def test_augmentation_reaches_both_sides_in_training_only():
    model = kgen.GAN(SHAPE, **SMALL, augment="translation,cutout")
    with kgen.noise.stream(0, 0, 16):
        game, judged = played(model), played(model, training=False)
        assert not np.array_equal(game.real, game.real_view)
        assert not np.array_equal(game.fake, game.fake_view)
        np.testing.assert_array_equal(judged.real, judged.real_view)


def test_spectral_vectors_move_once_a_step_and_sigma_finds_the_singular_value():
    model = kgen.GAN(SHAPE, **SMALL, spectral_normalization=True, loss="hinge")
    model.compile(keras.optimizers.SGD(1e-9), keras.optimizers.SGD(1e-9), jit_compile=False)
    layers = kgen.layers.spectral_layers(model.discriminator)
    assert len(layers) == 3
    layer = layers[0]
    u = layer.u.numpy()
    model.fit(pictures(16), batch_size=16, verbose=0)
    kernel = layer.layer.kernel.numpy()
    v = kernel @ u.ravel()
    once = kernel.T @ (v / np.linalg.norm(v))
    np.testing.assert_allclose(layer.u.numpy().ravel(), once / np.linalg.norm(once), atol=1e-4)


EVERYTHING = {
    "augment": "color,translation,cutout",
    "ema_momentum": 0.9,
    "packing": 2,
    "feature_matching": 0.1,
    "historical_averaging": 0.1,
    "top_k": 0.5,
    "spectral_normalization": True,
}


@pytest.mark.parametrize(
    "policy, jit",
    [
        ("float32", True),
        ("mixed_float16", False),
        pytest.param("float32", False, marks=pytest.mark.slow),
        pytest.param("mixed_float16", True, marks=pytest.mark.slow),
    ],
)
def test_everything_together_trains(policy, jit):
    keras.config.set_dtype_policy(policy)
    model = kgen.GAN(SHAPE, **SMALL, loss="hinge", penalty="r1", **EVERYTHING)
    model.compile(jit_compile=jit)
    history = model.fit(pictures(), batch_size=16, epochs=2, verbose=0, validation_data=pictures(seed=1))
    assert all(np.isfinite(values).all() for values in history.history.values())
    assert int(model.skipped_steps) < int(model.step)
    assert {"penalty", "feature_loss", "generator_history", "discriminator_history"} <= set(history.history)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"loss": "hinje"}, ["`loss`", "hinge"]),
        ({"penalty": "r2"}, ["`penalty`", "r1"]),
        ({"penalty": "gradient", "normalization": "batch"}, ["`penalty`", "batch normalization"]),
        ({"penalty": "r1", "minibatch_discrimination": 4}, ["`penalty`", "minibatch discrimination"]),
        ({"penalty": "r1", "penalty_weight": -1.0}, ["`penalty_weight`"]),
        ({"packing": 0}, ["`packing`", "positive integer"]),
        ({"augment": "colour"}, ["`augment`", "color"]),
        ({"top_k": 0.0}, ["`top_k`", "(0, 1]"]),
        ({"top_k_decay": 1.5}, ["`top_k_decay`", "(0, 1]"]),
        ({"latent_dim": 0}, ["`latent_dim`", "positive integer"]),
        ({"discriminator_steps": 2, "update": "simultaneous"}, ["`discriminator_steps`", "simultaneous"]),
        ({"discriminator_steps": 0}, ["`discriminator_steps`", "positive integer"]),
        ({"feature_matching": float("nan")}, ["`feature_matching`"]),
        ({"loss": "hinge", "label_smoothing": 0.1}, ["`label_smoothing`", "hinge"]),
        ({"discriminator": linear(), "spectral_normalization": True}, ["`spectral_normalization`", "own"]),
    ],
)
def test_bad_options_end_in_one_line(options, words):
    with pytest.raises(ValueError) as caught:
        kgen.GAN(SHAPE, **{**SMALL, **options})
    assert "\n" not in str(caught.value) and all(word in str(caught.value) for word in words)


def test_packs_divide_the_batch():
    model = kgen.GAN(SHAPE, **SMALL, packing=3)
    model.compile()
    with pytest.raises(ValueError, match="`packing`.*divides.*16"):
        model.fit(pictures(16), batch_size=16, verbose=0)
    assert int(model.step) == 0


def test_an_option_of_no_model_is_named():
    with pytest.raises(TypeError, match="no argument `packings`.*packing"):
        kgen.GAN(SHAPE, packings=2)
