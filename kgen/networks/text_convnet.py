"""A convolutional network that judges sequences of tokens.

Reference: Kim 2014, arXiv 1408.5882; Srivastava et al. 2015 (highway), arXiv 1505.00387.
"""

import keras
import tensorflow as tf

from kgen.layers import Dropout

WIDTHS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20)
FILTERS = (100, 200, 200, 200, 200, 100, 100, 100, 100, 100, 160, 160)


class TextConvNet(keras.layers.Layer):
    """Tokens [batch, T] to logits [batch, 1] of being real.

    f = [max_i relu(e_i ... e_{i+w-1} * W_w + b_w)] over all widths w, e the embeddings; one highway layer,
    t = sigmoid(f W_t + b_t), h = t relu(f W_h + b_h) + (1 - t) f; (o_0, o_1) = dropout(h) W + b, and the logit is
    o_1 - o_0: the softmax of two outputs gives 1 the probability sigmoid(o_1 - o_0).

    Args:
        vocabulary_size: V.
        embedding_dim: numbers of a token's embedding, at first from U(-1, 1).
        widths: of the windows, in tokens, none of them above T.
        filters: how many of each width.
        dropout: share of h dropped in training.
        output_l2: lambda of lambda / 2 (|W|^2 + |b|^2), of the two outputs.
        kernel_regularizer: of every other kernel.
        **kwargs: `name`.

    Example:

    >>> network = kgen.networks.text_convnet.TextConvNet(7, 4, widths=(1, 3), filters=(5, 6))
    >>> network(np.zeros((2, 9), "int32")).shape
    TensorShape([2, 1])

    Reference: Yu et al. 2017, "The Discriminative Model for Sequences", arXiv 1609.05473, and the authors' code.
    """

    def __init__(
        self,
        vocabulary_size,
        embedding_dim=64,
        widths=WIDTHS,
        filters=FILTERS,
        dropout=0.25,
        output_l2=0.0,
        kernel_regularizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.kernel_regularizer = kernel_regularizer
        self.embedding = self._weight("embedding", (vocabulary_size, embedding_dim), _uniform())
        self.convolutions = [
            (
                self._weight(f"kernel_{width}", (width, embedding_dim, number), _normal()),
                self._weight(f"bias_{width}", (number,), _tenth()),
            )
            for width, number in zip(widths, filters, strict=True)
        ]
        size = sum(filters)
        self.transform = self._dense("transform", size, size)
        self.gate = self._dense("gate", size, size)
        self.dropout = Dropout(dropout)
        penalty = keras.regularizers.L2(output_l2 / 2) if output_l2 else None
        self.output_kernel = self._weight("output_kernel", (size, 2), _normal(), penalty)
        self.output_bias = self._weight("output_bias", (2,), _tenth(), penalty)
        self.built = True

    def _weight(self, name, shape, initializer, regularizer=None):
        regularizer = regularizer or (self.kernel_regularizer if "kernel" in name else None)
        return self.add_weight(name=name, shape=shape, initializer=initializer, regularizer=regularizer)

    def _dense(self, name, inputs, units):
        kernel = self._weight(f"{name}_kernel", (inputs, units), "glorot_uniform")
        return kernel, self._weight(f"{name}_bias", (units,), "zeros")

    def call(self, tokens, training=False):
        hidden = self.dropout(highway(self.features(tokens), self.transform, self.gate), training=training)
        outputs = affine(hidden, self.output_kernel, self.output_bias)
        return tf.cast(outputs[:, 1:] - outputs[:, :1], tf.float32)

    def features(self, tokens):
        """The strongest answer of each filter, [batch, filters], to sequences [batch, T]."""
        x = tf.gather(tf.convert_to_tensor(self.embedding), tokens)
        return tf.concat([strongest(x, kernel, bias) for kernel, bias in self.convolutions], axis=-1)


def strongest(x, kernel, bias):
    """max_i relu(x_i ... x_{i+w-1} * W + b), float [batch, n], of x [batch, T, d] and W [w, d, n]."""
    windows = tf.nn.conv1d(x, tf.convert_to_tensor(kernel), stride=1, padding="VALID")
    highest = tf.reduce_max(windows, axis=1)  # The order is that of relu(x + b).
    return tf.nn.relu(highest + tf.convert_to_tensor(bias))


def highway(x, transform, gate):
    """t relu(x W_h + b_h) + (1 - t) x with t = sigmoid(x W_t + b_t), [batch, n].

    Args:
        x: float [batch, n].
        transform: W_h [n, n] and b_h [n].
        gate: W_t [n, n] and b_t [n].

    Returns:
        Float tensor [batch, n].

    Reference: Srivastava et al. 2015, eq. 3, arXiv 1505.00387.
    """
    t = tf.sigmoid(affine(x, *gate))
    return t * tf.nn.relu(affine(x, *transform)) + (1 - t) * x


def affine(x, kernel, bias):
    """x W + b."""
    return tf.matmul(x, tf.convert_to_tensor(kernel)) + tf.convert_to_tensor(bias)


def _normal():
    return keras.initializers.TruncatedNormal(stddev=0.1)


def _uniform():
    return keras.initializers.RandomUniform(-1.0, 1.0)


def _tenth():
    return keras.initializers.Constant(0.1)
