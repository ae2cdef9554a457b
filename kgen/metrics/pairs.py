"""All pairs of rows of two sets, a block at a time."""

import numpy as np
import tensorflow as tf

from kgen.metrics.preprocessing import in_range

BLOCK = 512


def by_blocks(function, rows):
    """A function's value for every row, computed in blocks of 512 rows.

    Args:
        function: of a block [512, dim]; gives [512]. Its answer to rows of zeros behind the last is dropped.
        rows: [m, dim].

    Returns:
        float64 tensor [m].
    """
    count = tf.shape(rows)[0]
    blocks = tf.maximum((count + BLOCK - 1) // BLOCK, 1)
    padded = tf.pad(rows, [[0, blocks * BLOCK - count], [0, 0]])
    padded = tf.reshape(padded, [blocks, BLOCK, rows.shape[1]])
    values = tf.map_fn(function, padded, parallel_iterations=1, fn_output_signature=tf.float64)
    return tf.reshape(values, [-1])[:count]


def squared_distances(x, y):
    """|x_i - y_j|^2 of float64 rows, [m, dim] and [n, dim]: float64 [m, n], never below zero."""
    lengths = tf.reduce_sum(x * x, 1)[:, None] + tf.reduce_sum(y * y, 1)
    return tf.maximum(lengths - 2 * tf.matmul(x, y, transpose_b=True), 0.0)


def pixels(argument, images):
    """Pictures as rows of their pixels in [0, 1].

    Args:
        argument: its name, for the message.
        images: integers in 0..255 or floats in [0, 1], [n, ...].

    Returns:
        float array [n, pixels], float32 of integers.

    Raises:
        ValueError: for no pictures, numbers out of range, or nan.

    Example:

    >>> kgen.metrics.pairs.pixels("images", np.full((2, 8, 8, 1), 255, "uint8")).shape
    (2, 64)
    """
    images = in_range(argument, images)
    rows = images.reshape([len(images), -1])
    return rows / np.float32(255) if np.issubdtype(rows.dtype, np.integer) else rows
