"""Spectral normalisation: kernels whose largest singular value is one."""

import keras
from keras import ops

from kgen.layers.reparametrized import Reparametrized

WARM_UP = 10  # Power iterations on the initial kernel.


@keras.saving.register_keras_serializable("kgen")
class SpectralNormalization(Reparametrized):
    """Runs a layer with its kernel divided by an estimate of the largest singular value.

    W / sigma, with sigma = u^T W^T v and W reshaped to [prod(in), out].

    The unit vectors u and v are weights that `power_iteration()` alone moves, so that each pass of a step
    sees the same function. Gradients flow through sigma into W, not into u and v. A kernel with sigma = 0 is
    left as it is.

    Args:
        layer: Dense, Conv1D, Conv2D, Conv3D or Embedding layer; its bias and activation are kept.

    Raises:
        ValueError: for another kind of layer.

    Example:

    >>> layer = kgen.layers.SpectralNormalization(keras.layers.Dense(1, kernel_initializer="ones"))
    >>> layer(np.ones((1, 4), "float32")).numpy().tolist()
    [[2.0]]

    Reference: Miyato 2018, eq. 8, 12 and algorithm 1, arXiv 1802.05957.
    """

    def build(self, input_shape):
        super().build(input_shape)
        rows, columns = self.matrix().shape
        fixed = {"trainable": False, "autocast": False, "aggregation": "only_first_replica"}
        self.u = self.add_weight(name="u", shape=[columns], initializer=self._first_u, **fixed)
        self.v = self.add_weight(name="v", shape=[rows], initializer=self._first_v, **fixed)

    def _first_u(self, shape, dtype=None):
        u, v = _unit(keras.initializers.RandomNormal()(shape)), ops.zeros([self.matrix().shape[0]])
        for _ in range(WARM_UP):
            u, v = iterated(self.matrix(), u, v)
        return u

    def _first_v(self, shape, dtype=None):
        return iterated(self.matrix(), ops.convert_to_tensor(self.u), ops.zeros(shape))[1]

    def power_iteration(self):
        """Moves u and v by one step towards the singular vectors; call it once per training step."""
        u, v = iterated(self.matrix(), ops.convert_to_tensor(self.u), ops.convert_to_tensor(self.v))
        self.u.assign(u)
        self.v.assign(v)

    def sigma(self):
        """The estimate of the largest singular value, a float32 scalar."""
        return ops.dot(self.v, ops.matmul(self.matrix(), self.u))

    def effective_matrix(self):
        """W / sigma [prod(in), out]."""
        sigma = self.sigma()
        return self.matrix() / ops.where(ops.equal(sigma, 0.0), 1.0, sigma)


def iterated(matrix, u, v):
    """One power iteration.

    v <- W u / ||W u||, u <- W^T v / ||W^T v||; a vector that would vanish stays as it was.

    Args:
        matrix: float32 tensor W [in, out].
        u: float32 unit vector [out].
        v: float32 unit vector [in].

    Returns:
        New u [out] and v [in].

    Example:

    >>> u, v = kgen.layers.spectral.iterated(np.diag([3.0, 0.0]), np.array([0.6, 0.8]), np.zeros(2))
    >>> u.numpy().tolist(), v.numpy().tolist()
    ([1.0, 0.0], [1.0, 0.0])

    Reference: Miyato 2018, algorithm 1, arXiv 1802.05957.
    """
    v = _unit(ops.matmul(matrix, u), v)
    return _unit(ops.matmul(v, matrix), u), v  # v W, since XLA on a CPU is slow at the transpose.


def _unit(x, otherwise=0.0):
    norm = ops.norm(x)
    return ops.where(norm > 0, x / norm, otherwise)


def spectral_layers(network):
    """The spectrally normalised layers of a network, at any depth.

    Args:
        network: Keras model or layer.

    Returns:
        List of `SpectralNormalization` layers.

    Example:

    >>> network = kgen.networks.dense.encoder((2,), hidden_units=(3,), spectral_normalization=True)
    >>> for layer in kgen.layers.spectral_layers(network):
    ...     layer.power_iteration()
    """
    return [layer for layer in network._flatten_layers() if isinstance(layer, SpectralNormalization)]
