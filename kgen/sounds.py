"""Sound outside the networks: wav files, resampling, log-mel spectrograms, pictures of waveforms.

A waveform is float32 in [-1, 1], one number per sample; a wav file written here holds 16 bits of each.
"""

import io
import math
import pathlib
import wave

import numpy as np
import tensorflow as tf

from kgen import pictures
from kgen.errors import invalid, positive_integer

FULL = 2**15  # Of 16 bits: the integer that stands for 1.
RATES = (1000, 192_000)  # Lowest and highest sample rate, in Hz.
WIDTHS = (1, 2, 3, 4)  # Bytes of a number.
LOWEST_MEL = 40.0  # Hz
FLOOR = 1e-6  # Added to magnitudes before their logarithm.
SECONDS = 0.064  # Of a frame of the spectrogram.
HEIGHT, RANGE = 64, 10.0  # Pixels of a waveform, and nats of log magnitude between white and black.


def check_rate(sample_rate, name="sample_rate"):
    """Raises a ValueError unless a sample rate is a whole number of Hz from 1,000 to 192,000.

    Args:
        sample_rate: to be checked.
        name: of the argument in messages.

    Raises:
        ValueError: if it is anything else.

    Example:

    >>> kgen.sounds.check_rate(16000)
    >>> kgen.sounds.check_rate(16)
    Traceback (most recent call last):
    ...
    ValueError: ... Expected a whole number of Hz in 1,000..192,000. Received: sample_rate=16.
    """
    whole = isinstance(sample_rate, int | np.integer) and not isinstance(sample_rate, bool)
    if not whole or not RATES[0] <= sample_rate <= RATES[1]:
        raise invalid(name, "a whole number of Hz in 1,000..192,000", **{name: sample_rate})


def read_wav(path, seconds=None):
    """Reads a wav file of uncompressed integers: 8, 16, 24 or 32 bits, any rate, any number of channels.

    Unsigned 8-bit numbers u are (u - 128) / 128, signed numbers of b bits are divided by 2^(b - 1).

    Args:
        path: of the file.
        seconds: reads the beginning only, where the file is longer.

    Returns:
        (float32 array [samples, channels] in [-1, 1), sample rate in Hz).

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: naming the file, if it is no such wav file, or holds no sample.

    Example:

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "a.wav")
    >>> kgen.sounds.write_wav(path, np.array([0.0, 0.5, -1.0]), 8000)
    >>> samples, sample_rate = kgen.sounds.read_wav(path)
    >>> samples[:, 0].tolist(), sample_rate
    ([0.0, 0.5, -1.0], 8000)
    """
    try:
        with wave.open(str(path), "rb") as file:
            rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
            wanted = file.getnframes() if seconds is None else math.ceil(seconds * rate)
            data = file.readframes(min(wanted, file.getnframes()))
    except (wave.Error, EOFError) as error:
        raise ValueError(f"Cannot read the sound {path}: {_reason(path, error)}.") from None
    if width not in WIDTHS:
        raise ValueError(f"Cannot read the sound {path}: it has {8 * width} bits, not 8, 16, 24 or 32.")
    data = data[: len(data) - len(data) % (width * channels)]
    if not data:
        raise ValueError(f"Cannot read the sound {path}: it holds no sample.")
    if not RATES[0] <= rate <= RATES[1]:
        raise ValueError(f"Cannot read the sound {path}: its rate is {rate} Hz, not in 1,000..192,000.")
    return _numbers(data, width).reshape(-1, channels), rate


def _reason(path, error):
    """What is wrong with a file that the `wave` module refuses."""
    if pathlib.Path(path).stat().st_size == 0:
        return "it is empty (zero bytes)"
    return f"it is no wav file of uncompressed integers ({error or 'it ends too early'})"


