"""The small convolutional extractor: a pure function of its weights, trained or random."""

import hashlib
import io
import json
import math
from pathlib import Path

import numpy as np
import tensorflow as tf

from kgen import noise
from kgen.errors import invalid
from kgen.metrics.base import Extractor, in_batches

FEATURES = 64
RANDOM_SHAPE = (32, 32, 3)


class ConvolutionalExtractor(Extractor):
    """Small convolutional network as a pure function of its weights.

    swish(conv3x3), halved while a side exceeds 4, then swish(dense) are the features; a classifier has one
    more dense layer.

    Args:
        name: name of the extractor.
        weights: list of arrays: kernel and bias of each convolution, of the dense layer and, for a
            classifier, of the class layer.
        image_shape: (height, width, channels).
        card: dict of JSON values about the origin of the weights.
        packed: the bytes of the file that holds the weights; made from them unless given.

    Reference: swish, Ramachandran et al. 2017, arXiv 1710.05941.
    """

    def __init__(self, name, weights, image_shape, card=None, packed=None):
        self.weights = [np.asarray(array, "float32") for array in weights]
        self._packed = packed or pack(self.weights)
        super().__init__(name, image_shape, FEATURES, hashlib.sha256(self._packed).hexdigest())
        self.card = dict(card or {})
        has_classes = len(self.weights) > 2 * len(plan(self.image_shape)) + 2
        self.classes = len(self.weights[-1]) if has_classes else 0

    def embed(self, x):
        arrays = [tf.constant(array) for array in self.weights]
        convolutions = len(plan(self.image_shape))
        for kernel, bias in list(zip(arrays[::2], arrays[1::2], strict=True))[:convolutions]:
            x = halve(tf.nn.silu(tf.nn.conv2d(x, kernel, 1, "SAME") + bias))
        kernel, bias = arrays[2 * convolutions : 2 * convolutions + 2]
        return tf.nn.silu(tf.reshape(x, [-1, kernel.shape[0]]) @ kernel + bias)

    def classify(self, images):
        """Class probabilities, inside a graph or not.

        Args:
            images: integers in 0..255 or floats in [0, 1], [batch, H, W] or [batch, H, W, C].

        Returns:
            float32 tensor [batch, classes].

        Raises:
            ValueError: for an extractor without classes.
        """
        if not self.classes:
            raise invalid("extractor", "a classifier", extractor=self.name)
        kernel, bias = self.weights[-2:]
        return tf.nn.softmax(self(images) @ kernel + bias)

    def probabilities(self, images, batch_size=500):
        """Class probabilities of many pictures, a batch at a time.

        Args:
            images: array of pictures.
            batch_size: pictures in memory at once as floats.

        Returns:
            float32 array [number of pictures, classes].

        Raises:
            ValueError: for an extractor without classes.
        """
        return in_batches(self.classify, images, batch_size)

    def accuracy(self, images, labels):
        """Share of pictures whose likeliest class is their label.

        Args:
            images: array of pictures.
            labels: integers [number of pictures].

        Returns:
            float in [0, 1].
        """
        return float(np.mean(self.probabilities(images).argmax(axis=1) == np.asarray(labels)))

    def save(self, path):
        """Writes PATH.npz (the weights) and PATH.json (the card).

        Args:
            path: file name without an ending.
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        card = {"name": self.name, "image_shape": list(self.image_shape), **self.card, "sha256": self.sha256}
        path.with_name(path.name + ".npz").write_bytes(self._packed)
        path.with_name(path.name + ".json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def plan(image_shape):
    """Widths of the convolutions for a picture shape: 16, 32, 64, then 64 while a side exceeds 4.

    Args:
        image_shape: (height, width, channels).

    Returns:
        list of widths.

    Example:

    >>> kgen.metrics.convolutional.plan((64, 64, 3))
    [16, 32, 64, 64]
    """
    halvings = max(math.ceil(math.log2(max(image_shape[:2]) / 4)), 0)
    return [16, 32, 64] + [64] * (halvings - 3)


def halve(x):
    """2 x 2 maximum, only where a side exceeds 4."""
    return tf.nn.max_pool2d(x, 2, 2, "SAME") if max(x.shape[1:3]) > 4 else x


def shapes(image_shape):
    """Shapes of the kernels up to the features, convolutions then the dense one."""
    widths = plan(image_shape)
    sides = image_shape[:2]
    while max(sides) > 4:
        sides = [-(-side // 2) for side in sides]
    depths = [image_shape[2], *widths]
    kernels = [(3, 3, before, after) for before, after in zip(depths[:-1], widths, strict=True)]
    return kernels + [(math.prod(sides) * widths[-1], FEATURES)]


def random_extractor(seed=0):
    """Fixed random convolutional embedding, for pictures without labels.

    Weights are uniform with variance 2 / fan_in and come from integer arithmetic alone, so they are the same
    on every machine. Pictures are resized to 32 x 32 and grey is repeated to colour.

    Args:
        seed: non-negative integer.

    Returns:
        The extractor, named "random" for seed 0 and "random-SEED" else.

    Example:

    >>> kgen.metrics.random_extractor()(np.zeros((2, 64, 64, 3), "uint8")).shape
    TensorShape([2, 64])

    Reference: Naeem et al. 2020, section 4.3, arXiv 2002.09797.
    """
    weights = []
    for layer, shape in enumerate(shapes(RANDOM_SHAPE)):
        unit = noise.uniform(noise.rows(seed, 1, start=layer), shape)[0].numpy()
        weights += [(2 * unit - 1) * np.float32(np.sqrt(6 / np.prod(shape[:-1]))), np.zeros(shape[-1])]
    return ConvolutionalExtractor(f"random-{seed}" if seed else "random", weights, RANDOM_SHAPE)


def pack(weights):
    """Arrays as the bytes of an npz file."""
    buffer = io.BytesIO()
    np.savez(buffer, **{f"w{index:02d}": array for index, array in enumerate(weights)})
    return buffer.getvalue()


def unpack(packed, card):
    """Extractor of the bytes of an npz file, once they agree with the card."""
    found = hashlib.sha256(packed).hexdigest()
    if found != card["sha256"]:
        raise ValueError(
            f"The weights of extractor `{card['name']}` are damaged. Expected SHA-256 {card['sha256']}. "
            f"Received: {found}."
        )
    with np.load(io.BytesIO(packed), allow_pickle=False) as file:
        weights = [file[key] for key in sorted(file.files)]
    return ConvolutionalExtractor(card["name"], weights, card["image_shape"], card, packed)
