"""InfoGAN: codes whose meaning the generator finds by itself.

Reference: Chen 2016, arXiv 1606.03657.
"""

import numbers

import keras
import numpy as np
import tensorflow as tf

from kgen import losses, noise
from kgen.adversarial import AdversarialModel
from kgen.errors import integer_from, invalid, number_in, positive_integer

CATEGORY, CONTINUOUS = 1, 2  # Numbers of the streams that draw the codes from a row's seed.


@keras.saving.register_keras_serializable("kgen")
class InfoGAN(AdversarialModel):
    """Generative adversarial network that maximises what its samples tell about part of their code.

    min_{G,Q} max_D V(D, G) - lambda L_I(G, Q), with L_I = E[log Q(c|G(z, c))] + H(c) <= I(c; G(z, c)). The code
    c is a uniform category, read by a softmax, and numbers ~ U(-1, 1), each read as the mean of a Gaussian of
    variance one. Q is D with further outputs, so both players' losses hold -lambda log Q; H(c) is constant.

    Args:
        image_shape: (height, width, channels), or (length,) for vectors.
        latent_dim: length of z, the noise beside the code.
        num_categories: of the categorical code, at least two.
        num_continuous: number of continuous codes, 0 for none.
        category_weight: lambda of the category.
        continuous_weight: lambda of the continuous codes; smaller, since a log density has another scale.
        network: "dense" or "convolutional"; None for dense with vectors, convolutional with pictures.
        width: channels at half resolution, of convolutional networks.
        hidden_units: units of each hidden layer, of dense networks.
        generator_normalization: of the generator, "batch", "layer", "instance" or None.
        discriminator_normalization: the same.
        kernel_regularizer: of every kernel; a network's penalty joins its own player's loss.
        loss: "non_saturating", "minimax", "least_squares", "hinge" or "wasserstein".
        label_smoothing: one-sided; real examples have the target 1 - label_smoothing.
        generator: a network of your own, [batch, latent_dim + num_categories + num_continuous] to
            [batch, *image_shape], pictures in [-1, 1].
        discriminator: a network of your own, [batch, *image_shape] to
            [batch, 1 + num_categories + num_continuous].
        **options: penalties, augmentation and the other options of `AdversarialModel`, but for packing.

    Raises:
        ValueError: for arguments out of range, networks of other shapes, or packing.

    Example:

    >>> model = kgen.InfoGAN((8, 8, 1), latent_dim=4, num_categories=3, width=4)
    >>> model.traverse("category", num_samples=2).shape
    (2, 3, 8, 8, 1)

    Reference: Chen 2016, eq. 5 and 6, section 6 and appendix C, arXiv 1606.03657.
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=62,
        num_categories=10,
        num_continuous=2,
        category_weight=1.0,
        continuous_weight=0.1,
        network=None,
        width=64,
        hidden_units=(512, 512, 512),
        generator_normalization="batch",
        discriminator_normalization=None,
        kernel_regularizer=None,
        loss="non_saturating",
        label_smoothing=0.0,
        generator=None,
        discriminator=None,
        **options,
    ):
        super().__init__(image_shape, latent_dim, (-1.0, 1.0), **options)
        integer_from(2, "num_categories", num_categories)
        integer_from(0, "num_continuous", num_continuous)
        for name, value in {
            "category_weight": category_weight,
            "continuous_weight": continuous_weight,
        }.items():
            number_in(name, value, 0, float("inf"))
        if self.packing > 1:
            raise invalid("packing", "1, since a pack of samples has no code", packing=self.packing)
        self.num_categories, self.num_continuous = num_categories, num_continuous
        self.category_weight, self.continuous_weight = category_weight, continuous_weight
        self.loss = loss
        self.label_smoothing = label_smoothing
        self.formula = losses.formula(loss, label_smoothing)
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

    @property
    def sizes(self):
        """Lengths of the parts of G's input: z, the category, the continuous codes."""
        return [self.latent_dim, self.num_categories, self.num_continuous]

    @property
    def code_dim(self):
        return sum(self.sizes)

    @property
    def num_outputs(self):
        """Of the discriminator: its logit, those of the categories, the means of the continuous codes."""
        return 1 + self.num_categories + self.num_continuous

    def default_optimizer(self, player):
        """Appendix C.1: a larger rate for the generator."""
        return keras.optimizers.Adam({"discriminator": 2e-4, "generator": 1e-3}[player], beta_1=0.5)

    def draw(self, seeds, labels=None):
        share = noise.uniform(noise.fold(seeds, CATEGORY), (1,))[:, 0]
        category = tf.one_hot(tf.cast(share * self.num_categories, tf.int32), self.num_categories)
        continuous = 2.0 * noise.uniform(noise.fold(seeds, CONTINUOUS), (self.num_continuous,)) - 1.0
        return tf.concat([noise.normal(seeds, (self.latent_dim,)), category, continuous], axis=-1)

    def read(self, view, labels=None, training=False):
        said = super().read(view, training=training)
        logits, category, continuous = tf.split(said["logits"], [1, *self.sizes[1:]], axis=-1)
        return said | {"logits": logits, "category_logits": category, "continuous_means": continuous}

    def discriminator_loss(self, game):
        return {
            "real_loss": self.formula.real(game.real_logits),
            "fake_loss": self.formula.fake(game.fake_logits),
            **self._information("discriminator", game),
        }

    def generator_loss(self, game):
        adversarial = {"adversarial_loss": self.formula.generator(game.fake_logits)}
        return adversarial | self._information("generator", game)

    def _information(self, player, game):
        """-lambda log Q(c|G(z, c)), for each kind of code."""
        _, category, continuous = tf.split(game.code, self.sizes, axis=-1)
        said = game.fake_reading
        missed = losses.class_cross_entropy(said["category_logits"], tf.argmax(category, axis=-1))
        terms = {f"{player}_category_loss": self.category_weight * missed}
        if self.num_continuous:
            density = losses.gaussian_log_density(continuous, said["continuous_means"], 0.0)
            terms[f"{player}_continuous_loss"] = -self.continuous_weight * density
        return terms

    def traverse(self, code="category", num_samples=5, steps=10, low=-2.0, high=2.0, seed=0):
        """What a code means: in a row of pictures this code alone changes.

        Args:
            code: "category", or the number of a continuous code, from 0.
            num_samples: rows, each with its own noise and its own other codes.
            steps: pictures in a row of a continuous code; a row of the category has one for each.
            low, high: of the continuous code; the samples of training have it in [-1, 1).
            seed: integer in [0, 2**31).

        Returns:
            float32 array [num_samples, steps or num_categories, *image_shape], pictures in [0, 1].

        Raises:
            ValueError: a code that there is not, or other arguments out of range.
        """
        positive_integer("num_samples", num_samples)
        positive_integer("steps", steps)
        integer_from(0, "seed", seed)
        for name, value in {"low": low, "high": high}.items():
            number_in(name, value, -float("inf"), float("inf"))
        base = self.draw(noise.rows(seed, num_samples)).numpy()
        if code == "category":
            part = slice(self.latent_dim, self.latent_dim + self.num_categories)
            values = np.eye(self.num_categories)
        else:
            part = self._place(code)
            values = np.linspace(low, high, steps)
        codes = np.repeat(base[:, None], len(values), axis=1)  # [rows, columns, code_dim]
        codes[:, :, part] = values
        pictures = self.call(codes.reshape([-1, self.code_dim]))
        return pictures.numpy().reshape([num_samples, len(values), *self.image_shape])

    def _place(self, code):
        """Index of a continuous code in G's input."""
        known = range(self.num_continuous)
        if isinstance(code, bool) or not isinstance(code, numbers.Integral) or code not in known:
            raise invalid("code", f'"category" or one of {list(known)}', code=code)
        return self.latent_dim + self.num_categories + code
