"""Parzen window estimate of a log likelihood. Historical: not a quality measure.

Reference: Breuleux 2011; Goodfellow 2014, arXiv 1406.2661; Theis 2016, arXiv 1511.01844.
"""

import numpy as np
import tensorflow as tf

from kgen.errors import invalid, number_in
from kgen.metrics.pairs import by_blocks, pixels, squared_distances

SIGMAS = tuple(np.logspace(-1, 0, 10).tolist())
VALIDATION = 1000  # Pictures that sigma is chosen on.


def parzen_log_likelihood(samples, test, sigma):
    """Log density of test rows under a normal density of width sigma around every sample, in nats.

    log p(x) = log 1/n sum_j exp(-|x - s_j|^2 / 2 sigma^2) - dim log(sigma sqrt(2 pi))

    Memory: both sets in float64, and a few blocks [512, n].

    Args:
        samples: s [n, dim], n at least 1.
        test: x [m, dim].
        sigma: positive number.

    Returns:
        float64 tensor [m].

    Raises:
        ValueError: for shapes that do not belong together, or a sigma that is not positive.

    Example:

    >>> density = kgen.metrics.parzen_log_likelihood([[0.0], [0.0]], [[0.0]], sigma=1.0)
    >>> round(float(density[0]), 4)
    -0.9189

    Reference: Breuleux, Bengio & Vincent 2011, Neural Computation 23.
    """
    samples, test = tf.cast(samples, tf.float64), tf.cast(test, tf.float64)
    if samples.shape.rank != 2 or test.shape[1:] != samples.shape[1:] or not len(samples):
        shapes = {"samples": tuple(samples.shape), "test": tuple(test.shape)}
        raise invalid("samples", "one row or more, as long as those of `test`", **shapes)
    number_in("sigma", sigma, np.finfo("float32").tiny, float("inf"))
    count, dim = samples.shape
    normalizer = np.log(count) + dim * np.log(sigma * np.sqrt(2 * np.pi))

    def of_block(block):
        return tf.reduce_logsumexp(-squared_distances(block, samples) / (2 * sigma**2), 1)

    return by_blocks(of_block, test) - normalizer


def parzen_window(samples, validation, test, sigmas=SIGMAS):
    """Mean log likelihood of test pictures under a Parzen window on samples, the width chosen on others.

    sigma = argmax of `parzen_log_likelihood`'s mean over the first 1,000 validation pictures. Historical, and
    not a quality measure: it says little of samples and less of a likelihood (a set of cluster centres beats
    the training data). A density on [0, 1]^pixels, so it can be positive: never compare it with an ELBO or
    with the likelihood of binary pictures. Compare it beside the value of real pictures as samples.

    Memory: the sets in float64, and a few blocks [512, n] (41 MB for 10,000 samples).

    Args:
        samples: generated pictures, integers in 0..255 or floats in [0, 1], [n, ...]; papers take 10,000.
        validation: real pictures of the same shape that sigma is chosen on.
        test: other real pictures.
        sigmas: positive numbers; the paper's ten from 0.1 to 1, evenly spaced in the logarithm, unless given.

    Returns:
        dict of JSON values: log_likelihood (nats, the mean over test pictures), standard_error (over test
        pictures, sd / sqrt(m)), sigma, validation_log_likelihoods (one for each of `sigmas`), sigmas,
        num_samples, num_validation, num_test and kind.

    Raises:
        ValueError: for shapes that do not belong together, numbers out of range, or no sigmas.

    Example:

    >>> x = np.random.default_rng(0).random((3, 50, 2, 2))
    >>> kgen.metrics.parzen_window(*x)["sigma"] < 0.4
    True

    Reference: Goodfellow 2014, table 1, arXiv 1406.2661, with the authors' code; the warning, Theis 2016,
    arXiv 1511.01844.
    """
    sets = {"samples": samples, "validation": validation, "test": test}
    samples, validation, test = (pixels(name, images) for name, images in sets.items())
    validation, sigmas = validation[:VALIDATION], [float(sigma) for sigma in sigmas]
    if not sigmas:
        raise invalid("sigmas", "one positive number or more", sigmas=sigmas)
    scores = [float(np.mean(parzen_log_likelihood(samples, validation, sigma))) for sigma in sigmas]
    sigma = sigmas[int(np.argmax(scores))]
    values = parzen_log_likelihood(samples, test, sigma).numpy()
    return {
        "log_likelihood": float(values.mean()),
        "standard_error": float(values.std() / np.sqrt(len(values))),
        "sigma": sigma,
        "sigmas": sigmas,
        "validation_log_likelihoods": scores,
        "num_samples": len(samples),
        "num_validation": len(validation),
        "num_test": len(values),
        "kind": "historical: nats of a density on [0, 1]^pixels, not a quality measure, no ELBO",
    }
