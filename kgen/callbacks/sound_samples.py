"""The same sounds after every epoch, as wav files, pictures and in TensorBoard."""

import tensorflow as tf

from kgen import pictures, sounds
from kgen.callbacks.every_epoch import EveryEpoch


class SoundSamples(EveryEpoch):
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

    SUFFIX = ".wav"

    def write(self, epoch):
        """Writes the wav file and the picture of an epoch."""
        rate, number = self.model.sample_rate, self.num_samples
        found, columns = self.model.sheet(number, self.seed)
        picture = sounds.sheet(found, rate, columns)
        pictures.save_png(self.place(epoch, ".png"), picture)
        sounds.write_wav(self.place(epoch), sounds.in_a_row(found, rate), rate)
        self.log(
            lambda: tf.summary.audio("samples", found[..., None], rate, step=epoch, max_outputs=number),
            lambda: tf.summary.image("samples", picture[None], step=epoch),
        )
