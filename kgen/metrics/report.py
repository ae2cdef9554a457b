"""Numbers about a set of generated pictures, with what one needs to judge them."""

import functools

import numpy as np

from kgen.errors import invalid, one_of
from kgen.metrics.extractors import get_extractor
from kgen.metrics.frechet import frechet_distance, moments, sums
from kgen.metrics.kernel import kernel_distance
from kgen.metrics.manifold import coverage, density, precision, recall
from kgen.metrics.preprocessing import in_range
from kgen.metrics.scores import classifier_score
from kgen.metrics.sliced import sliced_wasserstein
from kgen.metrics.structural import ms_ssim

SLICED = 2000  # Pictures at most whose patches are compared; 350 MB for 28 x 28.
BLOCK = 500  # Pairs of pictures compared at once.
DEFAULT = ("frechet_distance", "kernel_distance", "precision", "recall", "density", "coverage")


def evaluate(
    fake,
    real,
    reference=None,
    extractor="kgen-mnist-v1",
    num_samples=None,
    seed=0,
    metrics=DEFAULT,
    progress=None,
):
    """Numbers about generated pictures, each beside what real pictures reach at the same N.

    The value compares N real with N generated pictures; the floor compares the same N real ones with N other
    real ones, of `reference` or else of `real` itself.

    Args:
        fake: generated pictures, integers in 0..255 or floats in [0, 1], [n, H, W] or [n, H, W, C].
        real: real pictures.
        reference: other real pictures, such as the training set; a disjoint part of `real` unless given.
        extractor: name of `kgen.metrics.get_extractor`, or an extractor.
        num_samples: N; as many as there are unless given.
        seed: integer; which pictures are taken, without replacement, and the directions of sliced_wasserstein.
        metrics: names, of frechet_distance, kernel_distance, precision, recall, density, coverage,
            classifier_score, ms_ssim and sliced_wasserstein (of the first 2,000 pictures); the first six
            unless given.
        progress: function that is called with the name of each stage once it is done: "features" and the
            metrics, or None.

    Returns:
        dict of JSON values: num_samples, seed, floor (what it compares), extractor (see
        `Extractor.describe`), and for each metric a dict of value and floor, of kernel_distance also
        standard_error and floor_standard_error. A value that is not known, such as a precision of too few
        pictures, is None.

    Raises:
        ValueError: for an unknown metric, too few pictures, or pictures that are not finite or not in range.

    Example:

    >>> x = np.random.default_rng(0).random((3, 40, 8, 8, 1), "float32")
    >>> result = kgen.metrics.evaluate(x[0], x[1], x[2], "kgen-digits-v1")
    >>> sorted(result["frechet_distance"])
    ['floor', 'value']

    Reference: of each metric beside its own function in `kgen.metrics`.
    """
    for name in metrics:
        one_of("metrics", name, MEASURES)
    progress, extractor = progress or (lambda stage: None), get_extractor(extractor)
    sets = _sets(fake, real, reference, num_samples, seed)
    fake, real, other = (Seen(pictures, extractor, seed) for pictures in sets)
    if set(metrics) & OF_FEATURES:
        [seen.features for seen in (fake, real, other)]
        progress("features")
    found = {}
    for name in metrics:
        found[name] = _beside_floor(MEASURES[name], real, fake, other)
        progress(name)
    return {
        "num_samples": len(real.pictures),
        "seed": seed,
        "floor": "real against reference" if reference is not None else "real against the rest of real",
        "extractor": extractor.describe(),
        **found,
    }


class Seen:
    """Pictures, and what an extractor says of them; nothing is computed before it is asked for.

    Args:
        pictures: [n, H, W, C].
        extractor: the extractor.
        seed: of a metric's random numbers.
    """

    def __init__(self, pictures, extractor, seed=0):
        self.pictures, self.extractor, self.seed = pictures, extractor, seed

    @functools.cached_property
    def features(self):
        """float32 array [n, dim]."""
        return self.extractor.features(self.pictures)

    @functools.cached_property
    def probabilities(self):
        """Class probabilities, float32 array [n, classes]."""
        return self.extractor.probabilities(self.pictures)


def _beside_floor(measure, real, fake, other):
    """What a metric says of generated pictures and, under names that begin with "floor", of real ones."""
    value, floor = measure(real, fake), measure(real, other)
    renamed = {"floor" if key == "value" else f"floor_{key}": number for key, number in floor.items()}
    return {key: _number(number) for key, number in (value | renamed).items()}


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


def _frechet(real, fake):
    return {"value": frechet_distance(*moments(*sums(real.features)), *moments(*sums(fake.features)))}


def _kernel(real, fake):
    return dict(zip(("value", "standard_error"), kernel_distance(real.features, fake.features), strict=True))


def _of_neighbours(function):
    return lambda real, fake: {"value": function(real.features, fake.features)}


def _sliced(real, fake):
    sets = (seen.pictures[:SLICED] for seen in (real, fake))
    return {"value": sliced_wasserstein(*sets, seed=real.seed)}


def _ms_ssim(real, fake):
    """Of disjoint pairs of generated pictures."""
    first, second = fake.pictures[:-1:2], fake.pictures[1::2]
    starts = range(0, len(first), BLOCK)
    values = [ms_ssim(first[i : i + BLOCK], second[i : i + BLOCK]) for i in starts]
    return {"value": np.concatenate(values).mean()}


MEASURES = {
    "frechet_distance": _frechet,
    "kernel_distance": _kernel,
    "precision": _of_neighbours(precision),
    "recall": _of_neighbours(recall),
    "density": _of_neighbours(density),
    "coverage": _of_neighbours(coverage),
    "classifier_score": lambda real, fake: {"value": classifier_score(fake.probabilities)},
    "ms_ssim": _ms_ssim,
    "sliced_wasserstein": _sliced,
}
OF_FEATURES = set(DEFAULT)


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
