"""How likely sequences of tokens are: under a known oracle, and real ones under a language model.

Reference: Yu et al. 2017, SeqGAN, arXiv 1609.05473; Jelinek et al. 1977, "Perplexity".
"""

import math
import numbers

import keras
import tensorflow as tf

from kgen.errors import invalid
from kgen.metrics.frechet import kept
from kgen.oracle import Oracle


def oracle_nll(tokens, oracle):
    """Negative log likelihood of generated sequences under an oracle, in nats per token.

    -mean_{n,t} log p(y_nt | y_n,<t), natural logarithm. It rewards collapse: sequences that the oracle finds
    likely may all be the same one. The oracle's own samples have its entropy, and less means less variety:
    look at `self_bleu` and the likelihood of held-out data too.

    Args:
        tokens: integers [n, T].
        oracle: `kgen.oracle.Oracle`.

    Returns:
        float64 scalar tensor, nan for no tokens.

    Raises:
        ValueError: for tokens of another shape, or outside the oracle's vocabulary.

    Example:

    >>> oracle = kgen.oracle.Oracle.random(vocabulary_size=50, seed=1)
    >>> likely = kgen.metrics.oracle_nll(oracle.sample(100, seed=2), oracle)
    >>> bool(likely < kgen.metrics.oracle_nll(np.arange(2000).reshape(100, 20) % 50, oracle))
    True

    Reference: Yu et al. 2017, "Synthetic Data Experiments", arXiv 1609.05473.
    """
    return -tf.reduce_mean(oracle.log_likelihood(tokens, per_token=True))


class _MeanNats(keras.Metric):
    """Abstract mean of nats over tokens, summed in float64; memory: two numbers."""

    _direction = "down"

    def __init__(self, name):
        super().__init__(name=name, dtype="float64")
        self._nats = self.add_variable((), "zeros", "float64", name="nats")
        self._tokens = self.add_variable((), "zeros", "float64", name="tokens")

    def _add(self, nats, weight):
        """Adds nats of tokens and their weights; what has no weight may be nan."""
        weight = tf.broadcast_to(tf.cast(weight, tf.float64), tf.shape(nats))
        nats = tf.where(weight == 0, tf.zeros([], tf.float64), weight * tf.cast(nats, tf.float64))
        self._nats.assign(self._nats + tf.reduce_sum(nats))
        self._tokens.assign(self._tokens + tf.reduce_sum(weight))

    def _mean(self):
        return self._nats.value / self._tokens.value


@keras.saving.register_keras_serializable("kgen")
class OracleNLL(_MeanNats):
    """Negative log likelihood of generated sequences under an oracle, over all batches, in nats per token.

    `kgen.metrics.oracle_nll`, with its warning. Memory: two float64, whatever the number of sequences, and
    what the oracle needs. The value does not depend on the batches, and is summed over replicas.

    Args:
        oracle: `kgen.oracle.Oracle`, or the path of its file.
        name: name of the metric.

    Raises:
        ValueError: for a path without a file of weights.

    Example:

    >>> oracle = kgen.oracle.Oracle.random(vocabulary_size=50, seed=1)
    >>> metric, tokens = kgen.metrics.OracleNLL(oracle), oracle.sample(100, seed=2)
    >>> metric.update_state(None, tokens)
    >>> bool(abs(metric.result() - kgen.metrics.oracle_nll(tokens, oracle)) < 1e-9)
    True

    Reference: Yu et al. 2017, "Synthetic Data Experiments", arXiv 1609.05473.
    """

    def __init__(self, oracle, name="oracle_nll"):
        super().__init__(name)
        self.oracle = oracle if isinstance(oracle, Oracle) else Oracle.load(oracle)

    def update_state(self, real, fake, sample_weight=None):
        """Adds generated sequences [batch, T]; the real ones are not looked at. Weight 0 leaves a row out."""
        fake = tf.convert_to_tensor(fake)
        nats = -self.oracle.log_likelihood(fake, per_token=True)
        self._add(nats, kept(fake, sample_weight)[:, None])

    def result(self):
        """Nats per token, float64 scalar; nan without tokens."""
        return self._mean()

    def get_config(self):
        return {"oracle": keras.saving.serialize_keras_object(self.oracle), "name": self.name}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "oracle": keras.saving.deserialize_keras_object(config["oracle"])})


