"""Small layers that several networks share."""

import keras

from kgen import noise
from kgen.errors import number_in, one_of


@keras.saving.register_keras_serializable("kgen")
class Dropout(keras.layers.Layer):
    """Dropout whose mask belongs to the row: f(run seed, step, row of the global batch).

    Inside a kgen training step replicas agree with one large batch and a resumed run repeats its masks.
    Outside of one it draws as Keras's own layer does.

    Args:
        rate: share of the inputs set to zero, in [0, 1); the others are scaled by 1 / (1 - rate).

    Raises:
        ValueError: if `rate` is outside [0, 1).

    Example:

    >>> kgen.layers.Dropout(0.3)(np.ones((2, 3), "float32"), training=False).numpy().tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]

    Reference: Srivastava et al. 2014, "Dropout", JMLR 15.
    """

    def __init__(self, rate, **kwargs):
        super().__init__(**kwargs)
        number_in("rate", rate, 0, 1)
        self.rate = rate
        self.seed_generator = keras.random.SeedGenerator()
        self.built = True

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        stream = noise.current()
        if stream is None:
            return keras.random.dropout(inputs, self.rate, seed=self.seed_generator)
        num_rows = inputs.shape[0] or keras.ops.shape(inputs)[0]
        keep = noise.keep_mask(noise.spread(stream.next(), num_rows), inputs.shape[1:], self.rate)
        return inputs * keras.ops.cast(keep, inputs.dtype) / (1 - self.rate)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}


def normalization(kind, epsilon=1e-5, gamma_initializer="ones"):
    """The normalisation layer of that name.

    Args:
        kind: "batch" (statistics over all replicas), "layer", "instance", or None.
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
        "layer": lambda: [keras.layers.LayerNormalization(**common)],
        "instance": lambda: [keras.layers.GroupNormalization(groups=-1, **common)],
    }
    one_of("normalization", kind, makers)
    return makers[kind]()
