"""From plain options to a compiled model, and back from a run's folder without running foreign code."""

import pathlib

import keras
import numpy as np

from kgen import state
from kgen.cli import folder
from kgen.cli.settings import OPTIMIZERS, PLAIN, constructor, optimizer_numbers, optimizer_slots
from kgen.models import MODELS
from kgen.run import Run


def resolve(model, arguments, image_shape, seed):
    """Every constructor argument as plain values: those given, and the defaults of this version.

    Args:
        model: name of a model.
        arguments: dict of those given.
        image_shape: of the data.
        seed: of the run.

    Returns:
        Dict name -> value; networks are None.
    """
    return {**constructor(model), **arguments, "image_shape": tuple(image_shape), "seed": seed}


def construct(model, arguments, precision):
    """The model of plain arguments.

    Args:
        model: name of a model.
        arguments: dict of all constructor arguments; lists count as tuples.
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


def compile_model(name, model, optimizers, metrics=None, jit=None):
    """Compiles with the model's own optimisers, changed where numbers or names are given.

    Args:
        name: of the model's class.
        model: the model.
        optimizers: dict "generator_optimizer" -> {"name": ..., "learning_rate": ...}, all parts optional.
        metrics: list for `compile`, or None.
        jit: True, False, or None for the model's choice.

    Returns:
        Dict of the same form that describes the optimisers in full.

    Raises:
        ValueError: numbers that an optimiser refuses.
    """
    model.compile()
    slots, chosen = optimizer_slots(name), {}
    for slot in slots:
        given = optimizers.get(slot, {})
        chosen[slot] = given if "name" in given else {**_described(model, slot), **given}
    policy = {} if jit is None else {"jit_compile": jit}
    model.compile(
        **{slot: _optimizer(options) for slot, options in chosen.items()}, metrics=metrics, **policy
    )
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
    model = construct(options["model"], options["arguments"], options["precision"])
    compile_model(options["model"], model, options["optimizers"])
    found = state.newest(pathlib.Path(path) / folder.STATE)
    if found is None:
        raise FileNotFoundError(f"There is no whole training state in {pathlib.Path(path) / folder.STATE}.")
    _, arrays, manifest = found
    Run(model, [], None).restore(arrays, manifest)
    return model, options, manifest


def _optimizer(options):
    options = dict(options)
    return OPTIMIZERS[options.pop("name")](**options)


def _described(model, slot):
    """The optimiser's name and numbers."""
    optimizer = model.optimizers()[slot.removesuffix("optimizer").rstrip("_")]
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    config, name = optimizer.get_config(), type(optimizer).__name__.lower()
    plain = {key: config[key] for key in optimizer_numbers(name) if isinstance(config.get(key), PLAIN)}
    rate = float(str(np.float32(plain["learning_rate"])))  # As written: 0.0002, not 0.00019999999494757503.
    return {"name": name, **plain, "learning_rate": rate}
