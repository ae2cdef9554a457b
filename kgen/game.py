"""What a meeting of generator and discriminator is about."""

import tensorflow as tf

from kgen import noise


class Once:
    """A property computed on first use; functools' own holds a lock, on which replicas' threads would wait."""

    def __init__(self, function):
        self.function = function
        self.__doc__ = function.__doc__

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        return vars(instance).setdefault(self.function.__name__, self.function(instance))


class Game:
    """What one meeting of the players is about; each quantity is computed when a loss first asks for it.

    Args:
        model: the `AdversarialModel`.
        real: pictures in the networks' range [batch, *image_shape].
        labels: of the pictures, or None.
        training: whether the networks run in training mode.
        joint: whether one pass of the discriminator judges both, which is faster where no layer mixes rows.
    """

    def __init__(self, model, real, labels=None, training=True, joint=False):
        self.model = model
        self.real = real
        self.labels = labels
        self.training = training
        self.joint = joint

    @Once
    def fake(self):
        """Generated pictures, as many as real ones."""
        generator = self.model.generator if self.training else self.model.sampler
        z = noise.normal(noise.current().next(), (self.model.latent_dim,))
        return generator(z, training=self.training)

    @Once
    def real_logits(self):
        """The discriminator's logits of the real pictures, [batch, 1]."""
        return self.joint_logits[0] if self.joint else self._score(self.real, self.labels)

    @Once
    def fake_logits(self):
        """The discriminator's logits of the generated pictures, [batch, 1]."""
        return self.joint_logits[1] if self.joint else self._score(self.fake, self.labels)

    @Once
    def joint_logits(self):
        """Logits of the real and of the generated pictures, of one pass in which they take turns."""
        pictures = tf.stack([self.real, tf.cast(self.fake, self.real.dtype)], axis=1)
        labels = None if self.labels is None else tf.repeat(self.labels, 2)
        logits = self._score(tf.reshape(pictures, [-1, *self.real.shape[1:]]), labels)
        return logits[0::2], logits[1::2]

    def _score(self, pictures, labels):
        return self.model.score(pictures, labels, training=self.training)
