"""Normalisations by name. Each is checked by what it makes of the mean and variance."""

import keras
import numpy as np
import pytest

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
