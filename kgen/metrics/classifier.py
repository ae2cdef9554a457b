"""The classifier behind an extractor, trained on labelled pictures."""

import hashlib

import keras
import numpy as np

from kgen.errors import invalid
from kgen.metrics.convolutional import FEATURES, ConvolutionalExtractor, pack, plan
from kgen.metrics.extractors import known
from kgen.metrics.preprocessing import in_range, prepare

BATCH = 128
EPSILON = 1e-3


def train_classifier(images, labels, epochs=8, seed=0, shift=None, name=None, verbose=0):
    """Trains a small classifier whose penultimate layer serves as features.

    Convolutions of 16, 32, 64 with batch normalisation and swish, 64 features, Adam under a cosine from 2e-3,
    pictures shifted at random. The normalisation is folded into the weights afterwards.

    Args:
        images: integers in 0..255 or floats in [0, 1], [N, H, W] or [N, H, W, C].
        labels: integers in 0..classes - 1, [N].
        epochs: passes over the data.
        seed: integer; the initial weights, order and shifts are functions of it.
        shift: largest shift in pixels, 0 for none; a fourteenth of the smaller side unless given.
        name: name of the extractor; "classifier-" and eight digits of its SHA-256 unless given.
        verbose: Keras's progress: 0 silent, 1 bar, 2 a line per epoch.

    Returns:
        An extractor with `probabilities`, `accuracy` and `save`.

    Raises:
        ValueError: for counts that differ, labels that are no integers from 0, or a single class.

    Example:

    >>> x = np.zeros((64, 8, 8), "uint8")
    >>> x[::2] = 255
    >>> kgen.metrics.train_classifier(x, np.arange(64) % 2, epochs=1).dim
    64

    Reference: Ioffe & Szegedy 2015 (batch normalisation), arXiv 1502.03167.
    """
    images, labels = _check(in_range("images", images), np.asarray(labels))
    shift = -(-min(images.shape[1:3]) // 14) if shift is None else shift
    model = _network(images.shape[1:], int(labels.max()) + 1, seed)
    schedule = keras.optimizers.schedules.CosineDecay(2e-3, epochs * _steps(images))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(schedule), loss, metrics=["accuracy"])
    batches = _batches(images, labels, epochs, seed, shift)
    model.fit(batches, epochs=epochs, steps_per_epoch=_steps(images), shuffle=False, verbose=verbose)
    weights = _folded(model)
    name = name or "classifier-" + hashlib.sha256(pack(weights)).hexdigest()[:8]
    card = {"seed": seed, "epochs": epochs, "shift": shift}
    return known(ConvolutionalExtractor(name, weights, images.shape[1:], card))


def _check(images, labels):
    images = images[..., None] if images.ndim == 3 else images
    if images.ndim != 4 or labels.shape != images.shape[:1]:
        shapes = {"images": images.shape, "labels": labels.shape}
        raise invalid("labels", "one integer per picture", **shapes)
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() < 1:
        found = f"{labels.dtype} from {labels.min()} to {labels.max()}"
        raise invalid("labels", "integers from 0, of two classes or more", labels=found)
    return images, labels


def _network(image_shape, classes, seed):
    """[batch, *image_shape] -> logits [batch, classes]."""
    seeds = iter(range(1000 * seed, 1000 * seed + 100))
    x = inputs = keras.Input(image_shape)
    for width in plan(image_shape):
        kernel = keras.initializers.HeNormal(next(seeds))
        x = keras.layers.Conv2D(width, 3, padding="same", use_bias=False, kernel_initializer=kernel)(x)
        x = keras.layers.Activation("silu")(_normalization()(x))
        x = keras.layers.MaxPooling2D(padding="same")(x) if max(x.shape[1:3]) > 4 else x
    kernel = keras.initializers.HeNormal(next(seeds))
    x = keras.layers.Dense(FEATURES, use_bias=False, kernel_initializer=kernel)(keras.layers.Flatten()(x))
    x = keras.layers.Activation("silu")(_normalization()(x))
    head = keras.layers.Dense(classes, kernel_initializer=keras.initializers.GlorotUniform(next(seeds)))
    return keras.Model(inputs, head(x))


def _normalization():
    """Batch normalisation whose averages settle within the few steps of a small data set."""
    return keras.layers.BatchNormalization(momentum=0.9, epsilon=EPSILON)


def _folded(model):
    """Weights of the network with each normalisation folded into the kernel before it."""
    weights, kernel = [], None
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            scale = gamma / np.sqrt(variance + EPSILON)
            weights += [kernel * scale, beta - mean * scale]
        elif layer.weights:
            kernel, *bias = layer.get_weights()
    return weights + [kernel, *bias]


def _batches(images, labels, epochs, seed, shift):
    """Shuffled batches of shifted pictures of so many epochs; a function of the seed."""
    generator = np.random.default_rng(seed)
    padded = np.pad(images, ((0, 0), (shift, shift), (shift, shift), (0, 0)))
    height, width = (np.arange(side) for side in images.shape[1:3])
    for _ in range(epochs):
        order = generator.permutation(len(images))
        for index in np.split(order, range(BATCH, len(order), BATCH))[: _steps(images)]:
            top, left = generator.integers(0, 2 * shift + 1, (2, len(index), 1))
            corner = (top + height)[:, :, None], (left + width)[:, None, :]
            yield prepare(padded[(index[:, None, None], *corner)], images.shape[1:]), labels[index]


def _steps(images):
    return max(len(images) // BATCH, 1)
