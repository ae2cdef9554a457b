"""A recurrent layer over time, with a gradient of its own.

Differentiated by TensorFlow, the loop adds up a gradient of the recurrent kernel in every step. Here it becomes one
matrix product over all steps, and so do the derivatives of the gates: almost twice as fast on a CPU.
"""

import tensorflow as tf


def recur(cell, outer, kernel, state):
    """The hidden states of a sequence.

    h_t, ... = cell(outer_t, h_{t-1} U, state_{t-1}). It has first derivatives only.

    Args:
        cell: of `kgen.networks.cells`.
        outer: x_t W + b, float [time, batch, gates * units]; at least one step.
        kernel: U, [units, gates * units], of the same dtype or a shorter one.
        state: tuple of [batch, units] before the first step.

    Returns:
        (h of each step [time, batch, units], the state after the last step).
    """

    @tf.custom_gradient
    def run(outer, kernel, *state):
        after, kept = _forward(cell, outer, kernel, state)

        def gradient(hidden, *last):
            before = [tf.concat([s[None], a[:-1]], axis=0) for s, a in zip(state, after, strict=True)]
            gates, first = _backward(cell, cell.factors(kept, before, after), kernel, hidden, last)
            inner = tf.cast(_flat(cell.inner(gates)), kernel.dtype)
            kernels = tf.matmul(tf.cast(_flat(before[0]), kernel.dtype), inner, transpose_a=True)
            return cell.outer(gates), kernels, *first

        return (after[0], *(a[-1] for a in after)), gradient

    hidden, *last = run(outer, kernel, *state)
    return hidden, tuple(last)


def product(hidden, kernel):
    """h U, in the kernel's precision; float [batch, ...] in that of h."""
    return tf.cast(tf.matmul(tf.cast(hidden, kernel.dtype), kernel), hidden.dtype)


def _forward(cell, outer, kernel, state):
    """States after all steps, each [time, batch, units], and what the way back needs."""
    steps, rows = _length(outer), state[0].shape

    def step(t, state, histories, kept):
        state, found = cell.move(outer[t], product(state[0], kernel), *state)
        histories = tuple(h.write(t, s) for h, s in zip(histories, state, strict=True))
        return t + 1, state, histories, kept.write(t, found)

    histories = tuple(_array(outer, rows) for _ in state)
    start = (tf.constant(0), tuple(state), histories, _array(outer, [rows[0], 4 * rows[1]]))
    _, _, histories, kept = tf.while_loop(lambda t, *_: t < steps, step, start)
    return [history.stack() for history in histories], kept.stack()


def _backward(cell, factors, kernel, hidden, last):
    """Gradients of the gates in all steps [time, batch, 4 units], and of the state before the first."""
    rows, back = last[0].shape, tf.transpose(kernel)

    def step(t, state, gates):
        state = (state[0] + hidden[t], *state[1:])
        found, state = cell.back(tuple(factor[t] for factor in factors), *state)
        state = (state[0] + product(cell.inner(found), back), *state[1:])
        return t - 1, state, gates.write(t, found)

    start = (_length(hidden) - 1, tuple(last), _array(hidden, [rows[0], 4 * rows[1]]))
    _, first, gates = tf.while_loop(lambda t, *_: t >= 0, step, start)
    return gates.stack(), first


def _length(x):
    """Steps of [time, ...]: an integer where it is known, which XLA needs."""
    return x.shape[0] or tf.shape(x)[0]


def _array(x, shape):
    return tf.TensorArray(x.dtype, _length(x), element_shape=shape)


def _flat(x):
    """[time, batch, n] to [time * batch, n]."""
    return tf.reshape(x, [-1, x.shape[-1]])
