"""Draws samples of a run, or of an exported SavedModel, as one picture.

The same seed gives the same file, byte for byte. A SavedModel is a program: it is loaded with --trust only.
"""

import pathlib

import kgen
from kgen import noise, pictures
from kgen.cli.building import load_run
from kgen.cli.folder import OPTIONS
from kgen.errors import positive_integer


def add_arguments(parser):
    """Adds the options of `kgen sample`."""
    parser.add_argument("path", metavar="RUN|SAVED_MODEL", help="folder of a run or of an exported model")
    parser.add_argument("--num-samples", type=int, default=16, metavar="N", help="pictures (default: 16)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the samples (default: 0)")
    parser.add_argument("--out", default="grid.png", metavar="FILE", help="PNG to write (default: grid.png)")
    parser.add_argument("--trust", action="store_true", help="loads a SavedModel, which is a program")


def run(arguments):
    """Writes the grid and prints its path."""
    positive_integer("num_samples", arguments.num_samples)
    if not pathlib.Path(arguments.out).absolute().parent.is_dir():
        raise FileNotFoundError(f"There is no folder for --out {arguments.out}.")
    path = pathlib.Path(arguments.path)
    draw = _from_saved_model if _is_saved_model(path) else _from_run
    images = draw(path, arguments)
    pictures.save_png(arguments.out, pictures.grid(images))
    print(arguments.out)


def _is_saved_model(path):
    """Whether a folder is a SavedModel, or holds numbered versions of one."""
    if path.is_file():
        raise ValueError(
            f"{path} is a file, which may hold foreign code. Name the folder of a run or of a SavedModel."
        )
    return not (path / OPTIONS).is_file() and any(
        [*path.glob("saved_model.pb"), *path.glob("[0-9]*/saved_model.pb")]
    )


def _from_run(path, arguments):
    return load_run(path)[0].generate(arguments.num_samples, seed=arguments.seed)


def _from_saved_model(path, arguments):
    if not arguments.trust:
        raise ValueError(
            f"{path} is a SavedModel, and SavedModels are programs. Say --trust if you trust it."
        )
    serve = kgen.serving.load(path)
    if "generate" not in serve:
        raise ValueError(f"{path} has no endpoint generate. Its endpoints: {', '.join(sorted(serve))}.")
    return serve["generate"](seed=noise.rows(arguments.seed, arguments.num_samples).numpy())["images"]
