"""Moving digits: constant speed, elastic edges, and a clip that depends on its number alone."""

import os
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from kgen import metrics, noise
from kgen.datasets import load, load_clips, moving

PREPARED = pathlib.Path(os.environ.get("TFDS_DATA_DIR", "no such folder"))
needs_mnist = pytest.mark.skipif(not (PREPARED / "mnist").is_dir(), reason="no mnist in TFDS_DATA_DIR")
FORM = moving.Form(frames=30, size=(24, 32), digits=1, speed=(1.0, 3.0), seed=0)


def all_of(dataset):
    parts = list(dataset.as_numpy_iterator())
    return (
        tuple(map(np.concatenate, zip(*parts, strict=True)))
        if isinstance(parts[0], tuple)
        else np.concatenate(parts)
    )


def dot(form, number):
    """Clips of one bright pixel in the middle of a black picture, with their corners."""
    corners = moving.paths(noise.rows(0, number), form)
    pictures = np.zeros([number, form.digits, form.side, form.side], "float32")
    pictures[:, :, form.side // 2, form.side // 2] = 255
    return moving.drawn(tf.constant(pictures), corners, form.size).numpy(), corners.numpy()[:, 0]


def test_a_path_is_straight_and_bounces():
    """Unfolded at every bounce, the way is a straight line at one speed from 1 to 3."""
    corners = moving.paths(noise.rows(0, 200), FORM).numpy()[:, 0]  # [clips, frames, 2]
    room = np.array([24 - 15, 32 - 15])
    assert (corners >= 0).all() and (corners <= room + 1e-4).all()
    steps = np.diff(corners, axis=1)
    speed = np.abs(steps).max(axis=1)  # Between two bounces: the largest step of each axis.
    lengths = np.hypot(*speed.T)
    assert (lengths > 0.99).all() and (lengths < 3.01).all()
    inside = np.isclose(np.abs(steps), speed[:, None], atol=1e-4)
    assert inside.mean() > 0.6
    turned = ~inside[:, :, 0]  # A step on which it bounces goes to the edge and back.
    rest = speed[:, None, 0] - np.abs(steps[:, :, 0])
    assert (rest[turned] > 0).all()


def test_starts_directions_and_speeds_are_uniform():
    form = FORM._replace(frames=2, size=(32, 32))
    u = noise.uniform(noise.rows(0, 4000), (1, 4)).numpy()[:, 0]
    corners = moving.paths(noise.rows(0, 4000), form).numpy()[:, 0]
    np.testing.assert_allclose(corners[:, 0], 12 * u[:, :2], atol=1e-5)
    assert np.abs(corners[:, 0].mean(axis=0) - 6).max() < 0.25
    far = (np.abs(corners[:, 0] - 6) < 2.9).all(axis=1)  # Three pixels from every edge: no bounce.
    steps = corners[far, 1] - corners[far, 0]
    np.testing.assert_allclose(np.hypot(*steps.T), 1 + 2 * u[far, 3], atol=1e-4)
    assert np.abs(steps.mean(axis=0)).max() < 0.15


def test_a_picture_between_pixels_keeps_its_ink_and_place():
    clips, corners = dot(FORM, 40)
    assert clips.shape == (40, 30, 24, 32, 1) and clips.dtype == np.uint8
    np.testing.assert_allclose(clips.sum(axis=(2, 3, 4)), 255, atol=2)
    centres = metrics.centroids(clips, threshold=0.0)
    np.testing.assert_allclose(centres, corners + FORM.side // 2, atol=0.02)


def test_at_whole_places_the_picture_is_itself():
    picture = np.random.default_rng(0).integers(0, 256, [1, 1, 4, 4])
    corners = tf.constant([[[[0.0, 0.0], [2.0, 3.0], [4.0, 4.0]]]])
    clip = moving.drawn(tf.constant(picture, tf.float32), corners, (8, 8)).numpy()[0, ..., 0]
    for frame, (down, right) in zip(clip, ((0, 0), (2, 3), (4, 4)), strict=True):
        wanted = np.zeros([8, 8], np.uint8)
        wanted[down : down + 4, right : right + 4] = picture[0, 0]
        np.testing.assert_array_equal(frame, wanted)


def test_of_two_pictures_the_brighter_pixel_counts():
    pictures = tf.constant(np.array([[[[100.0]], [[200.0]]]], "float32"))
    corners = tf.constant([[[[0.0, 0.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 3.0]]]])
    clip = moving.drawn(pictures, corners, (1, 4)).numpy()[0, :, 0, :, 0]
    assert clip.tolist() == [[200, 0, 0, 0], [0, 100, 0, 200]]


def test_a_clip_depends_on_its_number_alone():
    whole = all_of(load_clips(frames=3, image_size=12, shuffle=False, num_examples=60)[0])
    assert whole.shape == (60, 3, 12, 12, 1)
    np.testing.assert_array_equal(
        whole,
        all_of(load_clips(frames=3, image_size=12, shuffle=False, num_examples=60, batch_size=7, seed=9)[0]),
    )
    part = load_clips("moving:digits", "train[20:30]", frames=3, image_size=12, shuffle=False)
    np.testing.assert_array_equal(all_of(part[0]), whole[20:30])
    shuffled = all_of(load_clips(frames=3, image_size=12, num_examples=60, batch_size=30)[0])
    assert sorted(map(bytes, shuffled)) == sorted(map(bytes, whole)) and (shuffled != whole).any()
    other = all_of(load_clips(frames=3, image_size=12, shuffle=False, num_examples=60, motion_seed=1)[0])
    assert (other != whole).any(axis=(1, 2, 3, 4)).all()
    longer = all_of(load_clips(frames=5, image_size=12, shuffle=False, num_examples=60)[0])
    np.testing.assert_array_equal(longer[:, :3], whole)


def test_train_and_test_fly_on_ways_of_their_own(tmp_path):
    squares = np.zeros([20, 8, 8], np.uint8)
    squares[:, 2:6, 2:6] = 255
    np.savez(tmp_path / "squares.npz", x_train=squares, x_test=squares)
    source, form = f"moving:{tmp_path / 'squares.npz'}", {"frames": 2, "image_size": 16, "shuffle": False}
    parts = [all_of(load_clips(source, split, **form)[0]) for split in ("train", "test")]
    assert (parts[0] != parts[1]).any(axis=(1, 2, 3, 4)).all()


def test_labels_and_description():
    dataset, about = load_clips(frames=2, image_size=(10, 14), labels=True, batch_size=100, shuffle=False)
    x, y = all_of(dataset)
    digits = load("digits", labels=True, shuffle=False)[0]
    np.testing.assert_array_equal(y, all_of(digits)[1])
    assert (about.name, about.shape, about.num_examples) == ("moving:digits", (2, 10, 14, 1), 1437)
    assert about.classes == tuple("0123456789") and x.shape == (1437, 2, 10, 14, 1)
    prints = {
        load_clips(frames=2, image_size=10, **options)[1].fingerprint
        for options in (
            {},
            {"seed": 3},
            {"motion_seed": 1},
            {"speed": (1.0, 2.0)},
            {"digits": 2},
            {"split": "test"},
        )
    }
    assert len(prints) == 5  # The order is no part of the data.


def test_several_digits_share_a_clip():
    one, two = (
        all_of(load_clips(frames=2, image_size=32, digits=digits, shuffle=False, num_examples=50)[0])
        for digits in (1, 2)
    )
    assert two.sum() > 1.5 * one.sum()
    numbers = moving.together(np.arange(10), 3, 10)
    assert numbers.shape == (10, 3) and numbers[:, 0].tolist() == list(range(10))
    assert all(sorted(column) == list(range(10)) for column in numbers.T)
    with pytest.raises(ValueError, match="argument `labels`"):
        load_clips(digits=2, labels=True)


def test_steps_go_on_anywhere():
    dataset = load_clips(frames=2, image_size=8, batch_size=16)[0]
    steps = list(dataset.take(3).as_numpy_iterator())
    np.testing.assert_array_equal(next(iter(dataset.at(2))), steps[2])
    assert dataset.element_spec.shape == (16, 2, 8, 8, 1) and dataset.steps_per_epoch == 1437 // 16


def test_colour_does_not_move(tmp_path):
    np.savez(tmp_path / "colour.npz", x=np.zeros([4, 8, 8, 3], np.uint8))
    with pytest.raises(ValueError, match="argument `source`. Expected grey pictures to move"):
        load_clips(f"moving:{tmp_path / 'colour.npz'}")


@pytest.mark.parametrize(
    "options, word",
    [
        ({"frames": 1}, "frames"),
        ({"image_size": 0}, "image_size"),
        ({"image_size": 1}, "image_size"),
        ({"digits": 0}, "digits"),
        ({"speed": 2.0}, "speed"),
        ({"speed": (3.0, 1.0)}, "speed"),
        ({"speed": (0.0, float("inf"))}, "speed"),
        ({"motion_seed": -1}, "motion_seed"),
        ({"split": "validation"}, "split"),
        ({"split": 3}, "split"),
        ({"split": "train[a:]"}, "split"),
        ({"on_bad": "cry"}, "on_bad"),
        ({"source": "ring"}, "source"),
        ({"source": "moving:no_such_set"}, "source"),
        ({"source": 3}, "source"),
    ],
)
def test_bad_arguments_are_named(options, word):
    with pytest.raises(ValueError, match=f"argument `{word}`"):
        load_clips(**options)


@needs_mnist
def test_mnist_moves_at_its_speed():
    clips = all_of(load_clips("moving:mnist", "test", shuffle=False, num_examples=200)[0])
    assert clips.shape == (200, 12, 32, 32, 1)
    speeds = metrics.speeds(clips)
    assert (np.median(speeds, axis=1) > 0.4).all() and (speeds < 3.3).all()
