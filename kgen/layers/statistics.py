"""Normalisation by the statistics of activations, by name."""

import keras

from kgen.errors import one_of


def normalization(kind, epsilon=1e-5, gamma_initializer="ones"):
    """The normalisation layer of that name.

    Args:
        kind: "batch" (statistics over all replicas), "layer" (over all of an example's activations), "instance"
            (over each of its channels), or None.
        epsilon: added to the variance.
        gamma_initializer: initializer of the scale.

    Returns:
        List of no or one Keras layer.

    Raises:
        ValueError: if `kind` is another word.

    Example:

    >>> [type(layer).__name__ for layer in kgen.layers.normalization("instance")]
    ['GroupNormalization']

    Reference: Ioffe & Szegedy 2015, arXiv 1502.03167; Ba 2016, arXiv 1607.06450; Ulyanov 2016, arXiv 1607.08022.
    """
    common = {"epsilon": epsilon, "gamma_initializer": gamma_initializer}
    makers = {
        None: lambda: [],
        "batch": lambda: [keras.layers.BatchNormalization(momentum=0.9, synchronized=True, **common)],
        "layer": lambda: [keras.layers.GroupNormalization(groups=1, **common)],
        "instance": lambda: [keras.layers.GroupNormalization(groups=-1, **common)],
    }
    one_of("normalization", kind, makers)
    return makers[kind]()
