"""Recordings of one length and rate: of a TFDS data set, or of a folder of wav files."""

import itertools
import pathlib
import typing

import numpy as np

from kgen import sounds
from kgen.datasets.arrays import Examples, select
from kgen.datasets.folder import each, find_files, labels_of, tell
from kgen.datasets.preparing import find, make_ready
from kgen.datasets.sizing import allocate
from kgen.datasets.tfds_source import batches, count
from kgen.errors import invalid

EXTENSIONS = (".wav", ".wave")
SPOKEN_DIGIT, HELD_OUT = "spoken_digit", 5  # Recordings 0 to 4 of each speaker and digit are `test`.
ZERO, NAMELESS = np.zeros(1, np.int32), np.array([b""])  # Where a data set has no labels, no file names.
MARGIN = 0.25  # Seconds that are read behind a slice, for the filter that resamples it.


class Recording(typing.NamedTuple):
    """A waveform as it was stored."""

    samples: np.ndarray  # float32 [samples]
    rate: int  # Hz


class Form(typing.NamedTuple):
    """What recordings are made into."""

    length: int  # samples
    rate: int | None  # Hz; None for that of the source


def read_sound_folder(root, form, split="train", on_bad="error", num_examples=None):
    """The wav files of a folder; splits and classes are folders in it, as of pictures.

    Args:
        root: path of the folder.
        form: `Form`.
        split, on_bad, num_examples: as in `load_sounds`.

    Returns:
        (`Examples` with int16 [N, length, 1], rate in Hz).

    Raises:
        FileNotFoundError: if there is no such folder.
        ValueError: if it holds no wav file, one that cannot be used, or files of several rates where none is said.
    """
    files, classes = find_files(root, EXTENSIONS, "sound", split, num_examples)
    paths = [pathlib.Path(root, file.path) for file in files]
    rate = form.rate or _common_rate(paths, on_bad)
    waves = allocate((len(paths), form.length, 1), np.int16)

    def use(path, number):
        waves[number, :, 0] = slice_of(_read(path, form.length / rate), Form(form.length, rate), path)

    kept, problems = each(use, paths, "sounds", on_bad)
    tell(problems, "sounds")
    labels, name = labels_of(files, kept, classes), pathlib.Path(root).resolve().name
    return Examples(waves[: len(kept)], labels, classes, name, split, len(problems)), rate


def _read(path, seconds=0.0):
    """The beginning of a wav file in one channel."""
    samples, rate = sounds.read_wav(path, seconds + MARGIN)
    return Recording(sounds.mono(samples), rate)


def _common_rate(paths, on_bad):
    """The rate that all files have."""
    rates = {}
    for path in paths:
        try:
            rates.setdefault(_read(path).rate, path)
        except ValueError:
            if on_bad == "error":
                raise
    if len(rates) > 1:
        about = ", ".join(f"{rate} Hz in {path}" for rate, path in sorted(rates.items())[:3])
        raise invalid("sample_rate", "a number of Hz, since the files have several", about)
    if not rates:
        raise invalid("source", "sounds that can be read", f"{len(paths)} that cannot")
    return next(iter(rates))


def slice_of(recording, form, name):
    """A recording in a form: resampled, then its first samples, or zeros behind a shorter one; 16 bits.

    Args:
        recording: `Recording`.
        form: `Form` with a rate.
        name: of the recording, in messages.

    Returns:
        int16 array [length].

    Raises:
        ValueError: silence.
    """
    found = sounds.fitted(sounds.resampled(recording.samples, recording.rate, form.rate), form.length)
    found = sounds.to_int16(found)
    if np.ptp(found) == 0:
        seconds = form.length / form.rate
        raise ValueError(f"Cannot use the sound {name}: it is silent for its first {seconds:.3g} seconds.")
    return found


def read_sound_tfds(name, form, split="train", data_dir=None, num_examples=None):
    """The recordings of a TFDS data set with a feature `audio` of a known rate; empty and silent ones are left out.

    Of `spoken_digit`, which has one split, recordings 0 to 4 of each speaker and digit are `test`, as its authors
    have it, and the others `train`.

    Args:
        name: of the data set.
        form: `Form`.
        split, data_dir, num_examples: as in `load_sounds`.

    Returns:
        (`Examples` with int16 [N, length, 1], rate in Hz).

    Raises:
        DatasetNotPrepared: if it is not here and no network answers.
        ValueError: if the name or split is unknown, or there is no sound in it.
    """
    builder = find(name, data_dir)
    rate, classes = _features(builder)
    make_ready(builder, name, data_dir)
    form = Form(form.length, form.rate or rate)
    total, recordings = (_spoken_digits if name == SPOKEN_DIGIT else _stored)(builder, split)
    total = total if num_examples is None else min(total, num_examples)
    waves, labels, problems = allocate((total, form.length, 1), np.int16), [], []
    for place, (samples, label, _) in enumerate(itertools.islice(recordings, total)):
        try:
            recording = Recording(_floats(samples), rate)
            waves[len(labels), :, 0] = slice_of(recording, form, f"{place} of {name}")
            labels.append(label)
        except ValueError as error:
            problems.append(str(error))
    tell(problems, "sounds")
    known = np.array(labels, np.int32) if classes else None
    return Examples(waves[: len(labels)], known, classes, name, split, len(problems)), form.rate


def _features(builder):
    """The rate of the recordings, and the names of their classes or ()."""
    import tensorflow_datasets as tfds

    features = builder.info.features
    features = dict(features) if isinstance(features, tfds.features.FeaturesDict) else {}
    rate = getattr(features.get("audio"), "sample_rate", None)
    if rate is None:
        about = f"{builder.name!r} with {', '.join(features) or 'features of another kind'}"
        raise invalid("source", "a data set of sounds (a feature `audio` of a known rate)", about)
    label = features.get("label")
    return int(rate), tuple(label.names) if isinstance(label, tfds.features.ClassLabel) else ()


def _stored(builder, split):
    """Number of recordings of a split, and an iterable of (samples, label or 0, file name or "")."""
    total = count(builder, split)
    keys = [key for key in ("audio", "label", "audio/filename") if key in builder.info.features]
    return total, (
        (batch["audio"][0], batch.get("label", ZERO)[0], batch.get("audio/filename", NAMELESS)[0].decode())
        for batch in batches(builder, split, keys, 1, total)
    )


def _spoken_digits(builder, split):
    """The same of `spoken_digit`, whose files are DIGIT_SPEAKER_NUMBER.wav, by its authors' splits."""
    parts = {"train": [], "test": []}
    for recording in _stored(builder, "train")[1]:
        number = int(pathlib.PurePath(recording[2]).stem.split("_")[-1])
        parts["test" if number < HELD_OUT else "train"].append(recording)
    names, part = select(split, {name: len(found) for name, found in parts.items()})
    chosen = [recording for name in names for recording in parts[name]][part]
    return len(chosen), chosen


def _floats(samples):
    """Numbers of 16 bits, in whichever integers they are kept, as floats in [-1, 1)."""
    whole = samples.dtype.kind in "iu"
    return samples.astype(np.float32) / (sounds.FULL if whole else 1.0)
