"""GAN: what is its own; the promises of every model are in tests/contract."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen

X = np.random.default_rng(0).integers(0, 256, (16, 8, 8, 1)).astype("uint8")
LOGITS = tf.constant([[-3.0], [-0.5], [0.0], [2.0]])
GAME = types.SimpleNamespace(real_logits=LOGITS, fake_logits=LOGITS - 1.5)


def small(**options):
    return kgen.GAN((8, 8, 1), **{"latent_dim": 4, "hidden_units": (12,), **options})


def step(model, x=X, **compile_options):
    if not model.compiled:
        model.compile(jit_compile=False, **compile_options)
    return model.train_step(tf.constant(x))


def weights(network):
    return [v.numpy() for v in network.weights]


def moved(before, network):
    return any(not np.array_equal(a, b) for a, b in zip(before, weights(network), strict=True))


def test_the_default_is_the_sources_model():
    model = kgen.GAN()
    assert model.latent_dim == 100 and model.image_shape == (28, 28, 1)
    hidden = 1024 + 1024 * 1024 + 1024  # Biases of both hidden layers and the kernel between them.
    assert model.generator.count_params() == 100 * 1024 + hidden + 1024 * 784 + 784
    assert model.discriminator.count_params() == 784 * 1024 + hidden + 1024 + 1
    model.compile()
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        assert isinstance(optimizer, keras.optimizers.Adam) and optimizer.beta_1 == 0.5
        assert float(optimizer.learning_rate) == pytest.approx(2e-4)


# Losses.


def test_the_discriminators_loss_is_the_games_value():
    terms = small().discriminator_loss(GAME)
    assert list(terms) == ["real_loss", "fake_loss"]
    real, fake = (1 / (1 + np.exp(-np.asarray(part, "float64"))) for part in (LOGITS, LOGITS - 1.5))
    np.testing.assert_allclose(terms["real_loss"], -np.log(real), rtol=1e-5)
    np.testing.assert_allclose(terms["fake_loss"], -np.log(1 - fake), rtol=1e-5)


def test_smoothing_reaches_real_pictures_only():
    plain, smooth = small(), small(label_smoothing=0.2)
    before, after = plain.discriminator_loss(GAME), smooth.discriminator_loss(GAME)
    np.testing.assert_allclose(after["real_loss"] - before["real_loss"], 0.2 * LOGITS, atol=1e-6)
    np.testing.assert_array_equal(after["fake_loss"], before["fake_loss"])
    for name, value in plain.generator_loss(GAME).items():
        np.testing.assert_array_equal(smooth.generator_loss(GAME)[name], value)


def test_minimax_and_non_saturating_pull_the_generator_the_same_way():
    """For one picture the two gradients are parallel; their ratio is D / (1 - D)."""
    gradients, probability = {}, None
    for loss in ("minimax", "non_saturating"):
        keras.utils.set_random_seed(1)
        model = small(loss=loss)
        with kgen.noise.stream(0, 0, 1), tf.GradientTape() as tape:
            game = kgen.game.Game(model, tf.zeros((1, 8, 8, 1)))
            (term,) = model.generator_loss(game).values()
        variables = [v.value for v in model.generator.trainable_variables]
        gradients[loss] = np.concatenate([g.numpy().ravel() for g in tape.gradient(term, variables)])
        probability = tf.sigmoid(game.fake_logits).numpy().item()
    assert abs(probability - 0.5) > 0.005 and np.abs(gradients["minimax"]).max() > 1e-4
    ratio = probability / (1 - probability)
    np.testing.assert_allclose(
        gradients["minimax"], ratio * gradients["non_saturating"], rtol=1e-3, atol=1e-7
    )


# The user's own networks.


def own_networks(**sizes):
    size = {"latent": 4, "picture": (8, 8, 1), "logits": 1, **sizes}
    generator = keras.Sequential(
        [keras.Input((size["latent"],)), keras.layers.Dense(np.prod(size["picture"]).item())]
    )
    generator.add(keras.layers.Activation("tanh"))
    generator.add(keras.layers.Reshape(size["picture"]))
    inputs = keras.Input(size["picture"])
    hidden = kgen.layers.Dropout(0.2)(keras.layers.Conv2D(3, 3, strides=2, activation="relu")(inputs))
    logits = keras.layers.Dense(size["logits"])(keras.layers.Flatten()(hidden))
    return {"generator": generator, "discriminator": keras.Model(inputs, logits)}


def test_own_networks_are_trained_saved_and_loaded(tmp_path):
    own = own_networks()
    model = kgen.GAN((8, 8, 1), latent_dim=4, pixel_range=(-1, 1), **own)
    assert model.generator is own["generator"] and model.discriminator is own["discriminator"]
    before = {name: weights(network) for name, network in own.items()}
    step(model)
    assert all(moved(before[name], network) for name, network in own.items())
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded.generate(5, seed=1), model.generate(5, seed=1))
    np.testing.assert_array_equal(loaded.discriminate(X), model.discriminate(X))


def test_one_own_network_goes_with_a_default_one():
    model = small(discriminator=own_networks()["discriminator"])
    assert model.generator.output_shape == (None, 8, 8, 1)
    assert np.isfinite(list(step(model).values())).all()


WRONG = [
    ({"generator": {"latent": 5}}, r"from \(4,\) to \(8, 8, 1\). Received: input=\(5,\), output=\(8, 8, 1\)"),
    (
        {"generator": {"picture": (8, 9, 1)}},
        r"from \(4,\) to \(8, 8, 1\). Received: input=\(4,\), output=\(8, 9, 1\)",
    ),
    ({"discriminator": {"picture": (9, 8, 1)}}, r"from \(8, 8, 1\) to \(1,\). Received: input=\(9, 8, 1\)"),
    (
        {"discriminator": {"logits": 2}},
        r"from \(8, 8, 1\) to \(1,\). Received: input=\(8, 8, 1\), output=\(2,\)",
    ),
]


@pytest.mark.parametrize("wrong, expected", WRONG, ids=str)
def test_networks_of_other_shapes_are_refused(wrong, expected):
    ((name, sizes),) = wrong.items()
    with pytest.raises(ValueError, match=f"argument `{name}`. Expected a network {expected}"):
        small(**{name: own_networks(**sizes)[name]})


# Pictures and their range.


def test_the_networks_range_is_the_pixel_range_and_the_callers_is_zero_to_one():
    model = small(pixel_range=(-1, 1))
    inside = model.generator(10 * np.random.default_rng(0).normal(size=(50, 4))).numpy()
    assert -1 <= inside.min() < -0.9 and 0.9 < inside.max() <= 1
    outside = model(10 * np.random.default_rng(0).normal(size=(50, 4))).numpy()
    np.testing.assert_allclose(outside, (inside + 1) / 2, atol=1e-6)
    seen = model._unpack(tf.constant(X))[0]
    np.testing.assert_allclose(seen, X / 127.5 - 1, atol=1e-6)


def test_discriminate_is_the_discriminators_probability_of_bytes_and_floats():
    model = small()
    expected = 1 / (1 + np.exp(-model.discriminator(X / 255.0).numpy()[:, 0]))
    for x in (X, X / 255.0, X[..., 0], (X / 255.0).astype("float32")):
        np.testing.assert_allclose(model.discriminate(x, batch_size=5), expected, rtol=1e-5)
    with pytest.raises(ValueError, match="argument `x`"):
        model.discriminate(X[:, :7])


# The step.


def test_alternating_draws_noise_for_each_player_and_simultaneous_once():
    for update, draws in (("alternating", 2), ("simultaneous", 1), ("split", None)):
        model = small(update=update)
        model.compile(jit_compile=False)
        with kgen.noise.stream(0, 0, 16) as stream:
            model.learn(*model._unpack(tf.constant(X)))
        assert draws in (None, stream.draws)


def test_split_gives_each_player_its_own_half():
    """The discriminator's step depends on every second picture and on no other."""

    def after(x):
        keras.utils.set_random_seed(1)
        model = small(update="split", dropout=0.3)
        step(model, x)
        return weights(model.discriminator)

    one, other = X.copy(), X.copy()
    one[0::2], other[1::2] = 255 - one[0::2], 255 - other[1::2]
    same = [all(np.array_equal(a, b) for a, b in zip(after(X), after(x), strict=True)) for x in (one, other)]
    assert sorted(same) == [False, True]


