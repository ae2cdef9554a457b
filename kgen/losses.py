"""Every formula once: pure functions of logits, pictures or latent statistics, in nats.

Each returns one value per example, [batch], unless it says otherwise; the caller averages.
"""

import math

import keras
import tensorflow as tf
from keras import ops


def real_cross_entropy(logits, smoothing=0.0):
    """Cross-entropy of "real" under a discriminator's logits.

    -(1 - s) log D - s log(1 - D) = softplus(-l) + s l, with D = sigmoid(l).

    Args:
        logits: float tensor of any shape.
        smoothing: one-sided label smoothing s in [0, 1): the target is 1 - s.

    Returns:
        Float tensor of the logits' shape, in nats.

    Example:

    >>> round(float(kgen.losses.real_cross_entropy(np.float32(0.0))), 4)
    0.6931

    Reference: Goodfellow 2014, eq. 1, arXiv 1406.2661; smoothing: Salimans 2016, 3.4, arXiv 1606.03498.
    """
    return ops.softplus(-logits) + smoothing * logits


def fake_cross_entropy(logits):
    """Cross-entropy of "fake" under a discriminator's logits.

    -log(1 - D) = softplus(l).

    Args:
        logits: float tensor of any shape.

    Returns:
        Float tensor of the logits' shape, in nats.

    Example:

    >>> round(float(kgen.losses.fake_cross_entropy(np.float32(0.0))), 4)
    0.6931

    Reference: Goodfellow 2014, eq. 1, arXiv 1406.2661.
    """
    return ops.softplus(logits)


def non_saturating(fake_logits):
    """The generator's loss that keeps its gradient when the discriminator wins.

    -log D(G(z)) = softplus(-l).

    Args:
        fake_logits: float tensor, the discriminator's logits of generated samples.

    Returns:
        Float tensor of the logits' shape, in nats.

    Example:

    >>> round(float(kgen.losses.non_saturating(np.float32(0.0))), 4)
    0.6931

    Reference: Goodfellow 2014, section 3, arXiv 1406.2661.
    """
    return ops.softplus(-fake_logits)


def minimax(fake_logits):
    """The generator's loss of the two-player game itself.

    log(1 - D(G(z))) = -softplus(l).

    Args:
        fake_logits: float tensor, the discriminator's logits of generated samples.

    Returns:
        Float tensor of the logits' shape, in nats (negative).

    Example:

    >>> round(float(kgen.losses.minimax(np.float32(0.0))), 4)
    -0.6931

    Reference: Goodfellow 2014, eq. 1, arXiv 1406.2661.
    """
    return -ops.softplus(fake_logits)


def gaussian_kl(z_mean, z_log_var):
    """Divergence of a diagonal Gaussian from the standard normal.

    KL(N(mu, sigma^2) || N(0, I)) = -1/2 sum_j (1 + log sigma_j^2 - mu_j^2 - sigma_j^2).

    Args:
        z_mean: float tensor [..., latent_dim].
        z_log_var: float tensor [..., latent_dim], log sigma^2.

    Returns:
        Float tensor [...], in nats.

    Example:

    >>> float(kgen.losses.gaussian_kl(np.ones((1, 2), "float32"), np.zeros((1, 2), "float32"))[0])
    1.0

    Reference: Kingma & Welling 2014, appendix B, arXiv 1312.6114.
    """
    return -0.5 * ops.sum(1.0 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var), axis=-1)


def gaussian_log_density(x, mean, log_var):
    """Log density of a diagonal Gaussian, summed over the last axis.

    log N(x; mu, sigma^2) = -1/2 sum_j (log 2 pi + log sigma_j^2 + (x_j - mu_j)^2 / sigma_j^2).

    Args:
        x: float tensor [..., n].
        mean: float tensor that broadcasts against x.
        log_var: float tensor that broadcasts against x, log sigma^2.

    Returns:
        Float tensor [...], in nats.

    Example:

    >>> round(float(kgen.losses.gaussian_log_density(np.zeros(1, "float32"), 0.0, 0.0)), 4)
    -0.9189

    Reference: Kingma & Welling 2014, appendix C.2, arXiv 1312.6114.
    """
    squares = ops.square(x - mean) * ops.exp(-log_var)
    return -0.5 * ops.sum(math.log(2 * math.pi) + log_var + squares, axis=-1)


def bernoulli_log_density(x, logits):
    """Log probability of pixels under independent Bernoullis, summed over the last axis.

    log p(x) = sum_j (x_j l_j - softplus(l_j)), with p_j = sigmoid(l_j).

    Args:
        x: float tensor [..., n] in [0, 1].
        logits: float tensor that broadcasts against x.

    Returns:
        Float tensor [...], in nats.

    Example:

    >>> round(float(kgen.losses.bernoulli_log_density(np.ones(2, "float32"), np.zeros(2, "float32"))), 4)
    -1.3863

    Reference: Kingma & Welling 2014, appendix C.1, arXiv 1312.6114.
    """
    return ops.sum(x * logits - ops.softplus(logits), axis=-1)


def log_mean_exp(log_weights, axis):
    """Log of the mean of exponentials, the importance-weighted bound.

    L_k = log 1/k sum_i w_i, with w_i = p(x, z_i) / q(z_i | x).

    Args:
        log_weights: float tensor of log w.
        axis: the axis of the k samples.

    Returns:
        Float tensor without that axis, in nats.

    Example:

    >>> float(kgen.losses.log_mean_exp(np.zeros((1, 5), "float32"), axis=1)[0])
    0.0

    Reference: Burda 2016, eq. 8, arXiv 1509.00519.
    """
    return ops.logsumexp(log_weights, axis=axis) - math.log(log_weights.shape[axis])


def gradient_penalty(score, real, fake, alpha, target=1.0):
    """Penalty on the norm of the score's gradient between real and fake samples.

    (||grad_x score(x)||_2 - target)^2 at x = real + alpha (fake - real).

    Args:
        score: function from samples [batch, ...] to scores or logits [batch, 1] or [batch].
        real: float tensor [batch, ...].
        fake: float tensor like `real`.
        alpha: float tensor [batch, 1, ...] in [0, 1), one number per sample.
        target: norm that costs nothing.

    Returns:
        Float tensor [batch].

    Example:

    >>> w = tf.constant([[3.0], [4.0]])
    >>> x = tf.zeros((2, 2))
    >>> kgen.losses.gradient_penalty(lambda x: x @ w, x, x + 1, tf.fill((2, 1), 0.5)).numpy().round(4).tolist()
    [16.0, 16.0]

    Reference: Gulrajani 2017, eq. 3, arXiv 1704.00028.
    """
    return ops.square(gradient_norm(score, real + alpha * (fake - real)) - target)


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
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        scores = score(x)
    gradient = ops.cast(tape.gradient(scores, x), "float32")
    return ops.sqrt(ops.sum(ops.square(gradient), axis=tuple(range(1, len(x.shape)))) + 1e-12)


def weight_penalty(variables):
    """Sum of the variables' own regularisers (L1, L2).

    Args:
        variables: list of Keras variables; those without a regulariser add nothing.

    Returns:
        Scalar float tensor, or None where no variable has a regulariser.

    Example:

    >>> layer = keras.layers.Dense(1, kernel_initializer="ones", kernel_regularizer="l2")
    >>> layer.build((None, 5))
    >>> round(float(kgen.losses.weight_penalty(layer.trainable_variables)), 4)
    0.05
    """
    regularized = [v for v in variables if getattr(v, "regularizer", None) is not None]
    return sum(v.regularizer(keras.ops.convert_to_tensor(v)) for v in regularized) if regularized else None
