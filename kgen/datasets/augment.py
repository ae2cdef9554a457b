"""Augmentation: one affine warp per picture, a function of (seed, example, epoch) alone."""

import dataclasses
import difflib
import math

import tensorflow as tf

from kgen import noise

LIMITS = {"crop": 1.0, "rotation": 180.0, "scale": 1.0}


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """Random shift, rotation, change of scale and mirroring, in one bilinear resampling.

    An output pixel p shows the input at R(angle) F (p - c) / zoom + c + shift, where c is the centre of
    the picture and F mirrors left and right. Pixels from outside repeat the nearest edge.

    Args:
        crop: largest shift as a share of the side, in [0, 1).
        rotation: largest angle in degrees, in [0, 180].
        scale: largest relative change of size, in [0, 1).
        flip: whether half of the pictures are mirrored.

    Raises:
        ValueError: if a strength is out of its range.

    Example:

    >>> kgen.datasets.Augmentation(crop=0.1, flip=True)
    Augmentation(crop=0.1, rotation=0.0, scale=0.0, flip=True)
    """

    crop: float = 0.0
    rotation: float = 0.0
    scale: float = 0.0
    flip: bool = False

    def __post_init__(self):
        for name, limit in LIMITS.items():
            value = getattr(self, name)
            inside = 0 <= value <= limit if name == "rotation" else 0 <= value < limit
            if not inside:
                raise ValueError(
                    f"Invalid value for argument `{name}`. Expected a number from 0 to {limit:g}"
                    f"{'' if name == 'rotation' else ' (excluded)'}. Received: {name}={value}."
                )

    @classmethod
    def parse(cls, text):
        """Reads the form of the command line.

        Args:
            text: names and strengths such as "crop=0.1,rotation=10,scale=0.1,flip".

        Returns:
            An `Augmentation`.

        Raises:
            ValueError: if a name is unknown or a strength is not a number in its range.

        Example:

        >>> kgen.datasets.Augmentation.parse("rotation=10,flip")
        Augmentation(crop=0.0, rotation=10.0, scale=0.0, flip=True)
        """
        return cls(**dict(_term(term.strip(), text) for term in text.split(",")))

    def warp(self, images, seed, index, epoch):
        """Warps a batch; the same example of the same epoch gives the same picture in any batch.

        Args:
            images: uint8 or float32 tensor [batch, H, W, C].
            seed: integer in [0, 2**31).
            index: integer tensor [batch], the examples' numbers.
            epoch: integer tensor [batch].

        Returns:
            Tensor of the shape and type of `images`.
        """
        seeds, (height, width) = row_seeds(seed, index, epoch), images.shape[1:3]
        warped = tf.raw_ops.ImageProjectiveTransformV3(
            images=tf.cast(images, tf.float32),
            transforms=self._transforms(noise.uniform(seeds, (5,)), height, width),
            output_shape=tf.constant([height, width]),
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode="NEAREST",
        )
        return tf.cast(tf.round(warped), images.dtype) if images.dtype == tf.uint8 else warped

    def _transforms(self, u, height, width):
        """Matrices [batch, 8] from output to input positions, given u in [0, 1) [batch, 5]."""
        angle, zoom, right, down = tf.unstack(2 * u[:, :4] - 1, axis=1)
        angle, zoom = angle * math.radians(self.rotation), 1 + zoom * self.scale
        mirror = tf.where(u[:, 4] < 0.5, -1.0, 1.0) if self.flip else tf.ones_like(angle)
        cos, sin = tf.cos(angle) / zoom, tf.sin(angle) / zoom
        a, b, c, d = cos * mirror, -sin, sin * mirror, cos
        x, y = (width - 1) / 2, (height - 1) / 2
        shift_x = x - (a * x + b * y) + right * self.crop * width
        shift_y = y - (c * x + d * y) + down * self.crop * height
        zero = tf.zeros_like(a)
        return tf.stack([a, b, shift_x, c, d, shift_y, zero, zero], axis=1)


def random_window(images, size, seed, index, epoch):
    """Cuts a window out of each picture, at a place that is a function of (seed, example, epoch) alone.

    Args:
        images: tensor [batch, H, W, C].
        size: (height, width) of the windows, at most (H, W).
        seed: integer in [0, 2**31).
        index: integer tensor [batch], the examples' numbers.
        epoch: integer tensor [batch].

    Returns:
        Tensor [batch, height, width, C] of pixels as they are, every place equally likely.

    Reference: Zhu 2017, CycleGAN, arXiv 1703.10593; the authors' code reads 286 x 286 and cuts 256 x 256.
    """
    u = noise.uniform(noise.fold(row_seeds(seed, index, epoch), 1), (2,))
    for axis, length in enumerate(size):
        first = tf.cast(u[:, axis] * (images.shape[axis + 1] - length + 1), tf.int32)
        images = tf.gather(images, first[:, None] + tf.range(length), axis=axis + 1, batch_dims=1)
    return images


def row_seeds(seed, index, epoch):
    """Row seeds int32 [batch, 2] of examples int [batch] in epochs int [batch]."""
    index = tf.cast(index, tf.int32)
    return noise.fold(tf.stack([tf.fill(tf.shape(index), seed), index], axis=1), epoch)


def as_augmentation(augment):
    """Returns an `Augmentation` or None, given one of these or a text for `Augmentation.parse`."""
    if augment is None or isinstance(augment, Augmentation):
        return augment
    if isinstance(augment, str):
        return Augmentation.parse(augment)
    raise ValueError(
        "Invalid value for argument `augment`. Expected an Augmentation, a text such as "
        f'"crop=0.1,flip", or None. Received: augment={augment!r}.'
    )


def _term(term, text):
    name, _, value = term.partition("=")
    if name == "flip" and not value:
        return name, True
    if name not in LIMITS:
        near = difflib.get_close_matches(name, [*LIMITS, "flip"], 1)
        hint = f" Perhaps use {near[0]!r}." if near else ""
        raise ValueError(
            "Invalid value for argument `augment`. Expected terms crop=, rotation=, scale= and flip, "
            f"separated by commas. Received: augment={text!r}.{hint}"
        )
    try:
        return name, float(value)
    except ValueError:
        raise ValueError(
            f"Invalid value for argument `augment`. Expected a number after {name}=. "
            f"Received: augment={text!r}."
        ) from None
