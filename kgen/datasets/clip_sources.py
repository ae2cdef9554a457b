"""Clips of one length and size: of a TFDS data set, of a folder of GIFs, or of a folder of folders of frames."""

import itertools
import pathlib
import re

import numpy as np
from PIL import Image

from kgen.datasets.arrays import Examples, select
from kgen.datasets.folder import (
    MAX_PIXELS,
    chosen,
    each,
    is_picture,
    labels_of,
    list_files,
    opaque,
    read_picture,
    tell,
)
from kgen.datasets.preparing import find, make_ready
from kgen.datasets.sizing import allocate, resize
from kgen.datasets.tfds_source import FREE_SIZE, batches
from kgen.errors import invalid

GIF = ".gif"
HELD_OUT = 10  # Of a TFDS set of one split, the last tenth is `test`.


def read_clip_folder(root, frames, size=None, split="train", on_bad="error", num_examples=None):
    """The clips of a folder; splits and classes are folders in it, as of pictures.

    Where there is a GIF, each is a clip; else each folder that holds pictures is one.

    Args:
        root: path of the folder.
        frames: of a clip; of longer ones the first are taken.
        size: (height, width), or None where all have the same.
        split, on_bad, num_examples: as in `load_clips`.

    Returns:
        `Examples`: uint8 [N, frames, height, width, 1 or 3]; one channel if every frame is grey.

    Raises:
        FileNotFoundError: if there is no such folder.
        ValueError: if it holds no clip, or one that cannot be used.
    """
    root = pathlib.Path(root)
    files, classes = chosen(_find(root), split, num_examples)
    clips = _Room(len(files))

    def use(file, number):
        clips.add(_read(root / file.path, frames, size), root / file.path)

    kept, problems = each(use, files, "clips", on_bad, UnusableClip)
    tell(problems, "clips")
    labels = labels_of(files, kept, classes)
    return Examples(clips.whole(root), labels, classes, root.resolve().name, split, len(problems))


class UnusableClip(ValueError):
    """A clip that cannot be used; others can."""


class _Room:
    """Clips of one shape, one after the other."""

    def __init__(self, number):
        self.number, self.filled = number, 0
        self.clips, self.first, self.grey = None, None, True

    def add(self, clip, path):
        """Keeps a clip, uint8 [frames, height, width, 3]."""
        if self.clips is None:
            self.clips, self.first = allocate((self.number, *clip.shape)), path
        if clip.shape != self.clips.shape[1:]:
            about = {str(known): _times(shape) for known, shape in self._sizes(clip, path)}
            raise invalid("image_size", "a number of pixels, since clips have several sizes", **about)
        self.clips[self.filled] = clip
        self.grey = self.grey and (clip == clip[..., :1]).all()
        self.filled += 1

    def _sizes(self, clip, path):
        return (self.first, self.clips.shape[2:4]), (path, clip.shape[1:3])

    def whole(self, root):
        """All clips, in grey if they are."""
        if self.clips is None:
            raise ValueError(f"There is no clip in {root} that can be used.")
        return self.clips[: self.filled, ..., : 1 if self.grey else 3]


def _find(root):
    """Relative paths of the clips: of GIFs, else of folders that hold pictures."""
    paths = list_files(root)
    gifs = [path for path in paths if path.name.lower().endswith(GIF)]
    folders = sorted({path.parent for path in paths if is_picture(path)} - {pathlib.Path()})
    if not (gifs or folders):
        raise ValueError(
            f"There is no clip in {root}. Expected files named {GIF}, or a folder of frames each."
        )
    return gifs or folders


def _read(path, frames, size):
    """The first frames of a clip, uint8 [frames, height, width, 3]."""
    number, pictures = (_frames_of_folder if path.is_dir() else _frames_of_gif)(path, frames)
    if number < frames:
        has = "one frame" if number == 1 else f"{number} frames"
        raise UnusableClip(f"Cannot use the clip {path}: it has {has}, fewer than frames={frames}.")
    shapes = sorted({picture.shape for picture in pictures})
    if len(shapes) > 1:
        several = " and ".join(_times(shape[:2]) for shape in shapes)
        raise UnusableClip(f"Cannot use the clip {path}: its frames have several sizes, {several}.")
    return resize(np.stack(pictures), size)


def _times(sides):
    return " x ".join(map(str, sides))


def _frames_of_folder(path, frames):
    """How many frames a folder holds, and the first of them, by their names."""
    files = sorted(filter(is_picture, path.iterdir()), key=_natural)
    try:
        return len(files), [read_picture(file, grey=False) for file in files[:frames]]
    except ValueError as error:
        raise UnusableClip(str(error)) from None