def _numbers(data, width):
    """Little-endian integers of so many bytes as float32."""
    if width == 1:
        return (np.frombuffer(data, np.uint8).astype(np.float32) - 128) / 128
    if width == 3:  # The bytes become the upper three of four.
        wide = np.zeros([len(data) // 3, 4], np.uint8)
        wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        return (wide.view("<i4")[:, 0] / 2**31).astype(np.float32)
    return (np.frombuffer(data, f"<i{width}") / 2 ** (8 * width - 1)).astype(np.float32)


def to_int16(x):
    """Numbers of 16 bits: round(2^15 x), halves away from zero, within -2^15 .. 2^15 - 1.

    Args:
        x: float array.

    Returns:
        int16 array of the same shape.

    Example:

    >>> kgen.sounds.to_int16(np.array([0.0, 0.5, 1.0, -2.0])).tolist()
    [0, 16384, 32767, -32768]
    """
    scaled = FULL * np.asarray(x, np.float64)
    return np.clip(np.trunc(scaled + np.copysign(0.5, scaled)), -FULL, FULL - 1).astype(np.int16)


def wav_bytes(x, sample_rate):
    """A waveform as the bytes of a wav file of 16 bits and one channel.

    Args:
        x: waveform [samples] or [samples, 1], floats in [-1, 1]; what is beyond is cut off.
        sample_rate: in Hz.

    Returns:
        bytes.

    Raises:
        ValueError: another shape, a number that is not finite, or a rate out of range.

    Example:

    >>> kgen.sounds.wav_bytes(np.zeros(10), 8000)[:4]
    b'RIFF'
    """
    check_rate(sample_rate)
    x = np.asarray(x)
    if x.size == 0 or x.shape not in ((x.size,), (x.size, 1)) or not np.isfinite(x).all():
        raise invalid("x", "a waveform [samples] of finite numbers", shape=x.shape)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, int(sample_rate), x.size, "NONE", ""))
        file.writeframes(to_int16(x).astype("<i2").tobytes())
    return buffer.getvalue()


def write_wav(path, x, sample_rate):
    """Writes a waveform as a wav file, whole or not at all; see `wav_bytes`.

    Args:
        path: file to write, in a folder that exists.
        x: waveform [samples] or [samples, 1].
        sample_rate: in Hz.

    Raises:
        FileNotFoundError: where the folder of `path` is missing.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kgen.sounds.write_wav(f"{folder}/a.wav", np.zeros(80), 8000)
    ...     print(kgen.sounds.read_wav(f"{folder}/a.wav")[0].shape)
    (80, 1)
    """
    pictures.write_file(path, wav_bytes(x, sample_rate))


def mono(x):
    """The mean of the channels.

    Args:
        x: array [samples, channels].

    Returns:
        float32 array [samples].

    Example:

    >>> kgen.sounds.mono(np.array([[0.0, 0.5], [1.0, -1.0]])).tolist()
    [0.25, 0.0]
    """
    return np.mean(x, axis=1, dtype=np.float32)


