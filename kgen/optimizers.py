"""Optimisers of several players, as one."""

import math

import keras

from kgen.errors import integer_from, invalid, positive_integer


def check_learning_rate(name, optimizer):
    """Raises a ValueError unless the optimiser's learning rate is a schedule, or finite and positive.

    Example:

    >>> kgen.optimizers.check_learning_rate("optimizer", keras.optimizers.Adam(1e-4))
    >>> kgen.optimizers.check_learning_rate("optimizer", keras.optimizers.Adam(0.0))
    Traceback (most recent call last):
        ...
    ValueError: Invalid value for argument `optimizer`. Expected a finite, positive learning rate. ...
    """
    config = getattr(optimizer, "inner_optimizer", optimizer).get_config()
    if not isinstance(config["learning_rate"], dict):
        _check_rate(name, optimizer.learning_rate)


def _check_rate(name, rate):
    value = float(keras.ops.convert_to_numpy(rate))
    if not (math.isfinite(value) and value > 0):
        raise invalid(name, "a finite, positive learning rate", learning_rate=value)


def loss_scale(optimizer):
    """Variables of an optimiser's float16 loss scale, which learn from a failed step.

    Example:

    >>> kgen.optimizers.loss_scale(keras.optimizers.Adam())
    []
    >>> scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())
    >>> scaled.build([keras.Variable(0.0)])
    >>> [variable.name for variable in kgen.optimizers.loss_scale(scaled)]
    ['step_counter', 'dynamic_scale']
    """
    own = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    return [optimizer.step_counter, optimizer.dynamic_scale] if own else []


@keras.saving.register_keras_serializable("kgen")
class LinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that is constant first, and then falls along a straight line to zero.

    rate(t) = initial * min(1, max(0, 1 - (t - steps_constant) / steps_decay)).

    Args:
        initial: the first learning rate.
        steps_constant: steps at that rate, 0 for none.
        steps_decay: steps until it is zero.

    Raises:
        ValueError: numbers out of range.

    Example:

    >>> rate = kgen.optimizers.LinearDecay(2e-4, steps_constant=100, steps_decay=100)
    >>> [round(float(rate(step)), 6) for step in (0, 100, 150, 200, 300)]
    [0.0002, 0.0002, 0.0001, 0.0, 0.0]

    Reference: Zhu 2017, section 4, arXiv 1703.10593: 100 epochs and 100 epochs.
    """

    def __init__(self, initial, steps_constant, steps_decay):
        _check_rate("initial", initial)
        integer_from(0, "steps_constant", steps_constant)
        positive_integer("steps_decay", steps_decay)
        self.initial = initial
        self.steps_constant = steps_constant
        self.steps_decay = steps_decay

    def __call__(self, step):
        done = (keras.ops.cast(step, "float32") - self.steps_constant) / self.steps_decay
        return self.initial * (1.0 - keras.ops.clip(done, 0.0, 1.0))

    def get_config(self):
        return {
            "initial": self.initial,
            "steps_constant": self.steps_constant,
            "steps_decay": self.steps_decay,
        }


class LearningRates:
    """What Keras's callbacks see as `model.optimizer`: setting its rate moves all players' in proportion.

    Example:

    >>> players = {"generator": keras.optimizers.Adam(1e-4), "critic": keras.optimizers.Adam(4e-4)}
    >>> kgen.optimizers.LearningRates(players).learning_rate = 2e-4
    >>> round(float(players["critic"].learning_rate), 6)
    0.0008
    """

    built = True

    def __init__(self, optimizers):
        self._optimizers = optimizers

    @property
    def variables(self):
        """Those of all players' optimisers."""
        return [v for optimizer in self._optimizers.values() for v in optimizer.variables]

    @property
    def iterations(self):
        """The generator's updates."""
        return self._optimizers["generator"].iterations

    @property
    def learning_rate(self):
        """The generator's learning rate."""
        return self._optimizers["generator"].learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        _check_rate("learning_rate", value)
        factor = float(value) / float(keras.ops.convert_to_numpy(self.learning_rate))
        for optimizer in self._optimizers.values():
            optimizer.learning_rate = factor * float(keras.ops.convert_to_numpy(optimizer.learning_rate))
