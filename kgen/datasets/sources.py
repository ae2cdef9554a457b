"""From a name, a folder, a file or arrays to the data set that a model trains on."""

import os
import pathlib
import typing

import numpy as np

from kgen.datasets.arrays import read_arrays, read_npz
from kgen.datasets.augment import as_augmentation
from kgen.datasets.checks import as_shuffle, as_size, check_labelled, is_integer
from kgen.datasets.domains import is_domain_pair
from kgen.datasets.few_labels import (
    hides_labels,
    is_few_labels,
    parse_few_labels,
    stream_few_labels,
    with_few_labels,
)
from kgen.datasets.folder import MAX_PIXELS, read_folder
from kgen.datasets.mixtures import ABOUT, is_mixture, read_mixture
from kgen.datasets.preparing import data_directory, is_known
from kgen.datasets.sizing import resize
from kgen.datasets.stacked import PREFIX, is_stacked, stack, stream_stacked
from kgen.datasets.stream import stream
from kgen.datasets.tfds_source import FREE_SIZE, read_tfds
from kgen.errors import invalid

WELL_KNOWN = {
    "mnist": "70,000 handwritten digits, 28 x 28 grey, 10 classes",
    "fashion_mnist": "70,000 articles of clothing, 28 x 28 grey, 10 classes",
    "kmnist": "70,000 cursive Japanese characters, 28 x 28 grey, 10 classes",
    "emnist": "814,255 handwritten letters and digits, 28 x 28 grey, 62 classes",
    "cifar10": "60,000 photographs, 32 x 32 colour, 10 classes",
    "cifar100": "60,000 photographs, 32 x 32 colour, 100 classes",
    "svhn_cropped": "99,289 house numbers (and 531,131 more), 32 x 32 colour, 10 classes",
    "oxford_flowers102": "8,189 flowers of any size, colour, 102 classes",
    "celeb_a": "202,599 faces, 218 x 178 colour (1.4 GB from Google Drive, often over its quota)",
}


class Known(typing.NamedTuple):
    """A line of `names`."""

    name: str
    description: str
    prepared: bool


def load(
    source,
    split="train",
    batch_size=128,
    image_size=None,
    seed=0,
    shuffle=None,
    augment=None,
    labels=False,
    data_dir=None,
    on_bad="error",
    num_examples=None,
    max_pixels=MAX_PIXELS,
):
    """Loads pictures, or points of a toy mixture, as the data set that a model trains on.

    Everything is decoded once, into memory up to 2 GB and beyond that into a temporary file. The order and
    the augmentation are functions of (seed, step): see `from_arrays`. `digits` is scikit-learn's set of
    1,797 handwritten digits, of which every fifth (numbers 0, 5, 10, ...) is in its `test` split. `ring` and
    `grid` are vectors: 100,000 points of `kgen.datasets.mixture` to train on and 10,000 others in `test`.
    `stacked:SOURCE` lays three grey pictures of a source over each other, as red, green and blue; shuffled
    ones meet in new triples in each epoch, and the label of (a, b, c) of ten classes is 100 a + 10 b + c.
    `few_labels:NUMBER:SOURCE` hides the labels of a source, of the digits if none is named, but for NUMBER, as
    many of each class, that the seed draws; hidden ones are -1. `test` and `validation` keep all. Shuffled
    and with labels, a batch has `batch_size` examples of all and as many labelled ones: see `semi_supervised`.

    Args:
        source: "digits", "ring" or "grid" (offline), the name of a TFDS image data set ("mnist",
            "cycle_gan/facades"), a folder of pictures (nested folders are classes; write ./NAME where a data
            set has the same name), FILE.npz with x and y or x_train, y_train, x_test and y_test, one of
            these after "stacked:" or "few_labels:NUMBER:", an array, or (images, labels).
        split: "train", "test", "all" or a slice such as "train[:1000]" or "train[90%:]".
        batch_size: examples per step.
        image_size: side or (height, width): the shorter side is resized, the centre cropped. None keeps the
            size; pictures without a common size become 64 x 64.
        seed: integer in [0, 2**31) for order, augmentation and the choice of few labels.
        shuffle: whether to shuffle and drop the remainder; None for yes if the split is of `train`. In order,
            the last batch of an epoch is smaller.
        augment: an `Augmentation` or a text such as "crop=0.1,rotation=10,scale=0.1,flip".
        labels: whether to yield (images, labels int32) instead of images.
        data_dir: folder of TFDS data sets; the environment variable TFDS_DATA_DIR if None.
        on_bad: "error" or "skip" for unreadable pictures in a folder.
        num_examples: use only so many examples of the split.
        max_pixels: pictures in a folder with more pixels are refused before they are decoded.

    Returns:
        Pair (dataset, description): a `tf.data.Dataset` of uint8 batches [batch, H, W, C] (float32 if floats
        in [0, 1] were given, float32 [batch, D] of vectors) with attributes as `from_arrays` gives them, and
        its `Description`.

    Raises:
        FileNotFoundError: if the folder or file is missing.
        DatasetNotPrepared: if a TFDS data set is not here and no network answers.
        ValueError: if an argument, a picture, the shape, type or range of the data does not fit.

    Example:

    >>> dataset, description = kgen.datasets.load("digits", batch_size=32)
    >>> description.shape, description.num_examples, dataset.steps_per_epoch
    ((8, 8, 1), 1437, 44)
    >>> next(iter(dataset)).shape
    TensorShape([32, 8, 8, 1])
    """
    check_reading(on_bad, num_examples)
    size, augment = as_size(image_size), as_augmentation(augment)
    folder = {"on_bad": on_bad, "max_pixels": max_pixels}
    examples = _read(source, split, size, data_dir, num_examples, folder, seed)
    check_labelled(examples, labels)
    shuffle = as_shuffle(shuffle, split)
    if shuffle and is_stacked(source):
        dataset = stream_stacked(examples, batch_size, seed, augment, labels)
    elif shuffle and labels and is_few_labels(source) and hides_labels(split):
        dataset = stream_few_labels(examples, batch_size, seed, augment)
    else:
        dataset = stream(examples, batch_size, seed, shuffle, augment, labels)
    return dataset, dataset.description


