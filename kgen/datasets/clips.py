"""Clips of one length, as the data set that a model of video trains on."""

import pathlib

from kgen.datasets.checks import as_shuffle, as_size, check_labelled, is_integer
from kgen.datasets.clip_sources import read_clip_folder, read_clip_tfds
from kgen.datasets.moving import Form, is_moving, read_moving, stream_moving
from kgen.datasets.sources import check_reading, kind_of
from kgen.datasets.stream import stream
from kgen.errors import integer_from, invalid, positive_integer

SIDE = 32  # Pixels along the sides of clips that kgen makes.


def load_clips(
    source="moving:digits",
    split="train",
    frames=12,
    image_size=None,
    batch_size=32,
    seed=0,
    shuffle=None,
    labels=False,
    digits=1,
    speed=(1.0, 3.0),
    motion_seed=0,
    data_dir=None,
    on_bad="error",
    num_examples=None,
):
    """Loads clips as the data set that a `kgen.VideoGAN` trains on.

    "moving:SOURCE" makes them of any source of grey pictures: clip i shows example i of the split, which flies at a
    constant speed and bounces off the edges; start, direction and speed are functions of (motion_seed, split, i). The
    picture's side is 5/8 of the clip's. The order is a function of (seed, step): see `from_arrays`.

    Args:
        source: "moving:digits" (offline), "moving:mnist", or "moving:" before any other source of `load`;
            "moving_mnist" or another TFDS data set with a video (of one that has a single split, the last tenth is
            `test`); a folder of GIFs, or of folders of frames, which are ordered by name, 9 before 10. Folders
            around them are classes (and train/ and test/ splits).
        split: "train", "test", "all" or a slice such as "train[:1000]".
        frames: of a clip, at least 2; of longer ones the first are taken.
        image_size: side or (height, width); None for 32 x 32 where kgen makes the clips, else for their own size.
        batch_size: clips per step.
        seed: integer in [0, 2**31), of the order.
        shuffle: whether to shuffle and drop the remainder; None for yes if the split is of `train`.
        labels: whether to yield (clips, labels int32) instead of clips.
        digits: pictures that move in each clip; of several, the clip has no label.
        speed: lowest and highest speed of these, in pixels per frame.
        motion_seed: integer in [0, 2**31), of how these move.
        data_dir: folder of TFDS data sets; the environment variable TFDS_DATA_DIR if None.
        on_bad: "error" or "skip", what a clip of a folder leads to that cannot be read, is too short, or has frames
            of several sizes.
        num_examples: use only so many clips of the split.

    Returns:
        Pair (dataset, `Description`): a `tf.data.Dataset` of uint8 batches [batch, frames, height, width, channels],
        with the attributes that `from_arrays` gives.

    Raises:
        FileNotFoundError: if the folder is missing.
        DatasetNotPrepared: if a TFDS data set is not here and no network answers.
        ValueError: if an argument does not fit, or a clip cannot be used.

    Example:

    >>> dataset, description = kgen.datasets.load_clips("moving:digits", frames=5, batch_size=8)
    >>> next(iter(dataset)).shape, description.num_examples
    (TensorShape([8, 5, 32, 32, 1]), 1437)
    """
    check_reading(on_bad, num_examples)
    integer_from(2, "frames", frames)
    size = as_size(image_size)
    shuffle = as_shuffle(shuffle, split)
    if is_moving(source):
        form = _form(frames, size or (SIDE, SIDE), digits, speed, motion_seed)
        found = read_moving(source, form, split, data_dir, num_examples, on_bad=on_bad)
        dataset = stream_moving(*found, form, split, batch_size, seed, shuffle, labels)
        return dataset, dataset.description
    found = _read(source, frames, size, split, data_dir, on_bad, num_examples)
    check_labelled(found, labels)
    dataset = stream(found, batch_size, seed, shuffle, None, labels)
    return dataset, dataset.description


def _read(source, frames, size, split, data_dir, on_bad, num_examples):
    """The `Examples` of a source that holds clips."""
    kind = kind_of(source)
    if kind == "folder":
        path = pathlib.Path(source).expanduser()
        return read_clip_folder(path, frames, size, split, on_bad, num_examples)
    if kind == "tfds":
        return read_clip_tfds(source, frames, size, split, data_dir, num_examples)
    expected = "moving:SOURCE, a TFDS data set of clips, or a folder of GIFs or of folders of frames"
    raise invalid("source", expected, source=source if isinstance(source, str) else type(source).__name__)


def _form(frames, size, digits, speed, motion_seed):
    """How kgen makes clips, checked."""
    positive_integer("digits", digits)
    if not is_integer(motion_seed, 0) or motion_seed >= 2**31:
        raise invalid("motion_seed", "an integer in [0, 2**31)", motion_seed=motion_seed)
    low, high = speed if isinstance(speed, (tuple, list)) and len(speed) == 2 else (speed, None)
    numbers = all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in (low, high))
    if not numbers or not 0 <= low <= high < float("inf"):
        raise invalid("speed", "(lowest, highest), finite numbers from 0", speed=speed)
    form = Form(frames, size, digits, (float(low), float(high)), int(motion_seed))
    if form.side >= min(size):
        raise invalid("image_size", "room for a picture to move, sides of 2 at least", image_size=size)
    return form
