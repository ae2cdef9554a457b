"""What is said of a run's sounds: whether a classifier hears the data's classes in them, and how far they lie from
real ones, beside noise of the mean spectrum."""

import functools
import json
from typing import NamedTuple

import numpy as np

import kgen
from kgen.cli import data, sounds
from kgen.metrics.hearing import sound_pictures

TRAIN = 10_000  # Training sounds at most that a classifier learns from, and that distances are measured to.
OF_REAL = {
    "frechet_distance": "train"
}  # What stands beside a value: held-out sounds, unless others are named.


class Judge(NamedTuple):
    """A classifier of a source's sounds, and the training sounds."""

    classifier: object
    train: np.ndarray


def has_classes(evidence):
    """Whether there are held-out sounds, enough of them, and classes that a classifier can learn.

    Args:
        evidence: a `kgen.cli.judging.evidence.Evidence`.

    Returns:
        bool.
    """
    about = evidence.description
    enough = about.num_examples > 1 and len(about.classes) > 1
    return evidence.model.AUDIBLE and evidence.is_held_out and enough


def judged(evidence):
    """Scores of samples, of real sounds and of the naive baseline, each of as many sounds.

    Args:
        evidence: an `Evidence` of sounds that have classes.

    Returns:
        dict of JSON values: classifier_accuracy on the held-out sounds, and the values of
        `kgen.metrics.sound_scores`, name -> value, floor (of held-out sounds; of frechet_distance that of training
        sounds) and random_phase (see `kgen.metrics.random_phase`).
    """
    options, rate = with_labels(evidence.options, evidence.description), evidence.description.sample_rate
    judge = _judge(json.dumps(options, sort_keys=True))
    held_out = data.held_out(options, None, evidence.limit)[0]
    real, labels = data.pictures_of(held_out), data.labels_of(held_out)
    sets = {
        "value": evidence.fake,
        "held_out": real,
        "train": judge.train,
        "random_phase": kgen.metrics.random_phase(judge.train, len(real), evidence.options["seed"]),
    }
    found = {name: _scores(x, judge, real, rate) for name, x in sets.items() if len(x) >= len(real)}
    accuracy = judge.classifier.accuracy(sound_pictures(real, rate), labels)
    return {"classifier_accuracy": accuracy, **{name: _beside(found, name) for name in found["value"]}}


def with_labels(options, about):
    """The options that say what a run's data are, so that they come with their classes, told to its model or not.

    Args:
        options: of the run.
        about: `kgen.datasets.SoundDescription` of its data.

    Returns:
        Dict.
    """
    own = {name: options[name] for name in ("model", "data", "batch_size", "on_bad", *sounds.OPTIONS)}
    return {**own, "arguments": {"num_classes": len(about.classes)}}


@functools.lru_cache(maxsize=1)  # Runs that are compared have the same data, as a rule.
def _judge(options):
    """A classifier of the training sounds of a run's options, which are given as JSON."""
    options = json.loads(options)
    dataset, about = data.in_order(options, None, TRAIN)
    train, labels = data.pictures_of(dataset), data.labels_of(dataset)
    classifier = kgen.metrics.train_sound_classifier(train, labels, about.sample_rate)
    return Judge(classifier, train)


def _scores(x, judge, held_out, rate):
    return kgen.metrics.sound_scores(x, judge.train, held_out, rate, judge.classifier)


def _beside(found, name):
    """A value of the samples, with that of real sounds and that of the baseline."""
    real = found.get(OF_REAL.get(name, "held_out"), {})
    return {
        "value": _number(found["value"][name]),
        "floor": _number(real.get(name)),
        "random_phase": _number(found["random_phase"][name]),
    }


def _number(value):
    """JSON has no nan."""
    return None if value is None or not np.isfinite(value) else value
