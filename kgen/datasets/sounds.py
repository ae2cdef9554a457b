"""Sounds of one length, as the data set that a model of waveforms trains on."""

import dataclasses
import os
import pathlib

import tensorflow as tf

from kgen.datasets.checks import as_shuffle, check_labelled
from kgen.datasets.preparing import is_known
from kgen.datasets.sound_sources import Form, read_sound_folder, read_sound_tfds
from kgen.datasets.sources import check_reading
from kgen.datasets.stream import Description, check, describe, order, pipeline, reader
from kgen.errors import invalid, positive_integer
from kgen.sounds import FULL, check_rate


@dataclasses.dataclass(frozen=True)
class SoundDescription(Description):
    """What sounds are; see `Description`.

    Args:
        sample_rate: in Hz.

    Example:

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kgen.sounds.write_wav(pathlib.Path(folder, "a.wav"), [0.5, -0.25], 8000)
    ...     _, about = kgen.datasets.load_sounds(folder, slice_length=16, batch_size=1)
    >>> about.shape, about.num_examples, about.sample_rate
    ((16, 1), 1, 8000)
    """

    sample_rate: int = 0


def load_sounds(
    source="spoken_digit",
    split="train",
    slice_length=16384,
    sample_rate=None,
    batch_size=64,
    seed=0,
    shuffle=None,
    labels=False,
    data_dir=None,
    on_bad="error",
    num_examples=None,
):
    """Loads sounds as the data set that a `kgen.WaveGAN` trains on.

    The channels of a recording become their mean, which is resampled as `kgen.sounds.resampled` does; of a longer one
    the first `slice_length` samples stay, behind a shorter one there are zeros. All is kept in 16 bits. The order is a
    function of (seed, step): see `from_arrays`.

    Of `spoken_digit`, which TFDS has in one split, recordings 0 to 4 of each speaker and digit are `test`.

    Args:
        source: "spoken_digit", "speech_commands" or another TFDS data set with a feature `audio`; or a folder of wav
            files of 8, 16, 24 or 32 bits, of any rate and number of channels, in which folders are classes (and
            train/ and test/ splits).
        split: "train", "test", "all" or a slice such as "train[:1000]".
        slice_length: samples of an example.
        sample_rate: in Hz; None for that of the source.
        batch_size: examples per step.
        seed: integer in [0, 2**31).
        shuffle: whether to shuffle and drop the remainder; None for yes if the split is of `train`.
        labels: whether to yield (sounds, labels int32) instead of sounds.
        data_dir: folder of TFDS data sets; the environment variable TFDS_DATA_DIR if None.
        on_bad: "error" or "skip", what a wav file that is unreadable, empty or silent leads to. Of a TFDS data set
            such recordings are left out.
        num_examples: use only so many examples of the split.

    Returns:
        Pair (dataset, `SoundDescription`): a `tf.data.Dataset` of float32 batches [batch, slice_length, 1] in [-1, 1),
        with the attributes that `from_arrays` gives.

    Raises:
        FileNotFoundError: if the folder is missing.
        DatasetNotPrepared: if a TFDS data set is not here and no network answers.
        ValueError: if an argument does not fit, or a wav file is none, is empty or is silent.

    Example:

    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> kgen.sounds.write_wav(folder / "a.wav", np.array([0.5, -0.25]), 8000)
    >>> dataset, description = kgen.datasets.load_sounds(folder, slice_length=3, batch_size=1)
    >>> next(iter(dataset)).numpy().tolist(), description.sample_rate
    ([[[0.5], [-0.25], [0.0]]], 8000)
    """
    check_reading(on_bad, num_examples)
    positive_integer("slice_length", slice_length)
    if sample_rate is not None:
        check_rate(sample_rate)
    form = Form(slice_length, sample_rate)
    if _is_folder(source):
        found, rate = read_sound_folder(pathlib.Path(source).expanduser(), form, split, on_bad, num_examples)
    else:
        found, rate = read_sound_tfds(source, form, split, data_dir, num_examples)
    check_labelled(found, labels)
    shuffle = as_shuffle(shuffle, split)
    dataset = stream_sounds(found, rate, batch_size, seed, shuffle, labels)
    return dataset, dataset.description


def _is_folder(source):
    """Whether a source is a folder, there or not, and no name of TFDS."""
    if not isinstance(source, str | os.PathLike):
        raise invalid("source", "a name or a folder", source=type(source).__name__)
    plain = isinstance(source, str) and source[:1] not in (".", "~", os.sep)
    path = pathlib.Path(source).expanduser()
    if path.is_file():
        raise invalid("source", "a folder of wav files, or a name", f"the file {path}")
    return not (plain and is_known(source)) and (not plain or path.is_dir() or os.sep in source)


def stream_sounds(examples, sample_rate, batch_size, seed, shuffle, with_labels):
    """The data set of `Examples` of int16 sounds; see `load_sounds`."""
    number = len(examples.images)
    check(examples, batch_size, seed, shuffle, None)
    steps = number // batch_size if shuffle else -(-number // batch_size)
    sounds, labels = reader(examples.images), reader(examples.labels) if with_labels else None

    def batch(step):
        index, _ = order(step, number, batch_size, seed, shuffle)
        x = tf.cast(sounds(index), tf.float32) / FULL
        return (x, labels(index)) if with_labels else x

    known = vars(describe(examples))
    return pipeline(batch, steps, SoundDescription(**known, sample_rate=int(sample_rate)), None)