def resampled(x, rate, wanted):
    """A waveform at another sample rate, by a polyphase low-pass filter (Kaiser's window, beta 5).

    With wanted / rate = up / down in lowest terms, up - 1 zeros go behind each sample, a filter that ends at the
    lower of the two Nyquist frequencies is run over them, and each down-th number is kept: ceil(n up / down).

    Args:
        x: waveform [samples].
        rate: its sample rate in Hz.
        wanted: the other one.

    Returns:
        float32 array in [-1, 1]; the waveform itself where the rates are equal.

    Example:

    >>> kgen.sounds.resampled(np.zeros(441, "float32"), 44100, 8000).shape
    (80,)
    """
    from scipy import signal  # It takes long to import.

    if rate == wanted:
        return x
    divisor = math.gcd(int(rate), int(wanted))
    found = signal.resample_poly(x, wanted // divisor, rate // divisor)
    return np.clip(found, -1.0, 1.0).astype(np.float32)


def fitted(x, length):
    """The first samples of a waveform, with zeros behind a shorter one.

    Args:
        x: array [samples].
        length: samples wanted.

    Returns:
        Array [length] of the same type.

    Example:

    >>> kgen.sounds.fitted(np.array([1, 2, 3]), 2).tolist(), kgen.sounds.fitted(np.array([1, 2, 3]), 5).tolist()
    ([1, 2], [1, 2, 3, 0, 0])
    """
    return np.pad(x[:length], [0, max(0, length - len(x))])


def frame_length(sample_rate):
    """Samples of a spectrogram's frame: the power of two next to 64 ms.

    Args:
        sample_rate: in Hz.

    Returns:
        Integer.

    Example:

    >>> kgen.sounds.frame_length(8000), kgen.sounds.frame_length(16000)
    (512, 1024)
    """
    return 2 ** round(math.log2(SECONDS * sample_rate))


def log_mel(x, sample_rate, num_mels=HEIGHT, frame=None, hop=None):
    """Log-mel spectrograms.

    log(1e-6 + sum_f W[f, m] |sum_n w[n] x[t hop + n] exp(-2 pi i f n / N)|), with Hann's window w of the frame's N
    samples, zeros behind the end of x, and triangles W that overlap by half, evenly spaced between 40 Hz and half
    the rate on the scale mel(f) = 1127 log(1 + f / 700).

    Args:
        x: waveforms [batch, samples].
        sample_rate: in Hz.
        num_mels: of the triangles.
        frame: N, samples of a frame; None for `frame_length(sample_rate)`.
        hop: samples between frames; None for an eighth of a frame.

    Returns:
        float32 tensor [batch, ceil(samples / hop), num_mels].

    Example:

    >>> kgen.sounds.log_mel(np.zeros([2, 4096], "float32"), 8000).shape
    TensorShape([2, 64, 64])

    Reference: the settings are near those of Donahue 2019, appendix, arXiv 1802.04208.
    """
    check_rate(sample_rate)
    positive_integer("num_mels", num_mels)
    frame, hop = _frames(sample_rate, frame, hop)
    spectrum = tf.abs(tf.signal.stft(tf.cast(x, tf.float32), frame, hop, frame, pad_end=True))
    edges = {"lower_edge_hertz": LOWEST_MEL, "upper_edge_hertz": sample_rate / 2}
    weights = tf.signal.linear_to_mel_weight_matrix(num_mels, frame // 2 + 1, sample_rate, **edges)
    return tf.math.log(spectrum @ weights + FLOOR)


def _frames(sample_rate, frame=None, hop=None):
    frame = frame_length(sample_rate) if frame is None else frame
    return frame, max(1, frame // 8) if hop is None else hop


def waveform_pictures(x, hop, height=HEIGHT):
    """Draws waveforms: each column goes from the lowest to the highest of `hop` samples.

    Args:
        x: waveforms [n, samples] in [-1, 1].
        hop: samples of a column.
        height: pixels from -1 to 1.

    Returns:
        uint8 array [n, height, ceil(samples / hop), 1], white on black.

    Example:

    >>> kgen.sounds.waveform_pictures(np.array([[1.0, 1.0, -1.0, 1.0]]), 2, height=3)[0, :, :, 0].tolist()
    [[255, 255], [0, 255], [0, 255]]
    """
    x = np.asarray(x, np.float32)
    x = np.pad(x, [(0, 0), (0, -x.shape[1] % hop)], "edge").reshape(len(x), 1, -1, hop)
    level, half = np.linspace(1, -1, height)[:, None], 1 / (height - 1)
    drawn = (level >= x.min(axis=-1) - half) & (level <= x.max(axis=-1) + half)
    return np.where(drawn, 255, 0).astype(np.uint8)[..., None]


def log_mel_pictures(x, sample_rate, loudest=None):
    """Draws log-mel spectrograms, low pitches at the bottom, the loudest of all white, 10 nats less black.

    Args:
        x: waveforms [n, samples] in [-1, 1].
        sample_rate: in Hz.
        loudest: log magnitude that is white, for pictures of one scale; None for the loudest of these sounds.

    Returns:
        uint8 array [n, 64, columns, 1].

    Example:

    >>> kgen.sounds.log_mel_pictures(np.zeros([2, 4096]), 8000).shape
    (2, 64, 64, 1)
    """
    found = log_mel(x, sample_rate).numpy()
    loudest = found.max() if loudest is None else loudest
    share = np.clip(1 + (found - loudest) / RANGE, 0, 1)
    return np.round(255 * share).astype(np.uint8).transpose(0, 2, 1)[:, ::-1, :, None]


def sheet(x, sample_rate, columns=None):
    """Waveforms in rows, each above its log-mel spectrogram, as one picture.

    Args:
        x: waveforms [n, samples] in [-1, 1].
        sample_rate: in Hz.
        columns: sounds a row; None for the squarest grid.

    Returns:
        uint8 array [height, width, 1].

    Example:

    >>> kgen.sounds.sheet(np.zeros([4, 4096]), 8000).shape
    (259, 131, 1)
    """
    _, hop = _frames(sample_rate)
    cells = [waveform_pictures(x, hop), log_mel_pictures(x, sample_rate)]
    return pictures.grid(np.concatenate(cells, axis=1), columns)


def in_a_row(x, sample_rate, seconds=0.125):
    """Waveforms one after the other, with silence between them.

    Args:
        x: waveforms [n, samples].
        sample_rate: in Hz.
        seconds: of silence behind each.

    Returns:
        Array [n (samples + seconds sample_rate)].

    Example:

    >>> kgen.sounds.in_a_row(np.ones([2, 3]), 1000, seconds=0.001).tolist()
    [1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0]
    """
    return np.pad(x, [(0, 0), (0, round(seconds * sample_rate))]).reshape(-1)
