"""Data of which few examples have a label, for learning with the others too."""

import numpy as np
import tensorflow as tf

from kgen.datasets.arrays import Examples, names_of
from kgen.datasets.checks import as_images, as_labels, is_integer
from kgen.datasets.stream import check, check_seed, describe, order, pipeline, reader, stream
from kgen.errors import invalid

PREFIX = "few_labels:"
HELD_OUT = ("test", "validation")  # Splits that keep all labels.


def few_labels(labels, per_class, seed=0):
    """Labels of which only a random few of each class are kept.

    Args:
        labels: integer class numbers [N].
        per_class: how many of each class are kept.
        seed: integer in [0, 2**31) that chooses them.

    Returns:
        int32 array [N], -1 where the label is not kept.

    Raises:
        ValueError: labels that are no class numbers, or fewer than `per_class` of a class.

    Example:

    >>> kgen.datasets.few_labels([0, 1, 0, 1, 1], per_class=1).tolist().count(-1)
    3
    """
    labels = as_labels(labels, len(labels))
    classes, counts = np.unique(labels, return_counts=True)
    if not is_integer(per_class, 1) or per_class > counts.min():
        raise invalid("per_class", f"an integer in 1..{counts.min()}", per_class=per_class)
    random = np.random.default_rng(seed)
    places = [np.flatnonzero(labels == k) for k in classes]
    kept = np.concatenate([random.choice(place, per_class, replace=False) for place in places])
    return np.where(np.isin(np.arange(len(labels)), kept), labels, -1).astype(np.int32)


def is_few_labels(source):
    """Whether a source asks for another one with few labels.

    Args:
        source: anything.

    Returns:
        bool.
    """
    return isinstance(source, str) and source.startswith(PREFIX)


def parse_few_labels(source):
    """Reads "few_labels:100" or "few_labels:100:mnist".

    Args:
        source: such a text.

    Returns:
        Number of labels and the source of the pictures, "digits" if none is given.

    Raises:
        ValueError: if there is no such number, or the source has few labels already.

    Example:

    >>> from kgen.datasets.few_labels import parse_few_labels
    >>> parse_few_labels("few_labels:100:mnist")
    (100, 'mnist')
    """
    number, _, base = source.removeprefix(PREFIX).partition(":")
    if not number.isdecimal() or int(number) == 0 or is_few_labels(base):
        expected = f"{PREFIX}NUMBER or {PREFIX}NUMBER:SOURCE, with how many labels are kept and of what"
        raise invalid("source", expected, source=source)
    return int(number), base or "digits"


def hides_labels(split):
    """Whether labels are missing in a split.

    Args:
        split: its name, with or without a slice.

    Returns:
        bool.
    """
    return split.split("[")[0] not in HELD_OUT


def with_few_labels(examples, number, seed):
    """Examples that keep `number` of their labels, as many of each class; those of a test split keep all.

    Args:
        examples: `Examples`.
        number: of labels in all.
        seed: integer in [0, 2**31) that chooses them.

    Returns:
        `Examples` whose labels are -1 where they are not kept.

    Raises:
        ValueError: without labels, or for a number that does not fit the classes.
    """
    check_seed(seed)
    if examples.labels is None:
        raise invalid("source", f"data with labels behind {PREFIX}{number}:", examples.name)
    named = examples._replace(name=f"{PREFIX}{number}:{examples.name}")
    if not hides_labels(examples.split) or len(examples.labels) == 0:
        return named
    per_class = _per_class(examples, number)
    return named._replace(labels=few_labels(examples.labels, per_class, seed))


def _per_class(examples, number):
    """How many labels of each class make `number`."""
    counts = np.unique(examples.labels, return_counts=True)[1]
    most = len(counts) * counts.min()
    if number % len(counts) or number > most:
        expected = f"a NUMBER of labels that is a multiple of {len(counts)} and at most {most}"
        raise invalid("source", f"{expected}, for the classes of {examples.name}", f"{PREFIX}{number}")
    return number // len(counts)


