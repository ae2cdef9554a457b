"""WaveGAN: what is its own; the promises of every model are in tests/contract."""

import io
import wave

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
from tests.contract.table import waves

TOY = {"slice_length": 64, "sample_rate": 8000, "latent_dim": 4, "width": 2}
X = waves(24, (64,), 0)


def toy(**options):
    return kgen.WaveGAN(**{**TOY, **options})


def linear(weights):
    """A critic f(x) = sum_t w_t x_t."""
    critic = keras.Sequential(
        [keras.Input((64, 1)), keras.layers.Flatten(), keras.layers.Dense(1, use_bias=False)]
    )
    critic.set_weights([np.reshape(weights, [64, 1])])
    return critic


def game(model, x=X, labels=None):
    return kgen.game.Game(model, tf.constant(x), labels)


def test_the_penalty_of_a_linear_critic_is_its_norms():
    """10 (|w| - 1)^2 with |w| = 3, over all samples of a waveform."""
    weights = np.zeros(64, "float32")
    weights[[3, 40, 63]] = [1.0, 2.0, -2.0]
    with kgen.noise.stream(0, 0, 24):
        found = toy(discriminator=linear(weights)).discriminator_terms(
            game(toy(discriminator=linear(weights)))
        )
    np.testing.assert_allclose(found["penalty"], 40.0, rtol=1e-5)


def test_the_penalty_is_taken_between_real_and_fake_behind_phase_shuffle():
    """By hand, draw by draw: the shifts of the real pass, z, the shifts of the fake one, alpha, shifts again."""
    model = toy(slice_length=128, discriminator_steps=1)
    x = tf.constant(waves(6, (128,), 1))
    with kgen.noise.stream(0, 0, 6):
        parts = game(model, x)
        term = model.discriminator_terms(parts)["penalty"]
    with kgen.noise.stream(0, 0, 6):
        model.discriminator(x[..., None], training=True)
        fake = model.generator(model.draw(kgen.noise.current().next()))
        model.discriminator(fake[..., None], training=True)
        alpha = kgen.noise.uniform(kgen.noise.current().next(), (1,))
        between = (1 - alpha) * x + alpha * fake
        with tf.GradientTape() as tape:
            tape.watch(between)
            score = tf.reduce_sum(model.discriminator(between[..., None], training=True))
    norms = tf.norm(tape.gradient(score, between), axis=1)
    np.testing.assert_allclose(term, 10 * (norms - 1) ** 2, rtol=1e-4)


def test_real_and_fake_sounds_are_shifted_by_shifts_of_their_own():
    model = toy(slice_length=128)
    with kgen.noise.stream(0, 0, 24):
        x = tf.constant(waves(24, (128,), 0))
        first, second = (model.read(model.view(x), training=True)["logits"] for _ in range(2))
    assert np.abs(first - second).max() > 0
    still = model.read(model.view(x))["logits"]
    np.testing.assert_array_equal(still, model.read(model.view(x))["logits"])


def test_codes_are_uniform():
    codes = toy(latent_dim=50).draw(kgen.noise.rows(0, 400)).numpy()
    assert codes.min() >= -1 and codes.max() <= 1
    assert codes.mean() == pytest.approx(0, abs=0.02) and codes.var() == pytest.approx(1 / 3, abs=0.01)


def test_the_papers_numbers():
    model = kgen.WaveGAN(width=1)
    model.compile()
    assert (model.slice_length, model.latent_dim, model.discriminator_steps, model.penalty_weight) == (
        *(16384, 100, 5),
        10.0,
    )
    config = model.generator_optimizer.get_config()
    assert [round(config[k], 6) for k in ("learning_rate", "beta_1", "beta_2")] == [1e-4, 0.5, 0.9]


def test_every_form_of_a_sound_is_the_same_sound():
    model = toy()
    model.compile(jit_compile=False)
    whole = np.round(X * 2**15).astype("int16")
    scores = model.discriminate((whole / 2**15).astype("float32"))
    np.testing.assert_allclose(model.discriminate(whole), scores, atol=1e-6)
    np.testing.assert_allclose(model.discriminate(whole[..., None]), scores, atol=1e-6)
    losses = [
        toy_loss(x, shuffle)
        for x in (whole, whole[..., None], (whole / 2**15).astype("float32"))
        for shuffle in (False,)
    ]
    assert losses[0] == losses[1] == losses[2]


def toy_loss(x, shuffle):
    keras.utils.set_random_seed(0)
    model = toy()
    model.compile(jit_compile=False, steps_per_execution=1)
    return model.fit(x, batch_size=8, verbose=0, shuffle=shuffle).history["discriminator_loss"]


