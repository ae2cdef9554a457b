"""Numbers about a set of generated pictures, with what one needs to judge them."""

import numpy as np

from kgen.errors import invalid
from kgen.metrics.extractors import get_extractor
from kgen.metrics.frechet import frechet_distance, moments, sums
from kgen.metrics.kernel import kernel_distance
from kgen.metrics.manifold import coverage, density, precision, recall
from kgen.metrics.preprocessing import in_range


def evaluate(fake, real, reference=None, extractor="kgen-mnist-v1", num_samples=None, seed=0):
    """Distances, precision, recall, density and coverage, each beside what real pictures reach at the same N.

    The value compares N real with N generated pictures; the floor compares the same N real ones with N other
    real ones, of `reference` or else of `real` itself.

    Args:
        fake: generated pictures, integers in 0..255 or floats in [0, 1], [n, H, W] or [n, H, W, C].
        real: real pictures.
        reference: other real pictures, such as the training set; a disjoint part of `real` unless given.
        extractor: name of `kgen.metrics.get_extractor`, or an extractor.
        num_samples: N; as many as there are unless given.
        seed: integer; which pictures are taken, without replacement.

    Returns:
        dict of JSON values: num_samples, seed, floor (what it compares), extractor (see
        `Extractor.describe`), frechet_distance, precision, recall, density and coverage (value, floor) and
        kernel_distance (value, standard_error, floor, floor_standard_error). A value that is not known, such
        as a precision of too few pictures, is None.

    Raises:
        ValueError: for too few pictures, or pictures that are not finite or not in range.

    Example:

    >>> x = np.random.default_rng(0).random((3, 40, 8, 8, 1), "float32")
    >>> result = kgen.metrics.evaluate(x[0], x[1], x[2], "kgen-digits-v1")
    >>> sorted(result["frechet_distance"])
    ['floor', 'value']

    Reference: Heusel et al. 2017, arXiv 1706.08500; Binkowski et al. 2018, arXiv 1801.01401; Kynkaanniemi
    2019, arXiv 1904.06991; Naeem 2020, arXiv 2002.09797.
    """
    extractor, sets = get_extractor(extractor), _sets(fake, real, reference, num_samples, seed)
    fake, real, other = (extractor.features(images) for images in sets)
    pairs = {"value": (real, fake), "floor": (real, other)}
    kernel, kernel_floor = (kernel_distance(*pair) for pair in pairs.values())
    return {
        "num_samples": len(real),
        "seed": seed,
        "floor": "real against reference" if reference is not None else "real against the rest of real",
        "extractor": extractor.describe(),
        "kernel_distance": {
            "value": float(kernel[0]),
            "standard_error": float(kernel[1]),
            "floor": float(kernel_floor[0]),
            "floor_standard_error": float(kernel_floor[1]),
        },
        **{
            name: {key: _number(measure(*pair)) for key, pair in pairs.items()}
            for name, measure in MEASURES.items()
        },
    }


def class_balance(extractor, images):
    """How a classifier's predictions spread over its classes.

    Args:
        extractor: name or extractor with classes.
        images: pictures as for `evaluate`.

    Returns:
        dict of JSON values: counts (a list, one per class), entropy and max_entropy in nats.

    Raises:
        ValueError: for an extractor without classes.

    Example:

    >>> kgen.metrics.class_balance("kgen-digits-v1", np.zeros((5, 8, 8, 1), "uint8"))["entropy"]
    0.0
    """
    probabilities = get_extractor(extractor).probabilities(in_range("images", images))
    counts = np.bincount(probabilities.argmax(axis=1), minlength=probabilities.shape[1])
    shares = counts[counts > 0] / counts.sum()
    entropy = abs(float(np.sum(shares * np.log(shares))))
    return {"counts": counts.tolist(), "entropy": entropy, "max_entropy": float(np.log(len(counts)))}


def _frechet(features, other):
    return frechet_distance(*moments(*sums(features)), *moments(*sums(other)))


MEASURES = {
    "frechet_distance": _frechet,
    "precision": precision,
    "recall": recall,
    "density": density,
    "coverage": coverage,
}


def _number(value):
    """JSON has no nan."""
    return float(value) if np.isfinite(value) else None


def _sets(fake, real, reference, num_samples, seed):
    """N pictures each of fake, real and reference; the last two are disjoint."""
    generator = np.random.default_rng(seed)
    fake, real = in_range("fake", fake), in_range("real", real)
    split = reference is None
    reference = real if split else in_range("reference", reference)
    available = min(len(fake), len(real) // 2 if split else len(real), len(reference))
    count = available if num_samples is None else num_samples
    if not 2 <= count <= available:
        raise invalid("num_samples", f"from 2 to the {available} there are", num_samples=count)
    order = generator.permutation(len(real))
    other = order[count : 2 * count] if split else generator.permutation(len(reference))[:count]
    return fake[generator.permutation(len(fake))[:count]], real[order[:count]], reference[other]
