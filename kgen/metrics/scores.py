"""How sure a classifier is of each generated picture, and how its answers spread over the classes."""

import keras
import tensorflow as tf

from kgen.errors import invalid
from kgen.metrics.extractors import get_extractor
from kgen.metrics.frechet import kept


def classifier_score(probabilities):
    """Exponential of the mean divergence of each picture's classes from the mean of all.

    exp(mean_x KL(p(y | x) || p(y))), with p(y) = mean_x p(y | x)

    Args:
        probabilities: p(y | x), rows that sum to 1, [n, classes].

    Returns:
        float64 scalar tensor from 1 to the number of classes; nan without rows.

    Example:

    >>> round(float(kgen.metrics.classifier_score([[1.0, 0.0], [0.0, 1.0]])), 6)
    2.0

    Reference: Salimans 2016, section 4, arXiv 1606.03498.
    """
    return score_of_sums(*score_sums(probabilities))


def score_sums(probabilities, sample_weight=None):
    """What the score needs of a batch: count, sum of p log p, and sum of p, of the rows of non-zero weight.

    Args:
        probabilities: [batch, classes].
        sample_weight: [batch] or None.

    Returns:
        float64 tensors: scalar, scalar, [classes].
    """
    p = tf.cast(probabilities, tf.float64)
    keep = kept(p, sample_weight)
    p = tf.where(keep[:, None], p, 0.0)
    return tf.reduce_sum(tf.cast(keep, tf.float64)), tf.reduce_sum(tf.math.xlogy(p, p)), tf.reduce_sum(p, 0)


def score_of_sums(count, negentropy, total):
    """The score of sums over all pictures.

    exp(sum_x sum_y p log p / N - sum_y q log q), with q = sum_x p / N

    Args:
        count: number of pictures N, float64 scalar.
        negentropy: sum of p log p, float64 scalar.
        total: sum of p, float64 [classes].

    Returns:
        float64 scalar tensor, nan for N = 0.
    """
    marginal = total / count
    return tf.exp(negentropy / count - tf.reduce_sum(tf.math.xlogy(marginal, marginal)))


@keras.saving.register_keras_serializable("kgen")
class ClassifierScore(keras.Metric):
    """Score of generated pictures by a classifier: sure of each, and of all classes.

    exp(mean_x KL(p(y | x) || p(y))), from 1 to the number of classes. With the published Inception network it
    is the Inception score, with any other it does not compare with that. It sees neither real pictures nor
    variety within a class, and saturates: one well-made picture per class has all of it. A classifier trained
    on the same few pictures is sure of everything.

    There are no splits: the published score is the mean of 10 splits, each biased downwards by its smaller N.

    Memory: count, sum of p log p and sum of p, 2 + classes float64. The value does not depend on the batches,
    is summed over replicas, and is nan without pictures.

    Args:
        extractor: name of `kgen.metrics.get_extractor`, or an extractor, with `classes` and `classify`.
        name: name of the metric.

    Raises:
        ValueError: for an unknown extractor, or one without classes.

    Example:

    >>> metric = kgen.metrics.ClassifierScore("kgen-digits-v1")
    >>> metric.update_state(None, np.zeros((5, 8, 8, 1), "uint8"))
    >>> round(float(metric.result()), 6)
    1.0

    Reference: Salimans 2016, section 4, arXiv 1606.03498; Barratt & Sharma 2018, arXiv 1801.01973.
    """

    _direction = "up"

    def __init__(self, extractor="kgen-mnist-v1", name="classifier_score"):
        super().__init__(name=name, dtype="float64")
        self.extractor = get_extractor(extractor)
        classes = getattr(self.extractor, "classes", 0)
        if not classes:
            raise invalid("extractor", "a classifier", extractor=self.extractor.name)
        shapes = {"count": (), "negentropy": (), "total": (classes,)}.items()
        self._sums = [self.add_variable(shape, "zeros", "float64", name=key) for key, shape in shapes]

    def update_state(self, real, fake, sample_weight=None):
        """Adds generated pictures, integers in 0..255 or floats in [0, 1]; rows of weight 0 are left out."""
        for variable, value in zip(
            self._sums, score_sums(self.extractor.classify(fake), sample_weight), strict=True
        ):
            variable.assign(variable + value)

    def result(self):
        """The score, float64 scalar."""
        return score_of_sums(*(variable.value for variable in self._sums))

    def get_config(self):
        return {"name": self.name, "extractor": self.extractor.name}
