"""The order of training data as a pure function of (seed, step), and the pipeline that follows it."""

import dataclasses
import hashlib
import warnings

import numpy as np
import tensorflow as tf

from kgen import noise
from kgen.datasets.arrays import Examples, names_of
from kgen.datasets.augment import as_augmentation
from kgen.datasets.checks import as_images, as_labels, chunks, is_integer
from kgen.datasets.sizing import MEMORY_LIMIT
from kgen.errors import invalid


@dataclasses.dataclass(frozen=True)
class Description:
    """What a data set is.

    Args:
        name: its name.
        split: the split that was asked for.
        shape: shape of one example, (H, W, C) for pictures, (T, H, W, C) for clips.
        classes: class names in the order of the labels, empty when there are none.
        num_examples: number of examples.
        fingerprint: SHA-256 in hexadecimal over the pixels as stored, then the int32 labels.
        num_skipped: unreadable pictures that were left out.

    Example:

    >>> about = kgen.datasets.from_arrays(np.zeros([10, 8, 8, 1], "uint8"), [0, 1] * 5, batch_size=4).description
    >>> about.shape, about.classes, about.num_examples, about.fingerprint[:8]
    ((8, 8, 1), ('0', '1'), 10, '8a8872c3')
    """

    name: str
    split: str
    shape: tuple
    classes: tuple
    num_examples: int
    fingerprint: str
    num_skipped: int = 0


def from_arrays(images, labels=None, batch_size=128, seed=0, shuffle=True, augment=None, name="arrays"):
    """A data set of arrays, in an order that is a function of (seed, step).

    Step s holds the positions p = s * batch_size + j for j < batch_size, and position p holds example
    permutation(seed, p // N)(p mod N): a new order of all N examples in each epoch, without a gap between
    epochs. Without shuffling the order is that of the array, and each epoch ends with a smaller batch.

    Args:
        images: uint8 array [N, H, W, C] or [N, H, W], floats in [0, 1] of these shapes, clips
            [N, T, H, W, C] of either kind, or float vectors [N, D].
        labels: integer class numbers [N]; with them the data set yields pairs.
        batch_size: examples per step.
        seed: integer in [0, 2**31).
        shuffle: whether to shuffle, which also drops the remainder of the last epoch.
        augment: an `Augmentation`, or a text for `Augmentation.parse`.
        name: name in the description.

    Returns:
        `tf.data.Dataset` of one epoch from step 0, of uint8 or float32 batches, with the attributes
        `at(step)` (an endless data set that starts at a global step), `steps_per_epoch` and `description`.

    Raises:
        ValueError: if shape, type, range or number of the examples do not fit.

    Example:

    >>> images = np.arange(10, dtype="uint8").reshape(10, 1, 1)
    >>> dataset = kgen.datasets.from_arrays(images, batch_size=4, shuffle=False)
    >>> [batch.numpy().ravel().tolist() for batch in dataset]
    [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    >>> next(iter(dataset.at(2))).numpy().ravel().tolist()
    [8, 9]
    """
    images = as_images(images)
    labels = as_labels(labels, len(images))
    examples = Examples(images, labels, names_of(labels), name, "train" if shuffle else "all")
    return stream(examples, batch_size, seed, shuffle, as_augmentation(augment), labels is not None)


def stream(examples, batch_size, seed, shuffle, augment, with_labels):
    """The data set of decoded `Examples`; see `from_arrays`."""
    num_examples = len(examples.images)
    check(examples, batch_size, seed, shuffle, augment)
    steps = num_examples // batch_size if shuffle else -(-num_examples // batch_size)
    images, labels = reader(examples.images), reader(examples.labels) if with_labels else None

    def batch(step):
        index, epoch = order(step, num_examples, batch_size, seed, shuffle)
        pictures = images(index)
        pictures = augment.warp(pictures, seed, index, epoch) if augment else pictures
        return (pictures, labels(index)) if with_labels else pictures

    return pipeline(batch, steps, describe(examples), augment)


def pipeline(batch, steps, description, augment):
    """The data set of one epoch, with the attributes that `from_arrays` promises.

    Args:
        batch: function from a global step to its batch.
        steps: of an epoch.
        description: what is known of the data.
        augment: what `batch` does to pictures; batches are made in parallel unless it is None.

    Returns:
        `tf.data.Dataset`.
    """

    def at(step):
        parallel = {"num_parallel_calls": tf.data.AUTOTUNE, "deterministic": True} if augment else {}
        return tf.data.Dataset.counter(start=int(step)).map(batch, **parallel).prefetch(2)

    dataset = at(0).take(steps)
    dataset.at, dataset.steps_per_epoch, dataset.description = at, steps, description
    return dataset


