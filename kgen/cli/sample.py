"""Draws samples of a run, or of an exported SavedModel, as one picture, or writes GIFs, wav files or texts.

Vectors are written as numbers too; sounds go into a new folder, 000.wav, 001.wav and so on, and so do clips, 000.gif
..., or all of them into one GIF, with a strip of their frames beside them; several kinds of data too, a file or a
folder of each; texts are printed: sentences one per line, others with lines of `---` between them.
The same seed gives the same file, byte for byte. A SavedModel is a program: it is loaded with --trust only, but for
kgen's own reference models, which are known by the SHA-256 sum of their files.
"""

import argparse
import pathlib

import numpy as np

import kgen
from kgen import noise, pictures
from kgen.cli import clips, data, joint, sounds, texts, writing
from kgen.cli.building import load_run
from kgen.cli.folder import OPTIONS, read_options
from kgen.errors import positive_integer
from kgen.serving import graph, known


def add_arguments(parser):
    """Adds the options of `kgen sample`."""
    parser.add_argument("path", metavar="RUN|SAVED_MODEL", help="folder of a run or of an exported model")
    parser.add_argument("--num-samples", type=int, metavar="N", help=NUM_SAMPLES)
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the samples (default: 0)")
    parser.add_argument("--labels", type=_integers, metavar="K[,K...]", help=LABELS)
    parser.add_argument("--prompt", metavar="TEXT", help="of text: how each begins")
    parser.add_argument("--temperature", type=float, metavar="T", help=TEMPERATURE)
    parser.add_argument("--top-k", type=int, metavar="K", help="of text: draws among the K likeliest tokens")
    parser.add_argument("--top-p", type=float, metavar="P", help=TOP_P)
    parser.add_argument("--length", type=int, metavar="N", help=LENGTH)
    parser.add_argument("--out", metavar="FILE|DIR", help=OUT)
    parser.add_argument("--trust", action="store_true", help="loads a SavedModel, which is a program")


PICTURES = 16
NUM_SAMPLES = f"how many (default: {PICTURES}; of texts {writing.NUM_SAMPLES})"
TEMPERATURE = (
    "of text: below 1 likelier, above 1 stranger texts, 0 the likeliest token each time (default: 1)"
)
TOP_P = "of text: draws among the fewest tokens that have probability P together, in (0, 1]"
LENGTH = "of text: most tokens behind the prompt (default: the run's --sequence-length)"
LABELS = "class of the samples; of several, a row for each, N pictures in all at most"
OUT = """PNG to write (default: grid.png; of vectors scatter.png, and their numbers beside it as samples.npy); of texts
a new file for them; of sounds a new folder (default: sounds); of clips a new folder (default: clips), or FILE.gif,
beside which FILE.png is their strip; of several kinds of data a new folder (default: rows)"""


def _integers(text):
    try:
        return [int(word) for word in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"classes are integers with commas between them, not {text!r}"
        ) from None


def run(arguments):
    """Writes the picture, and for vectors their numbers, and prints the paths; or prints texts."""
    if arguments.num_samples is not None:
        positive_integer("num_samples", arguments.num_samples)
    if arguments.out and not pathlib.Path(arguments.out).absolute().parent.is_dir():
        raise FileNotFoundError(f"There is no folder for --out {arguments.out}.")
    path = pathlib.Path(arguments.path)
    draw = _from_saved_model if _is_saved_model(path) else _from_run
    drawn = draw(path, arguments)
    if drawn:
        _show(*drawn, arguments)


def _write_sounds(model, arguments):
    """Writes the wav files of a run's model, and the picture of them."""
    out = sounds.folder_for(arguments.out)
    number, labels = _conditions(arguments, "labels" in model.CONDITIONS)
    waves = model.generate(number, seed=arguments.seed, **labels)
    sounds.write(waves, model.sample_rate, out, _columns(arguments))


def _show(samples, real, arguments):
    """Writes pictures or vectors."""
    if samples.ndim == 2:
        return _write_vectors(samples, real, arguments.out)
    _write_picture(pictures.grid(samples, _columns(arguments)), arguments.out or "grid.png")


