"""Which options suit which models: those of another kind of data are refused."""

import typing

from kgen.cli import clips, data, joint, sounds, texts
from kgen.datasets.few_labels import is_few_labels
from kgen.errors import invalid
from kgen.models import MODELS


class Kind(typing.NamedTuple):
    """Data other than pictures: in words, whether a model trains on it, its own options, those of pictures only."""

    one: str
    all: str
    trains: typing.Callable
    own: tuple
    alien: tuple


KINDS = (
    Kind("text", "text", texts.is_text, texts.OPTIONS, texts.OF_PICTURES),
    Kind("a table", "tables", lambda model: MODELS[model].TABULAR, data.OF_TABLES, data.ALIEN_TO_TABLES),
    Kind("sounds", "sounds", sounds.is_sound, sounds.OPTIONS, sounds.OF_PICTURES),
    Kind("clips", "clips", clips.is_clip, clips.OPTIONS, clips.OF_PICTURES),
    Kind("several kinds of data", "several", joint.takes_several, joint.OPTIONS, joint.OF_PICTURES),
)


def check(model, said):
    """Refuses options that mean nothing for a model.

    Args:
        model: name of a model.
        said: dict of the options that were said.

    Raises:
        ValueError: naming the first of them, few labels, or a pre-training of negative length.
    """
    if is_few_labels(said.get("data")) and not MODELS[model].MISSING_LABELS:
        expected = f"data of which all labels are there: {model} does not learn from few"
        raise invalid("data", expected, data=said["data"])
    for kind in KINDS:
        for name in said:
            _check(kind, model, name)
    texts.check(model, said)
    joint.check(model, said)


def _check(kind, model, name):
    flag = f"--{name.replace('_', '-')}"
    if kind.trains(model) and name in kind.alien:
        raise ValueError(f"{flag} is for pictures, and {model} trains on {kind.one}.")
    if name in kind.own and not any(other.trains(model) for other in KINDS if name in other.own):
        raise ValueError(f"{flag} is for {kind.all}, on which {model} does not train.")
