"""Padding by reflection against NumPy's."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgen.layers import ReflectionPadding2D, cropped, reflected

X = np.random.default_rng(0).normal(size=(2, 5, 6, 3)).astype("float32")


@pytest.mark.parametrize("padding", [1, 3])
def test_the_layer_pads_every_side(padding):
    expected = np.pad(X, [(0, 0), (padding, padding), (padding, padding), (0, 0)], mode="reflect")
    np.testing.assert_array_equal(ReflectionPadding2D(padding)(X), expected)


@pytest.mark.parametrize("sides", [(5, 6), (8, 8), (4, 9)])
@pytest.mark.parametrize("padding", [1, 3])
def test_gradients_are_those_of_the_backend(padding, sides):
    """Each pixel counts as often as it is seen; weights tell the places apart."""
    x = tf.constant(np.random.default_rng(0).normal(size=(2, *sides, 3)), tf.float32)
    weights = np.random.default_rng(1).normal(size=(2, *(side + 2 * padding for side in sides), 3))
    paddings = [[0, 0], [padding, padding], [padding, padding], [0, 0]]
    found = []
    for pad in (ReflectionPadding2D(padding), lambda x: tf.pad(x, paddings, "REFLECT")):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(weights * pad(x) ** 2)
        found.append(tape.gradient(loss, x))
    np.testing.assert_allclose(*found, rtol=1e-5, atol=1e-5)


def test_the_layer_takes_any_size_and_comes_back_from_its_config():
    layer = ReflectionPadding2D.from_config(ReflectionPadding2D(2).get_config())
    assert layer(keras.Input((None, 7, 3))).shape == (None, None, 11, 3)
    with pytest.raises(ValueError, match="argument `padding`. Expected a positive integer"):
        ReflectionPadding2D(0)


@pytest.mark.parametrize("sides", [(8, 12), (5, 13), (1, 3), (2, 17)])
def test_pictures_grow_to_multiples_and_are_cropped_back(sides):
    x = np.random.default_rng(0).normal(size=(2, *sides, 3)).astype("float32")
    grown = reflected(tf.constant(x), 4, 8)
    wanted = [max(8, -(-side // 4) * 4) for side in sides]
    missing = [(0, w - side) for w, side in zip(wanted, sides, strict=True)]
    np.testing.assert_array_equal(grown, np.pad(x, [(0, 0), *missing, (0, 0)], mode="reflect"))
    np.testing.assert_array_equal(cropped(grown, x), x)
