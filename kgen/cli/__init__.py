"""The command line `kgen`: one file per verb."""

import platform
import sys
import warnings

import keras
import tensorflow as tf

import kgen
from kgen.cli import compare, datasets, demo, evaluate, export, impute, models, sample, train, translate
from kgen.cli.parser import Parser

VERBS = {
    "train": train,
    "sample": sample,
    "translate": translate,
    "impute": impute,
    "evaluate": evaluate,
    "compare": compare,
    "export": export,
    "models": models,
    "datasets": datasets,
    "demo": demo,
}
BAD_INPUT, FAILED, INTERRUPTED = 2, 1, 130


def main(argv=None):
    """Runs one command.

    Bad input gives one line on stderr and the exit code 2; a training that diverges 1; Ctrl-C 130, and
    SIGTERM 143 once the training state is stored.

    Args:
        argv: words of the command; those of the process when None.

    Returns:
        Exit code.

    Example:

    >>> kgen.cli.main(["train", "dcgna"])
    2
    """
    with warnings.catch_warnings():
        warnings.showwarning = _one_line
        try:
            arguments = _parser().parse_args(sys.argv[1:] if argv is None else list(argv))
            return arguments.run(arguments) or 0
        except KeyboardInterrupt:
            return INTERRUPTED
        except FloatingPointError as error:
            return _tell(error, FAILED)
        except (ValueError, OSError) as error:
            return _tell(error, BAD_INPUT)


def _parser():
    parser = Parser(prog="kgen", description="Train, watch, evaluate, resume and export generative models.")
    parser.add_argument("--version", action="version", version=_versions())
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, verb in VERBS.items():
        about = verb.__doc__.splitlines()[0].rstrip(".")
        command = verbs.add_parser(name, help=about[0].lower() + about[1:], description=verb.__doc__)
        verb.add_arguments(command)
        command.set_defaults(run=verb.run)
    parser.verbs = tuple(VERBS)
    return parser


def _versions():
    others = f"TensorFlow {tf.__version__}, Keras {keras.__version__}, Python {platform.python_version()}"
    return f"kgen {kgen.__version__} ({others})"


def _tell(error, code):
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    print("kgen:", " ".join(text.split()) or type(error).__name__, file=sys.stderr)
    return code


def _one_line(message, category, filename, lineno, file=None, line=None):
    if not issubclass(category, (DeprecationWarning, PendingDeprecationWarning, FutureWarning)):
        print("kgen: warning:", " ".join(str(message).split()), file=file or sys.stderr)
