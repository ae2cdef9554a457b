"""Trains toy models in processes that die.

Reads jobs from stdin, one JSON line each, and answers with the exit status of a process of their own: a fork
of this one, which has imported TensorFlow but not started it.
"""

import hashlib
import json
import os
import pathlib
import signal
import sys

import keras
import numpy as np

import kgen
from kgen import state
from tests.toys import BATCH, EPOCHS, X, build, variables

EVERY = 5


class Falling(keras.callbacks.Callback):
    """Logs a value that is better in every epoch."""

    def on_epoch_end(self, epoch, logs=None):
        logs["falling"] = -epoch


class Death(keras.callbacks.Callback):
    """Kills this process, or tells it to end, at a step or in the next save after it.

    Args:
        place: "step", "SIGTERM", or the stage of a save: "arrays" (written), "unnamed" (before the rename),
            "between" (the old one renamed, the new one not yet), "renamed" (before old ones are removed).
        at: training steps done.
    """

    def __init__(self, place, at):
        super().__init__()
        self.place, self.at = place, at

    def on_train_batch_begin(self, batch, logs=None):
        if int(self.model.step) == self.at:
            {"step": kill, "SIGTERM": terminate}.get(self.place, self._arm)()

    def _arm(self):
        rename = os.rename
        traps = {
            "arrays": (state, "_write_text", kill),
            "unnamed": (state, "_publish", kill),
            "renamed": (state, "sync_folder", kill),
            "between": (
                os,
                "rename",
                lambda old, new: (rename(old, new), "-replaced" in str(new) and kill()),
            ),
        }
        setattr(*traps[self.place])


def kill(*args):
    os.kill(os.getpid(), signal.SIGKILL)


def terminate():
    os.kill(os.getpid(), signal.SIGTERM)


def callbacks(folder):
    """Callbacks whose counters a resumed run needs; the learning rate changes in every epoch."""
    return [
        Falling(),
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.9 * rate),
        keras.callbacks.ReduceLROnPlateau(monitor="falling", min_delta=10.0, factor=0.5, patience=1),
        keras.callbacks.EarlyStopping(
            monitor="falling", patience=5, min_delta=0.5, restore_best_weights=True
        ),
        kgen.callbacks.TrainingState(folder, every=EVERY, monitor="falling"),
    ]


def digest(model):
    """SHA-256 over all variables and all slots of the optimisers."""
    total = hashlib.sha256()
    for variable in variables(model):
        total.update(np.ascontiguousarray(variable.numpy()).tobytes())
    return total.hexdigest()


def train(row, folder, death=None, result=None):
    """One job: a run, from its beginning or from what an earlier process has left."""
    model = build(row)
    watching = [Death(*death)] if death else []
    options = {"batch_size": BATCH, "epochs": EPOCHS, "verbose": 0}
    history = model.fit(X, callbacks=[*watching, *callbacks(folder)], **options)
    if result:
        pathlib.Path(result).write_text(json.dumps({"digest": digest(model), "history": history.history}))


def exit_status(job):
    """What a fork ends with: an exit code, or minus the signal that killed it."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.stdout = sys.stderr
    try:
        train(**job)
        os._exit(0)
    except SystemExit as leaving:
        os._exit(leaving.code)
    except BaseException as error:
        print(repr(error), file=sys.stderr, flush=True)
        os._exit(99)


if __name__ == "__main__":
    for line in sys.stdin:
        print(exit_status(json.loads(line)), flush=True)