def test_split_refuses_a_batch_of_one():
    """There is no half for the generator, whose loss would be the mean of nothing."""
    model = small(update="split")
    model.compile(jit_compile=False)
    with pytest.raises(ValueError, match="argument `batch_size`"):
        model.fit(X, batch_size=1, verbose=0)


def test_the_generator_moves_every_kth_step():
    model = small(discriminator_steps=3)
    model.compile(jit_compile=False)
    turns = []
    for _ in range(6):
        before, judged = weights(model.generator), weights(model.discriminator)
        step(model)
        turns.append(moved(before, model.generator))
        assert moved(judged, model.discriminator)
    assert turns == [False, False, True] * 2
    assert (
        int(model.generator_optimizer.iterations) == 2 and int(model.discriminator_optimizer.iterations) == 6
    )


def test_the_moving_average_follows_the_generator():
    model = small(ema_momentum=0.75, normalization="batch")
    expected = weights(model.generator)
    statistics = [not v.trainable for v in model.generator.weights]
    for _ in range(3):
        step(model)
        new = weights(model.generator)
        averaged = [0.75 * e + 0.25 * n for e, n in zip(expected, new, strict=True)]
        expected = [n if s else a for s, n, a in zip(statistics, new, averaged, strict=True)]
    for actual, value in zip(weights(model.ema_generator), expected, strict=True):
        np.testing.assert_allclose(actual, value, rtol=1e-5, atol=1e-6)
    z = np.ones((2, 4), "float32")
    np.testing.assert_array_equal(model(z), model.to_pictures(model.ema_generator(z)))


