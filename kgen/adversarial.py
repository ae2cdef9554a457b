"""The shared two-player step: players, their optimisers, three update rules, the moving average."""

import keras
import numpy as np
import tensorflow as tf

from kgen import differentiable, inputs, networks, noise, replicas, stabilizers, updates
from kgen.errors import invalid, number_in, one_of, positive_integer
from kgen.game import Game
from kgen.packing import pack
from kgen.two_player import TwoPlayerModel


class AdversarialModel(TwoPlayerModel):
    """Abstract base of the models with a generator and a discriminator.

    A subclass sets `self.formula`, calls `choose(...)` last in its constructor (or builds its networks and
    calls `finish()`), and supplies `discriminator_loss(game)` and `generator_loss(game)`, which return named,
    already weighted terms (one value per example, or scalars). What both need is computed once, by the `Game`.

    Args:
        image_shape, pixel_range, seed, name: see `GenerativeModel`.
        latent_dim: length of z.
        update: "alternating" (D first, then G on fresh noise against the new D), "simultaneous" (one generator
            pass serves both) or "split" (each half of the batch trains one player).
        discriminator_steps: discriminator steps per generator step, each on its own batch.
        ema_momentum: of the generator's exponential moving average, or None.
        penalty: on D's gradient: "gradient" or "one_sided" (Gulrajani 2017), "r1" (Mescheder 2018), "dragan"
            (Kodali 2017), or None.
        penalty_weight: of the penalty, lambda; of R1, gamma.
        spectral_normalization: whether D's kernels are divided by their largest singular value (Miyato 2018).
        minibatch_discrimination: number of kernels that compare the examples of a batch in D; 0 for none
            (Salimans 2016, 3.2).
        feature_matching: weight of the distance between D's mean features (Salimans 2016, 3.1).
        historical_averaging: weight of each player's distance from its own past (Salimans 2016, 3.3).
        packing: number of examples that D judges together (Lin 2018).
        augment: differentiable augmentation of what D sees, some of "color,translation,cutout" (Zhao 2020).
        top_k: share of the fakes that train G in the end, those D takes for the best (Sinha 2020).
        top_k_decay: factor of that share per hundred steps, on the way down from 1.
        diagnostics: see `TwoPlayerModel`.

    Example:

    >>> isinstance(kgen.LSGAN((8, 8, 1), width=2), kgen.adversarial.AdversarialModel)
    True
    """

    num_outputs = 1  # Of the discriminator.

    def __init__(
        self,
        image_shape,
        latent_dim,
        pixel_range=(0.0, 1.0),
        *,
        update="alternating",
        discriminator_steps=1,
        ema_momentum=None,
        penalty=None,
        penalty_weight=10.0,
        spectral_normalization=False,
        minibatch_discrimination=0,
        feature_matching=0.0,
        historical_averaging=0.0,
        packing=1,
        augment=None,
        top_k=None,
        top_k_decay=0.99,
        diagnostics=False,
        seed=0,
        name=None,
    ):
        super().__init__(image_shape, pixel_range, diagnostics=diagnostics, seed=seed, name=name)
        one_of("update", update, tuple(updates.RULES))
        positive_integer("latent_dim", latent_dim)
        positive_integer("packing", packing)
        positive_integer("discriminator_steps", discriminator_steps)
        if update == "simultaneous" and discriminator_steps > 1:
            expected = '1 where update="simultaneous"'
            raise invalid("discriminator_steps", expected, discriminator_steps=discriminator_steps)
        if ema_momentum is not None:
            number_in("ema_momentum", ema_momentum, 0, 1)
        self.latent_dim = latent_dim
        self.update = update
        self.discriminator_steps = discriminator_steps
        self.ema_momentum = ema_momentum
        self.penalty, self.penalty_weight = penalty, penalty_weight
        self.spectral_normalization = spectral_normalization
        self.minibatch_discrimination = minibatch_discrimination
        self.feature_matching = feature_matching
        self.historical_averaging = historical_averaging
        self.packing = packing
        self.augment = differentiable.policy(augment, self.image_shape)
        self.top_k, self.top_k_decay = top_k, top_k_decay
        self.ema_generator = None
        self.histories = {}
        self.generator_names = ()

    @property
    def code_dim(self):
        """Length of the generator's input."""
        return self.latent_dim

    @property
    def output_activation(self):
        """What a generator of the model's own ends in: nothing for vectors."""
        if not self.is_picture:
            return None
        return "sigmoid" if self.pixel_range == (0.0, 1.0) else "tanh"

    @property
    def view_shape(self):
        """Shape of what D sees: packing lengthens the last axis."""
        return (*self.image_shape[:-1], self.image_shape[-1] * self.packing)

    @property
    def discriminator_shape(self):
        """Shape of the discriminator network's input: what D sees, and what a model adds to it."""
        return self.view_shape

    @property
    def reads_features(self):
        """Whether `read` also says "features": what D's last layer reads."""
        return bool(self.feature_matching)

    @property
    def discriminator_form(self):
        """What the options ask of a discriminator that the model builds itself: arguments of an encoder."""
        return {
            "num_outputs": self.num_outputs,
            "spectral_normalization": self.spectral_normalization,
            "minibatch_discrimination": self.minibatch_discrimination,
            "name": "discriminator",
        }

    def choose(self, generator, discriminator, **form):
        """Takes the user's own networks, and builds those that he leaves out; see `kgen.networks.pair`."""
        built = networks.pair(self, **form) if generator is None or discriminator is None else (None, None)
        self.generator, self.discriminator = generator or built[0], discriminator or built[1]
        self.finish()

    def finish(self):
        """Checks the networks, and makes what the options keep beside them; the constructor's last line."""
        inputs.check_network("generator", self.generator, (self.code_dim,), self.image_shape)
        inputs.check_network(
            "discriminator", self.discriminator, self.discriminator_shape, (self.num_outputs,)
        )
        stabilizers.check(self)
        if self.reads_features:
            vars(self)["_reader"] = stabilizers.reader(self.discriminator)
        self.complete()
        if self.historical_averaging:
            self.histories = {player: self._past(player) for player in self.players()}
        if self.ema_momentum is not None:
            self.ema_generator = keras.models.clone_model(self.generator)
            self.ema_generator.set_weights(self.generator.get_weights())
            self.ema_generator.trainable = False

    def complete(self):
        """Builds what a model trains beside its two networks; nothing, unless a model says otherwise."""

    def _past(self, player):
        past = [
            self.add_weight(name=f"{player}_past_{i}", shape=v.shape, trainable=False, autocast=False)
            for i, v in enumerate(self.trained(player))
        ]
        for average, value in zip(past, self.trained(player), strict=True):
            average.assign(value)
        return past

    # Players.

    def players(self):
        """Name of each player -> its networks."""
        return {"discriminator": [self.discriminator], "generator": [self.generator]}

    def early_movers(self):
        """The discriminator, unless both move at once."""
        return [] if self.update == "simultaneous" else ["discriminator"]

    # The step.

    def look(self, x, y=None):
        """The base's checks; `split` needs a row for each player on every replica, packing whole packs."""
        super().look(x, y)
        number = inputs.count(x)
        share = self.packing * replicas.count() * (2 if self.update == "split" else 1)
        if number % share and self.packing > 1:
            raise invalid(
                "packing",
                f"a number that divides each player's share of the batch of {number}",
                packing=self.packing,
            )
        if self.update == "split" and number < 2 * replicas.count():
            raise invalid(
                "batch_size", "at least two examples a replica where update='split'", batch_size=number
            )

    def learn(self, x, y):
        """One training step by the chosen rule."""
        return updates.RULES[self.update](self, x, y)

    def generator_is_due(self):
        """Whether the generator moves in this step: in every `discriminator_steps`-th; True if in all."""
        if self.discriminator_steps == 1:
            return True
        return tf.equal(self.step % self.discriminator_steps, self.discriminator_steps - 1)

    def discriminator_terms(self, game):
        """The paper's terms of the discriminator, and those of the options."""
        return self.discriminator_loss(game) | stabilizers.discriminator_terms(self, game)

    def generator_terms(self, game):
        """The paper's terms of the generator, and those of the options."""
        own = stabilizers.top_k(self, game, self.generator_loss(game))
        return own | stabilizers.generator_terms(self, game)

    def _remember(self, player):
        """EMA of G's weights: e <- m e + (1 - m) w, batch statistics copied; and the mean of a player's past."""
        if player == "generator" and self.ema_generator is not None:
            trainable = {id(v) for v in self.generator.trainable_variables}
            for average, value in zip(self.ema_generator.weights, self.generator.weights, strict=True):
                momentum = self.ema_momentum if id(value) in trainable else 0.0
                average.assign(momentum * average + (1.0 - momentum) * value)
        for average, value in zip(self.histories.get(player, []), self.trained(player), strict=False):
            moves = tf.cast(tf.convert_to_tensor(self.optimizers()[player].iterations), tf.float32)
            average.assign(average + (value - average) / (moves + 1.0))

    # What the players see of each other.

    def draw(self, seeds, labels=None):
        """The generator's input: z ~ N(0, I).

        Args:
            seeds: int32 row seeds [batch, 2].
            labels: int tensor [batch] that the samples shall have, where the model uses labels.

        Returns:
            float32 tensor [batch, code_dim].
        """
        return noise.normal(seeds, (self.latent_dim,))

    def view(self, x, training=False):
        """What the discriminator sees of examples [batch, *image_shape]: augmented in training, and packed."""
        if training and self.augment:
            x = differentiable.augment(x, self.augment, noise.current().next())
        return pack(x, self.packing)

    def read(self, view, labels=None, training=False):
        """All that the discriminator says, by name, in float32; `logits` [batch, 1] among it."""
        if not self.reads_features:
            return {"logits": tf.cast(self.discriminator(view, training=training), tf.float32)}
        logits, features = self._reader(view, training=training)
        return {"logits": tf.cast(logits, tf.float32), "features": tf.cast(features, tf.float32)}

    def judge(self, x, y):
        """Terms of a validation batch, D's accuracies, and the samples, in inference mode."""
        game = Game(self, x, y, training=False)
        return self.judged(game), self.to_pictures(game.fake)

    def verdicts(self, game):
        """How often D is right, on real and on generated examples; of a critic, how far apart it holds them."""
        real, fake = game.real_logits, game.fake_logits
        if self.formula.probability is None:
            return {"wasserstein_estimate": tf.reduce_mean(real) - tf.reduce_mean(fake)}
        return {
            "real_accuracy": tf.reduce_mean(tf.cast(self.formula.probability(real) > 0.5, tf.float32)),
            "fake_accuracy": tf.reduce_mean(tf.cast(self.formula.probability(fake) < 0.5, tf.float32)),
        }

    # Sampling.

    @property
    def sampler(self):
        """The generator that samples come from: the moving average where there is one."""
        return self.generator if self.ema_generator is None else self.ema_generator

    def call(self, latent, training=False):
        return self.to_pictures(self.sampler(latent, training=training))

    def check_inputs(self, latent):
        """Checks codes before `predict`."""
        inputs.check_latents(latent, self.code_dim)

    def sample(self, seeds):
        """Pictures of row seeds.

        Args:
            seeds: int32 row seeds [batch, 2].

        Returns:
            float32 tensor [batch, *image_shape] in [0, 1].
        """
        return self.call(self.draw(seeds))

    def discriminate(self, x, labels=None, batch_size=256):
        """The discriminator's verdict on each example, or on each pack of them.

        Args:
            x: pictures, uint8 or float in [0, 1], [n, height, width, channels]; or vectors.
            labels: of the examples [n], where the discriminator is told them.
            batch_size: examples at a time, a multiple of `packing`.

        Returns:
            float32 array [n], or [ceil(n / packing)]: the probability that they are real; of a Wasserstein
            critic its score, without a scale of its own.

        Raises:
            ValueError: pictures that do not fit the model.
        """
        self.check_examples(x)
        batches = [slice(i, i + batch_size) for i in range(0, len(x), batch_size)]
        verdicts = [
            self.verdict(tf.convert_to_tensor(x[rows]), updates.part(labels, rows)) for rows in batches
        ]
        return np.concatenate([next(iter(verdict.values())).numpy() for verdict in verdicts])

    def verdict(self, x, labels=None):
        """What `discriminate` says of a batch, under the name by which it is served."""
        logits = self.read(self.view(self._unpack(x)[0]), labels)["logits"][:, 0]
        if self.formula.probability is None:
            return {"score": logits}
        return {"probability": self.formula.probability(logits)}

    def signatures(self):
        """The endpoints of the served model: name -> (function, {input: tf.TensorSpec})."""
        seed = {"seed": tf.TensorSpec([None, 2], tf.int32)}
        latent = {"latent": tf.TensorSpec([None, self.code_dim], tf.float32)}
        examples = {"images": tf.TensorSpec([None, *self.image_shape], tf.float32)}
        found = {
            "generate": (lambda seed: {"images": self.sample(seed)}, seed),
            "from_latent": (lambda latent: {"images": self.call(latent)}, latent),
            "png": (lambda seed: {"image_bytes": self.to_png(self.sample(seed))}, seed),
            "discriminate": (lambda images: self.verdict(images), examples),
        }
        absent = {"png": not self.is_picture, "discriminate": self.packing > 1}
        return {name: endpoint for name, endpoint in found.items() if not absent.get(name)}
