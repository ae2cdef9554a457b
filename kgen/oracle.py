"""A known LSTM that draws sequences of tokens and says how likely others are.

Reference: Yu et al. 2017, SeqGAN, "Synthetic Data Experiments", arXiv 1609.05473.
"""

import os

import keras
import numpy as np
import tensorflow as tf

from kgen import noise
from kgen.errors import integer_from, invalid, positive_integer
from kgen.sampling import inverse_cdf

START = 0  # The token before the first; it is a word of the vocabulary too.
GATES = "ifoc"  # Input, forget and output gate, and the candidate for the cell.
ROWS = 512  # In memory at once.


def _by_blocks(function, rows, dtype):
    """A function's rows, [n, T], computed 512 at a time: row i takes the same path whatever their number."""
    count = tf.shape(rows)[0]
    blocks = tf.maximum((count + ROWS - 1) // ROWS, 1)
    padded = tf.pad(rows, [[0, blocks * ROWS - count], [0, 0]])
    padded = tf.reshape(padded, [blocks, ROWS, tf.shape(rows)[1]])
    values = tf.map_fn(function, padded, parallel_iterations=1, fn_output_signature=dtype)
    return tf.reshape(values, [blocks * ROWS, -1])[:count]


@keras.saving.register_keras_serializable("kgen")
class Oracle:
    """The oracle of SeqGAN: an LSTM language model whose weights are known.

    i, f, o = sigmoid(W x_t + U h_{t-1} + b), one W, U and b each; c_t = f c_{t-1} + i tanh(W_c x_t + U_c
    h_{t-1} + b_c); h_t = o tanh(c_t); p(y_t | y_<t) = softmax(W_out h_t + b_out), where x_t is the embedding
    of y_{t-1}, y_0 = 0 and h_0 = c_0 = 0.

    Memory: 512 rows at once, 512 V float32 a few times (10 MB each for V = 5000), whatever their number.

    Args:
        weights: dict of arrays: embedding [V, E]; W_i, W_f, W_o and W_c [E, H]; U_i, U_f, U_o and U_c [H, H];
            b_i, b_f, b_o and b_c [H]; W_out [H, V]; b_out [V].

    Raises:
        ValueError: for weights that are missing, of other shapes or not finite.

    Example:

    >>> oracle = kgen.oracle.Oracle.random(vocabulary_size=50, seed=1)
    >>> tokens = oracle.sample(4, length=7, seed=2)
    >>> oracle.log_likelihood(tokens).shape
    TensorShape([4])

    Reference: Yu et al. 2017, "Synthetic Data Experiments", arXiv 1609.05473.
    """

    def __init__(self, weights):
        self.weights, self.path = _checked(weights), None
        self.vocabulary_size = len(self.weights["embedding"])
        with tf.init_scope():
            self._embedding, self._output, self._bias = (
                tf.constant(self.weights[name]) for name in ("embedding", "W_out", "b_out")
            )
            kernels = [np.concatenate([self.weights["W_" + g], self.weights["U_" + g]]) for g in GATES]
            self._kernel = tf.constant(np.concatenate(kernels, axis=1))  # [E + H, 4 H]
            self._gate_bias = tf.constant(np.concatenate([self.weights["b_" + g] for g in GATES]))

    @classmethod
    def load(cls, path):
        """The oracle of a file.

        Args:
            path: of an .npz file that holds the weights by name; `np.savez(path, **oracle.weights)` makes one.

        Returns:
            `Oracle`, whose config holds the path instead of the weights.

        Raises:
            ValueError: for no such file, or weights that do not belong together.
        """
        path = os.fspath(path)
        if not os.path.isfile(path):
            raise invalid("path", "an .npz file of weights", path=path)
        with np.load(path) as weights:
            oracle = cls(dict(weights))
        oracle.path = path
        return oracle

    @classmethod
    def random(cls, vocabulary_size=5000, embedding_dim=32, units=32, seed=0):
        """An oracle whose weights are all drawn from N(0, 1), as SeqGAN's were.

        Args:
            vocabulary_size: V.
            embedding_dim: E.
            units: H.
            seed: integer in [0, 2**31).

        Returns:
            `Oracle`.

        Raises:
            ValueError: for a size below 1, or a bad seed.
        """
        sizes = {"vocabulary_size": vocabulary_size, "embedding_dim": embedding_dim, "units": units}
        for name, size in sizes.items():
            positive_integer(name, size)
        _check_seed(seed)
        shapes = _shapes(vocabulary_size, embedding_dim, units)
        rows = noise.rows(seed, len(shapes))
        drawn = {
            name: noise.normal(rows[i : i + 1], shape)[0] for i, (name, shape) in enumerate(shapes.items())
        }
        return cls(drawn)

    def sample(self, num_samples, length=20, seed=0):
        """Sequences drawn from the oracle: row i is a function of (seed, i), its start of the start alone.

        y_t = min {k: sum_{j <= k} p(j | y_<t) > u_t}, one uniform number u_t for each row and position.

        Args:
            num_samples: how many.
            length: T.
            seed: integer in [0, 2**31).

        Returns:
            int32 array [num_samples, length].

        Raises:
            ValueError: bad arguments.
        """
        positive_integer("num_samples", num_samples)
        positive_integer("length", length)
        _check_seed(seed)
        return self._sample(noise.rows(seed, num_samples), tf.constant(length)).numpy()

    def log_likelihood(self, tokens, per_token=False):
        """How likely sequences are, in nats.

        sum_t log p(y_t | y_<t), or its terms

        Args:
            tokens: integers in 0..V - 1, [batch, T].
            per_token: whether to give the terms.

        Returns:
            float64 tensor [batch], or [batch, T] if `per_token`.

        Raises:
            ValueError: for tokens of another shape, or outside the vocabulary.
        """
        terms = tf.cast(self._score(self._read(tokens)), tf.float64)
        return terms if per_token else tf.reduce_sum(terms, axis=1)

    def get_config(self):
        if self.path is not None:
            return {"path": self.path}
        return {"weights": {name: array.tolist() for name, array in self.weights.items()}}

    @classmethod
    def from_config(cls, config):
        return cls.load(config["path"]) if "path" in config else cls(config["weights"])

    def _read(self, tokens):
        """Tokens as int32 [batch, T]; inside a graph their values are not known."""
        tokens = tf.convert_to_tensor(tokens)
        if tokens.shape.rank != 2 or not tokens.dtype.is_integer:
            raise invalid("tokens", "integers [batch, T]", shape=tokens.shape, dtype=tokens.dtype.name)
        if tf.executing_eagerly() and np.any((tokens < 0) | (tokens >= self.vocabulary_size)):
            raise invalid(
                "tokens",
                f"integers in 0..{self.vocabulary_size - 1}",
                largest=int(np.max(tokens)),
                smallest=int(np.min(tokens)),
            )
        return tf.cast(tokens, tf.int32)

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.int32), tf.TensorSpec([], tf.int32)])
    def _sample(self, seeds, length):
        """Sequences of row seeds."""

        def of_block(seeds):
            def choose(t, logits):
                token = inverse_cdf(logits, noise.uniform(noise.fold(seeds, t), (1,))[:, 0])
                return token, token

            return self._unrolled(length, tf.int32, choose)

        return _by_blocks(of_block, seeds, tf.int32)

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32)])
    def _score(self, tokens):
        """log p(y_t | y_<t) of sequences."""

        def of_block(tokens):
            def choose(t, logits):
                token = tokens[:, t]
                return token, tf.gather(logits, token, batch_dims=1) - tf.reduce_logsumexp(logits, axis=1)

            return self._unrolled(tf.shape(tokens)[1], tf.float32, choose)

        return _by_blocks(of_block, tokens, tf.float32)

    def _unrolled(self, length, dtype, choose):
        """What `choose` gives beside the next token, at each of the positions, [512, T]."""

        def step(t, token, hidden, cell, values):
            hidden, cell = self._cell(token, hidden, cell)
            token, value = choose(t, tf.matmul(hidden, self._output) + self._bias)
            return t + 1, token, hidden, cell, values.write(t, value)

        zeros = tf.zeros([ROWS, self._output.shape[0]])
        values = tf.TensorArray(dtype, length, element_shape=[ROWS])
        start = (tf.constant(0), tf.fill([ROWS], START), zeros, zeros, values)
        values = tf.while_loop(lambda t, *_: t < length, step, start)[-1]
        return tf.transpose(values.stack())

    def _cell(self, token, hidden, cell):
        """The hidden state and the cell after a token, [512, H] each."""
        x = tf.concat([tf.gather(self._embedding, token), hidden], axis=1)
        i, f, o, candidate = tf.split(tf.matmul(x, self._kernel) + self._gate_bias, 4, axis=1)
        cell = tf.sigmoid(f) * cell + tf.sigmoid(i) * tf.tanh(candidate)
        return tf.sigmoid(o) * tf.tanh(cell), cell