def names(data_dir=None):
    """What `load` knows by name.

    Args:
        data_dir: folder of TFDS data sets; the environment variable TFDS_DATA_DIR if None.

    Returns:
        List of (name, description, prepared): the bundled digits and the mixtures, then well-known TFDS image
        data sets and whether they are prepared here.

    Example:

    >>> kgen.datasets.names()[0].name
    'digits'
    """
    place = data_directory(data_dir)
    bundled = {"digits": "1,797 handwritten digits, 8 x 8 grey, 10 classes; works offline", **ABOUT}
    found = {name: any((place / name).glob("**/dataset_info.json")) for name in WELL_KNOWN}
    return [Known(name, about, found.get(name, True)) for name, about in {**bundled, **WELL_KNOWN}.items()]


def check_reading(on_bad, num_examples):
    """Refuses the arguments of these names unless they are as in `load`."""
    if on_bad not in ("error", "skip"):
        raise invalid("on_bad", '"error" or "skip"', f"on_bad={on_bad!r}")
    if num_examples is not None and not is_integer(num_examples, 1):
        raise invalid("num_examples", "a positive integer or None", f"num_examples={num_examples!r}")


def read_source(source, split="train", size=None, data_dir=None, num_examples=None, **folder):
    """The `Examples` of any source.

    Args:
        source, split, data_dir, num_examples: as in `load`.
        size: (height, width) or None.
        **folder: on_bad and max_pixels, for a folder.

    Returns:
        `Examples`.
    """
    kind = kind_of(source)
    if kind == "arrays":
        images, labels = source if isinstance(source, tuple) and len(source) == 2 else (source, None)
        return _fitted(read_arrays(images, labels, split), size, num_examples)
    if kind == "stacked":
        grey = read_source(source.removeprefix(PREFIX), split, size, data_dir, None, **folder)
        return _fitted(stack(grey), None, num_examples)
    if kind == "few_labels":
        raise invalid("source", "data with all labels here; few_labels:NUMBER: comes first", source=source)
    if kind == "pair":
        raise invalid("source", "one data set; kgen.datasets.load_pair loads pairs", source=source)
    if kind == "mixture":
        return _fitted(read_mixture(source, split), size, num_examples)
    if kind == "tfds":
        return read_tfds(source, split, size, data_dir, num_examples)
    path = pathlib.Path(source).expanduser()
    if kind == "folder":
        return read_folder(path, split, size or FREE_SIZE, num_examples=num_examples, **folder)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    return _fitted(read_npz(path, split), size, num_examples)


def _read(source, split, size, data_dir, num_examples, folder, seed):
    """`read_source`, or few labels: they are chosen from the whole split, whatever `num_examples` is."""
    if not is_few_labels(source):
        return read_source(source, split, size, data_dir, num_examples, **folder)
    number, base = parse_few_labels(source)
    examples = with_few_labels(read_source(base, split, size, data_dir, None, **folder), number, seed)
    return _fitted(examples, None, num_examples)


def kind_of(source):
    """What a source is.

    Args:
        source: as of `load`, or a pair.

    Returns:
        "arrays", "few_labels", "stacked", "pair", "mixture", "npz", "folder" (there or not) or "tfds".
    """
    if not isinstance(source, str | os.PathLike):
        return "arrays"
    if is_few_labels(source):
        return "few_labels"
    if is_stacked(source) or is_domain_pair(source):
        return "stacked" if is_stacked(source) else "pair"
    if is_mixture(source):
        return "mixture"
    path = pathlib.Path(source).expanduser()
    if path.suffix == ".npz":
        return "npz"
    return "folder" if _is_path(source, path) else "tfds"


def _is_path(source, path):
    """Whether a text means a folder, there or not, and no name of TFDS."""
    plain = isinstance(source, str) and source[:1] not in (".", "~", os.sep)
    return not (plain and is_known(source)) and (not plain or path.is_dir() or os.sep in source)


def _fitted(examples, size, num_examples):
    images, labels = examples.images[:num_examples], examples.labels
    labels = labels if labels is None else labels[:num_examples]
    return examples._replace(images=resize(np.asanyarray(images), size), labels=labels)
