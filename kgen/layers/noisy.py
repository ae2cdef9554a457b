"""Layers whose noise belongs to the row: f(run seed, step, row of the global batch)."""

import math

import keras

from kgen import noise
from kgen.errors import number_in


class RowNoise(keras.layers.Layer):
    """Abstract base of the layers that are noisy in training and rest otherwise."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator()
        self.built = True

    def row_seeds(self, inputs):
        """Row seeds [batch, 2] of the layer's next draw, or None outside a training step of kgen."""
        stream = noise.current()
        num_rows = inputs.shape[0] or keras.ops.shape(inputs)[0]
        return None if stream is None else noise.spread(stream.next(), num_rows)

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable("kgen")
class Dropout(RowNoise):
    """Dropout whose mask belongs to the row: f(run seed, step, row of the global batch).

    Inside a kgen training step replicas agree with one large batch and a resumed run repeats its masks.
    Outside of one it draws as Keras's own layer does.

    Args:
        rate: share of the inputs set to zero, in [0, 1); the others are scaled by 1 / (1 - rate).

    Raises:
        ValueError: if `rate` is outside [0, 1).

    Example:

    >>> kgen.layers.Dropout(0.3)(np.ones((2, 3), "float32"), training=False).numpy().tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]

    Reference: Srivastava et al. 2014, "Dropout", JMLR 15.
    """

    def __init__(self, rate, **kwargs):
        super().__init__(**kwargs)
        number_in("rate", rate, 0, 1)
        self.rate = rate

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        seeds = self.row_seeds(inputs)
        if seeds is None:
            return keras.random.dropout(inputs, self.rate, seed=self.seed_generator)
        keep = noise.keep_mask(seeds, inputs.shape[1:], self.rate)
        return inputs * keras.ops.cast(keep, inputs.dtype) / (1 - self.rate)

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}


@keras.saving.register_keras_serializable("kgen")
class GaussianNoise(RowNoise):
    """Adds Gaussian noise that belongs to the row, in training only.

    x + stddev * e, with e ~ N(0, I).

    Inside a kgen training step e = f(run seed, step, row of the global batch), as with `Dropout`.
    Outside of one it draws as Keras's own layer does.

    Args:
        stddev: deviation of the noise, in [0, inf).

    Raises:
        ValueError: if `stddev` is negative or not finite.

    Example:

    >>> kgen.layers.GaussianNoise(0.3)(np.ones((2, 3), "float32"), training=False).numpy().tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]

    Reference: the classifier of Salimans 2016, section 5.1, arXiv 1606.03498, has one before each layer.
    """

    def __init__(self, stddev, **kwargs):
        super().__init__(**kwargs)
        number_in("stddev", stddev, 0, math.inf)
        self.stddev = stddev

    def call(self, inputs, training=False):
        if not training or self.stddev == 0:
            return inputs
        seeds = self.row_seeds(inputs)
        if seeds is None:
            e = keras.random.normal(keras.ops.shape(inputs), dtype=inputs.dtype, seed=self.seed_generator)
        else:
            e = keras.ops.cast(noise.quick_normal(seeds, inputs.shape[1:]), inputs.dtype)
        return inputs + self.stddev * e

    def get_config(self):
        return {**super().get_config(), "stddev": self.stddev}
