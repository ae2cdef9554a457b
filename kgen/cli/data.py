"""The data of a run: what it trains on, what it is judged by, and the features it is judged in."""

import pathlib

import numpy as np

import kgen
from kgen.datasets.mixtures import is_mixture
from kgen.datasets.preparing import is_known
from kgen.datasets.stacked import PREFIX, is_stacked
from kgen.errors import invalid
from kgen.models import MODELS

EXTRACTORS = {"digits": "kgen-digits-v1", "mnist": "kgen-mnist-v1"}
VALIDATION = 2000  # Held-out pictures that an epoch ends with.
POINTS = 2500  # The same of vectors, as many as PacGAN counts modes in.


def place(source):
    """The source as it will be found again: a path becomes absolute, a name stays.

    Args:
        source: name, folder or file.

    Returns:
        String.
    """
    if is_stacked(source):
        return PREFIX + place(source.removeprefix(PREFIX))
    path = pathlib.Path(source).expanduser()
    return str(path.resolve()) if path.exists() and not is_known(source) else source


def training(options):
    """The training data of a run.

    Args:
        options: dict with model, data, batch_size, image_size, seed and on_bad.

    Returns:
        (dataset, description), as `kgen.datasets.load` gives them.
    """
    names = ("batch_size", "image_size", "seed", "on_bad")
    return _load(options, "train", **{name: options[name] for name in names})


def _load(options, split, **rest):
    """The source's data, with labels where the model needs them."""
    labels = MODELS[options["model"]].NEEDS_LABELS
    try:
        return kgen.datasets.load(options["data"], split, labels=labels, **rest)
    except ValueError as error:
        if "argument `labels`" not in str(error):
            raise
        expected = f"data with labels, which {options['model']} needs"
        raise invalid("data", expected, data=options["data"]) from None


def size(shape):
    """(height, width) of pictures, None of vectors.

    Args:
        shape: of one example.

    Returns:
        Tuple or None.
    """
    return tuple(shape[:2]) if len(shape) == 3 else None


def mixture(options):
    """The mixture that a run's vectors are drawn from.

    Args:
        options: dict with data.

    Returns:
        `kgen.datasets.Mixture`, or None for other data.
    """
    return kgen.datasets.mixture(options["data"]) if is_mixture(options["data"]) else None


def stacked_extractor(options):
    """The classifier that tells the channels of a run's stacked pictures apart.

    Args:
        options: dict with data.

    Returns:
        Its name, or None for other data.
    """
    source = options["data"]
    return EXTRACTORS.get(source.removeprefix(PREFIX)) if is_stacked(source) else None


def held_out(options, image_size, limit=VALIDATION):
    """The first pictures of the source's test split.

    Args:
        options: dict with model, data, batch_size and on_bad.
        image_size: (height, width), or None for vectors.
        limit: number of pictures at most.

    Returns:
        (dataset, description), or (None, None) where there is no such split.
    """
    rest = {"batch_size": options["batch_size"], "on_bad": options["on_bad"], "num_examples": limit}
    try:
        return _load(options, "test", image_size=image_size, **rest)
    except ValueError as error:
        if "argument `split`" in str(error):
            return None, None
        raise


def pictures_of(dataset):
    """All pictures of a data set.

    Args:
        dataset: a finite data set of batches of pictures, or of vectors, with or without labels.

    Returns:
        Array [n, height, width, channels], or [n, dim].
    """
    batches = (batch[0] if isinstance(batch, tuple) else batch for batch in dataset)
    return np.concatenate([batch.numpy() for batch in batches])


def labels_of(dataset):
    """All labels of a data set.

    Args:
        dataset: as of `pictures_of`.

    Returns:
        Array [n], or None where there are no labels.
    """
    batches = [batch[1].numpy() for batch in dataset if isinstance(batch, tuple)]
    return np.concatenate(batches) if batches else None


def in_order(options, image_size, limit):
    """The first pictures of the source's training split, in order.

    Args:
        options: dict with model, data, batch_size and on_bad.
        image_size: (height, width), or None for vectors.
        limit: number of pictures at most, or None for all.

    Returns:
        (dataset, description).
    """
    rest = {"batch_size": options["batch_size"], "on_bad": options["on_bad"], "num_examples": limit}
    return _load(options, "train", image_size=image_size, shuffle=False, **rest)


def some_points(options):
    """Vectors of the source's training split, to draw generated ones over.

    Args:
        options: dict with model, data, batch_size and on_bad.

    Returns:
        Array [n, dim] of at most `POINTS` rows.
    """
    return pictures_of(in_order(options, None, POINTS)[0])
