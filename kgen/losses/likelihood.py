"""Log densities, divergences and bounds, in nats."""

import math

from keras import ops


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
