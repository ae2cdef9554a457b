"""LSGAN: least squares instead of cross-entropy, whose gradient does not fade far from the decision boundary.

Reference: Mao 2017, arXiv 1611.04076.
"""

import keras

from kgen import losses
from kgen.adversarial import AdversarialModel


@keras.saving.register_keras_serializable("kgen")
class LSGAN(AdversarialModel):
    """Least squares generative adversarial network, in the 0-1 coding.

    min_D 1/2 E[(D(x) - 1)^2] + 1/2 E[D(G(z))^2], min_G 1/2 E[(D(G(z)) - 1)^2], where D has no sigmoid.

    The networks are DCGAN's, with batch normalisation in both, and Adam(2e-4, beta_1=0.5), as in the authors'
    own comparison with DCGAN.

    Args:
        image_shape: (height, width, channels), or (length,) for vectors.
        latent_dim: length of z.
        network: "dense" or "convolutional"; None takes convolutions for pictures.
        width: channels at half resolution, of convolutional networks.
        hidden_units: units of each hidden layer, of dense networks.
        generator_normalization: "batch", "layer", "instance" or None.
        discriminator_normalization: the same.
        kernel_regularizer: of every kernel; a network's penalty joins its own player's loss.
        generator: a network of your own, [batch, latent_dim] to [batch, *image_shape], pictures in [-1, 1].
        discriminator: a network of your own, [batch, *image_shape] to [batch, 1] outputs without a sigmoid.
        **options: penalties, packing, augmentation and the other options of `AdversarialModel`.

    Raises:
        ValueError: for arguments out of range, or networks of other shapes.

    Example:

    >>> model = kgen.LSGAN((8, 8, 1), latent_dim=4, width=4)
    >>> model.generate(3, seed=0).shape
    (3, 8, 8, 1)

    Reference: Mao 2017, eq. 9, arXiv 1611.04076, and the authors' code.
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=100,
        network=None,
        width=64,
        hidden_units=(512, 512, 512),
        generator_normalization="batch",
        discriminator_normalization="batch",
        kernel_regularizer=None,
        generator=None,
        discriminator=None,
        **options,
    ):
        super().__init__(image_shape, latent_dim, (-1.0, 1.0), **options)
        self.formula = losses.formula("least_squares")
        self.choose(
            generator,
            discriminator,
            network=network,
            width=width,
            hidden_units=hidden_units,
            generator_normalization=generator_normalization,
            discriminator_normalization=discriminator_normalization,
            kernel_regularizer=kernel_regularizer,
        )

    def discriminator_loss(self, game):
        return {
            "real_loss": losses.least_squares_real(game.real_logits),
            "fake_loss": losses.least_squares_fake(game.fake_logits),
        }

    def generator_loss(self, game):
        return {"adversarial_loss": losses.least_squares_generator(game.fake_logits)}
