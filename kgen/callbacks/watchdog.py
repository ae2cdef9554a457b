"""A watch on collapse: what goes wrong in a training, said in plain words while it happens."""

import math
import warnings

import keras
import numpy as np
import tensorflow as tf

from kgen.callbacks import alarms
from kgen.callbacks.spread import compared, distances
from kgen.errors import integer_from, invalid, number_in, one_of, positive_integer

ACTIONS = ("warn", "stop", "restore")
MEASURED = ("diversity", "gradient_norm_ratio", "skipped_steps")


class CollapseWatchdog(keras.callbacks.Callback):
    """Says in plain words when a training collapses and, if asked, ends it or goes back to the last good state.

    At every check it looks at four things; an alarm that holds at `patience` checks in a row is told, once, and
    so is its end:

    - the samples of fixed seeds are alike (or fly apart): `kgen.callbacks.diversity` is below `min_diversity`
      and not growing (or above 1 / `min_diversity`);
    - the discriminator wins: the mean of `real_accuracy` and `fake_accuracy` is `max_accuracy` or more. A
      Wasserstein critic has no accuracy, and may win;
    - steps are skipped: more than `max_skipped` of those since the last check.

    A model of two players needs `diagnostics=True`; its accuracies and gradients are the means of the epoch so
    far. In a model of one player samples and skipped steps are watched. The logs get `diversity`, `skipped_steps`
    (since the last check) and `gradient_norm_ratio` (the discriminator's over the generator's): callbacks that
    write logs belong behind this one. Sampling changes nothing in the training.

    Args:
        real: examples to compare samples with, as `fit` takes them; None takes the first batch of `fit`.
        num_samples: how many of both, at most.
        seed: of the samples.
        every: training steps between two checks within an epoch; its end is one anyway.
        patience: checks in a row at which an alarm holds, before it is told.
        action: "warn"; "stop", which ends training as well; or "restore", which also puts back the networks and
            optimisers of the last check at which all was well. The counters of steps go on, so that a new `fit`
            sees other noise than the one that led to the collapse. "restore" keeps a copy in memory.
        min_diversity: in [0, 1); 0 turns this alarm off.
        max_accuracy: from 0.5 up; any number above 1 turns this alarm off.
        max_skipped: share in [0, 1).
        log_dir: TensorBoard folder for the three numbers at each check, or None.

    Raises:
        ValueError: bad arguments, or out of `fit`, before the first step, a model of two players without
            diagnostics or real examples that do not fit.

    Example:

    >>> kgen.callbacks.CollapseWatchdog(patience=5, action="restore").patience
    5
    """

    directions = {"diversity": "up"}  # Of what the logs get; a smaller value of the others is better.

    def __init__(
        self,
        real=None,
        num_samples=256,
        seed=0,
        every=None,
        patience=3,
        action="warn",
        min_diversity=0.1,
        max_accuracy=0.99,
        max_skipped=0.01,
        log_dir=None,
    ):
        super().__init__()
        integer_from(2, "num_samples", num_samples)
        positive_integer("patience", patience)
        if every is not None:
            positive_integer("every", every)
        one_of("action", action, ACTIONS)
        number_in("min_diversity", min_diversity, 0, 1)
        number_in("max_accuracy", max_accuracy, 0.5, math.inf)
        number_in("max_skipped", max_skipped, 0, 1)
        self.real = real
        self.num_samples = num_samples
        self.seed = seed
        self.every = every
        self.patience = patience
        self.action = action
        self.min_diversity = min_diversity
        self.max_accuracy = max_accuracy
        self.max_skipped = max_skipped
        self.log_dir = log_dir
        self.history = []  # What each check has measured; a `TrainingState` keeps it, and the weights.
        self.best_weights = []
        self._writer = None

    def on_train_begin(self, logs=None):
        diagnostics = getattr(self.model, "diagnostics", None)
        if diagnostics is False:
            raise invalid("diagnostics", "True in a model that a CollapseWatchdog watches", diagnostics=False)
        self._players = len(self.model.optimizers())
        self._limits = alarms.Limits(self.min_diversity, self.max_accuracy, self.max_skipped)
        self._real = self._known(self.model.first_examples)
        self._steps, self._skipped = self._counts()
        self.history, self.best_weights, self._good_epoch = [], [], 0
        if self.log_dir:
            self._writer = tf.summary.create_file_writer(str(self.log_dir))

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch, logs=None):
        if self.every and self._counts()[0] - self._steps >= self.every:
            self._check(logs)

    def on_epoch_end(self, epoch, logs=None):
        if self._counts()[0] > self._steps:
            self._check(logs)
        logs.update({name: self.history[-1][name] for name in MEASURED if name in self.history[-1]})

    # Measuring.

    def _known(self, first):
        """How many examples are compared, and how far apart the real ones are."""
        real = np.asarray(first if self.real is None else self.real)[: self.num_samples]
        shape = tuple(self.model.image_shape)
        if real.ndim < 2 or math.prod(real.shape[1:]) != math.prod(shape) or len(real) < 2:
            raise invalid("real", f"at least two examples of shape {shape}", shape=real.shape)
        scale = 255.0 if real.dtype.kind in "iu" else 1.0
        apart = distances(real / scale)
        if not 0 < apart[0] < math.inf:
            raise invalid("real", "finite examples that differ", mean_distance=apart[0])
        return len(real), apart

    def _counts(self):
        return int(self.model.step.numpy()), int(self.model.skipped_steps.numpy())

    def _measure(self, logs):
        steps, skipped = self._counts()
        number, apart = self._real
        samples = self.model.generate(number, seed=self.seed)
        return {
            "epoch": self._epoch,
            "steps": steps - self._steps,
            "skipped_steps": skipped - self._skipped,
            "diversity": compared(distances(samples), apart),
            **_verdicts({name: float(value) for name, value in (logs or {}).items()}),
        }

    # Judging.

    def _check(self, logs):
        before = self._told()
        self.history.append(self._measure(logs))
        self._steps, self._skipped = self._counts()
        self._write(self.history[-1])
        now = self._told()
        for alarm in (a for a in before if a not in now):
            print(f"CollapseWatchdog: no longer since epoch {self._epoch}: {alarm.title}.")
        ending = self._end() if self.action != "warn" and now and now != before else ""
        for alarm in (a for a in now if a not in before):
            text = alarms.words(alarm, self._spell(alarm), self._players)
            warnings.warn(f"CollapseWatchdog: {text}{ending}", stacklevel=2)
        if self.action == "restore" and not any(self._spell(alarm) for alarm in alarms.ALARMS):
            self._keep()

    def _spell(self, alarm):
        return alarms.spell(alarm, self.history, self._limits)

    def _told(self):
        return [alarm for alarm in alarms.ALARMS if len(self._spell(alarm)) >= self.patience]

    def _write(self, check):
        if self._writer:
            with self._writer.as_default(step=self._steps):
                for name in (name for name in MEASURED if name in check):
                    tf.summary.scalar(name, check[name])

    # Acting.

    def _state(self):
        """The networks' variables and the optimisers'; no counters of steps."""
        counters = {id(v) for v in self.model.bookkeeping()}
        own = [v for v in self.model.variables if id(v) not in counters]
        return [*own, *(v for o in self.model.optimizers().values() for v in o.variables)]

    def _keep(self):
        self.best_weights, self._good_epoch = [v.numpy() for v in self._state()], self._epoch

    def _end(self):
        self.model.stop_training = True
        if self.action == "stop":
            return " Training stops."
        if not self.best_weights:
            return " Training stops; no earlier check was good, so the weights stay as they are."
        for variable, value in zip(self._state(), self.best_weights, strict=True):
            variable.assign(value)
        return f" Training stops; the weights are those of the check in epoch {self._good_epoch}."


def _verdicts(logs):
    """What diagnostics say: how often D is right, and whose gradient is the longer one."""
    if "generator_gradient_norm" not in logs:
        return {}
    mine, other = (logs[f"{player}_gradient_norm"] for player in ("discriminator", "generator"))
    found = {"gradient_norm_ratio": mine / other if other else math.nan}
    if "real_accuracy" in logs:
        found["accuracy"] = (logs["real_accuracy"] + logs["fake_accuracy"]) / 2
    return found
