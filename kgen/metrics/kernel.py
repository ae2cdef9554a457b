"""Kernel distance between two sets of pictures, streaming."""

import keras
import tensorflow as tf

from kgen.errors import invalid
from kgen.metrics.extractors import get_extractor
from kgen.metrics.frechet import kept

BLOCK = 512


def kernel_distance(x, y):
    """Unbiased squared maximum mean discrepancy under the cubic kernel, with its standard error.

    MMD^2 = mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{i, j} k(x_i, y_j),
    k(x, y) = (x . y / dim + 1)^3. The error is the two-sample jackknife's: each row is left out once.

    Args:
        x: features [m, dim].
        y: features [n, dim].

    Returns:
        Pair of float64 scalar tensors; the value is nan for m or n below 2, the error below 3.

    Example:

    >>> value, error = kgen.metrics.kernel_distance([[1.0], [1.0]], [[0.0], [0.0]])
    >>> float(value)
    7.0

    Reference: Binkowski et al. 2018, section 4, arXiv 1801.01401; jackknife, Arvesen 1969.
    """
    x, y = tf.cast(x, tf.float64), tf.cast(y, tf.float64)
    m, n = (tf.cast(tf.shape(z)[0], tf.float64) for z in (x, y))
    xx, yy = (kernel_sums(z, z) - _kernel(tf.reduce_sum(z * z, 1), z) for z in (x, y))
    xy, yx = kernel_sums(x, y), kernel_sums(y, x)
    within = tf.reduce_sum(xx) / (m * (m - 1)), tf.reduce_sum(yy) / (n * (n - 1))
    cross = tf.reduce_sum(xy)
    value = within[0] + within[1] - 2 * cross / (m * n)
    without_x = (tf.reduce_sum(xx) - 2 * xx) / ((m - 1) * (m - 2)) - 2 * (cross - xy) / ((m - 1) * n)
    without_y = (tf.reduce_sum(yy) - 2 * yy) / ((n - 1) * (n - 2)) - 2 * (cross - yx) / ((n - 1) * m)
    variance = (m - 1) * tf.math.reduce_variance(without_x) + (n - 1) * tf.math.reduce_variance(without_y)
    return value, tf.sqrt(variance)


def kernel_sums(x, y):
    """sum_j k(x_i, y_j) for every i, in blocks of 512 rows.

    Args:
        x: float64 [m, dim].
        y: float64 [n, dim].

    Returns:
        float64 tensor [m].
    """
    rows = tf.shape(x)[0]
    blocks = tf.maximum((rows + BLOCK - 1) // BLOCK, 1)
    padded = tf.pad(x, [[0, blocks * BLOCK - rows], [0, 0]])
    padded = tf.reshape(padded, [blocks, BLOCK, x.shape[1]])

    def block_sums(block):
        return tf.reduce_sum(_kernel(tf.matmul(block, y, transpose_b=True), y), axis=1)

    return tf.reshape(tf.map_fn(block_sums, padded, parallel_iterations=1), [-1])[:rows]


def _kernel(products, features):
    x = products / features.shape[1] + 1
    return x * x * x


@keras.saving.register_keras_serializable("kgen")
class KernelDistance(keras.Metric):
    """Kernel distance (KID) between real and generated pictures in an extractor's features.

    The unbiased MMD^2 of `kgen.metrics.kernel_distance` over the first `max_samples` pictures of each set;
    later ones are not looked at. Its expectation does not depend on N, and it can be negative.

    Memory: 2 max_samples dim float32 (5 MB for 64 features), whatever the number of pictures. The value does
    not depend on the batches, rows of all replicas are joined, and it is nan below two pictures. `result`
    compares all pairs and needs dynamic shapes (no XLA): ask for it once, at the end.

    Args:
        extractor: name of `kgen.metrics.get_extractor`, or an extractor.
        name: name of the metric.
        max_samples: pictures of each set that are kept, at least 2.

    Raises:
        ValueError: for `max_samples` below 2 or an unknown extractor.

    Example:

    >>> metric = kgen.metrics.KernelDistance("kgen-digits-v1")
    >>> digits = np.random.default_rng(0).random((20, 8, 8, 1), "float32")
    >>> metric.update_state(digits[:10], digits[10:])
    >>> bool(abs(metric.result()) < 4 * metric.standard_error())
    True

    Reference: Binkowski et al. 2018, section 4, arXiv 1801.01401.
    """

    _direction = "down"

    def __init__(self, extractor="kgen-mnist-v1", name="kernel_distance", max_samples=10_000):
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

    def result(self):
        """The distance, float64 scalar."""
        return self._distance()[0]

    def standard_error(self):
        """Standard error of the distance, float64 scalar; nan below three pictures."""
        return self._distance()[1]

    def _distance(self):
        sides = ([variable.value[:-1] for variable in side] for side in (self._real, self._fake))
        return kernel_distance(*(tf.boolean_mask(features, filled > 0) for features, filled in sides))

    def get_config(self):
        return {"name": self.name, "extractor": self.extractor.name, "max_samples": self.max_samples}
