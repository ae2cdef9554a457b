"""What models share whose generator is told the class of each sample."""

import numpy as np
import tensorflow as tf

from kgen import inputs, noise
from kgen.adversarial import AdversarialModel
from kgen.errors import invalid
from kgen.packing import pack

CLASS = 1  # Number of the stream that draws the class of a sample from its row's seed.


class LabelledModel(AdversarialModel):
    """Abstract base of the two-player models in which G's input is [z, y], y the one-hot label.

    A subclass sets `self.num_classes` before it builds its networks. In training, generated examples have the
    labels of the batch, so that each player sees each class as often among real as among generated examples.
    """

    CONDITIONS = {"labels": tf.TensorSpec([None], tf.int32)}
    NEEDS_LABELS = True

    @property
    def code_dim(self):
        return self.latent_dim + self.num_classes

    def check_labels(self, y):
        inputs.check_labels(y, self.num_classes)

    def one_hot(self, labels):
        """Labels [batch] as float32 [batch, num_classes]."""
        return tf.one_hot(tf.cast(labels, tf.int32), self.num_classes)

    def planes(self, view, labels):
        """The labels as channels beside the view's: [packs, ..., num_classes * packing], constant in between."""
        marks = pack(self.one_hot(labels), self.packing)
        ones = tf.ones_like(view[..., :1])
        return ones * tf.reshape(marks, [-1, *[1] * (len(view.shape) - 2), marks.shape[-1]])

    def draw(self, seeds, labels=None):
        return self.code(noise.normal(seeds, (self.latent_dim,)), labels)

    def code(self, latent, labels):
        """The generator's input [batch, code_dim] of z [batch, latent_dim] and labels [batch]."""
        return tf.concat([latent, self.one_hot(labels)], axis=-1)

    def sample(self, seeds, labels):
        """Pictures of row seeds and classes.

        Args:
            seeds: int32 row seeds [batch, 2].
            labels: int32 tensor [batch].

        Returns:
            float32 tensor [batch, *image_shape] in [0, 1].
        """
        return self.call(self.draw(seeds, labels))

    def fill(self, seeds, conditions):
        """Labels as given, one for all or one for each sample; else uniform, a function of the row's seed."""
        super().fill(seeds, conditions)
        labels = conditions.get("labels")
        if labels is not None:
            return [self._chosen(labels, len(seeds))]
        share = noise.uniform(noise.fold(seeds, CLASS), (1,))[:, 0]
        return [tf.cast(share * self.num_classes, tf.int32)]

    def _chosen(self, labels, num_samples):
        labels = np.asarray(labels)
        inputs.check_labels(np.atleast_1d(labels), self.num_classes, name="labels")
        if labels.ndim and len(labels) != num_samples:
            raise invalid(
                "labels", f"one label, or one for each of the {num_samples} samples", num=len(labels)
            )
        return tf.constant(np.broadcast_to(labels, [num_samples]), tf.int32)

    def showcase(self, num_samples):
        """A row for each class, of as many samples as fit in, at least one."""
        columns = max(1, num_samples // self.num_classes)
        labels = np.repeat(np.arange(self.num_classes), columns)
        return len(labels), {"labels": labels}, columns

    def signatures(self):
        label = {"label": tf.TensorSpec([None], tf.int32)}
        seed = {"seed": tf.TensorSpec([None, 2], tf.int32), **label}
        latent = {"latent": tf.TensorSpec([None, self.latent_dim], tf.float32), **label}
        told = {
            "generate": (lambda seed, label: {"images": self.sample(seed, label)}, seed),
            "from_latent": (lambda latent, label: {"images": self.call(self.code(latent, label))}, latent),
            "png": (lambda seed, label: {"image_bytes": self.to_png(self.sample(seed, label))}, seed),
        }
        return {name: told.get(name, endpoint) for name, endpoint in super().signatures().items()}
