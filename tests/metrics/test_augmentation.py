"""The verdict on augmentation: intervals by hand, words, equal updates, and pictures that surely hurt or help."""

import math

import numpy as np
import pytest
from sklearn.datasets import load_digits

import kgen
from kgen.metrics import augmentation

DATA = load_digits()
IMAGES = np.round(DATA.images * (255 / 16)).astype("uint8")[..., None]
REAL, TEST = (IMAGES[:40], DATA.target[:40]), (IMAGES[1000:1300], DATA.target[1000:1300])


def test_the_interval_by_hand():
    """d = 0.01, 0.02, 0.03: mean 0.02, sd 0.01, t of two degrees of freedom 4.302653, of one in half of all cases."""
    found = augmentation.arm((0.51, 0.62, 0.73), (0.50, 0.60, 0.70))
    assert found.difference == pytest.approx(0.02)
    assert found.high - found.difference == pytest.approx(4.302653 * 0.01 / math.sqrt(3), rel=1e-6)
    assert found.difference - found.low == pytest.approx(found.high - found.difference)
    half = augmentation.arm((0.6, 0.8), (0.5, 0.5), confidence=0.5)  # t = tan(pi / 4) = 1
    assert (half.low, half.high) == pytest.approx((0.1, 0.3))


def test_pairs_are_compared_and_not_means():
    """Seeds that differ much say much, as long as the pairs differ alike."""
    alike, crossed = (0.52, 0.72, 0.92), (0.92, 0.72, 0.52)
    reference = (0.50, 0.70, 0.901)
    assert augmentation.arm(alike, reference).verdict == "helps"
    assert augmentation.arm(crossed, reference).verdict == "no difference shown"
    assert augmentation.arm(alike, reference).accuracy == pytest.approx(0.72)


def test_words_and_table():
    runs = [
        {
            "real": 0.80 + shift,
            "classical": 0.85 + shift,
            "real_and_generated": 0.80 + 2 * shift,
            "generated_only": 0.60 + shift,
        }
        for shift in (-0.01, 0.0, 0.011)
    ]
    found = augmentation.judged(runs)
    assert [each.verdict for each in found[1:]] == ["helps", "no difference shown", "hurts"]
    rows = found.rows()
    assert list(rows) == ["real", "classical", "real and generated", "generated only"]
    assert rows["classical"]["difference"] == pytest.approx(0.05) and rows["real"].keys() == {"accuracy"}
    lines = str(found).splitlines()
    assert lines[2].split() == "classical 0.8503 +0.0500 [+0.0500, +0.0500] helps".split()
    assert len(lines) == 5 and lines[4].endswith("hurts")


@pytest.fixture
def seen(monkeypatch):
    """What each classifier was trained on, without training."""
    calls = []

    def record(images, labels, epochs, seed, shift):
        calls.append((images, labels, epochs, seed, shift))
        return type("Classifier", (), {"accuracy": lambda self, x, y: 0.5})()

    monkeypatch.setattr(augmentation, "train_classifier", record)
    return calls


def test_all_arms_have_as_many_updates_on_the_same_real_pictures(seen):
    generated = 255 - IMAGES[:1000], DATA.target[:1000]
    augmentation.accuracies(REAL, generated, TEST, seed=3, updates=2, share=0.25)
    real, classical, mixed, only = seen
    assert {(len(images), len(labels)) for images, labels, *_ in seen} == {(256, 256)}
    assert [call[2:] for call in seen] == [(1, 3, 0), (1, 3, None), (1, 3, 0), (1, 3, 0)]
    np.testing.assert_array_equal(real[0][:40], REAL[0])
    np.testing.assert_array_equal(real[1], np.resize(REAL[1], 256))
    np.testing.assert_array_equal(classical[0], real[0])
    np.testing.assert_array_equal(mixed[0], np.concatenate([real[0][:192], generated[0][:64]]))
    np.testing.assert_array_equal(mixed[1], np.concatenate([real[1][:192], generated[1][:64]]))
    np.testing.assert_array_equal(only[0], generated[0][:256])


