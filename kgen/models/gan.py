"""GAN: generative adversarial nets, by the dense networks of the source or by the user's own.

Reference: Goodfellow 2014, arXiv 1406.2661.
"""

import keras

from kgen import losses
from kgen.adversarial import AdversarialModel
from kgen.networks import dense


@keras.saving.register_keras_serializable("kgen")
class GAN(AdversarialModel):
    """Generative adversarial network.

    min_G max_D E[log D(x)] + E[log(1 - D(G(z)))], with z ~ N(0, I).

    Args:
        image_shape: (height, width, channels), or (length,) for vectors, which G gives without bounds.
        latent_dim: length of z.
        hidden_units: units of each hidden layer, in both networks.
        activation: of the hidden layers.
        normalization: "batch", "layer" or None.
        kernel_regularizer: of every kernel, such as "l2"; a network's penalty joins its own player's loss.
        dropout: share dropped after each hidden layer of the discriminator.
        loss: "non_saturating", "minimax", "least_squares", "hinge" or "wasserstein".
        label_smoothing: one-sided; real examples have the target 1 - label_smoothing.
        generator: a network of your own, [batch, latent_dim] to [batch, *image_shape].
        discriminator: a network of your own, [batch, *image_shape] to [batch, 1] logits.
        pixel_range: (low, high) of the generator's output; (-1, 1) for a network that ends in tanh.
        **options: penalties, packing, augmentation and the other options of `AdversarialModel`.

    Raises:
        ValueError: for arguments out of range, or networks of other shapes.

    Example:

    >>> model = kgen.GAN((8, 8, 1), latent_dim=4, hidden_units=(16,))
    >>> model.generate(3, seed=0).shape
    (3, 8, 8, 1)

    Reference: Goodfellow 2014, eq. 1 and section 3, arXiv 1406.2661.
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=100,
        hidden_units=(1024, 1024),
        activation="leaky_relu",
        normalization=None,
        kernel_regularizer=None,
        dropout=0.0,
        loss="non_saturating",
        label_smoothing=0.0,
        generator=None,
        discriminator=None,
        pixel_range=(0.0, 1.0),
        **options,
    ):
        super().__init__(image_shape, latent_dim, pixel_range, **options)
        self.loss = loss
        self.label_smoothing = label_smoothing
        self.formula = losses.formula(loss, label_smoothing)
        hidden = {
            "hidden_units": hidden_units,
            "activation": activation,
            "normalization": normalization,
            "kernel_regularizer": kernel_regularizer,
        }
        self.generator = generator or dense.decoder(
            latent_dim, self.image_shape, output_activation=self.output_activation, name="generator", **hidden
        )
        self.discriminator = discriminator or dense.encoder(
            self.view_shape, dropout=dropout, **self.discriminator_form, **hidden
        )
        self.finish()

    def discriminator_loss(self, game):
        return {
            "real_loss": self.formula.real(game.real_logits),
            "fake_loss": self.formula.fake(game.fake_logits),
        }

    def generator_loss(self, game):
        return {"adversarial_loss": self.formula.generator(game.fake_logits)}
