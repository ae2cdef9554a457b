"""Frechet distance between two sets of pictures, streaming."""

import keras
import tensorflow as tf

from kgen.metrics.extractors import get_extractor


def moments(count, total, outer):
    """Mean and unbiased covariance of sums.

    mu = total / N; S = (outer - N mu mu^T) / (N - 1)

    Args:
        count: number of rows N, float64 scalar.
        total: sum of the rows, float64 [dim].
        outer: sum of the rows' outer products, float64 [dim, dim].

    Returns:
        Pair of float64 tensors [dim] and [dim, dim], not finite for N < 2.

    Example:

    >>> mean, covariance = kgen.metrics.frechet.moments(*kgen.metrics.frechet.sums([[1.0], [3.0]]))
    >>> covariance.numpy().tolist()
    [[2.0]]
    """
    mean = total / count
    return mean, (outer - count * mean[:, None] * mean) / (count - 1)


def frechet_distance(mean, covariance, other_mean, other_covariance):
    """Squared Frechet distance of two normal distributions.

    |mu1 - mu2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2)

    Args:
        mean: [dim].
        covariance: symmetric, non-negative [dim, dim].
        other_mean: [dim].
        other_covariance: symmetric, non-negative [dim, dim].

    Returns:
        float64 scalar tensor, nan where an argument is not finite.

    Example:

    >>> float(kgen.metrics.frechet_distance([0.0], [[1.0]], [3.0], [[4.0]]))
    10.0

    Reference: Dowson & Landau 1982; Heusel et al. 2017, equation 6, arXiv 1706.08500.
    """
    mean, other_mean, first, second = (
        tf.cast(x, tf.float64) for x in (mean, other_mean, covariance, other_covariance)
    )
    finite = tf.reduce_all(tf.math.is_finite(first)) & tf.reduce_all(tf.math.is_finite(second))
    first, second = (tf.where(finite, x, tf.zeros_like(x)) for x in (first, second))
    values, vectors = tf.linalg.eigh(first)
    root = vectors * _root(values) @ tf.transpose(vectors)
    trace_of_root = tf.reduce_sum(_root(tf.linalg.eigvalsh(root @ second @ root)))
    traces = tf.linalg.trace(first) + tf.linalg.trace(second)
    distance = tf.reduce_sum((mean - other_mean) ** 2) + traces - 2 * trace_of_root
    return tf.where(finite, distance, tf.constant(float("nan"), tf.float64))


def _root(values):
    """Square root of eigenvalues; those within rounding of zero are zero."""
    rounding = 2.0**-52 * values.shape[0] * tf.reduce_max(tf.abs(values))
    return tf.sqrt(tf.where(values > rounding, values, 0.0))


def sums(features, sample_weight=None):
    """Count, sum and sum of outer products of the rows of non-zero weight.

    Args:
        features: [batch, dim].
        sample_weight: [batch] or None.

    Returns:
        float64 tensors: scalar, [dim], [dim, dim].
    """
    features = tf.cast(features, tf.float64)
    keep = kept(features, sample_weight)
    features = tf.where(keep[:, None], features, 0.0)
    count = tf.reduce_sum(tf.cast(keep, tf.float64))
    return count, tf.reduce_sum(features, 0), tf.matmul(features, features, transpose_a=True)


def kept(features, sample_weight):
    """Which rows count, bool [batch]: those of non-zero weight."""
    if sample_weight is None:
        return tf.ones(tf.shape(features)[:1], tf.bool)
    return tf.reshape(tf.convert_to_tensor(sample_weight), [-1]) != 0


@keras.saving.register_keras_serializable("kgen")
class FrechetDistance(keras.Metric):
    """Frechet distance between real and generated pictures in an extractor's features.

    |mu1 - mu2|^2 + tr(S1 + S2 - 2 (S1 S2)^1/2), with unbiased covariances S. Biased upwards in 1/N: compare
    at the same N, beside the real-against-real floor of `kgen.metrics.evaluate`.

    Memory: count, sum and sum of outer products of real and of fake, 2 (1 + dim + dim^2) float64, whatever
    the number of pictures (66 kB for 64 features). The value does not depend on the batches, is summed over
    replicas, and is nan below two pictures. `result` costs eigenvalues: ask for it once, at the end.

    Args:
        extractor: name of `kgen.metrics.get_extractor`, or an extractor.
        name: name of the metric.

    Example:

    >>> metric = kgen.metrics.FrechetDistance("kgen-digits-v1")
    >>> digits = np.random.default_rng(0).random((20, 8, 8, 1), "float32")
    >>> metric.update_state(digits, digits)
    >>> round(abs(float(metric.result())), 6)
    0.0

    Reference: Heusel et al. 2017, equation 6, arXiv 1706.08500.
    """

    _direction = "down"

    def __init__(self, extractor="kgen-mnist-v1", name="frechet_distance"):
        super().__init__(name=name, dtype="float64")
        self.extractor = get_extractor(extractor)
        self._real, self._fake = self._sums("real"), self._sums("fake")

    def _sums(self, side):
        dim = self.extractor.dim
        shapes = {"count": (), "sum": (dim,), "outer": (dim, dim)}.items()
        return [self.add_variable(shape, "zeros", "float64", name=f"{side}_{key}") for key, shape in shapes]

    def update_state(self, real, fake, sample_weight=None):
        """Adds pictures, each set integers in 0..255 or floats in [0, 1]; rows of weight 0 are left out."""
        for variables, images in ((self._real, real), (self._fake, fake)):
            for variable, value in zip(variables, sums(self.extractor(images), sample_weight), strict=True):
                variable.assign(variable + value)

    def result(self):
        """The distance, float64 scalar."""
        real, fake = (moments(*(variable.value for variable in side)) for side in (self._real, self._fake))
        return frechet_distance(*real, *fake)

    def get_config(self):
        return {"name": self.name, "extractor": self.extractor.name}
