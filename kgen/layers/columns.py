"""Columns of numbers and of categories as what a network reads and writes, and back."""

import keras
import numpy as np
import tensorflow as tf


@keras.saving.register_keras_serializable("kgen")
class ColumnCoding(keras.layers.Layer):
    """Rows of a table as numbers in [0, 1] and one-hot blocks, and a network's logits as such rows.

    A number v is coded as (v - a) / s, with the observed minimum a and span s of its column (s = 1 where only one
    number was observed); category k of K as e_k. A missing cell is NaN outside and zeros inside. Of logits,
    numbers are sigmoids, categories softmaxes; back in the table's units a number is a + s p, a category the
    likeliest one. Without columns (`sizes=()`) it codes examples of any shape, as numbers in [0, 1] already.

    Args:
        sizes: number of categories of each column, 0 of a column of numbers.

    Example:

    >>> coding = kgen.layers.ColumnCoding((0, 2))
    >>> coded, mask = coding.encode(tf.constant([[0.25, 1.0], [np.nan, 0.0]]))
    >>> coded.numpy().tolist(), mask.numpy().tolist()
    ([[0.25, 0.0, 1.0], [0.0, 1.0, 0.0]], [[1.0, 1.0], [0.0, 1.0]])
    >>> coding.decode(coded).numpy().tolist()
    [[0.25, 1.0], [0.0, 0.0]]
    """

    def __init__(self, sizes, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32", "trainable": False})
        self.sizes = tuple(int(size) for size in sizes)
        shape = (len(self.sizes),) if self.sizes else ()
        self.minimum, self.span, self.whole = (
            self.add_weight(name=name, shape=shape, initializer=first, trainable=False, autocast=False)
            for name, first in (("minimum", "zeros"), ("span", "ones"), ("whole", "zeros"))
        )
        self.widths = [max(size, 1) for size in self.sizes]
        self._place = np.repeat(np.arange(len(self.sizes)), self.widths)  # Column of each coded number.
        self._code = np.concatenate([np.arange(k) if k else [-1] for k in self.sizes] or [[]])
        self.built = True

    @property
    def width(self):
        """Coded numbers of a row."""
        return sum(self.widths)

    @property
    def has_categories(self):
        """Whether any column holds categories."""
        return any(self.sizes)

    def observe(self, minimum, span, whole):
        """Takes over what was observed of each column, before a training.

        Args:
            minimum, span: float arrays [columns].
            whole: for each column whether its numbers are rounded where `decode` is asked to.
        """
        self.minimum.assign(minimum)
        self.span.assign(span)
        self.whole.assign(np.asarray(whole, "float32"))

    def encode(self, values):
        """Coded rows, and which cells are observed.

        Args:
            values: float32 tensor [batch, columns], NaN where a cell is missing.

        Returns:
            (float32 tensor [batch, width], zeros where a cell is missing; mask [batch, columns], 1 where observed).
        """
        missing = tf.math.is_nan(values)
        known, mask = tf.where(missing, 0.0, values), tf.cast(~missing, tf.float32)
        span = tf.convert_to_tensor(self.span)
        scaled = (known - self.minimum) / tf.where(span > 0, span, 1.0)
        if self.has_categories:
            hit = tf.cast(self.widened(known) == tf.constant(self._code, tf.float32), tf.float32)
            scaled = tf.where(self._code < 0, self.widened(scaled), hit)
        return tf.where(self.widened(mask) > 0, scaled, 0.0), mask

    def widened(self, x):
        """A number for each column [batch, columns] as one for each coded number [batch, width]."""
        return tf.gather(x, self._place, axis=1) if self.has_categories else x

    def blocks(self, coded):
        """Coded rows column by column: a list of tensors [batch, 1 or number of categories]."""
        return tf.split(coded, self.widths, axis=1)

    def activate(self, logits):
        """Logits [batch, width] as coded rows: sigmoids, and softmaxes of the blocks."""
        if not self.has_categories:
            return tf.sigmoid(logits)
        pairs = zip(self.sizes, self.blocks(logits), strict=True)
        return tf.concat([tf.nn.softmax(part) if size else tf.sigmoid(part) for size, part in pairs], axis=1)

    def decode(self, coded, rounding=False):
        """Coded rows in the table's units.

        Args:
            coded: float32 tensor [batch, width].
            rounding: whether columns in which few whole numbers were observed get whole numbers.

        Returns:
            float32 tensor [batch, columns].
        """
        if self.has_categories:
            pairs = zip(self.sizes, self.blocks(coded), strict=True)
            best = [tf.cast(tf.argmax(part, 1), tf.float32)[:, None] if k else part for k, part in pairs]
            numbers = tf.concat(best, axis=1)
            codes = tf.constant(np.array(self.sizes) > 0)
            return tf.where(codes, numbers, self._in_units(numbers, rounding))
        return self._in_units(coded, rounding)

    def _in_units(self, scaled, rounding):
        numbers = self.minimum + self.span * scaled
        return tf.where(self.whole > 0, tf.round(numbers), numbers) if rounding else numbers

    def get_config(self):
        return {**super().get_config(), "sizes": self.sizes}
