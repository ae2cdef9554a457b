"""Translates a picture, or all pictures in a folder and the folders in it, by the model of a run.

Pictures keep their size, their names and their folders, and are written as PNG. Nothing is overwritten.
"""

import pathlib
import warnings

import keras
import tensorflow as tf

from kgen import pictures
from kgen.cli import data
from kgen.cli.building import load_run
from kgen.cli.folder import read_options
from kgen.datasets.folder import EXTENSIONS, is_picture, list_files, read_picture, unreadable
from kgen.errors import invalid


def add_arguments(parser):
    """Adds the options of `kgen translate`."""
    parser.add_argument("path", metavar="RUN", help="folder of a run of cyclegan")
    parser.add_argument("pictures", metavar="DIR|FILE", help="what is translated")
    parser.add_argument("--direction", choices=("ab", "ba"), default="ab", help=DIRECTION)
    parser.add_argument(
        "--out", required=True, metavar="DIR", help="folder to write to, made where it is missing"
    )
    parser.add_argument("--on-bad", choices=("error", "skip"), default="error", help=ON_BAD)


DIRECTION = "from the pictures of --data-a to those of --data-b, or the way back (default: ab)"
ON_BAD = "what an unreadable picture leads to (default: error)"


def run(arguments):
    """Translates one picture after the other, and says where they are."""
    _check_run(arguments.path)
    root, names = find(pathlib.Path(arguments.pictures))
    places = targets(names, pathlib.Path(arguments.out))
    if arguments.on_bad == "error":
        for problem in unreadable(root / name for name in names):
            raise _refused(problem)
    model = load_run(arguments.path)[0]
    problems = _write(root, places, model, arguments)
    if problems:
        warnings.warn(f"Skipped {len(problems)} unreadable pictures, the first: {problems[0]}", stacklevel=2)
    print(f"Written to {arguments.out}: {len(names) - len(problems)} of {len(names)} pictures")


def _check_run(path):
    """Refuses a run whose model translates no picture."""
    options = read_options(path)
    if not data.is_paired(options):
        raise ValueError(
            f"{path} is a run of {options['model']}, which draws samples and translates nothing."
        )
    channels = options["data_set"]["shape"][-1]
    if channels not in (1, 3):
        raise invalid("path", "a run on grey or coloured pictures", channels=channels)


def find(source):
    """The pictures to translate.

    Args:
        source: path of a picture or of a folder.

    Returns:
        Path of the folder, and the pictures' relative paths.

    Raises:
        FileNotFoundError: if there is no such path.
        ValueError: if it is no picture, or holds none.
    """
    if not source.exists():
        raise FileNotFoundError(f"There is no picture or folder {source}.")
    root, files = (
        (source, list_files(source)) if source.is_dir() else (source.parent, [pathlib.Path(source.name)])
    )
    names = [name for name in files if is_picture(name)]
    if not names:
        raise ValueError(f"There is no picture in {source}. Expected files named {', '.join(EXTENSIONS)}.")
    if others := [name for name in files if not is_picture(name)]:
        text = f"{len(others)} of {len(files)} files in {root} are no pictures and are left out"
        warnings.warn(f"{text}, the first: {others[0]}.", stacklevel=2)
    return root, names


def targets(names, out):
    """Where translations go, before any is made.

    Args:
        names: relative paths of pictures.
        out: folder to write to.

    Returns:
        Dict name -> path of a PNG file that does not exist.

    Raises:
        ValueError: two pictures whose translations would have one name.
        FileExistsError: a file that would be overwritten.
    """
    found = {name: out / name.with_suffix(".png") for name in names}
    sources = {place: name for name, place in found.items()}
    for name, place in found.items():
        if sources[place] != name:
            raise ValueError(f"{name} and {sources[place]} would both become {place}. Rename one of them.")
    existing = [place for place in found.values() if place.exists()]
    if existing:
        raise FileExistsError(
            f"{existing[0]} exists ({len(existing)} of {len(found)} do). Choose another --out."
        )
    return found


def _write(root, places, model, arguments):
    """Writes a translation of each picture, one in memory at a time; what is wrong with those left out."""
    bar, problems = keras.utils.Progbar(len(places), unit_name="picture"), []
    for name, place in places.items():
        try:
            picture = read_picture(root / name, grey=model.image_shape[-1] == 1)
        except ValueError as error:
            if arguments.on_bad == "error":
                raise _refused(error) from None
            problems.append(error)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            pictures.save_png(place, _translated(model, picture, arguments.direction), min_side=1)
        bar.add(1)
    return problems


def _translated(model, picture, direction):
    try:
        return model.translate(picture[None], direction)[0]
    except tf.errors.ResourceExhaustedError:
        height, width, _ = picture.shape
        raise ValueError(f"Not enough memory for a picture of {width} x {height}. Make it smaller.") from None


def _refused(problem):
    return ValueError(f"{problem} Perhaps use --on-bad skip to leave such pictures out.")
