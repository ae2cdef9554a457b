"""Sounds of one length: of folders of wav files, and of TFDS."""

import os
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow_datasets as tfds

from kgen import datasets, sounds
from kgen.datasets import load_sounds, sound_sources

PREPARED = pathlib.Path(os.environ.get("TFDS_DATA_DIR", "no such folder"))
needs_spoken_digit = pytest.mark.skipif(
    not (PREPARED / "spoken_digit").is_dir(), reason="no spoken_digit in TFDS_DATA_DIR"
)


def ramp(number, start=1):
    """Samples k / 1024, k = start, start + 1, ...: exact in 16 bits."""
    return (start + np.arange(number)) / 1024


@pytest.fixture
def folder(tmp_path):
    """Two classes of sounds of several lengths, at 8 kHz."""
    for name, lengths in (("high", (3, 6)), ("low", (9, 4, 5))):
        (tmp_path / name).mkdir()
        for place, length in enumerate(lengths):
            sounds.write_wav(tmp_path / name / f"{place}.wav", ramp(length, 1 + 10 * place), 8000)
    return tmp_path


def all_of(dataset):
    parts = list(dataset.as_numpy_iterator())
    return (
        tuple(map(np.concatenate, zip(*parts, strict=True)))
        if isinstance(parts[0], tuple)
        else np.concatenate(parts)
    )


def test_the_first_samples_stay_and_zeros_fill_up(folder):
    dataset, about = load_sounds(folder, slice_length=5, batch_size=2, shuffle=False, labels=True)
    x, y = all_of(dataset)
    assert x.shape == (5, 5, 1) and x.dtype == np.float32
    rows = [x[y == k][:, :, 0] * 1024 for k in (0, 1)]
    assert rows[0].tolist() == [[1, 2, 3, 0, 0], [11, 12, 13, 14, 15]]
    assert rows[1].tolist() == [[1, 2, 3, 4, 5], [11, 12, 13, 14, 0], [21, 22, 23, 24, 25]]
    assert (about.shape, about.classes, about.num_examples) == ((5, 1), ("high", "low"), 5)
    assert (about.sample_rate, about.num_skipped, about.name) == (8000, 0, folder.name)


def test_batches_are_a_function_of_seed_and_step(folder):
    dataset, _ = load_sounds(folder, slice_length=5, batch_size=2, seed=3)
    again, _ = load_sounds(folder, slice_length=5, batch_size=2, seed=3)
    other, _ = load_sounds(folder, slice_length=5, batch_size=2, seed=4)
    steps = [next(iter(dataset.at(step))).numpy() for step in range(6)]
    np.testing.assert_array_equal(steps[:2], list(again.as_numpy_iterator()))
    assert dataset.steps_per_epoch == 2
    assert not np.array_equal(steps, [next(iter(other.at(step))).numpy() for step in range(6)])
    firsts = np.concatenate(steps[:5])[:, 0, 0] * 1024  # Two epochs without a gap.
    assert sorted(firsts[:5]) == sorted(firsts[5:]) == [1, 1, 11, 11, 21]


def test_the_fingerprint_knows_samples_and_labels(folder):
    known = load_sounds(folder, slice_length=5, batch_size=2)[1].fingerprint
    assert known == load_sounds(folder, slice_length=5, batch_size=4, seed=5)[1].fingerprint
    sounds.write_wav(folder / "high" / "0.wav", ramp(3, 2), 8000)
    assert known != load_sounds(folder, slice_length=5, batch_size=2)[1].fingerprint


def test_rates_and_channels_become_one(tmp_path):
    """A tone of 500 Hz in two channels, 0.6 and 0.2 loud, at 48 kHz, becomes one of 0.4 at 8 kHz."""
    wave = np.sin(2 * np.pi * 500 * np.arange(48000) / 48000)
    both = sounds.to_int16(np.stack([0.6 * wave, 0.2 * wave], axis=1))
    data = bytearray(sounds.wav_bytes(np.zeros(2 * 48000), 48000))
    data[44:], data[22], data[32] = both.tobytes(), 2, 4  # Channels and bytes of a frame.
    (tmp_path / "stereo.wav").write_bytes(data)
    dataset, about = load_sounds(tmp_path, slice_length=2000, sample_rate=8000, batch_size=1)
    wanted = 0.4 * np.sin(2 * np.pi * 500 * np.arange(2000) / 8000)
    x = next(iter(dataset)).numpy()[0, :, 0]
    np.testing.assert_allclose(x[50:], wanted[50:], atol=3e-3)
    assert about.sample_rate == 8000
    sounds.write_wav(tmp_path / "other.wav", ramp(9), 8000)
    with pytest.raises(
        ValueError, match="`sample_rate`.*since the files have several.*8000 Hz in .*48000 Hz in"
    ):
        load_sounds(tmp_path, batch_size=1)


def test_only_what_is_needed_is_read(tmp_path, monkeypatch):
    sounds.write_wav(tmp_path / "long.wav", ramp(60000) / 64, 8000)
    asked = []
    read = sounds.read_wav
    monkeypatch.setattr(
        sounds, "read_wav", lambda path, seconds: asked.append(seconds) or read(path, seconds)
    )
    x = next(iter(load_sounds(tmp_path, slice_length=80, sample_rate=4000, batch_size=1)[0])).numpy()
    assert asked == [80 / 4000 + 0.25]
    whole = sounds.resampled(ramp(60000) / 64, 8000, 4000)[:80]
    np.testing.assert_allclose(x[0, :, 0], whole, atol=1 / 2**15)


