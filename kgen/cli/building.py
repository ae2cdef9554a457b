"""From plain options to a compiled model, and back from a run's folder without running foreign code."""

import pathlib

import keras
import numpy as np

from kgen import state
from kgen.cli import folder
from kgen.cli.settings import OPTIMIZERS, PLAIN, constructor, optimizer_numbers, optimizer_slots
from kgen.models import MODELS
from kgen.optimizers import LinearDecay
from kgen.run import Run


def resolve(model, arguments, image_shape, seed):
    """Every constructor argument as plain values: those given, and the defaults of this version.

    Args:
        model: name of a model.
        arguments: dict of those given.
        image_shape: of the data; None for a model of text, which has none.
        seed: of the run.

    Returns:
        Dict name -> value; networks are None.
    """
    shape = {} if image_shape is None else {"image_shape": tuple(image_shape)}
    return {**constructor(model), **arguments, **shape, "seed": seed}


def construct(model, arguments, precision):
    """The model of plain arguments.

    Args:
        model: name of a model.
        arguments: dict of all constructor arguments, a vocabulary as such; lists count as tuples.
        precision: Keras dtype policy that its networks are built in.

    Returns:
        The model, not compiled.

    Raises:
        ValueError: arguments out of range.
    """
    arguments = {k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()}
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        return MODELS[model](**arguments)
    except TypeError as error:
        raise ValueError(f"{MODELS[model].__name__}: {error}") from error
    finally:
        keras.config.set_dtype_policy(before)


def decays(options):
    """Of each optimiser, the updates at a constant learning rate and those on the way to zero.

    Args:
        options: dict with model, arguments, epochs, steps_per_epoch and decay_epochs.

    Returns:
        Dict "generator_optimizer" -> (constant, decay); empty without --decay-epochs.
    """
    length, falling = options["steps_per_epoch"], options["decay_epochs"]
    if not falling:
        return {}
    steps = (options["epochs"] - falling) * length, falling * length
    steps_per_move = {"generator_optimizer": options["arguments"].get("discriminator_steps", 1)}
    each = {slot: steps_per_move.get(slot, 1) for slot in optimizer_slots(options["model"])}
    return {slot: (steps[0] // n, max(1, steps[1] // n)) for slot, n in each.items()}


def compile_model(name, model, optimizers, metrics=None, jit=None, decay=None):
    """Compiles with the model's own optimisers, changed where numbers or names are given.

    Args:
        name: of the model's class.
        model: the model.
        optimizers: dict "generator_optimizer" -> {"name": ..., "learning_rate": ...}, all parts optional.
        metrics: list for `compile`, or None.
        jit: True, False, or None for the model's choice.
        decay: dict as of `decays`, or None.

    Returns:
        Dict of the same form that describes the optimisers in full; a rate that falls by the first one.

    Raises:
        ValueError: numbers that an optimiser refuses.
    """
    model.compile()
    slots, chosen = optimizer_slots(name), {}
    for slot in slots:
        given = optimizers.get(slot, {})
        chosen[slot] = given if "name" in given else {**_described(model, slot), **given}
    policy = {} if jit is None else {"jit_compile": jit}
    made = {slot: _optimizer(numbers, (decay or {}).get(slot)) for slot, numbers in chosen.items()}
    model.compile(**made, metrics=metrics, **policy)
    return {slot: _described(model, slot) for slot in slots}


def load_run(path):
    """The model of a run, built from its options and filled with its newest whole training state.

    Nothing in the folder is executed: options.json may name kgen's own models and Keras's own optimisers
    only, and the state is plain arrays under SHA-256 sums.

    Args:
        path: folder of the run.

    Returns:
        (model, options, manifest): the compiled model, the run's options, the record of the state.

    Raises:
        FileNotFoundError: no run, or no whole state in it.
        ValueError: options that are not as `kgen train` writes them, or do not fit the state.
    """
    options = folder.read_options(path)
    model = construct(options["model"], _whole(path, options["arguments"]), options["precision"])
    compile_model(options["model"], model, options["optimizers"], decay=decays(options))
    found = state.newest(pathlib.Path(path) / folder.STATE)
    if found is None:
        raise FileNotFoundError(f"There is no whole training state in {pathlib.Path(path) / folder.STATE}.")
    _, arrays, manifest = found
    Run(model, [], None).restore(arrays, manifest)
    return model, options, manifest


def _whole(path, arguments):
    """Constructor arguments, with the vocabulary that stands beside them."""
    if arguments.get("vocabulary") != folder.VOCABULARY:
        return arguments
    return {**arguments, "vocabulary": folder.read_vocabulary(path)}


def _optimizer(numbers, decay):
    """The optimiser of plain numbers, with a learning rate that falls where `decay` says how."""
    kind = OPTIMIZERS[numbers["name"]]
    numbers = {name: value for name, value in numbers.items() if name != "name"}
    optimizer = kind(**numbers)
    if not decay:
        return optimizer
    return kind(**{**numbers, "learning_rate": LinearDecay(_first_rate(optimizer), *decay)})


def _first_rate(optimizer):
    """The learning rate before any schedule, as written: 0.0002, not 0.00019999999494757503."""
    rate = optimizer.get_config()["learning_rate"]
    return float(str(np.float32(rate["config"]["initial"] if isinstance(rate, dict) else rate)))


def _described(model, slot):
    return described(model.optimizers()[slot.removesuffix("optimizer").rstrip("_")])


def described(optimizer):
    """An optimiser's name and numbers.

    Args:
        optimizer: Keras optimizer.

    Returns:
        Dict of plain values.

    Example:

    >>> kgen.cli.building.described(keras.optimizers.Adam(2e-4))["learning_rate"]
    0.0002
    """
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    config, name = optimizer.get_config(), type(optimizer).__name__.lower()
    plain = {key: config[key] for key in optimizer_numbers(name) if isinstance(config.get(key), PLAIN)}
    return {"name": name, **plain, "learning_rate": _first_rate(optimizer)}
