"""Exports a run's model as the next version of a SavedModel for TensorFlow Serving."""

import kgen
from kgen.cli.building import load_run


def add_arguments(parser):
    """Adds the options of `kgen export`."""
    parser.add_argument("path", metavar="RUN", help="folder of a run")
    parser.add_argument("--out", required=True, metavar="saved_models/NAME", help="folder of the versions")
    parser.add_argument(
        "--check", action="store_true", help="serves it in a fresh process and compares with Keras"
    )


def run(arguments):
    """Exports and prints the path of the version, and with --check what was compared."""
    export(load_run(arguments.path)[0], arguments.out, arguments.check)


def export(model, out, check):
    """Exports a model.

    Args:
        model: the model.
        out: folder of the versions.
        check: whether to serve it in a fresh process and compare with Keras.

    Returns:
        Path of the version.

    Raises:
        ValueError: an answer that differs from Keras's.
    """
    version = kgen.export(model, out)
    print(version)
    if check:
        report = kgen.serving.check(version, model)
        print(f"  served in a fresh process: {', '.join(report['signatures'])}")
        differences = ", ".join(f"{name} {value:.1e}" for name, value in report["max_difference"].items())
        print(f"  largest differences: {differences}")
    return version
