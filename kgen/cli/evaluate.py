"""Judges a run's model on held-out data: losses, distances or modes beside what real data reach, copies.

Of text: nats per token over all that is held out with carried context, and how varied it is what the model writes.
Of tables: how far cells that are hidden and filled in again are from what they were.
With --out, the report and the pictures that belong to it are written into a folder: report.json,
closest_pairs.png (samples beside the training pictures next to them) and calibration.png.
"""

import contextlib
import json
import pathlib
import sys

import keras

from kgen import pictures
from kgen.cli import data, joint
from kgen.cli.building import load_run
from kgen.cli.folder import read_options
from kgen.cli.judging import report, tables, texts
from kgen.cli.judging.estimating import estimate
from kgen.cli.judging.evidence import PICTURES, evidence_of
from kgen.cli.parser import one_of
from kgen.cli.texts import is_text
from kgen.errors import integer_from


def add_arguments(parser):
    """Adds the options of `kgen evaluate`."""
    parser.add_argument("path", metavar="RUN", help="folder of a run")
    add_measures(parser)
    parser.add_argument(
        "--data", "--data-a", dest="data", metavar="SOURCE", help="other data than the run's own"
    )
    parser.add_argument("--data-b", metavar="SOURCE", help="with --data-a: those of the second kind")
    parser.add_argument("--out", metavar="DIR", help="new folder for the report and its pictures")


def add_measures(parser):
    """Adds the options that say what is measured and how it is told."""
    parser.add_argument("--metrics", type=names, metavar="NAME[,NAME...]", help=METRICS)
    parser.add_argument("--num-samples", type=int, metavar="N", help=SAMPLES)
    parser.add_argument("--hide", type=float, metavar="SHARE", help=HIDE)
    parser.add_argument("--json", action="store_true", help="prints JSON and nothing else")


METRICS = f"of {', '.join(report.NAMES)} (default: those that are quick)"
SAMPLES = f"held-out examples, and as many samples (default: up to {PICTURES}; {texts.SAMPLES} texts)"
HIDE = f"of tables: share of the cells that are hidden and filled in again (default: {tables.SHARE})"


def names(text):
    """Metrics of a comma-separated text."""
    return [one_of("metric", report.NAMES)(name) for name in text.split(",")]


def run(arguments):
    """Prints the report, as a table or as JSON."""
    if arguments.out and pathlib.Path(arguments.out).exists():
        raise FileExistsError(f"--out {arguments.out} exists. Choose a folder that does not.")
    evidence, values = judge(arguments.path, arguments, _other(arguments))
    if arguments.out:
        _write(pathlib.Path(arguments.out), values, report.drawn(evidence, values) if evidence else {})
    print(json.dumps(values, indent=1) if arguments.json else table(values))


def _other(arguments):
    """Options of other data than the run's own."""
    if arguments.data_b and not arguments.data:
        raise ValueError("--data-b needs --data-a.")
    if not arguments.data:
        return {}
    data_b = arguments.data_b and data.place(arguments.data_b)
    return {"data": data.place(arguments.data), "data_b": data_b, "data_set": None}


def judge(path, arguments, other=()):
    """Loads a run and judges it, with an estimate of the time and a bar, unless JSON is wanted.

    Args:
        path: folder of the run.
        arguments: with metrics, num_samples, hide and json.
        other: options that replace the run's own.

    Returns:
        (evidence, values), see `evidence` and `report` in `kgen.cli.judging`; of text and of tables (None, values),
        see `texts` and `tables` there.
    """
    options = read_options(path)
    if data.is_table(options):
        return None, _judge_table(path, arguments, dict(other))
    if arguments.hide is not None:
        raise ValueError(f"--hide is for tables, and {path} is a run of {options['model']}.")
    if is_text(options["model"]):
        return None, _judge_text(path, arguments, dict(other))
    model, options, manifest = load_run(path)
    evidence = evidence_of(model, {**options, **dict(other)}, manifest["step"], arguments.num_samples)
    metrics = report.chosen(evidence, arguments.metrics)
    progress = None if arguments.json else _bar(path, evidence, metrics)
    return evidence, {"run": str(path), **report.report(evidence, metrics, progress)}


def _judge_text(path, arguments, other):
    if arguments.num_samples is not None:
        integer_from(2, "num_samples", arguments.num_samples)
    if arguments.metrics or other.get("data_b"):
        raise ValueError(
            f"--{'metrics' if arguments.metrics else 'data-b'} is for pictures, and {path} writes text."
        )
    return texts.judge(path, arguments.num_samples, other.get("data"))


def _judge_table(path, arguments, other):
    given = {
        "metrics": arguments.metrics,
        "num-samples": arguments.num_samples,
        "data-b": other.get("data_b"),
    }
    for name in [name for name, value in given.items() if value]:
        raise ValueError(f"--{name} is not for tables, which {path} fills in.")
    return tables.judge(path, arguments.hide, other.get("data"))


