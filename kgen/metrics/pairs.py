"""All pairs of rows of two sets, a block at a time."""

import tensorflow as tf

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
