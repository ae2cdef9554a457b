"""Wav files, resampling and spectrograms, against written-out rules."""

import struct
import wave

import numpy as np
import pytest
import tensorflow as tf
from scipy import signal

from kgen import sounds

RATE = 8000


def store(path, data, channels, width, rate=RATE):
    """A wav file of raw bytes."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(data)
    return path


def tone(hertz, rate, seconds=0.25):
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def test_what_is_written_is_read(tmp_path):
    x = np.random.default_rng(0).uniform(-1, 1, 500)
    sounds.write_wav(tmp_path / "a.wav", x, 22050)
    found, rate = sounds.read_wav(tmp_path / "a.wav")
    assert rate == 22050 and found.dtype == np.float32 and found.shape == (500, 1)
    np.testing.assert_allclose(found[:, 0], x, atol=1 / 2**15)
    again = sounds.wav_bytes(found[:, 0], 22050)
    assert again == (tmp_path / "a.wav").read_bytes()


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_integers_of_every_width(tmp_path, width):
    """Smallest, zero, a half and largest, in two channels."""
    whole = 2 ** (8 * width - 1)
    numbers = [-whole, 0, whole // 2, whole - 1]
    raw = b"".join(struct.pack("<q", n + (128 if width == 1 else 0))[:width] for n in numbers)
    path = store(tmp_path / "a.wav", raw, 2, width)
    found, _ = sounds.read_wav(path)
    np.testing.assert_allclose(found, np.reshape([-1.0, 0.0, 0.5, (whole - 1) / whole], (2, 2)), rtol=1e-7)


def test_the_graph_writes_the_same_file():
    x = np.random.default_rng(1).uniform(-1, 1, 200).astype("float32")
    assert tf.audio.encode_wav(x[:, None], RATE).numpy() == sounds.wav_bytes(x, RATE)


def test_a_beginning_is_enough(tmp_path):
    sounds.write_wav(tmp_path / "a.wav", np.linspace(-1, 1, RATE), RATE)
    found, _ = sounds.read_wav(tmp_path / "a.wav", seconds=0.01)
    assert len(found) == 80


def test_files_that_are_none(tmp_path):
    files = {
        "empty": b"",
        "text": b"hello, this is no sound at all",
        "float": sounds.wav_bytes(np.zeros(9), RATE).replace(b"fmt \x10\0\0\0\x01", b"fmt \x10\0\0\0\x03"),
        "cut": sounds.wav_bytes(np.zeros(9), RATE)[:30],
    }
    words = {
        "empty": "it is empty",
        "text": "it is no wav file",
        "float": "it is no wav file",
        "cut": "it is no",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match=f"Cannot read the sound .*{name}: {words[name]}") as error:
            sounds.read_wav(tmp_path / name)
        assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match="holds no sample"):
        sounds.read_wav(store(tmp_path / "none.wav", b"", 1, 2))
    with pytest.raises(ValueError, match="its rate is 7 Hz"):
        sounds.read_wav(store(tmp_path / "slow.wav", b"\0\0", 1, 2, rate=7))
    with pytest.raises(FileNotFoundError):
        sounds.read_wav(tmp_path / "nowhere.wav")


def test_a_damaged_end_loses_the_broken_sample(tmp_path):
    data = sounds.wav_bytes(np.full(4, 0.5), RATE)
    (tmp_path / "a.wav").write_bytes(data[:-1])
    assert sounds.read_wav(tmp_path / "a.wav")[0][:, 0].tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("rates", [(44100, 8000), (8000, 16000), (48000, 16000), (11025, 8000)])
def test_a_tone_is_the_same_tone_at_another_rate(rates):
    """1 kHz stays; the ends, where the filter meets zeros, are left out."""
    found = sounds.resampled(tone(1000, rates[0]).astype("float32"), *rates)
    wanted = tone(1000, rates[1], 0.25)
    inner = slice(100, len(wanted) - 100)
    np.testing.assert_allclose(found[: len(wanted)][inner], wanted[inner], atol=5e-3)
    assert found.dtype == np.float32


def test_what_the_new_rate_cannot_hold_is_gone():
    found = sounds.resampled(tone(6000, 16000).astype("float32"), 16000, 8000)
    assert np.abs(found[100:-100]).max() < 0.01  # Without a filter a tone of 2 kHz would appear.


def test_lengths_and_range_of_what_is_resampled():
    square = np.sign(tone(100, 16000)).astype("float32")
    found = sounds.resampled(square, 16000, 11025)
    assert len(found) == -(-len(square) * 11025 // 16000)
    assert np.abs(found).max() <= 1 < np.abs(signal.resample_poly(square, 441, 640)).max()
    assert sounds.resampled(square, 8000, 8000) is square


def naive_log_mel(x, rate, num_mels, frame, hop):
    """The formula, number by number."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame)
    mel = lambda f: 1127.0 * np.log(1 + f / 700)  # noqa: E731
    edges = np.linspace(mel(40.0), mel(rate / 2), num_mels + 2)
    x, rows = np.concatenate([x, np.zeros(frame)]), []
    for t in range(-(-(len(x) - frame) // hop)):
        part, row = window * x[t * hop : t * hop + frame], np.zeros(num_mels)
        for f in range(1, frame // 2 + 1):
            size = abs(sum(part * np.exp(-2j * np.pi * f * np.arange(frame) / frame)))
            place = mel(f * rate / frame)
            for m in range(num_mels):
                rise = (place - edges[m]) / (edges[m + 1] - edges[m])
                fall = (edges[m + 2] - place) / (edges[m + 2] - edges[m + 1])
                row[m] += size * max(0.0, min(rise, fall))
        rows.append(np.log(1e-6 + row))
    return np.array(rows)


def test_the_spectrogram_is_the_formula():
    x = np.random.default_rng(2).normal(size=90) * 0.1
    found = sounds.log_mel(x[None], RATE, num_mels=5, frame=32, hop=8)[0]
    assert found.shape == (12, 5)
    np.testing.assert_allclose(found, naive_log_mel(x, RATE, 5, 32, 8), atol=1e-3)


def test_a_tone_is_loudest_at_its_pitch():
    found = sounds.log_mel(tone(1000, RATE, 0.5)[None], RATE)[0].numpy().mean(axis=0)
    centres = np.linspace(1127 * np.log(1 + 40 / 700), 1127 * np.log(1 + 4000 / 700), 66)[1:-1]
    assert abs(found.argmax() - np.abs(centres - 1127 * np.log(1 + 1000 / 700)).argmin()) <= 1


def test_pictures_show_the_envelope_and_low_pitches_below():
    x = np.stack([np.zeros(4096), 0.5 * tone(200, RATE, 4096 / RATE)])
    drawn = sounds.waveform_pictures(x, 64)[..., 0] > 0
    assert drawn.shape == (2, 64, 64)
    assert drawn[0].sum(axis=0).max() == 2 and drawn[0, 31:33].all()
    assert set(np.flatnonzero(drawn[1, :, 30])) == set(range(16, 48))
    mel = sounds.log_mel_pictures(x, RATE)[1, :, 30, 0]
    assert mel.argmax() > 50 and mel.max() > 200
    assert sounds.sheet(x, RATE).shape == (2 * 64 + 2, 2 * 65 + 1, 1)


@pytest.mark.parametrize("rate", [0, 999, 200_000, 8000.0, True, None])
def test_a_bad_rate_is_named(rate):
    with pytest.raises(
        ValueError, match=r"argument `sample_rate`. Expected a whole number of Hz in 1,000..192,000"
    ):
        sounds.wav_bytes(np.zeros(4), rate)


@pytest.mark.parametrize("x", [np.zeros([4, 2]), np.zeros(0), [np.nan]])
def test_a_bad_waveform_is_named(x):
    with pytest.raises(ValueError, match="argument `x`"):
        sounds.wav_bytes(x, RATE)
