"""Conditional GAN: both players are told the class; by concatenation, or D by projection.

Reference: Mirza 2014, arXiv 1411.1784; Miyato & Koyama 2018, arXiv 1802.05637.
"""

import keras
import tensorflow as tf

from kgen import inputs, losses
from kgen.errors import integer_from, invalid, one_of
from kgen.labelled import LabelledModel
from kgen.layers import SpectralNormalization

CONDITIONINGS = ("concatenation", "projection")


@keras.saving.register_keras_serializable("kgen")
class ConditionalGAN(LabelledModel):
    """Conditional generative adversarial network.

    min_G max_D E[log D(x|y)] + E[log(1 - D(G(z|y)|y))], with z ~ N(0, I). G reads [z, y], y the one-hot label.
    D reads the example with one constant plane per class beside its channels, or by projection has the logit
    psi(phi(x)) + v_y . phi(x), where phi is what its last layer reads and v_y is learnt.

    Args:
        image_shape: (height, width, channels), or (length,) for vectors.
        latent_dim: length of z.
        num_classes: classes are 0 ... num_classes - 1, at least two.
        conditioning: "concatenation" or "projection".
        network: "dense" or "convolutional"; None for dense with vectors, convolutional with pictures.
        width: channels at half resolution, of convolutional networks.
        hidden_units: units of each hidden layer, of dense networks.
        generator_normalization: of the generator, "batch", "layer", "instance" or None.
        discriminator_normalization: the same.
        kernel_regularizer: of every kernel; a network's penalty joins its own player's loss.
        loss: "non_saturating", "minimax", "least_squares", "hinge" or "wasserstein".
        label_smoothing: one-sided; real examples have the target 1 - label_smoothing.
        generator: a network of your own, [batch, latent_dim + num_classes] to [batch, *image_shape], pictures
            in [-1, 1].
        discriminator: a network of your own, [batch, *image_shape] to [batch, 1] logits; by concatenation its
            input has num_classes channels more.
        **options: penalties, packing, augmentation and the other options of `AdversarialModel`.

    Raises:
        ValueError: for arguments out of range, networks of other shapes, or packing with projection.

    Example:

    >>> model = kgen.ConditionalGAN((8, 8, 1), latent_dim=4, num_classes=3, width=4)
    >>> model.generate(3, seed=0, labels=2).shape
    (3, 8, 8, 1)

    Reference: Mirza 2014, eq. 2, arXiv 1411.1784; projection: Miyato & Koyama 2018, eq. 3, arXiv 1802.05637.
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=100,
        num_classes=10,
        conditioning="concatenation",
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
        integer_from(2, "num_classes", num_classes)
        one_of("conditioning", conditioning, CONDITIONINGS)
        if conditioning == "projection" and self.packing > 1:
            raise invalid("packing", '1 where conditioning="projection"', packing=self.packing)
        self.num_classes = num_classes
        self.conditioning = conditioning
        self.kernel_regularizer = kernel_regularizer
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
    def projects(self):
        """Whether D learns of the class by projection."""
        return self.conditioning == "projection"

    @property
    def discriminator_shape(self):
        planes = 0 if self.projects else self.num_classes * self.packing
        return (*self.view_shape[:-1], self.view_shape[-1] + planes)

    @property
    def reads_features(self):
        return self.projects or super().reads_features

    def complete(self):
        """v as a kernel [num_classes, features] that one-hot labels multiply, so that its gradient is dense."""
        if self.projects:
            form = {"use_bias": False, "kernel_regularizer": self.kernel_regularizer, "name": "embedding"}
            embedding = keras.layers.Dense(self._reader.output_shape[1][-1], **form)
            self.embedding = SpectralNormalization(embedding) if self.spectral_normalization else embedding
            self.embedding.build((None, self.num_classes))

    def players(self):
        parts = [self.embedding] if self.projects else []
        return {"discriminator": [self.discriminator, *parts], "generator": [self.generator]}

    def discriminator_loss(self, game):
        return {
            "real_loss": self.formula.real(game.real_logits),
            "fake_loss": self.formula.fake(game.fake_logits),
        }

    def generator_loss(self, game):
        return {"adversarial_loss": self.formula.generator(game.fake_logits)}

    def read(self, view, labels=None, training=False):
        if not self.projects:
            return super().read(tf.concat([view, self.planes(view, labels)], -1), training=training)
        said = super().read(view, training=training)
        inner = tf.cast(self.embedding(self.one_hot(labels)), tf.float32) * said["features"]
        return said | {"logits": said["logits"] + tf.reduce_sum(inner, axis=-1, keepdims=True)}

    def discriminate(self, x, labels, batch_size=256):
        """The discriminator's verdict on each example and its label; see `AdversarialModel.discriminate`."""
        inputs.check_labels(labels, self.num_classes, name="labels")
        return super().discriminate(x, labels, batch_size)

    def signatures(self):
        found = super().signatures()
        if "discriminate" in found:
            specs = {**found["discriminate"][1], "label": tf.TensorSpec([None], tf.int32)}
            found["discriminate"] = (lambda images, label: self.verdict(images, label), specs)
        return found
