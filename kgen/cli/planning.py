"""What a run will be: its options made complete, its data, its compiled model."""

import math
import platform
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

import kgen
from kgen.cli import clips, data, joint, resuming, sounds, texts
from kgen.cli.building import compile_model, construct, decays, resolve
from kgen.cli.settings import constructor
from kgen.errors import integer_from, invalid, positive_integer
from kgen.models import MODELS

EPOCHS, EPOCHS_OF_PAIRS = 20, 200
DEFAULTS = {
    "data": "digits",
    "data_b": None,
    "image_size": None,
    "batch_size": 128,
    "seed": 0,
    "epochs": None,
    "steps": None,
    "precision": "float32",
    "jit": None,
    "on_bad": "error",
    "jitter": None,
    "augment": None,
    "decay_epochs": None,
    "level": None,
    "sequence_length": None,
    "vocabulary_size": None,
    "sentences": None,
    "pretrain_epochs": None,
    "pretrain_rounds": None,
    "metrics": "auto",
    "watch": None,
    "categorical": None,
    "slice_length": None,
    "sample_rate": None,
    "frames": None,
}
DEFAULTS_OF_PAIRS = {"data": "digits_pair:colour", "batch_size": 1}
VARIED, UNVARIED = {"jitter": 30 / 256, "augment": "flip"}, {"jitter": 0.0, "augment": "none"}


class Plan(NamedTuple):
    """All that a run needs."""

    options: dict
    model: Any
    dataset: Any
    validation: Any


def defaults(model):
    """The options of a new run, where nothing is said.

    Args:
        model: name of a model.

    Returns:
        Dict with the keys of `DEFAULTS`; None where the data decide.
    """
    if MODELS[model].PAIRED:
        return {**DEFAULTS, **DEFAULTS_OF_PAIRS}
    kinds = (texts, sounds, clips, joint)
    return DEFAULTS | {name: value for kind in kinds for name, value in kind.defaults(model).items()}


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
    wanted = wanted if resume else {**wanted, **_variation(wanted)}
    dataset, description = data.training(wanted)
    if description.shape == (1,):
        raise invalid("data", "pictures, or vectors of two numbers and more", shape=description.shape)
    options = {**wanted, "data_set": _about(description), "versions": _versions()}
    if resume:
        resuming.check_data(wanted, options)
    else:
        options |= _length(wanted["epochs"], wanted["steps"], dataset.steps_per_epoch, usual_epochs(wanted))
        options |= {"arguments": _arguments(wanted, description), "decay_epochs": _decay_epochs(options)}
    if options["decay_epochs"] > options["epochs"]:
        expected = f"at most the {options['epochs']} epochs of the run"
        raise invalid("decay_epochs", expected, decay_epochs=options["decay_epochs"])
    options |= texts.found(options, description) if texts.is_text(options["model"]) else {}
    validation = _held_out(options, description)
    keras.utils.set_random_seed(options["seed"])
    model = construct(options["model"], _whole(options["arguments"], description), options["precision"])
    metrics = _metrics(options, validation, description.shape)
    given = (options["optimizers"], metrics, options["jit"], decays(options))
    options["optimizers"] = compile_model(options["model"], model, *given)
    return Plan(options, model, dataset, validation)


def _variation(wanted):
    """How pairs are shown: photographs of a wanted size as in the paper, anything else as it is."""
    said = {name: wanted[name] for name in UNVARIED if wanted[name] is not None}
    if said and not data.is_paired(wanted):
        raise ValueError(f"--jitter and --augment are for pairs, on which {wanted['model']} does not train.")
    photographs = data.is_paired(wanted) and wanted["image_size"] and data.are_photographs(wanted)
    return {**(VARIED if photographs else UNVARIED), **said}


