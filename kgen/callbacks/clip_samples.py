"""The same clips after every epoch, moving and as strips of frames."""

import tensorflow as tf

from kgen import pictures
from kgen.callbacks.every_epoch import EveryEpoch

SECONDS = 0.1  # That a frame stays.


class ClipSamples(EveryEpoch):
    """Writes the same clips after every epoch, from the same row seeds: epoch-000 before the first.

    Each epoch has a GIF, in which all clips move beside each other, and a PNG, with a row for each clip and its frames
    from left to right.

    Args:
        directory: where epoch-000.gif, epoch-000.png, epoch-001.gif ... go; made when missing.
        num_samples: clips of an epoch.
        seed: of the fixed codes.
        log_dir: TensorBoard folder for the image tab, which gets the strips, or None.

    Raises:
        ValueError: for a number of clips that is not positive.

    Example:

    >>> kgen.callbacks.ClipSamples("runs/a/samples", num_samples=4).num_samples
    4
    """

    SUFFIX = ".gif"

    def write(self, epoch):
        """Writes the GIF and the strip of an epoch."""
        found, columns = self.model.sheet(self.num_samples, self.seed)
        strip = pictures.strip(found)
        pictures.save_png(self.place(epoch, ".png"), strip)
        pictures.save_gif(self.place(epoch), pictures.moving_grid(found, columns), SECONDS, SECONDS)
        self.log(lambda: tf.summary.image("samples", strip[None], step=epoch))
