import numpy as np
import pytest

from kgen import datasets
from kgen.datasets.arrays import select

PIXELS = np.arange(10 * 4, dtype=np.uint8).reshape(10, 2, 2)


@pytest.mark.parametrize(
    "split, names, part",
    [
        ("train", ["train"], slice(None, None)),
        ("test[:3]", ["test"], slice(None, 3)),
        ("train[-2:]", ["train"], slice(-2, None)),
        ("train[25%:75%]", ["train"], slice(2, 6)),
        ("all[:50%]", ["train", "test"], slice(None, 6)),
    ],
)
def test_select(split, names, part):
    assert select(split, {"train": 8, "test": 4}) == (names, part)


@pytest.mark.parametrize("split", ["val", "train[", "train[1]", "train[a:b]", "", None, 3])
def test_bad_split(split):
    with pytest.raises(ValueError, match="`split`. Expected one of 'train', 'test', 'all'"):
        select(split, {"train": 8, "test": 4})


def images_of(dataset):
    return np.concatenate([batch.numpy() for batch in dataset])


def test_arrays_and_pairs():
    dataset, description = datasets.load(PIXELS, split="test", batch_size=4)
    np.testing.assert_array_equal(images_of(dataset)[..., 0], PIXELS)
    assert (description.name, description.split, description.classes) == ("arrays", "test", ())
    dataset, description = datasets.load((PIXELS, np.arange(10) % 3), batch_size=4, labels=True)
    assert description.classes == ("0", "1", "2")
    assert dataset.element_spec[1].shape == (4,)
    part, description = datasets.load((PIXELS, np.arange(10)), "test[2:5]", num_examples=2)
    assert description.num_examples == 2
    np.testing.assert_array_equal(images_of(part)[..., 0], PIXELS[2:4])


def test_npz_of_x_and_y(tmp_path):
    np.savez(tmp_path / "some.npz", x=PIXELS, y=np.arange(10) % 2)
    dataset, description = datasets.load(tmp_path / "some.npz", batch_size=5, shuffle=False, labels=True)
    assert (description.name, description.num_examples, description.classes) == ("some", 10, ("0", "1"))
    np.testing.assert_array_equal(np.concatenate([x.numpy() for x, _ in dataset])[..., 0], PIXELS)
    with pytest.raises(ValueError, match="Expected one of 'train', 'all'"):
        datasets.load(str(tmp_path / "some.npz"), split="test")


def test_npz_of_keras_datasets(tmp_path):
    labels = np.arange(10) % 2
    np.savez(tmp_path / "k.npz", x_train=PIXELS[:7], y_train=labels[:7], x_test=PIXELS[7:], y_test=labels[7:])
    dataset, _ = datasets.load(tmp_path / "k.npz", "test")
    np.testing.assert_array_equal(images_of(dataset)[..., 0], PIXELS[7:])
    dataset, description = datasets.load(tmp_path / "k.npz", "all", shuffle=False, batch_size=3)
    assert description.num_examples == 10
    np.testing.assert_array_equal(images_of(dataset)[..., 0], PIXELS)


def test_bad_npz(tmp_path):
    np.savez(tmp_path / "pickled.npz", x=np.array([{"a": 1}], object))
    np.savez(tmp_path / "other.npz", pictures=PIXELS)
    (tmp_path / "text.npz").write_text("no archive")
    (tmp_path / "empty.npz").write_bytes(b"")
    np.save(tmp_path / "single.npy", PIXELS)
    (tmp_path / "single.npy").rename(tmp_path / "single.npz")
    for name in ("pickled", "other", "text", "empty", "single"):
        with pytest.raises(ValueError, match=rf"`source`.*{name}.npz"):
            datasets.load(tmp_path / f"{name}.npz")
    with pytest.raises(FileNotFoundError, match="missing.npz"):
        datasets.load(tmp_path / "missing.npz")
