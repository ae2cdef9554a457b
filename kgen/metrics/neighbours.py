"""Nearest neighbours of pictures, and the classifier that they make.

Reference: Radford 2016, arXiv 1511.06434.
"""

import numpy as np
import tensorflow as tf

from kgen.errors import invalid
from kgen.metrics.pairs import pixels, squared_distances

BLOCK = 2048  # Rows of either set whose distances are in memory at once, 34 MB.


def nearest_neighbour_error(x, labels, test_x, test_labels):
    """Test error of the classifier that gives a picture the label of its nearest neighbour in pixels.

    mean_i [labels_{c(i)} != test_labels_i], c(i) = argmin_j |test_x_i - x_j|. The DCGAN paper's test: trained
    on generated pictures and their classes, tested on real ones; a set as good as the training data has the
    training data's own error, which belongs beside it at the same number of pictures.

    Memory: both sets as floats, and a few blocks of 34 MB, whatever their number.

    Args:
        x: pictures with known labels, integers in 0..255 or floats in [0, 1], [n, ...].
        labels: integers [n].
        test_x: other pictures of the same shape, [m, ...].
        test_labels: integers [m].

    Returns:
        float in [0, 1].

    Raises:
        ValueError: for labels or shapes that do not belong together, or numbers out of range.

    Example:

    >>> x, test_x = np.eye(4), np.eye(4)[[0, 0, 3]]
    >>> kgen.metrics.nearest_neighbour_error(x, [5, 6, 7, 8], test_x, [5, 6, 8])
    0.3333333333333333

    Reference: Radford 2016, section 8.1, arXiv 1511.06434; Cover & Hart 1967.
    """
    x, test_x = pixels("x", x), pixels("test_x", test_x)
    labels, test_labels = _labels("labels", labels, x), _labels("test_labels", test_labels, test_x)
    index, _ = nearest_neighbours(test_x, x)
    return float(np.mean(labels[index] != test_labels))


def nearest_neighbours(rows, others):
    """Which of the others is nearest to each row, and how far away; the first of several.

    c(i) = argmin_j |x_i - y_j|, in float64. The distance is that of the difference, so a copy has 0 exactly.

    Memory: a few blocks of 34 MB, whatever the number of rows.

    Args:
        rows: x, [m, dim].
        others: y, [n, dim], n at least 1.

    Returns:
        Pair of arrays [m]: int64 indices into `others` and float64 distances.

    Raises:
        ValueError: for shapes that do not belong together.

    Example:

    >>> index, distance = kgen.metrics.nearest_neighbours([[0.0], [5.0]], [[1.0], [3.0]])
    >>> index.tolist(), distance.tolist()
    ([0, 1], [1.0, 2.0])
    """
    rows, others = np.asarray(rows), np.asarray(others)
    if rows.ndim != 2 or others.ndim != 2 or rows.shape[1] != others.shape[1] or not len(others):
        shapes = {"rows": rows.shape, "others": others.shape}
        raise invalid("others", "one row or more, as long as those it is compared with", **shapes)
    index = np.concatenate([np.zeros(0, "int64"), *(_nearest(block, others) for block in _blocks(rows))])
    starts = range(0, len(rows), BLOCK)
    apart = [_lengths(rows[i : i + BLOCK], others[index[i : i + BLOCK]]) for i in starts]
    return index, np.concatenate([np.zeros(0), *apart])


def _nearest(block, others):
    """Index of the nearest of the others for each row of a float64 block."""
    least, index = np.full(len(block), np.inf), np.zeros(len(block), "int64")
    for number, part in enumerate(_blocks(others)):
        squares = squared_distances(block, part)
        found = tf.reduce_min(squares, 1).numpy()
        index = np.where(found < least, tf.argmin(squares, 1).numpy() + number * BLOCK, index)
        least = np.minimum(found, least)
    return index


def _blocks(rows):
    return (tf.cast(rows[start : start + BLOCK], tf.float64) for start in range(0, len(rows), BLOCK))


def _lengths(rows, others):
    """|x_i - y_i|, float64 [n]."""
    return np.linalg.norm(rows.astype("float64") - others, axis=1)


def _labels(name, labels, pictures):
    labels = np.asarray(labels)
    if labels.shape != (len(pictures),) or not np.issubdtype(labels.dtype, np.integer):
        raise invalid(name, f"one integer for each of the {len(pictures)} pictures", shape=labels.shape)
    return labels
