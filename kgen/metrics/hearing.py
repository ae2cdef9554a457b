"""What a classifier of log-mel spectrograms hears in sounds, how far they lie from real ones, and what is naive.

Reference: Donahue 2019, section 6, arXiv 1802.04208.
"""

import numpy as np

from kgen.errors import integer_from, invalid, positive_integer
from kgen.metrics.classifier import train_classifier
from kgen.metrics.extractors import get_extractor
from kgen.metrics.frechet import frechet_distance, moments, sums
from kgen.metrics.manifold import to_neighbour
from kgen.metrics.neighbours import nearest_neighbours
from kgen.metrics.pairs import pixels
from kgen.metrics.report import Seen
from kgen.metrics.scores import classifier_score
from kgen.sounds import log_mel_pictures

LOUDEST = 5.0  # Log magnitude that is white, somewhat over the loudest speech; 10 nats less are black.
EPOCHS = 15
BLOCK = 500  # Sounds whose spectra are in memory at once.


def train_sound_classifier(x, labels, sample_rate, epochs=EPOCHS, seed=0):
    """Trains a small classifier of sounds: `train_classifier` on log-mel pictures of one scale.

    The pictures are `kgen.sounds.log_mel_pictures(x, sample_rate, loudest=5.0)`, whatever other sounds are drawn with
    them; in training they are shifted at random, by up to a fourteenth of the smaller side, in time and in pitch.

    Args:
        x: waveforms [n, samples] or [n, samples, 1] in [-1, 1].
        labels: integers in 0..classes - 1, [n].
        sample_rate: in Hz.
        epochs: passes over the data.
        seed: of the training.

    Returns:
        An extractor of such pictures with `probabilities`, `accuracy` and `save`; see `train_classifier`.

    Raises:
        ValueError: for counts that differ, labels that are no integers from 0, a single class, or no such sounds.

    Example:

    >>> x = np.sin(np.outer(np.arange(64) % 2 + 1, np.arange(256)))
    >>> kgen.metrics.train_sound_classifier(x, np.arange(64) % 2, 8000, epochs=1).classes
    2

    Reference: Donahue 2019, section 6.1, arXiv 1802.04208, whose classifier reads such spectrograms.
    """
    return train_classifier(sound_pictures(x, sample_rate), np.asarray(labels), epochs=epochs, seed=seed)


def sound_pictures(x, sample_rate):
    """The pictures that a classifier of sounds reads; see `train_sound_classifier`.

    Args:
        x: waveforms [n, samples] or [n, samples, 1].
        sample_rate: in Hz.

    Returns:
        uint8 array [n, 64, columns, 1].

    Raises:
        ValueError: for another shape, no sounds, or numbers that are not finite.

    Example:

    >>> int(kgen.metrics.hearing.sound_pictures(np.zeros([2, 4096]), 8000).max())
    0
    """
    x = _waveforms(x)
    parts = (x[start : start + BLOCK] for start in range(0, len(x), BLOCK))
    return np.concatenate([log_mel_pictures(part, sample_rate, LOUDEST) for part in parts])


def _waveforms(x):
    x = np.asarray(x)
    x = x[..., 0] if x.ndim == 3 and x.shape[2] == 1 else x
    if x.ndim != 2 or not x.size or not np.isfinite(x).all():
        raise invalid("x", "finite waveforms [n, samples], one or more", shape=x.shape)
    return x