def test_dropout_acts_in_training_only():
    model = small(dropout=0.5)
    first, second = model.discriminate(X), model.discriminate(X)
    np.testing.assert_array_equal(first, second)
    with kgen.noise.stream(0, 0, 16):
        trained = tf.sigmoid(model.discriminator(X / 255.0, training=True))[:, 0]
    assert np.abs(trained - first).max() > 1e-3


# Bad arguments.

BAD = [
    ("loss", "non_saturatin", "one of 'non_saturating', 'minimax'"),
    ("loss", None, "one of 'non_saturating', 'minimax'"),
    ("label_smoothing", 1.0, r"a number in \[0, 1\)"),
    ("label_smoothing", -0.1, r"a number in \[0, 1\)"),
    ("dropout", 1.0, r"a number in \[0, 1\)"),
    ("latent_dim", 0, "a positive integer"),
    ("latent_dim", 2.0, "a positive integer"),
    ("image_shape", (28, 28), "height, width, channels"),
    ("normalization", "spectral", "'batch', 'layer', 'instance'"),
    ("update", "both", "one of 'alternating', 'simultaneous', 'split'"),
    ("discriminator_steps", 0, "a positive integer"),
    ("ema_momentum", 1.0, r"a number in \[0, 1\)"),
]


@pytest.mark.parametrize("name, value, expected", BAD)
def test_bad_arguments_are_named(name, value, expected):
    options = {"image_shape": (8, 8, 1), "latent_dim": 4, "hidden_units": (4,), name: value}
    argument = "rate" if name == "dropout" else name
    with pytest.raises(
        ValueError, match=f"argument `{argument}`. Expected .*{expected}.* Received: {argument}="
    ):
        kgen.GAN(**options)


def test_a_misspelt_argument_gets_the_nearest_name():
    with pytest.raises(TypeError, match="GAN has no argument `latent_dims`. Did you mean `latent_dim`?"):
        kgen.GAN((8, 8, 1), latent_dims=4)


@pytest.mark.parametrize(
    "num_samples, seed, name", [(0, 1, "num_samples"), (2, -1, "seed"), (2, 2**31, "seed")]
)
def test_generate_refuses_bad_arguments(num_samples, seed, name):
    with pytest.raises(ValueError, match=f"argument `{name}`"):
        small().generate(num_samples, seed=seed)
