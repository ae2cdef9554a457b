"""Whether samples lie where real data lie, and real data where samples do, by nearest neighbours.

Reference: Kynkaanniemi 2019, arXiv 1904.06991; Naeem 2020, arXiv 2002.09797.
"""

import keras
import tensorflow as tf

from kgen.errors import positive_integer
from kgen.metrics.kept import KeptFeatures
from kgen.metrics.pairs import by_blocks, squared_distances


def precision(real, fake, k=3):
    """Share of fake rows that lie in a ball of real.

    mean_j [there is an i with |y_j - x_i| <= r_i], r_i the distance of x_i to its k-th nearest other x.

    Args:
        real: features x [m, dim].
        fake: features y [n, dim].
        k: neighbours that a ball reaches to, 1 or more.

    Returns:
        float64 scalar tensor in [0, 1]; nan for no more than k real rows, or no fake ones.

    Raises:
        ValueError: for a `k` that is no positive integer.

    Example:

    >>> real, fake = [[0.0], [1.0], [3.0]], [[0.5], [0.7], [9.0]]
    >>> round(float(kgen.metrics.precision(real, fake, k=1)), 3)
    0.667

    Reference: Kynkaanniemi 2019, equations 1 and 2, arXiv 1904.06991.
    """
    real, fake, radii = _balls(real, fake, k)
    return _known(radii, fake, tf.reduce_mean(tf.cast(_holding(fake, real, radii) > 0, tf.float64)))


def recall(real, fake, k=3):
    """Share of real rows that lie in a ball of fake: `precision` with the sets exchanged.

    Args:
        real, fake, k: as of `precision`.

    Returns:
        float64 scalar tensor in [0, 1]; nan for no more than k fake rows, or no real ones.

    Raises:
        ValueError: for a `k` that is no positive integer.

    Example:

    >>> real, fake = [[0.0], [1.0], [3.0]], [[0.5], [0.7], [9.0]]
    >>> round(float(kgen.metrics.recall(real, fake, k=1)), 3)
    0.667

    Reference: Kynkaanniemi 2019, equations 1 and 2, arXiv 1904.06991.
    """
    return precision(fake, real, k)


def density(real, fake, k=5):
    """How many balls of real hold a fake row, on average, by k; two sets of one distribution have 1.

    mean_j |{i: |y_j - x_i| <= r_i}| / k, r_i the distance of x_i to its k-th nearest other x.

    Args:
        real: features x [m, dim].
        fake: features y [n, dim].
        k: neighbours that a ball reaches to, 1 or more.

    Returns:
        float64 scalar tensor, 0 or more; nan for no more than k real rows, or no fake ones.

    Raises:
        ValueError: for a `k` that is no positive integer.

    Example:

    >>> real, fake = [[0.0], [1.0], [3.0]], [[0.5], [0.7], [9.0]]
    >>> round(float(kgen.metrics.density(real, fake, k=1)), 3)
    1.333

    Reference: Naeem 2020, equation 3 and lemma 1, arXiv 2002.09797.
    """
    real, fake, radii = _balls(real, fake, k)
    return _known(radii, fake, tf.reduce_mean(_holding(fake, real, radii)) / k)


def coverage(real, fake, k=5):
    """Share of the balls of real that hold a fake row.

    mean_i [there is a j with |y_j - x_i| <= r_i], r_i the distance of x_i to its k-th nearest other x. For two
    sets of one distribution it has the expectation 1 - (m - 1) ... (m - k) / ((m + n - 1) ... (m + n - k)).

    Args:
        real: features x [m, dim].
        fake: features y [n, dim].
        k: neighbours that a ball reaches to, 1 or more.

    Returns:
        float64 scalar tensor in [0, 1]; nan for no more than k real rows, or no fake ones.

    Raises:
        ValueError: for a `k` that is no positive integer.

    Example:

    >>> real, fake = [[0.0], [1.0], [3.0]], [[0.5], [0.7], [9.0]]
    >>> round(float(kgen.metrics.coverage(real, fake, k=1)), 3)
    0.667

    Reference: Naeem 2020, equation 4 and lemma 2, arXiv 2002.09797.
    """
    real, fake, radii = _balls(real, fake, k)
    return _known(radii, fake, tf.reduce_mean(tf.cast(to_neighbour(real, fake, 1) <= radii, tf.float64)))


def _balls(real, fake, k):
    """Both sets in float64, and the squared radii of real's balls; each row is its own nearest."""
    positive_integer("k", k)
    real, fake = tf.cast(real, tf.float64), tf.cast(fake, tf.float64)
    return real, fake, to_neighbour(real, real, k + 1)


def to_neighbour(x, y, k):
    """Squared distance of each x to its k-th nearest y, [m]; infinite where there are fewer."""

    def of_block(block):
        near = tf.pad(squared_distances(block, y), [[0, 0], [0, k]], constant_values=float("inf"))
        return -tf.math.top_k(-near, k).values[:, -1]

    return by_blocks(of_block, x)


