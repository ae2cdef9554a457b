"""DCGAN: what is its own; the promises of every model are in tests/contract."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen


def small(shape=(8, 8, 1), **options):
    return kgen.DCGAN(shape, **{"latent_dim": 4, "width": 2, **options})


def pictures(shape, number=6):
    return np.random.default_rng(0).integers(0, 256, (number, *shape)).astype("uint8")


def weights(network):
    return [v.numpy() for v in network.weights]


@pytest.mark.parametrize("shape", [(8, 8, 1), (9, 11, 3), (28, 97, 3), (37, 8, 1)])
def test_any_shape_from_eight_up_trains_a_step(shape):
    model = small(shape)
    model.compile(jit_compile=False)
    before = {p: weights(n) for p, (n,) in model.players().items()}
    terms = model.train_step(tf.constant(pictures(shape)))
    assert np.isfinite([float(value) for value in terms.values()]).all() and int(model.skipped_steps) == 0
    for player, (network,) in model.players().items():
        assert not all(np.array_equal(a, b) for a, b in zip(before[player], weights(network), strict=True))
    made = model.generate(3, seed=0)
    assert made.shape == (3, *shape) and 0 <= made.min() < made.max() <= 1
    assert model.discriminate(pictures(shape)).shape == (6,)


def test_the_default_follows_the_papers_guidelines():
    model = kgen.DCGAN()
    generator, discriminator = (
        [type(layer).__name__ for layer in n.layers] for (n,) in reversed(model.players().values())
    )
    assert generator.count("BatchNormalization") == 2 and discriminator.count("BatchNormalization") == 1
    assert "BatchNormalization" not in generator[-3:] and discriminator[:2] == ["Conv2D", "Activation"]
    assert not any("Pool" in name or "UpSampling" in name for name in generator + discriminator)
    assert generator.count("Dense") == 1 and discriminator.count("Dense") == 1
    model.compile()
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        assert isinstance(optimizer, keras.optimizers.Adam)
        assert (float(optimizer.learning_rate), optimizer.beta_1) == (pytest.approx(2e-4), 0.5)


def test_networks_work_in_minus_one_to_one():
    model = small()
    inside = model.generator(np.random.default_rng(0).normal(size=(9, 4))).numpy()
    assert -1 <= inside.min() < 0
    x = pictures((8, 8, 1))
    np.testing.assert_allclose(model._unpack(tf.constant(x))[0], x / 127.5 - 1, atol=1e-6)
    expected = 1 / (1 + np.exp(-model.discriminator(x / 127.5 - 1).numpy()[:, 0]))
    np.testing.assert_allclose(model.discriminate(x), expected, rtol=1e-4)


def test_the_losses_are_the_non_saturating_games():
    logits = tf.constant([[-2.0], [0.0], [3.0]])
    game = types.SimpleNamespace(real_logits=logits, fake_logits=-0.5 * logits)
    terms = small(label_smoothing=0.1).discriminator_loss(game) | small().generator_loss(game)
    real, fake = (1 / (1 + np.exp(-np.asarray(part, "float64"))) for part in (logits, -0.5 * logits))
    expected = {
        "real_loss": -0.9 * np.log(real) - 0.1 * np.log(1 - real),
        "fake_loss": -np.log(1 - fake),
        "adversarial_loss": -np.log(fake),
    }
    assert list(terms) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(terms[name], value, rtol=1e-5)


def test_arguments_reach_the_networks():
    model = small(
        (16, 16, 1), kernel_size=3, normalization="layer", dropout=0.4, discriminator_activation="elu"
    )
    names = [type(layer).__name__ for layer in model.discriminator.layers]
    assert names.count("Dropout") == 2 and names.count("GroupNormalization") == 1
    assert {layer.kernel_size for layer in model.discriminator.layers if "Conv" in type(layer).__name__} == {
        (3, 3)
    }
    activation = next(
        layer for layer in model.discriminator.layers if isinstance(layer, keras.layers.Activation)
    )
    np.testing.assert_allclose(activation(np.float32(-1.0)), np.exp(-1) - 1, rtol=1e-5)


def test_own_networks_take_the_place_of_the_papers():
    generator = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(64, "tanh"), keras.layers.Reshape((8, 8, 1))]
    )
    model = small(generator=generator)
    assert model.generator is generator
    z = np.ones((2, 4), "float32")
    np.testing.assert_allclose(model(z), (generator(z) + 1) / 2, atol=1e-6)


BAD = [
    ("image_shape", (7, 28, 1), "sides of at least 8"),
    ("image_shape", (28, 28), "height, width, channels"),
    ("width", 0, "a positive integer"),
    ("label_smoothing", 2, r"a number in \[0, 1\)"),
    ("normalization", "spectral", "'batch', 'layer', 'instance'"),
    ("generator", kgen.networks.dense.decoder(4, (8, 8, 3), (2,)), r"a network from \(4,\) to \(8, 8, 1\)"),
    (
        "discriminator",
        kgen.networks.dense.encoder((8, 8, 1), 2, (2,)),
        r"a network from \(8, 8, 1\) to \(1,\)",
    ),
]


@pytest.mark.parametrize("name, value, expected", BAD)
def test_bad_arguments_are_named(name, value, expected):
    options = {"image_shape": (8, 8, 1), "latent_dim": 4, "width": 2, name: value}
    with pytest.raises(ValueError, match=f"argument `{name}`. Expected .*{expected}.* Received: "):
        kgen.DCGAN(**options)