def test_wav_bytes_are_the_sound(tmp_path):
    model = toy(sample_rate=11025)
    version = kgen.export(model, tmp_path, endpoints=["generate", "wav"])
    serve, seed = kgen.serving.load(version), np.array([[3, 0], [3, 1]], "int32")
    data, audio = serve["wav"](seed=seed)["audio_bytes"], serve["generate"](seed=seed)["audio"]
    for row in range(2):
        with wave.open(io.BytesIO(data[row])) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (11025, 1, 2)
        assert data[row] == kgen.sounds.wav_bytes(audio[row], 11025)
    np.testing.assert_allclose(audio, model.generate(2, seed=3), atol=1e-6)


def test_classes_reach_both_players():
    model = toy(num_classes=3)
    assert model.generator.input_shape == (None, 7) and model.discriminator.input_shape == (None, 64, 4)
    with pytest.raises(ValueError, match="argument `y`"):
        model.compile(jit_compile=False)
        model.fit(X, verbose=0)
    a, b = (model.generate(4, seed=0, labels=k) for k in (0, 1))
    assert np.abs(a - b).max() > 1e-5
    labels = np.zeros(24, int)
    assert np.abs(model.discriminate(X, labels) - model.discriminate(X, labels + 1)).max() > 1e-5
    assert set(model.signatures()["wav"][1]) == {"seed", "label"}
    assert model.sheet(7, 0)[0].shape == (6, 64)


def test_without_classes_labels_of_the_data_are_left_aside():
    model = toy()
    model.compile(jit_compile=False)
    model.fit(X, np.arange(24) % 3, batch_size=8, verbose=0)
    assert int(model.step) == 3
    with pytest.raises(TypeError, match="no argument `labels`"):
        model.generate(2, labels=1)
    with pytest.raises(ValueError, match="argument `labels`"):
        model.discriminate(X, np.zeros(24, int))


def test_packs_stand_beside_each_other():
    model = toy(packing=2)
    with kgen.noise.stream(0, 0, 24):
        view = model.view(model.fitted(X))
    assert view.shape == (12, 64, 2)
    np.testing.assert_array_equal(view[3], X[6:8].T)
    assert "discriminate" not in model.signatures()
    assert model.discriminate(X[:6]).shape == (3,)


@pytest.mark.parametrize(
    "x, word",
    [
        (X * 3, "argument `x`. Expected floats in .-1, 1., or int16"),
        (X[:, :60], "sounds of shape .batch, 64.; `kgen.datasets.load_sounds"),
        (X.astype("int32"), "floats in .-1, 1. or int16"),
        (X[:0], "at least one example"),
        (np.where(np.arange(64) == 5, np.nan, X), "finite"),
    ],
)
def test_bad_sounds_are_named(x, word):
    model = toy()
    model.compile(jit_compile=False)
    with pytest.raises(ValueError, match=word):
        model.fit(x, verbose=0)


@pytest.mark.parametrize(
    "options, word",
    [
        ({"slice_length": 100}, "slice_length"),
        ({"sample_rate": 0}, "sample_rate"),
        ({"phase_shuffle": 16}, "phase_shuffle"),
        ({"phase_shuffle": -1}, "phase_shuffle"),
        ({"num_classes": 1}, "num_classes"),
        ({"width": 0}, "width"),
        ({"augment": "color"}, "augment"),
    ],
)
def test_bad_arguments_are_named(options, word):
    with pytest.raises(ValueError, match=f"argument `{word}`"):
        toy(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"update": "simultaneous", "discriminator_steps": 1},
        {"update": "split", "packing": 2, "slice_length": 128, "num_classes": 3},
        {"spectral_normalization": True, "ema_momentum": 0.9, "feature_matching": 0.1, "penalty": "r1"},
        {"penalty": None, "minibatch_discrimination": 2, "top_k": 0.5},
    ],
)
def test_it_takes_the_stabilisers(options):
    model = toy(**options)
    model.compile(jit_compile=False)
    x = waves(24, (model.slice_length,), 0)
    history = model.fit(x, np.arange(24) % 3, batch_size=8, epochs=2, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())


def test_it_learns_the_loudness_of_noise():
    """White noise of deviation 0.3 on 64 samples: after some hundred steps the samples' deviation is near it."""
    keras.utils.set_random_seed(0)
    x = np.clip(0.3 * np.random.default_rng(0).normal(size=(256, 64)), -1, 1).astype("float32")
    model = toy(width=8, latent_dim=16, discriminator_steps=2)
    untrained = model.generate(200, seed=0).std()
    model.compile(
        keras.optimizers.Adam(1e-3, 0.5, 0.9), keras.optimizers.Adam(1e-3, 0.5, 0.9), jit_compile=False
    )
    model.fit(x, batch_size=32, epochs=40, verbose=0)
    sounds = model.generate(200, seed=0)
    assert np.abs(sounds.std(axis=1) - 0.3).mean() < 0.08 and untrained < 0.2
