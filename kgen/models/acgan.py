"""ACGAN: the discriminator also names the class, and the generator is rewarded for samples that show theirs.

Reference: Odena 2017, arXiv 1610.09585.
"""

import keras
import tensorflow as tf

from kgen import losses
from kgen.errors import integer_from, invalid, number_in
from kgen.labelled import LabelledModel


@keras.saving.register_keras_serializable("kgen")
class ACGAN(LabelledModel):
    """Generative adversarial network with an auxiliary classifier.

    D maximises L_S + L_C, and G maximises L_C - L_S, with L_S = E[log D(x)] + E[log(1 - D(G(z, y)))] and
    L_C = E[log p(y|x)] + E[log p(y|G(z, y))]. G's labels y are those of the batch. G's part of L_S has the
    form that `loss` says.

    Args:
        image_shape: (height, width, channels), or (length,) for vectors.
        latent_dim: length of z.
        num_classes: classes are 0 ... num_classes - 1, at least two.
        class_weight: of the class terms, in both players' losses.
        network: "dense" or "convolutional"; None for dense with vectors, convolutional with pictures.
        width: channels at half resolution, of convolutional networks.
        hidden_units: units of each hidden layer, of dense networks.
        generator_normalization: of the generator, "batch", "layer", "instance" or None.
        discriminator_normalization: the same.
        kernel_regularizer: of every kernel; a network's penalty joins its own player's loss.
        loss: of the source, "non_saturating", "minimax", "least_squares", "hinge" or "wasserstein".
        label_smoothing: one-sided; real examples have the target 1 - label_smoothing, their classes have not.
        generator: a network of your own, [batch, latent_dim + num_classes] to [batch, *image_shape], pictures
            in [-1, 1].
        discriminator: a network of your own, [batch, *image_shape] to [batch, 1 + num_classes] logits, that of
            the source first.
        **options: penalties, augmentation and the other options of `AdversarialModel`, but for packing.

    Raises:
        ValueError: for arguments out of range, networks of other shapes, or packing.

    Example:

    >>> model = kgen.ACGAN((8, 8, 1), latent_dim=4, num_classes=3, width=4)
    >>> model.generate(3, seed=0, labels=[0, 1, 2]).shape
    (3, 8, 8, 1)

    Reference: Odena 2017, eq. 2 and 3, arXiv 1610.09585.
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=100,
        num_classes=10,
        class_weight=1.0,
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
        number_in("class_weight", class_weight, 0, float("inf"))
        if self.packing > 1:
            raise invalid("packing", "1, since a pack of samples has no class", packing=self.packing)
        self.num_classes = num_classes
        self.class_weight = class_weight
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
    def num_outputs(self):
        """Of the discriminator: the source's logit, then the classes'."""
        return 1 + self.num_classes

    def read(self, view, labels=None, training=False):
        said = super().read(view, training=training)
        source, classes = tf.split(said["logits"], [1, self.num_classes], axis=-1)
        return said | {"logits": source, "class_logits": classes}

    def discriminator_loss(self, game):
        return {
            "real_loss": self.formula.real(game.real_logits),
            "fake_loss": self.formula.fake(game.fake_logits),
            "real_class_loss": self._class_loss(game.real_reading, game),
            "fake_class_loss": self._class_loss(game.fake_reading, game),
        }

    def generator_loss(self, game):
        return {
            "adversarial_loss": self.formula.generator(game.fake_logits),
            "class_loss": self._class_loss(game.fake_reading, game),
        }

    def _class_loss(self, said, game):
        return self.class_weight * losses.class_cross_entropy(said["class_logits"], game.labels)

    def verdicts(self, game):
        """The base's, and how often D names the right class."""
        return super().verdicts(game) | {
            "real_class_accuracy": _accuracy(game.real_reading["class_logits"], game.labels),
            "fake_class_accuracy": _accuracy(game.fake_reading["class_logits"], game.labels),
        }


def _accuracy(logits, labels):
    right = tf.equal(tf.argmax(logits, axis=-1, output_type=tf.int32), tf.cast(labels, tf.int32))
    return tf.reduce_mean(tf.cast(right, tf.float32))
