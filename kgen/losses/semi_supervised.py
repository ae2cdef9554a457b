"""Losses of a classifier of K classes whose implicit class K + 1 is "fake"."""

from keras import ops

from kgen import replicas


def implicit_fake_logit(logits):
    """The logit of "real" of a classifier whose class "fake" has the logit zero.

    l = log sum_k exp l_k, so that D(x) = sum_k exp l_k / (sum_k exp l_k + 1) = sigmoid(l).
    `real_cross_entropy(l)` and `fake_cross_entropy(l)` are the two unsupervised terms.

    Args:
        logits: float tensor [..., K], of the real classes.

    Returns:
        float32 tensor [...].

    Example:

    >>> round(float(kgen.losses.implicit_fake_logit(np.zeros(3, "float32"))), 4)
    1.0986

    Reference: Salimans 2016, section 5, arXiv 1606.03498.
    """
    return ops.logsumexp(ops.cast(logits, "float32"), axis=-1)


def supervised_cross_entropy(logits, labels):
    """Cross-entropy of the labelled samples of a batch.

    -log p(y | x, real) / r where there is a label and 0 elsewhere, with r the share of labelled samples in the
    batch of all replicas: the mean over the batch is the mean over the labelled ones, and 0 without any.

    Args:
        logits: float tensor [batch, K].
        labels: integer tensor [batch], classes in [0, K), -1 where the label is unknown.

    Returns:
        float32 tensor [batch], in nats.

    Example:

    >>> values = kgen.losses.supervised_cross_entropy(np.zeros((2, 3), "float32"), np.array([2, -1]))
    >>> [round(float(value), 4) for value in values]
    [2.1972, 0.0]

    Reference: Salimans 2016, section 5, arXiv 1606.03498.
    """
    labelled = ops.cast(labels >= 0, "float32")
    target = ops.one_hot(labels, logits.shape[-1], dtype="float32")  # All zero where the label is -1.
    cross_entropy = ops.sum(target * -ops.log_softmax(ops.cast(logits, "float32")), axis=-1)
    return ops.divide_no_nan(cross_entropy, replicas.mean(ops.mean(labelled)))


def unlabelled_weights(labels):
    """Weights by which the samples without a label stand for the real ones of a batch.

    1/u where there is no label and 0 elsewhere, with u the share of these samples in the batch of all replicas;
    1 where each sample of it has a label.

    Args:
        labels: integer tensor [batch], -1 where the label is unknown.

    Returns:
        float32 tensor [batch], of mean 1 over the batch of all replicas.

    Example:

    >>> [round(float(w), 4) for w in kgen.losses.unlabelled_weights(np.array([2, -1, -1, -1]))]
    [0.0, 1.3333, 1.3333, 1.3333]

    Reference: Salimans 2016, section 5, arXiv 1606.03498; the authors' code has two batches.
    """
    unlabelled = ops.cast(labels < 0, "float32")
    share = replicas.mean(ops.mean(unlabelled))
    return ops.where(share > 0, ops.divide_no_nan(unlabelled, share), 1.0)
