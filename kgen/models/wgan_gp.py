"""WGAN-GP: the critic is kept Lipschitz by a penalty on its gradient instead of clipping.

Reference: Gulrajani 2017, arXiv 1704.00028.
"""

import keras

from kgen import losses
from kgen.adversarial import AdversarialModel


@keras.saving.register_keras_serializable("kgen")
class WGANGP(AdversarialModel):
    """Wasserstein generative adversarial network with gradient penalty.

    max_f E[f(x)] - E[f(G(z))] - lambda E[(||grad f(x^)||_2 - 1)^2], with x^ between x and G(z), uniform for
    each sample; min_G -E[f(G(z))]. Adam(1e-4, beta_1=0, beta_2=0.9).

    Batch normalisation would make f a function of the whole batch; the critic takes layer normalisation.

    Args:
        image_shape: (height, width, channels), or (length,) for vectors.
        latent_dim: length of z.
        network: "dense" or "convolutional"; None takes convolutions for pictures.
        width: channels at half resolution, of convolutional networks.
        hidden_units: units of each hidden layer, of dense networks.
        generator_normalization: "batch", "layer", "instance" or None.
        discriminator_normalization: of the critic, "layer", "instance" or None.
        kernel_regularizer: of every kernel; a network's penalty joins its own player's loss.
        generator: a network of your own, [batch, latent_dim] to [batch, *image_shape], pictures in [-1, 1].
        discriminator: a critic of your own, [batch, *image_shape] to [batch, 1] scores.
        penalty: "gradient" (norms other than 1), "one_sided" (norms over 1), "r1", "dragan" or None.
        penalty_weight: lambda; the reference code takes 0.1 on toy mixtures.
        discriminator_steps: critic steps per generator step, each on its own batch.
        **options: packing, augmentation and the other options of `AdversarialModel`.

    Raises:
        ValueError: for arguments out of range, networks of other shapes, or a batch-normalised critic.

    Example:

    >>> model = kgen.WGANGP((8, 8, 1), latent_dim=4, width=4)
    >>> model.generate(3, seed=0).shape
    (3, 8, 8, 1)

    Reference: Gulrajani 2017, algorithm 1, arXiv 1704.00028.
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=128,
        network=None,
        width=64,
        hidden_units=(512, 512, 512),
        generator_normalization="batch",
        discriminator_normalization="layer",
        kernel_regularizer=None,
        generator=None,
        discriminator=None,
        penalty="gradient",
        penalty_weight=10.0,
        discriminator_steps=5,
        **options,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            (-1.0, 1.0),
            penalty=penalty,
            penalty_weight=penalty_weight,
            discriminator_steps=discriminator_steps,
            **options,
        )
        self.formula = losses.formula("wasserstein")
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
        """Adam(1e-4, beta_1=0, beta_2=0.9), algorithm 1."""
        return keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9)

    def discriminator_loss(self, game):
        """The critic's own terms; the penalty joins them as `penalty`, see `kgen.stabilizers`."""
        return {
            "real_loss": losses.wasserstein_real(game.real_logits),
            "fake_loss": losses.wasserstein_fake(game.fake_logits),
        }

    def generator_loss(self, game):
        return {"adversarial_loss": losses.wasserstein_generator(game.fake_logits)}
