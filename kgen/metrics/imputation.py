"""How far imputed cells are from the true ones."""

import numpy as np

from kgen.errors import invalid

EPSILON = 1e-6  # Added to a column's span.


def imputation_rmse(true, imputed, mask):
    """Root mean square error of the imputed cells, each column scaled by the complete data.

    sqrt(mean over missing cells of ((v - t) / (s + 1e-6))^2), with the true value t, the imputed one v and s the
    largest less the smallest true value of the column. Scaling by what is observed would give another number.

    Args:
        true: complete numbers [rows, columns].
        imputed: the same with the missing cells filled in; others are not looked at.
        mask: of the same shape, 1 or True where a cell was observed.

    Returns:
        float; NaN where an imputed cell is not finite.

    Raises:
        ValueError: arrays of different shapes, true values that are not finite, or a mask without missing cells.

    Example:

    >>> true = np.array([[0.0, 10.0], [4.0, 30.0]])
    >>> mask = np.array([[1, 0], [0, 1]])
    >>> round(kgen.metrics.imputation_rmse(true, [[9.0, 20.0], [4.0, 9.0]], mask), 4)
    0.3536

    Reference: Yoon 2018, section 5, arXiv 1806.02920; the scaling is that of the authors' code.
    """
    true, imputed = np.asarray(true, np.float64), np.asarray(imputed, np.float64)
    missing = np.asarray(mask) < 0.5
    if not (true.ndim == 2 and true.shape == imputed.shape == missing.shape):
        shapes = {"true": true.shape, "imputed": imputed.shape, "mask": missing.shape}
        raise invalid("imputed", "three tables of one shape [rows, columns]", **shapes)
    if not np.isfinite(true).all():
        raise invalid("true", "finite numbers", true="NaN or infinity")
    if not missing.any():
        raise invalid("mask", "at least one missing cell", missing=0)
    errors = (imputed - true) / (np.ptp(true, axis=0) + EPSILON)
    if not np.isfinite(errors[missing]).all():
        return float("nan")
    return float(np.sqrt(np.mean(np.square(errors[missing]))))
