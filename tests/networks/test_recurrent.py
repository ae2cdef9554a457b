"""Recurrent networks against Keras's layers and TensorFlow's own gradient."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
from kgen.networks.cells import CELLS
from kgen.networks.recurrence import product, recur
from kgen.networks.recurrent import RecurrentNetwork

RANDOM = np.random.default_rng(5)
KERAS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}
cells = pytest.mark.parametrize("name", CELLS)


def network(**options):
    built = RecurrentNetwork(7, **{"embedding_dim": 4, "units": 5, "num_layers": 2, **options})
    for weight in built.weights:
        weight.assign(RANDOM.normal(size=weight.shape) * 0.5)
    return built


def tokens(rows=3, length=6):
    return tf.constant(RANDOM.integers(0, 7, (rows, length)), tf.int32)


def keras_logits(built, name, read):
    """The same numbers by Keras's own layers; its second bias of a GRU is zero."""
    weights = built.values()
    x = tf.gather(weights["embedding"], read)
    for i in range(built.num_layers):
        layer = KERAS[name](built.units, return_sequences=True, use_cudnn=False)
        layer.build(x.shape)
        bias = weights[f"bias_{i}"]
        bias = bias if name == "lstm" else tf.stack([bias, tf.zeros_like(bias)])
        layer.set_weights([weights[f"kernel_{i}"], weights[f"recurrent_kernel_{i}"], bias])
        x = layer(x)
    return tf.tensordot(x, weights["output_kernel"], 1) + weights["output_bias"]


@cells
def test_logits_are_those_of_keras(name):
    built, read = network(cell=name), tokens()
    np.testing.assert_allclose(built(read), keras_logits(built, name, read), rtol=1e-5, atol=1e-6)


@cells
def test_gradients_are_those_of_tensorflow(name):
    """Of the inputs, the kernel and the state before, through all hidden states and the last state."""
    cell, steps, rows, units = CELLS[name], 7, 3, 4
    outer = tf.constant(RANDOM.normal(size=(steps, rows, cell.gates * units)))
    kernel = tf.constant(RANDOM.normal(size=(units, cell.gates * units)))
    state = tuple(tf.constant(RANDOM.normal(size=(rows, units))) for _ in range(cell.states))
    weights = [tf.constant(RANDOM.normal(size=(steps, rows, units)))]
    weights += [tf.constant(RANDOM.normal(size=(rows, units))) for _ in range(cell.states)]

    def plain(cell, outer, kernel, state):
        hidden = []
        for step in tf.unstack(outer):
            state, _ = cell.move(step, product(state[0], kernel), *state)
            hidden.append(state[0])
        return tf.stack(hidden), state

    found = []
    for function in (recur, plain):
        with tf.GradientTape() as tape:
            tape.watch([outer, kernel, *state])
            hidden, last = function(cell, outer, kernel, state)
            total = tf.add_n([tf.reduce_sum(w * y) for w, y in zip(weights, (hidden, *last), strict=True)])
        found.append([hidden, *last, *tape.gradient(total, [outer, kernel, *state])])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)
    assert all(np.abs(gradient).max() > 1e-3 for gradient in found[0])


@cells
@pytest.mark.parametrize("jit", [False, True])
def test_the_gradient_in_a_graph_and_under_xla(name, jit):
    built, read = network(cell=name), tokens()

    def gradient():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(kgen.losses.token_nats(read[:, 1:], built(read)[:, :-1]))
        return [tf.convert_to_tensor(g) for g in tape.gradient(loss, [v.value for v in built.weights])]

    for ours, eager in zip(tf.function(gradient, jit_compile=jit)(), gradient(), strict=True):
        np.testing.assert_allclose(ours, eager, rtol=1e-4, atol=1e-6)


@cells
def test_reading_in_parts_and_step_by_step_equals_reading_at_once(name):
    built, read = network(cell=name), tokens(length=9)
    weights, zero = built.values("float64"), built.zero_state(3, "float64")
    whole, last = built.read(weights, read, zero)
    first, state = built.read(weights, read[:, :4], zero)
    second, state = built.read(weights, read[:, 4:], state)
    np.testing.assert_allclose(tf.concat([first, second], 1), whole, rtol=1e-12)
    steps, state = [], zero
    for t in range(9):
        logits, state = built.step(weights, read[:, t], state)
        steps.append(logits)
    np.testing.assert_allclose(tf.stack(steps, 1), whole, rtol=1e-10)
    for ours, theirs in zip(tf.nest.flatten(state), tf.nest.flatten(last), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)


@pytest.mark.parametrize("units, parts", [(4, 2), (5, 3)])
def test_tied_embeddings_have_no_output_kernel_of_their_own(units, parts):
    built = network(units=units, tied_embeddings=True)
    outer = [name for name in built.named if "embedding" in name or "output" in name]
    assert len(outer) == parts and built(tokens()).shape == (3, 6, 7)
    weights = built.values()
    hidden = tf.constant(RANDOM.normal(size=(2, units)), tf.float32)
    inside = hidden @ weights["output_kernel"] if parts == 3 else hidden
    expected = inside @ tf.transpose(weights["embedding"]) + weights["output_bias"]
    np.testing.assert_allclose(built.logits(weights, hidden), expected, rtol=1e-5)


def test_the_forget_gate_remembers_at_first():
    np.testing.assert_array_equal(RecurrentNetwork(7, 4, 3).named["bias_0"], [0] * 3 + [1] * 3 + [0] * 6)
    assert not RecurrentNetwork(7, 4, 3, cell="gru").named["bias_0"].numpy().any()


def test_one_initializer_makes_all_weights_and_none_twice():
    keras.utils.set_random_seed(1)
    built = RecurrentNetwork(300, 32, 32, initializer=keras.initializers.RandomNormal(stddev=0.1))
    values = np.concatenate([weight.numpy().ravel() for weight in built.weights])
    assert values.std() == pytest.approx(0.1, rel=0.02) and values.mean() == pytest.approx(0, abs=0.002)
    kernels = [built.named[name].numpy() for name in ("kernel_0", "recurrent_kernel_0")]
    assert not np.array_equal(*kernels)


def test_dropout_is_one_mask_for_all_places_of_a_row():
    built = network(dropout=0.5)
    x = tf.ones([6, 3, 40])
    with kgen.noise.stream(0, 0, 3):
        dropped = built._dropped(x, training=True).numpy()
    assert set(np.unique(dropped)) == {0.0, 2.0}
    np.testing.assert_array_equal(dropped, np.repeat(dropped[:1], 6, axis=0))
    assert not np.array_equal(dropped[0, 0], dropped[0, 1])
    np.testing.assert_array_equal(built(tokens(), training=False).shape, [3, 6, 7])


def test_half_precision_is_close_and_its_logits_are_single():
    read, single = tokens(), network()
    keras.config.set_dtype_policy("mixed_bfloat16")
    half = network()
    for ours, theirs in zip(half.weights, single.weights, strict=True):
        ours.assign(theirs)
    found = half.read(half.values(), read, half.zero_state(3))[0]
    assert found.dtype == tf.float32 and half.values()["kernel_0"].dtype == tf.bfloat16
    np.testing.assert_allclose(found, single(read), atol=0.05)
