"""GAN: generative adversarial nets, by the dense networks of the source or by the user's own.

Reference: Goodfellow 2014, arXiv 1406.2661.
"""

import keras

from kgen import losses
from kgen.adversarial import AdversarialModel
from kgen.errors import number_in, one_of
from kgen.networks import dense

GENERATOR_LOSSES = {"non_saturating": losses.non_saturating, "minimax": losses.minimax}


@keras.saving.register_keras_serializable("kgen")
class GAN(AdversarialModel):
    """Generative adversarial network.

    min_G max_D E[log D(x)] + E[log(1 - D(G(z)))], with z ~ N(0, I).

    Args:
        image_shape: (height, width, channels).
        latent_dim: length of z.
        hidden_units: units of each hidden layer, in both networks.
        activation: of the hidden layers.
        normalization: "batch", "layer" or None.
        kernel_regularizer: of every kernel, such as "l2"; a network's penalty joins its own player's loss.
        dropout: share dropped after each hidden layer of the discriminator.
        loss: the generator's, "non_saturating" or "minimax".
        label_smoothing: one-sided; real pictures have the target 1 - label_smoothing.
        generator: a network of your own, [batch, latent_dim] to [batch, *image_shape].
        discriminator: a network of your own, [batch, *image_shape] to [batch, 1] logits.
        pixel_range: (low, high) of the generator's output; (-1, 1) for a network that ends in tanh.
        update, discriminator_steps, ema_momentum: see `AdversarialModel`.
        seed, name: see `GenerativeModel`.

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
        update="alternating",
        discriminator_steps=1,
        ema_momentum=None,
        seed=0,
        name=None,
    ):
        shared = {"pixel_range": pixel_range, "seed": seed, "name": name}
        super().__init__(image_shape, latent_dim, update, discriminator_steps, ema_momentum, **shared)
        one_of("loss", loss, tuple(GENERATOR_LOSSES))
        number_in("label_smoothing", label_smoothing, 0, 1)
        self.loss = loss
        self.label_smoothing = label_smoothing
        hidden = {
            "hidden_units": hidden_units,
            "activation": activation,
            "normalization": normalization,
            "kernel_regularizer": kernel_regularizer,
        }
        output = "sigmoid" if self.pixel_range == (0.0, 1.0) else "tanh"
        self.generator = generator or dense.decoder(
            latent_dim, self.image_shape, output_activation=output, name="generator", **hidden
        )
        self.discriminator = discriminator or dense.encoder(
            self.image_shape, dropout=dropout, name="discriminator", **hidden
        )
        self.finish()

    def discriminator_loss(self, game):
        return {
            "real_loss": losses.real_cross_entropy(game.real_logits, self.label_smoothing),
            "fake_loss": losses.fake_cross_entropy(game.fake_logits),
        }

    def generator_loss(self, game):
        return {"adversarial_loss": GENERATOR_LOSSES[self.loss](game.fake_logits)}
