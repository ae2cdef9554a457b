"""The first look at data: every bad input gets one line with argument, expectation and value."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgen import inputs

SHAPE = (8, 8, 1)
GOOD = np.random.default_rng(0).integers(0, 256, (4, *SHAPE)).astype("uint8")
FLOATS = GOOD.astype("float32") / 255


def message(function, *args, **kwargs):
    with pytest.raises(ValueError) as caught:
        function(*args, **kwargs)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# Sounds.


@pytest.mark.parametrize("dtype", ["int16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 64), (3, 64, 1)])
def test_good_sounds_pass(shape, dtype):
    inputs.check_sounds(np.ones(shape, dtype), 64)


@pytest.mark.parametrize(
    "x, words",
    [
        (np.zeros((3, 60)), "Expected sounds of shape (batch, 64); `kgen.datasets.load_sounds"),
        (np.zeros((3, 64, 2)), "Expected sounds of shape (batch, 64)"),
        (np.zeros((3, 64), "uint8"), "Expected sounds of shape (batch, 64), floats in [-1, 1] or int16"),
        (np.zeros((0, 64)), "Expected at least one example"),
        (
            np.full((3, 64), 1.01),
            "Expected floats in [-1, 1], or int16. Received: minimum=1.01, maximum=1.01",
        ),
        (np.full((3, 64), np.nan), "Expected finite numbers, but the value at index (0, 0) is nan"),
    ],
)
def test_bad_sounds_are_named(x, words):
    assert words in message(inputs.check_sounds, x, 64) and "`x`" in message(inputs.check_sounds, x, 64)


# Shapes.


@pytest.mark.parametrize("shape", [[28, 28, 1], (1, 1, 1), (64,), (4, 8, 8, 3)])
def test_good_shapes_become_tuples(shape):
    assert inputs.check_shape(shape) == tuple(shape) and type(inputs.check_shape(shape)) is tuple


BAD_SHAPES = [(28, 28), (), 28, None, "28", (28, 0, 1), (28, -1, 1), (28, 28.0, 1), (None, 28, 1), {28, 1}]


@pytest.mark.parametrize("shape", BAD_SHAPES, ids=repr)
def test_bad_shapes_are_named(shape):
    expected = (
        "Invalid value for argument `image_shape`. Expected (height, width, channels), positive integers. "
    )
    assert message(inputs.check_shape, shape) == f"{expected}Received: image_shape={shape!r}."


# Pictures.

GOOD_PICTURES = {
    "bytes": GOOD,
    "floats": FLOATS,
    "doubles": FLOATS.astype("float64"),
    "half": FLOATS.astype("float16"),
    "bfloat16": tf.cast(FLOATS, tf.bfloat16),
    "wide integers": GOOD.astype("int64"),
    "no channel axis": GOOD[..., 0],
    "tensor": tf.constant(GOOD),
    "list": FLOATS.tolist(),
    "one": GOOD[:1],
    "black": np.zeros_like(FLOATS),
}


@pytest.mark.parametrize("name", GOOD_PICTURES)
def test_good_pictures_pass(name):
    assert inputs.check_pictures(GOOD_PICTURES[name], SHAPE) is None


def changed(value, x=FLOATS):
    x = x.copy()
    x[2, 3, 4, 0] = value
    return x


SIZES = "Expected pictures of shape (batch, 8, 8, 1)"
BAD_PICTURES = {
    "other side": (GOOD[:, :7], SIZES, "shape=(4, 7, 8, 1)"),
    "colour": (np.repeat(GOOD, 3, -1), SIZES, "shape=(4, 8, 8, 3)"),
    "no batch axis": (GOOD[0], SIZES, "shape=(8, 8, 1)"),
    "channels first": (np.moveaxis(GOOD, -1, 1), SIZES, "shape=(4, 1, 8, 8)"),
    "flattened": (GOOD.reshape([4, 64]), SIZES, "shape=(4, 64)"),
    "a number": (np.float32(0.5), SIZES, "shape=()"),
    "words": (np.array(["a", "b"]), "integers 0..255 or floats in [0, 1]", "dtype='<U1'"),
    "truth values": (GOOD > 100, "integers 0..255 or floats in [0, 1]", "dtype='bool'"),
    "none": (GOOD[:0], "Expected at least one example", "shape=(0, 8, 8, 1)"),
    "nan": (
        changed(np.nan),
        "finite numbers, but the value at index (2, 3, 4, 0) is nan",
        "shape=(4, 8, 8, 1)",
    ),
    "infinity": (changed(np.inf), "the value at index (2, 3, 4, 0) is inf", "shape=(4, 8, 8, 1)"),
    "minus one to one": (
        2 * FLOATS - 1,
        "floats in [0, 1], or integers in 0..255",
        "minimum=-1.0, maximum=1.0",
    ),
    "bytes as floats": (
        255 * FLOATS,
        "floats in [0, 1], or integers in 0..255",
        "minimum=0.0, maximum=255.0",
    ),
    "just above": (changed(1.001), "floats in [0, 1]", "maximum=1.0"),
    "above a byte": (changed(256, GOOD.astype("int32")), "integers in 0..255", "maximum=256.0"),
    "negative": (changed(-1, GOOD.astype("int16")), "integers in 0..255", "minimum=-1.0"),
}


@pytest.mark.parametrize("name", BAD_PICTURES)
def test_bad_pictures_are_named(name):
    pictures, expected, received = BAD_PICTURES[name]
    text = message(inputs.check_pictures, pictures, SHAPE, "images")
    assert text.startswith("Invalid value for argument `images`. Expected ")
    assert expected in text.split("Received: ")[0] and received in text.split("Received: ")[1]


def test_a_wrong_size_is_told_how_to_be_resized():
    assert "kgen.datasets.load(..., image_size=...)" in message(inputs.check_pictures, GOOD[:, :7], SHAPE)


def test_the_channel_axis_may_be_missing_of_grey_pictures_only():
    colour = np.zeros((4, 8, 8, 3), "uint8")
    inputs.check_pictures(colour, (8, 8, 3))
    assert "Expected pictures of shape (batch, 8, 8, 3)" in message(
        inputs.check_pictures, colour[..., 0], (8, 8, 3)
    )


def test_vectors_have_no_range():
    x = np.random.default_rng(0).normal(scale=100, size=(5, 7))
    assert inputs.check_pictures(x, (7,)) is None
    assert "finite" in message(inputs.check_pictures, np.where(x > 0, np.nan, x), (7,))


# Latents, finite numbers.


def test_good_latents_pass():
    assert inputs.check_latents(np.zeros((0, 5)), 5) is None
    assert inputs.check_latents(tf.ones((3, 5)), 5) is None


@pytest.mark.parametrize(
    "z", [np.zeros((3, 4)), np.zeros(5), np.zeros((1, 3, 5))], ids=lambda z: str(z.shape)
)
def test_latents_of_another_shape_are_named(z):
    expected = "Invalid value for argument `latent`. Expected codes of shape (batch, 5). Received: "
    assert message(inputs.check_latents, z, 5) == f"{expected}shape={z.shape}."


def test_latents_are_finite():
    z = np.zeros((3, 5))
    z[1, 2] = -np.inf
    assert "argument `z`" in message(inputs.check_latents, z, 5, "z")
    assert "index (1, 2) is -inf" in message(inputs.check_latents, z, 5)


def test_integers_are_always_finite():
    assert inputs.check_finite(GOOD) is None


# Data sets.


def test_lengths():
    batches = tf.data.Dataset.from_tensor_slices(GOOD).batch(2)
    unknown = batches.filter(lambda x: True)
    assert inputs.check_length(batches, None) is None
    assert inputs.check_length(batches.repeat(), 3) is None and inputs.check_length(unknown, 3) is None
    assert "Expected a data set with at least one batch. Received: batches=0" in message(
        inputs.check_length, batches.take(0), None
    )
    for dataset, kind in ((batches.repeat(), "endless"), (unknown, "of unknown length")):
        text = message(inputs.check_length, dataset, None)
        assert "argument `x`" in text and "steps_per_epoch" in text and "assert_cardinality" in text
        assert f"Received: x='a data set {kind}'" in text


def test_the_first_batch_has_labels_or_none():
    labels = np.arange(4)
    for data, expected in ((GOOD, None), ((GOOD,), None), ((GOOD, labels), labels[:3])):
        x, y = inputs.first_batch(tf.data.Dataset.from_tensor_slices(data).batch(3))
        np.testing.assert_array_equal(x, GOOD[:3])
        np.testing.assert_array_equal(y, expected)


def test_labels_are_integers_in_the_classes():
    inputs.check_labels(np.array([0, 2]), 3)
    inputs.check_labels(np.array([-1, 2]), 3, missing=True)
    for bad in (None, np.array([0, 3]), np.array([-1, 0]), np.array([0.5]), np.zeros((2, 3), int)):
        assert "integer labels in 0..2" in message(inputs.check_labels, bad, 3)
    assert "-1..2" in message(inputs.check_labels, np.array([-2]), 3, True)


def test_an_empty_data_set_has_no_first_batch():
    assert "at least one batch" in message(
        inputs.first_batch, tf.data.Dataset.from_tensor_slices(GOOD).batch(3).take(0)
    )


def test_pictures_as_keras_has_them_pass():
    """keras.datasets gives uint8 [n, 28, 28]; an image loader gives float32 in [0, 255], which is refused."""
    inputs.check_pictures(np.zeros((2, 28, 28), "uint8"), (28, 28, 1))
    loaded = keras.utils.img_to_array(np.full((28, 28, 1), 200, "uint8"))
    assert "maximum=200.0" in message(inputs.check_pictures, loaded[None], (28, 28, 1))
