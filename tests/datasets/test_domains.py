import numpy as np
import pytest
import scipy.ndimage

from kgen.datasets import domains

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 9, 7, 1), np.uint8)


def test_negative():
    np.testing.assert_array_equal(domains.negative(IMAGES).astype(int) + IMAGES, np.full(IMAGES.shape, 255))
    np.testing.assert_array_equal(domains.negative(domains.negative(IMAGES)), IMAGES)


def test_edges_equal_scipys_sobel(monkeypatch):
    expected = []
    for picture in IMAGES[..., 0].astype(float):
        x, y = (scipy.ndimage.sobel(picture, axis, mode="nearest") for axis in (1, 0))
        expected.append(np.minimum(255, np.round(np.sqrt(x**2 + y**2) / 4)))
    np.testing.assert_array_equal(domains.edges(IMAGES)[..., 0], expected)
    monkeypatch.setattr("kgen.datasets.checks.CHUNK_BYTES", 2 * 63)
    np.testing.assert_array_equal(domains.edges(IMAGES)[..., 0], expected)


def test_edges_of_a_step_a_plane_and_a_ramp():
    step = np.zeros((1, 4, 6, 1), np.uint8)
    step[:, :, 3:] = 255
    assert domains.edges(step)[0, 2, :, 0].tolist() == [0, 0, 255, 255, 0, 0]
    assert not domains.edges(np.full((1, 5, 5, 1), 77, np.uint8)).any()
    ramp = np.tile(10 * np.arange(6, dtype=np.uint8)[:, None, None], (1, 1, 4, 1))
    assert domains.edges(ramp)[0, :, 2, 0].tolist() == [10, 20, 20, 20, 20, 10]


def test_colour_is_the_tinted_negative():
    result = domains.colour(IMAGES)
    np.testing.assert_array_equal(result, np.round((255.0 - IMAGES) * [255, 176, 64] / 255))
    assert result.shape == (5, 9, 7, 3) and result.dtype == np.uint8
    np.testing.assert_array_equal(result[..., :1], domains.negative(IMAGES))


def test_sources_are_told_apart():
    assert domains.is_domain_pair("digits_pair:edges") and not domains.is_domain_pair("digits")
    assert domains.parse_domain_pair("digits_pair:colour") == ("colour", "digits")
    assert domains.parse_domain_pair("digits_pair:edges:a:b") == ("edges", "a:b")
    with pytest.raises(ValueError, match="Did you mean `digits_pair:colour`"):
        domains.parse_domain_pair("digits_pair:color")
