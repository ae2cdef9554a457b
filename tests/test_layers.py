"""Small layers: row-seeded dropout and the normalisations by name."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgen import layers, noise

X = np.random.default_rng(0).normal(size=(6, 40, 3)).astype("float32") + 3.0


def dropped(rate=0.3, x=X, **where):
    layer = layers.Dropout(rate)
    with noise.stream(**{"seed": 1, "step": 2, "batch": len(x), **where}):
        return layer(x, training=True).numpy()


def test_dropout_rests_outside_training_and_at_rate_zero():
    with noise.stream(1, 2, len(X)) as stream:
        np.testing.assert_array_equal(layers.Dropout(0.7)(X), X)
        np.testing.assert_array_equal(layers.Dropout(0.7)(X, training=False), X)
        np.testing.assert_array_equal(layers.Dropout(0.0)(X, training=True), X)
        assert stream.draws == 0


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_dropout_scales_what_it_keeps_and_drops_its_share(rate):
    x = np.ones((50, 400), "float32")
    y = dropped(rate, x)
    np.testing.assert_allclose(np.unique(y), [0, 1 / (1 - rate)], rtol=1e-6)
    assert abs((y == 0).mean() - rate) < 4 * np.sqrt(rate * (1 - rate) / y.size)
    assert abs(y.mean() - 1) < 4 * np.sqrt(rate / (1 - rate) / y.size)


def test_dropout_in_a_stream_belongs_to_step_and_row():
    y = dropped()
    np.testing.assert_array_equal(y, dropped())
    np.testing.assert_array_equal(dropped(x=X[2:5], start=2), y[2:5])
    assert not np.array_equal(dropped(step=3) == 0, y == 0)
    assert not np.array_equal(dropped(seed=2) == 0, y == 0)


def test_two_dropouts_of_one_step_have_masks_of_their_own():
    x = np.ones((8, 500), "float32")
    first, second = layers.Dropout(0.5), layers.Dropout(0.5)
    with noise.stream(0, 0, 8):
        masks = [layer(x, training=True).numpy().ravel() for layer in (first, second, first)]
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert abs(np.corrcoef(masks[a], masks[b])[0, 1]) < 4 / np.sqrt(x.size)


def test_dropout_masks_are_the_same_compiled():
    layer = layers.Dropout(0.3)

    def masked(x):
        with noise.stream(1, 2, len(X)):
            return layer(x, training=True)

    for xla in (False, True):
        np.testing.assert_allclose(tf.function(masked, jit_compile=xla)(X), dropped(), rtol=1e-6)


def test_dropout_outside_a_stream_draws_anew_as_kerass_does():
    layer = layers.Dropout(0.5)
    x = np.ones((20, 500), "float32")
    first, second = layer(x, training=True).numpy(), layer(x, training=True).numpy()
    assert not np.array_equal(first, second)
    assert abs((first == 0).mean() - 0.5) < 4 * 0.5 / np.sqrt(x.size)
    np.testing.assert_allclose(np.unique(first), [0, 2])


@pytest.mark.parametrize("repeats", [1, 2, 5])
def test_dropout_serves_several_rows_an_example(repeats):
    """Importance samples give a decoder k rows an example; each has a mask of its own."""
    x = np.ones((6 * repeats, 1000), "float32")
    y = dropped(0.5, x, batch=6)
    np.testing.assert_allclose((y == 0).mean(1), 0.5, atol=0.1)
    assert np.abs(np.corrcoef(y) - np.eye(len(x))).max() < 5 / np.sqrt(1000)
    np.testing.assert_array_equal(y[-repeats:], dropped(0.5, x[-repeats:], batch=1, start=5))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_dropout_keeps_the_policys_type(policy):
    layer = layers.Dropout(0.5, dtype=policy)
    with noise.stream(0, 0, len(X)):
        assert layer(X, training=True).dtype == keras.DTypePolicy(policy).compute_dtype


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, float("nan")])
def test_dropout_refuses_a_rate_outside_its_interval(rate):
    with pytest.raises(ValueError, match=r"argument `rate`. Expected a number in \[0, 1\). Received: rate="):
        layers.Dropout(rate)


def test_dropout_survives_saving(tmp_path):
    network = keras.Sequential(
        [keras.Input((40, 3)), layers.Dropout(0.25, name="sieve"), keras.layers.Dense(2)]
    )
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert type(loaded.layers[0]) is layers.Dropout
    assert loaded.layers[0].get_config() == network.layers[0].get_config()
    assert loaded.layers[0].rate == 0.25 and loaded.layers[0].name == "sieve"
    np.testing.assert_array_equal(loaded(X), network(X))


def test_dropout_stands_in_a_functional_model():
    inputs = keras.Input((40, 3))
    network = keras.Model(inputs, layers.Dropout(0.5)(inputs))
    assert network.output_shape == (None, 40, 3) and not network.trainable_variables
    with noise.stream(1, 2, len(X)):
        assert (network(X, training=True).numpy() == 0).any()


# Normalisations. Each is checked by what it makes of the mean and variance.

AXES = {"batch": (0, 1, 2), "layer": (3,), "instance": (1, 2)}


@pytest.mark.parametrize("kind", AXES)
def test_normalization_normalises_its_axes(kind):
    random = np.random.default_rng(1)
    x = (
        random.normal(size=(5, 6, 7, 8)) * random.uniform(1, 3, (5, 1, 1, 8)) + random.normal(size=8)
    ).astype("float32")
    (layer,) = layers.normalization(kind)
    y = layer(x, training=True).numpy()
    mean, variance = x.mean(AXES[kind], keepdims=True), x.var(AXES[kind], keepdims=True)
    np.testing.assert_allclose(y, (x - mean) / np.sqrt(variance + 1e-5), atol=2e-4)


def test_no_normalization():
    assert layers.normalization(None) == []


def test_batch_normalization_is_synchronised_and_forgets_at_the_stated_rate():
    (layer,) = layers.normalization("batch", epsilon=1e-3)
    assert layer.synchronized and layer.momentum == 0.9 and layer.epsilon == 1e-3
    layer(X, training=True)
    np.testing.assert_allclose(layer.moving_mean, 0.1 * X.mean((0, 1)), rtol=1e-5)


def test_normalization_takes_an_initialiser_of_the_scale():
    for kind in AXES:
        (layer,) = layers.normalization(kind, gamma_initializer=keras.initializers.Constant(2.0))
        layer.build((None, 4, 4, 3))
        np.testing.assert_array_equal(layer.gamma, [2, 2, 2])


@pytest.mark.parametrize("kind", ["Batch", "spectral", 1])
def test_an_unknown_normalization_is_named(kind):
    expected = "argument `normalization`. Expected one of None, 'batch', 'layer', 'instance'. Received: normalization="
    with pytest.raises(ValueError, match=expected):
        layers.normalization(kind)
