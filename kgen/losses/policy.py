"""What a policy that writes sequences loses by its choices."""

import tensorflow as tf

from kgen import replicas
from kgen.losses.language import mean_over_tokens


def policy_gradient(nats, values, counts, mean=False):
    """A loss whose gradient is minus an unbiased estimate of the expected reward's.

    L = sum_n sum_t -log p(y_t | y_<t) Q(t), of the global batch; no gradient flows through Q.

    Args:
        nats: -log p(y_t | y_<t) of tokens that the policy drew itself, float tensor [batch, T].
        values: Q, what each of them is worth, float tensor [batch, T].
        counts: bool tensor [batch, T], False for padding, which is no choice.
        mean: whether to divide by the number of tokens that count.

    Returns:
        Scalar float32 tensor; the mean over replicas is the value of the global batch.

    Example:

    >>> nats, values = tf.constant([[1.0, 3.0, 9.0]]), tf.constant([[0.5, 1.0, 1.0]])
    >>> float(kgen.losses.policy_gradient(nats, values, tf.constant([[True, True, False]])))
    3.5

    Reference: Yu et al. 2017, eq. 7, arXiv 1609.05473; Williams 1992 (REINFORCE).
    """
    losses = nats * tf.stop_gradient(values)
    if mean:
        return mean_over_tokens(losses, counts)
    return replicas.count() * tf.reduce_sum(tf.where(counts, losses, 0.0))
