"""Terms about weights and about statistics of whole batches."""

import keras
from keras import ops

from kgen import replicas


def weight_penalty(variables):
    """Sum of the variables' own regularisers (L1, L2).

    Args:
        variables: list of Keras variables; those without a regulariser add nothing.

    Returns:
        Scalar float tensor, or None where no variable has a regulariser.

    Example:

    >>> layer = keras.layers.Dense(1, kernel_initializer="ones", kernel_regularizer="l2")
    >>> layer.build((None, 5))
    >>> round(float(kgen.losses.weight_penalty(layer.trainable_variables)), 4)
    0.05
    """
    regularized = [v for v in variables if getattr(v, "regularizer", None) is not None]
    return sum(v.regularizer(keras.ops.convert_to_tensor(v)) for v in regularized) if regularized else None


def historical_average(variables, averages):
    """Squared distance of a player's weights from their average over time.

    sum_i ||theta_i - average_i||^2.

    Args:
        variables: list of Keras variables or tensors.
        averages: list of variables or tensors of the same shapes.

    Returns:
        Scalar float32 tensor.

    Example:

    >>> float(kgen.losses.historical_average([np.array([1.0, 2.0])], [np.array([0.0, 4.0])]))
    5.0

    Reference: Salimans 2016, section 3.3, arXiv 1606.03498.
    """
    pairs = zip(variables, averages, strict=True)
    return sum(ops.sum(ops.square(ops.cast(v, "float32") - ops.cast(a, "float32"))) for v, a in pairs)


def feature_matching(real_features, fake_features):
    """Distance between the mean features of real and of generated samples.

    1/n ||E f(x) - E f(G(z))||_2^2 for n features, with means over the batch of all replicas. The paper has the
    plain norm, the authors' code its mean over the features, which is independent of their number.

    Args:
        real_features: float tensor [batch, ...], a layer of the discriminator.
        fake_features: float tensor [batch, ...].

    Returns:
        Scalar float32 tensor.

    Example:

    >>> real, fake = np.array([[1.0, 0.0], [3.0, 0.0]]), np.array([[0.0, 0.0]])
    >>> float(kgen.losses.feature_matching(real, fake))
    2.0

    Reference: Salimans 2016, section 3.1, arXiv 1606.03498.
    """
    difference = _batch_mean(real_features) - _batch_mean(fake_features)
    return ops.mean(ops.square(difference))


def _batch_mean(features):
    return replicas.mean(ops.mean(ops.cast(features, "float32"), axis=0))
