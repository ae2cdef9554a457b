"""Moving digits: clips of grey pictures that fly at a constant speed and bounce off the edges.

Reference: Srivastava 2015, section 3 (two digits, 20 frames of 64 x 64), arXiv 1502.04681.
"""

import hashlib
import math
import typing
import zlib

import numpy as np
import tensorflow as tf

from kgen import noise
from kgen.datasets.arrays import select
from kgen.datasets.sources import read_source
from kgen.datasets.stream import Description, check, describe, order, pipeline, reader
from kgen.errors import invalid

PREFIX = "moving:"
SHARE = 5 / 8  # Side of a digit, as a share of the clip's smaller side.


class Form(typing.NamedTuple):
    """What clips are."""

    frames: int
    size: tuple  # (height, width)
    digits: int  # In each clip.
    speed: tuple  # (lowest, highest), pixels per frame.
    seed: int  # Of the motions.

    @property
    def side(self):
        """Pixels along the side of a digit."""
        return max(1, round(SHARE * min(self.size)))


def is_moving(source):
    """Whether a source asks for moving pictures of another.

    Args:
        source: anything.

    Returns:
        bool.
    """
    return isinstance(source, str) and source.startswith(PREFIX)


def read_moving(source, form, split="train", data_dir=None, num_examples=None, **folder):
    """The digits of a source, and which of them are in which clip.

    Args:
        source: "moving:" and a source of grey pictures.
        form: `Form`.
        split, data_dir, num_examples, **folder: as in `kgen.datasets.load`.

    Returns:
        (`Examples` of the whole split, its pictures as large as they will be; number of each clip in the split [n]).

    Raises:
        ValueError: vectors, pictures in colour, or a split that there is not.
    """
    name = split.split("[")[0] if isinstance(split, str) else split
    size = (form.side, form.side)
    found = read_source(source.removeprefix(PREFIX), name, size, data_dir, **folder)
    if found.images.shape[3:] != (1,):
        raise invalid("source", "grey pictures to move", **{found.name: found.images.shape[1:]})
    part = select(split, {name: len(found.images)})[1]
    return found, np.arange(len(found.images))[part][:num_examples]


def stream_moving(examples, clips, form, split, batch_size, seed, shuffle, with_labels):
    """The data set of clips of moving digits; see `kgen.datasets.load_clips`.

    Args:
        examples: `Examples` of a whole split.
        clips: number of each clip in it [n].
        form: `Form`.
        split: the split that was asked for.
        batch_size, seed, shuffle, with_labels: as in `kgen.datasets.stream.stream`.

    Returns:
        The data set; see `kgen.datasets.from_arrays`.

    Raises:
        ValueError: if the clips cannot be streamed, or hold several digits where labels are asked for.
    """
    labels = None if form.digits > 1 or examples.labels is None else examples.labels[clips]
    if with_labels and labels is None:
        raise invalid("labels", "False where clips have no class", digits=form.digits)
    few = examples._replace(images=examples.images[clips], labels=labels, split=split)
    check(few, batch_size, seed, shuffle, None)
    pictures, known = reader(examples.images), reader(labels) if with_labels else None
    numbers, stream = tf.constant(together(clips, form.digits, len(examples.images))), _stream(examples, form)

    def batch(step):
        place, _ = order(step, len(clips), batch_size, seed, shuffle)
        chosen = tf.gather(numbers, place)  # [batch, digits]
        corners = paths(_rows(stream, chosen[:, 0]), form)
        x = drawn(tf.cast(pictures(chosen)[..., 0], tf.float32), corners, form.size)
        return (x, known(place)) if with_labels else x

    steps = len(clips) // batch_size if shuffle else -(-len(clips) // batch_size)
    return pipeline(batch, steps, _described(few, clips, form), None)


def together(clips, digits, num_examples):
    """Which examples are in a clip: its own, and for each further digit one of a fixed permutation.

    Args:
        clips: numbers of the clips [n].
        digits: of each clip.
        num_examples: of the source.

    Returns:
        int64 array [n, digits].
    """
    others = [np.random.RandomState([digit]).permutation(num_examples)[clips] for digit in range(1, digits)]
    return np.stack([clips, *others], axis=1).astype(np.int64)


