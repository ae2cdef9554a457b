import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from kgen import datasets
from kgen.datasets.folder import read_folder

RNG = np.random.default_rng(0)


def save(path, shape=(20, 20, 3), value=None, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = RNG.integers(0, 256, shape, np.uint8) if value is None else np.full(shape, value, np.uint8)
    Image.fromarray(pixels).save(path, **options)
    return pixels


def read(root, size=(20, 20), **options):
    return read_folder(root, size=size, **options)


def test_every_format_is_read(tmp_path):
    for name in ("a.png", "b.jpg", "c.JPEG", "d.webp", "e.bmp", "f.gif"):
        save(tmp_path / name, value=90)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / ".hidden.png").write_bytes(b"")
    save(tmp_path / "__MACOSX" / "g.png")
    examples = read(tmp_path)
    assert examples.images.shape == (6, 20, 20, 3) and examples.labels is None
    assert np.abs(examples.images.astype(int) - 90).max() <= 2


def test_png_pixels_are_exact_and_in_order(tmp_path):
    pixels = [save(tmp_path / f"{i}.png") for i in range(5)]
    np.testing.assert_array_equal(read(tmp_path).images, pixels)


def test_load_of_a_folder(tmp_path):
    for kind in ("cat", "dog"):
        for i in range(3):
            save(tmp_path / kind / f"{i}.jpg", (30, 40, 3))
    dataset, description = datasets.load(tmp_path, batch_size=3, labels=True)
    assert description.shape == (64, 64, 3) and description.classes == ("cat", "dog")
    images, labels = next(iter(dataset))
    assert images.shape == (3, 64, 64, 3) and images.dtype == "uint8" and labels.dtype == "int32"
    assert datasets.load(str(tmp_path), batch_size=3, image_size=(8, 9))[1].shape == (8, 9, 3)


