"""What every feature extractor is."""

import abc

import numpy as np
import tensorflow as tf

from kgen.metrics.preprocessing import prepare


class Extractor(abc.ABC):
    """Pictures to features; a name stands for it in a metric's config.

    Args:
        name: the name by which `get_extractor` finds it.
        image_shape: (height, width, channels) it reads; other pictures are brought there by
            `kgen.metrics.preprocessing.prepare`.
        dim: width of the features.
        sha256: SHA-256 of the weights.

    Example:

    >>> class MeanColour(kgen.metrics.Extractor):
    ...     def embed(self, x):
    ...         return tf.reduce_mean(x, axis=[1, 2])
    >>> MeanColour("mean-colour", (8, 8, 3), dim=3, sha256="")(np.full([2, 16, 16, 3], 255)).numpy().tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """

    why = "published FID and KID are measured in an Inception network, not in this one"

    def __init__(self, name, image_shape, dim, sha256):
        self.name, self.image_shape, self.dim, self.sha256 = name, tuple(image_shape), dim, sha256

    @abc.abstractmethod
    def embed(self, x):
        """Features float32 [batch, dim] of prepared pictures [batch, *image_shape]."""

    def __call__(self, images):
        """Features of pictures, inside a graph or not.

        Args:
            images: integers in 0..255 or floats in [0, 1], [batch, H, W] or [batch, H, W, C].

        Returns:
            float32 tensor [batch, dim].
        """
        x = prepare(images, self.image_shape)
        # oneDNN's convolution gives an empty batch a wrong shape; a replica's last batch can be empty.
        return self.embed(tf.pad(x, [[0, 1], [0, 0], [0, 0], [0, 0]]))[:-1]

    def features(self, images, batch_size=500):
        """Features of many pictures, a batch at a time.

        Args:
            images: array of pictures as for a call.
            batch_size: pictures in memory at once as floats.

        Returns:
            float32 array [number of pictures, dim].
        """
        return in_batches(self, images, batch_size)

    def describe(self):
        """What a report says about it: name, sha256, dim, image_shape, comparable, why."""
        return {
            "name": self.name,
            "sha256": self.sha256,
            "dim": self.dim,
            "image_shape": list(self.image_shape),
            "comparable": False,
            "why": self.why,
        }


def in_batches(function, images, batch_size):
    """Array of a function's rows, computed a batch of pictures at a time."""
    starts = range(0, len(images), batch_size)
    return np.concatenate([function(np.asarray(images[i : i + batch_size])).numpy() for i in starts])
