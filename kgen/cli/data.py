"""The data of a run: what it trains on, what it is judged by, and the features it is judged in."""

import pathlib

import numpy as np

import kgen
from kgen.cli import clips, joint, sounds, texts
from kgen.datasets import domains, moving, stacked
from kgen.datasets.few_labels import PREFIX as FEW_LABELS
from kgen.datasets.few_labels import is_few_labels, parse_few_labels
from kgen.datasets.mixtures import is_mixture
from kgen.datasets.preparing import is_known
from kgen.datasets.sources import kind_of
from kgen.datasets.text import ORACLE
from kgen.errors import invalid
from kgen.models import MODELS

EXTRACTORS = {"digits": "kgen-digits-v1", "mnist": "kgen-mnist-v1"}
VALIDATION = 2000  # Held-out pictures that an epoch ends with.
POINTS = 2500  # The same of vectors, as many as PacGAN counts modes in.
PAIRS = 200  # The same of pairs, each of which is translated six times.
OF_TABLES = ("categorical",)  # Options of tables only, and those that a table has no use for.
ALIEN_TO_TABLES = ("data_b", "image_size", "on_bad", "jitter", "augment", "metrics")
AT_ONCE = 4  # Held-out pairs in a batch at least, where training takes one at a time.


def place(source):
    """The source as it will be found again: a path becomes absolute, a name stays.

    Args:
        source: name, folder or file.

    Returns:
        String.
    """
    if joint.is_joint(source):
        return joint.each(source, place)
    if stacked.is_stacked(source):
        return stacked.PREFIX + place(source.removeprefix(stacked.PREFIX))
    if moving.is_moving(source):
        return moving.PREFIX + place(source.removeprefix(moving.PREFIX))
    if is_few_labels(source):
        number, colon, base = source.removeprefix(FEW_LABELS).partition(":")
        return FEW_LABELS + number + colon + (place(base) if base else "")
    if texts.is_oracle(source):
        return ORACLE + place(texts.oracle_file(source))
    if domains.is_domain_pair(source):
        kind, colon, base = source.removeprefix(domains.PREFIX).partition(":")
        return domains.PREFIX + kind + colon + (place(base) if base else "")
    path = pathlib.Path(source).expanduser()
    return str(path.resolve()) if path.exists() and not is_known(source) else source


def training(options):
    """The training data of a run.

    Args:
        options: dict with model, data, data_b, batch_size, image_size, seed, on_bad, jitter, augment, and of text
            level, sequence_length, vocabulary_size and sentences.

    Returns:
        (dataset, description), as `kgen.datasets.load`, `load_pair` or `load_text` gives them.
    """
    if texts.is_text(options["model"]):
        return texts.training(options)
    rest = {name: options[name] for name in ("batch_size", "image_size", "seed", "on_bad")}
    if is_paired(options):
        augment = None if options["augment"] == "none" else options["augment"]
        rest |= {"jitter": options["jitter"], "augment": augment}
    return _load(options, "train", **rest)


def is_paired(options):
    """Whether a run's model trains on pairs.

    Args:
        options: dict with model.

    Returns:
        bool.
    """
    return MODELS[options["model"]].PAIRED


def is_table(options):
    """Whether a run's model trains on a table.

    Args:
        options: dict with model.

    Returns:
        bool.
    """
    return MODELS[options["model"]].TABULAR


def are_photographs(options):
    """Whether the sources of pairs are folders or TFDS's `cycle_gan`, which hold photographs as a rule.

    Args:
        options: dict with data and data_b.

    Returns:
        bool.
    """
    sources = filter(None, (options["data"], options["data_b"]))
    return all(kind_of(source) == "folder" or source.startswith("cycle_gan/") for source in sources)


def _load(options, split, **rest):
    """The source's data: a table, sounds, clips, pairs, or pictures with labels where the model needs them."""
    if is_table(options):
        return _load_table(options, **rest)
    if sounds.is_sound(options["model"]):
        return sounds.load(options, split, **rest)
    if clips.is_clip(options["model"]):
        return clips.load(options, split, **rest)
    if joint.takes_several(options["model"]):
        return joint.load(options, split, **rest)
    if is_paired(options):
        return _load_pair(options, split, **rest)
    if options["data_b"] is not None:
        expected = f"None: {options['model']} does not train on pairs"
        raise invalid("data_b", expected, data_b=options["data_b"])
    about = {"labels": MODELS[options["model"]].NEEDS_LABELS, "seed": options["seed"], **rest}
    try:
        return kgen.datasets.load(options["data"], split, **about)
    except ValueError as error:
        if "argument `labels`" not in str(error):
            raise
        expected = f"data with labels, which {options['model']} needs"
        raise invalid("data", expected, data=options["data"]) from None


