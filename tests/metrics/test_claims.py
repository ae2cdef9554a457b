"""What the metrics' papers claim, on real digits: lost classes, blur, noise and copies move them as said."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_digits

import kgen
from kgen.metrics.report import MEASURES

DIGITS = load_digits()
RNG = np.random.default_rng(0)
ORDER = RNG.permutation(len(DIGITS.images))
PICTURES, LABELS = (DIGITS.images[ORDER, ..., None] / 16).astype("float32"), DIGITS.target[ORDER]
REAL, REFERENCE, FRESH = PICTURES[:600], PICTURES[600:1200], PICTURES[1200:]
SETS = {
    "fresh": FRESH,
    "dropped": PICTURES[600:][LABELS[600:] < 5],
    "blurred": gaussian_filter(FRESH, (0, 0.7, 0.7, 0)),
    "noised": np.clip(FRESH + RNG.normal(0, 0.25, FRESH.shape), 0, 1).astype("float32"),
    "duplicated": np.repeat(FRESH[:20], 25, axis=0),
}
# Value by floor, at least and at most; what stays as it is has both.
CLAIMS = {
    "fresh": {
        "frechet_distance": (0.5, 1.5),
        "precision": (0.9, 1.1),
        "recall": (0.9, 1.15),
        "density": (0.85, 1.2),
        "coverage": (0.9, 1.1),
        "classifier_score": (0.9, 1.1),
        "ms_ssim": (0.9, 1.1),
        "sliced_wasserstein": (0.7, 1.4),
    },
    "dropped": {
        "frechet_distance": (5, 50),
        "precision": (0.9, 1.1),
        "recall": (0, 0.6),
        "density": (0.85, 1.3),
        "coverage": (0, 0.6),
        "classifier_score": (0.4, 0.6),
        "sliced_wasserstein": (1.8, 5),
    },
    "blurred": {
        "frechet_distance": (5, 50),
        "precision": (0, 0.7),
        "recall": (0, 0.1),
        "density": (0, 0.5),
        "coverage": (0, 0.3),
        "classifier_score": (0, 0.6),
        "ms_ssim": (1.3, 3),
        "sliced_wasserstein": (2.5, 8),
    },
    "noised": {
        "frechet_distance": (3, 30),
        "precision": (0, 0.5),
        "recall": (0.7, 1.1),
        "density": (0, 0.4),
        "coverage": (0, 0.6),
        "classifier_score": (0, 0.8),
        "ms_ssim": (0.5, 0.95),
        "sliced_wasserstein": (1.8, 5),
    },
    "duplicated": {
        "frechet_distance": (3, 30),
        "precision": (0.85, 1.1),
        "recall": (0, 0.1),
        "density": (0.85, 1.6),
        "coverage": (0, 0.5),
        "classifier_score": (0.7, 1.1),
        "ms_ssim": (1.1, 2),
        "sliced_wasserstein": (2, 6),
    },
}


@pytest.fixture(scope="module", params=SETS)
def judged(request):
    """(name of the set, its report)."""
    sets = SETS[request.param], REAL, REFERENCE, "kgen-digits-v1"
    return request.param, kgen.metrics.evaluate(*sets, num_samples=400, metrics=tuple(MEASURES))


def test_metrics_move_as_their_papers_say(judged):
    name, report = judged
    found = {metric: report[metric]["value"] / report[metric]["floor"] for metric in CLAIMS[name]}
    wrong = {m: found[m] for m, (low, high) in CLAIMS[name].items() if not low <= found[m] <= high}
    assert not wrong


def test_kernel_distance_is_at_zero_for_fresh_pictures_alone(judged):
    name, report = judged
    distance = report["kernel_distance"]
    assert abs(distance["floor"]) < 4 * distance["floor_standard_error"]
    assert (distance["value"] < 3 * distance["standard_error"]) == (name == "fresh")
