"""Numbers as text: the vocabulary of sequences that are no language, such as an oracle's."""

import keras
import tensorflow as tf

from kgen.errors import integer_from, invalid


@keras.saving.register_keras_serializable("kgen")
class Numbers(tf.Module):
    """The numbers 0 ... size - 1, written with spaces between them; it does for them what `Vocabulary` does for words.

    The start is 0, a number like the others; there is no end and no padding, so that all sequences are equally long.

    Args:
        size: how many.

    Raises:
        ValueError: for a size below 2.

    Example:

    >>> numbers = kgen.datasets.Numbers(5000)
    >>> numbers.encode(["17 4999"]).to_list(), numbers.decode([[17, 4999]]).numpy().tolist()
    ([[17, 4999]], [b'17 4999'])
    """

    level, sentences, padding, start, end, never_generated = None, False, None, 0, None, ()

    def __init__(self, size):
        super().__init__(name="vocabulary")
        integer_from(2, "vocabulary", size)
        self.size = int(size)
        with tf.init_scope():
            ids = tf.range(self.size)
            known = tf.lookup.KeyValueTensorInitializer(tf.strings.as_string(ids), ids)
            self._ids = tf.lookup.StaticHashTable(known, -1)

    def encode(self, strings):
        """Numbers of texts; anything else in them counts as 0.

        Args:
            strings: string tensor or list [batch].

        Returns:
            int32 ragged tensor [batch, (tokens)].
        """
        return tf.ragged.map_flat_values(
            lambda words: tf.maximum(self._ids.lookup(words), 0), _words(strings)
        )

    def check(self, strings, argument="strings"):
        """Refuses texts of anything but these numbers.

        Args:
            strings: string tensor or list [batch].
            argument: how the caller's argument is called.

        Raises:
            ValueError: one line that names what else there is.
        """
        words = _words(strings).flat_values
        found = {word.decode() for word in tf.boolean_mask(words, self._ids[words] < 0).numpy()}
        if found:
            text = f"unknown numbers {', '.join(map(repr, sorted(found)[:10]))}"
            raise invalid(argument, f"numbers in 0..{self.size - 1} with spaces between them", text)

    def rows(self, strings):
        """The start and the numbers of each text, int32 ragged tensor [batch, (tokens)]; see `Vocabulary.rows`."""
        ids = self.encode(strings)
        return tf.concat([tf.zeros([ids.nrows(), 1], tf.int32), ids], axis=1)

    def decode(self, ids):
        """Texts of numbers.

        Args:
            ids: integers [..., T], or a ragged tensor.

        Returns:
            String tensor [...].
        """
        ids = ids if isinstance(ids, tf.RaggedTensor) else tf.convert_to_tensor(ids)
        return tf.strings.reduce_join(tf.strings.as_string(ids), axis=-1, separator=" ")

    def get_config(self):
        return {"size": self.size}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __reduce__(self):
        return Numbers, (self.size,)

    def __repr__(self):
        return f"<Numbers 0 to {self.size - 1}>"


def _words(strings):
    return tf.strings.split(tf.convert_to_tensor(strings, tf.string))
