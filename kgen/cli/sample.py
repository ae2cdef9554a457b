"""Draws samples of a run, or of an exported SavedModel, as one picture; vectors are written as numbers too.

The same seed gives the same file, byte for byte. A SavedModel is a program: it is loaded with --trust only.
"""

import argparse
import pathlib

import numpy as np

import kgen
from kgen import noise, pictures
from kgen.cli import data
from kgen.cli.building import load_run
from kgen.cli.folder import OPTIONS
from kgen.errors import positive_integer
from kgen.serving import graph


def add_arguments(parser):
    """Adds the options of `kgen sample`."""
    parser.add_argument("path", metavar="RUN|SAVED_MODEL", help="folder of a run or of an exported model")
    parser.add_argument("--num-samples", type=int, default=16, metavar="N", help="how many (default: 16)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the samples (default: 0)")
    parser.add_argument("--labels", type=_integers, metavar="K[,K...]", help=LABELS)
    parser.add_argument("--out", metavar="FILE.png", help=OUT)
    parser.add_argument("--trust", action="store_true", help="loads a SavedModel, which is a program")


LABELS = "class of the samples; of several, a row for each, N pictures in all at most"
OUT = "PNG to write (default: grid.png; of vectors scatter.png, and their numbers beside it as samples.npy)"


def _integers(text):
    try:
        return [int(word) for word in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"classes are integers with commas between them, not {text!r}"
        ) from None


def run(arguments):
    """Writes the picture, and for vectors their numbers, and prints the paths."""
    positive_integer("num_samples", arguments.num_samples)
    if arguments.out and not pathlib.Path(arguments.out).absolute().parent.is_dir():
        raise FileNotFoundError(f"There is no folder for --out {arguments.out}.")
    path = pathlib.Path(arguments.path)
    draw = _from_saved_model if _is_saved_model(path) else _from_run
    samples, real = draw(path, arguments)
    if samples.ndim == 2:
        return _write_vectors(samples, real, arguments.out)
    _write_picture(pictures.grid(samples, _columns(arguments)), arguments.out or "grid.png")


def _columns(arguments):
    """Pictures a row: where there are several labels, a row for each."""
    several = len(arguments.labels or []) > 1
    return max(1, arguments.num_samples // len(arguments.labels)) if several else None


def _conditions(arguments, takes_labels, name="labels"):
    """How many samples, and their labels under that name where they were said."""
    if arguments.labels is None:
        return arguments.num_samples, {}
    if not takes_labels:
        raise ValueError(f"{arguments.path} has no classes, so --labels means nothing.")
    each = _columns(arguments) or arguments.num_samples
    labels = np.repeat(arguments.labels, each)
    return len(labels), {name: labels}


def _write_vectors(samples, real, out):
    """The points over those of the data where it is a mixture, and the same in numbers."""
    numbers = pathlib.Path(out).with_suffix(".npy") if out else pathlib.Path("samples.npy")
    _write_picture(pictures.scatter(samples, real), out or "scatter.png")
    np.save(numbers, samples)
    print(numbers)


def _write_picture(picture, out):
    pictures.save_png(out, picture)
    print(out)


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
    """Samples, and the points of the run's mixture or None."""
    model, options, _ = load_run(path)
    if model.PAIRED:
        translate = f"kgen translate {path} PICTURES --direction ab --out DIR"
        raise ValueError(f"{options['model']} draws nothing from noise, it translates: {translate}")
    if model.TABULAR:
        fill = f"kgen impute {path} FILE.csv --out FILLED.csv"
        raise ValueError(f"{options['model']} draws nothing from noise, it fills in tables: {fill}")
    num_samples, labels = _conditions(arguments, "labels" in model.CONDITIONS)
    samples = model.generate(num_samples, seed=arguments.seed, **labels)
    return samples, data.some_points(options) if data.mixture(options) else None


def _from_saved_model(path, arguments):
    if not arguments.trust:
        raise ValueError(
            f"{path} is a SavedModel, and SavedModels are programs. Say --trust if you trust it."
        )
    serve = kgen.serving.load(path)
    if "generate" not in serve:
        raise ValueError(f"{path} has no endpoint generate. Its endpoints: {', '.join(sorted(serve))}.")
    takes_labels = "label" in graph.signatures(graph.meta_graph(path))["generate"][0]
    if takes_labels and arguments.labels is None:
        raise ValueError(f"{path} draws samples of a class. Say which by --labels.")
    num_samples, label = _conditions(arguments, takes_labels, "label")
    seeds = noise.rows(arguments.seed, num_samples).numpy()
    return np.asarray(serve["generate"](seed=seeds, **label)["images"]), None
