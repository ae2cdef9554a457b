"""What a meeting of generator and discriminator is about."""

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
    """

    def __init__(self, model, real, labels=None, training=True):
        self.model = model
        self.real = real
        self.labels = labels
        self.training = training

    @Once
    def fake(self):
        """Generated pictures, as many as real ones."""
        generator = self.model.generator if self.training else self.model.sampler
        z = noise.normal(noise.current().next(), (self.model.latent_dim,))
        return generator(z, training=self.training)

    @Once
    def real_logits(self):
        """The discriminator's logits of the real pictures, [batch, 1]."""
        return self.model.score(self.real, self.labels, training=self.training)

    @Once
    def fake_logits(self):
        """The discriminator's logits of the generated pictures, [batch, 1]."""
        return self.model.score(self.fake, self.labels, training=self.training)