def _bar(path, evidence, metrics):
    """Says on stderr how long it will take; the function that moves a bar there on by a stage."""
    seconds = estimate(evidence, metrics)
    about = "" if seconds is None else f", about {seconds:.0f} seconds"
    print(f"kgen: judging {path}{about}", file=sys.stderr, flush=True)
    bar = keras.utils.Progbar(len(report.stages(evidence, metrics)), unit_name="stage")

    def advance(stage):
        with contextlib.redirect_stdout(sys.stderr):
            bar.add(1)

    return advance


def _write(out, values, drawn):
    out.mkdir(parents=True)
    (out / "report.json").write_text(json.dumps(values, indent=1) + "\n")
    for name, picture in drawn.items():
        pictures.save_png(out / f"{name}.png", picture)


def table(values):
    """The report for people.

    Args:
        values: as `judge` gives them.

    Returns:
        Text of several lines.
    """
    if "texts" in values:
        return texts.table(values)
    if "num_cells" in values:
        return tables.table(values)
    kind = {1: "vectors", 2: "sounds", 3: "pictures", 4: "clips"}[len(values["shape"])]
    kind = "rows" if joint.takes_several(values["model"]) else kind
    seen = f"{values['num_pictures']} {kind} of {values['split']}"
    sources = " and ".join(values[name] for name in ("data", "data_b") if name in values)
    lines = [f"{values['model']} on {sources}, {seen}, step {values['step']}"]
    lines += [_line(name, f"{value:.4f}") for name, value in values["terms"].items()]
    for name, tell in TOLD.items():
        lines += tell(values[name]) if name in values else []
    return "\n".join(lines)


def _distances(found):
    lines, extractor = [], found["extractor"]
    for name in [name for name in report.MEASURES if name in found]:
        value, floor = (_number(found[name][key]) for key in ("value", "floor"))
        lines.append(_line(name, f"{value}   real against real: {floor}"))
    why = f"; not for comparison with published numbers: {extractor['why']}"
    why = "" if extractor["comparable"] else why
    return [*lines, f"  distances of {found['num_samples']} pictures in {extractor['name']}{why}"]


def _class_balance(found):
    return [_line("class entropy", f"{found['entropy']:.4f}   at most: {found['max_entropy']:.4f}")]


def _modes(found):
    samples, real = found["samples"], found["real"]
    return [_line(name, f"{_number(samples[name])}   real points: {_number(real[name])}") for name in samples]


def _memorization(found):
    """Shares that lie closer to a training picture than any held-out one; fresh pictures have 1 / (m + 1)."""
    spaces = {name: found[name] for name in ("pixels", "features") if found[name]}
    shares = ", ".join(f"{own['share_within_closest_real']:.1%} in {name}" for name, own in spaces.items())
    fresh = 1 / (found["num_held_out"] + 1)
    return [
        _line("memorization", f"closer to training data than any real: {shares}; fresh pictures: {fresh:.1%}")
    ]


def _verdict(found):
    accuracies = (f"{found[name]:.1%} of {what}" for name, what in ACCURACIES)
    return [
        _line(
            "discriminator's verdict",
            f"right on {', '.join(accuracies)}; calibration error {found['error']:.3f}",
        )
    ]


def _back(found):
    return ["  back from b to a:", *_distances(found)[:-1]]


def _motion(found):
    """Distances of the centroids' motion; both columns are of as many clips."""
    lines = [
        _line(name, f"{_number(own['value'])}   real against real: {_number(own['floor'])}")
        for name, own in found.items()
    ]
    return ["  motion, Wasserstein distances in pixels per frame:", *lines]


def _sounds(found):
    """What a classifier hears, and distances; all columns are of as many sounds."""
    lines = [_line(name, _beside(own)) for name, own in found.items() if name != "classifier_accuracy"]
    accuracy = f"right about {found['classifier_accuracy']:.1%} of held-out sounds"
    return [*lines, f"  by a classifier of log-mel spectrograms, {accuracy}"]


def _beside(own):
    value, floor, noise = (_number(own[key]) for key in ("value", "floor", "random_phase"))
    return f"{value}   real: {floor}   noise of the mean spectrum: {noise}"


def _truth(found):
    return [
        _line(name, f"{_number(own['value'])}   shuffled pairs: {_number(own['shuffled'])}")
        for name, own in found.items()
    ]


def _agreement(found):
    """Shares of rows whose picture shows the class that the row names."""
    return [
        _line(
            f"class shown in {name}",
            f"{own['value']:.1%}   held-out rows: {own['floor']:.1%}   shuffled: {own['shuffled']:.1%}",
        )
        for name, own in found.items()
    ]


ACCURACIES = (("real_accuracy", "held-out real"), ("fake_accuracy", "generated"))
TOLD = {
    "modes": _modes,
    "distances": _distances,
    "distances_ba": _back,
    "truth": _truth,
    "motion": _motion,
    "sounds": _sounds,
    "agreement": _agreement,
    "class_balance": _class_balance,
    "memorization": _memorization,
    "verdict": _verdict,
}


def _line(name, text):
    return f"  {name:26} {text}"


def _number(value):
    return "none" if value is None else f"{value:.4g}"
