"""PacGAN: the discriminator judges several samples at once, so that a lack of variety shows."""

import tensorflow as tf

from kgen.errors import positive_integer


def pack(x, m):
    """Lays each m successive samples side by side along the last axis.

    Pack i is (x_im, ..., x_im+m-1); where m does not divide n, the last pack is filled up from the first rows.

    Args:
        x: tensor [n, ..., c] with n >= 1.
        m: samples in a pack, at least 1.

    Returns:
        Tensor [ceil(n / m), ..., c m]; `x` itself where m is 1.

    Raises:
        ValueError: if `m` is not a positive integer.

    Example:

    >>> kgen.packing.pack(tf.constant([[1], [2], [3]]), 2).numpy().tolist()
    [[1, 2], [3, 1]]

    Reference: Lin 2018, section 2, arXiv 1712.04086.
    """
    positive_integer("m", m)
    if m == 1:
        return x
    filled = x if x.shape[0] and x.shape[0] % m == 0 else _filled(x, m)
    return tf.concat([filled[j::m] for j in range(m)], axis=-1)


def _filled(x, m):
    """A whole number of packs: the first rows again after the last."""
    n = tf.shape(x)[0]
    return tf.gather(x, tf.range((n + m - 1) // m * m) % n)