class _OfLogits(_MeanNats):
    """Abstract metric of -log softmax(logits)_y, averaged over tokens.

    Args:
        name: name of the metric.
        padding: id of the tokens that do not count, or None.
    """

    of_logits = True  # What a language model gives it beside the tokens; others see generated ones.

    def __init__(self, name, padding=None):
        super().__init__(name)
        if isinstance(padding, bool) or not isinstance(padding, (numbers.Integral, type(None))):
            raise invalid("padding", "an integer or None", padding=padding)
        self.padding = None if padding is None else int(padding)

    def update_state(self, y_true, logits, sample_weight=None):
        """Adds tokens [batch, ...] and logits [batch, ..., V]; weights [batch] or of each token."""
        tokens = tf.cast(y_true, tf.int32)
        weight = tf.cast(tf.ones_like(tokens) if sample_weight is None else sample_weight, tf.float64)
        for _ in range(tokens.shape.rank - weight.shape.rank):
            weight = weight[..., None]
        if self.padding is not None:
            weight *= tf.cast(tokens != self.padding, tf.float64)
        self._add(_nats(tokens, logits, weight), weight)

    def get_config(self):
        return {"name": self.name, "padding": self.padding}


def _nats(tokens, logits, weight):
    """-log softmax(logits)_y of tokens that have a weight; others, which may be no classes, as of class 0."""
    tokens = tf.where(weight == 0, 0, tokens)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(tokens, tf.cast(logits, tf.float32))


@keras.saving.register_keras_serializable("kgen")
class NegativeLogLikelihood(_OfLogits):
    """Negative log likelihood of real text under a language model, in nats per token, over all batches.

    sum_i w_i (-log softmax(logits_i)_{y_i}) / sum_i w_i, where w_i = 0 for padding.

    Memory: two float64, whatever the number of tokens. The value does not depend on the batches, and is
    summed over replicas.

    Args:
        name: name of the metric.
        padding: id of the tokens that do not count, or None where all do.

    Raises:
        ValueError: for a `padding` that is no integer.

    Example:

    >>> metric = kgen.metrics.NegativeLogLikelihood(padding=0)
    >>> metric.update_state([[1, 2, 0]], np.log([[[0.25, 0.5, 0.25]] * 3]))
    >>> round(float(metric.result() / np.log(2)), 5)
    1.5

    Reference: Bengio et al. 2003, "A neural probabilistic language model", section 2.
    """

    def __init__(self, name="negative_log_likelihood", padding=None):
        super().__init__(name, padding)

    def result(self):
        """Nats per token, float64 scalar; nan without tokens."""
        return self._mean()


@keras.saving.register_keras_serializable("kgen")
class Perplexity(_OfLogits):
    """Perplexity of a language model: among how many tokens, equally likely, it is as uncertain.

    exp(nats per token), the nats as of `NegativeLogLikelihood`: of all tokens, not a mean over batches.

    Args:
        name, padding: as of `NegativeLogLikelihood`, with its errors.

    Example:

    >>> metric = kgen.metrics.Perplexity()
    >>> metric.update_state([[1, 2, 0]], np.zeros((1, 3, 65)))
    >>> round(float(metric.result()), 3)
    65.0

    Reference: Jelinek et al. 1977, "Perplexity: a measure of the difficulty of speech recognition tasks".
    """

    def __init__(self, name="perplexity", padding=None):
        super().__init__(name, padding)

    def result(self):
        """The perplexity, float64 scalar, at least 1; nan without tokens."""
        return tf.exp(self._mean())


@keras.saving.register_keras_serializable("kgen")
class BitsPerCharacter(_OfLogits):
    """Bits that a language model needs for a character, where each token is one.

    nats per token / ln 2, the nats as of `NegativeLogLikelihood`.

    Args:
        name, padding: as of `NegativeLogLikelihood`, with its errors.

    Example:

    >>> metric = kgen.metrics.BitsPerCharacter()
    >>> metric.update_state([[1, 2, 0]], np.zeros((1, 3, 64)))
    >>> round(float(metric.result()), 5)
    6.0

    Reference: Graves 2013, section 3, arXiv 1308.0850.
    """

    def __init__(self, name="bits_per_character", padding=None):
        super().__init__(name, padding)

    def result(self):
        """Bits, float64 scalar; nan without tokens."""
        return self._mean() / math.log(2)