def _load_table(options, batch_size, seed=0, shuffle=True, **_):
    if not pathlib.Path(options["data"]).is_file():
        raise invalid("data", f"a CSV file, on which {options['model']} trains", data=options["data"])
    categorical = filter(None, (options["categorical"] or "").split(","))
    return kgen.datasets.load_table(options["data"], categorical, batch_size, seed, shuffle)


def _load_pair(options, split, **rest):
    try:
        return kgen.datasets.load_pair(options["data"], options["data_b"], split, **rest)
    except ValueError as error:
        if options["data_b"] is not None or "argument `b`" not in str(error):
            raise
        both = "digits_pair:KIND, cycle_gan/NAME or a folder with trainA and trainB"
        expected = f"a second source for {options['model']}, unless --data is {both}"
        raise invalid("data_b", expected, data=options["data"]) from None


def size(shape):
    """(height, width) of pictures and clips, None of vectors and sounds.

    Args:
        shape: of one example.

    Returns:
        Tuple or None.
    """
    return tuple(shape[-3:-1]) if len(shape) >= 3 else None


def mixture(options):
    """The mixture that a run's vectors are drawn from.

    Args:
        options: dict with data.

    Returns:
        `kgen.datasets.Mixture`, or None for other data.
    """
    source = _plain(options["data"])
    return kgen.datasets.mixture(source) if is_mixture(source) else None


def _plain(source):
    """The source of the examples themselves, where few of them have a label."""
    return parse_few_labels(source)[1] if is_few_labels(source) else source


def stacked_extractor(options):
    """The classifier that tells the channels of a run's stacked pictures apart.

    Args:
        options: dict with data.

    Returns:
        Its name, or None for other data.
    """
    source = _plain(options["data"])
    return EXTRACTORS.get(source.removeprefix(stacked.PREFIX)) if stacked.is_stacked(source) else None


def extractor(options):
    """The classifier that knows the pictures which a run's model generates; of pairs those of side b.

    Args:
        options: dict with data and data_b.

    Returns:
        Its name, or None for other data.
    """
    return EXTRACTORS.get(_plain(options["data_b"] or options["data"]))


def held_out(options, image_size, limit=VALIDATION):
    """The first pictures of the source's test split.

    Args:
        options: dict with model, data, data_b, batch_size, seed and on_bad.
        image_size: (height, width), or None for vectors.
        limit: number of pictures at most.

    Returns:
        (dataset, description), or (None, None) where there is no such split.
    """
    if is_table(options):
        return None, None
    try:
        return _load(options, "test", image_size=image_size, **_some(options, limit))
    except (ValueError, FileNotFoundError) as error:
        no_folder = is_paired(options) and isinstance(error, FileNotFoundError)  # No testA beside trainA.
        if no_folder or "argument `split`" in str(error):
            return None, None
        raise


def _some(options, limit):
    batch_size = max(options["batch_size"], AT_ONCE) if is_paired(options) else options["batch_size"]
    return {"batch_size": batch_size, "on_bad": options["on_bad"], "num_examples": limit}


def pictures_of(dataset):
    """All examples of a data set.

    Args:
        dataset: a finite data set of batches of pictures, clips or vectors, with or without labels.

    Returns:
        Array [n, ...].
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


def sides_of(dataset, description):
    """All pictures of both sides, each once.

    Args:
        dataset: a finite data set of pairs of batches, in order.
        description: its `kgen.datasets.PairDescription`.

    Returns:
        List of two arrays [n, height, width, channels].
    """
    sides = map(np.concatenate, zip(*dataset.as_numpy_iterator(), strict=True))
    counts = (description.a.num_examples, description.b.num_examples)
    return [side[:count] for side, count in zip(sides, counts, strict=True)]


def in_order(options, image_size, limit):
    """The first pictures of the source's training split, in order.

    Args:
        options: dict with model, data, data_b, batch_size, seed and on_bad.
        image_size: (height, width), or None for vectors.
        limit: number of pictures at most, or None for all.

    Returns:
        (dataset, description).
    """
    return _load(options, "train", image_size=image_size, shuffle=False, **_some(options, limit))


def some_points(options):
    """Vectors of the source's training split, to draw generated ones over.

    Args:
        options: dict with model, data, batch_size, seed and on_bad.

    Returns:
        Array [n, dim] of at most `POINTS` rows.
    """
    return pictures_of(in_order(options, None, POINTS)[0])