def semi_supervised(images, labels, batch_size=100, seed=0, shuffle=True, name="arrays"):
    """A data set whose every batch holds as many labelled examples as unlabelled ones.

    A batch has 2 `batch_size` rows. The even ones are those that `from_arrays` gives, drawn from all examples
    and labelled -1; the odd ones are drawn in the same way from the labelled examples alone, which so come
    again and again. It is a function of (seed, step), and an epoch goes once through all examples. Without
    shuffling it is `from_arrays`: every example once, in order, with its label.

    Args:
        images: as in `from_arrays`.
        labels: integer class numbers [N], -1 where the label is unknown.
        batch_size: half of the rows of a batch; without shuffling all of them.
        seed: integer in [0, 2**31).
        shuffle: whether to shuffle, which also drops the remainder of the last epoch.
        name: name in the description.

    Returns:
        `tf.data.Dataset` of pairs, with the attributes that `from_arrays` gives.

    Raises:
        ValueError: if shape, type, range or number of the examples do not fit, or no label is known.

    Example:

    >>> images = np.arange(4, dtype="uint8").reshape(4, 1, 1)
    >>> dataset = kgen.datasets.semi_supervised(images, [-1, 7, -1, -1], batch_size=2)
    >>> x, y = next(iter(dataset))
    >>> x[1::2].numpy().ravel().tolist(), y.numpy().tolist()
    ([1, 1], [-1, 7, -1, 7])

    Reference: Salimans 2016, section 5, arXiv 1606.03498; the authors' code repeats the labelled examples.
    """
    images, labels = as_images(images), _as_labels(labels, len(images))
    examples = Examples(images, labels, names_of(labels), name, "train" if shuffle else "all")
    if not shuffle:
        return stream(examples, batch_size, seed, shuffle, None, True)
    return stream_few_labels(examples, batch_size, seed, None)


def stream_few_labels(examples, batch_size, seed, augment):
    """The shuffled data set of `semi_supervised`.

    Args:
        examples: `Examples` with labels, -1 where unknown.
        batch_size: half of the rows of a batch.
        seed: integer in [0, 2**31).
        augment: an `Augmentation` or None.

    Returns:
        The data set; see `semi_supervised`.

    Raises:
        ValueError: if the examples cannot be streamed, or no label is known.
    """
    check(examples, batch_size, seed, True, augment)
    if (examples.labels < 0).all():
        raise invalid(
            "num_examples", "so many examples that one has a label", num_examples=len(examples.labels)
        )
    places = tf.constant(np.flatnonzero(examples.labels >= 0))
    pictures, labels = reader(examples.images), reader(examples.labels)
    num_examples, num_labelled = len(examples.images), int(places.shape[0])

    def batch(step):
        pool, epoch = order(step, num_examples, batch_size, seed, True)
        place, round_ = order(step, num_labelled, batch_size, seed, True)
        known, unknown = tf.gather(places, place), tf.fill([batch_size], -1)
        index = _in_turn(pool, known, batch_size)
        shown = pictures(index)
        shown = augment.warp(shown, seed, index, _in_turn(epoch, round_, batch_size)) if augment else shown
        return shown, _in_turn(unknown, labels(known), batch_size)

    return pipeline(batch, num_examples // batch_size, describe(examples), augment)


def _in_turn(even, odd, batch_size):
    return tf.reshape(tf.stack([even, odd], axis=1), [2 * batch_size])


def _as_labels(labels, num_examples):
    """Checked class numbers with -1 where unknown, int32 [N]."""
    labels = np.asarray(labels)
    if labels.dtype.kind != "i" or labels.min(initial=0) != -1:
        return as_labels(labels, num_examples)
    if (labels < 0).all():
        raise invalid("labels", "at least one class number; -1 stands for an unknown one", labels="-1 only")
    known = as_labels(np.where(labels < 0, 0, labels), num_examples)
    return np.where(labels.reshape(-1) < 0, -1, known).astype(np.int32)
