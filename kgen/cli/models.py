"""Lists the models, their papers and what they are."""

from kgen.cli.papers import paper
from kgen.cli.table import lay_out
from kgen.models import MODELS


def add_arguments(parser):
    """Adds nothing: the command has no options."""


def run(arguments):
    """Prints a line per model: name, class, paper, what it is."""
    print(lay_out([("NAME", "CLASS", "PAPER", "WHAT IT IS"), *((name, *paper(name)) for name in MODELS)]))
