"""Checks of what the user hands over, before any work starts."""

import numpy as np

from kgen.errors import invalid

CHUNK_BYTES = 64 * 1024**2
MAX_CLASSES = 2**20


def as_images(images):
    """Checked pictures [N, H, W, C] or clips [N, T, H, W, C], uint8 or float32 in [0, 1]; or finite float32 [N, D]."""
    try:
        images = np.asanyarray(images)
    except ValueError:
        raise invalid("images", "pictures of one size", "arrays of several shapes") from None
    kind, about = images.dtype.kind, f"images of dtype {images.dtype} and shape {images.shape}"
    if kind not in "uif":
        raise invalid("images", "numbers: uint8 in 0..255 or floats in [0, 1]", about)
    if images.ndim not in (2, 3, 4, 5) or (images.ndim == 2 and kind != "f"):
        raise invalid("images", "shape (N, H, W, C) or (N, H, W), or float vectors (N, D)", about)
    if images.size == 0:
        raise invalid("images", "at least one example; the data set is empty", about)
    images = images[..., None] if images.ndim == 3 else images
    return _floats(images) if kind == "f" else _bytes(images)


def _bytes(images):
    if images.dtype != np.uint8:
        low, high = images.min(), images.max()
        if low < 0 or high > 255:
            raise invalid("images", "integers in 0..255", f"values from {low} to {high}")
    return images.astype(np.uint8, copy=False)


def _floats(images):
    images, first = images.astype(np.float32, copy=False), 0
    for chunk in chunks(images):
        rows = chunk.reshape(len(chunk), -1)
        low, high = rows.min(axis=1), rows.max(axis=1)
        bad = ~(np.isfinite(low) & np.isfinite(high))
        if bad.any():
            raise invalid("images", "finite numbers", f"NaN or infinity in example {first + bad.argmax()}")
        bad = (low < 0) | (high > 1)
        if images.ndim >= 4 and bad.any():
            worst = f"values from {low.min()} to {high.max()}, first in example {first + bad.argmax()}"
            raise invalid("images", "floats in [0, 1] (or uint8 in 0..255)", worst)
        first += len(chunk)
    return images


def as_shuffle(shuffle, split):
    """Whether to shuffle: as said, or where nothing is said, if the split is of `train`."""
    return str(split).split("[")[0] == "train" if shuffle is None else shuffle


def check_labelled(examples, labels):
    """Checks that examples have labels, where they are wanted."""
    if labels and examples.labels is None:
        raise invalid("labels", f"False: {examples.name} has no labels", "labels=True")


def as_labels(labels, num_examples):
    """Checked class numbers, int32 [N]; a trailing axis of one is dropped."""
    if labels is None:
        return None
    labels = np.asarray(labels)
    about = f"labels of dtype {labels.dtype} and shape {labels.shape}"
    if labels.dtype.kind not in "ui" or labels.shape not in ((num_examples,), (num_examples, 1)):
        raise invalid("labels", f"integer class numbers of shape ({num_examples},)", about)
    if labels.min() < 0 or labels.max() >= MAX_CLASSES:
        raise invalid("labels", "class numbers from 0", f"values from {labels.min()} to {labels.max()}")
    return labels.reshape(-1).astype(np.int32)


def as_size(image_size):
    """(height, width) of an integer, a pair or None."""
    if image_size is None:
        return None
    pair = (image_size, image_size) if np.ndim(image_size) == 0 else tuple(image_size)
    if len(pair) != 2 or not all(is_integer(side, 1) for side in pair):
        expected = "a positive integer or (height, width)"
        raise invalid("image_size", expected, f"image_size={image_size!r}")
    return int(pair[0]), int(pair[1])


def is_integer(value, least):
    """Whether a value is a whole number (and no bool) of at least `least`."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= least


def chunks(array):
    """Consecutive parts of at most 64 MB along the first axis."""
    step = max(1, CHUNK_BYTES // max(1, array[:1].nbytes))
    return (array[i : i + step] for i in range(0, len(array), step))
