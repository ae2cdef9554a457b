"""SeqGAN: sequences of tokens by a policy that learns from a discriminator's verdict on where they may lead.

Reference: Yu et al. 2017, arXiv 1609.05473.
"""

import math

import keras
import numpy as np
import tensorflow as tf

from kgen import execution, losses, noise, updates
from kgen.episode import Episode
from kgen.errors import integer_from, invalid, number_in, one_of, positive_integer
from kgen.language import LanguageModel, check_texts
from kgen.networks.recurrent import RecurrentNetwork
from kgen.networks.text_convnet import FILTERS, WIDTHS, TextConvNet
from kgen.step import Move, num_rows, totalled
from kgen.two_player import TwoPlayerModel

BATCH = 64
EVERY_SECOND = slice(None, None, 2)  # Rows of a batch that are the discriminator's real ones.
EPOCHS_OF_A_ROUND = 6  # Three passes over the sequences, half of which an epoch shows.


@keras.saving.register_keras_serializable("kgen")
class SeqGAN(TwoPlayerModel, LanguageModel):
    """Sequence generative adversarial nets with policy gradient.

    G ascends E[sum_t log p(y_t | y_<t) Q(t)], with Q(t) the mean of D over N roll-outs that go on from y_1 ... y_t as
    G would, and Q(T) = D(y_1 ... y_T); D descends -1/2 log D(x) - 1/2 log(1 - D(y)) + lambda / 2 |W|^2.

    `pretrain` comes first: maximum likelihood for G, then D against the G of that time. Then each step of `fit` is a
    move of D, before which in every `discriminator_steps`-th G moves. A batch of B sequences gives D every second one
    and B / 2 new ones by G, and G draws B. So the authors' round (one move of G by 64 sequences; D moves 4,680 times,
    by 64 sequences of both kinds) is `discriminator_steps=4680` with batches of 64, and an epoch is a round with
    `fit(data, steps_per_epoch=4680)`. Other than in their code, each of D's batches has as many real as new
    sequences, and new ones are drawn for each move instead of for every third pass.

    It is a language model too: see `generate`, `draw` and `nats`. Its data are rows of sequence_length + 1 tokens, the
    start among them; padding behind the end of a sentence is no choice of G's, but D sees it.

    Args:
        vocabulary: `kgen.datasets.Vocabulary`, or the number of tokens of sequences that are no text.
        sequence_length: T, tokens of a sequence.
        units: of the generator's LSTM, whose weights are all drawn from N(0, 0.1^2) at first.
        embedding_dim: numbers of a token's embedding in the generator.
        discriminator_embedding_dim: the same in the discriminator.
        widths: of the discriminator's windows, in tokens; those above `sequence_length` are left out.
        filters: how many of each width.
        dropout: share dropped before the discriminator's last layer.
        output_l2: lambda, of the discriminator's last layer.
        kernel_regularizer: of every other kernel; a network's penalty joins its own player's loss.
        rollouts: N, for each length of a beginning.
        rollout: whose roll-outs: "live" for the generator's own, as in the authors' code, or "delayed" for those of an
            average of it, as in the paper.
        rollout_rate: r of that average, a <- r a + (1 - r) g behind each of the generator's moves.
        discriminator_steps: discriminator steps per generator step.
        policy_loss: "sum" over the batch's tokens or their "mean", which the optimiser's clipping tells apart.
        diagnostics: see `TwoPlayerModel`.
        seed, name: see `GenerativeModel`.

    Raises:
        ValueError: for arguments out of range.

    Example:

    >>> small = {"units": 8, "widths": (1, 2), "filters": (4, 4), "rollouts": 2}
    >>> model = kgen.SeqGAN(kgen.datasets.Vocabulary.of(["to be or not to be"]), sequence_length=9, **small)
    >>> len(model.generate(1, prompt="to be", seed=0)[0])
    14

    Reference: Yu et al. 2017, eq. 2 to 8 and algorithm 1, arXiv 1609.05473, and the authors' code.
    """

    def __init__(
        self,
        vocabulary,
        sequence_length=20,
        units=32,
        embedding_dim=32,
        discriminator_embedding_dim=64,
        widths=WIDTHS,
        filters=FILTERS,
        dropout=0.25,
        output_l2=0.2,
        kernel_regularizer=None,
        rollouts=16,
        rollout="live",
        rollout_rate=0.8,
        discriminator_steps=4680,
        policy_loss="sum",
        diagnostics=False,
        seed=0,
        name=None,
    ):
        LanguageModel.__init__(self, vocabulary, sequence_length, seed=seed, name=name)
        sizes = {"units": units, "embedding_dim": embedding_dim, "rollouts": rollouts}
        sizes["discriminator_embedding_dim"] = discriminator_embedding_dim
        for argument, size in {**sizes, "discriminator_steps": discriminator_steps}.items():
            positive_integer(argument, size)
        for argument, value in {"dropout": dropout, "rollout_rate": rollout_rate}.items():
            number_in(argument, value, 0, 1)
        number_in("output_l2", output_l2, 0, math.inf)
        one_of("rollout", rollout, ("live", "delayed"))
        one_of("policy_loss", policy_loss, ("sum", "mean"))
        self.rollouts, self.rollout, self.rollout_rate = rollouts, rollout, rollout_rate
        self.discriminator_steps, self.policy_loss = discriminator_steps, policy_loss
        self.diagnostics = diagnostics
        self.adversarial_steps = self._counter("adversarial_steps")
        regularizer = keras.regularizers.get(kernel_regularizer)
        self.network = self._generator(units, embedding_dim, regularizer, "generator")
        self.delayed = None
        if rollout == "delayed":
            self.delayed = self._generator(units, embedding_dim, regularizer, "delayed")
            self.delayed.trainable = False
            self.delayed.set_weights(self.network.get_weights())
        self.discriminator = TextConvNet(
            self.vocabulary.size,
            discriminator_embedding_dim,
            *_fitting(widths, filters, sequence_length),
            dropout=dropout,
            output_l2=output_l2,
            kernel_regularizer=regularizer,
            name="discriminator",
        )
        self.generator_names = ()
        self.stages = None  # Of pre-training: the name and the first epoch of each.
        self._begin("adversarial")

    def _generator(self, units, embedding_dim, regularizer, name):
        normal = keras.initializers.RandomNormal(stddev=0.1)
        form = {"initializer": normal, "kernel_regularizer": regularizer, "name": name}
        return RecurrentNetwork(self.vocabulary.size, embedding_dim, units, **form)

    # Players, and a third optimiser.

    def players(self):
        return {"discriminator": [self.discriminator], "generator": [self.network]}

    def optimizers(self):
        """Name of each player -> its optimiser, and the generator's of maximum likelihood."""
        return {**super().optimizers(), "likelihood": self.likelihood_optimizer}

    def trained(self, player):
        return super().trained("generator" if player == "likelihood" else player)

    def default_optimizer(self, player):
        """Adam(1e-4) for D, Adam(1e-2) with gradients clipped to a norm of 5 for G, as in the authors' code."""
        if player == "discriminator":
            return keras.optimizers.Adam(1e-4, epsilon=1e-8)
        return keras.optimizers.Adam(1e-2, epsilon=1e-8, global_clipnorm=5.0)

    def compile(
        self,
        generator_optimizer=None,
        discriminator_optimizer=None,
        likelihood_optimizer=None,
        metrics=None,
        steps_per_execution="auto",
        jit_compile="auto",
        run_eagerly=False,
    ):
        """Chooses the optimisers; without arguments, the authors'.

        Args:
            generator_optimizer: of the policy gradient; Keras optimizer or its name.
            discriminator_optimizer: Keras optimizer or its name.
            likelihood_optimizer: of the generator's maximum likelihood, with a state of its own.
            metrics: see `LanguageModel`.
            steps_per_execution: steps in one compiled call, at most; they divide the epoch. "auto" takes what
                measures fastest.
            jit_compile: XLA; "auto" takes what measures fastest for these networks on this device.
            run_eagerly: for debugging.

        Raises:
            ValueError: a learning rate that is not finite and positive, or options that exclude each other.
        """
        with self.distribute_strategy.scope():
            self.likelihood_optimizer = self._optimizer("likelihood", likelihood_optimizer)
        options = {"steps_per_execution": steps_per_execution, "jit_compile": jit_compile}
        super().compile(
            generator_optimizer, discriminator_optimizer, metrics, **options, run_eagerly=run_eagerly
        )
        self._compile_arguments["likelihood_optimizer"] = likelihood_optimizer

    # Data.

    def check_examples(self, x, name="x"):
        """Checks rows of tokens: [batch, sequence_length + 1]."""
        super().check_examples(x, name)
        length = np.shape(x)[1]
        if length != self.sequence_length + 1:
            expected = f"rows of {self.sequence_length + 1} tokens, one more than sequence_length"
            raise invalid(name, expected, f"rows of {length}")

    def arranged(self, x, y, batch_size, shuffle):
        return super().arranged(x, y, batch_size or BATCH, shuffle)

    def _unpack(self, data):
        tokens, y = super()._unpack(data)
        return tf.ensure_shape(tokens, [None, self.sequence_length + 1]), y

    def declared(self, batch):
        zero = tf.zeros([])
        generator = totalled("generator", {"policy_gradient": zero}, self.trained("generator"))
        halves = {"real_loss": zero, "fake_loss": zero}
        discriminator = totalled("discriminator", halves, self.trained("discriminator"))
        rest = ("reward", "real_accuracy", "fake_accuracy")
        return [*super().declared(batch), *generator, *discriminator, *rest]

    # Stages.

    def pretrain(self, x, epochs_generator=120, rounds_discriminator=50, **options):
        """Trains the generator by maximum likelihood, then the discriminator against it; in one run of `fit`.

        A round is six epochs: three passes over the sequences, of which an epoch shows the discriminator one half,
        with as many new ones. A `kgen.callbacks.TrainingState` resumes it exactly; give it another folder than that
        of `fit`.

        Args:
            x: data, as in `fit`.
            epochs_generator: of maximum likelihood; the authors' are 120.
            rounds_discriminator: the authors' are 50.
            **options: of `fit`, all but `epochs`.

        Returns:
            One `keras.callbacks.History`: first the generator's epochs, then the discriminator's.

        Raises:
            ValueError: bad arguments, or data that do not fit the model, before the first step.
        """
        integer_from(0, "epochs_generator", epochs_generator)
        integer_from(0, "rounds_discriminator", rounds_discriminator)
        epochs = epochs_generator + EPOCHS_OF_A_ROUND * rounds_discriminator
        if not epochs:
            raise invalid("epochs_generator", "an epoch or a round, at least one", epochs_generator=0)
        self.stages = [["likelihood", 0], ["discriminator", epochs_generator]]
        try:
            return self.fit(x, epochs=epochs, **options)
        finally:
            self.stages = None
            self._begin("adversarial")

    def _begin(self, stage):
        """Makes the next steps those of a stage."""
        self.stage, self.train_function = stage, None

    def make_train_function(self, force=False):
        """In a stage without convolutions XLA is what `compile` was told for such a network."""
        of_all, wanted = self.jit_compile, self._compile_arguments["jit_compile"]
        if self.stage == "likelihood" and not self.run_eagerly:
            self.jit_compile = execution.xla(self.network, wanted)
        super().make_train_function(force)
        self.jit_compile = of_all

    def _epochs(self, run, data, epoch, epochs, *rest):
        """Those of pre-training stage by stage, in one run."""
        if self.stages is None:
            return super()._epochs(run, data, epoch, epochs, *rest)
        unfinished, (*parts, final) = run.unfinished, self._parts(epoch, epochs)
        for stage, first, end in parts:
            run.unfinished = True
            self._begin(stage)
            super()._epochs(run, data, first, end, *rest)
            if self.stop_training:
                final = (stage, epochs, epochs)
                break
        run.unfinished = unfinished
        self._begin(final[0])
        return super()._epochs(run, data, *final[1:], *rest)

    def _parts(self, epoch, epochs):
        """(stage, first epoch, end) of what there is to do of each stage; at least one."""
        ends = [first for _, first in self.stages[1:]] + [epochs]
        parts = [
            (stage, max(first, epoch), min(end, epochs))
            for (stage, first), end in zip(self.stages, ends, strict=True)
        ]
        return [part for part in parts if part[1] < part[2]] or [(self.stages[-1][0], epochs, epochs)]

    # The step.

    def learn(self, tokens, y):
        """One step: of maximum likelihood, or of D, before which in some G moves."""
        if self.stage == "likelihood":
            return self._imitate(tokens)
        if self.stage == "discriminator":
            return self._discern(tokens)
        own = noise.Stream(noise.current().next())  # What a branch draws is not counted outside of it.
        names = updates.generator_turn(self, tokens, None, Episode)
        self.adversarial_steps.assign_add(1)
        with noise.drawing_from(own):
            return names + self._discern(tokens)

    def _imitate(self, tokens):
        """G's move up the likelihood."""

        def terms():
            logits, _ = self.read(tokens[:, :-1], self.network.zero_state(num_rows(tokens)), training=True)
            return {"nats_per_token": self.mean_nats(tokens[:, 1:], logits)}

        return self.minimize(Move("", terms, [self.network], self.likelihood_optimizer))

    def _discern(self, tokens):
        """D's move: every second sequence, and as many new ones."""
        with noise.current().narrowed(EVERY_SECOND):
            return self.turn(Episode(self, tokens[EVERY_SECOND]), "discriminator")

    def generator_is_due(self):
        """Whether the generator moves in this step: in the first of `discriminator_steps`; True if in all."""
        if self.discriminator_steps == 1:
            return True
        return tf.equal(self.adversarial_steps % self.discriminator_steps, 0)

    def early_movers(self):
        return ["generator"] if self.stage == "adversarial" else []

    def bookkeeping(self):
        return [*super().bookkeeping(), self.adversarial_steps]

    def turn(self, game, *players):
        if "generator" not in players:
            return super().turn(game, *players)
        reward = tf.reduce_mean(game.values)  # Before the tape, which need not remember roll-outs.
        names = super().turn(game, *players)
        self.terms.update({"reward": reward}, tf.where(self.failed(), 0.0, 1.0))
        return [*names, "reward"]

    def _remember(self, player):
        """The delayed policy: a <- r a + (1 - r) g."""
        if player == "generator" and self.delayed is not None:
            for average, value in zip(self.delayed.weights, self.network.weights, strict=True):
                average.assign(self.rollout_rate * average + (1.0 - self.rollout_rate) * value)

    def discriminator_loss(self, game):
        """-1/2 log D(x) and -1/2 log(1 - D(y)): the mean cross-entropy over both halves of the batch."""
        return {
            "real_loss": 0.5 * losses.real_cross_entropy(game.real_logits),
            "fake_loss": 0.5 * losses.fake_cross_entropy(game.fake_logits),
        }

    def generator_loss(self, game):
        """-log p(y_t | y_<t) Q(t) of the tokens that G chose."""
        tokens = game.fake
        inputs = tf.concat([self.start(tokens)[:, None], tokens[:, :-1]], axis=1)
        logits, _ = self.read(inputs, self.network.zero_state(num_rows(tokens)))
        nats = losses.token_nats(tokens, self.allowed(logits))
        mean, counts = self.policy_loss == "mean", self.counting(tokens)
        return {"policy_gradient": losses.policy_gradient(nats, game.values, counts, mean)}

    # What the players say.

    def start(self, rows):
        """The token before the first, int32 [batch], of as many rows [batch, ...]."""
        return tf.zeros_like(rows[:, 0]) + self.vocabulary.start

    def reward(self, tokens):
        """D(y), the probability float32 [batch] that sequences [batch, T] are real."""
        return tf.sigmoid(self.discriminator(tokens, training=False)[:, 0])

    def verdicts(self, game):
        """How often D is right, on real and on new sequences."""
        pairs = {"real_accuracy": game.real_logits > 0, "fake_accuracy": game.fake_logits < 0}
        return {name: tf.reduce_mean(tf.cast(right, tf.float32)) for name, right in pairs.items()}

    def judge(self, tokens, y):
        """A language model's terms of a validation batch, D's, and the mean reward of whole new sequences."""
        terms, (logits, written) = super().judge(tokens, y)
        written = self._written(tokens) if written is None else written
        game = Episode(self, tokens, training=False, fake=written)
        own = totalled("discriminator", self.discriminator_terms(game), self.trained("discriminator"))
        own["reward"] = tf.reduce_mean(tf.sigmoid(game.fake_logits))
        return terms | own | self.verdicts(game), (logits, written)

    # What a trained model answers.

    def discriminate(self, texts):
        """The discriminator's verdict on texts.

        Args:
            texts: list of strings, [n]; what is behind the first T tokens is not read.

        Returns:
            float32 array [n], the probability that they are real.

        Raises:
            ValueError: if it is no list of strings, or empty.
        """
        check_texts(texts)
        parts = [texts[i : i + BATCH] for i in range(0, len(texts), BATCH)]
        return np.concatenate([self.verdict(tf.constant(list(part)))["probability"] for part in parts])

    def verdict(self, text):
        """What `discriminate` says of a string tensor [batch]."""
        rows = self.vocabulary.rows(text).to_tensor(0, shape=[None, self.sequence_length + 1])
        return {"probability": self.reward(rows[:, 1:])}

    def signatures(self):
        """The endpoints of the served model: a language model's, and `discriminate`."""
        texts = {"text": tf.TensorSpec([None], tf.string)}
        return {**super().signatures(), "discriminate": (self.verdict, texts)}


def _fitting(widths, filters, length):
    """The widths that fit into sequences of a length, and their filters."""
    if len(widths) != len(filters):
        raise invalid("filters", f"as many numbers as widths, {len(widths)}", filters=filters)
    for number in (*widths, *filters):
        positive_integer("filters" if number in filters else "widths", number)
    pairs = [pair for pair in zip(widths, filters, strict=True) if pair[0] <= length]
    if not pairs:
        raise invalid("widths", f"a width of at most sequence_length={length}", widths=widths)
    return zip(*pairs, strict=True)
