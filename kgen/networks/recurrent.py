"""Recurrent networks that read tokens: embeddings, one or several recurrent layers, logits."""

import tensorflow as tf

from kgen.networks.cells import CELLS, LSTM
from kgen.networks.recurrence import product, recur
from kgen.networks.tokens import TokenNetwork, linear, precise


class RecurrentNetwork(TokenNetwork):
    """Tokens through stacked recurrent layers to logits of the next ones.

    Args:
        vocabulary_size, embedding_dim: see `TokenNetwork`.
        units: of each layer.
        num_layers: recurrent layers.
        cell: "lstm" or "gru".
        **options: of `TokenNetwork`.

    Example:

    >>> network = kgen.networks.recurrent.RecurrentNetwork(7, 4, units=5, num_layers=2)
    >>> network(np.zeros((2, 3), "int32")).shape
    TensorShape([2, 3, 7])

    Reference: Graves 2013, arXiv 1308.0850 (stacked layers).
    """

    def __init__(self, vocabulary_size, embedding_dim, units, num_layers=1, cell="lstm", **options):
        super().__init__(vocabulary_size, embedding_dim, units, **options)
        self.units, self.num_layers, self.cell = units, num_layers, CELLS[cell]
        gates = self.cell.gates * units
        for i in range(num_layers):
            self._add(f"kernel_{i}", (embedding_dim if i == 0 else units, gates))
            self._add(f"recurrent_kernel_{i}", (units, gates), "orthogonal")
            self._add(f"bias_{i}", (gates,), _remembering if self.cell is LSTM else "zeros")

    def zero_state(self, num_rows, dtype="float32"):
        """The state before the first token: for each layer a tuple of [num_rows, units]."""
        layer = tuple(tf.zeros([num_rows, self.units], dtype) for _ in range(self.cell.states))
        return tuple(layer for _ in range(self.num_layers))

    def read(self, weights, tokens, state, training=False):
        """Logits [batch, time, V] after each of the tokens [batch, time], and the state after the last."""
        x, after = self.embed(weights, tf.transpose(tokens)), []  # [time, batch, ...]
        for i, before in enumerate(state):
            outer = self._outer(weights, i, self._dropped(x, training))
            x, last = recur(self.cell, outer, weights[f"recurrent_kernel_{i}"], before)
            after.append(last)
        hidden = tf.transpose(self._dropped(x, training), [1, 0, 2])
        return self.logits(weights, hidden), tuple(after)

    def step(self, weights, token, state):
        """Logits [batch, V] after one token [batch], and the state after it."""
        x, after = self.embed(weights, token), []
        for i, before in enumerate(state):
            inner = product(before[0], weights[f"recurrent_kernel_{i}"])
            last, _ = self.cell.move(self._outer(weights, i, x), inner, *before)
            x = last[0]
            after.append(last)
        return self.logits(weights, x), tuple(after)

    def _outer(self, weights, i, x):
        """x W + b of a layer."""
        return precise(linear(x, weights[f"kernel_{i}"])) + precise(weights[f"bias_{i}"])

    def _dropped(self, x, training):
        """x [time, batch, n] without what a row's mask drops."""
        mask = self.mask(x[0], training)
        return x if mask is None else x * mask[None]


def _remembering(shape, dtype=None):
    """Biases of an LSTM: 1 for the forget gate, which so remembers at first; Jozefowicz et al. 2015."""
    units = shape[0] // 4
    return tf.repeat(tf.constant([0.0, 1.0, 0.0, 0.0], dtype), units)