def _columns(arguments):
    """Pictures a row: where there are several labels, a row for each."""
    several = len(arguments.labels or []) > 1
    return max(1, _number(arguments) // len(arguments.labels)) if several else None


def _number(arguments):
    return arguments.num_samples or PICTURES


def _conditions(arguments, takes_labels, name="labels"):
    """How many samples, and their labels under that name where they were said."""
    if arguments.labels is None:
        return _number(arguments), {}
    if not takes_labels:
        raise ValueError(f"{arguments.path} has no classes, so --labels means nothing.")
    each = _columns(arguments) or _number(arguments)
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
    """Samples, and the points of the run's mixture or None; nothing of what is written at once."""
    of_text = texts.is_text(read_options(path)["model"])
    if not of_text:
        writing.refuse(arguments, writing.OPTIONS, f"is for text, and {path} draws none")
    model, options, _ = load_run(path)
    if of_text:
        return writing.write_of_run(model, arguments)
    if model.PAIRED:
        translate = f"kgen translate {path} PICTURES --direction ab --out DIR"
        raise ValueError(f"{options['model']} draws nothing from noise, it translates: {translate}")
    if model.TABULAR:
        fill = f"kgen impute {path} FILE.csv --out FILLED.csv"
        raise ValueError(f"{options['model']} draws nothing from noise, it fills in tables: {fill}")
    if model.AUDIBLE:
        return _write_sounds(model, arguments)
    num_samples, labels = _conditions(arguments, "labels" in model.CONDITIONS)
    if model.JOINT:
        out = joint.folder_for(arguments.out)
        return joint.write(model.modalities, model.generate(num_samples, seed=arguments.seed), out)
    if model.MOVING:
        out = clips.place_for(arguments.out)
        return clips.write(model.generate(num_samples, seed=arguments.seed), out)
    samples = model.generate(num_samples, seed=arguments.seed, **labels)
    return samples, data.some_points(options) if data.mixture(options) else None


def _from_saved_model(path, arguments):
    served = graph.signatures(graph.meta_graph(path))
    if "generate" not in served:
        raise ValueError(_draws_nothing(path, served))
    if not arguments.trust and not known.is_known(path):
        raise ValueError(
            f"{path} is a SavedModel, and SavedModels are programs. Say --trust if you trust it."
        )
    serve = kgen.serving.load(path)
    takes, gives = served["generate"]
    if "prompt" in takes:
        return writing.write_of_saved_model(serve["generate"], arguments)
    writing.refuse(arguments, writing.OPTIONS, f"is for text, and {path} draws none")
    takes_labels = "label" in takes
    if takes_labels and arguments.labels is None:
        raise ValueError(f"{path} draws samples of a class. Say which by --labels.")
    num_samples, label = _conditions(arguments, takes_labels, "label")
    if "wav" in serve:
        out = sounds.folder_for(arguments.out)
        return sounds.write_of_saved_model(serve["wav"], num_samples, arguments.seed, out, **label)
    if len(gives) > 1:  # An output for each kind of data.
        return joint.write_of_saved_model(serve, num_samples, arguments.seed, joint.folder_for(arguments.out))
    if "video" in gives:
        out = clips.place_for(arguments.out)
        return clips.write_of_saved_model(serve["generate"], num_samples, arguments.seed, out)
    seeds = noise.rows(arguments.seed, num_samples).numpy()
    return np.asarray(serve["generate"](seed=seeds, **label)["images"]), None


def _draws_nothing(path, served):
    """What a model without `generate` is for: its endpoints, and a call of the first."""
    names = [name for name in served if name != "serving_default"]
    first = names[0] if names else "serving_default"
    inputs = ", ".join(f"{name}=..." for name in served[first][0])
    call = f'kgen.serving.load("{path}")["{first}"]({inputs})'
    return f"{path} draws nothing from noise. Its endpoints: {', '.join(names)}. In Python: {call}"
