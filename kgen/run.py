"""One call of `fit` as a run that can be stored and taken up again."""

import collections
import inspect
import json

import keras
import numpy as np

from kgen.callbacks import TrainingState


class Run(keras.callbacks.CallbackList):
    """The callbacks of one `fit`, and the state that a resumed run needs.

    A resumed run is two calls of Keras's `fit` (the rest of the broken epoch, then the others); the callbacks
    see one: the beginning and the end of training reach them once.

    Args:
        model: the model that is trained.
        callbacks: the user's callbacks.
        data: the training data set.
        **params: of `keras.callbacks.CallbackList`.
    """

    def __init__(self, model, callbacks, data, **params):
        super().__init__(callbacks, model=model, **params)
        self.state = next((c for c in self.callbacks if isinstance(c, TrainingState)), None)
        if self.state:  # Last, so that it stores what the others counted in this epoch.
            self.callbacks.remove(self.state)
            self.callbacks.append(self.state)
        self.exact = hasattr(data, "at")
        self.fingerprint = getattr(getattr(data, "description", None), "fingerprint", None)
        self.unfinished = False
        self._begun = False
        for callback in self.callbacks:
            if getattr(callback, "mode", None) == "auto" and hasattr(callback, "monitor"):
                callback.mode = {1: "min", -1: "max"}[self.direction(callback.monitor)]

    def position(self, epoch):
        """(epoch, batch) where training begins or, with a stored state, goes on."""
        found = self.state and self.state.resume(self)
        epoch, batch, stopped = found or (epoch, 0, False)
        return (self.params["epochs"], 0) if stopped else (epoch, batch)

    def on_train_begin(self, logs=None):
        if not self._begun:
            super().on_train_begin(logs)
        self._begun = True

    def on_train_end(self, logs=None):
        if not self.unfinished:
            super().on_train_end(logs)

    def close(self):
        """Gives back what the state holds, however training ended."""
        if self.state:
            self.state.release()

    def direction(self, monitor):
        """1 where a smaller value of the logged name is better, -1 where a larger one is."""
        name = monitor.removeprefix("val_")
        directions = {m.name: getattr(m, "_direction", "down") for m in self.model.metrics}
        for callback in self.callbacks:
            directions |= getattr(callback, "directions", {})
        return -1 if directions.get(name) == "up" else 1

    def snapshot(self):
        """This moment as (arrays, record)."""
        arrays = {name: np.asarray(variable.numpy()) for name, variable in _variables(self.model).items()}
        for name, callback in self._counting():
            arrays |= {f"callback/{name}/{i}": array for i, array in enumerate(_best_weights(callback))}
        counters = {name: _counters(callback) for name, callback in self._counting()}
        return arrays, {"step": int(self.model.step.numpy()), "callbacks": counters, **self._identity()}

    def restore(self, arrays, manifest, reset_optimizer=False):
        """Puts a stored moment back into the model.

        Raises:
            ValueError: naming what differs, if the state belongs to another model, optimiser or data set.
        """
        _compare(self._identity(), manifest, reset_optimizer)
        skipped = ("optimizer/", "metric/") if reset_optimizer else ("metric/",)
        _assign(_variables(self.model), arrays, skipped)

    def restore_epoch(self, arrays, reset_optimizer=False):
        """Puts back what a broken epoch has counted, and what other callbacks do anew as an epoch begins."""
        kinds = "metric/" if reset_optimizer else ("metric/", "optimizer/")
        variables = {k: v for k, v in _variables(self.model).items() if k.startswith(kinds) and k in arrays}
        _assign(variables, arrays)

    def restore_counters(self, arrays, manifest):
        """Puts back the callbacks' own numbers."""
        for name, callback in self._counting():
            vars(callback).update(manifest["callbacks"].get(name, {}))
            best = [k for k in arrays if k.startswith(f"callback/{name}/")]
            if best:
                callback.best_weights = [arrays[f"callback/{name}/{i}"] for i in range(len(best))]

    def _counting(self):
        """(name, callback) of those that count something; the name is the class and its place among its like."""
        own = (keras.callbacks.ProgbarLogger, TrainingState)
        seen, named = collections.Counter(), []
        for callback in (c for c in self.callbacks if not isinstance(c, own)):
            kind = type(callback).__name__
            named.append((f"{kind}-{seen[kind]}", callback))
            seen[kind] += 1
        return named

    def _identity(self):
        config = {k: v for k, v in self.model.get_config().items() if k != "name"}
        optimizers = {k: _optimizer(v) for k, v in self.model.optimizers().items()}
        identity = {"class": type(self.model).__name__, "optimizers": optimizers, "data": self.fingerprint}
        identity["steps_per_epoch"] = (self.params or {}).get("steps")
        identity["stages"] = getattr(self.model, "stages", None)  # Of pre-training, where a model has one.
        return json.loads(json.dumps({**identity, "config": config}, default=str))


def _variables(model):
    """All variables by their place: the model's, the optimisers', the epoch's running means."""
    named = {f"model/{i}": v for i, v in enumerate(model.variables)}
    for player, optimizer in model.optimizers().items():
        named |= {f"optimizer/{player}/{i}": v for i, v in enumerate(optimizer.variables)}
    named |= {f"passing/{i}": v for i, v in enumerate(model.passing())}
    for name, tracker in model.terms.trackers.items():
        named |= {f"metric/{name}/{i}": v for i, v in enumerate(tracker.variables)}
    return named


def _assign(variables, arrays, skipped=()):
    for name, variable in variables.items():
        if not name.startswith(skipped):
            variable.assign(arrays[name])


def _compare(here, stored, reset_optimizer):
    """One line that names what differs between this model and the stored one."""
    known = [k for k in ("class", "data", "steps_per_epoch") if None not in (here[k], stored[k])]
    differing = [k for k in known if here[k] != stored[k]]
    differing += ["stages"] if here["stages"] != stored.get("stages") else []
    keys = sorted({*here["config"], *stored["config"]})
    differing += [k for k in keys if here["config"].get(k) != stored["config"].get(k)]
    if here["optimizers"] != stored["optimizers"] and not reset_optimizer:
        differing += ["optimizers (reset_optimizer=True starts them anew)"]
    if differing:
        raise ValueError(f"The stored training state differs from this run in: {', '.join(differing)}.")


def _optimizer(optimizer):
    """Class and numbers of an optimiser; its learning rate is a variable, which goes on as stored."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    config = {k: v for k, v in optimizer.get_config().items() if k not in ("name", "learning_rate")}
    return {"class": type(optimizer).__name__, **config}


def _counters(callback):
    """A callback's numbers: waits, bests, histories; no settings, files or flags."""
    settings = inspect.signature(type(callback)).parameters
    own = {k: v for k, v in vars(callback).items() if k not in settings}
    return {k: _plain(v) for k, v in own.items() if _is_number(v) or k in ("epoch", "history")}


def _is_number(value):
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _plain(value):
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value.item() if isinstance(value, np.generic) else value


def _best_weights(callback):
    return [np.asarray(w) for w in getattr(callback, "best_weights", None) or []]
