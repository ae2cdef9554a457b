"""A network that also tells what one of its layers reads."""

import keras


def with_features(network, features):
    """The network with a second output.

    Args:
        network: a `keras.Sequential` or functional `keras.Model` with one input and one output.
        features: symbolic tensor inside it, such as a layer's `input`.

    Returns:
        A `keras.Model` that shares the layers: [batch, ...] to (output, features).

    Example:

    >>> network = kgen.networks.dense.encoder((2,), hidden_units=(3,))
    >>> [part.shape for part in kgen.networks.with_features(network, network.layers[1].input).outputs]
    [(None, 1), (None, 2)]
    """
    return keras.Model(network.inputs[0], [network.outputs[0], features])
