"""PNG bytes in and out of a served graph: what is decoded, what is refused, and when."""

import io
import itertools
import json
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from kgen import serving
from kgen.datasets.folder import opaque
from kgen.serving import batching, examples, graph, png

LIMIT = 12 * 20
FILES = {png.NAME: tf.TensorSpec([None], tf.string)}


class Negative:
    """A model that inverts pictures of any size."""

    def __init__(self, channels=3):
        self.channels = channels

    def negative(self, image_bytes):
        return {png.NAME: png.mapped(lambda x: 255 - x, image_bytes, self.channels, LIMIT)}

    def signatures(self):
        return {"negative": (self.negative, FILES)}


def file(picture, **options):
    """PNG bytes by Pillow."""
    stream = io.BytesIO()
    picture = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    picture.save(stream, "PNG", **options)
    return stream.getvalue()


def random(*shape, dtype="uint8"):
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def claims(width, height):
    """The shortest beginning of a PNG that has a size: signature, length, type, and the two sides."""
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + struct.pack(">II", width, height)


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def hand_made(width, height, depth, colour, rows, *more):
    """A PNG of raw rows, for kinds that Pillow does not write."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def wide_colour(pixels):
    return hand_made(*pixels.shape[1::-1], 16, 2, [row.tobytes() for row in pixels.astype(">u2")])


def answer(files):
    graph = tf.function(Negative().negative, autograph=False)
    return [tf.io.decode_png(made).numpy() for made in graph(tf.constant(files))[png.NAME]]


@pytest.fixture(scope="module")
def version(tmp_path_factory):
    return serving.export(Negative(), tmp_path_factory.mktemp("models") / "negative", max_batch_size=8)


# Decoding: the same pixels as those that a folder of training pictures gives.

COLOUR, GREY = Image.fromarray(random(9, 7, 3)), Image.fromarray(random(9, 7))
KINDS = {
    "colour": file(COLOUR),
    "grey": file(GREY),
    "black and white": file(GREY.convert("1")),
    "palette": file(COLOUR.quantize(40)),
    "palette of four": file(COLOUR.quantize(4)),
    "palette of two": file(COLOUR.quantize(2)),
    "transparent colour": file(random(9, 7, 4)),
    "transparent grey": file(Image.fromarray(random(9, 7, 2), "LA")),
    "palette with a transparent colour": file(COLOUR.quantize(4), transparency=1),
    "palette with half a transparent colour": file(COLOUR.quantize(40), transparency=bytes([0, 100, 200])),
    "grey with a transparent level": file(GREY, transparency=int(random(9, 7)[4, 4])),
    "all transparent": file(np.zeros([9, 7, 4], "uint8")),
}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_is_read_as_a_training_picture_is(kind, channels):
    with Image.open(io.BytesIO(KINDS[kind])) as image:
        wanted = np.asarray(opaque(image, "L" if channels == 1 else "RGB")).reshape([9, 7, channels])
    np.testing.assert_array_equal(png.decoded(tf.constant(KINDS[kind]), channels), wanted)


@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bits_lose_the_lower_eight(channels):
    wide = random(9, 7, 3, dtype="uint16")
    wide[..., 1:] = wide[..., :1] if channels == 1 else wide[..., 1:]
    made = png.decoded(tf.constant(wide_colour(wide)), channels)
    np.testing.assert_array_equal(made, (wide >> 8)[..., :channels])
    grey = png.decoded(tf.constant(file(wide[..., 0])), channels)
    np.testing.assert_array_equal(grey, np.repeat(wide[..., :1] >> 8, channels, -1))


def test_luma_of_the_primary_colours_and_white_behind_glass():
    primaries = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], "uint8")
    assert png.decoded(tf.constant(file(primaries)), 1)[..., 0].numpy().tolist() == [[76, 150, 29]]
    glass = np.array([[[0, 0, 0, 0], [0, 0, 0, 51], [100, 0, 255, 255]]], "uint8")
    found = png.decoded(tf.constant(file(glass)), 3).numpy().tolist()
    assert found == [[[255] * 3, [204] * 3, [100, 0, 255]]]


def test_rows_of_different_sizes_stay_apart():
    pictures = [random(height, width, 3) for height, width in [(1, 1), (12, 20), (20, 12), (5, 3)]]
    for made, picture in zip(answer([file(x) for x in pictures]), pictures, strict=True):
        np.testing.assert_array_equal(made, 255 - picture)


# Refusals.


def test_a_header_is_six_big_endian_words():
    found = png.header([claims(0x01020304, 258), claims(3, 4)[:20], b"", claims(60_000, 2**31 - 1) + b"more"])
    wanted = [True, True, False, True], [0x01020304, 3, 0, 60_000], [258, 0, 0, 2**31 - 1]
    assert tuple(part.numpy().tolist() for part in found) == wanted


@pytest.mark.parametrize("size", [(60_000, 60_000), (1, LIMIT + 1), (2**31 - 1, 2**31 - 1), (2**30, 4)])
def test_the_size_is_refused_before_anything_is_decoded(monkeypatch, size):
    files = [file(COLOUR), file(COLOUR), claims(*size), claims(1, 2**31 - 1)]
    message = rf"image_bytes`. Expected at most {LIMIT} pixels.*\[2\] \[{size[0]}\] \[{size[1]}\]"
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        answer(files)
    monkeypatch.setattr(png, "decoded", lambda *_: pytest.fail("decoded"))
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"at most {LIMIT} pixels"):
        Negative().negative(tf.constant(files))


def test_a_picture_of_as_many_pixels_as_stated_is_read():
    assert answer([file(random(1, LIMIT, 3))])[0].shape == (1, LIMIT, 3)


def as_format(name):
    stream = io.BytesIO()
    COLOUR.save(stream, name)
    return stream.getvalue()


OTHERS = {
    "empty": b"",
    "text": b"hello",
    "JPEG": as_format("JPEG"),
    "GIF": as_format("GIF"),
    "BMP": as_format("BMP"),
    "zeros": bytes(100),
    "half a header": file(COLOUR)[:21],
    "no width": claims(0, 5),
    "a negative height": claims(5, 2**31),
    "another first chunk": file(COLOUR).replace(b"IHDR", b"IDAT"),
    "base64": b"iVBORw0KGgoAAAANSUhEUgAAAAkAAAAJ",
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_bytes_are_refused_with_their_row(kind):
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Expected PNG files. .* in row:\] \[1\]"):
        answer([file(COLOUR), OTHERS[kind]])


DAMAGED = {size: file(COLOUR)[:size] for size in (24, 25, 33, 40, len(file(COLOUR)) // 2, -12, -1)}
DAMAGED["flipped"] = bytes(b ^ (i == 60) for i, b in enumerate(file(COLOUR)))
DAMAGED["no depth"] = hand_made(7, 9, 3, 2, [bytes(30)] * 9)
DAMAGED["too short inside"] = hand_made(7, 9, 8, 0, [bytes(7)] * 4)


@pytest.mark.parametrize("kind", DAMAGED)
def test_damaged_files_are_refused(kind):
    with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid PNG"):
        answer([DAMAGED[kind]])


def test_more_data_than_the_header_claims_is_left_out():
    swollen = hand_made(7, 9, 8, 0, [bytes([i] * 7) for i in range(9)] + [bytes(2**16)] * 2**9)
    assert len(swollen) < 2**16
    wanted = np.broadcast_to(255 - np.arange(9)[:, None, None], [9, 7, 3])
    np.testing.assert_array_equal(answer([swollen])[0], wanted)


# Served.


def test_check_passes_and_no_rows_are_no_rows(version):
    report = serving.check(version, Negative())
    assert report["signatures"] == ["negative", "serving_default"] and report["warmup_records"] == 2
    assert max(report["max_difference"].values()) == 0.0
    inputs, outputs = graph.signatures(graph.meta_graph(version))["negative"]
    assert inputs[png.NAME][1] == tf.TensorSpec([None], tf.string, png.NAME)
    assert outputs[png.NAME][1] == tf.TensorSpec([None], tf.string, png.NAME)
    none = serving.load(version)["negative"](image_bytes=[])[png.NAME]
    assert none.shape == (0,) and none.dtype == object


def test_sample_files_have_sizes_of_their_own(version):
    files = examples.sample_inputs(FILES)[png.NAME]
    shapes = [tf.io.decode_png(data).shape.as_list() for data in files]
    assert shapes == [[8, 8, 3], [9, 10, 3], [10, 12, 3]]
    body = json.loads((version / "assets.extra" / "sample_request.json").read_text())["negative"]
    assert [list(row) for row in body["instances"]] == [[png.NAME]] * 3
    assert all(list(row[png.NAME]) == ["b64"] for row in body["instances"])


def test_check_finds_a_picture_that_rows_share(tmp_path):
    def first_for_all(image_bytes):
        return {png.NAME: tf.repeat(image_bytes[:1], tf.size(image_bytes))}

    model = Negative()
    model.negative = first_for_all
    with pytest.raises(ValueError, match="'image_bytes' differs by inf"):
        serving.check(serving.export(model, tmp_path / "m"))


def test_merged_requests_of_many_sizes_come_back_to_their_senders(version):
    negative = tf.saved_model.load(str(version)).signatures["negative"]
    pictures = [random(height, 11, 3) for height in (3, 5, 7)]
    requests = [{png.NAME: np.array([file(picture)], object)} for picture in pictures]
    answers = batching.merged_answers(negative, requests)
    for picture, found in zip(pictures, answers, strict=True):
        np.testing.assert_array_equal(tf.io.decode_png(found[png.NAME][0]), 255 - picture)


def test_a_bad_row_is_an_error_and_the_server_lives_on(version):
    negative = serving.load(version)["negative"]
    for bad in itertools.chain([claims(60_000, 60_000)], OTHERS.values(), DAMAGED.values()):
        with pytest.raises(tf.errors.InvalidArgumentError, match="Expected (PNG|at most)|Invalid PNG"):
            negative(image_bytes=[file(COLOUR), bad])
    assert len(negative(image_bytes=[file(COLOUR)])[png.NAME]) == 1


def test_the_error_of_the_fresh_process_names_limit_and_size(version):
    signature = graph.signatures(graph.meta_graph(version))["negative"]
    bad = {png.NAME: np.array([file(COLOUR), claims(60_000, 60_000)], object)}
    plan = {"path": str(version), "cases": [serving.process.case(*signature, bad)]}
    error = serving.process.answer(plan)["answers"][0]["error"]
    assert f"at most {LIMIT} pixels" in error and "[1] [60000] [60000]" in error


@pytest.mark.parametrize("value", [[1], [None], [[b"a", b"b"]], b"a"])
def test_loaded_functions_take_bytes_alone(version, value):
    with pytest.raises(ValueError, match="`image_bytes`. Expected"):
        serving.load(version)["negative"](image_bytes=value)
