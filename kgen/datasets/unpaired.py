"""Two sides that know nothing of each other, in orders that are functions of (seed, step)."""

import dataclasses
import hashlib

from kgen.datasets.augment import random_window
from kgen.datasets.stream import Description, check, describe, order, permuted, pipeline, places, reader


@dataclasses.dataclass(frozen=True)
class PairDescription(Description):
    """What a pair of data sets is; the number of examples is that of the larger side.

    Args:
        a: `Description` of side A.
        b: `Description` of side B.

    Example:

    >>> _, about = kgen.datasets.load_pair("digits_pair:negative")
    >>> about.num_examples, about.a.num_examples, about.b.num_examples, about.b.name
    (719, 719, 718, 'negative of digits')
    """

    a: Description = None
    b: Description = None


def stream_unpaired(sides, batch_size, seed, shuffle, augment, window):
    """The data set of pairs (a, b); see `kgen.datasets.load_pair`.

    Args:
        sides: `Examples` of A and of B, pictures or vectors of one shape and type.
        batch_size: examples per step of each side.
        seed: integer in [0, 2**31).
        shuffle: whether each side has an order of its own in each of its epochs.
        augment: `Augmentation` or None.
        window: (height, width) of a random window to cut out, or None.

    Returns:
        `tf.data.Dataset` with the attributes that `from_arrays` gives.

    Raises:
        ValueError: if the examples cannot be streamed.
    """
    small, large = sorted(sides, key=lambda side: len(side.images))
    check(small, 1, seed, shuffle, augment)
    check(large, batch_size, seed, shuffle, augment)
    longest, rows = len(large.images), [reader(side.images) for side in sides]

    def shown(step, number):
        count = len(sides[number].images)
        index, stream = order_of_side(step, number, 2, count, longest, batch_size, seed, shuffle)
        pictures = rows[number](index)
        pictures = augment.warp(pictures, seed, index, stream) if augment else pictures
        return random_window(pictures, window, seed, index, stream) if window else pictures

    steps = longest // batch_size if shuffle else -(-longest // batch_size)
    description = describe_pair(*(_describe(side, window) for side in sides))
    return pipeline(lambda step: (shown(step, 0), shown(step, 1)), steps, description, augment or window)


def order_of_side(step, number, sides, count, longest, batch_size, seed, shuffle):
    """Which examples of a side a step shows, when each side has an order of its own.

    Args:
        step: int64 scalar tensor, the global step.
        number: of the side.
        sides: how many there are.
        count: of the side's examples.
        longest: the same of the largest side.
        batch_size, seed, shuffle: as in `kgen.datasets.stream.order`.

    Returns:
        Examples' numbers, and the random stream of each, int64 tensors [batch].
    """
    if not shuffle:
        index, epoch = order(step, longest, batch_size, seed, shuffle)
        return index % count, sides * epoch + number
    row, epoch = places(step, count, batch_size)
    stream = sides * epoch + number  # The sides share a seed, and no stream.
    return permuted(row, seed, stream, count), stream


def _describe(side, window):
    """The side's description, with the shape that is shown."""
    about = describe(side)
    return dataclasses.replace(about, shape=(*window, about.shape[-1])) if window else about


def describe_pair(a, b):
    """The `PairDescription` of two descriptions."""
    name, split = (" and ".join(dict.fromkeys(both)) for both in ((a.name, b.name), (a.split, b.split)))
    num_examples, num_skipped = max(a.num_examples, b.num_examples), a.num_skipped + b.num_skipped
    fingerprint = hashlib.sha256((a.fingerprint + b.fingerprint).encode()).hexdigest()
    return PairDescription(name, split, a.shape, (), num_examples, fingerprint, num_skipped, a, b)
