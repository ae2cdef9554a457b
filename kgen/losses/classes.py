"""The loss of a classifier whose examples all have labels."""

from keras import ops


def class_cross_entropy(logits, labels):
    """Cross-entropy of the classes under a classifier's logits.

    -log p(y | x) = log sum_k exp l_k - l_y.

    Args:
        logits: float tensor [batch, K].
        labels: integer tensor [batch], classes in [0, K).

    Returns:
        float32 tensor [batch], in nats.

    Example:

    >>> round(float(kgen.losses.class_cross_entropy(np.zeros((1, 4), "float32"), np.array([2]))[0]), 4)
    1.3863

    Reference: Odena 2017, eq. 3, arXiv 1610.09585; Chen 2016, eq. 5, arXiv 1606.03657.
    """
    target = ops.one_hot(labels, logits.shape[-1], dtype="float32")
    return -ops.sum(target * ops.log_softmax(ops.cast(logits, "float32")), axis=-1)
