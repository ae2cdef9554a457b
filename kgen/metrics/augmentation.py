"""What generated pictures do for a classifier that has few real ones: they help, they hurt, or neither is shown.

Reference: Ravuri & Vinyals 2019, section 4.2, arXiv 1905.10887, asks the same of ImageNet.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from kgen.errors import integer_from, invalid, number_in, positive_integer
from kgen.metrics.classifier import BATCH, train_classifier
from kgen.metrics.preprocessing import in_range

CHUNK = 1000  # Pictures that are warped at a time.


class Arm(NamedTuple):
    """Accuracies of the classifiers of one training set, one for each seed, beside those of real pictures alone."""

    accuracies: tuple
    difference: float
    low: float
    high: float

    @property
    def accuracy(self):
        """Mean over seeds."""
        return float(np.mean(self.accuracies))

    @property
    def verdict(self):
        """What the interval of the difference says: it lies above 0, below 0, or holds it."""
        return "helps" if self.low > 0 else "hurts" if self.high < 0 else "no difference shown"


class AugmentationVerdict(NamedTuple):
    """The four training sets, each an arm with `accuracies`, `accuracy`, `difference`, `low`, `high`, `verdict`.

    `str` prints the table.

    Args:
        real: the real pictures alone.
        classical: the real pictures, changed anew each time that they come.
        real_and_generated: real and generated pictures in each batch.
        generated_only: generated pictures alone.

    Example:

    >>> arms = [(0.7, 0.7), (0.8, 0.8), (0.7, 0.8), (0.5, 0.5)]
    >>> print(kgen.metrics.AugmentationVerdict(*(kgen.metrics.augmentation.arm(a, arms[0]) for a in arms)))
    trained on          accuracy  difference       interval        verdict
    real                  0.7000
    classical             0.8000     +0.1000  [+0.1000, +0.1000]   helps
    real and generated    0.7500     +0.0500  [-0.5853, +0.6853]   no difference shown
    generated only        0.5000     -0.2000  [-0.2000, -0.2000]   hurts
    """

    real: Arm
    classical: Arm
    real_and_generated: Arm
    generated_only: Arm

    def rows(self):
        """Name of the arm -> dict of JSON values accuracy, difference, low, high and verdict; real's has no more."""
        rows = {name.replace("_", " "): {"accuracy": each.accuracy} for name, each in self._asdict().items()}
        for row, each in list(zip(rows.values(), self, strict=True))[1:]:
            row |= {
                "difference": each.difference,
                "low": each.low,
                "high": each.high,
                "verdict": each.verdict,
            }
        return rows

    def __str__(self):
        lines = ["trained on          accuracy  difference       interval        verdict"]
        for name, row in self.rows().items():
            line = f"{name:18}  {row['accuracy']:8.4f}"
            if "verdict" in row:
                span = f"[{row['low']:+.4f}, {row['high']:+.4f}]"
                line += f"  {row['difference']:+10.4f}  {span:19}  {row['verdict']}"
            lines.append(line)
        return "\n".join(lines)


def augmentation_verdict(
    real,
    labels,
    generated,
    generated_labels,
    test,
    test_labels,
    seeds=range(5),
    updates=500,
    augmentation=None,
    share=0.5,
):
    """Whether generated pictures help a classifier beside the real ones that there are.

    The classifier of `kgen.metrics.train_classifier` learns from the real pictures alone, from real pictures that
    are changed classically, from real and generated ones, and from generated ones alone; each time by as many
    updates on batches of 128. With the differences d_1, ..., d_k of the test accuracies from those of the real
    pictures alone, seed by seed, the interval is mean d +- t sd(d) / sqrt(k), with t the 97.5 % point of
    Student's distribution of k - 1 degrees of freedom. Above 0 the set helps, below 0 it hurts. One of twenty
    intervals misses the mean; the choice of the real pictures and the generator's own seed are not in it.

    The question is fair only where the generator was trained on the same real pictures and no others.

    Args:
        real: the real pictures, integers in 0..255 or floats in [0, 1], [n, H, W] or [n, H, W, C].
        labels: integers from 0, [n].
        generated: pictures of a generator that saw these n alone, [m, ...]; the more the better, up to
            128 * updates.
        generated_labels: the classes that they were asked for, [m].
        test: real pictures that neither saw.
        test_labels: integers from 0, one for each.
        seeds: two or more different integers; of the classifier's weights, the order and the changes.
        updates: of each classifier.
        augmentation: what changes pictures classically, a `kgen.datasets.Augmentation`; None for shifts by up to
            a fourteenth of the smaller side.
        share: share of generated pictures among real and generated ones, in (0, 1).

    Returns:
        An `AugmentationVerdict`, to print or to read.

    Raises:
        ValueError: for counts or shapes that differ, seeds that are too few or the same, or a number out of
            range.

    Example:

    >>> x, y = np.zeros((4, 8, 8), "uint8"), np.arange(4) % 2
    >>> kgen.metrics.augmentation_verdict(x, y, x, y, x, y, seeds=[7])  # One seed has no spread.
    Traceback (most recent call last):
        ...
    ValueError: Invalid value for argument `seeds`. Expected two or more different integers. Received: seeds=[7].

    Reference: Ravuri & Vinyals 2019, section 4.2, arXiv 1905.10887; Student 1908, "The probable error of a mean".
    """
    sets = [_pair("real", real, labels), _pair("generated", generated, generated_labels)]
    sets.append(_pair("test", test, test_labels))
    for name, (pictures, _) in zip(("generated", "test"), sets[1:], strict=True):
        if pictures.shape[1:] != sets[0][0].shape[1:]:
            shapes = {"real": sets[0][0].shape[1:], name: pictures.shape[1:]}
            raise invalid(name, "pictures of the shape of `real`", **shapes)
    seeds = _seeds(seeds)
    positive_integer("updates", updates)
    _share(share)
    return judged([accuracies(*sets, seed, updates, augmentation, share) for seed in seeds])


