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
        real: examples in the networks' range [batch, *image_shape].
        labels: of the examples [batch], or None.
        training: whether the networks run in training mode.
    """

    def __init__(self, model, real, labels=None, training=True):
        self.model = model
        self.real = real
        self.labels = labels
        self.training = training

    @Once
    def code(self):
        """The generator's input, one row for each real example: z, and what else the model gives it."""
        return self.model.draw(noise.current().next(), self.labels)

    @Once
    def fake(self):
        """Generated examples, as many as real ones."""
        generator = self.model.generator if self.training else self.model.sampler
        return generator(self.code, training=self.training)

    @Once
    def real_view(self):
        """What D sees of the real examples: augmented in training, and packed."""
        return self.model.view(self.real, self.training)

    @Once
    def fake_view(self):
        """What D sees of the generated examples."""
        return self.model.view(self.fake, self.training)

    @Once
    def real_reading(self):
        """All that D says of the real examples, by name."""
        return self.model.read(self.real_view, self.labels, self.training)

    @Once
    def fake_reading(self):
        """All that D says of the generated examples, by name."""
        return self.model.read(self.fake_view, self.labels, self.training)

    @property
    def real_logits(self):
        """The discriminator's logits of the real examples, [batch, 1]; one for each pack."""
        return self.real_reading["logits"]

    @property
    def fake_logits(self):
        """The discriminator's logits of the generated examples, [batch, 1]; one for each pack."""
        return self.fake_reading["logits"]

    def score(self, view):
        """The discriminator's logits of another view, such as a point between a real and a generated one."""
        return self.model.read(view, self.labels, self.training)["logits"]