def _arguments(wanted, description):
    """All constructor arguments: what was said, what the data suggest, what this version defaults to."""
    if texts.is_text(wanted["model"]):
        arguments = {**texts.arguments(wanted["model"], description), **wanted["arguments"]}
        return resolve(wanted["model"], arguments, None, wanted["seed"])
    if sounds.is_sound(wanted["model"]):
        arguments = {**sounds.arguments(description), **watched(wanted), **wanted["arguments"]}
        return resolve(wanted["model"], arguments, None, wanted["seed"])
    if joint.takes_several(wanted["model"]):
        arguments = {**joint.arguments(description), **wanted["arguments"]}
        return resolve(wanted["model"], arguments, None, wanted["seed"])
    suited = MODELS[wanted["model"]].suited(description.shape) | _classes(wanted["model"], description)
    arguments = {**suited, **watched(wanted), **wanted["arguments"]}
    return resolve(wanted["model"], arguments, description.shape, wanted["seed"])


def _decay_epochs(options):
    """Epochs at the end in which learning rates fall: of a model of pairs half of all, unless it is said."""
    if options["decay_epochs"] is None:
        return options["epochs"] // 2 if data.is_paired(options) else 0
    integer_from(0, "decay_epochs", options["decay_epochs"])
    return options["decay_epochs"]


def _whole(arguments, description):
    """Constructor arguments, with the vocabulary of the data."""
    vocabulary = getattr(description, "vocabulary", None)
    return {**arguments, "vocabulary": vocabulary} if vocabulary else arguments


def _held_out(options, description):
    """What an epoch ends with, or None."""
    if texts.is_text(options["model"]):
        known = description.vocabulary or kgen.datasets.Numbers(description.vocabulary_size)
        return texts.held_out(options, known)[0]
    return data.held_out(options, data.size(description.shape), _num_held_out(options, description))[0]


def _num_held_out(options, description):
    """Held-out examples that an epoch ends with."""
    if data.is_paired(options):
        return data.PAIRS
    if clips.is_clip(options["model"]):
        return clips.HELD_OUT
    return data.VALIDATION if len(description.shape) == 3 else data.POINTS


def _classes(model, description):
    """The number of classes, or of each column's categories, for a model that takes one."""
    if columns := getattr(description, "columns", None):
        return {"categories": columns.sizes if any(columns.sizes) else ()}
    takes = "num_classes" in constructor(model) and description.classes
    return {"num_classes": len(description.classes)} if takes else {}


def watched(wanted):
    """What a watchdog needs of a model of two players.

    Args:
        wanted: options with model and watch.

    Returns:
        Dict of constructor arguments.

    Raises:
        ValueError: a model that draws no samples.
    """
    if wanted["watch"] and (data.is_paired(wanted) or data.is_table(wanted)):
        raise ValueError(f"--watch looks at samples drawn from noise, and {wanted['model']} draws none.")
    takes = wanted["watch"] and "diagnostics" in constructor(wanted["model"])
    return {"diagnostics": True} if takes else {}


def _metrics(options, validation, shape):
    """What is measured after each epoch: what was asked for, else what means something for the data."""
    asked, extractor = options["metrics"], data.extractor(options)
    if texts.is_text(options["model"]):
        return texts.metrics(options)
    if asked == "none" or validation is None:
        return None
    if asked != "auto" and len(shape) >= 3:  # Of clips each frame is a picture.
        return [kgen.metrics.get_metric(name, shape[-3:], extractor or "random") for name in asked.split(",")]
    if mixture := data.mixture(options):
        return [kgen.metrics.ModesCovered(*mixture), kgen.metrics.HighQualityShare(*mixture)]
    if stacked := data.stacked_extractor(options):
        return [kgen.metrics.StackedModesCovered(stacked), kgen.metrics.StackedDivergence(stacked)]
    return [kgen.metrics.FrechetDistance(extractor)] if extractor else None


def usual_epochs(wanted):
    """Epochs of a run where none are said.

    Args:
        wanted: options with model.

    Returns:
        Integer.
    """
    return EPOCHS_OF_PAIRS if data.is_paired(wanted) else EPOCHS


