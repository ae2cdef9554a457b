"""The trained discriminator's verdict: how often it is right, and whether its probabilities mean what they say."""

import numpy as np

from kgen.errors import invalid, positive_integer


def calibration(real, fake, bins=10):
    """Accuracy and calibration of a discriminator on as much weight of real as of generated examples.

    A probability p says that p of the examples that get it are real. With bins B_1 ... B_m of equal width,
    error = sum_b w_b |share of real in B_b - mean p in B_b|, w_b the bin's weight; each set has the weight 1/2.
    A discriminator that cannot tell the sets apart has accuracies around 1/2 in mean, and an error of 0 if it
    knows that it cannot.

    Args:
        real: probabilities in [0, 1] of being real, of held-out real examples [m].
        fake: the same of generated examples [n].
        bins: number of bins.

    Returns:
        dict of JSON values: real_accuracy (share of real above 1/2), fake_accuracy (share of generated up to
        1/2), error (expected calibration error, in [0, 1]), and of each bin with examples, in order, a list
        mean_probability, share_real and weight.

    Raises:
        ValueError: for an empty set, numbers outside [0, 1], or bins that are no positive integer.

    Example:

    >>> kgen.metrics.calibration([0.9, 0.7], [0.1, 0.7], bins=2)["share_real"]
    [0.0, 0.6666666666666666]

    Reference: Naeini 2015 (expected calibration error); Guo 2017, equation 3, arXiv 1706.04599.
    """
    positive_integer("bins", bins)
    real, fake = _checked("real", real), _checked("fake", fake)
    probability = np.concatenate([real, fake])
    is_real = np.arange(len(probability)) < len(real)
    weight = np.where(is_real, 0.5 / len(real), 0.5 / len(fake))
    number = np.minimum((probability * bins).astype(int), bins - 1)
    total, mean, share = (
        np.bincount(number, values, bins) for values in (weight, weight * probability, weight * is_real)
    )
    filled = total > 0
    mean, share, total = mean[filled] / total[filled], share[filled] / total[filled], total[filled]
    return {
        "real_accuracy": float(np.mean(real > 0.5)),
        "fake_accuracy": float(np.mean(fake <= 0.5)),
        "error": float(np.sum(total * np.abs(share - mean))),
        "mean_probability": mean.tolist(),
        "share_real": share.tolist(),
        "weight": total.tolist(),
    }


def _checked(name, probabilities):
    """Probabilities as float64 [n]."""
    probabilities = np.asarray(probabilities, "float64").ravel()
    if not len(probabilities) or not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise invalid(name, "at least one probability, all in [0, 1]", shape=probabilities.shape)
    return probabilities
