"""A pool of generated pictures, which shows the discriminator old ones beside new ones.

Reference: Shrivastava 2017, section 2.3, arXiv 1612.07828; Zhu 2017, section 4, arXiv 1703.10593.
"""

import keras
import tensorflow as tf

from kgen import noise, replicas


@keras.saving.register_keras_serializable("kgen")
class ImagePool(keras.layers.Layer):
    """Keeps generated pictures, and gives each new one, or with probability 1/2 an old one in exchange for it.

    Until it is full it stores and gives back every picture. The rows of a batch come one after the other, those
    of all replicas in the order of the global batch: every replica's pool is the same.

    Args:
        size: number of pictures that it keeps.
        shape: of a picture.

    Example:

    >>> pool = kgen.pool.ImagePool(2, (1,))
    >>> seeds = kgen.noise.rows(0, 3)
    >>> pool.exchange(tf.constant([[1.0], [2.0], [3.0]]), seeds).numpy().ravel().tolist()[:2]
    [1.0, 2.0]
    """

    def __init__(self, size, shape, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32", "trainable": False})
        self.size, self.shape = size, tuple(shape)
        self.kept = self.add_weight(name="kept", shape=(size, *shape), initializer="zeros", trainable=False)
        self.filled = self.add_weight(
            name="filled", shape=(), dtype="int64", initializer="zeros", trainable=False
        )
        self.built = True

    def exchange(self, images, seeds):
        """What the discriminator sees instead of new pictures; the pool changes.

        Args:
            images: float tensor [batch, *shape].
            seeds: int32 row seeds [batch, 2].

        Returns:
            float32 tensor [batch, *shape], through which no gradient flows.
        """
        images = tf.stop_gradient(tf.cast(images, tf.float32))
        every, first = replicas.gathered(images)
        draws, _ = replicas.gathered(noise.uniform(seeds, (2,)))
        shown, kept = exchanged(tf.convert_to_tensor(self.kept), every, self.filled, draws)
        self.kept.assign(kept)
        self.filled.assign(tf.minimum(self.filled + tf.shape(every, tf.int64)[0], self.size))
        return tf.reshape(shown[first : first + tf.shape(images)[0]], tf.shape(images))

    def get_config(self):
        return {**super().get_config(), "size": self.size, "shape": self.shape}


def exchanged(kept, images, filled, draws):
    """One batch through a pool, as if its rows came one after the other.

    Args:
        kept: the pool's pictures [size, ...].
        images: new pictures [n, ...].
        filled: integer scalar, how many of the pool's places are taken.
        draws: uniform in [0, 1), [n, 2]: whether a row is exchanged, and for which.

    Returns:
        (pictures shown [n, ...], the pool's pictures afterwards [size, ...]).

    Reference: Shrivastava 2017, section 2.3, arXiv 1612.07828; the probability is that of Zhu's code.
    """
    size, row = kept.shape[0], tf.range(tf.shape(images)[0])
    place = tf.cast(filled, tf.int32) + row
    fresh = place < size
    swapped = ~fresh & (draws[:, 0] < 0.5)
    slot = tf.where(fresh, place, tf.cast(draws[:, 1] * size, tf.int32))
    written = tf.where(fresh | swapped, slot, -1)  # Slot that each row is stored in.
    before = tf.where(row[None] < row[:, None], written[None], -1)  # [n, n], by the rows before each row.
    together = tf.concat([kept, images], axis=0)
    shown = tf.where(swapped, _holder(slot, before, size), size + row)
    kept = _holder(tf.range(size), tf.broadcast_to(written[None], [size, tf.size(row)]), size)
    return tf.gather(together, shown), tf.gather(together, kept)


def _holder(slots, written, size):
    """Where the picture in each slot [k] stands: in the pool, or behind it, the last row written there [k, n]."""
    row = tf.range(tf.shape(written)[1])
    last = tf.reduce_max(tf.where(written == slots[:, None], row[None], -1), axis=1)
    return tf.where(last < 0, slots, size + last)