def _natural(path):
    """An order in which 9 is before 10."""
    return [int(word) if word.isdigit() else word for word in re.split(r"(\d+)", path.name)]


def _frames_of_gif(path, frames):
    """How many frames a GIF holds, and the first of them."""
    try:
        with Image.open(path, formats=("GIF",)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"{image.width} x {image.height} is more than {MAX_PIXELS} pixels")
            found = []
            for place in range(min(image.n_frames, frames)):
                image.seek(place)
                found.append(np.asarray(opaque(image.copy(), "RGB")))
            return image.n_frames, found
    except Exception as error:  # Pillow's decoders raise errors of many kinds on damaged files.
        reason = "it is empty (zero bytes)" if path.stat().st_size == 0 else str(error).splitlines()[0]
        raise UnusableClip(f"Cannot read the clip {path}: {reason}.") from None


def read_clip_tfds(name, frames, size=None, split="train", data_dir=None, num_examples=None):
    """The clips of a TFDS data set with a feature that is a video.

    Of a set of one split, such as `moving_mnist`, the last tenth is `test` and the rest `train`.

    Args:
        name: of the data set.
        frames, size: as in `read_clip_folder`.
        split, data_dir, num_examples: as in `load_clips`.

    Returns:
        `Examples`: uint8 [N, frames, height, width, channels].

    Raises:
        DatasetNotPrepared: if it is not here and no network answers.
        ValueError: if the name or split is unknown, there is no video in it, or one is too short.
    """
    builder = find(name, data_dir)
    video, label = _features(builder)
    make_ready(builder, name, data_dir)
    size = size or (FREE_SIZE if None in builder.info.features[video].shape[1:3] else None)
    parts = _parts(builder, split)
    found = itertools.chain.from_iterable(
        batches(builder, part, [video, *label], 1, stop) for part, stop in parts
    )
    total = sum(stop for _, stop in parts)
    clips, labels = _Stored(total if num_examples is None else min(total, num_examples), frames), []
    for batch in itertools.islice(found, clips.number):
        clips.add(batch[video][0], size, name)
        labels.append(batch[label[0]][0] if label else 0)
    classes = tuple(builder.info.features[label[0]].names) if label else ()
    return Examples(clips.clips, np.array(labels, np.int32) if label else None, classes, name, split)


class _Stored:
    """Clips of a data set, one after the other; the first says how large they are."""

    def __init__(self, number, frames):
        self.number, self.frames = number, frames
        self.clips, self.filled = np.empty((0, frames, 1, 1, 1), np.uint8), 0

    def add(self, clip, size, name):
        if len(clip) < self.frames:
            raise invalid("frames", f"at most the {len(clip)} of a clip of {name}", frames=self.frames)
        clip = resize(clip[: self.frames], size)
        self.clips = self.clips if self.filled else allocate((self.number, *clip.shape))
        self.clips[self.filled] = clip
        self.filled += 1


def _features(builder):
    """Names of the video and (a list of none or one) the class among the features."""
    import tensorflow_datasets as tfds

    features = builder.info.features
    features = dict(features) if isinstance(features, tfds.features.FeaturesDict) else {}
    videos = [key for key, feature in features.items() if isinstance(feature, tfds.features.Video)]
    if not videos:
        about = f"{builder.name!r} with {', '.join(features) or 'features of another kind'}"
        raise invalid("source", "a data set of clips (a feature that is a video)", about)
    return videos[0], [key for key in ("label",) if isinstance(features.get(key), tfds.features.ClassLabel)]


def _parts(builder, split):
    """What to read: (a split of TFDS with its slice, number of its clips) for each part."""
    sizes = {name: info.num_examples for name, info in builder.info.splits.items()}
    starts = {name: (name, 0) for name in sizes}
    if len(sizes) == 1:
        ((only, total),) = sizes.items()
        train = total - total // HELD_OUT
        sizes = {"train": train, "test": total - train}
        starts = {"train": (only, 0), "test": (only, train)}
    names, part = select(split, sizes)
    begin, end, _ = part.indices(sum(sizes[name] for name in names))
    parts = []
    for name in names:
        first, last = min(begin, sizes[name]), min(max(end, 0), sizes[name])
        stored, start = starts[name]
        parts += [(f"{stored}[{start + first}:{start + last}]", last - first)] if first < last else []
        begin, end = max(0, begin - sizes[name]), end - sizes[name]
    return parts
