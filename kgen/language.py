"""What all language models share: their data, their losses, carried context, texts that they write and read."""

import math

import keras
import numpy as np
import tensorflow as tf

from kgen import inputs, losses, noise, replicas, sampling
from kgen.base import CHUNK
from kgen.carried import Carried
from kgen.conditions import of_each_text
from kgen.datasets import Numbers, Vocabulary, from_tokens
from kgen.errors import invalid, positive_integer
from kgen.generation import continued
from kgen.one_player import OnePlayerModel
from kgen.step import Move, num_rows, totalled

ROWS = 64  # Texts that `nats` reads at a time.


class LanguageModel(OnePlayerModel):
    """Abstract base of the models that say how likely each token is after those before it.

    log p(y_1 ... y_T) = sum_t log p(y_t | y_0 ... y_{t-1}), where y_0 is the start.

    A subclass builds `self.network`, a `kgen.networks.tokens.TokenNetwork`. A batch is int32 [batch, T + 1], rows of
    the start and T tokens. Where a data set's rows go on from batch to batch (`kgen.datasets.load_text(...,
    shuffle=False)`), so does the network's state: in training, and in an evaluation, which so is one pass over the
    whole text. Gradients do not go back into earlier batches.

    Args:
        vocabulary: `kgen.datasets.Vocabulary`, or the number of tokens of sequences that are no text.
        sequence_length: most tokens of a text that is generated, or given to `fit` as a string.
        seed, name: see `GenerativeModel`.

    Example:

    >>> model = kgen.RecurrentLanguageModel(6, units=4, num_layers=1, sequence_length=3)
    >>> isinstance(model, kgen.language.LanguageModel)
    True
    >>> model(np.array([[0, 4, 5]])).shape
    TensorShape([1, 3, 6])
    """

    CONDITIONS = {
        "prompt": tf.TensorSpec([None], tf.string),
        "temperature": tf.TensorSpec([None], tf.float32),
        "top_k": tf.TensorSpec([None], tf.int32),
        "top_p": tf.TensorSpec([None], tf.float32),
        "length": tf.TensorSpec([None], tf.int32),
    }

    def __init__(self, vocabulary, sequence_length, seed=0, name=None):
        positive_integer("sequence_length", sequence_length)
        super().__init__((sequence_length + 1,), seed=seed, name=name)
        self.sequence_length = sequence_length
        self.vocabulary = vocabulary if isinstance(vocabulary, Vocabulary) else Numbers(vocabulary)
        self._trained = Carried(lambda rows: self.network.zero_state(rows))
        self._judged = Carried(lambda rows: self.network.zero_state(rows))
        self._cost = tf.function(
            self.cost, input_signature=[tf.TensorSpec([None], tf.string)], autograph=False
        )
        self._tokens = tf.function(self.tokens, autograph=False, reduce_retracing=True)

    def default_optimizer(self):
        """Adam(2e-3), gradients clipped to a norm of 5."""
        return keras.optimizers.Adam(2e-3, global_clipnorm=5.0)

    # Data: rows of tokens, or strings.

    def check_examples(self, x, name="x"):
        """Checks rows of tokens: [batch, T + 1], integers of the vocabulary."""
        inputs.check_tokens(x, self.vocabulary.size, name)

    def check_inputs(self, tokens):
        """Checks rows of tokens before `predict`; one token is a row too."""
        inputs.check_tokens(tokens, self.vocabulary.size, "x", shortest=1)

    def arranged(self, x, y, batch_size, shuffle):
        """The data set of rows of tokens; see `fit`."""
        return from_tokens(x, self.vocabulary, batch_size or 32, self.seed, shuffle)

    def _dataset(self, x, y, batch_size, shuffle):
        known = getattr(getattr(x, "description", None), "vocabulary", None)
        if known and known.get_config() != self.vocabulary.get_config():
            remedy = "the model's own (kgen.datasets.load_text(..., vocabulary=model.vocabulary))"
            raise invalid("x", f"a data set by {remedy}", vocabulary=known)
        return super()._dataset(self._as_rows(x), y, batch_size, shuffle)

    def _as_rows(self, x):
        """Strings as rows of tokens; anything else as it is."""
        if isinstance(x, (list, tuple)) and all(isinstance(text, str) for text in x) and x:
            return self.vocabulary.sequences(list(x), self.sequence_length).numpy()
        if isinstance(x, np.ndarray) and x.dtype.kind in "UO" and x.size:
            return self._as_rows(x.tolist())
        return x

    def _unpack(self, data):
        tokens = data[0] if isinstance(data, (tuple, list)) else data
        return tf.cast(tokens, tf.int32), None

    def declared(self, batch):
        terms = totalled("", {"nats_per_token": tf.zeros([])}, self.network.trainable_variables)
        return [*terms, *self._in_bits(terms)]

    # Carried context.

    def passing(self):
        return self._trained.variables

    def _go(self, run, data, *args):
        with self.distribute_strategy.scope():
            if self._trained.arrange(data):
                self.train_function = None
        return super()._go(run, data, *args)

    def _held_out(self, x, *args):
        data = super()._held_out(x, *args)
        with self.distribute_strategy.scope():
            if self._judged.arrange(x):
                self.test_function = None
        return data

    def reset_metrics(self):
        super().reset_metrics()
        self._judged.reset()

    # The loss.

    def learn(self, tokens, y):
        """One step down the nats per token; what is carried goes on, but where a step fails."""
        before, after = self._trained.state(num_rows(tokens), self.step), []

        def terms():
            logits, state = self.read(tokens[:, :-1], before, training=True)
            after.append(state)
            return {"nats_per_token": self.mean_nats(tokens[:, 1:], logits)}

        names = self.minimize(Move("", terms, [self.network], self.optimizer))
        self._trained.keep(after[0], self.failed())
        return names

    def read(self, tokens, state, training=False):
        """Logits of what follows each of the tokens [batch, T], and the state after the last."""
        return self.network.read(self.network.values(), tokens, state, training)

    def mean_nats(self, tokens, logits):
        """Mean -log p of the tokens that are no padding."""
        return losses.mean_over_tokens(losses.token_nats(tokens, logits), self.counting(tokens))

    def counting(self, tokens):
        """Which tokens are no padding."""
        padding = self.vocabulary.padding
        return tf.ones_like(tokens, tf.bool) if padding is None else tokens != padding

    def judge(self, tokens, y):
        """Terms of a validation batch, and what metrics look at: logits, and new sequences where one wants them."""
        logits, state = self.read(tokens[:, :-1], self._judged.state(num_rows(tokens)))
        self._judged.keep(state)
        nats = {"nats_per_token": self.mean_nats(tokens[:, 1:], logits)}
        terms = totalled("", nats, self.network.trainable_variables)
        written = None if all(map(_of_logits, self._judges)) else self._written(tokens)
        return terms | self._in_bits(terms), (logits, written)

    def _in_bits(self, terms):
        """Bits per character, where a token is one."""
        is_character = self.vocabulary.level == "char"
        return {"bits_per_character": terms["nats_per_token"] / math.log(2)} if is_character else {}

    def _written(self, tokens):
        """New sequences, as many and as long as those of a batch."""
        return self.tokens(noise.current().next(), tokens.shape[1] - 1)

    def test_step(self, data):
        """Terms of one validation batch, weighted by its tokens; metrics are updated here only."""
        tokens, _ = self._unpack(data)
        terms, (logits, written) = self._judge((tokens, None))
        for metric in self._judges:
            metric.update_state(tokens[:, 1:], logits if _of_logits(metric) else written)
        number = tf.reduce_sum(tf.cast(self.counting(tokens[:, 1:]), tf.float32))
        return self.terms.update(terms, replicas.mean(number))

    # What a trained model answers.

    def call(self, tokens, training=False):
        """Logits float32 [batch, T, V] of what follows each of the tokens [batch, T]."""
        tokens = tf.cast(tokens, tf.int32)
        return self.read(tokens, self.network.zero_state(num_rows(tokens)), training)[0]

    def generate(
        self, num_samples=16, prompt="", temperature=1.0, top_k=None, top_p=None, seed=None, length=None
    ):
        """New texts; text i is a function of (seed, i) and its conditions alone.

        y_t = min {k: sum_{j <= k} p(j | y_<t) > u_t}, one uniform number u_t for each row and place, in double
        precision, so that rounding changes no text. Each condition is one value, or one for each sample.

        Args:
            num_samples: how many.
            prompt: how a text begins.
            temperature: T of p^(1 / T); 0 takes the likeliest token at each place.
            top_k: draws among the k likeliest tokens; None among all.
            top_p: draws among the fewest tokens that have probability p together, in (0, 1]; None among all.
            seed: integer in [0, 2**31); a new one is drawn when None.
            length: most tokens behind the prompt; None for `sequence_length`. Sentences end by themselves.

        Returns:
            Array of str [num_samples], prompts included.

        Raises:
            ValueError: bad arguments, or a prompt with tokens that the vocabulary lacks.
        """
        conditions = {"prompt": prompt, "temperature": temperature, "top_k": top_k, "top_p": top_p}
        texts = super().generate(num_samples, seed, **conditions, length=length)
        return np.array([text.decode() for text in texts], dtype=object)

    def fill(self, seeds, conditions):
        super().fill(seeds, conditions)
        free = {"prompt": "", "temperature": 1.0, "top_k": self.vocabulary.size, "top_p": 1.0}
        free["length"] = self.sequence_length
        told = free | {name: value for name, value in conditions.items() if value is not None}
        values = {name: of_each_text(name, value, len(seeds)) for name, value in told.items()}
        self.vocabulary.check(values["prompt"], "prompt")
        specs = self.CONDITIONS.items()
        return [tf.broadcast_to(tf.constant(values[name], spec.dtype), [len(seeds)]) for name, spec in specs]

    def sample(self, seeds, prompt, temperature, top_k, top_p, length):
        """Texts of row seeds: int32 [batch, 2] and the conditions to strings [batch]."""
        ids = self.vocabulary.encode(prompt)
        known = tf.cast(ids.row_lengths(), tf.int32)
        place = (ids.to_tensor(), known, known + length, tf.reduce_max(known + length))
        rules = (temperature, top_k, top_p)
        drawn = self._continued(seeds, *place, lambda *chances: sampling.draw(*chances, *rules))
        return self.vocabulary.decode(tf.RaggedTensor.from_tensor(*drawn))

    def tokens(self, seeds, length):
        """What `draw` computes, of row seeds int32 [batch, 2]."""
        nothing = tf.zeros_like(seeds[:, 0])
        return self._continued(
            seeds, nothing[:, None], nothing, nothing + length, length, sampling.inverse_cdf
        )[0]

    def draw(self, num_samples, length=None, seed=None):
        """Sequences of numbers as the model draws them at temperature 1.

        Args:
            num_samples: how many.
            length: tokens of each; None for `sequence_length`.
            seed: integer in [0, 2**31); a new one is drawn when None.

        Returns:
            int32 array [num_samples, length], padding behind an end.

        Raises:
            ValueError: bad arguments.
        """
        length = self.sequence_length if length is None else length
        positive_integer("length", length)
        seeds = self.row_seeds(num_samples, seed)
        parts = [seeds[i : i + CHUNK] for i in range(0, num_samples, CHUNK)]
        return np.concatenate([self._tokens(part, length).numpy() for part in parts])

    def _continued(self, seeds, prompt, known, last, total, rule):
        """Tokens and where they end; `rule` draws by (logits, uniform)."""
        weights, state = (
            self.network.values(tf.float64),
            self.network.zero_state(tf.shape(seeds)[0], tf.float64),
        )

        def choose(place, logits):
            uniform = noise.uniform(noise.fold(seeds, place), (1,))[:, 0]
            return rule(self.allowed(logits), uniform)

        def step(token, state):
            return self.network.step(weights, token, state)

        start, end = self.vocabulary.start, self.vocabulary.end
        tokens, ends = continued(step, state, start, prompt, known, last, total, choose, end)
        return tf.where(tf.sequence_mask(ends, total), tokens, 0), ends

    def allowed(self, logits):
        """Logits [..., V], -inf for tokens that are never generated."""
        barred = self.vocabulary.never_generated
        if not barred:
            return logits
        barred = np.isin(np.arange(self.vocabulary.size), barred)
        return tf.where(barred, tf.cast(-math.inf, logits.dtype), logits)

    def nats(self, texts):
        """What texts cost, -log p(text), the end of a sentence included.

        Args:
            texts: list of strings, [n]; tokens that the vocabulary lacks count as unknown ones.

        Returns:
            (nats, nats per token), each float32 array [n].

        Raises:
            ValueError: if it is no list of strings, or empty.
        """
        check_texts(texts)
        parts = [self._cost(tf.constant(list(texts[i : i + ROWS]))) for i in range(0, len(texts), ROWS)]
        return tuple(np.concatenate([part[name] for part in parts]) for name in ("nats", "nats_per_token"))

    def cost(self, text):
        """What `nats` computes, of a string tensor [batch]."""
        rows = self.vocabulary.rows(text)
        tokens = tf.pad(rows.to_tensor(), [[0, 0], [0, 1]])  # One more place: a text may have no token.
        numbers = tf.cast(rows.row_lengths(), tf.int32) - 1
        nats = losses.token_nats(tokens[:, 1:], self.call(tokens[:, :-1]))
        total = tf.reduce_sum(tf.where(tf.sequence_mask(numbers, tf.shape(nats)[1]), nats, 0.0), axis=1)
        return {"nats": total, "nats_per_token": tf.math.divide_no_nan(total, tf.cast(numbers, tf.float32))}

    def sheet(self, num_samples, seed):
        """A language model has no pictures to show."""
        raise TypeError(
            f"A {type(self).__name__} writes texts, which `generate` returns; it draws no pictures."
        )

    def signatures(self):
        """The endpoints of the served model: name -> (function, {input: tf.TensorSpec})."""
        served = {name: self.CONDITIONS[name] for name in ("prompt", "temperature")}
        served["seed"] = tf.TensorSpec([None, 2], tf.int32)
        return {
            "generate": (self._served, served),
            "log_likelihood": (self.cost, {"text": tf.TensorSpec([None], tf.string)}),
        }

    def _served(self, prompt, temperature, seed):
        one, all_of_it = tf.ones_like(seed[:, 0]), tf.ones_like(temperature)
        limits = (self.vocabulary.size * one, all_of_it, self.sequence_length * one)
        return {"text": self.sample(seed, prompt, temperature, *limits)}


def check_texts(texts):
    """Refuses anything but a list of strings, at least one.

    Example:

    >>> kgen.language.check_texts(["to be", "or not to be"])
    >>> kgen.language.check_texts("to be")
    Traceback (most recent call last):
        ...
    ValueError: Invalid value for argument `texts`. Expected a list of strings, at least one. ...
    """
    if isinstance(texts, str) or not len(texts) or not all(isinstance(text, str) for text in texts):
        raise invalid("texts", "a list of strings, at least one", texts=texts)


def _of_logits(metric):
    """Whether a metric looks at (tokens, logits) instead of (real, generated) tokens."""
    return getattr(metric, "of_logits", False)
