"""What a run will be: its options made complete, its data, its compiled model."""

import math
import platform
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

import kgen
from kgen.cli import data, resuming
from kgen.cli.building import compile_model, construct, resolve
from kgen.cli.settings import constructor
from kgen.errors import invalid, positive_integer

EPOCHS = 20
DEFAULTS = {
    "data": "digits",
    "image_size": None,
    "batch_size": 128,
    "seed": 0,
    "epochs": None,
    "steps": None,
    "precision": "float32",
    "jit": None,
    "on_bad": "error",
    "metrics": "auto",
    "watch": None,
}


class Plan(NamedTuple):
    """All that a run needs."""

    options: dict
    model: Any
    dataset: Any
    validation: Any


def make(wanted, resume):
    """Loads the data, then builds and compiles the model for them.

    Args:
        wanted: options as they were said, or as a run has stored them.
        resume: which of the two.

    Returns:
        `Plan` with options as `folder.FIELDS` has them.

    Raises:
        ValueError: options that do not fit the data or the model, or data that have changed.
        OSError: data that cannot be had.
    """
    dataset, description = data.training(wanted)
    if description.shape == (1,):
        raise invalid("data", "pictures, or vectors of two numbers and more", shape=description.shape)
    options = {**wanted, "data_set": _about(description), "versions": _versions()}
    if resume:
        resuming.check_data(wanted, options)
    else:
        options |= _length(wanted["epochs"], wanted["steps"], dataset.steps_per_epoch)
        arguments = {**_classes(wanted["model"], description), **_watched(wanted), **wanted["arguments"]}
        options["arguments"] = resolve(wanted["model"], arguments, description.shape, wanted["seed"])
    limit = data.VALIDATION if len(description.shape) == 3 else data.POINTS
    validation = data.held_out(options, data.size(description.shape), limit)[0]
    keras.utils.set_random_seed(options["seed"])
    model = construct(options["model"], options["arguments"], options["precision"])
    metrics = _metrics(options, validation, description.shape)
    options["optimizers"] = compile_model(
        options["model"], model, options["optimizers"], metrics, options["jit"]
    )
    return Plan(options, model, dataset, validation)


def _classes(model, description):
    """The number of classes, for a model that takes one."""
    takes = "num_classes" in constructor(model) and description.classes
    return {"num_classes": len(description.classes)} if takes else {}


def _watched(wanted):
    """What a watchdog needs of a model of two players."""
    takes = wanted["watch"] and "diagnostics" in constructor(wanted["model"])
    return {"diagnostics": True} if takes else {}


def _metrics(options, validation, shape):
    """What is measured after each epoch: what was asked for, else what means something for the data."""
    asked, extractor = options["metrics"], data.EXTRACTORS.get(options["data"])
    if asked == "none" or validation is None:
        return None
    if asked != "auto" and len(shape) == 3:
        return [kgen.metrics.get_metric(name, shape, extractor or "random") for name in asked.split(",")]
    if mixture := data.mixture(options):
        return [kgen.metrics.ModesCovered(*mixture), kgen.metrics.HighQualityShare(*mixture)]
    if stacked := data.stacked_extractor(options):
        return [kgen.metrics.StackedModesCovered(stacked), kgen.metrics.StackedDivergence(stacked)]
    return [kgen.metrics.FrechetDistance(extractor)] if extractor else None


def _length(epochs, steps, steps_of_a_pass):
    """Number and length of the epochs."""
    for name, value in (("epochs", epochs), ("steps", steps)):
        if value is not None:
            positive_integer(name, value)
    if steps is None:
        return {"epochs": epochs or EPOCHS, "steps_per_epoch": steps_of_a_pass}
    epochs = epochs or math.ceil(steps / steps_of_a_pass)
    if steps < epochs:
        raise invalid("steps", f"at least a step for each of the {epochs} epochs", steps=steps)
    return {"epochs": epochs, "steps_per_epoch": steps // epochs}


def _about(description):
    about = {
        "name": description.name,
        "shape": list(description.shape),
        "num_examples": description.num_examples,
    }
    return {**about, "num_skipped": description.num_skipped, "fingerprint": description.fingerprint}


def _versions():
    versions = {"kgen": kgen.__version__, "tensorflow": tf.__version__, "keras": keras.__version__}
    return {**versions, "numpy": np.__version__, "python": platform.python_version()}


def told(plan):
    """The plan for people.

    Args:
        plan: a `Plan`.

    Returns:
        Text of several lines.
    """
    options = plan.options
    about, networks = options["data_set"], [layer for layer in plan.model.layers if layer.trainable_weights]
    lines = {name: options[name] for name in DEFAULTS if name not in ("epochs", "steps")}
    lines["arguments"] = _told(options["arguments"])
    lines |= {slot: _told(numbers) for slot, numbers in options["optimizers"].items()}
    kind = "pictures" if len(about["shape"]) == 3 else "vectors"
    lines[kind] = f"{about['num_examples']:,} of {' x '.join(map(str, about['shape']))}"
    lines["parameters"] = ", ".join(f"{network.name} {network.count_params():,}" for network in networks)
    lines["plan"] = f"{options['epochs']} epochs of {options['steps_per_epoch']} steps"
    return "\n".join(f"  {name:24} {value}" for name, value in lines.items())


def _told(values):
    """What is set, in one line."""
    return ", ".join(
        f"{name}={value}" for name, value in values.items() if value is not None and value is not False
    )
