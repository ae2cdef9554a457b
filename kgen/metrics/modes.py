"""Which modes of a known mixture a generator covers, and how closely.

Reference: Srivastava et al. 2017, VEEGAN, arXiv 1705.07761; Lin et al. 2018, PacGAN, arXiv 1712.04086.
"""

import keras
import numpy as np
import tensorflow as tf

from kgen.errors import invalid, number_in
from kgen.metrics.frechet import kept

RADIUS = 3  # Standard deviations within which a sample is of high quality.


def mode_coverage(samples, centres, sd):
    """Modes covered, share of high-quality samples and reverse KL of samples against a mixture.

    A sample is of high quality if |x - c_k| < 3 sd for its nearest centre c_k, and a mode is covered by one
    such sample. reverse_kl = sum_k q_k log(K q_k) in nats, where q_k is the share of mode k among the
    high-quality samples. Samples of the mixture itself have an expected share of 1 - exp(-9 / 2) = 0.989 in
    the plane. PacGAN's tables take 2,500 samples.

    Args:
        samples: [n, dim]; one that is not finite is of low quality.
        centres: of the K modes, [K, dim].
        sd: standard deviation of a mode in every direction, positive.

    Returns:
        dict of JSON values: modes_covered (integer), high_quality_share (in [0, 1]) and reverse_kl (in
        [0, log K], None without a high-quality sample).

    Raises:
        ValueError: for no samples, or shapes that do not belong together.

    Example:

    >>> kgen.metrics.mode_coverage([[0.1, 0.0], [0.0, 0.2], [5.0, 5.0]], [[0.0, 0.0], [1.0, 1.0]], sd=0.1)
    {'modes_covered': 1, 'high_quality_share': 0.6666666666666666, 'reverse_kl': 0.6931471805599453}

    Reference: Lin et al. 2018, section 4.1, arXiv 1712.04086.
    """
    centres, sd = _checked(centres, sd)
    samples = np.asarray(samples)
    if samples.ndim != 2 or samples.shape[1] != centres.shape[1] or not len(samples):
        raise invalid("samples", f"at least one row, shape [n, {centres.shape[1]}]", shape=samples.shape)
    counts = mode_counts(samples, centres, sd).numpy()
    shares = counts[counts > 0] / max(counts.sum(), 1)
    divergence = float(np.sum(shares * np.log(len(counts) * shares)))
    return {
        "modes_covered": len(shares),
        "high_quality_share": float(counts.sum() / len(samples)),
        "reverse_kl": divergence if len(shares) else None,
    }


def mode_counts(samples, centres, sd, sample_weight=None):
    """Number of high-quality samples of each mode.

    n_k = #{x : |x - c_k| = min_j |x - c_j| < 3 sd}

    Args:
        samples: [n, dim].
        centres: [K, dim].
        sd: standard deviation of a mode.
        sample_weight: [n] or None; rows of weight 0 are left out.

    Returns:
        float64 tensor [K].

    Example:

    >>> kgen.metrics.modes.mode_counts([[0.0], [0.2], [0.9]], [[0.0], [1.0]], sd=0.1).numpy()
    array([2., 1.])
    """
    samples, centres = tf.cast(samples, tf.float64), tf.cast(centres, tf.float64)
    distances = tf.norm(samples[:, None] - centres, axis=-1) / sd  # [n, K]
    good = (tf.reduce_min(distances, axis=1) < RADIUS) & kept(samples, sample_weight)
    modes = tf.one_hot(tf.argmin(distances, axis=1), tf.shape(centres)[0], dtype=tf.float64)
    return tf.reduce_sum(tf.where(good[:, None], modes, 0.0), axis=0)


def _checked(centres, sd):
    """Centres as float64 [K, dim] and sd as a float."""
    centres = np.asarray(centres, "float64")
    if centres.ndim != 2 or not centres.size or not np.isfinite(centres).all():
        raise invalid("centres", "finite numbers [modes, dim]", shape=centres.shape)
    number_in("sd", sd, np.finfo("float32").tiny, float("inf"))
    return centres, float(sd)


class _OfModes(keras.Metric):
    """Counts of generated samples: of high quality by mode, and all."""

    _direction = "up"

    def __init__(self, centres, sd, name):
        super().__init__(name=name, dtype="float64")
        self.centres, self.sd = _checked(centres, sd)
        self._counts = self.add_variable((len(self.centres),), "zeros", "float64", name="counts")
        self._total = self.add_variable((), "zeros", "float64", name="total")

    def update_state(self, real, fake, sample_weight=None):
        """Adds generated samples [batch, dim]; the real ones are not looked at, the centres are known."""
        self._counts.assign(self._counts + mode_counts(fake, self.centres, self.sd, sample_weight))
        kept_rows = tf.cast(kept(tf.convert_to_tensor(fake), sample_weight), tf.float64)
        self._total.assign(self._total + tf.reduce_sum(kept_rows))

    def get_config(self):
        return {"centres": self.centres.tolist(), "sd": self.sd, "name": self.name}


@keras.saving.register_keras_serializable("kgen")
class ModesCovered(_OfModes):
    """Number of a mixture's modes with at least one high-quality generated sample, over all batches.

    sum_k [n_k > 0], see `kgen.metrics.mode_coverage`; it grows with the number of samples.

    Args:
        centres: of the modes, [K, dim].
        sd: standard deviation of a mode, positive.
        name: name of the metric.

    Raises:
        ValueError: for other shapes, or an sd that is not positive.

    Example:

    >>> metric = kgen.metrics.ModesCovered(*kgen.datasets.mixture("ring"))
    >>> metric.update_state(None, [[1.0, 0.01], [-1.0, 0.0], [0.0, 0.0]])
    >>> float(metric.result())
    2.0

    Reference: Lin et al. 2018, section 4.1, arXiv 1712.04086.
    """

    def __init__(self, centres, sd, name="modes_covered"):
        super().__init__(centres, sd, name)

    def result(self):
        """The number, float64 scalar."""
        return tf.reduce_sum(tf.cast(self._counts.value > 0, tf.float64))


@keras.saving.register_keras_serializable("kgen")
class HighQualityShare(_OfModes):
    """Share of generated samples within 3 sd of the nearest mode of a mixture, over all batches.

    sum_k n_k / n, see `kgen.metrics.mode_coverage`: 0.989 for the mixture itself in the plane, nan without
    samples.

    Args:
        centres: of the modes, [K, dim].
        sd: standard deviation of a mode, positive.
        name: name of the metric.

    Raises:
        ValueError: for other shapes, or an sd that is not positive.

    Example:

    >>> metric = kgen.metrics.HighQualityShare(*kgen.datasets.mixture("ring"))
    >>> metric.update_state(None, [[1.0, 0.01], [-1.0, 0.0], [0.0, 0.0], [0.0, 0.9]])
    >>> float(metric.result())
    0.5

    Reference: Lin et al. 2018, section 4.1, arXiv 1712.04086.
    """

    def __init__(self, centres, sd, name="high_quality_share"):
        super().__init__(centres, sd, name)

    def result(self):
        """The share, float64 scalar."""
        return tf.reduce_sum(self._counts.value) / self._total.value
