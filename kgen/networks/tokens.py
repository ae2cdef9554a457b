"""What networks that read tokens one after the other share: embeddings, logits, dropout, weights as tensors."""

import keras
import tensorflow as tf

from kgen.layers import Dropout


class TokenNetwork(keras.layers.Layer):
    """Abstract base of networks from tokens, and a state, to the logits of the tokens that come next.

    All its functions are pure: they take the weights as a dict of tensors, as `values` gives them. A subclass
    supplies `zero_state(num_rows, dtype)`, a nest of tensors [num_rows, ...]; `read(weights, tokens, state,
    training)` from tokens [batch, time] to (logits [batch, time, V], the state after them); and `step(weights,
    token, state)` from [batch] to (logits [batch, V], the state after it).

    Args:
        vocabulary_size: V.
        embedding_dim: numbers of a token's embedding.
        width: of what the logits are computed from.
        tied_embeddings: whether logits are products with the embeddings, behind a projection where the width is
            another one (Press & Wolf 2017, arXiv 1608.05859); otherwise with a kernel of their own.
        dropout: share of the embedding's, the hidden layers' and the last layer's numbers that is dropped in
            training, the same ones at all places of a row (Gal & Ghahramani 2016, arXiv 1512.05287).
        initializer: of every weight, biases included; None for the usual ones.
        kernel_regularizer: of every kernel.
        **kwargs: `name`.
    """

    def __init__(
        self,
        vocabulary_size,
        embedding_dim,
        width,
        tied_embeddings=False,
        dropout=0.0,
        initializer=None,
        kernel_regularizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.tied_embeddings = tied_embeddings
        self.initializer, self.kernel_regularizer = initializer, kernel_regularizer
        self.dropout = Dropout(dropout)
        self.named = {}
        self._add("embedding", (vocabulary_size, embedding_dim), "uniform")
        if not tied_embeddings:
            self._add("output_kernel", (width, vocabulary_size))
        elif width != embedding_dim:
            self._add("output_kernel", (width, embedding_dim))
        self._add("output_bias", (vocabulary_size,), "zeros")
        self.built = True

    def _add(self, name, shape, initializer="glorot_uniform"):
        """One more weight; kernels are regularised."""
        self.named[name] = self.add_weight(
            name=name,
            shape=shape,
            initializer=_new(self.initializer or initializer),
            regularizer=self.kernel_regularizer if "kernel" in name else None,
            autocast=False,
        )

    def values(self, dtype=None):
        """Weights by name.

        Args:
            dtype: of the tensors; that of the layer's policy if None.

        Returns:
            Dict name -> tensor.
        """
        return {name: tf.cast(v.value, dtype or self.compute_dtype) for name, v in self.named.items()}

    def embed(self, weights, tokens):
        """Embeddings [..., embedding_dim] of tokens [...]."""
        return tf.gather(weights["embedding"], tokens)

    def logits(self, weights, hidden):
        """Logits [..., V], in single precision at least, of hidden numbers [..., width]."""
        if "output_kernel" in weights:
            hidden = linear(hidden, weights["output_kernel"])
        if self.tied_embeddings:
            hidden = linear(hidden, tf.transpose(weights["embedding"]))
        return precise(hidden) + precise(weights["output_bias"])

    def mask(self, x, training):
        """A row's dropout mask [batch, n] for x of dtype and size n, scaled; None where nothing is dropped."""
        if not training or not self.dropout.rate:
            return None
        return tf.cast(self.dropout(tf.ones([tf.shape(x)[0], x.shape[-1]]), training=True), x.dtype)

    def call(self, tokens, training=False):
        """Logits [batch, time, V] of tokens [batch, time] read from the beginning."""
        state = self.zero_state(tf.shape(tokens)[0])
        return self.read(self.values(), tokens, state, training)[0]


def _new(initializer):
    """An initialiser of its own: Keras's give the same numbers for the same shape whenever they are called."""
    initializer = keras.initializers.get(initializer)
    return initializer.clone() if isinstance(initializer, keras.initializers.Initializer) else initializer


def linear(x, kernel, bias=None):
    """x W + b over the last axis, as one matrix product."""
    y = tf.tensordot(tf.cast(x, kernel.dtype), kernel, 1)
    return y if bias is None else y + bias


def precise(x):
    """x in single precision, or in double where it is so already."""
    return x if x.dtype == tf.float64 else tf.cast(x, tf.float32)
