"""A sheet of the same samples after every epoch, as files and in TensorBoard."""

import pathlib

import keras
import tensorflow as tf

from kgen import pictures
from kgen.errors import positive_integer

CELLS, POINTS = 64, 2500  # Pictures of a grid, points of a scatter plot.


class Samples(keras.callbacks.Callback):
    """Draws the same samples after every epoch: a PNG each, a GIF of them all at the end.

    Pictures become a grid, with a row for each class where the model has some; of a model that translates, a row
    for each picture and what becomes of it. Vectors become points in the plane of their first two numbers.

    Args:
        directory: where epoch-001.png ... and training.gif go; made when missing.
        num_samples: pictures in a grid, or points; None for 64 pictures or 2,500 points.
        seed: of the fixed codes.
        log_dir: TensorBoard folder for the image tab, or None.
        real: vectors [n, dim] to draw generated ones over, in the same frame every epoch, or None.
        limits: of the frame, as for `kgen.pictures.scatter`; the range of `real` unless given.

    Example:

    >>> kgen.callbacks.Samples("runs/a/samples", num_samples=16).num_samples
    16
    """

    def __init__(self, directory, num_samples=None, seed=0, log_dir=None, real=None, limits=None):
        super().__init__()
        if num_samples is not None:
            positive_integer("num_samples", num_samples)
        self.directory = pathlib.Path(directory)
        self.num_samples = num_samples
        self.seed = seed
        self.log_dir = log_dir
        self.real = real
        self.limits = limits
        self._writer = None

    def on_train_begin(self, logs=None):
        self.directory.mkdir(parents=True, exist_ok=True)
        if self.log_dir:
            self._writer = tf.summary.create_file_writer(str(self.log_dir))
        if not self._frames():
            self._draw(0)

    def on_epoch_end(self, epoch, logs=None):
        self._draw(epoch + 1)

    def on_train_end(self, logs=None):
        frames = [pictures.read_png(path) for path in self._frames()]
        pictures.save_gif(self.directory / "training.gif", frames)

    def _draw(self, epoch):
        picture = self._picture()
        pictures.save_png(self.directory / f"epoch-{epoch:03d}.png", picture)
        if self._writer:
            with self._writer.as_default():
                tf.summary.image("samples", picture[None], step=epoch)

    def _picture(self):
        vectors = len(self.model.image_shape) == 1
        wanted = self.num_samples or (POINTS if vectors else CELLS)
        samples, columns = self.model.sheet(wanted, self.seed)
        return (
            pictures.scatter(samples, self.real, self.limits) if vectors else pictures.grid(samples, columns)
        )

    def _frames(self):
        return sorted(self.directory.glob("epoch-*.png"))
