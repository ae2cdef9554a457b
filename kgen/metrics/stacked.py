"""Which of the K^3 modes of stacked pictures a generator covers, as a classifier of the grey ones sees it.

Reference: Metz et al. 2017, Unrolled GAN, section 3.3.1, arXiv 1611.02163; Srivastava et al. 2017, VEEGAN,
arXiv 1705.07761; Lin et al. 2018, PacGAN, section 4.2, arXiv 1712.04086.
"""

import keras
import numpy as np
import tensorflow as tf

from kgen.errors import invalid
from kgen.metrics.base import in_batches
from kgen.metrics.extractors import get_extractor
from kgen.metrics.frechet import kept
from kgen.metrics.preprocessing import in_range

CHANNELS = 3
BATCH = 200


def stacked_modes(pictures, extractor="kgen-mnist-v1"):
    """Modes covered by stacked pictures, and the KL divergence of their modes from the uniform distribution.

    Mode K^2 a + K b + c out of K^3 is that of pictures whose channels the classifier takes for a, b and c;
    one picture covers it. kl = sum_k q_k log(K^3 q_k) in nats, where q_k is the share of mode k.

    Neither number starts where one expects it. n samples of the uniform distribution itself cover
    K^3 (1 - (1 - 1 / K^3)^n) modes on average, the ceiling, and have a kl of about (K^3 - 1) / (2 n), the
    floor, where n is well above K^3. A classifier that errs once in a hundred puts strays into modes that
    nobody generates, so that a collapsed generator still covers tens of them: believe kl. Published values
    have another classifier, and 25,600 or 26,000 samples.

    Args:
        pictures: integers in 0..255 or floats in [0, 1], [n, H, W, 3].
        extractor: a classifier of grey pictures, or its name for `kgen.metrics.get_extractor`.

    Returns:
        dict of JSON values: modes_covered (integer), kl (in [0, log K^3]), num_samples, modes_ceiling and
        kl_floor.

    Raises:
        ValueError: for no pictures or not of three channels, values out of range, or an extractor without
            classes.

    Example:

    >>> found = kgen.metrics.stacked_modes(np.zeros((5, 8, 8, 3), "uint8"), extractor="kgen-digits-v1")
    >>> found["modes_covered"], round(found["kl"], 3), round(found["modes_ceiling"], 2)
    (1, 6.908, 4.99)

    Reference: Lin et al. 2018, section 4.2, arXiv 1712.04086.
    """
    pictures, extractor = in_range("pictures", pictures), classifier(extractor)
    modes = in_batches(lambda batch: mode_numbers(batch, extractor), pictures, BATCH)
    counts, n = np.bincount(modes, minlength=extractor.classes**CHANNELS), len(modes)
    return {
        "modes_covered": int(np.count_nonzero(counts)),
        "kl": float(from_uniform(counts.astype("float64"))),
        "num_samples": n,
        "modes_ceiling": float(len(counts) * -np.expm1(n * np.log1p(-1 / len(counts)))),
        "kl_floor": (len(counts) - 1) / (2 * n),
    }


def classifier(extractor):
    """The extractor of a name, if it has classes."""
    extractor = get_extractor(extractor)
    if not getattr(extractor, "classes", 0):
        raise invalid("extractor", "a classifier", extractor=extractor.name)
    return extractor


def mode_numbers(pictures, extractor):
    """Number of each picture's mode, sum_c K^(2 - c) class_c.

    Args:
        pictures: as for `stacked_modes`.
        extractor: a classifier of K classes.

    Returns:
        int64 tensor [n].

    Raises:
        ValueError: for pictures that have not three channels.
    """
    pictures = tf.convert_to_tensor(pictures)
    if pictures.shape.rank != 4 or pictures.shape[3] != CHANNELS:
        raise invalid("pictures", f"shape [n, height, width, {CHANNELS}]", shape=tuple(pictures.shape))
    grey = tf.concat([pictures[..., c : c + 1] for c in range(CHANNELS)], axis=0)
    first, second, third = tf.split(tf.argmax(extractor.classify(grey), axis=1), CHANNELS)
    return (first * extractor.classes + second) * extractor.classes + third


