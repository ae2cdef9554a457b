"""Compares what a server answers with what was expected."""

import math

import numpy as np
import tensorflow as tf

TOLERANCE, ROWS_TOLERANCE, HALF_TOLERANCE = 1e-6, 1e-5, 2e-2
PNG, WAV = b"\x89PNG", b"RIFF"
LEVELS, WAV_LEVELS = 255, 2**15  # Of a picture's pixel, and of a sound's sample on either side of zero.
WAV_HEADER = 44  # Bytes before the samples in a file of TensorFlow's encoder.


def compare(actual, expected, tolerance, place):
    """Largest difference of two answers, refused above the tolerance.

    Args:
        actual: dict of output name to array; strings are bytes in an object array.
        expected: dict of the same.
        tolerance: largest |a - b| / max(1, max |b|); for PNG and uint8 pictures a share of 255 levels, for wav files
            of 32,768, at least one.
        place: what is compared, for the error.

    Returns:
        The largest difference of numbers; pictures and sounds within the tolerance count as equal.

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
    """0 for equal bytes, and for pictures and sounds that round differently; infinity otherwise."""
    if got == wanted:
        return 0.0
    if got.startswith(PNG) and wanted.startswith(PNG):
        a, b = (tf.io.decode_png(data).numpy() for data in (got, wanted))
        return 0.0 if _same_pixels(a, b, tolerance) else math.inf
    if got.startswith(WAV) and (got[:WAV_HEADER], len(got)) == (wanted[:WAV_HEADER], len(wanted)):
        a, b = (np.frombuffer(data[WAV_HEADER:], "<i2") for data in (got, wanted))
        return 0.0 if _same_pixels(a, b, tolerance, WAV_LEVELS) else math.inf
    return math.inf


def _same_pixels(a, b, tolerance, whole=LEVELS):
    """Whether two pictures, or sounds, differ by no more than rounding."""
    levels = max(1, round(whole * tolerance))
    return a.shape == b.shape and np.abs(a.astype(int) - b.astype(int)).max(initial=0) <= levels
