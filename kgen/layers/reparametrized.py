"""What the two normalisations of weights share: a layer that runs at a function of its kernel."""

import keras

from kgen.errors import invalid

KINDS = (
    keras.layers.Dense,
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.Embedding,
)


class Reparametrized(keras.layers.Wrapper):
    """Abstract base: runs a layer with `effective_matrix()` in the place of its kernel.

    The kernel stays as it is, and gradients reach it through the function. The function is computed in
    float32; the layer itself computes in its own precision.

    Args:
        layer: Dense, Conv1D, Conv2D, Conv3D or Embedding layer; its last axis is the output's.

    Raises:
        ValueError: for another kind of layer.
    """

    def __init__(self, layer, **kwargs):
        if not isinstance(layer, KINDS):
            expected = "a Dense, Conv1D, Conv2D, Conv3D or Embedding layer"
            raise invalid("layer", expected, layer=type(layer).__name__)
        super().__init__(layer, **{**kwargs, "dtype": "float32", "autocast": False})

    @property
    def kernel(self):
        """The variable of the wrapped layer, [..., out]."""
        embeds = isinstance(self.layer, keras.layers.Embedding)
        return self.layer.embeddings if embeds else self.layer.kernel

    def matrix(self):
        """The kernel as a float32 matrix [prod(in), out]."""
        kernel = keras.ops.cast(self.kernel, "float32")
        return keras.ops.reshape(kernel, [-1, kernel.shape[-1]])

    def call(self, inputs):
        kernel = keras.ops.reshape(self.effective_matrix(), self.kernel.shape)
        with keras.StatelessScope([(self.kernel, kernel)]):
            return self.layer(inputs)

    def compute_output_spec(self, inputs):
        return self.layer.compute_output_spec(inputs)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)
