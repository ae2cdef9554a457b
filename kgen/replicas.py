"""What a step does differently when several replicas share it."""

import tensorflow as tf


def count():
    """Number of replicas that run this step together.

    Returns:
        Integer, 1 outside a distribution strategy.
    """
    return tf.distribute.get_strategy().num_replicas_in_sync


def any_replica(flag):
    """Whether the flag is raised on any replica.

    Args:
        flag: scalar bool tensor of this replica.

    Returns:
        Scalar bool tensor, the same on every replica.
    """
    if count() == 1:
        return flag
    raised = tf.distribute.get_replica_context().all_reduce(
        tf.distribute.ReduceOp.SUM, tf.cast(flag, tf.float32)
    )
    return raised > 0


def mean(value):
    """Mean of a tensor over the replicas; gradients flow through it to every replica.

    Args:
        value: float tensor of this replica, of the same shape on each.

    Returns:
        Tensor of the same shape, the same on every replica.
    """
    if count() == 1:
        return value
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, value)


def gathered(rows):
    """The rows of all replicas, in the order of the global batch.

    Args:
        rows: tensor [batch, ...] of this replica, of the same shape on each.

    Returns:
        Tensor [B, ...], and the index of this replica's first row in it.
    """
    if count() == 1:
        return rows, 0
    context = tf.distribute.get_replica_context()
    return context.all_gather(rows, axis=0), context.replica_id_in_sync_group * tf.shape(rows)[0]


def conditionally(predicate, function, *args):
    """Runs a function with side effects only where the predicate holds.

    A `tf.cond` around an optimiser cannot be built inside a replica, so it is built across replicas, and each
    replica runs the function inside the branch.

    Args:
        predicate: scalar bool tensor, the same on every replica.
        function: called with `args`; its result is dropped.
        *args: tensors of this replica.
    """
    if count() == 1:
        tf.cond(predicate, lambda: _quietly(function, *args), lambda: None)
    else:
        tf.distribute.get_replica_context().merge_call(_across, args=(predicate, function, args))


def _across(strategy, predicate, function, args):
    chosen = strategy.experimental_local_results(predicate)[0]
    function = strategy.experimental_local_results(function)[0]

    def branch():
        strategy.extended.call_for_each_replica(_quietly, args=(function, *args))

    tf.cond(chosen, branch, lambda: None)


def _quietly(function, *args):
    function(*args)
