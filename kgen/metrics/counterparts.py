"""How close translated pictures are to counterparts that are known."""

import numpy as np

from kgen.errors import invalid
from kgen.metrics.preprocessing import in_range

ROUNDING = 1 / (12 * 255**2)  # Mean squared error of rounding to 256 levels.


def peak_signal_to_noise(fake, real):
    """Peak signal-to-noise ratio in decibels, the mean over pictures.

    PSNR = -10 log10 MSE for pictures in [0, 1]; MSE is at least that of rounding to 256 levels, 1 / (12 255^2), so
    that equal pictures have 58.92 dB.

    Args:
        fake: pictures, integers in 0..255 or floats in [0, 1], [n, H, W, C].
        real: the counterpart of each, likewise.

    Returns:
        float.

    Raises:
        ValueError: pictures of different shapes, or none.

    Example:

    >>> x = np.zeros([2, 4, 4, 1])
    >>> round(kgen.metrics.peak_signal_to_noise(x + 0.1, x), 6)
    20.0
    """
    fake, real = _alike(fake, real)
    squared = np.mean((fake - real) ** 2, axis=tuple(range(1, real.ndim)))
    return float(np.mean(-10 * np.log10(np.maximum(squared, ROUNDING))))


def foreground(images, paper, ink):
    """Which pixels are nearer to the colour of the ink than to that of the paper.

    (x - p) . (k - p) > |k - p|^2 / 2 for the paper p and the ink k.

    Args:
        images: integers in 0..255 or floats in [0, 1], [n, H, W, C].
        paper: the background's colour in [0, 1], a number or [C].
        ink: the foreground's colour, likewise.

    Returns:
        bool array [n, H, W].

    Raises:
        ValueError: pictures out of range, or ink of the paper's colour.

    Example:

    >>> kgen.metrics.foreground(np.array([[[[0.2], [0.9]]]]), paper=1.0, ink=0.0).tolist()
    [[[True, False]]]
    """
    paper, ink = np.asarray(paper, np.float64), np.asarray(ink, np.float64)
    stroke = np.broadcast_to(ink - paper, np.shape(images)[-1:])
    if not np.any(stroke):
        raise invalid("ink", "another colour than the paper's", paper=paper.tolist(), ink=ink.tolist())
    return (_floats(images) - paper) @ stroke > stroke @ stroke / 2


def pixel_agreement(fake, real):
    """Share of pixels at which two masks agree.

    The background decides: give the value of shuffled pairs beside it.

    Args:
        fake: bool array [n, H, W], see `foreground`.
        real: the mask of each one's counterpart, likewise.

    Returns:
        float in [0, 1].

    Raises:
        ValueError: masks of different shapes, or none.

    Example:

    >>> kgen.metrics.pixel_agreement(np.array([[[True, False]]]), np.array([[[True, True]]]))
    0.5

    Reference: Liu & Tuzel 2016, CoGAN, section 4, arXiv 1606.07536.
    """
    fake, real = _masks(fake, real)
    return float(np.mean(fake == real))


def intersection_over_union(fake, real):
    """Intersection of two masks by their union, the mean over pictures; 1 where both are empty.

    Args:
        fake: bool array [n, H, W], see `foreground`.
        real: the mask of each one's counterpart, likewise.

    Returns:
        float in [0, 1].

    Raises:
        ValueError: masks of different shapes, or none.

    Example:

    >>> kgen.metrics.intersection_over_union(np.array([[[True, False]]]), np.array([[[True, True]]]))
    0.5
    """
    fake, real = _masks(fake, real)
    union, both = (np.sum(mask, axis=(1, 2)) for mask in (fake | real, fake & real))
    return float(np.mean(np.where(union, both / np.maximum(union, 1), 1.0)))


def _floats(images):
    images = in_range("images", images)
    return images / (255 if np.issubdtype(images.dtype, np.integer) else 1)


def _alike(fake, real):
    """Both as floats in [0, 1]."""
    return tuple(_floats(images).astype(np.float64) for images in _same_shape(fake, real))


def _masks(fake, real):
    return tuple(np.asarray(mask, bool) for mask in _same_shape(fake, real))


def _same_shape(fake, real):
    if np.shape(fake) != np.shape(real) or not np.size(real):
        raise invalid("fake", f"something of shape {np.shape(real)}, and not empty", shape=np.shape(fake))
    return fake, real
