"""Metrics that keep the features of the first pictures of each set."""

import keras
import tensorflow as tf

from kgen.errors import invalid
from kgen.metrics.extractors import get_extractor
from kgen.metrics.frechet import kept


class KeptFeatures(keras.Metric):
    """Abstract metric of the features of the first `max_samples` real and generated pictures.

    Memory: 2 max_samples dim float32 (5 MB for 64 features), whatever the number of pictures. The value does
    not depend on the batches, and rows of all replicas are joined. `result` compares all pairs and needs
    dynamic shapes (no XLA): ask for it once, at the end.

    Args:
        extractor: name of `kgen.metrics.get_extractor`, or an extractor.
        name: name of the metric.
        max_samples: pictures of each set that are kept, at least 2; later ones are not looked at.

    Raises:
        ValueError: for `max_samples` below 2 or an unknown extractor.
    """

    def __init__(self, extractor, name, max_samples):
        super().__init__(name=name, dtype="float64")
        if not isinstance(max_samples, int) or max_samples < 2:
            raise invalid("max_samples", "an integer of 2 or more", max_samples=max_samples)
        self.extractor, self.max_samples = get_extractor(extractor), max_samples
        self._real, self._fake = self._rows("real"), self._rows("fake")

    def _rows(self, side):
        """Kept features and which rows hold one; the row past the end takes what is not kept."""
        shape = (self.max_samples + 1, self.extractor.dim)
        return [
            self.add_variable(shape, "zeros", "float32", name=f"{side}_features"),
            self.add_variable(shape[:1], "zeros", "float32", name=f"{side}_filled"),
        ]

    def update_state(self, real, fake, sample_weight=None):
        """Adds pictures, each set integers in 0..255 or floats in [0, 1]; rows of weight 0 are left out."""
        for (features, filled), images in ((self._real, real), (self._fake, fake)):
            new = self.extractor(images)
            rows = self._free_rows(filled, kept(new, sample_weight))
            features.assign(tf.tensor_scatter_nd_update(features.value, rows, new))
            filled.assign(tf.tensor_scatter_nd_update(filled.value, rows, tf.ones_like(new[:, 0])))

    def _free_rows(self, filled, keep):
        """Indices [batch, 1]; replica r of R owns the rows r, r + R, r + 2 R, ..."""
        context = tf.distribute.get_replica_context()
        replica = context.replica_id_in_sync_group if context else 0
        replicas = context.num_replicas_in_sync if context else 1
        used = tf.cast(tf.reduce_sum(filled.value[:-1]), tf.int32)
        rows = (used + tf.cumsum(tf.cast(keep, tf.int32), exclusive=True)) * replicas + replica
        return tf.where(keep & (rows < self.max_samples), rows, self.max_samples)[:, None]

    def features(self):
        """Kept features of real and of generated pictures, float32 [n, dim] each."""
        sides = ([variable.value[:-1] for variable in side] for side in (self._real, self._fake))
        return [tf.boolean_mask(features, filled > 0) for features, filled in sides]

    def get_config(self):
        return {"name": self.name, "extractor": self.extractor.name, "max_samples": self.max_samples}
