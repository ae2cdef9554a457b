"""A training state on disk, from which the next `fit` goes on exactly."""

import math
import pathlib
import signal
import sys
import warnings

import keras
import numpy as np

from kgen import state
from kgen.errors import invalid, positive_integer

SIGTERM_EXIT = 128 + signal.SIGTERM


class TrainingState(keras.callbacks.Callback):
    """Keeps the whole state of a training run on disk; the next `fit` with the same folder goes on from it.

    Weights, optimisers, moving averages, counters, metrics, random state, data position and the other
    callbacks' counters are written every `every` steps and after each epoch. With kgen's data sets and with
    arrays the resumed run ends with weights equal bit for bit to the uninterrupted one's (one device, one XLA
    setting, one version); with any other data set it resumes at the end of an epoch. SIGTERM saves and exits
    with code 143; Ctrl-C saves and raises KeyboardInterrupt. The stored learning rates come back too, so a
    new rate needs `reset_optimizer`.

    Args:
        directory: folder of the states; made when missing.
        every: training steps between two states.
        monitor: name of a logged value whose best state is kept as well, or None.
        keep: how many of the newest states are kept.
        reset_optimizer: restore everything but the optimisers, which may then differ.
        on_error: "warn" goes on when a state cannot be written (disk full), "stop" raises.

    Raises:
        ValueError: bad arguments, or a stored state of another model, optimiser or data set.
        OSError: a folder that cannot be written, before the first step.

    Example:

    >>> kgen.callbacks.TrainingState("runs/a/state", every=100).every
    100
    """

    def __init__(self, directory, every=200, monitor=None, keep=2, reset_optimizer=False, on_error="warn"):
        super().__init__()
        positive_integer("every", every)
        positive_integer("keep", keep)
        if on_error not in ("warn", "stop"):
            raise invalid("on_error", "'warn' or 'stop'", on_error=on_error)
        self.directory = pathlib.Path(directory)
        self.every = every
        self.monitor = monitor
        self.keep = keep
        self.reset_optimizer = reset_optimizer
        self.on_error = on_error
        self._run = None
        self._best = None
        self._signal = None
        self._handlers = {}
        self._position = (0, 0)
        self._pending = None

    def resume(self, run):
        """Restores the newest state into the run's model and callbacks.

        Args:
            run: the `Run` that calls the callbacks.

        Returns:
            (epoch, batch, stopped): where training goes on, or None where there is nothing to resume.
        """
        self._run, self._pending = run, None
        _probe(self.directory)
        if not run.exact:
            print(
                "TrainingState: this data set cannot start at a step; states are kept at the end of epochs."
            )
        found = state.newest(self.directory)
        if found is None:
            return None
        path, arrays, manifest = found
        run.restore(arrays, manifest, self.reset_optimizer)
        self._best, self._pending = manifest["best"], (arrays, manifest)
        print(f"TrainingState: resuming from {path.name}, epoch {manifest['epoch'] + 1}.")
        return manifest["epoch"], manifest["batch"], manifest["stopped"]

    def on_train_begin(self, logs=None):
        if self._pending:
            self._run.restore_counters(*self._pending)
        self._signal = None
        for number in (signal.SIGTERM, signal.SIGINT):
            try:
                self._handlers[number] = signal.signal(number, self._note)
            except ValueError:  # Not the main thread: signals stay with their owner.
                return

    def on_train_end(self, logs=None):
        self.release()

    def on_epoch_begin(self, epoch, logs=None):
        arrays, manifest = self._pending or ({}, {"batch": 0})
        batch, self._pending = manifest["batch"], None
        if batch:
            self._run.restore_epoch(arrays, self.reset_optimizer)
        self._position = (epoch, batch)
        self._first_step = int(self.model.step.numpy()) - batch

    def on_train_batch_end(self, batch, logs=None):
        epoch, before = self._position
        self._position = (epoch, int(self.model.step.numpy()) - self._first_step)
        if self._position[1] >= self.params["steps"]:  # The epoch's end saves, and leaves.
            return
        due = self._position[1] // self.every > before // self.every
        if self._run.exact and (due or self._signal):
            self._save(*self._position)
        if self._signal:
            self._leave()

    def on_epoch_end(self, epoch, logs=None):
        best = self._improves(logs or {})
        self._save(epoch + 1, 0, stopped=bool(self.model.stop_training), best=best)
        if self._signal:
            self._leave()

    def _save(self, epoch, batch, stopped=False, best=False):
        position = {"epoch": epoch, "batch": batch, "stopped": stopped, "best": self._best}
        try:
            arrays, record = self._run.snapshot()
            names = ["best"] * best + [f"step-{int(self.model.step.numpy()):09d}"]
            for name in names:  # The step last: killed before it, the epoch's end happens again.
                state.write(self.directory, name, arrays, {**record, **position})
            state.prune(self.directory, self.keep)
        except OSError as error:
            if self.on_error == "stop":
                raise
            print(f"TrainingState: not saved, {error}. Training goes on; the earlier states are whole.")

    def _improves(self, logs):
        if self.monitor is None:
            return False
        if self.monitor not in logs:
            warnings.warn(f"TrainingState: no `{self.monitor}` among {', '.join(logs)}.", stacklevel=2)
        value = float(logs.get(self.monitor, math.nan))
        sign = self._run.direction(self.monitor)
        if math.isnan(value) or (self._best is not None and sign * value >= sign * self._best):
            return False
        self._best = value
        return True

    def _note(self, number, frame):
        if self._signal == number == signal.SIGINT:
            self.release()
            raise KeyboardInterrupt
        self._signal = number

    def _leave(self):
        number = self._signal
        self.release()
        if number == signal.SIGTERM:
            sys.exit(SIGTERM_EXIT)
        raise KeyboardInterrupt

    def release(self):
        """Gives the signals back to those who had them before."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers = {}


def _probe(directory):
    """Fails now rather than after an hour, where the folder cannot be written."""
    directory.mkdir(parents=True, exist_ok=True)
    probe = directory / ".probe"
    probe.write_bytes(np.zeros(1).tobytes())
    probe.unlink()
