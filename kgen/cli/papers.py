"""What a model is and where it comes from, as its file says."""

import sys
from typing import NamedTuple

from kgen.models import MODELS


class Paper(NamedTuple):
    """A model in words."""

    cls: str
    reference: str
    about: str


def paper(name):
    """Reads a model's file, which opens with "CLASS: title" and "Reference: paper".

    Args:
        name: of a model.

    Returns:
        `Paper`.

    Example:

    >>> kgen.cli.papers.paper("dcgan").reference
    'Radford 2016, arXiv 1511.06434'
    """
    cls = MODELS[name]
    title, *rest = sys.modules[cls.__module__].__doc__.strip().splitlines()
    reference = " ".join(" ".join(rest).split()).removeprefix("Reference: ").rstrip(".")
    return Paper(cls.__name__, reference, title.split(": ", 1)[1].rstrip("."))
