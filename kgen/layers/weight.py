"""Weight normalisation: length and direction of each unit's weights are parameters of their own."""

import keras
from keras import ops

from kgen.errors import invalid
from kgen.layers.reparametrized import Reparametrized


@keras.saving.register_keras_serializable("kgen")
class WeightNormalization(Reparametrized):
    """Runs a layer whose weights have their length as a parameter of its own.

    w = g V / ||V||, one length g per output.

    Args:
        layer: Dense, Conv1D, Conv2D, Conv3D or Embedding layer; its bias and activation are kept.
        trainable_scale: whether g is learnt; it starts at ||V||, so that the layer starts as the wrapped one.
            Otherwise g is one, or what `initialize` finds.

    Raises:
        ValueError: for another kind of layer.

    Example:

    >>> dense = keras.layers.Dense(1, kernel_initializer="ones")
    >>> layer = kgen.layers.WeightNormalization(dense, trainable_scale=False)
    >>> layer(np.ones((1, 4), "float32")).numpy().tolist()
    [[2.0]]

    Reference: Salimans & Kingma 2016, eq. 2, arXiv 1602.07868.
    """

    def __init__(self, layer, trainable_scale=True, **kwargs):
        super().__init__(layer, **kwargs)
        self.trainable_scale = trainable_scale

    def build(self, input_shape):
        super().build(input_shape)
        self.g = self.add_weight(
            name="g",
            shape=[self.kernel.shape[-1]],
            initializer=self._first_g if self.trainable_scale else "ones",
            trainable=self.trainable_scale,
            autocast=False,
            aggregation="mean",
        )

    def _first_g(self, shape, dtype=None):
        return ops.norm(self.matrix(), axis=0)

    def effective_matrix(self):
        """g V / ||V|| [prod(in), out]; a column of zeros stays zero."""
        matrix = self.matrix()
        return self.g * matrix * ops.rsqrt(ops.maximum(ops.sum(ops.square(matrix), axis=0), 1e-24))

    def initialize(self, inputs):
        """Sets g and the bias such that the outputs on these inputs have mean 0 and variance 1.

        g <- g / s, b <- (b - m) / s, with m and s the outputs' mean and deviation per channel.

        Args:
            inputs: a batch of the layer's inputs [batch, ...].

        Returns:
            The new outputs [batch, ..., out], inputs of the next layer's initialisation.

        Raises:
            ValueError: for a layer without a bias, or with an activation.

        Reference: Salimans & Kingma 2016, eq. 5 and 6, arXiv 1602.07868.
        """
        linear = getattr(self.layer, "activation", None) is keras.activations.linear
        if not (linear and self.layer.use_bias):
            raise invalid("layer", "a layer with a bias and no activation", layer=self.layer.name)
        outputs = ops.cast(self(inputs), "float32")
        mean, variance = ops.moments(outputs, axes=list(range(len(outputs.shape) - 1)))
        self.g.assign(self.g * ops.rsqrt(variance))
        self.layer.bias.assign((self.layer.bias - mean) * ops.rsqrt(variance))
        return self(inputs)

    def get_config(self):
        return {**super().get_config(), "trainable_scale": self.trainable_scale}