def from_uniform(counts):
    """Plug-in estimate of KL(q || uniform) = sum_k q_k log(K q_k) in nats, of float64 counts [K]."""
    q = counts / tf.reduce_sum(counts)
    return tf.reduce_sum(tf.math.xlogy(q, q * counts.shape[0]))


class _OfStackedModes(keras.Metric):
    """Counts of generated pictures by mode."""

    def __init__(self, extractor, name):
        super().__init__(name=name, dtype="float64")
        self.extractor = classifier(extractor)
        self._counts = self.add_variable(
            (self.extractor.classes**CHANNELS,), "zeros", "float64", name="counts"
        )

    def update_state(self, real, fake, sample_weight=None):
        """Adds generated pictures [batch, H, W, 3]; the real ones are not looked at, the modes are known."""
        modes = mode_numbers(fake, self.extractor)
        ones = tf.cast(kept(modes, sample_weight), tf.float64)
        new = tf.math.unsorted_segment_sum(ones, modes, self._counts.shape[0])
        self._counts.assign(self._counts + new)

    def get_config(self):
        return {"extractor": self.extractor.name, "name": self.name}


@keras.saving.register_keras_serializable("kgen")
class StackedModesCovered(_OfStackedModes):
    """Number of the K^3 modes of stacked pictures with at least one generated picture, over all batches.

    sum_k [n_k > 0], see `kgen.metrics.stacked_modes`: it grows with the number of pictures, and with every
    error of the classifier; the KL divergence says more.

    Memory: K^3 float64, 8 kB for ten classes. The value does not depend on the batches and is summed over
    replicas.

    Args:
        extractor: a classifier of grey pictures, or its name for `kgen.metrics.get_extractor`.
        name: name of the metric.

    Raises:
        ValueError: for an unknown extractor, or one without classes.

    Example:

    >>> metric = kgen.metrics.StackedModesCovered("kgen-digits-v1")
    >>> metric.update_state(None, np.zeros((5, 8, 8, 3), "uint8"))
    >>> float(metric.result())
    1.0

    Reference: Lin et al. 2018, section 4.2, arXiv 1712.04086.
    """

    _direction = "up"

    def __init__(self, extractor="kgen-mnist-v1", name="stacked_modes_covered"):
        super().__init__(extractor, name)

    def result(self):
        """The number, float64 scalar."""
        return tf.reduce_sum(tf.cast(self._counts.value > 0, tf.float64))


@keras.saving.register_keras_serializable("kgen")
class StackedDivergence(_OfStackedModes):
    """KL divergence of the modes of generated stacked pictures from the uniform one, over all batches.

    sum_k q_k log(K^3 q_k) in nats, see `kgen.metrics.stacked_modes`: from 0 to log K^3; n pictures of the
    uniform distribution itself have about (K^3 - 1) / (2 n). It is nan without pictures.

    Memory: K^3 float64, 8 kB for ten classes. The value does not depend on the batches and is summed over
    replicas.

    Args:
        extractor: a classifier of grey pictures, or its name for `kgen.metrics.get_extractor`.
        name: name of the metric.

    Raises:
        ValueError: for an unknown extractor, or one without classes.

    Example:

    >>> metric = kgen.metrics.StackedDivergence("kgen-digits-v1")
    >>> metric.update_state(None, np.zeros((5, 8, 8, 3), "uint8"))
    >>> round(float(metric.result()), 3)
    6.908

    Reference: Lin et al. 2018, section 4.2, arXiv 1712.04086.
    """

    _direction = "down"

    def __init__(self, extractor="kgen-mnist-v1", name="stacked_divergence"):
        super().__init__(extractor, name)

    def result(self):
        """The divergence, float64 scalar."""
        return from_uniform(self._counts.value)
