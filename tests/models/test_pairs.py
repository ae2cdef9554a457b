"""What the models have in common that take their networks from `kgen.networks.pair`."""

import keras
import numpy as np
import pytest

import kgen

MODELS = pytest.mark.parametrize("make", [kgen.LSGAN, kgen.SNGAN, kgen.WGAN, kgen.WGANGP])
POINTS = np.random.default_rng(1).normal(size=(24, 2)).astype("float32")


def shapes(network):
    return [tuple(v.shape) for v in network.weights]


@MODELS
def test_vectors_train_both_players(make):
    model = make((2,), latent_dim=3, hidden_units=(4, 4), discriminator_steps=2)
    model.compile(jit_compile=False)
    before = {player: [v.numpy() for v in model.trained(player)] for player in model.players()}
    history = model.fit(POINTS, batch_size=4, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    for player in model.players():
        now = [v.numpy() for v in model.trained(player)]
        assert not all(np.array_equal(a, b) for a, b in zip(before[player], now, strict=True))
    made = model.generate(200, seed=0)
    assert made.shape == (200, 2) and made.min() < 0


@MODELS
def test_packing_changes_the_discriminators_input_only(make):
    plain, packed = (make((8, 8, 2), latent_dim=4, width=2, packing=m) for m in (1, 2))
    assert shapes(plain.generator) == shapes(packed.generator)
    assert plain.discriminator.input_shape == (None, 8, 8, 2)
    assert packed.discriminator.input_shape == (None, 8, 8, 4)
    different = [
        a for a, b in zip(shapes(plain.discriminator), shapes(packed.discriminator), strict=True) if a != b
    ]
    assert all(shape in ((5, 5, 2, 2), (50,)) for shape in different) and different


@MODELS
def test_packed_vectors_train(make):
    model = make((2,), latent_dim=3, hidden_units=(4, 4), discriminator_steps=1, packing=2)
    model.compile(jit_compile=False)
    history = model.fit(POINTS, batch_size=4, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert model.discriminate(POINTS).shape == (12,)


@MODELS
def test_own_networks_take_the_place_of_the_pairs(make):
    generator = kgen.networks.dense.decoder(4, (8, 8, 1), (2,), output_activation="tanh")
    model = make((8, 8, 1), latent_dim=4, width=2, generator=generator)
    assert model.generator is generator
    z = np.ones((2, 4), "float32")
    np.testing.assert_allclose(model(z), (generator(z) + 1) / 2, atol=1e-6)


BAD = [
    ("network", "convolutions", "one of None, 'dense', 'convolutional'"),
    ("image_shape", (7, 28, 1), "sides of at least 8"),
    ("width", 0, "a positive integer"),
    ("generator", keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]), "a network from"),
]


@MODELS
@pytest.mark.parametrize("name, value, expected", BAD)
def test_bad_arguments_are_named(make, name, value, expected):
    options = {"image_shape": (8, 8, 1), "latent_dim": 4, "width": 2, name: value}
    with pytest.raises(ValueError, match=f"argument `{name}`. Expected .*{expected}.* Received: "):
        make(**options)