def _stream(examples, form):
    """What the motions of a split depend on: the seed, and which split it is."""
    return form.seed, zlib.crc32(examples.split.encode()) & 0x7FFFFFFF


def _rows(stream, clips):
    """Row seeds [batch, 2] of clips by their numbers."""
    seed, split = stream
    clips = tf.cast(clips, tf.int32)
    return noise.fold(tf.stack([tf.fill(tf.shape(clips), seed), clips], axis=1), split)


def paths(seeds, form):
    """Where the upper left corners of digits are in each frame.

    p_t = R - |(p_0 + v t) mod 2 R - R| along both axes, with R the room that a digit has there; p_0 is uniform in
    [0, R], the direction of v and its length |v| in `form.speed` are uniform too. So v is the velocity between two
    bounces.

    Args:
        seeds: int32 row seeds [batch, 2], one for each clip.
        form: `Form`.

    Returns:
        float32 tensor [batch, digits, frames, 2], (down, right) in pixels.

    Example:

    >>> form = kgen.datasets.moving.Form(frames=9, size=(32, 24), digits=2, speed=(1.0, 3.0), seed=0)
    >>> kgen.datasets.moving.paths(kgen.noise.rows(0, 5), form).shape
    TensorShape([5, 2, 9, 2])
    """
    u = noise.uniform(seeds, (form.digits, 4))
    room = tf.constant([side - form.side for side in form.size], tf.float32)
    angle, low, high = 2 * math.pi * u[..., 2], *form.speed
    velocity = (low + (high - low) * u[..., 3:]) * tf.stack([tf.sin(angle), tf.cos(angle)], axis=-1)
    time = tf.range(form.frames, dtype=tf.float32)[:, None]
    straight = (u[..., :2] * room)[:, :, None] + velocity[:, :, None] * time  # [batch, digits, frames, 2]
    return room - tf.abs(tf.math.floormod(straight, 2 * room) - room)


def drawn(pictures, corners, size):
    """Clips of pictures at places between the pixels, by linear interpolation; the brightest counts.

    Args:
        pictures: float32 [batch, digits, side, side] in 0..255.
        corners: of their upper left pixels, float32 [batch, digits, frames, 2].
        size: (height, width) of the clips.

    Returns:
        uint8 tensor [batch, frames, height, width, 1].

    Example:

    >>> picture, corner = 200 * tf.ones([1, 1, 1, 1]), tf.constant([0.0, 1.25])[None, None, None]
    >>> kgen.datasets.moving.drawn(picture, corner, (1, 4)).numpy().ravel().tolist()
    [0, 150, 50, 0]
    """
    down, right = (_weights(corners[..., axis], pictures.shape[-1], size[axis]) for axis in (0, 1))
    placed = tf.einsum("bdfhr,bdrc,bdfwc->bdfhw", down, pictures, right)
    return tf.cast(tf.round(tf.reduce_max(placed, axis=1)), tf.uint8)[..., None]


def _weights(start, length, side):
    """max(0, 1 - |y - p - r|): what row r of a picture that begins at p adds to row y, [..., side, length]."""
    y, r = tf.range(side, dtype=tf.float32)[:, None], tf.range(length, dtype=tf.float32)
    return tf.nn.relu(1.0 - tf.abs(y - r - start[..., None, None]))


def _described(few, clips, form):
    """What the clips are; the fingerprint is that of the digits and of how they move."""
    about = describe(few)
    how = hashlib.sha256(f"{about.fingerprint} {few.split} {form}".encode())
    how.update(np.ascontiguousarray(clips).data)
    shape = (form.frames, *form.size, 1)
    classes = () if few.labels is None else about.classes
    return Description(
        PREFIX + about.name, about.split, shape, classes, len(clips), how.hexdigest(), few.num_skipped
    )
