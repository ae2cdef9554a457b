"""What a model carries from one batch to the next, where each row goes on with the text of the same row."""

import tensorflow as tf

from kgen import replicas


class Carried:
    """A state that goes on from batch to batch, that of the global batch on every replica.

    Hidden from Keras's savers, since a place in a text is no part of a model.

    Args:
        zero_state: function of a number of rows to a nest of float tensors [num_rows, ...].
    """

    def __init__(self, zero_state):
        self.zero_state = zero_state
        self.variables = []
        self.steps = 1  # Batches of a pass, after which the text begins again.

    def arrange(self, data):
        """Makes room for the rows of a data set's batches, if they go on from batch to batch; all zero.

        Call it inside the strategy's scope.

        Args:
            data: `tf.data.Dataset`, contiguous if its `description` says so.

        Returns:
            Whether that changes the program of a step.
        """
        contiguous = getattr(getattr(data, "description", None), "contiguous", False)
        shapes = _shapes(self.zero_state, data.element_spec.shape[0]) if contiguous else []
        steps = data.steps_per_epoch if contiguous else 1
        if [tuple(v.shape) for v in self.variables] == shapes and self.steps == steps:
            self.reset()
            return False
        self.variables, self.steps = [_variable(shape) for shape in shapes], steps
        return True

    def reset(self):
        """Begins anew."""
        for variable in self.variables:
            variable.assign(tf.zeros_like(variable))

    def state(self, num_rows, step=None):
        """The state before this replica's rows.

        Args:
            num_rows: of this replica's batch.
            step: number of the batch since the beginning, a scalar; zero comes back where a pass begins. None
                leaves that to `reset`.

        Returns:
            Nest of tensors [num_rows, ...].
        """
        zero = self.zero_state(num_rows)
        if not self.variables:
            return zero
        anew = False if step is None else step % self.steps == 0
        flat = [_own_rows(v, z, anew) for v, z in zip(self.variables, tf.nest.flatten(zero), strict=True)]
        return tf.nest.pack_sequence_as(zero, flat)

    def keep(self, state, failed=False):
        """Stores the state after this replica's rows, unless the step has failed.

        Args:
            state: nest of tensors [num_rows, ...].
            failed: scalar bool tensor.
        """
        for variable, rows in zip(self.variables, tf.nest.flatten(state), strict=False):
            rows, _ = replicas.gathered(tf.cast(rows, tf.float32))
            variable.assign(tf.where(failed, variable, tf.stop_gradient(rows)))


def _shapes(zero_state, num_rows):
    """Shapes of the state's tensors."""
    with tf.Graph().as_default():
        return [tuple(part.shape) for part in tf.nest.flatten(zero_state(num_rows))]


def _variable(shape):
    once = tf.VariableAggregation.ONLY_FIRST_REPLICA  # All replicas write the same.
    return tf.Variable(tf.zeros(shape), trainable=False, aggregation=once)


def _own_rows(variable, zero, anew):
    """This replica's rows of a variable; zero where a text begins."""
    replica, rows = tf.distribute.get_replica_context(), zero.shape[0] or tf.shape(zero)[0]
    first = rows * (replica.replica_id_in_sync_group if replicas.count() > 1 else 0)
    return tf.where(anew, zero, tf.cast(variable[first : first + rows], zero.dtype))
