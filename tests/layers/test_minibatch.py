"""Minibatch discrimination against a loop in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgen import layers

X = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")


def made(num_kernels=3, kernel_dim=2, **options):
    layer = layers.MinibatchDiscrimination(num_kernels, kernel_dim, **options)
    layer.build((None, 4))
    return layer


def looped(x, kernel, num_kernels, kernel_dim):
    """Salimans 2016, section 3.2, example by example."""
    tensor = kernel.reshape([-1, num_kernels, kernel_dim])
    o = np.zeros([len(x), num_kernels])
    for b in range(num_kernels):
        for i in range(len(x)):
            for j in range(len(x)):
                if i != j:
                    o[i, b] += np.exp(-np.abs(x[i] @ tensor[:, b] - x[j] @ tensor[:, b]).sum())
    return np.concatenate([x, o], 1)


@pytest.mark.parametrize("sizes", [(3, 2), (1, 5), (7, 1)])
def test_it_equals_the_loop(sizes):
    layer = made(*sizes)
    np.testing.assert_allclose(layer(X), looped(X, layer.kernel.numpy(), *sizes), rtol=1e-5, atol=1e-6)


def test_equal_examples_see_all_others_and_distant_ones_none():
    x = np.concatenate([np.zeros((3, 4)), 1e3 * np.eye(4)]).astype("float32")
    found = made(2)(x).numpy()[:, 4:]
    np.testing.assert_allclose(found, [[2, 2]] * 3 + [[0, 0]] * 4, atol=1e-6)
    np.testing.assert_array_equal(made(2)(X[:1])[:, 4:], [[0, 0]])


def test_one_example_moves_the_features_of_the_others():
    layer, x = made(), tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        first = tf.reduce_sum(layer(x)[0, 4:])
    assert (np.abs(tape.gradient(first, x)).max(1) > 1e-3).all()


def test_the_gradient_of_the_kernel_by_finite_differences():
    layer = made()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(X) ** 2)
    found = tape.gradient(loss, layer.kernel.value).numpy()
    kernel = layer.kernel.numpy().astype("float64")
    for index in np.ndindex(kernel.shape):
        step = np.zeros_like(kernel)
        step[index] = 1e-6
        ends = [(looped(X.astype("float64"), kernel + s * step, 3, 2) ** 2).sum() for s in (1, -1)]
        np.testing.assert_allclose(found[index], (ends[0] - ends[1]) / 2e-6, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("policy, tolerance", [("mixed_float16", 1e-2), ("mixed_bfloat16", 5e-2)])
def test_the_comparison_is_float32_in_any_precision(policy, tolerance):
    exact = made()
    layer = made(dtype=policy)
    layer.set_weights(exact.get_weights())
    y = layer(X)
    assert y.dtype == policy.removeprefix("mixed_")
    np.testing.assert_allclose(np.asarray(y, "float32"), exact(X), atol=tolerance)


def test_batches_of_unknown_size_compiled():
    layer = made()
    for xla in (False, True):
        signature = [tf.TensorSpec([None, 4], tf.float32)]
        run = tf.function(lambda x: layer(x), input_signature=signature, jit_compile=xla)
        np.testing.assert_allclose(run(X), layer(X), atol=1e-5)


def test_saving_keeps_everything(tmp_path):
    network = keras.Sequential([keras.Input((4,)), layers.MinibatchDiscrimination(3, 2, "he_normal")])
    assert network.output_shape == (None, 7)
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert loaded.to_json() == network.to_json()
    np.testing.assert_array_equal(loaded(X), network(X))


@pytest.mark.parametrize(
    "sizes, name", [((0,), "num_kernels"), ((2.5,), "num_kernels"), ((2, 0), "kernel_dim")]
)
def test_sizes_are_positive_integers(sizes, name):
    with pytest.raises(
        ValueError, match=f"argument `{name}`. Expected a positive integer. Received: {name}="
    ):
        layers.MinibatchDiscrimination(*sizes)
