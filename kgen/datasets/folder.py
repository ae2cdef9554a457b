"""A folder of pictures of any size and mode; nested folders are classes."""

import collections
import concurrent.futures
import os
import pathlib
import typing
import warnings

import numpy as np
from PIL import Image, ImageOps

from kgen.datasets.arrays import Examples, select
from kgen.datasets.sizing import allocate, fit

EXTENSIONS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
GREY_MODES = {"1", "L", "LA", "I", "I;16", "I;16B", "I;16L"}
MAX_PIXELS = 64_000_000
SPLITS = {"train", "test", "validation", "val"}


def read_folder(root, split="train", size=(64, 64), on_bad="error", max_pixels=MAX_PIXELS, num_examples=None):
    """Decodes the pictures of a folder.

    If train/ and at most test/, val/ and validation/ are the folders of `root`, they are splits (and
    pictures beside them are left out); else everything is `train`. The folders below are classes, mixed
    evenly in the order of the examples, so that a slice holds its share of each.

    Args:
        root: path of the folder.
        split: a split with or without a slice, such as "train[:90%]".
        size: (height, width) of the result.
        on_bad: "error" or "skip", what an unreadable picture leads to.
        max_pixels: pictures with more pixels are refused before they are decoded.
        num_examples: use only so many files.

    Returns:
        `Examples`: uint8 [N, height, width, 1 or 3]; one channel if every picture is grey.

    Raises:
        FileNotFoundError: if there is no such folder.
        ValueError: if it holds no picture, or an unreadable one.
    """
    files, classes = find_pictures(root, split, num_examples)
    images, kept = _decode_all([root / file.path for file in files], size, on_bad, max_pixels)
    labels = labels_of(files, kept, classes)
    return Examples(images, labels, classes, root.resolve().name, split, len(files) - len(kept))


class File(typing.NamedTuple):
    path: pathlib.PurePath  # relative to the root
    folder: str  # the outermost folder below its split, "" for none


def find_pictures(root, split="train", num_examples=None):
    """The picture files of a split, before any is opened; see `read_folder`.

    Args:
        root: path of the folder.
        split: a split with or without a slice.
        num_examples: only so many files.

    Returns:
        List of `File`, and the names of all classes.

    Raises:
        FileNotFoundError: if there is no such folder.
        ValueError: if it holds no picture or no such split.
    """
    return find_files(root, EXTENSIONS, "picture", split, num_examples)


def find_files(root, extensions, kind, split="train", num_examples=None):
    """The files of a kind and a split, and the names of all classes; see `find_pictures`.

    Args:
        root, split, num_examples: as there.
        extensions: ends of the files' names, in small letters.
        kind: what they hold, in messages.

    Returns:
        List of `File`, and the names of all classes.
    """
    found = [path for path in list_files(root) if path.name.lower().endswith(extensions)]
    if not found:
        raise ValueError(f"There is no {kind} in {root}. Expected files named {', '.join(extensions)}.")
    return chosen(found, split, num_examples)


def chosen(paths, split="train", num_examples=None):
    """Those of some paths that belong to a split, and the names of all classes; see `find_files`.

    Args:
        paths: relative to the root, of files, or of folders that hold an example each.
        split, num_examples: as there.

    Returns:
        List of `File`, and the names of all classes.

    Raises:
        ValueError: if there is no such split.
    """
    splits = _splits(paths)
    names, part = select(split, {name: len(files) for name, files in splits.items()})
    folders = sorted({file.folder for files in splits.values() for file in files})
    classes = () if "" in folders else tuple(folders)
    return [file for name in names for file in _mixed(splits[name])][part][:num_examples], classes


def each(use, files, kind, on_bad, unusable=ValueError):
    """Uses files one after the other, and leaves out those that cannot be used.

    Args:
        use: function of a file, and of how many were used before it.
        files: list.
        kind: what the files hold, in the plural, for messages.
        on_bad: "error" or "skip", what such a file leads to.
        unusable: the error by which `use` says so.

    Returns:
        Positions of those that were used, and what is wrong with the others.

    Raises:
        ValueError: a file that cannot be used, with "error".
    """
    kept, problems = [], []
    for place, file in enumerate(files):
        try:
            use(file, len(kept))
            kept.append(place)
        except unusable as error:
            if on_bad == "error":
                raise ValueError(f'{error} Perhaps use on_bad="skip" to leave such {kind} out.') from None
            problems.append(str(error))
    return kept, problems


def tell(problems, kind):
    """Warns the user of a loader, whose reader calls this, of what was left out."""
    if problems:
        warnings.warn(f"Left out {len(problems)} {kind}, the first: {problems[0]}", stacklevel=4)


def labels_of(files, kept, classes):
    """Class numbers, int32, of those of the files that were kept; None without classes."""
    return np.array([classes.index(files[i].folder) for i in kept], np.int32) if classes else None


def is_picture(path):
    """Whether a file has the name of a picture."""
    return path.name.lower().endswith(EXTENSIONS)