def test_an_augmentation_changes_each_picture_anew(seen):
    turning = kgen.datasets.Augmentation(rotation=30)
    augmentation.accuracies(REAL, REAL, TEST, seed=0, updates=1, augmentation=turning)
    images, labels, _, _, shift = seen[1]
    assert shift == 0 and images.dtype == np.uint8
    np.testing.assert_array_equal(labels, np.resize(REAL[1], 128))
    assert (images[:40] != images[40:80]).any(axis=(1, 2, 3)).all()
    np.testing.assert_array_equal(images[45:46], turning.warp(REAL[0][5:6], 0, np.array([5]), np.array([1])))


def verdict(generated, labels):
    return kgen.metrics.augmentation_verdict(*REAL, generated, labels, *TEST, seeds=range(3), updates=16)


def check_words():
    """Pictures with wrong labels hurt, and copies of the test set help, in [0, 1] as in 0..255."""
    wrong, right = verdict(TEST[0] / 255.0, (TEST[1] + 1) % 10), verdict(*TEST)
    assert wrong.real == right.real and 0.4 < right.real.accuracy < 0.95
    assert wrong.real_and_generated.verdict == wrong.generated_only.verdict == "hurts", wrong
    assert right.real_and_generated.verdict == right.generated_only.verdict == "helps", right


class Centres:
    """A classifier that is trained at once: the nearest mean of a class, of random halves of the pictures."""

    def __init__(self, images, labels, epochs, seed, shift):
        chosen = np.random.default_rng(seed).permutation(len(images))[::2]
        rows, labels = images[chosen].reshape(len(chosen), -1) / 255, labels[chosen]
        self.means = np.stack([rows[labels == label].mean(axis=0) for label in range(10)])

    def accuracy(self, images, labels):
        rows = images.reshape(len(images), 1, -1) / 255
        return np.mean(np.square(rows - self.means).sum(axis=2).argmin(axis=1) == labels)


def test_wrong_labels_hurt_and_the_test_set_helps(monkeypatch):
    monkeypatch.setattr(augmentation, "train_classifier", Centres)
    check_words()


@pytest.mark.slow
def test_wrong_labels_hurt_and_the_test_set_helps_the_classifier():
    check_words()


def test_the_classifier_learns_what_it_is_told():
    wrong = TEST[0], (TEST[1] + 1) % 10
    found = augmentation.accuracies(REAL, wrong, TEST, seed=0, updates=16)
    assert found["generated_only"] < 0.1 < found["real_and_generated"] < found["real"] < 1
    assert found["classical"] != found["real"]


GOOD = {
    "real": REAL[0],
    "labels": REAL[1],
    "generated": REAL[0],
    "generated_labels": REAL[1],
    "test": TEST[0],
    "test_labels": TEST[1],
}


@pytest.mark.parametrize(
    "arguments, name",
    [
        ({"labels": REAL[1][:7]}, "labels"),
        ({"generated_labels": REAL[1][:7]}, "generated_labels"),
        ({"test_labels": REAL[1]}, "test_labels"),
        ({"generated": REAL[0].astype("float32")}, "generated"),
        ({"generated": REAL[0][:, 1:]}, "generated"),
        ({"seeds": [1]}, "seeds"),
        ({"seeds": [1, 1]}, "seeds"),
        ({"seeds": [0.5, 1]}, "seeds"),
        ({"updates": 0}, "updates"),
        ({"share": 0.0}, "share"),
        ({"share": 1.0}, "share"),
    ],
)
def test_bad_arguments_are_named_before_any_training(seen, arguments, name):
    with pytest.raises(ValueError, match=f"argument `{name}`"):
        kgen.metrics.augmentation_verdict(**GOOD | arguments)
    assert not seen
