"""Examples in memory: what every source gives, and the sources that are arrays already."""

import re
import typing
import zipfile

import numpy as np

from kgen.datasets.checks import as_images, as_labels
from kgen.errors import invalid

SPLIT = re.compile(r"(\w+)(?:\[(-?\d+%?)?:(-?\d+%?)?\])?")


class Examples(typing.NamedTuple):
    """Decoded examples: what every source gives."""

    images: np.ndarray  # uint8 or float32 [N, H, W, C], or float32 [N, D]
    labels: np.ndarray | None  # int32 [N]
    classes: tuple
    name: str
    split: str
    num_skipped: int = 0


def select(split, sizes):
    """Reads "train", "test[:1000]" or "all[10%:20%]".

    Args:
        split: a split's name, or "all", with or without a slice.
        sizes: dictionary from split name to number of examples.

    Returns:
        Names of the splits to join, and the slice of the joined examples.
    """
    match = SPLIT.fullmatch(split) if isinstance(split, str) else None
    if not match or match[1] not in (*sizes, "all"):
        known = ", ".join(repr(name) for name in dict.fromkeys((*sizes, "all")))
        raise invalid("split", f"one of {known}, or a slice such as 'train[:1000]'", f"split={split!r}")
    names = list(sizes) if match[1] == "all" and "all" not in sizes else [match[1]]
    total = sum(sizes[name] for name in names)
    return names, slice(_bound(match[2], total), _bound(match[3], total))


def _bound(text, total):
    if text and text.endswith("%"):
        return round(int(text[:-1]) * total / 100)
    return int(text) if text else None


def read_arrays(images, labels, split):
    """`Examples` of arrays, whichever split they are called."""
    images = as_images(images)
    labels = as_labels(labels, len(images))
    sizes = dict.fromkeys(("train", "test", "validation", "all"), len(images))
    part = select(split, sizes)[1]
    chosen = None if labels is None else labels[part]
    return Examples(images[part], chosen, names_of(labels), "arrays", split)


def names_of(labels):
    """Class names for bare numbers: the numbers."""
    return () if labels is None else tuple(str(k) for k in range(labels.max() + 1))


def read_npz(path, split):
    """`Examples` of FILE.npz with x and y, or x_train, y_train, x_test and y_test; never pickled data."""
    found = _load_npz(path)
    splits = {name: f"_{name}" for name in ("train", "test") if f"x_{name}" in found} or {"train": ""}
    if "x" + splits.get("train", "_train") not in found:
        about = f"{path} with {', '.join(sorted(found)) or 'nothing'}"
        raise invalid("source", "arrays x (and y) or x_train and x_test in the file", about)
    names, part = select(split, {name: len(found["x" + end]) for name, end in splits.items()})
    images = as_images(np.concatenate([found["x" + splits[name]] for name in names]))
    labels = [found["y" + splits[name]] for name in names if "y" + splits[name] in found]
    labels = as_labels(np.concatenate(labels), len(images)) if labels else None
    chosen = None if labels is None else labels[part]
    return Examples(images[part], chosen, names_of(labels), path.stem, split)


def _load_npz(path):
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except (ValueError, OSError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise invalid("source", "an .npz file of plain arrays", f"{path} ({error})") from None
