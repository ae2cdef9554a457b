"""Optimisers of several players, as one."""

import math

import keras

from kgen.errors import invalid


def check_learning_rate(name, optimizer):
    """Raises a ValueError unless the optimiser's learning rate is a schedule, or finite and positive."""
    config = getattr(optimizer, "inner_optimizer", optimizer).get_config()
    if not isinstance(config["learning_rate"], dict):
        _check_rate(name, optimizer.learning_rate)


def _check_rate(name, rate):
    value = float(keras.ops.convert_to_numpy(rate))
    if not (math.isfinite(value) and value > 0):
        raise invalid(name, "a finite, positive learning rate", learning_rate=value)


def loss_scale(optimizer):
    """Variables of an optimiser's float16 loss scale, which learn from a failed step."""
    own = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    return [optimizer.step_counter, optimizer.dynamic_scale] if own else []


class LearningRates:
    """What Keras's callbacks see as `model.optimizer`: setting its rate moves all players' in proportion."""

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