def _length(epochs, steps, steps_of_a_pass, usual=EPOCHS):
    """Number and length of the epochs."""
    for name, value in (("epochs", epochs), ("steps", steps)):
        if value is not None:
            positive_integer(name, value)
    if steps is None:
        return {"epochs": epochs or usual, "steps_per_epoch": steps_of_a_pass}
    epochs = epochs or math.ceil(steps / steps_of_a_pass)
    if steps < epochs:
        raise invalid("steps", f"at least a step for each of the {epochs} epochs", steps=steps)
    return {"epochs": epochs, "steps_per_epoch": steps // epochs}


def _about(description):
    if isinstance(description, kgen.datasets.TextDescription):
        return texts.about(description)
    about = {"sample_rate": description.sample_rate} if hasattr(description, "sample_rate") else {}
    about |= {
        "name": description.name,
        "shape": list(description.shape),
        "num_examples": description.num_examples,
    }
    if isinstance(description, kgen.datasets.JointDescription):
        about["modalities"] = joint.plain(description.modalities)
    if isinstance(description, kgen.datasets.PairDescription):
        about["sides"] = [description.a.num_examples, description.b.num_examples]
    if columns := getattr(description, "columns", None):
        about["columns"] = {"names": list(columns.names), "categories": list(map(list, columns.categories))}
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
    lines = {name: options[name] for name in DEFAULTS if name not in _hidden(options)}
    lines["arguments"] = _told(options["arguments"])
    lines |= {slot: _told(numbers) for slot, numbers in options["optimizers"].items()}
    lines |= told_data(options["model"], about)
    lines["parameters"] = ", ".join(f"{network.name} {network.count_params():,}" for network in networks)
    falling = f", learning rates fall to 0 in the last {options['decay_epochs']}"
    plan_of_steps = f"{options['epochs']} epochs of {options['steps_per_epoch']} steps"
    lines["plan"] = plan_of_steps + (falling if options["decay_epochs"] else "")
    return "\n".join(f"  {name:24} {value}" for name, value in lines.items())


def _hidden(options):
    """Options that say nothing about a model, or are told with the length of the run."""
    model, hidden = options["model"], {"epochs", "steps", "decay_epochs"}
    hidden |= set() if texts.is_pretrained(model) else set(texts.PRETRAINING)
    hidden |= set() if data.is_table(options) else {"categorical"}
    hidden |= set() if sounds.is_sound(model) or joint.takes_several(model) else set(sounds.OPTIONS)
    hidden |= set() if clips.is_clip(model) else set(clips.OPTIONS)
    if texts.is_text(model):
        return hidden | set(texts.OF_PICTURES)
    hidden |= set(sounds.OF_PICTURES) if sounds.is_sound(model) else set()
    hidden |= set(joint.OF_PICTURES) if joint.takes_several(model) else set()
    return hidden | set(texts.OPTIONS) | (set() if data.is_paired(options) else {"data_b", *UNVARIED})


def told_data(model, about):
    """What the data are.

    Args:
        model: name of a model.
        about: data_set of its run's options.

    Returns:
        Dict of one entry: kind -> in words.
    """
    if texts.is_text(model):
        return {"text": texts.told(about)}
    if sounds.is_sound(model):
        length, rate = about["shape"][0], about["sample_rate"]
        return {"sounds": f"{about['num_examples']:,} of {length:,} samples at {rate:,} Hz"}
    if joint.takes_several(model):
        return {"rows": joint.told(about)}
    if "columns" in about:
        return {"rows": f"{about['num_examples']:,} of {len(about['columns']['names'])} columns"}
    kind = {3: "pictures", 4: "clips"}.get(len(about["shape"]), "vectors")
    numbers = " and ".join(f"{number:,}" for number in about.get("sides", [about["num_examples"]]))
    return {kind: f"{numbers} of {' x '.join(map(str, about['shape']))}"}


def _told(values):
    """What is set, in one line."""
    return ", ".join(
        f"{name}={value}" for name, value in values.items() if value is not None and value is not False
    )
