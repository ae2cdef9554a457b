"""What is said of rows of several kinds of data: how often a picture shows the class that its row names."""

import numpy as np

import kgen
from kgen.cli.data import EXTRACTORS
from kgen.datasets.joint_sources import parse_joint


def has_classes(evidence):
    """Whether rows name a class, and hold pictures whose classes a classifier knows.

    Args:
        evidence: a `kgen.cli.judging.evidence.Evidence`.

    Returns:
        bool.
    """
    return evidence.model.JOINT and evidence.model.paired and bool(_label(evidence) and _known(evidence))


def judged(evidence):
    """Shares of rows in which a classifier sees the class that the row names.

    Args:
        evidence: a `kgen.cli.judging.evidence.Rows` for which `has_classes` holds.

    Returns:
        dict of JSON values: name of pictures -> value of samples, floor of as many held-out rows, and shuffled, the
        mean of samples whose classes are those of any other rows.
    """
    label = _label(evidence)
    found = {}
    for name, extractor in _known(evidence).items():
        fake, real = (_seen(extractor, rows[name]) for rows in (evidence.fake, evidence.real))
        classes = evidence.fake[label]
        found[name] = {
            "value": float(np.mean(fake == classes)),
            "floor": float(np.mean(real == evidence.real[label])),
            "shuffled": _by_chance(fake, classes),
        }
    return found


def _label(evidence):
    """Name of the first label among the kinds of data, or None."""
    parts = evidence.model.modalities.items()
    return next((name for name, part in parts if part.kind == "label"), None)


def _known(evidence):
    """Name of pictures -> the classifier that knows them."""
    sources = parse_joint(evidence.options["data"])
    return {name: EXTRACTORS[source] for name, source in sources.items() if source in EXTRACTORS}


def _seen(extractor, images):
    return kgen.metrics.get_extractor(extractor).probabilities(images).argmax(axis=1)


def _by_chance(a, b):
    """Expected agreement of two lists of classes when one is shuffled: sum over classes k of p_a(k) p_b(k)."""
    counts = [np.bincount(classes, minlength=max(a.max(), b.max()) + 1) for classes in (a, b)]
    return float(np.dot(*counts) / (len(a) * len(b)))
