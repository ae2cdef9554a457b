import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from kgen import datasets
from kgen.datasets import Augmentation

STRONG = "crop=0.2,rotation=30,scale=0.2,flip"
IMAGES = np.random.default_rng(0).integers(0, 256, (12, 9, 7, 3), np.uint8)


def warped(augmentation, images=IMAGES, seed=0, index=None, epoch=0):
    index = tf.range(len(images)) if index is None else tf.constant(index)
    return augmentation.warp(tf.constant(images), seed, index, tf.fill([len(images)], epoch)).numpy()


def drawn(dataset, num_examples):
    """The first pictures of the endless data set, whatever the size of its batches."""
    return dataset.unbatch().take(num_examples).batch(num_examples).get_single_element().numpy()


def test_no_strength_is_the_identity():
    np.testing.assert_array_equal(warped(Augmentation()), IMAGES)
    floats = np.random.default_rng(1).random((4, 6, 6, 1), np.float32)
    np.testing.assert_array_equal(warped(Augmentation(), floats), floats)


def test_same_pictures_for_any_batch_size_and_start():
    options = {"seed": 5, "augment": STRONG}
    by_four, by_five = (datasets.from_arrays(IMAGES, batch_size=size, **options) for size in (4, 5))
    first = drawn(by_four.at(0), 40)
    np.testing.assert_array_equal(drawn(by_five.at(0), 40), first)
    np.testing.assert_array_equal(drawn(by_four.at(3), 20), first[12:32])


def test_warp_differs_by_example_epoch_and_seed():
    same = np.repeat(IMAGES[:1], 2, axis=0)
    augmentation = Augmentation.parse(STRONG)
    pair = warped(augmentation, same)
    assert (pair[0] != pair[1]).any()
    assert (pair != warped(augmentation, same, epoch=1)).any()
    assert (pair != warped(augmentation, same, seed=1)).any()
    np.testing.assert_array_equal(pair[1], warped(augmentation, same[:1], index=[1])[0])


def test_flip_mirrors_half_of_the_pictures_exactly():
    images = np.repeat(IMAGES[:1], 400, axis=0)
    flipped = warped(Augmentation(flip=True), images)
    mirrored = (flipped == images[:, :, ::-1]).all(axis=(1, 2, 3))
    assert 150 < mirrored.sum() < 250
    np.testing.assert_array_equal(flipped[~mirrored], images[~mirrored])


def test_warp_equals_scipy():
    augmentation, u = Augmentation(0.1, 25, 0.2, True), tf.constant([[0.9, 0.3, 0.2, 0.8, 0.1]])
    a, b, x, c, d, y = augmentation._transforms(u, 9, 7)[0, :6].numpy()
    angle, zoom = np.radians(0.8 * 25), 1 - 0.4 * 0.2
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / zoom
    matrix = rotation @ np.diag([-1, 1])  # of (x, y)
    np.testing.assert_allclose([[a, b], [c, d]], matrix, atol=1e-6)
    centre = np.array([3, 4]) - matrix @ [3, 4] + [-0.6 * 0.1 * 7, 0.6 * 0.1 * 9]
    np.testing.assert_allclose([x, y], centre, atol=1e-5)
    image = IMAGES[0, :, :, 0].astype(np.float32)
    expected = scipy.ndimage.affine_transform(
        image, matrix[::-1, ::-1], centre[::-1], order=1, mode="nearest"
    )
    ours = tf.raw_ops.ImageProjectiveTransformV3(
        images=image[None, :, :, None],
        transforms=augmentation._transforms(u, 9, 7),
        output_shape=[9, 7],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )
    np.testing.assert_allclose(ours[0, :, :, 0], expected, atol=0.01)


def test_crop_shifts_at_most_its_share():
    ramp = np.broadcast_to(np.arange(20, dtype=np.float32)[None, None, :, None] / 20, (50, 20, 20, 1)).copy()
    shift = (warped(Augmentation(crop=0.1), ramp)[:, 10, 10, 0] - ramp[:, 10, 10, 0]) * 20
    assert np.abs(shift).max() <= 2.001 and shift.max() > 1.5 and shift.min() < -1.5


def test_parse():
    parsed = Augmentation.parse("crop=0.1, rotation=10,scale=0.1,flip")
    assert parsed == Augmentation(0.1, 10, 0.1, True)
    assert Augmentation.parse("flip") == Augmentation(flip=True)


@pytest.mark.parametrize(
    "text, message",
    [
        ("rotaton=3", "Perhaps use 'rotation'"),
        ("", "Expected terms"),
        ("crop=much", "a number after crop="),
        ("flip=1", "Expected terms"),
        ("crop=1", "`crop`. Expected a number from 0 to 1"),
        ("rotation=181", "from 0 to 180"),
        ("scale=nan", "`scale`"),
        ("scale=-0.1", "`scale`"),
    ],
)
def test_bad_text(text, message):
    with pytest.raises(ValueError, match=message):
        Augmentation.parse(text)


def test_other_types_and_vectors_are_refused():
    with pytest.raises(ValueError, match="`augment`"):
        datasets.from_arrays(IMAGES, batch_size=2, augment=0.1)
    with pytest.raises(ValueError, match="`augment`"):
        datasets.from_arrays(np.zeros((4, 3)), batch_size=2, augment="flip")
