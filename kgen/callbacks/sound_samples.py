"""The same sounds after every epoch, as wav files, pictures and in TensorBoard."""

import pathlib

import keras
import tensorflow as tf

from kgen import pictures, sounds
from kgen.errors import positive_integer


class SoundSamples(keras.callbacks.Callback):
    """Writes the same sounds after every epoch, from the same row seeds: epoch-000 before the first.

    Each epoch has a wav file, all sounds in a row with an eighth of a second between them, and a PNG: waveforms above
    their log-mel spectrograms; of a model with classes a row for each of them.

    Args:
        directory: where epoch-000.wav, epoch-000.png, epoch-001.wav ... go; made when missing.
        num_samples: sounds of an epoch.
        seed: of the fixed codes.
        log_dir: TensorBoard folder for the audio and the image tab, or None.

    Raises:
        ValueError: for a number of sounds that is not positive.

    Example:

    >>> kgen.callbacks.SoundSamples("runs/a/samples", num_samples=4).num_samples
    4
    """

    def __init__(self, directory, num_samples=16, seed=0, log_dir=None):
        super().__init__()
        positive_integer("num_samples", num_samples)
        self.directory = pathlib.Path(directory)
        self.num_samples = num_samples
        self.seed = seed
        self.log_dir = log_dir
        self._writer = None

    def on_train_begin(self, logs=None):
        self.directory.mkdir(parents=True, exist_ok=True)
        if self.log_dir:
            self._writer = tf.summary.create_file_writer(str(self.log_dir))
        if not any(self.directory.glob("epoch-*.wav")):
            self._write(0)

    def on_epoch_end(self, epoch, logs=None):
        self._write(epoch + 1)

    def _write(self, epoch):
        rate = self.model.sample_rate
        found, columns = self.model.sheet(self.num_samples, self.seed)
        picture = sounds.sheet(found, rate, columns)
        pictures.save_png(self.directory / f"epoch-{epoch:03d}.png", picture)
        sounds.write_wav(self.directory / f"epoch-{epoch:03d}.wav", sounds.in_a_row(found, rate), rate)
        if self._writer:
            with self._writer.as_default():
                tf.summary.audio("samples", found[..., None], rate, step=epoch, max_outputs=self.num_samples)
                tf.summary.image("samples", picture[None], step=epoch)