def _shapes(vocabulary_size, embedding_dim, units):
    """The shape of each weight, by name."""
    gates = {"W": (embedding_dim, units), "U": (units, units), "b": (units,)}
    return {
        "embedding": (vocabulary_size, embedding_dim),
        **{f"{kind}_{gate}": shape for gate in GATES for kind, shape in gates.items()},
        "W_out": (units, vocabulary_size),
        "b_out": (vocabulary_size,),
    }


def _checked(weights):
    """Weights as finite float32 arrays whose shapes belong together."""
    if missing := sorted(_shapes(1, 1, 1).keys() - weights.keys()):
        raise invalid("weights", f"a dict with {missing[0]!r}", names=sorted(weights))
    weights = {name: np.asarray(weights[name], "float32") for name in _shapes(1, 1, 1)}
    embedding, output = weights["embedding"], weights["W_out"]
    for name, array in weights.items():
        shape = _shapes(*(embedding.shape + (0, 0))[:2], output.shape[0] if output.ndim else 0)[name]
        if array.shape != shape or not array.size or not np.isfinite(array).all():
            raise invalid("weights", f"finite numbers {list(shape)} for {name!r}", shape=array.shape)
    return weights


def _check_seed(seed):
    integer_from(0, "seed", seed)
    if seed >= 2**31:
        raise invalid("seed", "an integer in [0, 2**31)", seed=seed)
