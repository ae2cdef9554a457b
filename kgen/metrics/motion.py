"""How what clips show moves, and whether it stays what it is."""

import numpy as np
from scipy.stats import wasserstein_distance

from kgen.errors import invalid, number_in
from kgen.metrics.extractors import get_extractor
from kgen.metrics.preprocessing import in_range

THRESHOLD = 0.1  # Darker pixels are background.


def centroids(clips, threshold=THRESHOLD):
    """Where the ink of each frame is.

    c_t = sum_p x_t(p) p / sum_p x_t(p), over pixels p that are brighter than the threshold; channels are added up.

    Args:
        clips: bright on dark, integers in 0..255 or floats in [0, 1], [n, frames, height, width, channels] (or no such
            axis).
        threshold: in [0, 1).

    Returns:
        float64 array [n, frames, 2], (down, right) in pixels; NaN of a frame without ink.

    Raises:
        ValueError: for another shape or range.

    Example:

    >>> clip = np.zeros([1, 2, 4, 4])
    >>> clip[0, 0, 1, 1:3], clip[0, 1, 2, 3] = 1.0, 0.5
    >>> kgen.metrics.centroids(clip).tolist()
    [[[1.0, 1.5], [2.0, 3.0]]]
    """
    number_in("threshold", threshold, 0, 1)
    ink = _unit(_clips("clips", clips)).sum(axis=-1, dtype=np.float64)
    ink = np.where(ink > threshold, ink, 0.0)  # [n, frames, height, width]
    total = ink.sum(axis=(2, 3))
    rows, columns = np.arange(ink.shape[2]), np.arange(ink.shape[3])
    sums = np.stack([ink.sum(axis=3) @ rows, ink.sum(axis=2) @ columns], axis=-1)
    return np.divide(sums, total[..., None], out=np.full_like(sums, np.nan), where=total[..., None] > 0)


def speeds(clips, threshold=THRESHOLD):
    """How fast the centroid moves: |c_{t+1} - c_t|.

    Args:
        clips, threshold: as for `centroids`; at least 2 frames.

    Returns:
        float64 array [n, frames - 1] in pixels per frame; NaN beside a frame without ink.

    Raises:
        ValueError: for another shape or range.

    Example:

    >>> clip = np.eye(4)[None, :3, None]  # A point that moves by one pixel per frame.
    >>> kgen.metrics.speeds(clip).tolist()
    [[1.0, 1.0]]
    """
    return _length(_differences(clips, threshold, 1))


def accelerations(clips, threshold=THRESHOLD):
    """How much the centroid's velocity changes: |c_{t+1} - 2 c_t + c_{t-1}|; 0 on a straight way at constant speed.

    Args:
        clips, threshold: as for `centroids`; at least 3 frames.

    Returns:
        float64 array [n, frames - 2] in pixels per frame and frame; NaN beside a frame without ink.

    Raises:
        ValueError: for another shape or range.

    Example:

    >>> clip = np.eye(4)[None, [0, 1, 0], None]  # There and back.
    >>> kgen.metrics.accelerations(clip).tolist()
    [[2.0]]
    """
    return _length(_differences(clips, threshold, 2))


def _differences(clips, threshold, number):
    found = centroids(clips, threshold)
    if found.shape[1] <= number:
        raise invalid("clips", f"at least {number + 1} frames", frames=found.shape[1])
    return np.diff(found, number, axis=1)


def _length(vectors):
    return np.sqrt(np.sum(np.square(vectors), axis=-1))


def motion_distances(fake, real, threshold=THRESHOLD):
    """How far the motion in clips is from that in real ones.

    W1(p, q) = int |F_p(x) - F_q(x)| dx, the least mean distance by which one distribution is moved into the other, of
    the centroids' speeds and of their accelerations, over all frames. A still picture repeated and frames in another
    order are both far off; pictures in place of digits are not seen here: see `class_consistency`.

    Args:
        fake: clips as for `centroids`; at least 3 frames.
        real: real clips; their number may differ.
        threshold: as for `centroids`.

    Returns:
        dict of JSON values: speed and acceleration, W1 in pixels per frame (and frame), None where no three generated
        frames in succession hold ink; empty_frames, the share of generated frames without ink.

    Raises:
        ValueError: for another shape or range, or real clips without ink.

    Example:

    >>> real = np.eye(4)[None, :, None]  # A point that moves by one pixel per frame.
    >>> kgen.metrics.motion_distances(real[:, [0, 0, 0, 0]], real)
    {'speed': 1.0, 'acceleration': 0.0, 'empty_frames': 0.0}

    Reference: Villani 2009, remark 2.19 (the formula on the line).
    """
    found = {}
    for name, measure in (("speed", speeds), ("acceleration", accelerations)):
        sets = [
            values[np.isfinite(values)] for values in (measure(clips, threshold) for clips in (fake, real))
        ]
        if not len(sets[1]):
            raise invalid("real", f"clips with ink, pixels brighter than {threshold}", frames_with_ink=0)
        found[name] = float(wasserstein_distance(*sets)) if len(sets[0]) else None
    empty = np.isnan(centroids(fake, threshold)[..., 0])
    return {**found, "empty_frames": float(empty.mean())}


def class_consistency(extractor, clips):
    """Whether a clip shows the same thing from its first frame to its last.

    Args:
        extractor: one with classes, or its name; best trained on frames of real clips (`train_classifier`).
        clips: as for `centroids`.

    Returns:
        dict of JSON values: same_class, the share of clips all of whose frames get the same class; mode_share, the
        share of a clip's frames that get its most frequent class, on average; confidence, the mean probability of a
        frame's class. A still picture repeated reaches 1 in the first two: read them beside `motion_distances`.

    Raises:
        ValueError: for another shape or range, or an extractor without classes.

    Example:

    >>> pictures = kgen.datasets.pair_truth("digits_pair:negative", num_examples=4).a
    >>> still = np.repeat(pictures[:, None], 3, axis=1)  # Each picture thrice.
    >>> found = kgen.metrics.class_consistency("kgen-digits-v1", still)
    >>> found["same_class"], found["mode_share"]
    (1.0, 1.0)

    Reference: it stands for the average content distance of Tulyakov 2018, section 4, arXiv 1707.04993.
    """
    extractor, clips = get_extractor(extractor), _clips("clips", clips)
    if not hasattr(extractor, "probabilities"):
        raise invalid("extractor", "one with classes", extractor=extractor.name)
    probabilities = extractor.probabilities(clips.reshape([-1, *clips.shape[2:]]))
    classes = probabilities.argmax(axis=1).reshape(clips.shape[:2])
    counts = np.eye(probabilities.shape[1])[classes].sum(axis=1)  # [n, classes]
    shares = counts.max(axis=1) / clips.shape[1]
    return {
        "same_class": float(np.mean(shares == 1.0)),
        "mode_share": float(np.mean(shares)),
        "confidence": float(np.mean(probabilities.max(axis=1))),
    }


def _clips(name, clips):
    """Clips with a channel axis."""
    clips = np.asarray(clips)
    clips = clips[..., None] if clips.ndim == 4 else clips
    if clips.ndim != 5 or not clips.size:
        raise invalid(
            name, "shape [n, frames, height, width, channels], none of them empty", shape=clips.shape
        )
    return clips


def _unit(clips):
    """Integers in 0..255 as floats in [0, 1]; floats as they are."""
    return in_range("clips", clips) / np.float32(255 if clips.dtype.kind in "iu" else 1)
