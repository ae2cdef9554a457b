"""Several kinds of data at once: rows whose pictures, sounds, labels and vectors belong together, or do not."""

import dataclasses
import hashlib
import typing

import numpy as np
import tensorflow as tf

from kgen import noise
from kgen.datasets.arrays import Examples
from kgen.datasets.checks import as_shuffle, as_size
from kgen.datasets.folder import MAX_PIXELS
from kgen.datasets.joint_sources import Reading, agree, parse_joint, read_groups, rows_of, wants_class
from kgen.datasets.sound_sources import Form
from kgen.datasets.sources import check_reading
from kgen.datasets.stream import Description, check, describe, order, pipeline, reader
from kgen.datasets.unpaired import order_of_side
from kgen.errors import invalid, positive_integer
from kgen.sounds import FULL, check_rate


@dataclasses.dataclass(frozen=True)
class JointDescription(Description):
    """What several kinds of data are; the shape is (numbers of all of them together,), one of a label per class.

    Args:
        modalities: dict name -> ("picture", height, width, channels), ("sound", length, sample_rate),
            ("label", num_classes) or ("vector", length): what `kgen.JointGAN` takes.

    Example:

    >>> _, about = kgen.datasets.load_joint("picture=digits,label")
    >>> about.modalities, about.shape, about.num_examples
    ({'picture': ('picture', 8, 8, 1), 'label': ('label', 10)}, (74,), 1437)
    """

    modalities: dict = dataclasses.field(default_factory=dict)


class Part(typing.NamedTuple):
    """What a name stands for."""

    form: tuple  # as of `JointDescription.modalities`
    examples: Examples
    group: int  # number of the data set that it comes of

    @property
    def rows(self):
        """The arrays' rows: of a label the class numbers."""
        return self.examples.labels if self.form[0] == "label" else self.examples.images


def load_joint(
    sources,
    split="train",
    batch_size=64,
    *,
    paired=True,
    image_size=None,
    slice_length=4096,
    sample_rate=None,
    seed=0,
    shuffle=None,
    data_dir=None,
    on_bad="error",
    num_examples=None,
    max_pixels=MAX_PIXELS,
):
    """Loads several kinds of data as the data set that a `kgen.JointGAN` trains on.

    Names that come of one data set are paired by place: row i of `a=mnist,b=edges:mnist` is a digit and its outlines.
    Data sets are paired by class: row i shows example i of the largest, and of each other one an example of the same
    class, drawn in each epoch anew as a function of (seed, epoch, i). The order of the rows is that of `from_arrays`.

    With paired=False rows have nothing to do with each other: each name has an order of its own, as the sides of
    `load_pair` have; names of one data set take parts of it, the first of two the first half, the other the second.

    Args:
        sources: dict name -> source, None for the class; or the same as a text, "picture=mnist,sound=spoken_digit" or
            with a bare word at the end, "picture=mnist,label". A source is one of pictures or vectors as of `load`,
            one of sounds as of `load_sounds`, or "edges:", "negative:" or "colour:" and one of grey pictures.
        split: as of `load`, of each source.
        batch_size: rows per step.
        paired: whether the examples of a row belong together.
        image_size: as of `load`, of all pictures.
        slice_length: samples of a sound, as of `load_sounds`.
        sample_rate: of sounds in Hz; None for that of each source.
        seed: integer in [0, 2**31).
        shuffle: whether to shuffle and drop the remainder; None for yes if the split is of `train`.
        data_dir: folder of TFDS data sets; the environment variable TFDS_DATA_DIR if None.
        on_bad: "error" or "skip" for files in a folder that cannot be used.
        num_examples: use only so many rows; unpaired, so many examples of each name.
        max_pixels: as of `load`.

    Returns:
        Pair (dataset, `JointDescription`): a `tf.data.Dataset` of dicts name -> batch, of pictures uint8
        [batch, H, W, C], of sounds float32 [batch, slice_length] in [-1, 1), of labels int32 [batch], of vectors
        float32 [batch, D], with the attributes that `from_arrays` gives.

    Raises:
        FileNotFoundError: if a folder or file is missing.
        DatasetNotPrepared: if a TFDS data set is not here and no network answers.
        ValueError: if an argument or a source does not fit, or data sets that are paired by class have no labels,
            another number of classes, or no example of one.

    Example:

    >>> dataset, about = kgen.datasets.load_joint("digit=digits,outlines=edges:digits,label", batch_size=4)
    >>> {name: batch.shape.as_list() for name, batch in next(iter(dataset)).items()}
    {'digit': [4, 8, 8, 1], 'outlines': [4, 8, 8, 1], 'label': [4]}

    Reference: Liu & Tuzel 2016, CoGAN, section 3 (unpaired domains), arXiv 1606.07536.
    """
    sources = parse_joint(sources)
    check_reading(on_bad, num_examples)
    _check(sources, paired, slice_length, sample_rate)
    form, folder = Form(slice_length, sample_rate), {"on_bad": on_bad, "max_pixels": max_pixels}
    groups = read_groups(sources, Reading(split, as_size(image_size), form, data_dir, folder))
    parts = (_paired if paired else _unpaired)(sources, groups, num_examples)
    stream = stream_paired if paired else stream_unpaired
    dataset = stream(parts, batch_size, seed, as_shuffle(shuffle, split))
    return dataset, dataset.description


