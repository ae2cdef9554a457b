import numpy as np
import pytest

from kgen import datasets
from kgen.datasets.checks import as_images, as_labels, as_size

GOOD = np.random.default_rng(0).random((6, 4, 4, 1))


def with_pixel(value):
    images = GOOD.copy()
    images[3, 1, 1, 0] = value
    return images


@pytest.mark.parametrize(
    "images, message",
    [
        (np.zeros((0, 4, 4, 1), np.uint8), "empty"),
        (np.zeros((5, 0, 4, 1), np.uint8), "empty"),
        (np.array([["a", "b"]]), "Expected numbers"),
        (np.zeros((5, 4, 4), bool), "dtype bool"),
        (np.zeros((5, 4, 4), complex), "Expected numbers"),
        (np.array([None]), "Expected numbers"),
        ([np.zeros((3, 3)), np.zeros((4, 4))], "pictures of one size"),
        (np.zeros(5), r"Expected shape \(N, H, W, C\)"),
        (np.zeros((5, 16), np.uint8), r"shape \(5, 16\)"),
        (np.zeros((2, 3, 4, 5, 6, 1), np.uint8), "Expected shape"),
        (with_pixel(np.nan), "NaN or infinity in example 3"),
        (with_pixel(np.inf), "NaN or infinity in example 3"),
        (with_pixel(1.5), r"floats in \[0, 1\].* to 1.5, first in example 3"),
        (with_pixel(-0.25), "from -0.25 to .*first in example 3"),
        (np.full((5, 4, 4), 256, np.int64), "values from 256 to 256"),
        (np.full((5, 4, 4), -1, np.int32), "0..255"),
        (np.full((5, 3), np.nan), "NaN or infinity in example 0"),
    ],
)
def test_bad_images(images, message):
    with pytest.raises(ValueError, match=message):
        datasets.from_arrays(images, batch_size=1)


def test_good_images():
    assert as_images(np.zeros((5, 4, 3), np.uint8)).shape == (5, 4, 3, 1)
    assert as_images(np.full((5, 4, 3), 255, np.int64)).dtype == np.uint8
    assert as_images(GOOD).dtype == np.float32
    assert as_images(np.array([[-3.0, 1e6]])).tolist() == [[-3.0, 1e6]]
    pixels = np.zeros((5, 4, 3, 1), np.uint8)
    assert as_images(pixels) is pixels or np.shares_memory(as_images(pixels), pixels)


@pytest.mark.parametrize(
    "labels, message",
    [
        ([0, 1], r"shape \(3,\)"),
        ([0.0, 1.0, 2.0], "integer"),
        (np.eye(3, dtype=int), "integer class numbers"),
        ([0, -1, 2], "values from -1 to 2"),
        (["a", "b", "c"], "integer"),
    ],
)
def test_bad_labels(labels, message):
    with pytest.raises(ValueError, match=message):
        as_labels(labels, 3)


def test_labels_of_keras_lose_their_last_axis():
    assert as_labels(np.array([[3], [1]], np.uint8), 2).tolist() == [3, 1]


@pytest.mark.parametrize("size", [0, -3, 2.5, True, "64", (8,), (8, 0), (8, 8, 3)])
def test_bad_size(size):
    with pytest.raises(ValueError, match="`image_size`. Expected a positive integer"):
        as_size(size)


def test_sizes():
    assert as_size(8) == (8, 8) and as_size((28, 97)) == (28, 97) and as_size(None) is None
