"""How different samples are from each other, measured against real examples."""

import numpy as np
from scipy.spatial import distance


def diversity(samples, real):
    """How far samples lie from each other, as a share of how far real examples do.

    min(mean_i<j |s_i - s_j| / mean_i<j |r_i - r_j|, median_i min_j |s_i - s_j| / median_i min_j |r_i - r_j|)

    The first ratio falls where all samples are alike, the second where they repeat a few pictures, such as one
    for each class. It is near 1 for samples of the data's own distribution and 0 for copies. A lost class whose
    neighbours stay as varied as they were does not show here; `kgen.metrics.recall` tells it.

    Args:
        samples: array [n, ...].
        real: array [n, ...]; as many, since nearest distances shrink with the number.

    Returns:
        float; the second ratio is left out where most real examples are copies.

    Example:

    >>> real = np.random.default_rng(0).normal(size=(64, 2))
    >>> round(kgen.callbacks.diversity(0.1 * real, real), 6), kgen.callbacks.diversity(real[:1].repeat(64, 0), real)
    (0.1, 0.0)
    """
    return compared(distances(samples), distances(real))


def distances(x):
    """How far apart examples are.

    Args:
        x: array [n, ...], n at least 2.

    Returns:
        (mean Euclidean distance of two examples, median distance of an example to its nearest other).
    """
    pairs = distance.pdist(np.reshape(x, [len(x), -1]).astype("float64"))
    square = distance.squareform(pairs)
    np.fill_diagonal(square, np.inf)
    return float(pairs.mean()), float(np.median(square.min(axis=1)))


def compared(samples, real):
    """`diversity` of what `distances` says of both."""
    return float(np.min([s / r for s, r in zip(samples, real, strict=True) if r > 0]))
