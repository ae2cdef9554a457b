"""Masks for experiments: which cells of complete data are taken away, True where one stays observed."""

import numpy as np

from kgen.datasets.checks import is_integer
from kgen.errors import invalid, number_in


def mcar(shape, rate, seed=0):
    """Missing completely at random: every cell by itself.

    P(missing) = rate.

    Args:
        shape: of the mask, (rows, columns) of a table or that of pictures.
        rate: share that is missing, in [0, 1).
        seed: integer in [0, 2**31).

    Returns:
        bool array, True where a cell is observed; a function of the arguments alone.

    Raises:
        ValueError: arguments out of range.

    Example:

    >>> round(float(kgen.datasets.mcar((1000, 10), 0.2, seed=1).mean()), 2)
    0.8

    Reference: Rubin 1976; Yoon 2018, section 2, arXiv 1806.02920.
    """
    number_in("rate", rate, 0, 1)
    return _generator(seed).random(shape) >= rate


def mar(values, rate, seed=0, column=0):
    """Missing at random: what is missing of a row depends on a column that is always observed.

    P(missing_ij) = 2 rate (r_i + 1/2) / N, with r_i the rank of row i, from 0, by that column: rows with a larger
    number there lose more. Over the rows the mean is `rate`.

    Args:
        values: complete numbers [N, columns].
        rate: share that is missing of the other columns, in [0, 1/2).
        seed: integer in [0, 2**31).
        column: the one that stays observed.

    Returns:
        bool array [N, columns], True where a cell is observed; a function of the arguments alone.

    Raises:
        ValueError: arguments out of range.

    Example:

    >>> mask = kgen.datasets.mar(np.arange(4000.0).reshape(2000, 2), 0.2, seed=1)
    >>> bool(mask[:, 0].all()), bool(mask[:1000, 1].mean() > mask[1000:, 1].mean())
    (True, True)

    Reference: Rubin 1976; Yoon 2018, section 2, arXiv 1806.02920.
    """
    number_in("rate", rate, 0, 0.5)
    values = np.asarray(values)
    if values.ndim != 2 or not is_integer(column, 0) or column >= values.shape[1]:
        raise invalid("column", "a column of values [rows, columns]", column=column, shape=values.shape)
    ranks = np.argsort(np.argsort(values[:, column], kind="stable"), kind="stable")
    missing = 2.0 * rate * (ranks + 0.5) / len(values)
    mask = _generator(seed).random(values.shape) >= missing[:, None]
    mask[:, column] = True
    return mask


def _generator(seed):
    if not is_integer(seed, 0) or seed >= 2**31:
        raise invalid("seed", "an integer in [0, 2**31)", seed=seed)
    return np.random.default_rng(seed)
