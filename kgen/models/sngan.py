"""SNGAN: each layer of the discriminator is kept Lipschitz by its own largest singular value.

Reference: Miyato 2018, arXiv 1802.05957.
"""

import keras

from kgen import losses
from kgen.adversarial import AdversarialModel


@keras.saving.register_keras_serializable("kgen")
class SNGAN(AdversarialModel):
    """Generative adversarial network with spectral normalisation, by the hinge loss.

    min_D E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(z)))], min_G -E[D(G(z))], where D has kernels W / sigma(W).

    One power iteration per step of D; no other normalisation in D. Adam(2e-4, beta_1=0, beta_2=0.9) with five
    steps of D for one of G, as in the authors' code for CIFAR-10; the networks here are DCGAN's.

    Args:
        image_shape: (height, width, channels), or (length,) for vectors.
        latent_dim: length of z.
        network: "dense" or "convolutional"; None takes convolutions for pictures.
        width: channels at half resolution, of convolutional networks.
        hidden_units: units of each hidden layer, of dense networks.
        generator_normalization: "batch", "layer", "instance" or None.
        discriminator_normalization: the same, beside the spectral one; the paper's is None.
        kernel_regularizer: of every kernel; a network's penalty joins its own player's loss.
        generator: a network of your own, [batch, latent_dim] to [batch, *image_shape], pictures in [-1, 1].
        discriminator: a network of your own, [batch, *image_shape] to [batch, 1] outputs, its layers inside
            `kgen.layers.SpectralNormalization`.
        discriminator_steps: steps of D per step of G, each on its own batch.
        spectral_normalization: whether a discriminator of the model's own has spectral layers.
        **options: penalties, packing, augmentation and the other options of `AdversarialModel`.

    Raises:
        ValueError: for arguments out of range, or networks of other shapes.

    Example:

    >>> model = kgen.SNGAN((8, 8, 1), latent_dim=4, width=4)
    >>> [layer.layer.name[:4] for layer in kgen.layers.spectral_layers(model.discriminator)]
    ['conv', 'dens']

    Reference: Miyato 2018, algorithm 1 and eq. 16 and 17, arXiv 1802.05957.
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=128,
        network=None,
        width=64,
        hidden_units=(512, 512, 512),
        generator_normalization="batch",
        discriminator_normalization=None,
        kernel_regularizer=None,
        generator=None,
        discriminator=None,
        discriminator_steps=5,
        spectral_normalization=True,
        **options,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            (-1.0, 1.0),
            discriminator_steps=discriminator_steps,
            spectral_normalization=spectral_normalization,
            **options,
        )
        self.formula = losses.formula("hinge")
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

    def default_optimizer(self, player):
        """Adam(2e-4, beta_1=0, beta_2=0.9), as in the authors' code."""
        return keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9)

    def discriminator_loss(self, game):
        return {
            "real_loss": losses.hinge_real(game.real_logits),
            "fake_loss": losses.hinge_fake(game.fake_logits),
        }

    def generator_loss(self, game):
        return {"adversarial_loss": losses.hinge_generator(game.fake_logits)}
