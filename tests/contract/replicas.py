"""Prints how far two replicas' update is from one replica's, for the rows named, or all. Run as a program.

One process for all rows: a second MirroredStrategy in a process clashes with the first.
"""

import json
import sys

import keras
import tensorflow as tf

import kgen
import tests.two_cpus  # noqa: F401
from tests.contract.seqgan import SEQGAN
from tests.contract.table import ROWS, state
from tests.contract.text import STREAMS, TEXT

EVERY = {**ROWS, **TEXT, **STREAMS, **SEQGAN}

OPTIMIZERS = {
    "sgd": keras.optimizers.SGD,
    "adam": lambda rate: keras.optimizers.Adam(1e-3, epsilon=1e-3),
}


def trained(row, optimizer, strategy):
    """Weights and slots after four steps, and the logs."""
    keras.utils.set_random_seed(3)
    with strategy.scope():
        model = row.make()
        two = hasattr(model, "players")
        rate = 1e-5 if isinstance(model, kgen.VAE) else 1e-2  # A VAE's loss is a sum over pixels.
        names = ["generator_optimizer", "discriminator_optimizer"] if two else ["optimizer"]
        chosen = {name: OPTIMIZERS[optimizer](rate) for name in names}
        model.compile(**chosen, jit_compile=False, steps_per_execution=1)
    validation = row.data(32, seed=1) if optimizer == "sgd" and row.judged else (None,)
    validation = validation[0] if len(validation) == 1 else validation
    history = model.fit(*row.data(), batch_size=16, epochs=1, verbose=0, validation_data=validation)
    return [v.numpy() for v in state(model)], history.history


def difference(row, optimizer, strategy):
    """Largest difference of a weight, and of a logged value."""
    one, one_logs = trained(row, optimizer, tf.distribute.get_strategy())
    two, two_logs = trained(row, optimizer, strategy)
    weights = max(float(abs(a - b).max()) for a, b in zip(one, two, strict=True))
    return weights, max(abs(one_logs[k][0] - two_logs[k][0]) for k in one_logs)


if __name__ == "__main__":
    mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    found = {
        name: {o: difference(row, o, mirrored) for o in OPTIMIZERS if o == "sgd" or row.judged}
        for name, row in EVERY.items()
        if name in (sys.argv[1:] or EVERY)
    }
    json.dump(found, sys.stdout)
