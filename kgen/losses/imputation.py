"""Losses of players that fill in what is missing, functions of one logit for each cell.

Reference: Yoon 2018, arXiv 1806.02920.
"""

import tensorflow as tf
from keras import ops

from kgen import replicas


def mask_cross_entropy(logits, mask, counted):
    """Cross-entropy of which cells are observed, under the discriminator's logits.

    -mean over counted cells of m log D + (1 - m) log(1 - D) = mean of softplus(l) - m l, with D = sigmoid(l).

    Args:
        logits: float tensor [batch, ...], one for each cell.
        mask: of the same shape, 1 where a cell is observed.
        counted: of the same shape, 1 where a cell counts.

    Returns:
        Float tensor [batch], in nats.

    Example:

    >>> cells = np.ones([1, 2], "float32")
    >>> round(float(kgen.losses.mask_cross_entropy(0 * cells, cells, cells)[0]), 4)
    0.6931

    Reference: Yoon 2018, eq. 9 and 12, arXiv 1806.02920.
    """
    return _mean(ops.softplus(logits) - mask * logits, counted)


def imputation_adversarial(logits, mask, counted):
    """What the generator pays for the missing cells that the discriminator finds.

    -mean over counted cells of (1 - m) log D = mean of (1 - m) softplus(-l), with D = sigmoid(l).

    Args:
        logits: float tensor [batch, ...], one for each cell.
        mask: of the same shape, 1 where a cell is observed.
        counted: of the same shape, 1 where a cell counts.

    Returns:
        Float tensor [batch], in nats.

    Example:

    >>> cells = np.ones([1, 2], "float32")
    >>> float(kgen.losses.imputation_adversarial(0 * cells, cells, cells)[0])
    0.0

    Reference: Yoon 2018, eq. 13, arXiv 1806.02920.
    """
    return _mean((1.0 - mask) * ops.softplus(-logits), counted)


def observed_mean(errors, mask):
    """Mean error of the observed cells.

    mean(m e) / mean(m), with the mean of m over the global batch.

    Args:
        errors: float tensor [batch, ...], one for each cell.
        mask: of the same shape, 1 where a cell is observed.

    Returns:
        Float tensor [batch] whose mean is that of all observed cells.

    Example:

    >>> mask = np.array([[1.0, 0.0], [1.0, 1.0]], "float32")
    >>> float(np.mean(kgen.losses.observed_mean(np.array([[3.0, 9.0], [1.0, 2.0]], "float32"), mask)))
    2.0

    Reference: Yoon 2018, eq. 14 and the authors' code, arXiv 1806.02920.
    """
    share = replicas.mean(tf.reduce_mean(tf.cast(mask, tf.float32)))
    return tf.math.divide_no_nan(_mean(errors * mask, tf.ones_like(mask)), share)


def _mean(values, counted):
    """Mean over the counted cells of each example."""
    values, counted = (tf.reshape(x, [tf.shape(x)[0], -1]) for x in (values * counted, counted))
    return tf.math.divide_no_nan(tf.reduce_sum(values, axis=1), tf.reduce_sum(counted, axis=1))
