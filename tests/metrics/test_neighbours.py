"""Nearest neighbours against scikit-learn and a double loop."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

import kgen
from kgen.metrics import neighbours
from kgen.metrics.pairs import pixels

RNG = np.random.default_rng(5)
DIGITS, LABELS = load_digits(return_X_y=True)
IMAGES = np.round(DIGITS * (255 / 16)).astype("uint8").reshape([-1, 8, 8, 1])
TRAIN, TEST = slice(0, 1200), slice(1200, None)


def error(x=IMAGES[TRAIN], labels=LABELS[TRAIN], test_x=IMAGES[TEST], test_labels=LABELS[TEST]):
    return kgen.metrics.nearest_neighbour_error(x, labels, test_x, test_labels)


@pytest.mark.parametrize("block", [100, 2048])
def test_error_equals_scikit_learn(monkeypatch, block):
    monkeypatch.setattr(neighbours, "BLOCK", block)
    rows = IMAGES.reshape([-1, 64]).astype("float64")
    classifier = KNeighborsClassifier(1, algorithm="brute").fit(rows[TRAIN], LABELS[TRAIN])
    expected = 1 - classifier.score(rows[TEST], LABELS[TEST])
    assert 0 < error() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("count", [1, 63, 64, 65, 200])
@pytest.mark.parametrize("others", [1, 64, 150])
def test_neighbours_equal_scikit_learn(monkeypatch, count, others):
    monkeypatch.setattr(neighbours, "BLOCK", 64)
    x, y = RNG.normal(size=(count, 7)), RNG.normal(size=(others, 7))
    index, distance = kgen.metrics.nearest_neighbours(x, y)
    expected = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(y).kneighbors(x)
    np.testing.assert_array_equal(index, expected[1][:, 0])
    np.testing.assert_allclose(distance, expected[0][:, 0], rtol=1e-9)


def test_the_first_of_several_and_none():
    """Equal neighbours, also in different blocks; no rows have no neighbours."""
    y = np.tile([[0.0], [9.0]], [3000, 1])
    index, distance = kgen.metrics.nearest_neighbours([[8.0], [1.0]], y)
    assert index.tolist() == [1, 0] and distance.tolist() == [1, 1]
    assert [len(part) for part in kgen.metrics.nearest_neighbours(np.zeros([0, 1]), y)] == [0, 0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_copy_has_distance_zero_far_from_the_origin(dtype):
    x = (RNG.normal(size=(300, 5)) + 1000).astype(dtype)
    index, distance = kgen.metrics.nearest_neighbours(x, x)
    np.testing.assert_array_equal(index, np.arange(300))
    assert not distance.any()


def test_integers_and_floats_are_the_same_pictures():
    floats = IMAGES / np.float32(255)
    assert error(floats[TRAIN]) == error(test_x=floats[TEST]) == error()
    assert error(IMAGES[TRAIN, ..., 0]) == error()


def test_wrong_labels_and_noise_cost():
    assert error(labels=(LABELS[TRAIN] + 1) % 10) > 0.9
    noised = np.clip(IMAGES[TRAIN] / 255 + RNG.normal(0, 0.5, IMAGES[TRAIN].shape), 0, 1)
    assert error(noised) > 2 * error()


def test_fewer_modes_cost():
    some = LABELS[TRAIN] < 5
    missing = np.mean(LABELS[TEST] >= 5)
    assert error(IMAGES[TRAIN][some], LABELS[TRAIN][some]) >= missing


def test_pixels():
    np.testing.assert_array_equal(pixels("x", np.array([[[0, 255]]], "uint8")), np.float32([[0, 1]]))
    assert pixels("x", IMAGES).dtype == np.float32
    assert pixels("x", np.ones([2, 4, 4, 3])).shape == (2, 48)


@pytest.mark.parametrize(
    "arguments, name",
    [
        ({"labels": LABELS[:5]}, "labels"),
        ({"test_labels": LABELS[TEST].astype("float32")}, "test_labels"),
        ({"x": IMAGES[TRAIN].astype("float32")}, "x"),
        ({"test_x": IMAGES[TEST] * np.nan}, "test_x"),
        ({"x": IMAGES[TRAIN, :4]}, "others"),
        ({"x": IMAGES[:0], "labels": LABELS[:0]}, "x"),
    ],
)
def test_bad_arguments(arguments, name):
    with pytest.raises(ValueError, match=f"argument `{name}`"):
        error(**arguments)


@pytest.mark.parametrize("x, y", [([0.0], [[0.0]]), ([[0.0]], [[0.0, 1.0]]), ([[0.0]], np.zeros([0, 1]))])
def test_neighbours_refuse_other_shapes(x, y):
    with pytest.raises(ValueError, match="argument `others`"):
        kgen.metrics.nearest_neighbours(x, y)
