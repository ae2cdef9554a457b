"""Weight normalisation against its closed forms."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgen import layers

RANDOM = np.random.default_rng(0)


def dense(trainable_scale=True, units=4, **options):
    """A layer of three inputs in a network, and inputs."""
    inner = keras.layers.Dense(units, bias_initializer="normal", **options)
    layer = layers.WeightNormalization(inner, trainable_scale=trainable_scale)
    return keras.Sequential([keras.Input((3,)), layer]), RANDOM.normal(size=(6, 3)).astype("float32")


def test_it_starts_as_the_wrapped_layer():
    made, x = dense()
    (layer,) = made.layers
    np.testing.assert_allclose(layer.g, np.linalg.norm(layer.kernel, axis=0), rtol=1e-6)
    np.testing.assert_allclose(made(x), layer.layer(x), atol=1e-6)


def test_outputs_follow_length_and_direction():
    made, x = dense()
    (layer,) = made.layers
    g, v, b = np.array([2.0, -1.0, 0.5, 3.0]), RANDOM.normal(size=(3, 4)), RANDOM.normal(size=4)
    layer.g.assign(g)
    layer.kernel.assign(v)
    layer.layer.bias.assign(b)
    expected = x @ (g * v / np.sqrt((v**2).sum(0))) + b
    np.testing.assert_allclose(made(x), expected, rtol=1e-5, atol=1e-6)


def test_a_fixed_length_is_one():
    made, x = dense(trainable_scale=False)
    (layer,) = made.layers
    v = layer.kernel.numpy()
    np.testing.assert_allclose(made(x), x @ (v / np.linalg.norm(v, axis=0)) + layer.layer.bias, atol=1e-6)
    assert [w.name for w in made.trainable_variables] == ["kernel", "bias"]
    assert [w.name for w in dense()[0].trainable_variables] == ["g", "kernel", "bias"]


def test_gradients_are_the_papers():
    """Salimans & Kingma 2016, eq. 3: dL/dg = <dL/dw, v> / ||v||, dL/dv = g / ||v|| (dL/dw - dL/dg v / ||v||)."""
    made, x = dense()
    (layer,) = made.layers
    layer.g.assign([2.0, -1.0, 0.5, 3.0])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(made(x)))
    found_g, found_v = tape.gradient(loss, [layer.g.value, layer.kernel.value])
    g, v, b = layer.g.numpy(), layer.kernel.numpy(), layer.layer.bias.numpy()
    norm = np.linalg.norm(v, axis=0)
    grad_w = x.T @ np.cos(x @ (g * v / norm) + b)
    grad_g = (grad_w * v).sum(0) / norm
    np.testing.assert_allclose(found_g, grad_g, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found_v, g / norm * (grad_w - grad_g * v / norm), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("trainable_scale", [True, False])
def test_initialize_gives_outputs_mean_zero_and_variance_one(trainable_scale):
    made, x = dense(trainable_scale)
    x = 3 * x + 5
    (layer,) = made.layers
    direction = layer.kernel.numpy() / np.linalg.norm(layer.kernel, axis=0)
    y = layer.initialize(x).numpy()
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(y.var(0), 1, rtol=1e-4)
    np.testing.assert_array_equal(y, made(x))
    t = x @ direction
    np.testing.assert_allclose(layer.g, 1 / t.std(0), rtol=1e-4)
    np.testing.assert_allclose(layer.layer.bias, -t.mean(0) / t.std(0), rtol=1e-3)


def test_a_convolution_is_normalised_per_filter_and_initialised_per_channel():
    layer = layers.WeightNormalization(keras.layers.Conv2D(4, 3))
    x = RANDOM.normal(size=(5, 6, 7, 2)).astype("float32") + 1
    y = layer.initialize(x).numpy()
    np.testing.assert_allclose(y.mean((0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(y.var((0, 1, 2)), 1, rtol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(layer.effective_matrix(), axis=0), layer.g, rtol=1e-5)
    layer.kernel.assign(3 * layer.kernel.numpy())
    np.testing.assert_allclose(layer(x), y, atol=1e-5)


@pytest.mark.parametrize("options", [{"use_bias": False}, {"activation": "relu"}])
def test_initialize_needs_a_bias_and_no_activation(options):
    made, x = dense(**options)
    with pytest.raises(ValueError, match="Expected a layer with a bias and no activation. Received: layer="):
        made.layers[0].initialize(x)


def test_a_column_of_zeros_stays_finite():
    made, x = dense(kernel_initializer="zeros", trainable_scale=False)
    with tf.GradientTape() as tape:
        y = made(x)
    np.testing.assert_allclose(y, np.broadcast_to(made.layers[0].layer.bias, (6, 4)))
    assert np.isfinite(tape.gradient(y, made.layers[0].kernel.value)).all()


@pytest.mark.parametrize("policy, tolerance", [("mixed_float16", 5e-3), ("mixed_bfloat16", 5e-2)])
def test_mixed_precision_is_close(policy, tolerance):
    exact, x = dense()
    keras.config.set_dtype_policy(policy)
    made = dense()[0]
    made.set_weights(exact.get_weights())
    assert made(x).dtype == policy.removeprefix("mixed_")
    np.testing.assert_allclose(np.asarray(made(x), "float32"), exact(x), atol=tolerance)
    assert made.layers[0].effective_matrix().dtype == "float32"


def test_compiled_outputs_agree():
    made, x = dense()
    for xla in (False, True):
        np.testing.assert_allclose(tf.function(lambda x: made(x), jit_compile=xla)(x), made(x), atol=1e-5)


@pytest.mark.parametrize("trainable_scale", [True, False])
def test_saving_keeps_everything(trainable_scale, tmp_path):
    made, x = dense(trainable_scale)
    made.layers[0].initialize(x)
    made.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert loaded.to_json() == made.to_json()
    assert loaded.layers[0].trainable_scale is trainable_scale
    np.testing.assert_array_equal(loaded(x), made(x))
