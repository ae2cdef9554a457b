"""The data of a run: what it trains on, what it is judged by, and the features it is judged in."""

import pathlib

import numpy as np

import kgen
from kgen.datasets.preparing import is_known

EXTRACTORS = {"digits": "kgen-digits-v1", "mnist": "kgen-mnist-v1"}
VALIDATION = 2000  # Held-out pictures that an epoch ends with.


def place(source):
    """The source as it will be found again: a path becomes absolute, a name stays.

    Args:
        source: name, folder or file.

    Returns:
        String.
    """
    path = pathlib.Path(source).expanduser()
    return str(path.resolve()) if path.exists() and not is_known(source) else source


def training(options):
    """The training data of a run.

    Args:
        options: dict with data, batch_size, image_size, seed and on_bad.

    Returns:
        (dataset, description), as `kgen.datasets.load` gives them.
    """
    names = ("batch_size", "image_size", "seed", "on_bad")
    return kgen.datasets.load(options["data"], "train", **{name: options[name] for name in names})


def held_out(options, image_size, limit=VALIDATION):
    """The first pictures of the source's test split.

    Args:
        options: dict with data, batch_size and on_bad.
        image_size: (height, width).
        limit: number of pictures at most.

    Returns:
        (dataset, description), or (None, None) where there is no such split.
    """
    rest = {"batch_size": options["batch_size"], "on_bad": options["on_bad"], "num_examples": limit}
    try:
        return kgen.datasets.load(options["data"], "test", image_size=image_size, **rest)
    except ValueError as error:
        if "argument `split`" in str(error):
            return None, None
        raise


def pictures_of(dataset):
    """All pictures of a data set.

    Args:
        dataset: a finite data set of batches of pictures.

    Returns:
        Array [n, height, width, channels].
    """
    return np.concatenate([batch.numpy() for batch in dataset])


def in_order(options, image_size, limit):
    """The first pictures of the source's training split, in order.

    Args:
        options: dict with data, batch_size and on_bad.
        image_size: (height, width).
        limit: number of pictures at most.

    Returns:
        (dataset, description).
    """
    rest = {"batch_size": options["batch_size"], "on_bad": options["on_bad"], "num_examples": limit}
    return kgen.datasets.load(options["data"], "train", image_size=image_size, shuffle=False, **rest)