def _holding(points, centres, radii):
    """How many balls hold each point, [n]."""

    def of_block(block):
        return tf.reduce_sum(tf.cast(squared_distances(block, centres) <= radii, tf.float64), 1)

    return by_blocks(of_block, points)


def _known(radii, fake, value):
    """The value, or nan where a ball has no end or nothing can lie in it."""
    known = tf.reduce_all(tf.math.is_finite(radii)) & (tf.shape(fake)[0] > 0)
    return tf.where(known, value, tf.constant(float("nan"), tf.float64))


class _OfNeighbours(KeptFeatures):
    """Metric of the balls that reach to each picture's k-th nearest neighbour; `_between` is its function."""

    _direction = "up"

    def __init__(self, extractor, name, max_samples, k):
        super().__init__(extractor, name, max_samples)
        positive_integer("k", k)
        self.k = k

    def result(self):
        """The share, float64 scalar."""
        return self._between(*self.features(), self.k)

    def get_config(self):
        return {**super().get_config(), "k": self.k}


@keras.saving.register_keras_serializable("kgen")
class Precision(_OfNeighbours):
    """Improved precision: how many generated pictures lie among real ones.

    `kgen.metrics.precision` of the first `max_samples` pictures of each set, in an extractor's features. It
    changes with their number: compare at the same N, beside real against other real pictures. Memory and
    batches are those of `kgen.metrics.kept.KeptFeatures`.

    Args:
        extractor: name of `kgen.metrics.get_extractor`, or an extractor.
        name: name of the metric.
        max_samples: pictures of each set that are kept, at least 2.
        k: neighbours that a ball reaches to, 1 or more.

    Raises:
        ValueError: for `max_samples` below 2, a `k` that is no positive integer or an unknown extractor.

    Example:

    >>> metric = kgen.metrics.Precision("kgen-digits-v1")
    >>> digits = np.random.default_rng(0).random((20, 8, 8, 1), "float32")
    >>> metric.update_state(digits, digits)
    >>> float(metric.result())
    1.0

    Reference: Kynkaanniemi 2019, equations 1 and 2, arXiv 1904.06991.
    """

    _between = staticmethod(precision)

    def __init__(self, extractor="kgen-mnist-v1", name="precision", max_samples=10_000, k=3):
        super().__init__(extractor, name, max_samples, k)


@keras.saving.register_keras_serializable("kgen")
class Recall(_OfNeighbours):
    """Improved recall: how many real pictures lie among generated ones.

    `kgen.metrics.recall` of pictures' features, as `Precision` keeps them.

    Args:
        extractor, name, max_samples, k: as of `Precision`, with its errors.

    Example:

    >>> metric = kgen.metrics.Recall("kgen-digits-v1")
    >>> digits = np.random.default_rng(0).random((20, 8, 8, 1), "float32")
    >>> metric.update_state(digits, 0 * digits)
    >>> float(metric.result())
    0.0

    Reference: Kynkaanniemi 2019, equations 1 and 2, arXiv 1904.06991.
    """

    _between = staticmethod(recall)

    def __init__(self, extractor="kgen-mnist-v1", name="recall", max_samples=10_000, k=3):
        super().__init__(extractor, name, max_samples, k)


@keras.saving.register_keras_serializable("kgen")
class Density(_OfNeighbours):
    """Density: how many real pictures a generated one is near to, where 1 is to be expected.

    `kgen.metrics.density` of pictures' features, as `Precision` keeps them.

    Args:
        extractor, name, max_samples, k: as of `Precision`, with its errors.

    Example:

    >>> metric = kgen.metrics.Density("kgen-digits-v1")
    >>> digits = np.random.default_rng(0).random((20, 8, 8, 1), "float32")
    >>> metric.update_state(digits, 0 * digits)
    >>> float(metric.result())
    0.0

    Reference: Naeem 2020, equation 3, arXiv 2002.09797.
    """

    _between = staticmethod(density)

    def __init__(self, extractor="kgen-mnist-v1", name="density", max_samples=10_000, k=5):
        super().__init__(extractor, name, max_samples, k)


@keras.saving.register_keras_serializable("kgen")
class Coverage(_OfNeighbours):
    """Coverage: how many real pictures have a generated one near.

    `kgen.metrics.coverage` of pictures' features, as `Precision` keeps them.

    Args:
        extractor, name, max_samples, k: as of `Precision`, with its errors.

    Example:

    >>> metric = kgen.metrics.Coverage("kgen-digits-v1")
    >>> digits = np.random.default_rng(0).random((20, 8, 8, 1), "float32")
    >>> metric.update_state(digits, digits)
    >>> float(metric.result())
    1.0

    Reference: Naeem 2020, equation 4, arXiv 2002.09797.
    """

    _between = staticmethod(coverage)

    def __init__(self, extractor="kgen-mnist-v1", name="coverage", max_samples=10_000, k=5):
        super().__init__(extractor, name, max_samples, k)