def test_folders_are_splits_too(folder, tmp_path_factory):
    split_up = tmp_path_factory.mktemp("splits")
    for split, number in (("train", 4), ("test", 2)):
        (split_up / split).mkdir(parents=True)
        for place in range(number):
            sounds.write_wav(split_up / split / f"{place}.WAV", ramp(4, 1 + place), 8000)
    assert load_sounds(split_up, slice_length=4, batch_size=2)[1].num_examples == 4
    assert load_sounds(split_up, "test", slice_length=4, batch_size=2)[1].num_examples == 2
    assert load_sounds(folder, "train[:60%]", slice_length=4, batch_size=1)[1].num_examples == 3


BAD = {
    "empty": (b"", "it is empty"),
    "none": (sounds.wav_bytes(np.ones(1), 8000)[:44], "it holds no sample"),
    "silent": (sounds.wav_bytes(np.zeros(9), 8000), "it is silent for its first 0.000625 seconds"),
    "constant": (sounds.wav_bytes(np.full(9, 0.5), 8000), "it is silent"),
    "text": (b"no sound at all, only words", "it is no wav file of uncompressed integers"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_named_in_one_line_or_left_out(folder, kind):
    data, words = BAD[kind]
    (folder / "low" / "bad.wav").write_bytes(data)
    with pytest.raises(ValueError, match=rf"the sound .*bad.wav: {words}.*on_bad=.skip.") as error:
        load_sounds(folder, slice_length=5, sample_rate=8000, batch_size=1)
    assert "\n" not in str(error.value)
    with pytest.warns(UserWarning, match="Left out 1 sounds, the first: .*bad.wav"):
        dataset, about = load_sounds(
            folder, slice_length=5, batch_size=1, on_bad="skip", shuffle=False, labels=True
        )
    assert (about.num_examples, about.num_skipped) == (5, 1)
    assert sorted(all_of(dataset)[1]) == [0, 0, 1, 1, 1]


def test_bad_arguments_are_named(folder, tmp_path):
    for arguments, word in (
        ({"slice_length": 0}, "slice_length"),
        ({"sample_rate": 10}, "sample_rate"),
        ({"sample_rate": 8000.5}, "sample_rate"),
        ({"on_bad": "ignore"}, "on_bad"),
        ({"num_examples": 0}, "num_examples"),
        ({"split": "dev"}, "split"),
        ({"batch_size": 0}, "batch_size"),
    ):
        with pytest.raises(ValueError, match=f"argument `{word}`"):
            load_sounds(folder, **{"slice_length": 4, **arguments})
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        load_sounds("./nowhere")
    (tmp_path / "bare").mkdir()
    with pytest.raises(ValueError, match="There is no sound in .*bare. Expected files named .wav"):
        load_sounds(tmp_path / "bare")
    with pytest.raises(ValueError, match="a folder of wav files, or a name"):
        load_sounds(folder / "low" / "0.wav")
    shutil.copy(folder / "low" / "0.wav", tmp_path / "bare" / "a.wav")
    with pytest.raises(ValueError, match="argument `labels`. Expected False"):
        load_sounds(tmp_path / "bare", slice_length=4, batch_size=1, labels=True)


class Chirps(tfds.core.GeneratorBasedBuilder):
    """Sounds of several lengths under names as those of `spoken_digit`, one of them silent."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {
            "audio": tfds.features.Audio(sample_rate=8000),
            "audio/filename": tfds.features.Text(),
            "label": tfds.features.ClassLabel(names=["a", "b"]),
        }
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for number in range(12):
            samples = (np.arange(3 + number) + 1) * 32 * (number != 11)
            name = f"{number % 2}_jack_{number}.wav"
            yield number, {"audio": samples, "audio/filename": name, "label": number % 2}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    Chirps(data_dir=folder).download_and_prepare()
    return folder


def test_tfds_sounds_are_16_bits_at_their_rate(place):
    with pytest.warns(UserWarning, match="Left out 1 sounds, the first: .* of chirps: it is silent"):
        dataset, about = load_sounds(
            "chirps", slice_length=4, batch_size=4, labels=True, data_dir=place, shuffle=False
        )
    x, y = all_of(dataset)
    assert (about.sample_rate, about.num_examples, about.num_skipped) == (8000, 11, 1)
    assert sorted((x[:, :, 0] * 1024).sum(axis=1)) == [6, *10 * [10]]
    assert about.classes == ("a", "b") and sorted(y) == [0] * 6 + [1] * 5


def test_of_spoken_digits_recordings_0_to_4_are_held_out(place, monkeypatch):
    monkeypatch.setattr(sound_sources, "SPOKEN_DIGIT", "chirps")
    found = load_sounds("chirps", "test", slice_length=16, batch_size=8, data_dir=place)[0]
    lengths = (all_of(found)[:, :, 0] > 0).sum(axis=1)
    assert sorted(lengths) == [3, 4, 5, 6, 7]
    two = load_sounds("chirps", "test[1:3]", slice_length=16, batch_size=1, data_dir=place)[1]
    assert two.num_examples == 2
    with pytest.raises(ValueError, match="argument `split`"):
        load_sounds("chirps", "validation", data_dir=place)


def test_a_data_set_without_sound_is_refused(tmp_path):
    with pytest.raises(ValueError, match="argument `source`. Expected a data set of sounds"):
        load_sounds("digits", data_dir=tmp_path)


@needs_spoken_digit
def test_spoken_digit_holds_a_tenth_out():
    parts = {split: load_sounds("spoken_digit", split, slice_length=1024)[1] for split in ("train", "test")}
    assert {split: about.num_examples for split, about in parts.items()} == {"train": 2250, "test": 250}
    assert parts["train"].sample_rate == 8000 and len(parts["train"].classes) == 10


def test_the_public_name():
    assert datasets.load_sounds is load_sounds
