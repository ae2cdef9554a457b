"""DCGAN: convolutional networks that train stably, for any picture from 8 x 8 up.

Reference: Radford 2016, arXiv 1511.06434.
"""

import keras

from kgen import losses
from kgen.adversarial import AdversarialModel
from kgen.errors import invalid, positive_integer
from kgen.networks import convolutional


@keras.saving.register_keras_serializable("kgen")
class DCGAN(AdversarialModel):
    """Deep convolutional generative adversarial network.

    Strided convolutions instead of pooling, batch normalisation but for G's output and D's input, ReLU and
    tanh in G, LeakyReLU 0.2 in D, weights from N(0, 0.02), Adam(2e-4, beta_1=0.5).

    Args:
        image_shape: (height, width, channels), sides from 8 up.
        latent_dim: length of z.
        width: channels at half resolution.
        kernel_size: side of every kernel.
        generator_activation: of G's hidden layers.
        discriminator_activation: of D's hidden layers.
        normalization: "batch", "layer", "instance" or None.
        kernel_regularizer: of every kernel; a network's penalty joins its own player's loss.
        dropout: share dropped after each of D's convolutions.
        loss: "non_saturating", "minimax", "least_squares", "hinge" or "wasserstein".
        label_smoothing: one-sided; real pictures have the target 1 - label_smoothing.
        generator: a network of your own, [batch, latent_dim] to [batch, *image_shape] in [-1, 1].
        discriminator: a network of your own, [batch, *image_shape] to [batch, 1] logits.
        **options: penalties, packing, augmentation and the other options of `AdversarialModel`.

    Raises:
        ValueError: for arguments out of range, or networks of other shapes.

    Example:

    >>> model = kgen.DCGAN((8, 8, 1), latent_dim=4, width=4)
    >>> model.generate(3, seed=0).shape
    (3, 8, 8, 1)

    Reference: Radford 2016, sections 3 and 4, arXiv 1511.06434; the loss is Goodfellow's, arXiv 1406.2661.
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=100,
        width=64,
        kernel_size=5,
        generator_activation="relu",
        discriminator_activation="leaky_relu",
        normalization="batch",
        kernel_regularizer=None,
        dropout=0.0,
        loss="non_saturating",
        label_smoothing=0.0,
        generator=None,
        discriminator=None,
        **options,
    ):
        super().__init__(image_shape, latent_dim, (-1.0, 1.0), **options)
        positive_integer("width", width)
        if min(self.image_shape[:-1], default=0) < 8:
            raise invalid("image_shape", "sides of at least 8", image_shape=image_shape)
        self.loss = loss
        self.label_smoothing = label_smoothing
        self.formula = losses.formula(loss, label_smoothing)
        form = {
            "width": width,
            "kernel_size": kernel_size,
            "normalization": normalization,
            "kernel_regularizer": kernel_regularizer,
        }
        self.generator = generator or convolutional.decoder(
            latent_dim, self.image_shape, activation=generator_activation, name="generator", **form
        )
        self.discriminator = discriminator or convolutional.encoder(
            self.view_shape,
            activation=discriminator_activation,
            dropout=dropout,
            **self.discriminator_form,
            **form,
        )
        self.finish()

    def discriminator_loss(self, game):
        return {
            "real_loss": self.formula.real(game.real_logits),
            "fake_loss": self.formula.fake(game.fake_logits),
        }

    def generator_loss(self, game):
        return {"adversarial_loss": self.formula.generator(game.fake_logits)}
