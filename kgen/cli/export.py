"""Exports a run's model as the next version of a SavedModel for TensorFlow Serving.

With --card, the run is evaluated first, and a model card lies beside the graph: README.md and samples.png.
"""

import pathlib

import kgen
from kgen.cli.building import load_run
from kgen.cli.cards import page


def add_arguments(parser):
    """Adds the options of `kgen export`."""
    parser.add_argument("path", metavar="RUN", help="folder of a run")
    parser.add_argument("--out", required=True, metavar="saved_models/NAME", help="folder of the versions")
    parser.add_argument("--card", action="store_true", help="evaluates the run and writes a model card")
    parser.add_argument("--data", metavar="FILE.csv", help="of tables: other rows, by which the card judges")
    parser.add_argument(
        "--check", action="store_true", help="serves it in a fresh process and compares with Keras"
    )


def run(arguments):
    """Exports and prints the path of the version, and with --check what was compared."""
    kgen.serving.archive.check_place(pathlib.Path(arguments.out))
    if arguments.data and not arguments.card:
        raise ValueError("--data is what a card judges by: say --card too.")
    if arguments.card:
        model, beside = page.of_run(arguments.path, arguments.out, arguments.data)
    else:
        model, beside = load_run(arguments.path)[0], None
    export(model, arguments.out, arguments.check, beside)


def export(model, out, check, beside=None):
    """Exports a model.

    Args:
        model: the model.
        out: folder of the versions.
        check: whether to serve it in a fresh process and compare with Keras.
        beside: dict file name -> bytes of what lies beside the graph, or None.

    Returns:
        Path of the version.

    Raises:
        ValueError: an answer that differs from Keras's.
    """
    version = kgen.export(model, out, beside=beside)
    print(version)
    if check:
        report = kgen.serving.check(version, model)
        print(f"  served in a fresh process: {', '.join(report['signatures'])}")
        differences = ", ".join(f"{name} {value:.1e}" for name, value in report["max_difference"].items())
        print(f"  largest differences: {differences}")
    return version
