"""Metrics that keep the first pictures of each set, or their features."""

import keras
import tensorflow as tf

from kgen.errors import invalid, positive_integer
from kgen.metrics.extractors import get_extractor
from kgen.metrics.frechet import kept
from kgen.metrics.preprocessing import prepare


class KeptRows(keras.Metric):
    """Abstract metric of the first `max_samples` pictures of each set, a row of numbers for each.

    A picture's row is its number among those of non-zero weight, over all batches and replicas, so that the
    value depends on neither. A subclass says in `_numbers` what is kept of a batch of pictures.

    Args:
        row_shape: shape of one picture's numbers.
        name: name of the metric.
        max_samples: pictures of each set that are kept, at least 2; later ones are not looked at.
        sides: the sets that are kept.

    Raises:
        ValueError: for `max_samples` below 2.
    """

    def __init__(self, row_shape, name, max_samples, sides=("real", "fake")):
        super().__init__(name=name, dtype="float64")
        if not isinstance(max_samples, int) or max_samples < 2:
            raise invalid("max_samples", "an integer of 2 or more", max_samples=max_samples)
        self.max_samples = max_samples
        self._sides = {side: self._buffer(side, row_shape) for side in sides}

    def _buffer(self, side, row_shape):
        """Kept rows and how many there were; the row past the end takes what is not kept."""
        return [
            self.add_variable((self.max_samples + 1, *row_shape), "zeros", "float32", name=f"{side}_rows"),
            self.add_variable((), "zeros", "float64", name=f"{side}_count"),
        ]

    def _numbers(self, images):
        """What is kept of pictures: float32 [batch, *row_shape]."""
        raise NotImplementedError

    def update_state(self, real, fake, sample_weight=None):
        """Adds pictures, each set integers in 0..255 or floats in [0, 1]; rows of weight 0 are left out."""
        images = {"real": real, "fake": fake}
        for side, (rows, count) in self._sides.items():
            new = self._numbers(images[side])
            keep = tf.cast(kept(new, sample_weight), tf.int32)
            number = _earlier(count, keep) + tf.cumsum(keep, exclusive=True)
            index = tf.where((keep > 0) & (number < self.max_samples), number, self.max_samples)
            rows.assign(tf.tensor_scatter_nd_update(rows.value, index[:, None], new))
            count.assign(count + tf.cast(tf.reduce_sum(keep), tf.float64))

    def kept_rows(self):
        """Kept rows of each set, float32 [n, *row_shape], in the order of the pictures."""
        sizes = [
            tf.minimum(tf.cast(count.value, tf.int32), self.max_samples) for _, count in self._sides.values()
        ]
        return [rows.value[:size] for (rows, _), size in zip(self._sides.values(), sizes, strict=True)]


def _earlier(count, keep):
    """How many pictures come before the first of this batch, on all replicas."""
    context = tf.distribute.get_replica_context()
    counts = tf.stack([tf.cast(count.value, tf.int32), tf.reduce_sum(keep)])[None]
    counts = context.all_gather(counts, axis=0) if context else counts  # [replicas, 2]
    replica = context.replica_id_in_sync_group if context else 0
    return tf.reduce_sum(counts[:, 0]) + tf.reduce_sum(counts[:replica, 1])


class KeptFeatures(KeptRows):
    """Abstract metric of the features of the first `max_samples` real and generated pictures.

    Memory: 2 max_samples dim float32 (5 MB for 64 features), whatever the number of pictures. The value does
    not depend on the batches or on the number of replicas. `result` compares all pairs and needs dynamic
    shapes (no XLA): ask for it once, at the end.

    Args:
        extractor: name of `kgen.metrics.get_extractor`, or an extractor.
        name: name of the metric.
        max_samples: pictures of each set that are kept, at least 2; later ones are not looked at.

    Raises:
        ValueError: for `max_samples` below 2 or an unknown extractor.
    """

    def __init__(self, extractor, name, max_samples):
        self.extractor = get_extractor(extractor)
        super().__init__((self.extractor.dim,), name, max_samples)

    def _numbers(self, images):
        return self.extractor(images)

    def features(self):
        """Kept features of real and of generated pictures, float32 [n, dim] each."""
        return self.kept_rows()

    def get_config(self):
        return {"name": self.name, "extractor": self.extractor.name, "max_samples": self.max_samples}


class KeptPictures(KeptRows):
    """Abstract metric of the first `max_samples` pictures themselves.

    Memory: max_samples H W C float32 for each set, and as much again during an update.

    Args:
        image_shape: (height, width, channels); other pictures are brought there as for an extractor.
        name, max_samples, sides: as of `KeptRows`.

    Raises:
        ValueError: for `max_samples` below 2 or an `image_shape` that is no three positive integers.
    """

    def __init__(self, image_shape, name, max_samples, sides=("real", "fake")):
        if not isinstance(image_shape, (list, tuple)) or len(image_shape) != 3:
            raise invalid("image_shape", "(height, width, channels)", image_shape=image_shape)
        for side in image_shape:
            positive_integer("image_shape", side)
        self.image_shape = tuple(image_shape)
        super().__init__(self.image_shape, name, max_samples, sides)

    def _numbers(self, images):
        return prepare(images, self.image_shape)

    def get_config(self):
        return {"image_shape": list(self.image_shape), "name": self.name, "max_samples": self.max_samples}
