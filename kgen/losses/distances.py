"""How far two examples are apart, as a mean over their numbers."""

from keras import ops


def absolute_distance(x, y):
    """Mean absolute difference of two examples.

    1/n ||x - y||_1, over the n numbers of an example.

    Args:
        x, y: float tensors [batch, ...].

    Returns:
        Float tensor [batch].

    Example:

    >>> kgen.losses.absolute_distance(np.array([[1.0, 3.0]]), np.array([[2.0, 5.0]])).numpy().tolist()
    [1.5]

    Reference: Zhu 2017, eq. 2, arXiv 1703.10593, whose code takes the mean.
    """
    return _mean(ops.abs(x - y))


def squared_distance(x, y):
    """Mean squared difference of two examples.

    1/n ||x - y||_2^2, over the n numbers of an example.

    Args:
        x, y: float tensors [batch, ...].

    Returns:
        Float tensor [batch].

    Example:

    >>> kgen.losses.squared_distance(np.array([[1.0, 3.0]]), np.array([[2.0, 5.0]])).numpy().tolist()
    [2.5]

    Reference: the L2 norm beside the L1 norm of Zhu 2017, eq. 2, arXiv 1703.10593.
    """
    return _mean(ops.square(x - y))


def _mean(differences):
    return ops.mean(differences, axis=tuple(range(1, len(differences.shape))))


DISTANCES = {"l1": absolute_distance, "l2": squared_distance}
