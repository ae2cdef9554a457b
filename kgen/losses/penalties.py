"""Penalties on the gradient of a score with respect to its input."""

import tensorflow as tf
from keras import ops

from kgen import replicas


def gradient_penalty(score, real, fake, alpha, target=1.0, one_sided=False):
    """Penalty on the norm of the score's gradient between real and fake samples.

    (||grad_x score(x)||_2 - target)^2 at x = real + alpha (fake - real), the paper's point with eps = 1 - alpha.

    Args:
        score: function from samples [batch, ...] to scores or logits [batch, 1] or [batch].
        real: float tensor [batch, ...].
        fake: float tensor like `real`.
        alpha: float tensor [batch, 1, ...] in [0, 1), one number per sample.
        target: norm that costs nothing.
        one_sided: whether smaller norms cost nothing either, max(0, norm - target)^2.

    Returns:
        Float tensor [batch].

    Example:

    >>> w = tf.constant([[3.0], [4.0]])
    >>> x = tf.zeros((2, 2))
    >>> kgen.losses.gradient_penalty(lambda x: x @ w, x, x + 1, tf.fill((2, 1), 0.5)).numpy().round(4).tolist()
    [16.0, 16.0]

    Reference: Gulrajani 2017, eq. 3, arXiv 1704.00028; one-sided: Petzka 2018, eq. 8, arXiv 1709.08894.
    """
    excess = gradient_norm(score, real + alpha * (fake - real)) - target
    return ops.square(ops.relu(excess) if one_sided else excess)


def r1_penalty(score, real):
    """Penalty on the score's gradient at real samples; the weight gamma is the caller's.

    1/2 ||grad_x score(x)||_2^2.

    Args:
        score: function from samples [batch, ...] to scores or logits [batch, 1] or [batch].
        real: float tensor [batch, ...].

    Returns:
        Float tensor [batch].

    Example:

    >>> w = tf.constant([[3.0], [4.0]])
    >>> kgen.losses.r1_penalty(lambda x: x @ w, tf.zeros((2, 2))).numpy().tolist()
    [12.5, 12.5]

    Reference: Mescheder 2018, eq. 9, arXiv 1801.04406.
    """
    return 0.5 * _squared_gradient(score, real)


def dragan_points(real, noise_uniform, alpha):
    """Points around real samples where DRAGAN's gradient penalty is taken.

    x + alpha 0.5 std u, with std over all numbers of the batch of all replicas.

    Args:
        real: float tensor [batch, ...].
        noise_uniform: float tensor like `real`, u in [0, 1).
        alpha: float tensor [batch, 1, ...] in [0, 1), one number per sample.

    Returns:
        Float tensor like `real`.

    Example:

    >>> x = tf.constant([[1.0], [3.0]])
    >>> kgen.losses.dragan_points(x, tf.constant([[0.5], [1.0]]), tf.ones((2, 1))).numpy().tolist()
    [[1.25], [3.5]]

    Reference: Kodali 2017, arXiv 1705.07215, and the authors' code.
    """
    mean = replicas.mean(ops.mean(real))
    deviation = ops.sqrt(replicas.mean(ops.mean(ops.square(real - mean))))
    return real + alpha * 0.5 * deviation * noise_uniform


def gradient_norm(score, x):
    """Norm of the score's gradient, one per sample.

    ||grad_x score(x)||_2, with 1e-12 under the root so that its own gradient exists at zero.

    Args:
        score: function from samples [batch, ...] to scores [batch, 1] or [batch].
        x: float tensor [batch, ...].

    Returns:
        Float tensor [batch].

    Example:

    >>> x = tf.constant([[3.0, 4.0]])
    >>> round(float(kgen.losses.gradient_norm(lambda x: 0.5 * tf.reduce_sum(x**2, 1), x)[0]), 4)
    5.0

    Reference: Gulrajani 2017, algorithm 1, arXiv 1704.00028.
    """
    return ops.sqrt(_squared_gradient(score, x) + 1e-12)


def _squared_gradient(score, x):
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        scores = score(x)
    gradient = ops.cast(tape.gradient(scores, x), "float32")
    return ops.sum(ops.square(gradient), axis=tuple(range(1, len(x.shape))))
