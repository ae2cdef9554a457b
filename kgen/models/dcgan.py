"""DCGAN: convolutional networks that train stably, for any picture from 8 x 8 up.

Reference: Radford 2016, arXiv 1511.06434.
"""

import keras

from kgen import losses
from kgen.adversarial import AdversarialModel
from kgen.errors import invalid, number_in, positive_integer
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
        label_smoothing: one-sided; real pictures have the target 1 - label_smoothing.
        generator: a network of your own, [batch, latent_dim] to [batch, *image_shape] in [-1, 1].
        discriminator: a network of your own, [batch, *image_shape] to [batch, 1] logits.
        update, discriminator_steps, ema_momentum: see `AdversarialModel`.
        seed, name: see `GenerativeModel`.

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
        label_smoothing=0.0,
        generator=None,
        discriminator=None,
        update="alternating",
        discriminator_steps=1,
        ema_momentum=None,
        seed=0,
        name=None,
    ):
        shared = {"pixel_range": (-1.0, 1.0), "seed": seed, "name": name}
        super().__init__(image_shape, latent_dim, update, discriminator_steps, ema_momentum, **shared)
        positive_integer("width", width)
        if min(self.image_shape[:-1], default=0) < 8:
            raise invalid("image_shape", "sides of at least 8", image_shape=image_shape)
        number_in("label_smoothing", label_smoothing, 0, 1)
        self.label_smoothing = label_smoothing
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
            self.image_shape,
            activation=discriminator_activation,
            dropout=dropout,
            name="discriminator",
            **form,
        )
        self.finish()

    def discriminator_loss(self, game):
        return {
            "real_loss": losses.real_cross_entropy(game.real_logits, self.label_smoothing),
            "fake_loss": losses.fake_cross_entropy(game.fake_logits),
        }

    def generator_loss(self, game):
        return {"adversarial_loss": losses.non_saturating(game.fake_logits)}
