"""The same rows of several kinds of data after every epoch: pictures, sounds, and a table of the rest."""

import csv
import io

import tensorflow as tf

from kgen import pictures, sounds
from kgen.callbacks.every_epoch import EveryEpoch

DRAWN = (1, 3)  # Channels that a sheet of pictures may have.


class JointSamples(EveryEpoch):
    """Writes the same rows of a `kgen.JointGAN` after every epoch, from the same row seeds: epoch-000 before the first.

    Each epoch has a PNG for each name of pictures; for each of sounds a wav file, as `kgen.callbacks.SoundSamples`
    writes it, and a PNG of waveforms; and one table of labels and vectors, a line for each row. Example i of all of
    them belongs to row i.

    Args:
        directory: where epoch-000-NAME.png, epoch-000-NAME.wav, epoch-000.csv ... go; made when missing.
        num_samples: rows of an epoch.
        seed: of the fixed codes.
        log_dir: TensorBoard folder for the image and the audio tab, or None.

    Raises:
        ValueError: for a number of rows that is not positive.

    Example:

    >>> kgen.callbacks.JointSamples("runs/a/samples", num_samples=4).num_samples
    4
    """

    SUFFIX = ""  # Of any file: which there are depends on the model.

    def write(self, epoch):
        """Writes all files of an epoch."""
        found = self.model.generate(self.num_samples, seed=self.seed)
        for name, modality in self.model.modalities.items():
            self._write(epoch, name, modality, found[name])
        if numbers := numbers_of(self.model.modalities, found):
            pictures.write_file(self.place(epoch, ".csv"), table(numbers).encode())

    def _write(self, epoch, name, modality, x):
        picture = drawn(modality, x)
        if picture is not None:
            pictures.save_png(self.place(epoch, f"-{name}.png"), picture)
            self.log(lambda: tf.summary.image(name, picture[None], step=epoch))
        if modality.kind == "sound":
            rate = modality.sample_rate
            sounds.write_wav(self.place(epoch, f"-{name}.wav"), sounds.in_a_row(x, rate), rate)
            self.log(lambda: tf.summary.audio(name, x[..., None], rate, step=epoch, max_outputs=len(x)))


def drawn(modality, x):
    """Examples of one kind as one picture.

    Args:
        modality: as of `kgen.modalities`.
        x: array [n, ...] of pictures in [0, 1], sounds in [-1, 1], labels or vectors.

    Returns:
        uint8 array [height, width, channels], or None of what is not drawn: labels, vectors, pictures of other than 1
        or 3 channels.

    Example:

    >>> from kgen.callbacks.joint_samples import drawn
    >>> drawn(kgen.modalities.Picture(8, 8, 1), np.zeros([4, 8, 8, 1])).shape
    (19, 19, 1)
    """
    if modality.kind == "sound":
        return sounds.sheet(x, modality.sample_rate)
    if modality.kind == "picture" and modality.channels in DRAWN:
        return pictures.grid(x)
    return None


def table(numbers):
    """Labels and vectors as a table: a line for each row, a column for a label and for each number of a vector.

    Args:
        numbers: dict name -> array [n] or [n, length], one at least.

    Returns:
        CSV text with a line of names.

    Example:

    >>> from kgen.callbacks.joint_samples import table
    >>> print(table({"label": np.array([2, 0]), "place": np.array([[0.5, 1], [2, 3]])}), end="")
    row,label,place_0,place_1
    0,2,0.5,1.0
    1,0,2.0,3.0
    """
    names = [name if x.ndim == 1 else f"{name}_{k}" for name, x in numbers.items() for k in range(x[0].size)]
    columns = [column.tolist() for x in numbers.values() for column in x.reshape(len(x), -1).T]
    text = io.StringIO()
    rows = [[number, *row] for number, row in enumerate(zip(*columns, strict=True))]
    csv.writer(text, lineterminator="\n").writerows([["row", *names], *rows])
    return text.getvalue()


def numbers_of(modalities, examples):
    """The labels and vectors among examples.

    Args:
        modalities: dict name -> modality.
        examples: dict name -> array [n, ...].

    Returns:
        Dict name -> array, in order.

    Example:

    >>> from kgen.callbacks.joint_samples import numbers_of
    >>> parts = kgen.modalities.parse({"picture": ("picture", 8, 8, 1), "label": ("label", 3)})
    >>> list(numbers_of(parts, {"picture": np.zeros([1, 8, 8, 1]), "label": np.zeros([1], "int32")}))
    ['label']
    """
    return {name: examples[name] for name, part in modalities.items() if part.kind in ("label", "vector")}
