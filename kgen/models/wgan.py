"""WGAN: a critic with bounded weights estimates the earth mover's distance, and the generator shortens it.

Reference: Arjovsky 2017, arXiv 1701.07875.
"""

import functools
import math
import numbers

import keras
import tensorflow as tf
from keras import ops

from kgen import losses
from kgen.adversarial import AdversarialModel
from kgen.errors import invalid

WARM_UP_STEPS = 100  # Critic steps before each of the generator's moves 0 to 24, 500, 1000 and so on.


@keras.saving.register_keras_serializable("kgen")
class WGAN(AdversarialModel):
    """Wasserstein generative adversarial network, its critic kept Lipschitz by clipping.

    min_G max_{|w| <= c} E[f_w(x)] - E[f_w(G(z))].

    Every trainable variable of the critic (the discriminator) is clipped to [-c, c] in the beginning and
    after each update. RMSprop(5e-5) with the reference code's other numbers; batch normalisation stays in
    both networks.

    Args:
        image_shape: (height, width, channels), or (length,) for vectors.
        latent_dim: length of z.
        clip_value: the bound c of each of the critic's variables, positive.
        warm_up: whether, as in the reference code, the critic takes 100 steps before each of the generator's
            first 25 moves and before every 500th, so that G meets a critic near its optimum.
        network: "dense" or "convolutional"; None takes convolutions for pictures.
        width: channels at half resolution, of convolutional networks.
        hidden_units: units of each hidden layer, of dense networks.
        generator_normalization: "batch", "layer", "instance" or None.
        discriminator_normalization: the same, of the critic.
        kernel_regularizer: of every kernel; a network's penalty joins its own player's loss.
        generator: a network of your own, [batch, latent_dim] to [batch, *image_shape], pictures in [-1, 1].
        discriminator: a critic of your own, [batch, *image_shape] to [batch, 1] scores; it is clipped too.
        discriminator_steps: critic steps per generator step, each on its own batch.
        **options: penalties, packing, augmentation and the other options of `AdversarialModel`.

    Raises:
        ValueError: for arguments out of range, or networks of other shapes.

    Example:

    >>> model = kgen.WGAN((8, 8, 1), latent_dim=4, width=4, clip_value=0.02)
    >>> max(float(np.abs(v).max()) for v in model.discriminator.trainable_variables) <= 0.02
    True

    Reference: Arjovsky 2017, algorithm 1, arXiv 1701.07875, and the authors' code.
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=100,
        clip_value=0.01,
        warm_up=False,
        network=None,
        width=64,
        hidden_units=(512, 512, 512),
        generator_normalization="batch",
        discriminator_normalization="batch",
        kernel_regularizer=None,
        generator=None,
        discriminator=None,
        discriminator_steps=5,
        **options,
    ):
        super().__init__(
            image_shape, latent_dim, (-1.0, 1.0), discriminator_steps=discriminator_steps, **options
        )
        _check_bound(clip_value)
        if warm_up and self.update == "simultaneous":
            raise invalid("warm_up", "False where both players move at once", warm_up=warm_up)
        self.clip_value = clip_value
        self.warm_up = warm_up
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
        self._clip()

    def _clip(self):
        """Bounds the critic's variables now, and by Keras's own constraint after every update."""
        clipped = functools.partial(ops.clip, x_min=-self.clip_value, x_max=self.clip_value)
        for variable in self.trained("discriminator"):
            variable.assign(clipped(variable))
            variable.constraint = clipped

    def default_optimizer(self, player):
        """RMSprop(5e-5), without momentum (section 4.1).

        The critic's gradients are as small as 1e-6, and Keras adds epsilon under the root: 1e-16 there is the
        reference code's 1e-8 beside it.
        """
        return keras.optimizers.RMSprop(5e-5, rho=0.99, epsilon=1e-16)

    def generator_is_due(self):
        """Whether the critic has taken the steps that go before the generator's next move."""
        if not self.warm_up:
            return super().generator_is_due()
        moves, steps = (
            tf.convert_to_tensor(optimizer.iterations)
            for optimizer in (self.generator_optimizer, self.discriminator_optimizer)
        )
        return steps >= critic_steps(moves + 1, self.discriminator_steps)

    def discriminator_loss(self, game):
        return {
            "real_loss": losses.wasserstein_real(game.real_logits),
            "fake_loss": losses.wasserstein_fake(game.fake_logits),
        }

    def generator_loss(self, game):
        return {"adversarial_loss": losses.wasserstein_generator(game.fake_logits)}


def critic_steps(moves, steps):
    """Critic steps that the warm-up puts before the generator's first so many moves are done.

    n m + (100 - n) w, where w counts the moves 0 to 24, 500, 1000, ... among the first m.

    Args:
        moves: m, an integer tensor from 1 up.
        steps: n, critic steps before any other move.

    Returns:
        Integer tensor.

    Example:

    >>> [int(kgen.models.wgan.critic_steps(tf.constant(m), 5)) for m in (1, 25, 26, 500, 501)]
    [100, 2500, 2505, 4875, 4975]

    Reference: Arjovsky 2017, the authors' code.
    """
    long = tf.minimum(moves, 25) + (moves - 1) // 500
    return steps * moves + (WARM_UP_STEPS - steps) * long


def _check_bound(clip_value):
    number = isinstance(clip_value, numbers.Real) and not isinstance(clip_value, bool)
    if not number or not 0 < clip_value < math.inf:
        raise invalid("clip_value", "a positive, finite number", clip_value=clip_value)