def _check(sources, paired, slice_length, sample_rate):
    if not isinstance(paired, bool):
        raise invalid("paired", "True or False", paired=paired)
    if not paired and wants_class(sources):
        raise invalid(
            "paired", "True, since the class belongs to the other examples of its row", paired=False
        )
    positive_integer("slice_length", slice_length)
    if sample_rate is not None:
        check_rate(sample_rate)


def _paired(sources, groups, num_examples):
    """Name -> `Part`; the largest data set, whose rows count, is cut to `num_examples`."""
    groups = agree(groups) if len(groups) > 1 or wants_class(sources) else groups
    largest = _largest([group.examples for group in groups])
    groups[largest] = _cut(groups[largest], slice(num_examples))
    parts = {}
    for name, source in sources.items():
        if source is None:
            examples = groups[largest].examples
            parts[name] = Part(("label", len(examples.classes)), examples, largest)
        else:
            parts[name] = _part(name, groups)
    return parts


def _unpaired(sources, groups, num_examples):
    """Name -> `Part`, each a group of its own: part k of m of a data set that m names come of."""
    parts = {}
    for group in groups:
        number, many = len(group.examples.images), len(group.members)
        for k, name in enumerate(group.members):
            own = slice(k * number // many, (k + 1) * number // many)
            parts[name] = _part(name, [_cut(_cut(group, own), slice(num_examples))])
            group = group._replace(examples=group.examples._replace(num_skipped=0))  # Counted once.
    return {name: parts[name]._replace(group=number) for number, name in enumerate(sources)}


def _part(name, groups):
    number = next(number for number, group in enumerate(groups) if name in group.members)
    examples, form = rows_of(groups[number], name)
    return Part(form, examples, number)


def _cut(group, part):
    examples = group.examples
    labels = None if examples.labels is None else examples.labels[part]
    return group._replace(examples=examples._replace(images=examples.images[part], labels=labels))


def _largest(many):
    """The place of the `Examples` with the most examples, the first of them."""
    return max(range(len(many)), key=lambda place: len(many[place].images))


def stream_paired(parts, batch_size, seed, shuffle):
    """The data set of rows that belong together; see `load_joint`.

    Args:
        parts: dict name -> `Part`; those of a group have the same number of rows.
        batch_size: rows per step.
        seed: integer in [0, 2**31).
        shuffle: whether each epoch has an order of its own.

    Returns:
        `tf.data.Dataset` with the attributes that `from_arrays` gives.

    Raises:
        ValueError: if the parts cannot be streamed, or a class has no example in one of them.
    """
    groups = {part.group: part.examples for part in parts.values()}
    largest = list(groups)[_largest(list(groups.values()))]
    number = len(groups[largest].images)
    check(groups[largest], batch_size, seed, shuffle, None)
    draws = {group: partners(groups[largest], groups[group]) for group in groups if group != largest}
    rows = {name: _reader(part) for name, part in parts.items()}

    def batch(step):
        index, epoch = order(step, number, batch_size, seed, shuffle)
        places = {group: draw(index, _seeds(seed, epoch, index, group)) for group, draw in draws.items()}
        places[largest] = index
        return {name: read(places[parts[name].group]) for name, read in rows.items()}

    return pipeline(batch, _steps(number, batch_size, shuffle), _describe(parts, number, True), None)


def _seeds(seed, epoch, index, group):
    """Row seeds [batch, 2] of (seed, epoch, i), another stream for each data set."""
    keys = tf.stack([tf.fill(tf.shape(index), seed), tf.cast(index, tf.int32)], axis=1)
    return noise.fold(noise.fold(keys, tf.cast(epoch, tf.int32)), group)


def partners(examples, others):
    """A function that finds examples of the same class.

    Args:
        examples: `Examples` with labels, for whose rows others are wanted.
        others: `Examples` with labels of the same meaning.

    Returns:
        Function from rows of `examples`, int64 [batch], and row seeds [batch, 2] to rows of `others`, int64 [batch]:
        place floor(u n_c) among the n_c of class c, u uniform in [0, 1).

    Raises:
        ValueError: a class of `examples` that `others` has no example of.

    Example:

    >>> images = np.zeros([6, 1, 1, 1], "uint8")
    >>> few = kgen.datasets.arrays.Examples(images, np.array([0, 1, 1, 0, 1, 1]), ("a", "b"), "few", "all")
    >>> draw = kgen.datasets.joint.partners(few, few)
    >>> [few.labels[k].item() for k in draw(tf.constant([0, 2, 3]), kgen.noise.rows(7, 3))]
    [0, 1, 0]
    """
    counts = np.bincount(others.labels, minlength=len(examples.classes))
    missing = [k for k in np.unique(examples.labels) if counts[k] == 0]
    if missing:
        name = examples.classes[missing[0]]
        raise invalid("sources", f"examples of each class in {others.name}", f"none of class {name!r}")
    with tf.device("CPU:0"):
        labels, number = tf.constant(examples.labels, tf.int32), tf.constant(counts, tf.int64)
        first = tf.constant(np.cumsum(counts) - counts, tf.int64)
        by_class = tf.constant(np.argsort(others.labels, kind="stable"), tf.int64)

    def draw(index, seeds):
        label = tf.gather(labels, index)
        n = tf.gather(number, label)
        place = tf.cast(noise.uniform(seeds, ()) * tf.cast(n, tf.float32), tf.int64)
        return tf.gather(by_class, tf.gather(first, label) + tf.minimum(place, n - 1))  # u n may round to n.

    return draw


def stream_unpaired(parts, batch_size, seed, shuffle):
    """The data set of rows that have nothing to do with each other; see `load_joint`.

    Args:
        parts, batch_size, seed, shuffle: as of `stream_paired`; each part is a group of its own.

    Returns:
        `tf.data.Dataset` with the attributes that `from_arrays` gives.

    Raises:
        ValueError: if the parts cannot be streamed.
    """
    many = [part.examples for part in parts.values()]
    for examples in many:
        check(examples, 1, seed, shuffle, None)
    largest = many[_largest(many)]
    check(largest, batch_size, seed, shuffle, None)
    longest, rows = len(largest.images), {name: _reader(part) for name, part in parts.items()}

    def batch(step):
        found = {}
        for name, part in parts.items():
            own = (part.group, len(parts), len(part.rows), longest)
            index, _ = order_of_side(step, *own, batch_size, seed, shuffle)
            found[name] = rows[name](index)
        return found

    return pipeline(batch, _steps(longest, batch_size, shuffle), _describe(parts, longest, False), None)


def _steps(number, batch_size, shuffle):
    return number // batch_size if shuffle else -(-number // batch_size)


def _reader(part):
    """A function from row numbers to a batch; sounds are kept in 16 bits and become floats."""
    read = reader(part.rows)
    if part.form[0] != "sound":
        return read
    return lambda index: tf.cast(read(index), tf.float32) / FULL


def _describe(parts, num_examples, paired):
    """What the data are; the fingerprint is that of each part, of the names and of how they are paired."""
    about = [describe(part.examples) for part in parts.values()]
    modalities = {name: part.form for name, part in parts.items()}
    key = f"{modalities} {paired} {[part.group for part in parts.values()]}"
    key += " ".join(one.fingerprint for one in about)
    groups = {part.group: part.examples.num_skipped for part in parts.values()}
    return JointDescription(
        name=" and ".join(dict.fromkeys(one.name for one in about)),
        split=about[0].split,
        shape=(sum(map(_size, modalities.values())),),
        classes=about[0].classes if paired else (),
        num_examples=num_examples,
        fingerprint=hashlib.sha256(key.encode()).hexdigest(),
        num_skipped=sum(groups.values()),
        modalities=modalities,
    )


def _size(form):
    """Numbers of an example: of a label one per class."""
    kind, *numbers = form
    return numbers[0] if kind == "sound" else int(np.prod(numbers))
