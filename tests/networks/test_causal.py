"""Causal networks: the convolution against Keras's, what a place sees, reading in parts."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
from kgen.networks.causal import CausalNetwork, causal, normalized

RANDOM = np.random.default_rng(6)


def network(**options):
    built = CausalNetwork(7, **{"embedding_dim": 4, "channels": 5, "num_blocks": 3, **options})
    for weight in built.weights:
        weight.assign(RANDOM.normal(size=weight.shape) * 0.5)
    return built


def tokens(rows=3, length=20):
    return tf.constant(RANDOM.integers(0, 7, (rows, length)), tf.int32)


@pytest.mark.parametrize("kernel_size, dilation", [(1, 1), (2, 1), (3, 2), (2, 5)])
def test_the_convolution_is_that_of_keras(kernel_size, dilation):
    x, kernel = RANDOM.normal(size=(2, 12, 3)), RANDOM.normal(size=(kernel_size, 3, 4))
    layer = keras.layers.Conv1D(4, kernel_size, dilation_rate=dilation, padding="causal", use_bias=False)
    layer.build(x.shape)
    layer.set_weights([kernel])
    padded = np.pad(x, [(0, 0), ((kernel_size - 1) * dilation, 0), (0, 0)]).astype("float32")
    found = causal(
        tf.constant(padded), tf.constant(kernel.reshape([-1, 4]), tf.float32), kernel_size, dilation
    )
    np.testing.assert_allclose(found, layer(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("options", [{}, {"kernel_size": 2}, {"weight_normalization": False}])
def test_a_place_sees_itself_and_its_receptive_field(options):
    built = network(channels=32, **options)
    field, read = built.receptive_field, tokens(length=40)
    whole = built(read).numpy()
    changed = read.numpy()
    changed[:, 3] = (changed[:, 3] + 1) % 7
    differs = np.abs(built(changed) - whole).max(axis=(0, 2)) > 1e-6
    assert field == 1 + 2 * (options.get("kernel_size", 3) - 1) * 7
    assert not differs[:3].any() and differs[3] and not differs[3 + field :].any()
    assert differs[3 + field - 1]


def test_reading_in_parts_and_step_by_step_equals_reading_at_once():
    built, read = network(), tokens(length=50)
    weights, zero = built.values("float64"), built.zero_state(3, "float64")
    whole, last = built.read(weights, read, zero)
    parts, state = [], zero
    for start, end in ((0, 1), (1, 30), (30, 33), (33, 50)):
        logits, state = built.read(weights, read[:, start:end], state)
        parts.append(logits)
    np.testing.assert_allclose(tf.concat(parts, 1), whole, rtol=1e-10, atol=1e-12)
    steps, state = [], zero
    for t in range(50):
        logits, state = built.step(weights, read[:, t], state)
        steps.append(logits)
    np.testing.assert_allclose(tf.stack(steps, 1), whole, rtol=1e-10, atol=1e-12)
    for ours, theirs in zip(state, last, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


def test_weight_normalization_sets_the_length_of_each_column():
    kernel, length = RANDOM.normal(size=(6, 4)), np.array([1.0, 2.0, 0.5, 3.0])
    found = normalized(tf.constant(kernel), tf.constant(length)).numpy()
    np.testing.assert_allclose(np.linalg.norm(found, axis=0), length, rtol=1e-12)
    np.testing.assert_allclose(found / length, kernel / np.linalg.norm(kernel, axis=0), rtol=1e-12)
    kernels = CausalNetwork(7, 32, channels=64).values()["kernel_1"]
    np.testing.assert_allclose(np.linalg.norm(kernels, axis=0), np.sqrt(2.0), rtol=1e-5)


def test_the_shortcut_has_a_kernel_where_widths_differ_only():
    assert "shortcut_kernel" in network().named
    assert "shortcut_kernel" not in network(channels=4).named
    assert network(channels=4)(tokens()).shape == (3, 20, 7)


def test_dropout_drops_whole_channels_of_a_row():
    built = network(dropout=0.5)
    with kgen.noise.stream(0, 0, 3):
        dropped = built._dropped(tf.ones([3, 6, 40]), training=True).numpy()
    assert set(np.unique(dropped)) == {0.0, 2.0}
    np.testing.assert_array_equal(dropped, np.repeat(dropped[:, :1], 6, axis=1))
    assert not np.array_equal(dropped[0], dropped[1])


@pytest.mark.parametrize("jit", [False, True])
def test_in_a_graph_and_under_xla(jit):
    built, read = network(), tokens()
    found = tf.function(built.call, jit_compile=jit)(read)
    np.testing.assert_allclose(found, built(read), rtol=1e-4, atol=1e-5)
