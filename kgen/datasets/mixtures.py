"""Gaussian mixtures in the plane, on which lost modes can be counted.

Reference: Srivastava et al. 2017, VEEGAN, arXiv 1705.07761; Lin et al. 2018, PacGAN, arXiv 1712.04086.
"""

import typing

import numpy as np

from kgen.datasets.arrays import Examples, select
from kgen.errors import one_of

SIZES = {"train": 100_000, "test": 10_000}


class Mixture(typing.NamedTuple):
    """Equally likely normal distributions with one standard deviation in every direction.

    Example:

    >>> ring = kgen.datasets.mixture("ring")
    >>> ring.centres.shape, ring.centres[0].tolist(), ring.sd
    ((8, 2), [1.0, 0.0], 0.01)
    """

    centres: np.ndarray  # float32 [modes, 2]
    sd: float


def _ring():
    angles = 2 * np.pi * np.arange(8) / 8  # Without the end point, which is the first centre again.
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _grid():
    return np.stack(np.meshgrid(range(-4, 5, 2), range(-4, 5, 2), indexing="ij"), axis=-1).reshape(-1, 2)


MIXTURES = {
    "ring": Mixture(_ring().astype("float32"), 0.01),
    "grid": Mixture(_grid().astype("float32"), 0.05),
}
ABOUT = {
    "ring": "110,000 points of 8 Gaussians on a circle (vectors, 2 numbers), 8 classes; computed here",
    "grid": "110,000 points of 5 x 5 Gaussians (vectors, 2 numbers), 25 classes; computed here",
}


def mixture(name):
    """The distribution that the points of a toy data set are drawn from.

    p(x) = mean_k N(x; c_k, sd^2 I). "ring": c_k = (cos 2 pi k / 8, sin 2 pi k / 8), sd 0.01; "grid": the 25
    points of {-4, -2, 0, 2, 4}^2, sd 0.05.

    Args:
        name: "ring" or "grid".

    Returns:
        `Mixture`: centres float32 [modes, 2] in the order of the labels, and sd.

    Raises:
        ValueError: for another name.

    Example:

    >>> centres, sd = kgen.datasets.mixture("grid")
    >>> centres.shape, centres[1].tolist(), sd
    ((25, 2), [-4.0, -2.0], 0.05)

    Reference: Lin et al. 2018, PacGAN, section 4.1, arXiv 1712.04086.
    """
    one_of("name", name, MIXTURES)
    centres, sd = MIXTURES[name]
    return Mixture(centres.copy(), sd)


def is_mixture(source):
    """Whether a source is the name of a mixture.

    Args:
        source: anything.

    Returns:
        bool.
    """
    return isinstance(source, str) and source in MIXTURES


def read_mixture(name, split="train"):
    """The points of a mixture, the same ones on every machine.

    Args:
        name: "ring" or "grid".
        split: "train" (100,000 points), "test" (10,000), "all", or a slice.

    Returns:
        `Examples`: float32 [N, 2], labels the number of the mode.

    Raises:
        ValueError: for another name or split.
    """
    centres, sd = mixture(name)
    splits, part = select(split, SIZES)
    drawn = [_draw(centres, sd, number) for number, key in enumerate(SIZES) if key in splits]
    points, labels = (np.concatenate(arrays)[part] for arrays in zip(*drawn, strict=True))
    return Examples(points, labels, tuple(str(k) for k in range(len(centres))), name, split)


def _draw(centres, sd, number):
    """Points and modes of split `number`; each split has a stream of its own."""
    size = list(SIZES.values())[number]
    random = np.random.RandomState([len(centres), number])  # NumPy promises to keep this stream.
    modes = random.randint(len(centres), size=size).astype(np.int32)
    points = centres[modes] + sd * random.standard_normal((size, 2))
    return points.astype(np.float32), modes
