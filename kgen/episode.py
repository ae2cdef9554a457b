"""What a meeting of a discriminator and a generator that writes sequences is about."""

import tensorflow as tf

from kgen import noise, rollouts
from kgen.game import Once
from kgen.networks import both
from kgen.step import num_rows


class Episode:
    """One meeting of the players; each quantity is computed when a loss first asks for it.

    Args:
        model: the `SeqGAN`.
        tokens: rows of real ones, int32 [batch, T + 1].
        labels: None.
        training: whether D runs in training mode.
        fake: new sequences, int32 [batch, T]; None for drawing them.
    """

    def __init__(self, model, tokens, labels=None, training=True, fake=None):
        self.model = model
        self.real = tokens[:, 1:]
        self.training = training
        self._given = fake

    @Once
    def story(self):
        """New sequences, int32 [batch, T], and G's states on the way, [T, batch, ...]."""
        seeds, network = noise.current().next(), self.model.network
        return self._read(network, _policy(self.model, network, seeds), seeds)

    @property
    def fake(self):
        """As many new sequences, int32 [batch, T]."""
        return self.story[0] if self._given is None else self._given

    @Once
    def values(self):
        """What each of their tokens is worth, float32 [batch, T]; a number, for the gradient."""
        model, (tokens, states) = self.model, self.story
        seeds = noise.current().next()
        spread, network = noise.spread(seeds, num_rows(seeds) * model.rollouts), model.network
        if model.delayed is not None:
            network = model.delayed
            states = self._read(network, _follower(network, tokens), tokens)[1]

        def complete(tokens, state, known):
            act = _policy(model, network, noise.fold(spread, known))
            return rollouts.completed(act, tokens, state, known)

        values = rollouts.action_values(tokens, states, complete, model.reward, model.rollouts)
        return tf.stop_gradient(values)

    def _read(self, network, act, rows):
        """What a policy of a network writes from the beginning, as many rows, and its states on the way."""
        start, state = self.model.start(rows), network.zero_state(num_rows(rows))
        return rollouts.written(act, start, state, self.model.sequence_length)

    @Once
    def judgement(self):
        """D of the real and of the new sequences, [batch, 1] each."""
        return both(self.model.discriminator, self.real, self.fake, self.training)

    @property
    def real_logits(self):
        """D's logits of the real sequences, [batch, 1]."""
        return self.judgement[0]

    @property
    def fake_logits(self):
        """D's logits of the new ones, [batch, 1]."""
        return self.judgement[1]


def _policy(model, network, seeds):
    """The policy of a recurrent network, which draws by row seeds [batch, 2]."""
    weights = network.values()

    def step(token, state):
        logits, state = network.step(weights, token, state)
        return model.allowed(logits), state

    return rollouts.policy(step, seeds, model.vocabulary.end, model.vocabulary.padding)


def _follower(network, tokens):
    """The policy that writes what is written, and has the states of a network that reads it."""
    told, weights = tf.transpose(tokens), network.values()
    return lambda place, token, state: (told[place], network.step(weights, token, state)[1])
