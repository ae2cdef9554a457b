"""What the contract's tests share: rows, trained models, comparisons."""

import functools

import keras
import numpy as np
import pytest

from tests.contract.table import ROWS

# What differs from the others in how it steps; for the rest the costliest tests are marked slow.
CORE = (
    "gan-simultaneous-dropout-ema",
    "gan-split-two-steps",
    "dcgan",
    "wgan_gp",
    "gain",
    "vae",
)
# Used by one test of a process where no slow ones run: not kept.
ONCE = tuple(row for name, row in ROWS.items() if name not in CORE)


def over(rows, core):
    """Parametrises a test over rows of a table, of which those that are not core ones are slow."""
    slow = pytest.mark.slow
    marked = [pytest.param(row, id=name, marks=() if name in core else slow) for name, row in rows.items()]
    return pytest.mark.parametrize("row", marked)


every_model = over(ROWS, ROWS)
core_models = over(ROWS, CORE)


def compiled(row, **compile_options):
    """A new model that is ready to train."""
    keras.utils.set_random_seed(1)
    model = row.make()
    model.compile(jit_compile=False, steps_per_execution=1, **compile_options)
    return model


def trained(row, epochs=1, policy="float32", **compile_options):
    """A new model after some epochs of four steps, and its history."""
    keras.config.set_dtype_policy(policy)
    model = compiled(row, **compile_options)
    history = model.fit(*row.data(), batch_size=16, epochs=epochs, verbose=0)
    return model, history


def used(row):
    """A model after two epochs, as if newly trained; one for all tests of a process."""
    return first_training(row)[0]


def first_training(row):
    """The model of `used`, values of its weights before the training, and its history."""
    model, kept, before, history = (_train if row in ONCE else _train_once)(row)
    for variable, value in kept:
        variable.assign(value)
    return model, before, history


def _train(row):
    model = compiled(row)
    before = weights(model)
    history = model.fit(
        *row.data(), batch_size=16, epochs=2, verbose=0, validation_data=row.data(seed=1)
    ).history
    slots = [v for optimizer in model.optimizers().values() for v in optimizer.variables]
    return model, [(v, v.numpy()) for v in (*model.variables, *slots)], before, history


_train_once = functools.cache(_train)


def moved(row):
    """A new model whose every number is off its start, as after a training; one that fills in was trained."""
    if row.holes:
        return used(row)
    keras.utils.set_random_seed(1)
    model, random = row.make(), np.random.default_rng(1)
    for variable in [v for v in model.variables if v.dtype == "float32"]:
        shift = random.uniform(0, 0.1, variable.shape)
        variable.assign(variable * (1 + shift) + 0.1 * shift)
    return model


def networks(model):
    """Name of each player -> its networks."""
    if hasattr(model, "players"):
        return model.players()
    return {"": [model.encoder, model.decoder] if hasattr(model, "encoder") else [model.network]}


def weights(model):
    """Name of each player -> values of its networks' trainable weights."""
    return {
        player: values(v for network in own for v in network.trainable_variables)
        for player, own in networks(model).items()
    }


def values(variables):
    """Variables as arrays."""
    return [v.numpy() for v in variables]


def equal(first, second):
    """Whether two lists of arrays are equal bit for bit."""
    return len(first) == len(second) and all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
