"""The classification accuracy score: what a classifier learns from a set of pictures."""

import json

import numpy as np
import pytest
from sklearn.datasets import load_digits

import kgen

DATA = load_digits()
IMAGES = np.round(DATA.images * (255 / 16)).astype("uint8")[..., None]
LABELS = DATA.target
TRAIN, TEST = slice(0, 600), slice(1200, None)
RNG = np.random.default_rng(7)


def score(images=IMAGES[TRAIN], labels=LABELS[TRAIN], epochs=4, **options):
    return kgen.metrics.classification_accuracy_score(
        images, labels, IMAGES[TEST], LABELS[TEST], epochs=epochs, **options
    )


@pytest.fixture(scope="module")
def real():
    return score(seed=3, reference=IMAGES, reference_labels=LABELS)


def test_it_is_the_trained_classifiers_accuracy(real):
    classifier = kgen.metrics.train_classifier(IMAGES[TRAIN], LABELS[TRAIN], epochs=4, seed=3)
    right = classifier.probabilities(IMAGES[TEST]).argmax(1) == LABELS[TEST]
    assert real["classification_accuracy_score"] == right.mean() > 0.6
    assert (real["num_samples"], real["num_test"], real["epochs"], real["seed"]) == (600, 597, 4, 3)
    assert json.loads(json.dumps(real)) == real


def test_the_reference_is_as_many_real_pictures(real):
    """The reference's first rows are the pictures themselves here."""
    assert real["reference_accuracy"] == real["classification_accuracy_score"]


def test_wrong_labels_dropped_classes_and_noise_cost(real):
    """Ravuri & Vinyals 2019: what the model lacks, the classifier does not learn."""
    some = LABELS[TRAIN] < 5
    dropped = score(IMAGES[TRAIN][some], LABELS[TRAIN][some])
    assert dropped["classification_accuracy_score"] <= np.mean(LABELS[TEST] < 5)
    assert dropped["reference_accuracy"] is None
    noise = RNG.integers(0, 256, IMAGES[TRAIN].shape).astype("uint8")
    for images, labels in ((IMAGES[TRAIN], RNG.permutation(LABELS[TRAIN])), (noise, LABELS[TRAIN])):
        assert score(images, labels)["classification_accuracy_score"] < 0.4


@pytest.mark.parametrize(
    "arguments, name",
    [
        ({"labels": LABELS[:7]}, "fake_labels"),
        ({"labels": LABELS[TRAIN] * 0}, "labels"),
        ({"reference": IMAGES[:9], "reference_labels": LABELS[:9]}, "reference"),
        ({"reference": IMAGES[TRAIN], "reference_labels": LABELS[:9]}, "reference"),
        ({"images": IMAGES[TRAIN].astype("float32")}, "images"),
    ],
)
def test_bad_arguments(arguments, name):
    with pytest.raises(ValueError, match=f"argument `{name}`"):
        score(**arguments)


def test_labels_of_real_pictures_are_counted():
    with pytest.raises(ValueError, match="argument `real_labels`"):
        kgen.metrics.classification_accuracy_score(IMAGES, LABELS, IMAGES, LABELS[:3])
