"""Data of which few examples have a label, for learning with the others too."""

import numpy as np
import tensorflow as tf

from kgen.datasets.arrays import Examples, names_of
from kgen.datasets.checks import as_images, as_labels, is_integer
from kgen.datasets.stream import check, describe, order, reader, stream
from kgen.errors import invalid


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
    check(examples, batch_size, seed, shuffle, None)
    at = _batches(examples, batch_size, seed)
    dataset = at(0).take(len(images) // batch_size)
    dataset.at, dataset.steps_per_epoch = at, len(images) // batch_size
    dataset.description = describe(examples)
    return dataset


def _batches(examples, batch_size, seed):
    """The endless data set from a step on."""
    places = tf.constant(np.flatnonzero(examples.labels >= 0))
    pictures, labels = reader(examples.images), reader(examples.labels)
    num_examples, num_labelled = len(examples.images), int(places.shape[0])

    def batch(step):
        pool = order(step, num_examples, batch_size, seed, True)[0]
        known = tf.gather(places, order(step, num_labelled, batch_size, seed, True)[0])
        unknown = tf.fill([batch_size], -1)
        return pictures(_in_turn(pool, known, batch_size)), _in_turn(unknown, labels(known), batch_size)

    return lambda step: tf.data.Dataset.counter(start=int(step)).map(batch).prefetch(2)


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
