import os
import pathlib

import numpy as np
import pytest
import sklearn.datasets
import tensorflow_datasets as tfds

from kgen import datasets
from kgen.datasets.tfds_source import read_tfds

PREPARED = pathlib.Path(os.environ.get("TFDS_DATA_DIR", "no such folder"))
needs_mnist = pytest.mark.skipif(not (PREPARED / "mnist").is_dir(), reason="no mnist in TFDS_DATA_DIR")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tfds")


class Photographs(tfds.core.GeneratorBasedBuilder):
    """Pictures of any size, without names for the test split's classes, like many competition sets."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {"photo": tfds.features.Image(), "label": tfds.features.ClassLabel(names=["a", "b"])}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(1), "test": self._generate_examples(-1)}

    def _generate_examples(self, label):
        for i in range(3):
            yield i, {"photo": np.full((10 + i, 20, 3), 50 * i, np.uint8), "label": label}


def test_digits_are_sklearns_with_every_fifth_for_the_test(folder):
    digits = sklearn.datasets.load_digits()
    pixels = np.round(digits.images * 255 / 16).astype(np.uint8)[..., None]
    test = np.arange(1797) % 5 == 0
    for split, part, count in (("train", ~test, 1437), ("test", test, 360)):
        examples = read_tfds("digits", split, data_dir=folder)
        assert len(examples.images) == count
        np.testing.assert_array_equal(examples.images, pixels[part])
        np.testing.assert_array_equal(examples.labels, digits.target[part])


def test_slices_counts_and_sizes(folder):
    whole = read_tfds("digits", "all", data_dir=folder)
    assert len(whole.images) == 1797
    part = read_tfds("digits", "train[10:30]", (16, 12), folder, num_examples=5)
    assert part.images.shape == (5, 16, 12, 1)
    plain = read_tfds("digits", "train[10:15]", data_dir=folder)
    np.testing.assert_array_equal(part.labels, plain.labels)


def test_load_of_digits(folder):
    dataset, description = datasets.load("digits", "test", batch_size=100, labels=True, data_dir=folder)
    assert [len(images) for images, _ in dataset] == [100, 100, 100, 60]
    assert description.classes == tuple("0123456789") and description.shape == (8, 8, 1)
    assert len(description.fingerprint) == 64


def test_read_only_folder_is_left_alone(tmp_path, monkeypatch):
    (tmp_path / "locked").mkdir(mode=0o555)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "locked"))
    assert len(read_tfds("digits").images) == 1437
    assert not list((tmp_path / "locked").iterdir())
    assert (tmp_path / "cache" / "kgen" / "digits").is_dir()


def test_no_writable_folder_at_all(tmp_path, monkeypatch):
    for name in ("locked", "cache"):
        (tmp_path / name).mkdir(mode=0o555)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert len(read_tfds("digits", "test", data_dir=tmp_path / "locked").images) == 360


def test_pictures_of_any_size_and_unknown_classes(folder):
    Photographs(data_dir=folder).download_and_prepare()
    examples = read_tfds("photographs", data_dir=folder)
    assert examples.images.shape == (3, 64, 64, 3) and examples.classes == ("a", "b")
    assert sorted(examples.images[:, 0, 0, 0].tolist()) == [0, 50, 100]
    assert read_tfds("photographs", "test", (8, 8), folder).labels is None


def test_unknown_split(folder):
    with pytest.raises(ValueError, match="`split`. Expected one of 'train', 'test'") as caught:
        datasets.load("digits", "validation", data_dir=folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["iris", "tiny_shakespeare", "spoken_digit"])
def test_known_data_set_without_pictures(name, tmp_path):
    with pytest.raises(ValueError, match=f"Expected an image data set .*{name}"):
        datasets.load(name, data_dir=tmp_path)


@needs_mnist
def test_mnist():
    dataset, description = datasets.load("mnist", batch_size=256)
    assert description.shape == (28, 28, 1) and description.num_examples == 60000
    assert dataset.steps_per_epoch == 234 and dataset.element_spec.shape == (256, 28, 28, 1)
    batch = next(iter(dataset)).numpy()
    assert batch.dtype == np.uint8 and 20 < batch.mean() < 50  # the mean of all of MNIST is 33.3
