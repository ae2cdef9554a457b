"""Stacked data: three grey pictures as the channels of one, whose modes a classifier can count.

Reference: Metz et al. 2017, Unrolled GAN, section 3.3.1, arXiv 1611.02163; Lin et al. 2018, PacGAN, section
4.2, arXiv 1712.04086.
"""

import itertools
import math

import numpy as np
import tensorflow as tf

from kgen.datasets.checks import MAX_CLASSES
from kgen.datasets.sizing import allocate
from kgen.datasets.stream import check, describe, permuted, pipeline, places, reader
from kgen.errors import invalid

PREFIX = "stacked:"
CHANNELS = 3


def is_stacked(source):
    """Whether a source asks for the triples of another.

    Args:
        source: anything.

    Returns:
        bool.
    """
    return isinstance(source, str) and source.startswith(PREFIX)


def stack(examples):
    """As many triples as there are grey examples, the same ones each time, each example once in each channel.

    Channel c of triple i is example pi_c(i), with a fixed permutation pi_c for each channel. The label of
    examples of the classes a, b and c out of K is K^2 a + K b + c.

    Args:
        examples: `Examples` of one channel.

    Returns:
        `Examples` of three channels and K^3 classes.

    Raises:
        ValueError: for vectors, colour, or more than 101 classes.
    """
    shape, num_classes = examples.images.shape, len(examples.classes)
    if len(shape) != 4 or shape[-1] != 1:
        raise invalid("source", "grey pictures to stack, of one channel", **{examples.name: shape[1:]})
    if num_classes**CHANNELS > MAX_CLASSES:
        expected = f"pictures of at most {int(MAX_CLASSES ** (1 / CHANNELS))} classes to stack"
        raise invalid("source", expected, **{examples.name: f"{num_classes} classes"})
    orders = [np.random.RandomState([channel]).permutation(shape[0]) for channel in range(CHANNELS)]
    images, labels = allocate((*shape[:-1], CHANNELS), examples.images.dtype), examples.labels
    for channel, order in enumerate(orders):
        images[..., channel] = examples.images[order, ..., 0]
    if labels is not None:
        digits = [labels[order] for order in orders]
        labels = np.ravel_multi_index(digits, CHANNELS * [num_classes]).astype(np.int32)
    classes = tuple(map(" ".join, itertools.product(examples.classes, repeat=CHANNELS)))
    return examples._replace(images=images, labels=labels, classes=classes, name=PREFIX + examples.name)


def stream_stacked(examples, batch_size, seed, augment, with_labels):
    """Fresh triples at every position: each channel has an order of its own in each epoch.

    Channel c at position p shows channel c of example permutation(seed, 3 (p // N) + c)(p mod N).

    Args:
        examples: as `stack` gives them, N of them.
        batch_size, seed, augment, with_labels: as in `kgen.datasets.stream.stream`.

    Returns:
        The data set; see `kgen.datasets.from_arrays`.

    Raises:
        ValueError: if the examples cannot be streamed.
    """
    num_examples, shape = len(examples.images), CHANNELS * [round(len(examples.classes) ** (1 / CHANNELS))]
    check(examples, batch_size, seed, True, augment)
    images = reader(examples.images)
    digits = reader(np.stack(np.unravel_index(examples.labels, shape), axis=-1)) if with_labels else None
    values = [math.prod(shape[channel + 1 :]) for channel in range(CHANNELS)]  # Of the digits of a label.

    def batch(step):
        row, epoch = places(step, num_examples, batch_size)
        index = [permuted(row, seed, CHANNELS * epoch + c, num_examples) for c in range(CHANNELS)]
        pictures = _across(images, index)
        pictures = augment.warp(pictures, seed, row, epoch) if augment else pictures
        if not with_labels:
            return pictures
        return pictures, tf.cast(tf.reduce_sum(_across(digits, index) * values, axis=-1), tf.int32)

    return pipeline(batch, num_examples // batch_size, describe(examples), augment)


def _across(rows, index):
    """Channel c of the rows index[c], for each c."""
    return tf.stack([rows(i)[..., c] for c, i in enumerate(index)], axis=-1)
