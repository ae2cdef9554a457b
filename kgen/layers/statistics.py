"""Normalisation by the statistics of activations, by name."""

import keras
import tensorflow as tf

from kgen.errors import one_of
from kgen.layers.device import on_cpu

FUSED_ROWS = 16  # Of a batch, at most, that are normalised one by one.
FUSED_TYPES = (tf.float32, tf.bfloat16, tf.float16)


def normalization(kind, epsilon=1e-5, gamma_initializer="ones"):
    """The normalisation layer of that name.

    Args:
        kind: "batch" (statistics over all replicas), "layer" (over all of an example's activations), "instance"
            (over each of its channels), or None.
        epsilon: added to the variance.
        gamma_initializer: initializer of the scale.

    Returns:
        List of no or one layer.

    Raises:
        ValueError: if `kind` is another word.

    Example:

    >>> [type(layer).__name__ for layer in kgen.layers.normalization("instance")]
    ['GroupNormalization']

    Reference: Ioffe & Szegedy 2015, arXiv 1502.03167; Ba 2016, arXiv 1607.06450; Ulyanov 2016, arXiv 1607.08022.
    """
    common = {"epsilon": epsilon, "gamma_initializer": gamma_initializer}
    makers = {
        None: lambda: [],
        "batch": lambda: [keras.layers.BatchNormalization(momentum=0.9, synchronized=True, **common)],
        "layer": lambda: [keras.layers.GroupNormalization(groups=1, **common)],
        "instance": lambda: [GroupNormalization(groups=-1, **common)],
    }
    one_of("normalization", kind, makers)
    return makers[kind]()


@keras.saving.register_keras_serializable("kgen")
class GroupNormalization(keras.layers.GroupNormalization):
    """`keras.layers.GroupNormalization`, with its arguments and weights, faster for instances on a CPU.

    y = gamma (x - mean) / sqrt(variance + epsilon) + beta. With a group for each channel, mean and variance are
    those over the picture, and a picture is a batch of one in batch normalisation, which has an operation of its
    own: half the time of a chain of small ones. All else is Keras's.

    Example:

    >>> x = np.array([1.0, 3.0]).reshape(1, 2, 1, 1)
    >>> kgen.layers.GroupNormalization(groups=-1, epsilon=1e-7)(x).numpy().ravel().round(3).tolist()
    [-1.0, 1.0]

    Reference: Wu & He 2018, arXiv 1803.08494; Ulyanov 2016, eq. 4, arXiv 1607.08022.
    """

    def call(self, inputs):
        if not self._is_fused(inputs):
            return super().call(inputs)
        return tf.concat([self._normalized(row) for row in tf.split(inputs, inputs.shape[0])], axis=0)

    def _is_fused(self, x):
        """Whether it normalises few pictures, channel by channel, on a CPU."""
        by_channel = self.groups == x.shape[-1] and self.axis in (-1, 3) and self.scale and self.center
        few = len(x.shape) == 4 and (x.shape[0] or FUSED_ROWS + 1) <= FUSED_ROWS
        return by_channel and few and tf.as_dtype(x.dtype) in FUSED_TYPES and on_cpu()

    def _normalized(self, row):
        """One picture [1, height, width, channels], a batch of its own."""
        scale, offset = (tf.cast(v, tf.float32) for v in (self.gamma, self.beta))
        return tf.raw_ops.FusedBatchNormV3(
            x=row, scale=scale, offset=offset, mean=[], variance=[], epsilon=self.epsilon, is_training=True
        ).y
