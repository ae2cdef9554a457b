"""Spectral normalisation against NumPy's singular values."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgen import layers

RANDOM = np.random.default_rng(0)
KINDS = {
    "dense": (lambda **o: keras.layers.Dense(7, bias_initializer="normal", **o), (5, 4)),
    "conv1d": (lambda **o: keras.layers.Conv1D(3, 3, bias_initializer="normal", **o), (2, 9, 2)),
    "conv2d": (lambda **o: keras.layers.Conv2D(6, 3, bias_initializer="normal", **o), (2, 6, 7, 2)),
    "conv3d": (lambda **o: keras.layers.Conv3D(2, 2, bias_initializer="normal", **o), (2, 4, 4, 4, 1)),
}


def network(kind, **options):
    """The layer in a network, and inputs."""
    make, shape = KINDS[kind]
    layer = layers.SpectralNormalization(make(**options))
    return keras.Sequential([keras.Input(shape[1:]), layer]), RANDOM.normal(size=shape).astype("float32")


def flat(kernel):
    return np.reshape(kernel, [-1, np.shape(kernel)[-1]])


def largest_singular_value(kernel):
    return np.linalg.svd(flat(kernel), compute_uv=False)[0]


def iterate(layer, times):
    for _ in range(times):
        layer.power_iteration()


@pytest.mark.parametrize("kind", KINDS)
def test_sigma_is_the_largest_singular_value(kind):
    (layer,) = network(kind)[0].layers
    exact = largest_singular_value(layer.kernel)
    np.testing.assert_allclose(layer.sigma(), exact, rtol=0.1)
    iterate(layer, 300)
    np.testing.assert_allclose(layer.sigma(), exact, rtol=1e-5)
    np.testing.assert_allclose(largest_singular_value(layer.effective_matrix()), 1.0, rtol=1e-5)


def test_one_iteration_is_the_papers():
    (layer,) = network("dense")[0].layers
    layer.u.assign(np.eye(7)[2])
    w = layer.kernel.numpy().T  # The paper's W is [out, in], and its u and v change places with it.
    v = w.T @ np.eye(7)[2]
    u = w @ v / np.linalg.norm(w @ v)
    layer.power_iteration()
    np.testing.assert_allclose(layer.v, v / np.linalg.norm(v), atol=1e-6)
    np.testing.assert_allclose(layer.u, u, atol=1e-6)
    np.testing.assert_allclose(layer.sigma(), u @ w @ v / np.linalg.norm(v), rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_the_layer_runs_at_the_divided_kernel_and_its_own_bias(kind):
    made, x = network(kind, activation="tanh")
    (layer,) = made.layers
    plain = KINDS[kind][0](activation="tanh")
    plain.build(x.shape)
    plain.set_weights([layer.kernel.numpy() / layer.sigma().numpy(), layer.layer.bias])
    np.testing.assert_allclose(made(x), plain(x), atol=1e-6)


def test_dense_outputs_are_matrix_products():
    made, x = network("dense")
    (layer,) = made.layers
    iterate(layer, 300)
    w = layer.kernel.numpy()
    expected = x @ (w / largest_singular_value(w)) + layer.layer.bias.numpy()
    np.testing.assert_allclose(made(x), expected, rtol=1e-5, atol=1e-6)


def test_embeddings_are_divided():
    layer = layers.SpectralNormalization(keras.layers.Embedding(5, 3))
    made = keras.Sequential([keras.Input((2,), dtype="int32"), layer])
    rows = np.array([[0, 4], [2, 2]])
    np.testing.assert_allclose(made(rows), (layer.kernel.numpy() / layer.sigma().numpy())[rows], rtol=1e-6)


def test_a_call_moves_nothing():
    made, x = network("conv2d")
    before = made.get_weights()
    first = made(x, training=True).numpy()
    np.testing.assert_array_equal(made(x, training=True), first)
    for a, b in zip(before, made.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", ["dense", "conv2d"])
def test_the_gradient_goes_through_sigma(kind):
    """Miyato 2018, eq. 10: dL/dW = (dL/dW' - <dL/dW', W'> v u^T) / sigma, with W' = W / sigma."""
    made, x = network(kind)
    (layer,) = made.layers
    u, v, sigma = layer.u.numpy(), layer.v.numpy(), layer.sigma().numpy()
    weights = tf.constant(RANDOM.normal(size=made(x).shape), "float32")
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(weights * tf.sin(made(x)))
    found = flat(tape.gradient(loss, layer.kernel.value))
    plain = KINDS[kind][0]()
    plain.build(x.shape)
    plain.set_weights([layer.kernel.numpy() / sigma, layer.layer.bias])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(weights * tf.sin(plain(x)))
    g = flat(tape.gradient(loss, plain.kernel.value))
    expected = (g - np.sum(g * flat(plain.kernel)) * np.outer(v, u)) / sigma
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_the_gradient_is_that_of_the_true_norm_after_convergence():
    """Finite differences of x W / ||W||_2, the norm by NumPy."""
    made, x = network("dense")
    (layer,) = made.layers
    iterate(layer, 300)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(made(x)))
    found = tape.gradient(loss, layer.kernel.value).numpy()
    w, bias = layer.kernel.numpy().astype("float64"), layer.layer.bias.numpy()

    def value(w):
        return np.sin(x @ (w / largest_singular_value(w)) + bias).sum()

    for i, j in np.ndindex(w.shape):
        step = np.zeros_like(w)
        step[i, j] = 1e-5
        slope = (value(w + step) - value(w - step)) / 2e-5
        np.testing.assert_allclose(found[i, j], slope, atol=1e-4)


def test_what_is_trained_is_the_kernel_and_the_bias():
    made, _ = network("dense", kernel_regularizer="l2")
    assert [v.name for v in made.trainable_variables] == ["kernel", "bias"]
    assert sorted(v.name for v in made.non_trainable_variables) == ["u", "v"]
    np.testing.assert_allclose(sum(made.losses), 0.01 * np.sum(np.square(made.layers[0].kernel)), rtol=1e-5)


def test_the_start_follows_the_seed():
    starts = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        starts.append(network("dense", kernel_initializer="ones")[0].layers[0])
    assert all(np.isclose(np.linalg.norm(layer.u), 1) for layer in starts)
    keras.utils.set_random_seed(1)
    first = network("dense")[0].get_weights()
    keras.utils.set_random_seed(1)
    for a, b in zip(first, network("dense")[0].get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_kernel_of_zeros_stays_finite_and_recovers():
    made, x = network("dense", kernel_initializer="zeros")
    (layer,) = made.layers
    iterate(layer, 2)
    np.testing.assert_allclose(made(x), np.broadcast_to(layer.layer.bias, (5, 7)))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(made(x))
    np.testing.assert_allclose(tape.gradient(loss, layer.kernel.value)[:, 0], x.sum(0), rtol=1e-5)
    layer.kernel.assign(np.random.default_rng(0).normal(size=layer.kernel.shape))
    iterate(layer, 200)
    np.testing.assert_allclose(layer.sigma(), largest_singular_value(layer.kernel), rtol=1e-5)


@pytest.mark.parametrize("kind", ["dense", "conv2d"])
@pytest.mark.parametrize("policy, tolerance", [("mixed_float16", 2e-3), ("mixed_bfloat16", 2e-2)])
def test_mixed_precision_is_close_and_sigma_is_float32(kind, policy, tolerance):
    exact, x = network(kind)
    keras.config.set_dtype_policy(policy)
    made = network(kind)[0]
    made.set_weights(exact.get_weights())
    y = made(x)
    assert y.dtype == made.outputs[0].dtype == policy.removeprefix("mixed_")
    np.testing.assert_allclose(np.asarray(y, "float32"), exact(x), atol=tolerance)
    gradients = []
    for one in (exact, made):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.cast(one(x), "float32") ** 2)
            sigma = one.layers[0].sigma()
        gradients.append(tape.gradient(loss, one.layers[0].kernel.value).numpy())
        assert sigma.dtype == "float32" and gradients[-1].dtype == "float32"
    assert np.abs(gradients[1] - gradients[0]).max() < 5 * tolerance * np.abs(gradients[0]).max()


@pytest.mark.parametrize("wrapper", [layers.SpectralNormalization, layers.WeightNormalization])
def test_the_kernel_is_divided_before_it_is_rounded(wrapper):
    """The kernel is beyond float16, the divided one is not."""
    keras.config.set_dtype_policy("mixed_float16")
    options = {} if wrapper is layers.SpectralNormalization else {"trainable_scale": False}
    layer = wrapper(keras.layers.Dense(4, kernel_initializer=keras.initializers.Constant(1e5)), **options)
    made = keras.Sequential([keras.Input((4,)), layer])
    expected = 1.0 if wrapper is layers.SpectralNormalization else 2.0
    np.testing.assert_allclose(made(np.ones((1, 4))), [[expected] * 4], rtol=1e-3)
    np.testing.assert_allclose(layer(np.ones((1, 4))), [[expected] * 4], rtol=1e-3)


def test_compiled_steps_agree():
    made, x = network("conv2d")
    (layer,) = made.layers
    start = made.get_weights()

    def step(x):
        layer.power_iteration()
        return made(x)

    expected = step(x).numpy()
    for xla in (False, True):
        made.set_weights(start)
        np.testing.assert_allclose(tf.function(step, jit_compile=xla)(x), expected, atol=1e-5)
        assert not np.array_equal(layer.u, start[0])


@pytest.mark.parametrize("kind", KINDS)
def test_saving_keeps_everything(kind, tmp_path):
    made, x = network(kind, activation="relu")
    iterate(made.layers[0], 3)
    made.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert loaded.to_json() == made.to_json()
    np.testing.assert_array_equal(loaded(x), made(x))
    np.testing.assert_array_equal(loaded.layers[0].u, made.layers[0].u)
    assert keras.models.clone_model(made).layers[0].layer.activation is keras.activations.relu


def test_a_built_layer_keeps_its_weights():
    inner = keras.layers.Dense(3)
    inner.build((None, 4))
    before = inner.kernel.numpy()
    layer = layers.SpectralNormalization(inner)
    layer(np.ones((1, 4), "float32"))
    np.testing.assert_array_equal(layer.kernel, before)


def test_spectral_layers_are_found_at_any_depth():
    inside = keras.Sequential([layers.SpectralNormalization(keras.layers.Dense(3)), keras.layers.Dense(2)])
    outside = keras.Sequential(
        [keras.Input((4,)), inside, layers.SpectralNormalization(keras.layers.Dense(1))]
    )
    assert layers.spectral_layers(outside) == [inside.layers[0], outside.layers[1]]
    assert layers.spectral_layers(keras.Sequential([keras.layers.Dense(3)])) == []


@pytest.mark.parametrize("wrapper", [layers.SpectralNormalization, layers.WeightNormalization])
@pytest.mark.parametrize("wrong", [keras.layers.Conv2DTranspose(2, 3), keras.layers.LSTM(2), "dense"])
def test_other_layers_are_refused(wrapper, wrong):
    expected = (
        "argument `layer`. Expected a Dense, Conv1D, Conv2D, Conv3D or Embedding layer. Received: layer="
    )
    with pytest.raises(ValueError, match=expected):
        wrapper(wrong)
