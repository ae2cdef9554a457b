"""Row-seeded dropout and Gaussian noise."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

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


# Gaussian noise.


def noisy(stddev=0.3, x=X, **where):
    layer = layers.GaussianNoise(stddev)
    with noise.stream(**{"seed": 1, "step": 2, "batch": len(x), **where}):
        return layer(x, training=True).numpy()


def test_gaussian_noise_rests_outside_training_and_at_deviation_zero():
    with noise.stream(1, 2, len(X)) as stream:
        np.testing.assert_array_equal(layers.GaussianNoise(0.7)(X), X)
        np.testing.assert_array_equal(layers.GaussianNoise(0.0)(X, training=True), X)
        assert stream.draws == 0


@pytest.mark.parametrize("inside", [True, False])
def test_gaussian_noise_has_its_deviation_and_is_normal(inside):
    x = np.full((50, 400), 2.0, "float32")
    found = noisy(0.5, x) if inside else layers.GaussianNoise(0.5)(x, training=True).numpy()
    e = (found - x).ravel() / 0.5
    assert stats.kstest(e, "norm").pvalue > 1e-3


def test_gaussian_noise_in_a_stream_belongs_to_step_and_row():
    y = noisy()
    np.testing.assert_array_equal(y, noisy())
    np.testing.assert_array_equal(noisy(x=X[2:5], start=2), y[2:5])
    assert np.abs(noisy(step=3) - y).mean() > 0.1 and np.abs(noisy(seed=2) - y).mean() > 0.1


def test_gaussian_noise_outside_a_stream_draws_anew():
    layer = layers.GaussianNoise(0.5)
    assert np.abs(layer(X, training=True) - layer(X, training=True)).mean() > 0.1


def test_gaussian_noise_is_the_same_compiled():
    layer = layers.GaussianNoise(0.3)

    def perturbed(x):
        with noise.stream(1, 2, len(X)):
            return layer(x, training=True)

    for xla in (False, True):
        np.testing.assert_allclose(tf.function(perturbed, jit_compile=xla)(X), noisy(), atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_gaussian_noise_keeps_the_policys_type(policy):
    layer = layers.GaussianNoise(0.5, dtype=policy)
    with noise.stream(0, 0, len(X)):
        assert layer(X, training=True).dtype == keras.DTypePolicy(policy).compute_dtype


@pytest.mark.parametrize("stddev", [-0.1, float("inf"), float("nan")])
def test_gaussian_noise_refuses_a_deviation_outside_its_interval(stddev):
    with pytest.raises(ValueError, match=r"argument `stddev`. Expected a number in \[0, inf\). Received: "):
        layers.GaussianNoise(stddev)


def test_gaussian_noise_survives_saving(tmp_path):
    network = keras.Sequential([keras.Input((40, 3)), layers.GaussianNoise(0.25), keras.layers.Dense(2)])
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert loaded.layers[0].get_config() == network.layers[0].get_config()
    assert loaded.layers[0].stddev == 0.25
    np.testing.assert_array_equal(loaded(X), network(X))
