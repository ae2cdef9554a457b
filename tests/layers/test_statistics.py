"""Normalisations by name. Each is checked by what it makes of the mean and variance."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgen import layers

X = np.random.default_rng(0).normal(size=(6, 40, 3)).astype("float32") + 3.0

AXES = {"batch": (0, 1, 2), "layer": (1, 2, 3), "instance": (1, 2)}


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


# The scale and the offset, and the form of few pictures; Keras's own is the other one.


def pictures(num_rows=3, dtype="float32"):
    random = np.random.default_rng(2)
    x = random.normal(size=(num_rows, 6, 7, 4)) * random.uniform(1, 3, (num_rows, 1, 1, 4)) + 5.0
    return tf.constant(x, dtype)


def made(kind, **options):
    layer = kind(groups=-1, epsilon=1e-5, **options)
    layer.build((None, 6, 7, 4))
    layer.gamma.assign([1.0, -2.0, 0.5, 3.0])
    layer.beta.assign([0.0, 1.0, -1.0, 0.5])
    return layer


def by_numpy(x, gamma=(1.0, -2.0, 0.5, 3.0), beta=(0.0, 1.0, -1.0, 0.5)):
    x = np.asarray(x, "float64")
    mean, variance = x.mean((1, 2), keepdims=True), x.var((1, 2), keepdims=True)
    return np.array(gamma) * (x - mean) / np.sqrt(variance + 1e-5) + np.array(beta)


@pytest.mark.parametrize("num_rows", [1, 3, 16, 17])
def test_instances_are_normalised_scaled_and_moved(num_rows):
    x = pictures(num_rows)
    np.testing.assert_allclose(made(layers.GroupNormalization)(x), by_numpy(x), atol=2e-5)


@pytest.mark.parametrize("policy, tolerance", [("mixed_bfloat16", 0.05), ("mixed_float16", 0.005)])
def test_statistics_are_in_float32_in_mixed_precision(policy, tolerance):
    x = pictures(dtype=policy.removeprefix("mixed_"))
    y = made(layers.GroupNormalization, dtype=policy)(x)
    assert y.dtype == x.dtype
    expected = by_numpy(tf.cast(x, "float64").numpy())
    np.testing.assert_allclose(tf.cast(y, "float64"), expected, atol=tolerance * np.abs(expected).max() / 3)


def slopes(layer, x):
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.sin(layer(x)))
        first = tape.gradient(loss, [x, layer.gamma.value, layer.beta.value])
        total = sum(tf.reduce_sum(g**2) for g in first)
    return [*first, outer.gradient(total, x)]


def test_gradients_of_first_and_second_order_are_keras():
    x = pictures()
    found, expected = (
        slopes(made(kind), x) for kind in (layers.GroupNormalization, keras.layers.GroupNormalization)
    )
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4 * np.abs(other).max())


CASES = {"many pictures": ((17, 6, 7, 4), -1), "vectors": ((3, 4), -1), "groups": ((3, 6, 7, 4), 2)}


@pytest.mark.parametrize("shape, groups", [*CASES.values(), ((3, 6, 7, 4), -1)], ids=[*CASES, "few"])
def test_only_few_pictures_by_channel_have_a_form_of_their_own(shape, groups, monkeypatch):
    layer, calls = layers.GroupNormalization(groups), []
    monkeypatch.setattr(layer, "_normalized", lambda row: calls.append(row.shape) or row)
    layer(np.ones(shape, "float32"))
    assert calls == ([(1, 6, 7, 4)] * 3 if (shape[0], groups) == (3, -1) and len(shape) == 4 else [])


def test_a_batch_of_any_size_and_archives_are_as_with_keras(tmp_path):
    network = keras.Sequential([keras.Input((6, 7, 4)), made(layers.GroupNormalization)])
    network.save(tmp_path / "m.keras")
    network.save_weights(tmp_path / "m.weights.h5")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    theirs = keras.Sequential(
        [keras.Input((6, 7, 4)), keras.layers.GroupNormalization(groups=-1, epsilon=1e-5)]
    )
    theirs.load_weights(tmp_path / "m.weights.h5")
    any_size = tf.function(loaded, input_signature=[tf.TensorSpec([None, 6, 7, 4])], autograph=False)
    for call in (loaded, theirs, any_size, tf.function(loaded, jit_compile=True, autograph=False)):
        np.testing.assert_allclose(call(pictures()), by_numpy(pictures()), atol=2e-5)
