"""GAIN: missing cells of a table, or pixels of a picture, filled in by a generator that learns from incomplete rows.

Reference: Yoon 2018, arXiv 1806.02920.
"""

import keras
import numpy as np
import tensorflow as tf

from kgen import inputs, losses, noise
from kgen.datasets.columns import check_codes, check_observed, observed
from kgen.datasets.table import stream_table
from kgen.errors import integer_from, invalid, number_in, one_of, positive_integer
from kgen.game import Once
from kgen.layers import ColumnCoding
from kgen.networks import dense, inpainting
from kgen.two_player import TwoPlayerModel

BATCH = 128  # Rows of a step, unless said.
CHUNK = 1024  # Rows that `impute` takes at a time.
HINTS = ("bernoulli", "paper")


@keras.saving.register_keras_serializable("kgen")
class GAIN(TwoPlayerModel):
    """Generative adversarial imputation nets.

    With x a row in [0, 1], m its mask (1 where observed) and z ~ U(0, noise): G reads m x + (1 - m) z and m, and
    writes g; D reads x^ = m x + (1 - m) g and a hint h of the mask, and gives a logit for each cell, whether it
    was observed. D descends the cross-entropy of m, G descends -mean (1 - m) log D + alpha E[(x - g)^2 | m = 1],
    for cells of categories category_weight times the cross-entropy instead of alpha times the square: both are
    then negative log-likelihoods in nats, of a normal distribution with the variance 1 / (2 alpha) and of a
    category. G moves after D, on the same batch, noise and hint.

    It trains on rows with NaN where something is missing, `fit(x)` of an array (by default 128 rows a step, as the
    authors' code has it) or of `kgen.datasets.load_table(...)[0]`, and scales each column by what is observed
    there before the first step: minimum and span are weights of the model. Numbers that it fills in so lie
    between the smallest and the largest observed one. A row of which nothing is known is refused by `fit`, and
    filled in by `impute`. Pictures need no scale; before the first step the last biases of the built generator take
    over the brightness of a batch.

    Args:
        image_shape: number of columns, or (columns,); (height, width, channels) for pictures with holes.
        categories: for each column its number of categories, whose codes are 0, 1, ..., and 0 for numbers:
            `Columns.sizes` of a loaded table. Empty where all are numbers.
        hidden_units: units of the hidden layers of both networks of a table; None for two layers as wide as a
            coded row, as in the authors' code.
        width: channels of the convolutional pair of pictures at full resolution.
        alpha: weight of the squared error.
        category_weight: weight of the cross-entropy of categories.
        hint: "bernoulli", the authors' code: h = b m, b_i = 1 with probability hint_rate, and all cells count in
            the cross-entropies; or "paper": h = b m + (1 - b) / 2, one random b_i of a row is 0, and it alone
            counts.
        hint_rate: of "bernoulli", in [0, 1].
        noise: upper end of z; with the authors' 0.01 several draws hardly differ.
        rounding: whether a column in which fewer than 20 different numbers were observed, all of them whole, is
            filled with whole numbers. The authors' code rounds every column with fewer than 20 different numbers.
        kernel_regularizer: of every kernel; a network's penalty joins its own player's loss.
        generator: a network of your own, of (coded row, mask) [batch, ..., width + columns] to logits
            [batch, ..., width]; of pictures [batch, height, width, 2 channels] to as many logits as numbers.
        discriminator: a network of your own, from the same to a logit for each cell.
        **options: `diagnostics`, `seed` and `name`; see `TwoPlayerModel`.

    Raises:
        ValueError: for arguments out of range, or networks of other shapes.

    Example:

    >>> x = np.random.default_rng(0).normal(size=(64, 3))
    >>> x[::2, 1] = np.nan
    >>> model = kgen.GAIN(3)
    >>> model.compile()
    >>> history = model.fit(x, batch_size=32, verbose=0)
    >>> filled = model.impute(x, seed=0)
    >>> bool(np.isfinite(filled).all()), bool((filled[:, 0] == x[:, 0]).all())
    (True, True)

    Reference: Yoon 2018, section 4 and algorithm 1, arXiv 1806.02920; networks and numbers by the authors' code.
    """

    TABULAR = True

    def __init__(
        self,
        image_shape=(57,),
        categories=(),
        hidden_units=None,
        width=32,
        alpha=100.0,
        category_weight=1.0,
        hint="bernoulli",
        hint_rate=0.9,
        noise=0.01,
        rounding=False,
        kernel_regularizer=None,
        generator=None,
        discriminator=None,
        **options,
    ):
        super().__init__((image_shape,) if np.ndim(image_shape) == 0 else image_shape, **options)
        for name, weight in (("alpha", alpha), ("category_weight", category_weight), ("noise", noise)):
            number_in(name, weight, 0, float("inf"))
        one_of("hint", hint, HINTS)
        if hint_rate != 1:
            number_in("hint_rate", hint_rate, 0, 1)
        self.alpha, self.category_weight = alpha, category_weight
        self.hint, self.hint_rate, self.noise, self.rounding = hint, hint_rate, noise, rounding
        self.coding = ColumnCoding(self._sizes(categories))
        self._own = generator is None
        form = {"hidden_units": hidden_units, "width": width, "kernel_regularizer": kernel_regularizer}
        self.generator = generator or self._network("generator", self.coded_shape[-1], **form)
        self.discriminator = discriminator or self._network("discriminator", self.image_shape[-1], **form)
        inputs.check_network("generator", self.generator, self.read_shape, self.coded_shape)
        inputs.check_network("discriminator", self.discriminator, self.read_shape, self.image_shape)
        specs = [tf.TensorSpec([None, *self.image_shape], tf.float32), tf.TensorSpec([None, 2], tf.int32)]
        self._completed = tf.function(self.completed, input_signature=specs, autograph=False)

    def _sizes(self, categories):
        """Number of categories of each column; none of pictures."""
        if self.is_picture:
            if categories:
                raise invalid("categories", "none for pictures", categories=categories)
            return ()
        for size in categories:
            integer_from(0, "categories", size)
        if categories and len(categories) != self.image_shape[0]:
            expected = f"a number of categories for each of the {self.image_shape[0]} columns"
            raise invalid("categories", expected, categories=categories)
        return categories or (0,) * self.image_shape[0]

    @property
    def coded_shape(self):
        """Shape of a coded row: a number for each column of numbers, one for each category."""
        return self.image_shape if self.is_picture else (self.coding.width,)

    @property
    def read_shape(self):
        """Shape of what both networks read: a coded row, and the mask or its hint."""
        return (*self.coded_shape[:-1], self.coded_shape[-1] + self.image_shape[-1])

    def _network(self, name, num_outputs, hidden_units, width, kernel_regularizer):
        kept = {"kernel_regularizer": kernel_regularizer, "name": name}
        if self.is_picture:
            return inpainting.hourglass(self.read_shape, num_outputs, width, **kept)
        normal = keras.initializers.VarianceScaling(2.0, "fan_in", "untruncated_normal")
        hidden = {"hidden_units": hidden_units or 2 * self.coded_shape, "activation": "relu"}
        return dense.encoder(self.read_shape, num_outputs, kernel_initializer=normal, **hidden, **kept)

    def default_optimizer(self, player):
        """Adam(1e-3), as in the authors' code."""
        return keras.optimizers.Adam(1e-3)

    # Data: rows with NaN where something is missing.

    def check_examples(self, x, name="x"):
        """Checks rows of which something is known."""
        self._check_rows(x, name)
        if np.asarray(x).dtype.kind == "f":
            check_observed(np.asarray(x), None, name)

    def _check_rows(self, x, name):
        """Checks shape, type, range and categories; a row may be all missing."""
        x = np.asarray(x)
        known = np.where(np.isnan(x), 0, x) if x.dtype.kind == "f" else x
        inputs.check_pictures(known, self.image_shape, name)
        for column, size in enumerate(self.coding.sizes):
            check_codes(known[:, column], f"column {column + 1}", size, name)

    def arranged(self, x, y, batch_size, shuffle):
        """An array of rows, or of pictures, as a data set that remembers the array."""
        x = self._floats(x)
        data = stream_table(x, None, batch_size or min(BATCH, len(x)), self.seed, shuffle)
        data.rows = x
        return data

    def _floats(self, x):
        """Rows as floats; pictures in [0, 1] with their channel axis."""
        x = np.asarray(x)
        if self.is_picture:
            return np.reshape(self.unit(x).numpy() if x.dtype.kind != "f" else x, [-1, *self.image_shape])
        return x if x.dtype.kind == "f" else x.astype(np.float64)

    def _take_over(self, data, steps):
        """The range of each column, or the brightness of pictures."""
        if not self.is_picture:
            self.initialize(self._columns(data, steps))
        elif self._own:
            inpainting.initialize(self.generator, self._floats(inputs.first_batch(data)[0]))

    def _columns(self, data, steps):
        """What is observed: by a table's description, of an array, else in one pass over an epoch."""
        known = getattr(getattr(data, "description", None), "columns", None)
        if known is not None:
            return known
        rows = getattr(data, "rows", None)
        if rows is None:
            batches = [part[0] if isinstance(part, tuple) else part for part in data.take(steps)]
            rows = np.concatenate(batches).astype(np.float64)
        return observed(rows, categories=[tuple(map(str, range(size))) for size in self.coding.sizes])

    def initialize(self, columns):
        """Takes over minimum and span of each column; `fit` does so before the first step of a new model.

        Args:
            columns: `kgen.datasets.Columns`.

        Raises:
            ValueError: other columns than the model's.
        """
        if columns.sizes != self.coding.sizes:
            expected = f"columns with {self.coding.sizes} categories each, 0 for numbers"
            raise invalid("x", expected, categories=columns.sizes)
        self.coding.observe(columns.minimum, columns.span, columns.whole)

    def _unpack(self, data):
        """Coded rows, zeros where something is missing, and the mask."""
        x = data[0] if isinstance(data, (tuple, list)) else data
        x = self.fitted(x) if self.is_picture else tf.cast(x, tf.float32)
        return self.coding.encode(x)

    # The step.

    def players(self):
        return {"discriminator": [self.discriminator], "generator": [self.generator]}

    def early_movers(self):
        """The discriminator."""
        return ["discriminator"]

    def learn(self, x, y):
        """One step of D, then one of G on the same noise and hint."""
        game = self.meet(x, y)
        return self.turn(game, "discriminator") + self.turn(game.again(), "generator")

    def meet(self, x, mask, training=True):
        """The `Imputation` of coded rows and their mask, on fresh noise and a fresh hint."""
        z = self.draw(noise.current().next())
        kept = self.kept(noise.current().next())
        return Imputation(self, x, mask, z, kept, training)

    def draw(self, seeds):
        """z ~ U(0, noise) for each coded number."""
        return self.noise * noise.quick_uniform(seeds, self.coded_shape)

    def kept(self, seeds):
        """b [batch, *image_shape]: 1 where the hint tells the mask."""
        if self.hint == "bernoulli":
            return tf.cast(noise.keep_mask(seeds, self.image_shape, 1.0 - self.hint_rate), tf.float32)
        size = int(np.prod(self.image_shape))
        hidden = tf.cast(size * noise.uniform(seeds, ()), tf.int32)
        return tf.reshape(1.0 - tf.one_hot(hidden, size), [-1, *self.image_shape])

    def discriminator_loss(self, game):
        return {"mask_loss": losses.mask_cross_entropy(game.logits, game.mask, game.counted)}

    def generator_loss(self, game):
        return {
            "adversarial_loss": losses.imputation_adversarial(game.logits, game.mask, game.counted),
            **self._reconstruction(game),
        }

    def _reconstruction(self, game):
        """alpha (x - g)^2 of the observed numbers, and the weighted cross-entropy of the observed categories."""
        square = self.alpha * tf.square(game.made - game.x)
        if not self.coding.has_categories:
            return {"number_loss": losses.observed_mean(square, game.mask)}
        parts = [self.coding.blocks(part) for part in (square, game.made_logits, game.x)]
        of_numbers, of_categories = [], []
        for size, squares, logits, x in zip(self.coding.sizes, *parts, strict=True):
            entropy = -tf.reduce_sum(x * tf.nn.log_softmax(logits), axis=1, keepdims=True)
            of_numbers.append(tf.zeros_like(squares[:, :1]) if size else squares)
            of_categories.append(self.category_weight * entropy if size else tf.zeros_like(squares))
        return {
            "number_loss": losses.observed_mean(tf.concat(of_numbers, 1), game.mask),
            "category_loss": losses.observed_mean(tf.concat(of_categories, 1), game.mask),
        }

    def judge(self, x, y):
        """Terms of a validation batch, D's accuracies, and the completed rows, in inference mode."""
        game = self.meet(x, y, training=False)
        return self.judged(game), self.to_pictures(self.coding.decode(game.filled, self.rounding))

    def real_pictures(self, x, y):
        """The rows themselves, with zeros where something is missing."""
        return self.to_pictures(self.coding.decode(x))

    def verdicts(self, game):
        """How often the discriminator is right, about observed cells and about missing ones."""
        right = tf.cast((game.logits > 0) == (game.mask > 0), tf.float32)
        kinds = {"real_accuracy": game.mask, "fake_accuracy": 1.0 - game.mask}
        return {name: tf.reduce_mean(losses.observed_mean(right, kind)) for name, kind in kinds.items()}

    # Imputation.

    def sample(self, seeds):
        """A GAIN draws no rows from noise alone."""
        raise TypeError("A GAIN generates nothing from noise; `impute(x)` fills in what is missing.")

    def call(self, x, training=False):
        """Rows filled in with the mean noise: pictures in [0, 1], a table in its units; NaN where missing."""
        return self._filled(x, lambda coded: 0.5 * self.noise * tf.ones_like(coded), training)

    def completed(self, x, seeds):
        """Rows filled in.

        Args:
            x: float32 tensor [batch, *image_shape], NaN where something is missing.
            seeds: int32 row seeds [batch, 2].

        Returns:
            Tensor of the same shape; what is observed is as it was, bit for bit.
        """
        return self._filled(x, lambda coded: self.draw(seeds))

    def _filled(self, x, draw, training=False):
        x = self.unit(x) if self.is_picture else tf.cast(x, tf.float32)
        coded, mask = self._unpack(x)
        game = Imputation(self, coded, mask, draw(coded), tf.ones_like(mask), training)
        made = tf.reshape(self.coding.decode(game.made, self.rounding), tf.shape(x))
        return tf.where(tf.math.is_nan(x), made, x)

    def check_inputs(self, x):
        """Checks rows before `predict` and `impute`."""
        self._check_rows(x, "x")

    def impute(self, x, num_draws=1, seed=None, batch_size=CHUNK):
        """Rows with what is missing filled in; draw k of row i is a function of (seed, i, k) and the row alone.

        Args:
            x: array [n, columns] in the table's units, or pictures in [0, 1]; NaN where something is missing.
            num_draws: how many times; `draws.std(axis=0)` is their spread.
            seed: integer in [0, 2**31); a new one is drawn when None.
            batch_size: rows at a time.

        Returns:
            Array [n, ...], or [num_draws, n, ...] of several draws, of the rows' own float type; what is observed
            is as it was, bit for bit.

        Raises:
            ValueError: rows that do not fit the model, or an unknown category.
        """
        positive_integer("num_draws", num_draws)
        positive_integer("batch_size", batch_size)
        self.check_inputs(x)
        x, seeds = self._floats(x), self.row_seeds(len(x), seed)
        every = [seeds, *(noise.fold(seeds, draw) for draw in range(1, num_draws))]
        draws = [self._imputed(x, one, batch_size) for one in every]
        return draws[0] if num_draws == 1 else np.stack(draws)

    def _imputed(self, x, seeds, batch_size):
        rows = [slice(i, i + batch_size) for i in range(0, len(x), batch_size)]
        made = [self._completed(tf.cast(x[part], tf.float32), seeds[part]).numpy() for part in rows]
        return np.where(np.isnan(x), np.concatenate(made).astype(x.dtype), x)

    def sheet(self, num_samples, seed):
        """Of the data looked at last: pictures with their holes grey, and filled in; or rows of a table filled in."""
        if self.first_examples is None:
            raise ValueError("A GAIN's sheet shows rows that `fit` or `evaluate` has looked at.")
        rows = self._floats(self.first_examples)[: max(1, num_samples // 2)]
        filled = self.impute(rows, seed=seed).astype(np.float32)
        if not self.is_picture:
            return filled, None
        holes = np.where(np.isnan(rows), 0.5, rows)
        return np.stack([holes, filled], axis=1).reshape([-1, *self.image_shape]), 2

    def signatures(self):
        """The endpoint of the served model: rows in their units, in and out.

        A cell is filled in where its mask is 0, or where it is NaN.
        """
        rows = tf.TensorSpec([None, *self.image_shape], tf.float32)
        seeds = tf.TensorSpec([None, 2], tf.int32)

        def impute(values, mask, seed):
            return {"values": self.completed(tf.where(mask > 0.5, values, np.nan), seed)}

        return {"impute": (impute, {"values": rows, "mask": rows, "seed": seeds})}


class Imputation:
    """What one meeting of the players is about; each quantity is computed when a loss first asks for it.

    Args:
        model: the `GAIN`.
        x: coded rows [batch, ...], zeros where something is missing.
        mask: [batch, *image_shape], 1 where a cell is observed.
        z: noise of the shape of `x`.
        kept: b of the hint, of the shape of `mask`.
        training: whether the networks run in training mode.
    """

    def __init__(self, model, x, mask, z, kept, training):
        self.model = model
        self.x, self.mask = x, mask
        self.z, self.kept = z, kept
        self.training = training

    def again(self):
        """The same rows, noise and hint, for the player who moves next."""
        return Imputation(self.model, self.x, self.mask, self.z, self.kept, self.training)

    def _with(self, fill):
        """m x + (1 - m) fill: x is zero where m is."""
        return self.x + (1.0 - self.model.coding.widened(self.mask)) * fill

    def _read(self, network, row, mask):
        logits = network(tf.concat([row, mask], axis=-1), training=self.training)
        return tf.cast(logits, tf.float32)

    @Once
    def made_logits(self):
        """What G writes, before sigmoids and softmaxes."""
        return self._read(self.model.generator, self._with(self.z), self.mask)

    @Once
    def made(self):
        """g, whole coded rows."""
        return self.model.coding.activate(self.made_logits)

    @Once
    def filled(self):
        """x^, the rows with what is missing filled in."""
        return self._with(self.made)

    @property
    def told(self):
        """The hint h."""
        hint = self.kept * self.mask
        return hint if self.model.hint == "bernoulli" else hint + 0.5 * (1.0 - self.kept)

    @property
    def counted(self):
        """Cells that count in the cross-entropies."""
        return tf.ones_like(self.kept) if self.model.hint == "bernoulli" else 1.0 - self.kept

    @Once
    def logits(self):
        """D's logits, one for each cell."""
        return self._read(self.model.discriminator, self.filled, self.told)
