"""A sheet of the same samples after every epoch, as files and in TensorBoard."""

import tensorflow as tf

from kgen import pictures
from kgen.callbacks.every_epoch import EveryEpoch

CELLS, POINTS = 64, 2500  # Pictures of a grid, points of a scatter plot.


class Samples(EveryEpoch):
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

    SUFFIX = ".png"

    def __init__(self, directory, num_samples=None, seed=0, log_dir=None, real=None, limits=None):
        super().__init__(directory, num_samples, seed, log_dir)
        self.real = real
        self.limits = limits

    def on_train_end(self, logs=None):
        frames = [pictures.read_png(path) for path in self.written()]
        pictures.save_gif(self.directory / "training.gif", frames)

    def write(self, epoch):
        """Draws the sheet of an epoch."""
        picture = self._picture()
        pictures.save_png(self.place(epoch), picture)
        self.log(lambda: tf.summary.image("samples", picture[None], step=epoch))

    def _picture(self):
        vectors = len(self.model.image_shape) == 1
        wanted = self.num_samples or (POINTS if vectors else CELLS)
        samples, columns = self.model.sheet(wanted, self.seed)
        return (
            pictures.scatter(samples, self.real, self.limits) if vectors else pictures.grid(samples, columns)
        )