def judged(runs):
    """The verdict on accuracies.

    Args:
        runs: for each seed a dict from the arm's name to its accuracy; two or more.

    Returns:
        An `AugmentationVerdict`.

    Example:

    >>> runs = 3 * [{"real": 0.5, "classical": 0.6, "real_and_generated": 0.4, "generated_only": 0.5}]
    >>> [each.verdict for each in kgen.metrics.augmentation.judged(runs)[1:]]
    ['helps', 'hurts', 'no difference shown']
    """
    columns = {name: tuple(run[name] for run in runs) for name in AugmentationVerdict._fields}
    return AugmentationVerdict(**{name: arm(column, columns["real"]) for name, column in columns.items()})


def arm(found, reference, confidence=0.95):
    """One arm: mean d +- t s / sqrt(k) of the differences d of k pairs.

    Args:
        found: accuracies, two or more.
        reference: as many, in the same order of seeds.
        confidence: of the interval, in (0, 1).

    Returns:
        An `Arm`.

    Example:

    >>> found = kgen.metrics.augmentation.arm((0.52, 0.54), (0.5, 0.5))
    >>> round(found.difference, 4), round(found.low, 4), round(found.high, 4)  # 0.03 +- 12.7062 * 0.01
    (0.03, -0.0971, 0.1571)
    """
    differences = np.subtract(found, reference)
    count = len(differences)
    half = stdtrit(count - 1, (1 + confidence) / 2) * np.std(differences, ddof=1) / math.sqrt(count)
    mean = differences.mean()
    return Arm(tuple(map(float, found)), float(mean), float(mean - half), float(mean + half))


def accuracies(real, generated, test, seed, updates=500, augmentation=None, share=0.5):
    """Test accuracy of each arm, by one seed.

    Args:
        real: (pictures, labels), pictures uint8 [n, H, W, C].
        generated: the same.
        test: the same.
        seed: integer.
        updates: of each classifier.
        augmentation: see `augmentation_verdict`.
        share: see `augmentation_verdict`.

    Returns:
        Dict from the arm's name to a float in [0, 1].
    """
    total = BATCH * updates
    alone, new = repeated(real, total), min(max(round(share * total), 1), total - 1)
    mixed = zip(repeated(real, total - new), repeated(generated, new), strict=True)
    changed = (alone, None) if augmentation is None else (_warped(real, total, augmentation, seed), 0)
    arms = {
        "real": (alone, 0),
        "classical": changed,
        "real_and_generated": (tuple(map(np.concatenate, mixed)), 0),
        "generated_only": (repeated(generated, total), 0),
    }
    return {
        name: train_classifier(*pair, epochs=1, seed=seed, shift=shift).accuracy(*test)
        for name, (pair, shift) in arms.items()
    }


def repeated(pair, number):
    """So many pictures with their labels, all of them again and again; the first ones where there are more.

    Args:
        pair: (pictures, labels).
        number: how many.

    Returns:
        The same, `number` of them.

    Example:

    >>> kgen.metrics.augmentation.repeated((np.zeros((3, 2, 2)), np.arange(3)), 5)[1].tolist()
    [0, 1, 2, 0, 1]
    """
    rows = np.resize(np.arange(len(pair[0])), number)
    return pair[0][rows], pair[1][rows]


def _warped(pair, number, augmentation, seed):
    """The same as `repeated`, each picture changed anew whenever it comes."""
    pictures, labels = repeated(pair, number)
    passes, index = np.divmod(np.arange(number), len(pair[0]))
    starts = range(0, number, CHUNK)
    parts = (
        augmentation.warp(pictures[i : i + CHUNK], seed, index[i : i + CHUNK], passes[i : i + CHUNK])
        for i in starts
    )
    return np.concatenate([part.numpy() for part in parts]), labels


def _pair(name, pictures, labels):
    """Pictures uint8 [n, H, W, C] and labels [n]."""
    pictures, labels = in_range(name, pictures), np.asarray(labels)
    if labels.shape != pictures.shape[:1]:
        argument = "labels" if name == "real" else f"{name}_labels"
        raise invalid(argument, "one label per picture", pictures=len(pictures), labels=labels.shape)
    pictures = pictures[..., None] if pictures.ndim == 3 else pictures
    if pictures.dtype.kind == "f":
        pictures = np.round(255 * pictures)
    return pictures.astype("uint8"), labels


def _seeds(seeds):
    """Two or more different integers, as a list."""
    seeds = list(seeds)
    for seed in seeds:
        integer_from(0, "seeds", seed)
    if len(set(seeds)) < max(len(seeds), 2):
        raise invalid("seeds", "two or more different integers", seeds=seeds)
    return seeds


def _share(share):
    number_in("share", share, 0, 1)
    if share == 0:
        raise invalid("share", "more than 0", share=share)
