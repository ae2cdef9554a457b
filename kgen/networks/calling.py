"""Several batches through one network."""

import keras
import tensorflow as tf

from kgen.layers import MinibatchDiscrimination

MIXING = (keras.layers.BatchNormalization, keras.layers.Lambda, MinibatchDiscrimination)


def both(network, x, y, training=False):
    """A network's outputs for two batches; computed in one call where each row's output is its own.

    The rows take turns, x0, y0, x1, y1, ..., so that row-seeded noise is the same on any number of replicas.

    Args:
        network: a `keras.Model` of one input and one output.
        x, y: tensors [batch, ...] of one shape.
        training: whether the network runs in training mode.

    Returns:
        (output of x, output of y), each [batch, ...].

    Example:

    >>> network = kgen.networks.dense.encoder((2,), hidden_units=(3,))
    >>> [out.shape for out in kgen.networks.both(network, np.zeros([4, 2]), np.ones([4, 2]))]
    [TensorShape([4, 1]), TensorShape([4, 1])]
    """
    if not keeps_rows_apart(network):
        return network(x, training=training), network(y, training=training)
    together = tf.stack([x, y], axis=1)  # [batch, 2, ...]
    out = network(tf.reshape(together, [-1, *together.shape[2:]]), training=training)
    return tuple(tf.unstack(tf.reshape(out, [-1, 2, *out.shape[1:]]), axis=1))


def keeps_rows_apart(network):
    """Whether a row's output is known to depend on that row alone.

    Args:
        network: a `keras.Model`.

    Returns:
        bool; False also for layers that are neither Keras's nor kgen's, which could do anything.

    Example:

    >>> network = kgen.networks.dense.encoder((2,), hidden_units=(3, 3), normalization="batch")
    >>> kgen.networks.calling.keeps_rows_apart(network)
    False
    """
    layers = list(network._flatten_layers())
    known = all(type(layer).__module__.startswith(("keras.", "kgen.")) for layer in layers)
    return known and not any(isinstance(layer, MIXING) for layer in layers)
