"""The command that repeats a run, from its options."""

import pathlib
import re
import shlex

from kgen.cli import data, joint, settings, texts
from kgen.cli.building import described
from kgen.cli.planning import DEFAULTS, UNVARIED, defaults, usual_epochs, watched
from kgen.datasets.text import LENGTHS
from kgen.models import MODELS


def command(options):
    """The `kgen train` that a run was started by, or one that has the same options.

    Args:
        options: of a run, as of options.json.

    Returns:
        One line for a shell, with what differs from the defaults; of a path its last part only.
    """
    words = [*_flags(options), *_set(options)]
    return shlex.join(["kgen", "train", options["model"], *words])


def shown(source):
    """A source of data without the folders that a path leads through.

    Args:
        source: as of --data.

    Returns:
        String.

    Example:

    >>> from kgen.cli.cards.repeating import shown
    >>> shown("stacked:/home/ann/digits.npz"), shown("mnist")
    ('stacked:digits.npz', 'mnist')
    """
    return joint.each(source, _shown)


def _shown(source):
    return re.sub(r"(^|(?<=:))/.*", lambda path: pathlib.PurePath(path[0]).name, source, count=1)


# Options.


def _flags(options):
    said, usual = {**options, **_length(options)}, {**defaults(options["model"]), **_usual(options)}
    differing = [name for name in DEFAULTS if said[name] is not None and said[name] != usual[name]]
    return [word for name in differing for word in _flag(name, said[name])]


def _length(options):
    """Steps that give epochs of the run's length, where --epochs has grown since."""
    steps, epochs, each = (options[name] for name in ("steps", "epochs", "steps_per_epoch"))
    return {"steps": epochs * each} if steps is not None and steps // epochs != each else {}


def _usual(options):
    """What options become where nothing is said and other options decide."""
    paired = data.is_paired(options)
    length = defaults(options["model"])["sequence_length"] or LENGTHS.get(options["level"])
    by_source = (
        {} if paired and options["image_size"] else UNVARIED
    )  # Of photographs it depends on the files.
    return {
        "epochs": usual_epochs(options) if options["steps"] is None else None,
        "decay_epochs": options["epochs"] // 2 if paired else 0,
        "level": "char",
        "sequence_length": length,
        **by_source,
    }


def _flag(name, value):
    word = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{word}" if value else f"--no-{word}"]
    return [f"--{word}", shown(value) if name in ("data", "data_b") else str(value)]


# What --set says.


def _set(options):
    pairs = _arguments(options)
    for slot, numbers in options["optimizers"].items():
        pairs += _optimizer(options["model"], slot, numbers)
    return ["--set", *pairs] if pairs else []


def _arguments(options):
    model, shape = options["model"], tuple(options["data_set"]["shape"])
    suited = {**MODELS[model].suited(shape), **texts.suited(model), **watched(options)}
    usual = {**settings.settable(model), **suited}
    found = {name: options["arguments"][name] for name in settings.settable(model)}
    return [f"{name}={_word(value)}" for name, value in found.items() if _word(value) != _word(usual[name])]


def _word(value):
    """A value as --set reads it."""
    if isinstance(value, (list, tuple)):
        return repr(tuple(value)).replace(" ", "").removeprefix("(").removesuffix(")") if value else "()"
    return str(value)


def _optimizer(model, slot, numbers):
    """The parts in which an optimiser differs from the paper's or, under a name of its own, from Keras's."""
    prefix, differing = slot.removesuffix("optimizer"), _differing(numbers, described(_recipe(model, slot)))
    if set(differing) <= set(settings.optimizer_numbers("adam")):  # What --set knows without a name.
        return [f"{prefix}{name}={value}" for name, value in differing.items()]
    rest = _differing(numbers, described(settings.OPTIMIZERS[numbers["name"]]()))
    return [f"{slot}={numbers['name']}", *(f"{prefix}{name}={value}" for name, value in rest.items())]


def _differing(numbers, usual):
    return {name: value for name, value in numbers.items() if name not in usual or value != usual[name]}


def _recipe(model, slot):
    """The paper's optimiser, which a class knows without a model of it."""
    player = slot.removesuffix("optimizer").rstrip("_")
    return MODELS[model].default_optimizer(None, *filter(None, [player]))
