"""Minibatch discrimination: a discriminator that sees how alike the examples of a batch are."""

import keras
from keras import ops

from kgen.errors import positive_integer

SELF = 1e6  # Distance of an example to itself, by which it does not count.


@keras.saving.register_keras_serializable("kgen")
class MinibatchDiscrimination(keras.layers.Layer):
    """Adds to each example's features how close the other examples of the batch are.

    M_i = x_i T in R^{B x C}, c_b(x_i, x_j) = exp(-||M_ib - M_jb||_1), o(x_i)_b = sum_{j != i} c_b(x_i, x_j).

    The example itself does not count (the paper's sum has it, which adds 1; the authors' code leaves it out).
    Each replica compares the examples of its own part of the batch. Computed in float32.

    Args:
        num_kernels: B, the number of features added.
        kernel_dim: C, the dimension in which the examples are compared.
        kernel_initializer: of T.

    Returns:
        Tensor [batch, features + num_kernels] of inputs [batch, features].

    Raises:
        ValueError: if `num_kernels` or `kernel_dim` is not a positive integer.

    Example:

    >>> layer = kgen.layers.MinibatchDiscrimination(1)
    >>> layer(np.ones((3, 2), "float32")).numpy().tolist()
    [[1.0, 1.0, 2.0], [1.0, 1.0, 2.0], [1.0, 1.0, 2.0]]

    Reference: Salimans 2016, section 3.2, arXiv 1606.03498.
    """

    def __init__(self, num_kernels, kernel_dim=5, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        positive_integer("num_kernels", num_kernels)
        positive_integer("kernel_dim", kernel_dim)
        self.num_kernels = num_kernels
        self.kernel_dim = kernel_dim
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.input_spec = keras.layers.InputSpec(ndim=2)

    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], self.num_kernels * self.kernel_dim),
            initializer=self.kernel_initializer,
            autocast=False,
        )

    def call(self, inputs):
        m = ops.matmul(ops.cast(inputs, "float32"), self.kernel)
        m = ops.reshape(m, [-1, self.num_kernels, self.kernel_dim])
        distances = ops.sum(ops.abs(m[:, None] - m[None]), axis=-1)  # [batch, batch, num_kernels]
        distances += SELF * ops.eye(ops.shape(m)[0])[..., None]
        closeness = ops.sum(ops.exp(-distances), axis=1)
        return ops.concatenate([inputs, ops.cast(closeness, inputs.dtype)], axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[1] + self.num_kernels)

    def get_config(self):
        return {
            **super().get_config(),
            "num_kernels": self.num_kernels,
            "kernel_dim": self.kernel_dim,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
