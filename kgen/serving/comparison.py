"""Compares what a server answers with what was expected."""

import math

import numpy as np
import tensorflow as tf

TOLERANCE, ROWS_TOLERANCE, HALF_TOLERANCE = 1e-6, 1e-5, 2e-2
PNG = b"\x89PNG"


def compare(actual, expected, tolerance, place):
    """Largest difference of two answers, refused above the tolerance.

    Args:
        actual: dict of output name to array; strings are bytes in an object array.
        expected: dict of the same.
        tolerance: largest |a - b| / max(1, max |b|); for PNG and uint8 pictures a share of 255 levels, at least
            one.
        place: what is compared, for the error.

    Returns:
        The largest difference of numbers; pictures within the tolerance count as equal.

    Raises:
        ValueError: other names, another shape, or a difference above the tolerance.
    """
    if set(actual) != set(expected):
        raise ValueError(f"{place}: the outputs are {sorted(actual)}, expected {sorted(expected)}.")
    worst = 0.0
    for name, wanted in expected.items():
        got = np.asarray(actual[name])
        if got.shape != wanted.shape:
            raise ValueError(f"{place}: {name!r} has shape {got.shape}, expected {wanted.shape}.")
        difference = _difference(got, wanted, tolerance)
        if not difference <= tolerance:
            raise ValueError(f"{place}: {name!r} differs by {difference:.3g}, allowed {tolerance:g}.")
        worst = max(worst, difference)
    return worst


def _difference(got, wanted, tolerance):
    if wanted.dtype == object:
        pairs = zip(got.flat, wanted.flat, strict=True)
        return max((_string_difference(a, b, tolerance) for a, b in pairs), default=0.0)
    if wanted.dtype == np.uint8:
        return 0.0 if _same_pixels(got, wanted, tolerance) else math.inf
    got, wanted = got.astype(np.float64), wanted.astype(np.float64)
    largest = np.max(np.abs(wanted), initial=1.0)
    return float(np.max(np.abs(got - wanted), initial=0.0) / largest)


def _string_difference(got, wanted, tolerance):
    """0 for equal bytes and for pictures that round differently, infinity otherwise."""
    if got == wanted:
        return 0.0
    if not (got.startswith(PNG) and wanted.startswith(PNG)):
        return math.inf
    a, b = (tf.io.decode_png(data).numpy() for data in (got, wanted))
    return 0.0 if _same_pixels(a, b, tolerance) else math.inf


def _same_pixels(a, b, tolerance):
    """Whether two pictures differ by no more than rounding."""
    levels = max(1, round(255 * tolerance))
    return a.shape == b.shape and np.abs(a.astype(int) - b.astype(int)).max(initial=0) <= levels
