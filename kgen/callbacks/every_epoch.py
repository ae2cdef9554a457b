"""What all callbacks share that write the same samples after every epoch."""

import pathlib

import keras
import tensorflow as tf

from kgen.errors import positive_integer


class EveryEpoch(keras.callbacks.Callback):
    """Abstract callback that writes samples before the first epoch, as number 0, and after each.

    A subclass has `write(epoch)`, and `SUFFIX`, that of the files epoch-000, epoch-001 ... by which a resumed run
    knows that the first is written.

    Args:
        directory: where the files go; made when missing.
        num_samples: in a file, or None where the subclass chooses.
        seed: of the samples.
        log_dir: TensorBoard folder, or None.

    Raises:
        ValueError: for a number of samples that is not positive.
    """

    def __init__(self, directory, num_samples=16, seed=0, log_dir=None):
        if num_samples is not None:
            positive_integer("num_samples", num_samples)
        super().__init__()
        self.directory = pathlib.Path(directory)
        self.num_samples = num_samples
        self.seed = seed
        self.log_dir = log_dir
        self._writer = None

    def on_train_begin(self, logs=None):
        self.directory.mkdir(parents=True, exist_ok=True)
        if self.log_dir:
            self._writer = tf.summary.create_file_writer(str(self.log_dir))
        if not self.written():
            self.write(0)

    def on_epoch_end(self, epoch, logs=None):
        self.write(epoch + 1)

    def written(self):
        """Files of the epochs so far, in order."""
        return sorted(self.directory.glob(f"epoch-*{self.SUFFIX}"))

    def place(self, epoch, suffix=None):
        """The file of an epoch."""
        return self.directory / f"epoch-{epoch:03d}{suffix or self.SUFFIX}"

    def log(self, *records):
        """Calls `tf.summary` functions, where there is a TensorBoard folder."""
        if self._writer:
            with self._writer.as_default():
                for record in records:
                    record()
