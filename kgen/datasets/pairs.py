"""Two unpaired sets of pictures, to learn translations between."""

import pathlib
import typing
import warnings

import numpy as np

from kgen.datasets.augment import as_augmentation
from kgen.datasets.checks import as_shuffle, as_size
from kgen.datasets.domains import both_domains, is_domain_pair, parse_domain_pair, with_channels
from kgen.datasets.folder import MAX_PIXELS, find_pictures, is_picture, list_files, smaller_than
from kgen.datasets.preparing import find
from kgen.datasets.sources import check_reading, kind_of, read_source
from kgen.datasets.tfds_source import FREE_SIZE
from kgen.datasets.unpaired import stream_unpaired
from kgen.errors import invalid, number_in

MAX_JITTER = 4


class Truth(typing.NamedTuple):
    """Pictures of A with their true counterparts in B, in order.

    Example:

    >>> truth = kgen.datasets.pair_truth("digits_pair:negative", num_examples=3)
    >>> truth.a.shape == truth.b.shape, truth.labels.tolist(), truth.classes[:3]
    (True, [0, 5, 0], ('0', '1', '2'))
    """

    a: np.ndarray  # uint8 [N, H, W, C]
    b: np.ndarray  # uint8 [N, H, W, C]
    labels: np.ndarray | None  # int32 [N]
    classes: tuple


def load_pair(
    a,
    b=None,
    split="train",
    batch_size=1,
    image_size=None,
    seed=0,
    shuffle=None,
    augment=None,
    jitter=0.0,
    data_dir=None,
    on_bad="error",
    num_examples=None,
    max_pixels=MAX_PIXELS,
):
    """Loads two unpaired sets of pictures, as the data set that a translation is learned from.

    Both sides come in orders of their own, functions of (seed, step): at step s row j of a side of N
    examples shows place p mod N of that side's permutation number p // N, with p = s * batch_size + j. An
    epoch goes once through the larger side; the smaller one begins a new permutation whenever it ends.

    `digits_pair:KIND` and `digits_pair:KIND:SOURCE` derive side B from grey pictures (the bundled digits if
    no source is named) by a known function: "negative", "edges" or "colour". Every second picture belongs to
    A, the others to B, so that no picture's counterpart is in the data set; `pair_truth` has counterparts.

    If one side is grey and the other colour, both are given in colour. Pictures in a folder that are smaller
    than wanted are enlarged, with a warning.

    Args:
        a: a source as of `load`; or one that holds both sides: "cycle_gan/NAME" of TFDS, a folder with the
            folders trainA and trainB (and testA and testB), or "digits_pair:KIND".
        b: the other side's source, None if `a` holds both.
        split: as of `load`, of each source; "train[:100]" of "cycle_gan/NAME" means trainA[:100] and
            trainB[:100].
        batch_size: examples per step of each side.
        image_size: side or (height, width) of the result, as of `load`; both sides must have one size.
        seed: integer in [0, 2**31) for order, windows and augmentation.
        shuffle: whether to shuffle and drop the remainder; None for yes if the split is of `train`. In order,
            the larger side comes once, the smaller one again and again, and the last batch is smaller.
        augment: as of `load`.
        jitter: share in [0, 4) by which pictures are read larger than `image_size`; each time a picture is
            shown, a random window of `image_size` is cut out of it.
        data_dir: as of `load`.
        on_bad: as of `load`.
        num_examples: use only so many examples of each side.
        max_pixels: as of `load`.

    Returns:
        Pair (dataset, description): a `tf.data.Dataset` of pairs of batches (a, b), uint8 [batch, H, W, C]
        each, with attributes as `from_arrays` gives them, and its `PairDescription`: a `Description` with
        the two sides' own as `a` and `b`. The paper's photographs are read by `image_size=256,
        jitter=30 / 256, augment="flip"`: 286 x 286, of which a window of 256 x 256, half of them mirrored.

    Raises:
        FileNotFoundError: if a folder or file is missing.
        DatasetNotPrepared: if a TFDS data set is not here and no network answers.
        ValueError: if an argument, a picture, the shape, type or range of the data does not fit.

    Example:

    >>> dataset, description = kgen.datasets.load_pair("digits_pair:colour", batch_size=4, image_size=32)
    >>> [batch.shape for batch in next(iter(dataset))]
    [TensorShape([4, 32, 32, 3]), TensorShape([4, 32, 32, 3])]
    >>> description.name, description.a.num_examples, description.b.num_examples
    ('digits and colour of digits', 719, 718)

    Reference: Zhu 2017, CycleGAN, sections 3 and 7.2, arXiv 1703.10593.
    """
    check_reading(on_bad, num_examples)
    window, augment = _window(image_size, jitter), as_augmentation(augment)
    size = _larger(window, jitter) if window else as_size(image_size)
    folder = {"on_bad": on_bad, "max_pixels": max_pixels}
    sides = _read(a, b, split, size, data_dir, num_examples, folder)
    shuffle = as_shuffle(shuffle, split)
    dataset = stream_unpaired(_alike(*sides), batch_size, seed, shuffle, augment, window)
    if dataset.description.a.fingerprint == dataset.description.b.fingerprint:
        warnings.warn(f"Both sides hold the same pictures: {dataset.description.name}.", stacklevel=2)
    return dataset, dataset.description