def test_classes_are_mixed_so_that_slices_hold_all(tmp_path):
    for kind, count in (("a", 2), ("b", 6)):
        for i in range(count):
            save(tmp_path / kind / "deep" / f"{i}.png", value=i)
    examples = read(tmp_path)
    assert examples.labels.tolist() == [1, 0, 1, 1, 1, 0, 1, 1]
    assert examples.images[examples.labels == 1, 0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert sorted(read(tmp_path, split="train[:50%]").labels) == [0, 1, 1, 1]
    assert len(read(tmp_path, num_examples=3).images) == 3


def test_split_folders(tmp_path):
    save(tmp_path / "train" / "a" / "1.png", value=1)
    save(tmp_path / "train" / "b" / "2.png", value=2)
    save(tmp_path / "test" / "b" / "3.png", value=3)
    examples = read(tmp_path, split="test")
    assert examples.labels.tolist() == [1] and examples.classes == ("a", "b")
    assert examples.images[0, 0, 0, 0] == 3
    assert len(read(tmp_path, split="all").images) == 3
    with pytest.raises(ValueError, match="one of 'test', 'train', 'all'"):
        read(tmp_path, split="validation")


def test_a_class_named_train_is_no_split(tmp_path):
    for kind in ("train", "bus"):
        save(tmp_path / kind / "1.png")
    assert read(tmp_path).classes == ("bus", "train")


def test_exif_rotation_is_respected(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    pixels = save(tmp_path / "turned.png", (20, 20, 3), exif=exif)
    np.testing.assert_array_equal(read(tmp_path).images[0], np.rot90(pixels, -1))


def test_grey_stays_grey_only_if_all_are(tmp_path):
    grey = save(tmp_path / "grey.png", (20, 20))
    Image.fromarray(grey > 127).save(tmp_path / "one_bit.png")
    wide = grey.astype(np.uint16) * 257
    Image.fromarray(wide).save(tmp_path / "wide.png")
    images = read(tmp_path).images
    assert images.shape == (3, 20, 20, 1)
    np.testing.assert_array_equal(images[0, ..., 0], grey)
    np.testing.assert_array_equal(images[1, ..., 0], (grey > 127) * 255)
    np.testing.assert_array_equal(images[2, ..., 0], grey)
    save(tmp_path / "zcolour.png")
    images = read(tmp_path).images
    assert images.shape == (4, 20, 20, 3)
    np.testing.assert_array_equal(images[2], np.repeat(grey[..., None], 3, axis=2))


def test_transparency_shows_white(tmp_path):
    pixels = np.full((20, 20, 4), 100, np.uint8)
    pixels[:, :10, 3], pixels[:, 10:, 3] = 0, 255
    Image.fromarray(pixels).save(tmp_path / "alpha.png")
    image = read(tmp_path).images[0]
    assert image.shape == (20, 20, 3) and (image[:, :10] == 255).all() and (image[:, 10:] == 100).all()


def test_grey_with_transparency_is_grey(tmp_path):
    Image.fromarray(np.full((20, 20, 2), (50, 0), np.uint8), "LA").save(tmp_path / "la.png")
    assert (read(tmp_path).images == 255).all() and read(tmp_path).images.shape[-1] == 1


def test_palette_and_cmyk_become_rgb(tmp_path):
    red = Image.new("RGB", (20, 20), (200, 10, 10))
    red.quantize(4).save(tmp_path / "palette.png")
    red.convert("CMYK").save(tmp_path / "cmyk.jpg", quality=95)
    images = read(tmp_path).images
    assert images.shape == (2, 20, 20, 3)
    assert np.abs(images.astype(int) - [200, 10, 10]).max() <= 6


def test_large_photographs_are_shrunk_from_their_centre(tmp_path):
    photo = np.zeros((600, 1200, 3), np.uint8)
    photo[:, 300:900] = (50, 100, 200)
    Image.fromarray(photo).save(tmp_path / "photo.jpg", quality=95)
    image = read(tmp_path, size=(16, 16)).images[0].astype(int)
    assert np.abs(image[:, 1:-1] - [50, 100, 200]).max() <= 4


def claims(width, height):
    """A PNG of a few bytes whose header claims any size."""
    header = b"IHDR" + struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    chunks = [struct.pack(">I", len(x) - 4) + x + struct.pack(">I", zlib.crc32(x)) for x in (header, data)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.fixture
def damaged(tmp_path):
    """Files that cannot be read, by reason, with two good ones among them."""
    for name in ("a_good.png", "z_good.png"):
        save(tmp_path / name)
    save(tmp_path / "m_whole.jpg", (40, 40, 3))
    truncated = (tmp_path / "m_whole.jpg").read_bytes()[:-300]
    (tmp_path / "m_whole.jpg").unlink()
    Image.new("RGB", (20, 20)).save(tmp_path / "tiff.png", "TIFF")
    other = (tmp_path / "tiff.png").read_bytes()
    (tmp_path / "tiff.png").unlink()
    return {
        "zero.png": (b"", "zero bytes"),
        "text.jpg": (b"no picture at all", "cannot identify"),
        "truncated.jpg": (truncated, "truncated"),
        "bomb.png": (claims(12000, 12000), "12000 x 12000 is more than max_pixels=64000000"),
        "giant.png": (claims(60000, 60000), "exceeds limit"),
        "tiff.png": (other, "cannot identify"),
    }


def test_each_damaged_picture_is_named(tmp_path, damaged):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, (content, reason) in damaged.items():
            (tmp_path / name).write_bytes(content)
            with pytest.raises(ValueError, match=f"{name}: .*{reason}.*on_bad"):
                datasets.load(tmp_path, batch_size=2)
            (tmp_path / name).unlink()


def test_damaged_pictures_are_skipped_and_counted(tmp_path, damaged):
    for name, (content, _) in damaged.items():
        (tmp_path / name).write_bytes(content)
    with pytest.warns(UserWarning, match="Skipped 6 unreadable pictures, the first: .*bomb.png") as caught:
        _, description = datasets.load(tmp_path, batch_size=2, on_bad="skip")
    assert (description.num_examples, description.num_skipped, len(caught)) == (2, 6, 1)


def test_labels_stay_with_their_pictures_when_some_are_skipped(tmp_path):
    for i, kind in enumerate("abc"):
        for k in range(2):
            save(tmp_path / kind / f"{k}.png", value=10 * i + k)
    (tmp_path / "b" / "0.png").write_bytes(b"")
    with pytest.warns(UserWarning, match="Skipped 1 "):
        examples = read(tmp_path, on_bad="skip")
    assert (examples.images[:, 0, 0, 0] // 10).tolist() == examples.labels.tolist() == [0, 2, 0, 1, 2]


def test_nothing_readable(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.warns(UserWarning), pytest.raises(ValueError, match="data set is empty"):
        datasets.load(tmp_path, batch_size=1, on_bad="skip")


def test_max_pixels(tmp_path):
    save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="20 x 20 is more than max_pixels=399"):
        datasets.load(tmp_path, batch_size=1, max_pixels=399)


def test_missing_and_empty_folders(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder .*missing"):
        datasets.load(tmp_path / "missing")
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(ValueError, match="no picture in .*.png, .jpg, .jpeg, .webp, .bmp, .gif"):
        datasets.load(tmp_path)


def test_labels_need_folders(tmp_path):
    save(tmp_path / "a" / "1.png")
    save(tmp_path / "2.png")
    with pytest.raises(ValueError, match="has no labels"):
        datasets.load(tmp_path, batch_size=1, labels=True)


def test_links_in_a_circle_end(tmp_path):
    save(tmp_path / "a" / "1.png")
    (tmp_path / "a" / "circle").symlink_to(tmp_path, target_is_directory=True)
    assert len(read(tmp_path).images) == 1
