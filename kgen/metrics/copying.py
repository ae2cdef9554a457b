"""Whether a model copies: the nearest training picture of each sample, beside that of held-out pictures.

Reference: Meehan 2020, arXiv 2004.05675.
"""

import numpy as np

from kgen.errors import invalid, positive_integer
from kgen.metrics.extractors import get_extractor
from kgen.metrics.neighbours import nearest_neighbours
from kgen.metrics.pairs import pixels
from kgen.pictures import grid

PAIRS = 10
QUANTILES = {
    "minimum": 0.0,
    "percentile_1": 0.01,
    "percentile_10": 0.1,
    "median": 0.5,
    "percentile_90": 0.9,
    "maximum": 1.0,
}


def memorization(fake, train, held_out, extractor=None):
    """How near samples come to training pictures, beside held-out pictures of the same distribution.

    d(x) = min_j |x - train_j|, in pixels in [0, 1] and in an extractor's features;
    share_within_closest_real = mean_i [d(fake_i) <= min_k d(held_out_k)], and the same with the median. Fresh
    pictures of the distribution have the expectations 1 / (m + 1) and about 1/2, m the number of held-out
    ones; copies have 1 and 1. A share below tells of samples far from all data, not of a good model. A copy
    that is shifted by a pixel is far away in pixels: features say more.

    Memory: the sets as floats, their features, and a few blocks of 34 MB.

    Args:
        fake: generated pictures, integers in 0..255 or floats in [0, 1], [n, H, W] or [n, H, W, C].
        train: the pictures the model was trained on.
        held_out: real pictures that it was not trained on.
        extractor: name of `kgen.metrics.get_extractor`, an extractor, or None for pixels alone.

    Returns:
        dict of JSON values: num_samples, num_train, num_held_out, pixels and features (None without an
        extractor). Each of the last two has samples and held_out (quantiles of d), share_within_closest_real,
        share_within_median_real and closest, ten dicts of sample and training (indices) and distance, the
        nearest first; features has extractor too (see `Extractor.describe`).

    Raises:
        ValueError: for shapes that do not belong together, numbers out of range, or an unknown extractor.

    Example:

    >>> train, held_out = np.random.default_rng(0).random((2, 30, 8, 8, 1))
    >>> kgen.metrics.memorization(train[:5], train, held_out)["pixels"]["share_within_closest_real"]
    1.0

    Reference: Meehan 2020, arXiv 2004.05675 (samples and held-out pictures by their distance to the training
    set); Theis 2016, arXiv 1511.01844, on what pixels miss.
    """
    sets = {"fake": fake, "train": train, "held_out": held_out}
    rows = {name: pixels(name, images) for name, images in sets.items()}
    if len({row.shape[1] for row in rows.values()}) > 1:
        shapes = {name: np.shape(images) for name, images in sets.items()}
        raise invalid("train", "samples, training and held-out pictures of one shape", **shapes)
    return {
        "num_samples": len(rows["fake"]),
        "num_train": len(rows["train"]),
        "num_held_out": len(rows["held_out"]),
        "pixels": _compare(**rows),
        "features": None if extractor is None else _in_features(sets, get_extractor(extractor)),
    }


def closest_pairs(fake, train, pairs=None, count=PAIRS):
    """A picture of the samples that are nearest to training pictures, each above its own.

    Args:
        fake: generated pictures as of `memorization`.
        train: the training pictures.
        pairs: `closest` of what `memorization` said of these sets; found anew, in pixels, unless given.
        count: pairs that are drawn at most.

    Returns:
        uint8 array as of `kgen.pictures.grid`, two rows, the nearest pair first.

    Raises:
        ValueError: for shapes that do not belong together, or a count that is no positive integer.

    Example:

    >>> train = np.random.default_rng(0).random((30, 8, 8, 1))
    >>> kgen.metrics.closest_pairs(train[:5], train).shape
    (19, 46, 1)
    """
    positive_integer("count", count)
    if pairs is None:
        pairs = _closest(*nearest_neighbours(pixels("fake", fake), pixels("train", train)), count)
    samples, originals = (
        pixels(name, np.asarray(images)[[pair[key] for pair in pairs[:count]]])
        for name, key, images in (("fake", "sample", fake), ("train", "training", train))
    )
    cells = np.concatenate([samples, originals]).reshape([-1, *np.shape(train)[1:]])
    return grid(cells, columns=len(samples))


def _in_features(sets, extractor):
    rows = {name: extractor.features(np.asarray(images)) for name, images in sets.items()}
    return {**_compare(**rows), "extractor": extractor.describe()}


def _compare(fake, train, held_out):
    """Both distributions of distances, and how much of the one lies below the other."""
    index, distances = nearest_neighbours(fake, train)
    real = nearest_neighbours(held_out, train)[1]
    return {
        "samples": _quantiles(distances),
        "held_out": _quantiles(real),
        "share_within_closest_real": float(np.mean(distances <= real.min())),
        "share_within_median_real": float(np.mean(distances <= np.median(real))),
        "closest": _closest(index, distances, PAIRS),
    }


def _quantiles(distances):
    return {name: float(np.quantile(distances, share)) for name, share in QUANTILES.items()}


def _closest(index, distances, count):
    """The pairs of the smallest distances."""
    order = np.argsort(distances, kind="stable")[:count]
    return [{"sample": int(i), "training": int(index[i]), "distance": float(distances[i])} for i in order]
