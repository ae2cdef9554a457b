"""Motion of clips: closed forms of points that move, and what tells cheats apart."""

import numpy as np
import pytest

from kgen import metrics
from kgen.metrics.base import Extractor


def points(places, side=16):
    """Clips of one bright pixel at whole places [n, frames, 2]."""
    places = np.asarray(places)
    clips = np.zeros([*places.shape[:2], side, side, 1], np.uint8)
    n, t = np.indices(places.shape[:2])
    clips[n, t, places[..., 0], places[..., 1]] = 255
    return clips


def straight(velocity, frames=4, start=(1, 2)):
    return points((np.array(start) + np.arange(frames)[:, None] * velocity)[None])


def walks(number=40, frames=6, seed=0):
    """Points that move by three pixels down, or to the right, in each frame."""
    random = np.random.default_rng(seed)
    right = random.integers(0, 2, number)[:, None]
    start = random.integers(0, 1, [number, 2])
    step = np.concatenate([3 * right, 3 - 3 * right], axis=1)
    return points(start[:, None] + np.arange(frames)[:, None] * step[:, None])


@pytest.mark.parametrize("velocity, speed", [((0, 0), 0), ((0, 2), 2), ((3, 4), 5), ((1, 0), 1)])
def test_a_point_that_moves_by_v_has_speed_v(velocity, speed):
    clips = straight(velocity, frames=3)
    np.testing.assert_allclose(metrics.speeds(clips), np.full([1, 2], speed), atol=1e-12)
    np.testing.assert_allclose(metrics.accelerations(clips), 0, atol=1e-12)


def test_a_bounce_is_an_acceleration_of_twice_the_speed():
    clips = points([[[5, 5], [5, 8], [5, 11], [5, 8]]])
    np.testing.assert_allclose(metrics.speeds(clips), [[3, 3, 3]])
    np.testing.assert_allclose(metrics.accelerations(clips), [[0, 6]])


def test_the_centroid_weighs_ink():
    clip = np.zeros([1, 1, 8, 8, 3])
    clip[0, 0, 2, 1], clip[0, 0, 4, 1] = 0.25, 0.75
    np.testing.assert_allclose(metrics.centroids(clip), [[[3.5, 1.0]]])
    np.testing.assert_allclose(metrics.centroids(clip[..., :1], threshold=0.5), [[[4.0, 1.0]]])
    as_bytes = np.round(clip * 255).astype(np.uint8)
    np.testing.assert_allclose(metrics.centroids(as_bytes), metrics.centroids(as_bytes / 255.0), atol=1e-6)
    np.testing.assert_allclose(metrics.centroids(clip[..., 0]), metrics.centroids(clip[..., :1]))


def test_frames_without_ink_are_told_and_left_out():
    clips = straight((0, 1), frames=5)
    clips[0, 2] = 10  # Darker than the threshold.
    assert np.isnan(metrics.speeds(clips)).tolist() == [[False, True, True, False]]
    real = straight((0, 1), frames=5)
    assert metrics.motion_distances(clips, real)["empty_frames"] == pytest.approx(0.2)
    found = metrics.motion_distances(clips * 0, real)
    assert found == {"speed": None, "acceleration": None, "empty_frames": 1.0}
    with pytest.raises(ValueError, match="argument `real`. Expected clips with ink"):
        metrics.motion_distances(real, real * 0)


def test_distances_of_constant_speeds_are_their_difference():
    found = metrics.motion_distances(straight((0, 1)), straight((3, 4)))
    assert found["speed"] == pytest.approx(4.0) and found["acceleration"] == pytest.approx(0, abs=1e-9)
    mixed = np.concatenate([straight((0, 1)), straight((0, 3))])
    assert metrics.motion_distances(mixed, straight((0, 2)))["speed"] == pytest.approx(1.0)


def test_cheats_are_told_apart():
    """A still picture has no speed; frames in another order keep the places, but not the way."""
    real = walks()
    still = np.repeat(real[:, :1], 6, axis=1)
    shuffled = real[:, np.random.default_rng(1).permutation(6)]
    found = {
        name: metrics.motion_distances(clips, real)
        for name, clips in (("still", still), ("shuffled", shuffled))
    }
    floor = metrics.motion_distances(walks(seed=5), real)
    assert found["still"]["speed"] == pytest.approx(3.0) and found["still"]["acceleration"] == pytest.approx(
        0, abs=1e-9
    )
    assert found["shuffled"]["speed"] > 1 and found["shuffled"]["acceleration"] > 5
    assert floor["speed"] == pytest.approx(0, abs=1e-9) and floor["acceleration"] == pytest.approx(
        0, abs=1e-9
    )


class ByBrightness(Extractor):
    """Three classes: dark, grey, bright; sure by 0.8."""

    def __init__(self):
        super().__init__("by-brightness", (8, 8, 1), 1, "none")

    def embed(self, x):
        return x

    def probabilities(self, images):
        classes = np.clip(np.asarray(images).mean(axis=(1, 2, 3)) * 3, 0, 2).astype(int)
        return np.where(np.eye(3)[classes] > 0, 0.8, 0.1)


def test_consistency_counts_classes_over_frames():
    levels = np.array([[0.1, 0.1, 0.1, 0.1], [0.1, 0.5, 0.5, 0.9], [0.9, 0.9, 0.9, 0.5]])
    clips = levels[:, :, None, None, None] * np.ones([3, 4, 8, 8, 1])
    found = metrics.class_consistency(ByBrightness(), clips)
    assert found == pytest.approx(
        {"same_class": 1 / 3, "mode_share": (1 + 0.5 + 0.75) / 3, "confidence": 0.8}
    )


def test_bad_clips_are_named():
    for measure in (
        metrics.centroids,
        metrics.speeds,
        lambda x: metrics.class_consistency(ByBrightness(), x),
    ):
        with pytest.raises(ValueError, match="argument `clips`. Expected shape"):
            measure(np.zeros([4, 8, 8]))
    with pytest.raises(ValueError, match="argument `clips`. Expected at least 3 frames"):
        metrics.accelerations(np.ones([1, 2, 8, 8, 1]))
    with pytest.raises(ValueError, match="floats in .0, 1."):
        metrics.centroids(np.full([1, 2, 8, 8, 1], 2.0))
    with pytest.raises(ValueError, match="argument `threshold`"):
        metrics.centroids(np.ones([1, 2, 8, 8, 1]), threshold=1)
    with pytest.raises(ValueError, match="argument `extractor`"):
        metrics.class_consistency("random", np.ones([1, 2, 8, 8, 1]))
