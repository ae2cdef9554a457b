"""`--set NAME=VALUE`: constructor arguments and numbers of the optimisers, checked by name and type."""

import ast
import inspect

import keras

from kgen.errors import invalid, nearest
from kgen.models import MODELS

NETWORKS = (
    *("generator", "discriminator", "encoder", "decoder"),
    *("generator_ab", "generator_ba", "discriminator_a", "discriminator_b"),
    "picture_discriminator",
)
ELSEWHERE = {
    "image_shape": "it is that of the data; --image-size (and of clips --frames) changes it",
    "seed": "it is --seed",
    "vocabulary": "it is that of the data; --level and --vocabulary-size change it",
    "sequence_length": "it is --sequence-length",
    "slice_length": "it is --slice-length",
    "sample_rate": "it is that of the data; --sample-rate changes it",
    "modalities": "they are those of the data",
    **dict.fromkeys(NETWORKS, "a network of your own needs Python"),
}
NAMES = "SGD RMSprop Adam AdamW Adadelta Adagrad Adamax Adafactor Nadam Ftrl Lion Lamb".split()
OPTIMIZERS = {name.lower(): getattr(keras.optimizers, name) for name in NAMES}
PLAIN = (bool, int, float, str, type(None))


def parse(model, pairs):
    """Reads the words of `--set`.

    Args:
        model: name of a model.
        pairs: words NAME=VALUE.

    Returns:
        (arguments, optimizers): dict of constructor arguments, and dict "generator_optimizer" ->
        {"name": ..., "learning_rate": ...} of what was said.

    Raises:
        ValueError: a name that does not exist, with the nearest one, or a value of another type.

    Example:

    >>> kgen.cli.settings.parse("gan", ["hidden_units=64,32", "generator_optimizer=rmsprop"])
    ({'hidden_units': (64, 32)}, {'generator_optimizer': {'name': 'rmsprop'}})
    """
    values = dict(_pair(word) for word in pairs)
    slots = optimizer_slots(model)
    defaults = settable(model)
    optimizers = {slot: {"name": _optimizer(slot, values.pop(slot))} for slot in slots if slot in values}
    reachable = {key: place for slot in slots for key, place in _numbers(slot, optimizers.get(slot))}
    arguments = {}
    for name, value in values.items():
        if name in defaults:
            arguments[name] = typed(name, value, defaults[name])
        elif name in reachable:
            slot, key = reachable[name]
            optimizers.setdefault(slot, {})[key] = _number(name, value)
        else:
            raise _unknown(model, name, [*defaults, *slots, *reachable])
    return arguments, optimizers


def settable(model):
    """Constructor arguments that `--set` reaches, with their defaults.

    Args:
        model: name of a model.

    Returns:
        Dict name -> default.
    """
    return {name: default for name, default in constructor(model).items() if name not in ELSEWHERE}


def constructor(model):
    """All constructor arguments with their defaults.

    Args:
        model: name of a model.

    Returns:
        Dict name -> default.
    """
    return {name: p.default for name, p in MODELS[model].constructor().parameters.items()}


def optimizer_slots(model):
    """Names of the optimisers in the model's `compile`, one per player.

    Args:
        model: name of a model.

    Returns:
        List such as ["generator_optimizer", "discriminator_optimizer"].
    """
    return [
        name for name in inspect.signature(MODELS[model].compile).parameters if name.endswith("optimizer")
    ]


def optimizer_numbers(name):
    """Arguments of an optimiser, such as "learning_rate" and "beta_1".

    Args:
        name: of the optimiser, a key of `OPTIMIZERS`.

    Returns:
        List of names.
    """
    return [
        key
        for key in inspect.signature(OPTIMIZERS[name].__init__).parameters
        if key not in ("self", "name", "kwargs")
    ]


def typed(name, value, default):
    """The value, if its type is that of the default.

    Args:
        name: of the argument.
        value: plain value.
        default: of the argument; None takes any type.

    Returns:
        The value, as float or tuple where the default is one.

    Raises:
        ValueError: if it is of another type.
    """
    if isinstance(default, (tuple, list)):
        return tuple(value) if isinstance(value, (tuple, list)) else (value,)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(default, float):
        right, kind = number, "a number"
    elif isinstance(default, int):
        right, kind = number and isinstance(value, int) or isinstance(default, bool), "an integer"
    else:
        right, kind = default is None or value is None or isinstance(value, str), "a word"
    if not right:
        raise invalid(name, kind, **{name: value})
    return value


def _pair(word):
    name, equals, value = word.partition("=")
    if not (equals and name and value):
        raise ValueError(f"--set takes NAME=VALUE. Received: {word}")
    try:
        parsed = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        parsed = value
    if not all(
        isinstance(part, PLAIN) for part in (parsed if isinstance(parsed, (tuple, list)) else [parsed])
    ):
        raise invalid(
            name, "a number, a word, None, True, False, or several of them with commas", **{name: value}
        )
    return name, parsed


def _optimizer(slot, name):
    if str(name).lower() not in OPTIMIZERS:
        raise invalid(slot, f"an optimizer. {nearest(str(name), OPTIMIZERS)}", **{slot: name})
    return name.lower()


def _numbers(slot, chosen):
    """("generator_beta_1", (slot, "beta_1")) ... of the chosen optimiser, Adam unless said otherwise."""
    keys = optimizer_numbers((chosen or {}).get("name", "adam"))
    return [(slot.removesuffix("optimizer") + key, (slot, key)) for key in keys]


def _number(name, value):
    if isinstance(value, (str, tuple, list)):
        raise invalid(name, "a number, True, False or None", **{name: value})
    return value


def _unknown(model, name, names):
    if name in ELSEWHERE and name in constructor(model):
        return ValueError(f"--set does not reach {name}: {ELSEWHERE[name]}.")
    return ValueError(f"{MODELS[model].__name__} has no setting {name}. {nearest(name, names)}")