def random_phase(x, num_samples, seed=0):
    """Noise of the mean spectrum of sounds, the naive way to make sounds like them.

    y = irfft(A(f) exp(i phi(f))), A(f) = mean_n |rfft(x_n)(f)| over whole waveforms, phi(f) ~ U(0, 2 pi), which is
    0 or pi at 0 Hz and at half the rate; cut off at -1 and 1. Each has the pitches of all sounds together, and no
    beginning or end.

    Args:
        x: waveforms [n, samples] or [n, samples, 1] in [-1, 1].
        num_samples: of the noises.
        seed: integer, 0 or more.

    Returns:
        float32 array [num_samples, samples].

    Raises:
        ValueError: for other shapes or numbers.

    Example:

    >>> kgen.metrics.random_phase(np.ones([3, 8]), 2).shape
    (2, 8)

    Reference: Theiler 1992 (surrogates of a spectrum with random phases), Physica D 58.
    """
    positive_integer("num_samples", num_samples)
    integer_from(0, "seed", seed)
    x = _waveforms(x)
    length = x.shape[1]
    blocks = (x[start : start + BLOCK] for start in range(0, len(x), BLOCK))
    magnitude = sum(np.abs(np.fft.rfft(block)).sum(axis=0) for block in blocks) / len(x)
    turns = np.random.default_rng(seed).random([num_samples, len(magnitude)])
    phases = np.exp(2j * np.pi * turns)
    real = [0, length // 2] if length % 2 == 0 else [0]  # Frequencies of a real number.
    phases[:, real] = np.where(turns[:, real] < 0.5, 1, -1)
    return np.clip(np.fft.irfft(magnitude * phases, length), -1, 1).astype("float32")


def sound_scores(x, train, held_out, sample_rate, classifier):
    """How well a classifier hears classes in sounds, and how far they lie from real ones.

    All is computed on groups of as many sounds as are held out, since each value depends on their number, and the
    mean over these groups is given. Distances are Euclidean between log-mel pictures in [0, 1]. For the floors call
    it with training sounds for x (their distance_to_train is 0), and with those held out (their frechet_distance is).

    Args:
        x: waveforms [n, samples] or [n, samples, 1] in [-1, 1], at least as many as are held out; a rest that makes
            no group is left out.
        train: waveforms that the model was trained on.
        held_out: at least two real waveforms that neither the model nor the classifier was trained on.
        sample_rate: in Hz.
        classifier: of `train_sound_classifier`.

    Returns:
        dict of JSON values: classifier_score (see `kgen.metrics.classifier_score`), score_ratio (to that of held-out
        sounds), frechet_distance (to held-out sounds, in the classifier's features), distance_to_train (mean over x
        to the nearest training sound) and distance_within (mean over x to the nearest other one of the group).

    Raises:
        ValueError: for too few sounds, or an extractor without classes.

    Example:

    >>> x = np.random.default_rng(0).uniform(-1, 1, [64, 256])
    >>> classifier = kgen.metrics.train_sound_classifier(x, np.arange(64) % 2, 8000, epochs=1)
    >>> kgen.metrics.sound_scores(x[:8], x[8:], x[:8], 8000, classifier)["score_ratio"]
    1.0

    Reference: Donahue 2019, section 6 (inception score, |D|_train and |D|_self), arXiv 1802.04208.
    """
    number, classifier = len(held_out), get_extractor(classifier)
    if number < 2 or len(x) < number:
        raise invalid("x", "as many sounds as are held out, two or more", sounds=len(x), held_out=number)
    x, train, held_out = (sound_pictures(sounds, sample_rate) for sounds in (x, train, held_out))
    train, real = pixels("train", train), Seen(held_out, classifier)
    starts = range(0, len(x) - number + 1, number)
    groups = [_of_group(Seen(x[i : i + number], classifier), train, real) for i in starts]
    return {name: float(np.mean([group[name] for group in groups])) for name in groups[0]}


def _of_group(seen, train, real):
    score, reached = (float(classifier_score(sounds.probabilities)) for sounds in (seen, real))
    rows, normals = pixels("x", seen.pictures), (moments(*sums(sounds.features)) for sounds in (real, seen))
    return {
        "classifier_score": score,
        "score_ratio": score / reached,
        "frechet_distance": float(frechet_distance(*next(normals), *next(normals))),
        "distance_to_train": nearest_neighbours(rows, train)[1].mean(),
        "distance_within": np.sqrt(to_neighbour(rows.astype("float64"), rows.astype("float64"), 2)).mean(),
    }