def order(step, num_examples, batch_size, seed, shuffle):
    """Which examples a step holds.

    Args:
        step: int64 scalar tensor, the global step.
        num_examples: number of examples N.
        batch_size: examples per step.
        seed: integer in [0, 2**31).
        shuffle: whether each epoch has an order of its own.

    Returns:
        Examples' numbers and their epochs, int64 tensors [batch].
    """
    if shuffle:
        row, epoch = places(step, num_examples, batch_size)
        return permuted(row, seed, epoch, num_examples), epoch
    steps = -(-num_examples // batch_size)
    first = step % steps * batch_size
    index = tf.range(first, tf.minimum(first + batch_size, num_examples))
    if num_examples % batch_size == 0:
        index = tf.ensure_shape(index, [batch_size])
    return index, tf.zeros_like(index) + step // steps


def places(step, num_examples, batch_size):
    """Where in which epoch the rows of a step stand, when epochs follow each other without a gap.

    Row j of step s has the position p = s * batch_size + j, which is place p mod N of epoch p // N.

    Args:
        step: int64 scalar tensor, the global step.
        num_examples: number of examples N.
        batch_size: examples per step.

    Returns:
        Places and epochs, int64 tensors [batch].
    """
    position = step * batch_size + tf.range(batch_size, dtype=tf.int64)
    return position % num_examples, position // num_examples


def permuted(index, seed, epoch, num_examples):
    """The permutation of (seed, epoch), by a keyed bijection: O(1) for any index, no shuffle buffer.

    The bijection maps almost every number to itself under keys of small numbers, so Threefry makes the keys.

    Args:
        index: int64 tensor [batch] in [0, num_examples).
        seed: integer in [0, 2**31).
        epoch: int64 tensor [batch].
        num_examples: size of the permuted set.

    Returns:
        int64 tensor [batch].
    """
    epoch = tf.cast(epoch, tf.int32)
    key = tf.stack([tf.fill(tf.shape(epoch), seed), epoch], axis=1)
    key = tf.concat([noise.fold(key, 0), noise.fold(key, 1)[:, :1]], axis=1)
    last = tf.constant(num_examples - 1, tf.int64)
    return tf.raw_ops.RandomIndexShuffle(index=index, seed=key, max_index=last, rounds=4)


def describe(examples):
    """The `Description` of decoded examples."""
    digest = hashlib.sha256()
    for array in (examples.images, examples.labels):
        for chunk in () if array is None else chunks(array):
            digest.update(np.ascontiguousarray(chunk).data)
    shape, num_examples = examples.images.shape[1:], len(examples.images)
    about = (examples.name, examples.split, shape, tuple(examples.classes), num_examples)
    return Description(*about, digest.hexdigest(), examples.num_skipped)


def reader(array):
    """A function from a tensor of indices to rows; arrays too large for memory stay where they are."""
    if not isinstance(array, np.memmap) and array.nbytes <= MEMORY_LIMIT:
        with tf.device("CPU:0"):
            tensor = tf.convert_to_tensor(array)
        return lambda index: tf.gather(tensor, index)

    def read(index):
        rows = tf.numpy_function(lambda i: np.asarray(array[i]), [index], array.dtype, stateful=False)
        return tf.ensure_shape(rows, [*index.shape, *array.shape[1:]])

    return read


def check(examples, batch_size, seed, shuffle, augment):
    """Refuses what cannot be streamed; see `from_arrays`."""
    num_examples = len(examples.images)
    if not is_integer(batch_size, 1):
        raise invalid("batch_size", "a positive integer", f"batch_size={batch_size!r}")
    check_seed(seed)
    if num_examples == 0:
        raise ValueError(f"The data set is empty: no example in {examples.split!r} of {examples.name}.")
    if shuffle and num_examples < batch_size:
        raise ValueError(
            f"The data set has {num_examples} examples, fewer than batch_size={batch_size}: not one batch to "
            f"train on. Perhaps use batch_size={num_examples}."
        )
    if shuffle and num_examples == 1:
        warnings.warn("The data set has 1 image: every batch shows the same one.", stacklevel=4)
    if augment and examples.images.ndim != 4:
        raise invalid("augment", "pictures to warp", f"vectors of shape {examples.images.shape}")


def check_seed(seed):
    """Refuses a seed that cannot be folded into a key."""
    if not is_integer(seed, 0) or seed >= 2**31:
        raise invalid("seed", "an integer in [0, 2**31)", f"seed={seed!r}")
