"""Recurrent cells: what one step does to the state, and what it does to a gradient on the way back.

The matrix products stand outside (kgen.networks.recurrence): a cell gets x_t W + b as `outer` and h_{t-1} U as
`inner`, [batch, gates * units] each. Its gradient is split: `factors` are computed for all steps at once, `back` is
what is left for the loop.
"""

import tensorflow as tf


class LSTM:
    """Long short-term memory.

    i, f, o = sigmoid(.), g = tanh(.) of `outer + inner`; c_t = f c_{t-1} + i g; h_t = o tanh(c_t).

    Reference: Hochreiter & Schmidhuber 1997; Gers et al. 2000 (f).
    """

    gates, states = 4, 2

    @staticmethod
    def move(outer, inner, hidden, cell):
        """The state (h, c) after a step, and what the way back needs, [batch, 4 units]."""
        i, f, g, o = tf.split(outer + inner, 4, axis=-1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        cell = f * cell + i * g
        return (o * tf.tanh(cell), cell), tf.concat([i, f, g, o], axis=-1)

    @staticmethod
    def factors(kept, before, after):
        """Derivatives dc/dh, dc/d(i, f, g), dh/do and dc_t/dc_{t-1} of all steps, [time, batch, ...]."""
        i, f, g, o = tf.split(kept, 4, axis=-1)
        out = tf.tanh(after[1])
        inside = tf.concat([g * i * (1 - i), before[1] * f * (1 - f), i * (1 - g * g)], axis=-1)
        return o * (1 - out * out), inside, out * o * (1 - o), f

    @staticmethod
    def back(factors, hidden, cell):
        """The gradient of the gates [batch, 4 units], and of the state but for the way through the gates."""
        through, inside, output, forget = factors
        cell = cell + hidden * through
        gates = tf.concat([tf.concat([cell] * 3, axis=-1) * inside, hidden * output], axis=-1)
        return gates, (tf.zeros_like(hidden), cell * forget)

    @staticmethod
    def inner(gates):
        """The part of the gates' gradient that belongs to `inner`."""
        return gates

    outer = inner


class GRU:
    """Gated recurrent unit, its reset gate behind the matrix product.

    z, r = sigmoid(.) of `outer + inner`; n = tanh(outer_n + r inner_n); h_t = z h_{t-1} + (1 - z) n.

    Reference: Cho et al. 2014, arXiv 1406.1078; version 1 of it has this reset gate.
    """

    gates, states = 3, 1

    @staticmethod
    def move(outer, inner, hidden):
        """The state (h,) after a step, and what the way back needs, [batch, 4 units]."""
        (z, r, n), (in_z, in_r, in_n) = (tf.split(part, 3, axis=-1) for part in (outer, inner))
        z, r = tf.sigmoid(z + in_z), tf.sigmoid(r + in_r)
        n = tf.tanh(n + r * in_n)
        return (z * hidden + (1 - z) * n,), tf.concat([z, r, n, in_n], axis=-1)

    @staticmethod
    def factors(kept, before, after):
        """Derivatives of h_t after the gates (z, r, inner_n, outer_n), and after h_{t-1}."""
        z, r, n, in_n = tf.split(kept, 4, axis=-1)
        new = (1 - z) * (1 - n * n)
        gates = [(before[0] - n) * z * (1 - z), new * in_n * r * (1 - r), new * r, new]
        return tf.concat(gates, axis=-1), z

    @staticmethod
    def back(factors, hidden):
        """The gradient of the gates [batch, 4 units], and of the state but for the way through the gates."""
        gates, stay = factors
        return tf.concat([hidden] * 4, axis=-1) * gates, (hidden * stay,)

    @staticmethod
    def inner(gates):
        """The part of the gates' gradient that belongs to `inner`."""
        return tf.split(gates, [gates.shape[-1] // 4 * 3, gates.shape[-1] // 4], axis=-1)[0]

    @staticmethod
    def outer(gates):
        """The part of the gates' gradient that belongs to `outer`."""
        z, r, _, n = tf.split(gates, 4, axis=-1)
        return tf.concat([z, r, n], axis=-1)


CELLS = {"lstm": LSTM, "gru": GRU}
