"""Lists the models, their papers and what they are."""

import sys

from kgen.cli.table import lay_out
from kgen.models import MODELS


def add_arguments(parser):
    """Adds nothing: the command has no options."""


def run(arguments):
    """Prints a line per model: name, class, paper, what it is."""
    print(
        lay_out(
            [("NAME", "CLASS", "PAPER", "WHAT IT IS"), *(_line(name, cls) for name, cls in MODELS.items())]
        )
    )


def _line(name, cls):
    """Title and reference of the model's file, which opens with "CLASS: title" and "Reference: paper"."""
    title, *rest = sys.modules[cls.__module__].__doc__.strip().splitlines()
    reference = " ".join(" ".join(rest).split()).removeprefix("Reference: ").rstrip(".")
    return name, cls.__name__, reference, title.split(": ", 1)[1].rstrip(".")
