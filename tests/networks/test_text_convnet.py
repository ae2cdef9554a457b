"""The text CNN against NumPy, and the highway layer's closed forms."""

import numpy as np
import pytest
import tensorflow as tf

import kgen
from kgen.networks.text_convnet import FILTERS, WIDTHS, TextConvNet, highway

RANDOM = np.random.default_rng(0)
TOKENS = RANDOM.integers(0, 7, (5, 6)).astype("int32")


def small(**options):
    return TextConvNet(7, 3, **{"widths": (1, 2, 6), "filters": (4, 3, 2), "output_l2": 0.2, **options})


def randomized(network):
    for variable in network.trainable_variables:
        variable.assign(RANDOM.normal(size=variable.shape))
    return network


def test_forward_equals_numpy():
    network = randomized(small())
    weights = {v.name: v.numpy().astype("float64") for v in network.trainable_variables}
    x, features = weights["embedding"][TOKENS], []
    for width in (1, 2, 6):
        kernel, bias = weights[f"kernel_{width}"], weights[f"bias_{width}"]
        answers = [np.einsum("bwd,wdn->bn", x[:, i : i + width], kernel) + bias for i in range(7 - width)]
        features.append(np.max(np.maximum(answers, 0), axis=0))
    f = np.concatenate(features, axis=1)
    assert (f == 0).any() and (f > 0).any()
    np.testing.assert_allclose(network.features(TOKENS), f, rtol=1e-5, atol=1e-5)
    t = 1 / (1 + np.exp(-(f @ weights["gate_kernel"] + weights["gate_bias"])))
    h = t * np.maximum(f @ weights["transform_kernel"] + weights["transform_bias"], 0) + (1 - t) * f
    o = h @ weights["output_kernel"] + weights["output_bias"]
    np.testing.assert_allclose(network(TOKENS), o[:, 1:] - o[:, :1], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("bias, expected", [(99.0, 3.0), (-99.0, 2.0), (0.0, 2.5)])
def test_highway_between_its_ends(bias, expected):
    """Open it is relu(x W + b) = relu(3), closed x, and half open their mean."""
    x, zero = tf.fill([1, 2], 2.0), tf.zeros([2, 2])
    found = highway(x, (0.5 * tf.eye(2), tf.fill([2], 2.0)), (zero, tf.fill([2], bias)))
    np.testing.assert_allclose(found, np.full((1, 2), expected), atol=1e-6)
    negative = highway(x, (-tf.eye(2), tf.zeros(2)), (zero, tf.fill([2], 99.0)))
    np.testing.assert_allclose(negative, np.zeros((1, 2)), atol=1e-6)


def test_dropout_is_before_the_last_layer_and_belongs_to_the_row():
    network = randomized(small(dropout=0.5))
    with kgen.noise.stream(0, 0, 5):
        first = network(TOKENS, training=True)
    with kgen.noise.stream(0, 0, 5):
        assert np.array_equal(first, network(TOKENS, training=True))
    assert np.abs(first - network(TOKENS)).max() > 1e-2
    network.output_kernel.assign(np.zeros(network.output_kernel.shape))
    with kgen.noise.stream(0, 0, 5):
        bias = network.output_bias.numpy()
        np.testing.assert_allclose(
            network(TOKENS, training=True), np.full((5, 1), bias[1] - bias[0]), rtol=1e-5
        )


def test_only_the_outputs_have_their_penalty():
    network = randomized(small(kernel_regularizer=None))
    outputs = [network.output_kernel, network.output_bias]
    expected = 0.2 * sum(0.5 * np.square(v.numpy()).sum() for v in outputs)
    assert float(kgen.losses.weight_penalty(network.trainable_variables)) == pytest.approx(expected, rel=1e-5)
    assert kgen.losses.weight_penalty(small(output_l2=0.0).trainable_variables) is None


def test_the_published_network():
    network = TextConvNet(50, 64)
    size = sum(FILTERS)
    assert size == 1720 and network(np.zeros((1, 20), "int32")).shape == (1, 1)
    kernels = sum(64 * w * n + n for w, n in zip(WIDTHS, FILTERS, strict=True))
    assert network.count_params() == 50 * 64 + kernels + 2 * (size + 1) * size + 2 * (size + 1)
    embedding = network.embedding.numpy()
    assert -1 <= embedding.min() < -0.9 and 0.9 < embedding.max() <= 1
    kernel = network.convolutions[5][0].numpy()
    assert np.abs(kernel).max() <= 0.2 and kernel.std() == pytest.approx(0.088, abs=0.002)
    assert not network.gate[1].numpy().any() and np.allclose(network.output_bias, 0.1)
