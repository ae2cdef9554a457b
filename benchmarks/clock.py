"""A training of so many minutes of wall time, over several cuts."""

import json
import time

import keras

import kgen


class Clock(keras.callbacks.Callback):
    """Ends a training after so many minutes, those before a cut included; they are kept in a file."""

    def __init__(self, minutes, file):
        super().__init__()
        self.minutes, self.file = minutes, file
        self.spent = json.loads(file.read_text()) if file and file.exists() else 0.0

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        self.spent += (time.monotonic() - self.start) / 60
        if self.file:
            self.file.write_text(json.dumps(self.spent))
        self.model.stop_training = self.spent >= self.minutes


def fit(model, data, steps, minutes, state, epochs=100_000):
    """Trains for so many minutes, or epochs where these end first; the minutes that it took.

    Args:
        model: compiled.
        data: data set.
        steps: of an epoch, after which the clock is looked at.
        minutes: of wall time, those before a cut included.
        state: folder of the training state, from which a cut run goes on, or None.
        epochs: at most.
    """
    if state:
        state.mkdir(parents=True, exist_ok=True)
    watch = Clock(minutes, state / "minutes.json" if state else None)
    callbacks = [watch, *([kgen.callbacks.TrainingState(state)] if state else [])]
    model.fit(data, epochs=epochs, steps_per_epoch=steps, callbacks=callbacks, verbose=2)
    return watch.spent