def list_files(root):
    """Relative paths of the files, sorted; none that is hidden, or in folders such as __MACOSX.

    Raises:
        FileNotFoundError: if there is no such folder.
    """
    root, found, seen = pathlib.Path(root), [], set()
    if not root.is_dir():
        raise FileNotFoundError(f"There is no folder {root}.")
    for folder, subfolders, names in os.walk(root, followlinks=True):
        visited = os.path.realpath(folder) in seen
        seen.add(os.path.realpath(folder))
        subfolders[:] = [] if visited else [name for name in subfolders if not name.startswith((".", "__"))]
        found += [] if visited else [pathlib.Path(folder, name) for name in names if name[0] != "."]
    return sorted(path.relative_to(root) for path in found)


def _splits(paths):
    """Files by split: the outermost folders are splits if they have the names of splits, train among them."""
    folders = {path.parts[0] for path in paths if len(path.parts) > 1}
    split = "train" in folders and folders <= SPLITS
    files = {}
    for path in paths:
        name, inner = (path.parts[0], path.parts[1:]) if split else ("train", path.parts)
        if inner:
            files.setdefault(name, []).append(File(path, inner[0] if len(inner) > 1 else ""))
    return files


def _mixed(files):
    """The files of all folders, evenly mixed; one folder's stay in order."""
    total, rank, keys = collections.Counter(file.folder for file in files), collections.Counter(), []
    for file in files:
        keys.append(((rank[file.folder] + 0.5) / total[file.folder], file))
        rank[file.folder] += 1
    return [file for _, file in sorted(keys)]


def _decode_all(paths, size, on_bad, max_pixels):
    """Pictures uint8 [N, height, width, C], and the positions in `paths` of those that could be read."""
    headers = [_attempt(_header, path, max_pixels) for path in paths]
    grey = all(header.mode in GREY_MODES for header, problem in headers if not problem)
    images, kept, problems = allocate((len(paths), *size, 1 if grey else 3)), [], []

    def picture(path, header):
        return header if header[1] else _attempt(_decode, path, size, grey)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        for i, (pixels, problem) in enumerate(pool.map(picture, paths, headers)):
            if problem and on_bad == "error":
                pool.shutdown(cancel_futures=True)
                raise ValueError(f'{problem} Perhaps use on_bad="skip" to leave such pictures out.')
            if problem:
                problems.append(problem)
            else:
                images[len(kept)] = pixels
                kept.append(i)
    if problems:
        warnings.warn(f"Skipped {len(problems)} unreadable pictures, the first: {problems[0]}", stacklevel=4)
    return images[: len(kept)], kept


def _attempt(function, path, *args):
    """The function's result and None, or None and what is wrong with the picture."""
    try:
        return function(path, *args), None
    except Exception as error:  # Pillow's decoders raise errors of many kinds on damaged files
        reason = "it is empty (zero bytes)" if path.stat().st_size == 0 else str(error)
        return None, f"Cannot read the picture {path}: {reason}."


def smaller_than(paths, size, max_pixels=MAX_PIXELS):
    """Those of some pictures that are lower or narrower than a size, by their headers alone.

    Args:
        paths: of the pictures; unreadable ones are left to `read_folder`.
        size: (height, width).
        max_pixels: as in `read_folder`.

    Returns:
        List of paths.
    """
    headers = [(path, *_attempt(_header, path, max_pixels)) for path in paths]
    readable = [(path, header) for path, header, problem in headers if not problem]
    return [path for path, header in readable if header.height < size[0] or header.width < size[1]]


class Header(typing.NamedTuple):
    mode: str
    height: int
    width: int


def _header(path, max_pixels):
    """What the header says, after a check of the size in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise ValueError(f"{image.width} x {image.height} is more than max_pixels={max_pixels}")
            return Header(image.mode, image.height, image.width)


def read_picture(path, grey, max_pixels=MAX_PIXELS):
    """One picture at its own size, otherwise as `read_folder` decodes it.

    Args:
        path: of the file.
        grey: whether it becomes grey; else it becomes coloured.
        max_pixels: as in `read_folder`.

    Returns:
        uint8 array [height, width, 1 or 3].

    Raises:
        ValueError: naming the file, if it cannot be read.
    """
    for function, *args in ((_header, max_pixels), (_decode, None, grey)):
        found, problem = _attempt(function, path, *args)
        if problem:
            raise ValueError(problem)
    return found


def unreadable(paths, max_pixels=MAX_PIXELS):
    """What is wrong with pictures, as far as their headers tell.

    Args:
        paths: of the files.
        max_pixels: as in `read_folder`.

    Returns:
        List of sentences, one for each picture that cannot be read.
    """
    problems = (_attempt(_header, path, max_pixels)[1] for path in paths)
    return [problem for problem in problems if problem]


def _decode(path, size, grey):
    """Pixels uint8 [height, width, 1 or 3]: upright, on white where transparent, fitted to a size if one is given."""
    mode = "L" if grey else "RGB"
    with Image.open(path, formats=FORMATS) as image:
        if size:
            image.draft(mode, (2 * max(size), 2 * max(size)))
        picture = opaque(ImageOps.exif_transpose(image), mode)
        pixels = np.asarray(fit(picture, size) if size else picture)
    return pixels[..., None] if grey else pixels


def opaque(image, mode):
    """A Pillow picture in mode L or RGB; 16 bits are scaled to 8, transparency shows white."""
    if image.mode.startswith("I"):
        wide = np.asarray(image).astype(np.float64)
        return Image.fromarray(np.round(np.clip(wide, 0, 65535) / 257).astype(np.uint8)).convert(mode)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert(mode)
