"""Kernel distance between two sets of pictures, streaming."""

import keras
import tensorflow as tf

from kgen.metrics.kept import KeptFeatures
from kgen.metrics.pairs import by_blocks


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
    """sum_j k(x_i, y_j) for every i.

    Args:
        x: float64 [m, dim].
        y: float64 [n, dim].

    Returns:
        float64 tensor [m].
    """
    return by_blocks(lambda block: tf.reduce_sum(_kernel(tf.matmul(block, y, transpose_b=True), y), 1), x)


def _kernel(products, features):
    x = products / features.shape[1] + 1
    return x * x * x


@keras.saving.register_keras_serializable("kgen")
class KernelDistance(KeptFeatures):
    """Kernel distance (KID) between real and generated pictures in an extractor's features.

    The unbiased MMD^2 of `kgen.metrics.kernel_distance` over the first `max_samples` pictures of each set;
    later ones are not looked at. Its expectation does not depend on N, and it can be negative.

    Memory and batches are those of `kgen.metrics.kept.KeptFeatures`; it is nan below two pictures.

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
        super().__init__(extractor, name, max_samples)

    def result(self):
        """The distance, float64 scalar."""
        return kernel_distance(*self.features())[0]

    def standard_error(self):
        """Standard error of the distance, float64 scalar; nan below three pictures."""
        return kernel_distance(*self.features())[1]