def pair_truth(source, split="test", image_size=None, data_dir=None, num_examples=None):
    """Pictures and their true counterparts, to measure translations by; never to train on.

    Args:
        source: "digits_pair:KIND" or "digits_pair:KIND:SOURCE", as of `load_pair`.
        split: a split of the source; `load_pair` shows each picture of it on one side only.
        image_size: as of `load_pair`.
        data_dir: as of `load_pair`.
        num_examples: use only so many.

    Returns:
        `Truth`: a and b uint8 [N, H, W, C], row i of b the counterpart of row i of a; labels int32 [N] or
        None; and the classes' names.

    Raises:
        ValueError: for another source or split.

    Example:

    >>> truth = kgen.datasets.pair_truth("digits_pair:negative")
    >>> truth.a.shape, bool((truth.a == 255 - truth.b).all()), truth.labels[:3].tolist()
    ((360, 8, 8, 1), True, [0, 5, 0])
    """
    if not is_domain_pair(source):
        raise invalid("source", "digits_pair:KIND, whose counterparts are known", source=source)
    check_reading("error", num_examples)
    kind, base = parse_domain_pair(source)
    a, b = both_domains(read_source(base, split, as_size(image_size), data_dir, num_examples), kind)
    return Truth(a.images, b.images, a.labels, a.classes)


def _window(image_size, jitter):
    """(height, width) of the windows to cut out, None without jitter."""
    number_in("jitter", jitter, 0, MAX_JITTER)
    if jitter and image_size is None:
        raise invalid("image_size", "the size of the windows that jitter cuts out", image_size=None)
    return as_size(image_size) if jitter else None


def _larger(window, jitter):
    return tuple(round(side * (1 + jitter)) for side in window)


def _read(a, b, split, size, data_dir, num_examples, folder):
    """`Examples` of both sides, after a look at each."""
    if b is None and is_domain_pair(a):
        return _read_domains(a, split, size, data_dir, num_examples, folder)
    sources = _sides(a, b, split)
    for source, part in sources:
        _look(source, part, size, data_dir, num_examples, folder["max_pixels"])
    return [read_source(source, part, size, data_dir, num_examples, **folder) for source, part in sources]


def _sides(a, b, split):
    """(source, split) of A and of B."""
    if b is not None:
        return (a, split), (b, split)
    name, bracket, part = str(split).partition("[")
    kind = kind_of(a)
    if kind == "tfds" and a.startswith("cycle_gan/"):
        return tuple((a, name + side + bracket + part) for side in "AB")
    root = pathlib.Path(a).expanduser() if kind == "folder" else None
    if root and any((root / f"train{side}").is_dir() for side in "AB"):
        return tuple((root / (name + side), "train" + bracket + part) for side in "AB")
    both = '"cycle_gan/NAME", "digits_pair:KIND" or a folder with trainA and trainB'
    raise invalid("b", f"a second source, unless a is {both}", b=None)


def _read_domains(source, split, size, data_dir, num_examples, folder):
    """Every second picture, and the counterparts of the others."""
    kind, base = parse_domain_pair(source)
    twice = None if num_examples is None else 2 * num_examples
    _look(base, split, size, data_dir, twice, folder["max_pixels"])
    examples = read_source(base, split, size, data_dir, twice, **folder)
    halves = [examples._replace(images=examples.images[side::2]) for side in range(2)]
    return [both_domains(half, kind)[side] for side, half in enumerate(halves)]


def _look(source, split, size, data_dir, num_examples, max_pixels):
    """Finds what can be known of a source before a picture is decoded: errors, and reasons to warn."""
    kind = kind_of(source)
    if kind == "tfds":
        find(source, data_dir)
    if kind != "folder":
        return
    root, (height, width) = pathlib.Path(source).expanduser(), size or FREE_SIZE
    paths = [root / file.path for file in find_pictures(root, split, num_examples)[0]]
    files = list_files(root)
    others = [path for path in files if not is_picture(path)]
    if others:
        text = f"{len(others)} of {len(files)} files in {root} are no pictures and are left out"
        warnings.warn(f"{text}, the first: {others[0]}.", stacklevel=4)
    small = smaller_than(paths, (height, width), max_pixels)
    if small:
        text = f"{len(small)} of {len(paths)} pictures in {root} are smaller than {width} x {height}"
        warnings.warn(f"{text} and are enlarged, the first: {small[0].name}.", stacklevel=4)


def _alike(a, b):
    """Both sides with as many channels, without labels."""
    shapes = {"a": a.images.shape[1:], "b": b.images.shape[1:]}
    if a.images.dtype != b.images.dtype:
        types = {"a": str(a.images.dtype), "b": str(b.images.dtype)}
        raise invalid("b", "the type of a, both uint8 or both floats", **types)
    if shapes["a"][:-1] != shapes["b"][:-1]:
        raise invalid("image_size", "one size for both sides, whose examples differ", **shapes)
    grey, other = sorted((a, b), key=lambda side: side.images.shape[-1])
    channels = other.images.shape[-1]
    if grey.images.shape[-1] != channels:
        if len(shapes["a"]) != 3 or grey.images.shape[-1] != 1:
            raise invalid("b", "as many channels as a", **shapes)
        warnings.warn(f"{grey.name} is grey and {other.name} colour: both are given in colour.", stacklevel=3)
    return [
        side._replace(images=with_channels(side.images, channels), labels=None, classes=()) for side in (a, b)
    ]
