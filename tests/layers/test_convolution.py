"""The convolution's own forms against Keras's: values, gradients, second gradients, archives."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgen.layers import Conv2D
from kgen.layers import convolution as form

RNG = np.random.default_rng(0)
X = tf.constant(RNG.normal(size=(3, 9, 10, 2)), tf.float32)
FORMS = {"side_by_side": ((3, 7, 2, 3), 4), "by_products": ((3, 3, 2, 5), 8)}  # Kernel, width of the output.


def naive(x, kernel):
    """y[p, q] = sum of x[p + i, q + j] k[i, j]."""
    rows, columns = kernel.shape[:2]
    height, width = x.shape[1] - rows + 1, x.shape[2] - columns + 1
    parts = [
        np.einsum("bpqc,cf->bpqf", x[:, i : i + height, j : j + width], kernel[i, j])
        for i in range(rows)
        for j in range(columns)
    ]
    return sum(parts)


def gradients(function, *arguments):
    """The first gradients of a curved loss, and the gradients of those."""
    with tf.GradientTape() as outer:
        outer.watch(arguments)
        with tf.GradientTape() as inner:
            inner.watch(arguments)
            loss = tf.reduce_sum(tf.sin(function(*arguments)))
        first = inner.gradient(loss, arguments)
        total = sum(tf.reduce_sum(g**3) for g in first)
    return [*first, *outer.gradient(total, arguments)]


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_the_convolution(name):
    shape, width = FORMS[name]
    kernel = tf.constant(RNG.normal(size=shape), tf.float32)
    y = getattr(form, name)(X, kernel)
    assert y.shape == (3, 7, width, shape[-1])
    np.testing.assert_allclose(y, naive(X.numpy(), kernel.numpy()), atol=1e-4)


@pytest.mark.parametrize("name", FORMS)
def test_a_forms_gradients_are_the_convolutions(name):
    kernel = tf.constant(RNG.normal(size=FORMS[name][0]), tf.float32)
    found = gradients(getattr(form, name), X, kernel)
    expected = gradients(lambda x, k: tf.nn.conv2d(x, k, 1, "VALID"), X, kernel)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5 * np.abs(other).max())


LAYERS = {
    "few channels": ({"filters": 3, "kernel_size": 7}, "side_by_side"),
    "many": ({"filters": 8, "kernel_size": 3}, "by_products"),
    "another width": ({"filters": 3, "kernel_size": 6}, "by_products"),
    "strides": ({"filters": 3, "kernel_size": 3, "strides": 2}, None),
    "padding": ({"filters": 3, "kernel_size": 3, "padding": "same"}, None),
    "dilation": ({"filters": 3, "kernel_size": 3, "dilation_rate": 2}, None),
    "groups": ({"filters": 4, "kernel_size": 3, "groups": 2}, None),
}


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("options, chosen", LAYERS.values(), ids=LAYERS)
def test_the_layer_is_keras(options, chosen, policy, monkeypatch):
    called = []
    for name in FORMS:
        own = getattr(form, name)
        monkeypatch.setattr(form, name, lambda *a, own=own, name=name: called.append(name) or own(*a))
    x = tf.constant(RNG.normal(size=(2, 14, 14, 4)), tf.float32)
    ours = Conv2D(**options, dtype=policy, activation="tanh")
    theirs = keras.layers.Conv2D.from_config(ours.get_config())
    theirs.build(x.shape)
    found = ours(x)
    theirs.set_weights(ours.get_weights())
    expected = theirs(x)
    assert called == ([chosen] if chosen and (chosen == "side_by_side" or policy != "float32") else [])
    assert found.dtype == expected.dtype
    tolerance = 1e-5 if policy == "float32" else 1e-2
    np.testing.assert_allclose(tf.cast(found, "float32"), tf.cast(expected, "float32"), atol=tolerance)


@pytest.mark.parametrize("filters", [3, 8])
def test_gradients_in_bfloat16_are_those_in_float32_as_far_as_it_goes(filters):
    x, kernel = (
        tf.constant(RNG.normal(size=shape), tf.float32) for shape in ((2, 9, 9, 4), (2, 2, 4, filters))
    )
    layer = Conv2D(filters, 2, dtype="mixed_bfloat16")
    layer.build(x.shape)
    layer.kernel.assign(kernel)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(tf.cast(layer(x), "float32")))
    found = tape.gradient(loss, layer.kernel.value)
    expected = gradients(lambda x, k: tf.nn.conv2d(x, k, 1, "VALID"), x, kernel)[1]
    assert found.dtype == tf.float32
    assert float(tf.norm(found - expected) / tf.norm(expected)) < 0.02


def test_any_size_and_archives_as_with_keras(tmp_path):
    network = keras.Sequential([keras.Input((None, None, 2)), Conv2D(3, 3)])
    network.save(tmp_path / "m.keras")
    network.save_weights(tmp_path / "m.weights.h5")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    theirs = keras.Sequential([keras.Input((None, None, 2)), keras.layers.Conv2D(3, 3)])
    theirs.load_weights(tmp_path / "m.weights.h5")
    for sides in ((6, 6), (7, 9)):
        x = RNG.normal(size=(1, *sides, 2))
        np.testing.assert_allclose(loaded(x), theirs(x), atol=1e-6)
