"""Causal convolutions that read tokens: what is said of a place depends on the places before it alone.

Reference: Bai, Kolter & Koltun 2018, arXiv 1803.01271.
"""

import math

import tensorflow as tf

from kgen.networks.tokens import TokenNetwork, linear


class CausalNetwork(TokenNetwork):
    """Tokens through residual blocks of dilated causal convolutions to logits of the next ones.

    A block is relu(x + F(x)), F two times convolution, weight normalisation w = g v / ||v||, ReLU and dropout; the
    dilation of block i is 2^i. The state is what each convolution has to remember of its input, so that a text
    that is read in parts, or token by token, gives the same logits as at once.

    Args:
        vocabulary_size, embedding_dim: see `TokenNetwork`.
        channels: of each block.
        kernel_size: taps of each convolution.
        num_blocks: residual blocks.
        weight_normalization: whether kernels have their length as a parameter of its own.
        **options: of `TokenNetwork`.

    Example:

    >>> network = kgen.networks.causal.CausalNetwork(7, 4, channels=5, num_blocks=2)
    >>> network(np.zeros((2, 3), "int32")).shape, network.receptive_field
    (TensorShape([2, 3, 7]), 13)

    Reference: Bai 2018, sections 3.1 to 3.4, arXiv 1803.01271.
    """

    def __init__(
        self,
        vocabulary_size,
        embedding_dim,
        channels,
        kernel_size=3,
        num_blocks=4,
        weight_normalization=True,
        **options,
    ):
        super().__init__(vocabulary_size, embedding_dim, channels, **options)
        self.kernel_size, self.weight_normalization = kernel_size, weight_normalization
        self.sizes = [embedding_dim, *[channels] * (2 * num_blocks - 1)]  # Of each convolution's input.
        for i, size in enumerate(self.sizes):
            self._add(f"kernel_{i}", (kernel_size * size, channels), "he_normal")
            self._add(f"bias_{i}", (channels,), "zeros")
            if weight_normalization:
                self._add(f"length_{i}", (channels,), _he_length)
        if embedding_dim != channels:
            self._add("shortcut_kernel", (embedding_dim, channels))

    @property
    def receptive_field(self):
        """How many tokens a logit depends on."""
        return 1 + sum(map(self._memory, range(len(self.sizes))))

    def values(self, dtype=None):
        """Weights by name, kernels with their lengths; see `TokenNetwork`."""
        weights = super().values(dtype)
        for i in range(len(self.sizes) if self.weight_normalization else 0):
            weights[f"kernel_{i}"] = normalized(weights[f"kernel_{i}"], weights.pop(f"length_{i}"))
        return weights

    def zero_state(self, num_rows, dtype=None):
        """What each convolution remembers before the first token: zeros [num_rows, places, channels]."""
        dtype = dtype or self.compute_dtype
        return tuple(tf.zeros([num_rows, self._memory(i), size], dtype) for i, size in enumerate(self.sizes))

    def read(self, weights, tokens, state, training=False):
        """Logits [batch, time, V] after each of the tokens [batch, time], and the state after the last."""
        x, after = self._dropped(self.embed(weights, tokens), training), []
        for i in range(0, len(self.sizes), 2):
            y, first = self._convolved(weights, i, x, state[i], training)
            y, second = self._convolved(weights, i + 1, y, state[i + 1], training)
            x = tf.nn.relu(y + (x if x.shape[-1] == y.shape[-1] else linear(x, weights["shortcut_kernel"])))
            after += [first, second]
        return self.logits(weights, x), tuple(after)

    def step(self, weights, token, state):
        """Logits [batch, V] after one token [batch], and the state after it."""
        logits, state = self.read(weights, token[:, None], state)
        return logits[:, 0], state

    def _convolved(self, weights, i, x, memory, training):
        """ReLU of a convolution, and what it remembers of its input."""
        x = tf.concat([tf.cast(memory, x.dtype), x], axis=1)
        y = causal(x, weights[f"kernel_{i}"], self.kernel_size, self._dilation(i)) + weights[f"bias_{i}"]
        return self._dropped(tf.nn.relu(y), training), x[:, _length(x) - self._memory(i) :]

    def _dilation(self, i):
        return 2 ** (i // 2)

    def _memory(self, i):
        """Places before the first that a convolution sees."""
        return (self.kernel_size - 1) * self._dilation(i)

    def _dropped(self, x, training):
        """x [batch, time, n] without what a row's mask drops."""
        mask = self.mask(x, training)
        return x if mask is None else x * mask[:, None]


def causal(x, kernel, kernel_size, dilation=1):
    """A dilated convolution; at a single place it is a matrix product, which is faster there.

    y_t = sum_j x_{t + j d} W_j, j = 0 ... k - 1: without padding, so that (k - 1) d places are lost.

    Args:
        x: float [batch, time, n].
        kernel: [k n, m], the taps one after the other.
        kernel_size: k.
        dilation: d.

    Returns:
        Float tensor [batch, time - (k - 1) d, m].

    Example:

    >>> x = tf.reshape(tf.range(6.0), [1, 6, 1])
    >>> kgen.networks.causal.causal(x, tf.ones([2, 1]), 2, dilation=3).numpy().ravel().tolist()
    [3.0, 5.0, 7.0]

    Reference: Bai 2018, section 3.2, arXiv 1803.01271.
    """
    lost = (kernel_size - 1) * dilation
    if x.shape[1] == lost + 1:
        return linear(tf.reshape(x[:, ::dilation], [-1, 1, kernel.shape[0]]), kernel)
    filters = tf.reshape(kernel, [kernel_size, -1, kernel.shape[1]])
    return tf.nn.convolution(x, filters, padding="VALID", dilations=dilation)


def _length(x):
    return x.shape[1] or tf.shape(x)[1]


def normalized(kernel, length):
    """Columns of a kernel [n, m] with these lengths [m]: w = g v / ||v||; Salimans & Kingma 2016, eq. 2.

    Example:

    >>> kernel, length = tf.constant([[3.0], [4.0]]), tf.constant([10.0])
    >>> kgen.networks.causal.normalized(kernel, length).numpy().round(4).tolist()
    [[6.0], [8.0]]
    """
    return length * kernel * tf.math.rsqrt(tf.reduce_sum(tf.square(kernel), axis=0))


def _he_length(shape, dtype=None):
    """Length of a column of "he_normal", so that the first numbers are as large without normalisation."""
    return tf.fill(shape, tf.constant(math.sqrt(2.0), dtype))
