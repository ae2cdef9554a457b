"""Phase shuffle, which keeps a discriminator of waveforms from knowing fakes by the phase of their artefacts."""

import keras
import tensorflow as tf

from kgen import noise
from kgen.errors import integer_from
from kgen.layers.noisy import RowNoise


@keras.saving.register_keras_serializable("kgen")
class PhaseShuffle(RowNoise):
    """Shifts each example in time by a random number of samples, in training only.

    y[t] = x[r(t - s)], with s uniform in -n .. n, one for an example, and r the reflection of places outside, which
    does not repeat the edge.

    The authors' code draws one s for the whole batch. Here it belongs to the row: inside a kgen training step
    s = f(run seed, step, row of the global batch), as with `Dropout`.

    Args:
        radius: n, the largest shift, smaller than the number of samples; 0 shifts nothing.

    Returns:
        Tensor like the input, [batch, samples, channels].

    Raises:
        ValueError: if `radius` is not an integer of at least 0.

    Example:

    >>> x = np.arange(4.0, dtype="float32").reshape(1, 4, 1)
    >>> kgen.layers.PhaseShuffle(2)(x, training=False).numpy().ravel().tolist()
    [0.0, 1.0, 2.0, 3.0]
    >>> kgen.layers.phase_shuffle.shifted(x, tf.constant([2]), 2).numpy().ravel().tolist()
    [2.0, 1.0, 0.0, 1.0]

    Reference: Donahue 2019, section 3.3, arXiv 1802.04208.
    """

    def __init__(self, radius=2, **kwargs):
        super().__init__(**kwargs)
        integer_from(0, "radius", radius)
        self.radius = radius

    def call(self, inputs, training=False):
        if not training or self.radius == 0:
            return inputs
        return shifted(inputs, self._shifts(inputs), self.radius)

    def _shifts(self, inputs):
        """s, int32 [batch]."""
        choices, seeds = 2 * self.radius + 1, self.row_seeds(inputs)
        if seeds is None:
            size = keras.ops.shape(inputs)[:1]
            share = keras.random.uniform(size, dtype="float32", seed=self.seed_generator)
        else:
            share = noise.quick_uniform(seeds, (1,))[:, 0]
        return tf.minimum(tf.cast(share * choices, tf.int32), choices - 1) - self.radius

    def get_config(self):
        return {**super().get_config(), "radius": self.radius}


def shifted(x, shifts, radius):
    """y[t] = x[r(t - s)] for each example's own s; see `PhaseShuffle`.

    Args:
        x: tensor [batch, samples, channels].
        shifts: s, int32 [batch], in -radius .. radius.
        radius: integer from 1 to samples - 1.

    Returns:
        Tensor like `x`.
    """
    padded = tf.pad(x, [[0, 0], [radius, radius], [0, 0]], mode="REFLECT")
    return _windows(padded, radius - shifts, x.shape[1])


def _windows(x, starts, length):
    """x[i, starts[i] : starts[i] + length] for each row i.

    Its gradient puts a window back between zeros, which is a window of them: that one and all higher ones are
    gathered, not scattered.
    """
    spare = x.shape[1] - length

    @tf.custom_gradient
    def cut(x):
        def gradient(upstream):
            return _windows(
                tf.pad(upstream, [[0, 0], [spare, spare], [0, 0]]), spare - starts, length + spare
            )

        return tf.gather(x, starts[:, None] + tf.range(length), axis=1, batch_dims=1), gradient

    return cut(x)
