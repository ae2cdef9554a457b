"""How unlikely a language model finds tokens, in nats."""

import tensorflow as tf

from kgen import replicas


def token_nats(tokens, logits):
    """What each token costs under the logits that were given for its place.

    -log p(y) = log sum_k exp l_k - l_y.

    Args:
        tokens: integer tensor [...], ids in [0, V).
        logits: float tensor [..., V].

    Returns:
        float32 tensor [...], in nats.

    Example:

    >>> round(float(kgen.losses.token_nats(np.array([3]), np.zeros((1, 65), "float32"))[0]), 4)
    4.1744

    Reference: Bengio et al. 2003, "A neural probabilistic language model", section 2.
    """
    return tf.nn.sparse_softmax_cross_entropy_with_logits(tokens, tf.cast(logits, tf.float32))


def mean_over_tokens(nats, counts):
    """Mean over the tokens that count, of the global batch where several replicas share it.

    sum_i w_i n_i / sum_i w_i, where w_i is 1 or, for padding, 0. With several replicas the sum is this replica's
    and the number of tokens the mean over replicas: the mean of these values is that of the global batch.

    Args:
        nats: float tensor [...].
        counts: bool tensor of the same shape.

    Returns:
        Scalar float32 tensor, 0 where no token counts.

    Example:

    >>> float(kgen.losses.mean_over_tokens(tf.constant([1.0, 3.0, 9.0]), tf.constant([True, True, False])))
    2.0
    """
    number = replicas.mean(tf.reduce_sum(tf.cast(counts, tf.float32)))
    return tf.math.divide_no_nan(tf.reduce_sum(tf.where(counts, nats, 0.0)), number)
