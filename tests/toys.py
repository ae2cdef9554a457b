"""Toy models that tests of training share; their graphs are made once a process."""

import functools

import keras
import numpy as np

from tests.contract.table import ROWS, pictures

EPOCHS, STEPS, BATCH = 3, 12, 8
X = pictures(STEPS * BATCH)
HELD_OUT = pictures(20, seed=1)
LABELS = np.arange(len(X)) % 10
PLAIN = {"jit_compile": False, "steps_per_execution": 1}
MAIN = ("gan", "dcgan", "vae")


def variables(model):
    """All variables, and all slots of the optimisers."""
    return [*model.variables, *(v for o in model.optimizers().values() for v in o.variables)]


def build(row="vae", compiled=None, **options):
    """A new model, compiled without XLA."""
    keras.utils.set_random_seed(1)
    model = ROWS[row].make(**options)
    model.compile(**{**PLAIN, **(compiled or {})})
    return model


@functools.cache
def _built(row, xla):
    model = build(row, {"jit_compile": True, "steps_per_execution": 4} if xla else None)
    return model, [(v, v.numpy()) for v in variables(model)]


def make(row="vae", xla=False):
    """A model as if it were new, which has its graphs already."""
    model, values = _built(row, xla)
    for variable, value in values:
        variable.assign(value)
    return model
