"""The shared two-player step: players, their optimisers, three update rules, the moving average."""

import keras
import numpy as np
import tensorflow as tf

from kgen import inputs, noise, replicas
from kgen.base import GenerativeModel
from kgen.errors import invalid, number_in, positive_integer
from kgen.game import Game
from kgen.optimizers import LearningRates, check_learning_rate
from kgen.step import Move, totalled

UPDATES = ("alternating", "simultaneous", "split")


class AdversarialModel(GenerativeModel):
    """Abstract base of the models with a generator and a discriminator.

    A subclass builds `self.generator` and `self.discriminator`, calls `finish()` last in its constructor, and
    supplies `discriminator_loss(game)` and `generator_loss(game)`, which return named, already weighted terms
    (one value per example, or scalars). What both need is computed once, by the `Game`.

    Args:
        image_shape, pixel_range, seed, name: see `GenerativeModel`.
        latent_dim: length of z.
        update: "alternating" (D first, then G on fresh noise against the new D), "simultaneous" (one generator
            pass serves both) or "split" (each half of the batch trains one player).
        discriminator_steps: discriminator steps per generator step, each on its own batch.
        ema_momentum: of the generator's exponential moving average, or None.
    """

    def __init__(
        self,
        image_shape,
        latent_dim,
        update="alternating",
        discriminator_steps=1,
        ema_momentum=None,
        **kwargs,
    ):
        super().__init__(image_shape, **kwargs)
        positive_integer("latent_dim", latent_dim)
        positive_integer("discriminator_steps", discriminator_steps)
        if update not in UPDATES:
            raise invalid("update", f"one of {', '.join(UPDATES)}", update=update)
        if ema_momentum is not None:
            number_in("ema_momentum", ema_momentum, 0, 1)
        self.latent_dim = latent_dim
        self.update = update
        self.discriminator_steps = discriminator_steps
        self.ema_momentum = ema_momentum
        self.ema_generator = None
        self._generator_names = ()

    def finish(self):
        """Checks the networks and clones the generator for its moving average; the constructor's last line."""
        inputs.check_network("generator", self.generator, (self.latent_dim,), self.image_shape)
        inputs.check_network("discriminator", self.discriminator, self.image_shape, (1,))
        if self.ema_momentum is not None:
            self.ema_generator = keras.models.clone_model(self.generator)
            self.ema_generator.set_weights(self.generator.get_weights())
            self.ema_generator.trainable = False

    # Players.

    def players(self):
        """Name of each player -> its networks."""
        return {"discriminator": [self.discriminator], "generator": [self.generator]}

    def optimizers(self):
        """Name of each player -> its optimiser."""
        return {"discriminator": self.discriminator_optimizer, "generator": self.generator_optimizer}

    def early_movers(self):
        """The discriminator, unless both move at once."""
        return [] if self.update == "simultaneous" else ["discriminator"]

    def default_optimizer(self, player):
        """The paper's optimiser of a player; Radford 2016, section 4, unless a model says otherwise."""
        return keras.optimizers.Adam(2e-4, beta_1=0.5)

    def compile(
        self,
        generator_optimizer=None,
        discriminator_optimizer=None,
        metrics=None,
        steps_per_execution="auto",
        jit_compile="auto",
        run_eagerly=False,
    ):
        """Chooses the optimisers; without arguments, the paper's.

        Args:
            generator_optimizer: Keras optimizer or its name.
            discriminator_optimizer: Keras optimizer or its name.
            metrics: list of metrics of (real, generated) pictures, such as `kgen.metrics.FrechetDistance()`.
            steps_per_execution: steps in one compiled call, at most; they divide the epoch. "auto" takes what
                measures fastest.
            jit_compile: XLA; "auto" takes what measures fastest for these networks on this device.
            run_eagerly: for debugging.

        Raises:
            ValueError: a learning rate that is not finite and positive, or options that exclude each other.
        """
        self._compile_arguments = {
            "generator_optimizer": generator_optimizer,
            "discriminator_optimizer": discriminator_optimizer,
            "metrics": metrics,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
            "run_eagerly": run_eagerly,
        }
        with self.distribute_strategy.scope():
            self.generator_optimizer = self._optimizer("generator", generator_optimizer)
            self.discriminator_optimizer = self._optimizer("discriminator", discriminator_optimizer)
            self.prepare(None, metrics, steps_per_execution, jit_compile, run_eagerly)
        self.optimizer = LearningRates(self.optimizers())

    def _optimizer(self, player, wanted):
        """The player's optimiser, built now: lazily built ones lose their slots and fail on two replicas."""
        optimizer = self.default_optimizer(player) if wanted is None else keras.optimizers.get(wanted)
        check_learning_rate(f"{player}_optimizer", optimizer)
        scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
        if self.dtype_policy.name == "mixed_float16" and not scaled:
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        optimizer.build([v for network in self.players()[player] for v in network.trainable_variables])
        return optimizer

    # The step.

    def look(self, x):
        """The base's checks; `split` needs a row for each player on every replica."""
        super().look(x)
        if self.update == "split" and len(x) < 2 * replicas.count():
            raise invalid(
                "batch_size", "at least two examples a replica where update='split'", batch_size=len(x)
            )

    def learn(self, x, y):
        """One training step by the chosen rule."""
        rule = {"alternating": self._alternate, "simultaneous": self._together, "split": self._split}
        return rule[self.update](x, y)

    def _alternate(self, x, y):
        """Goodfellow 2014, algorithm 1: D first, then G on fresh noise against the new D."""
        names = self.minimize(self._move("discriminator", Game(self, x, y)))
        return names + self._generator_turn(x, y)

    def _split(self, x, y):
        """Each half of the batch trains one player: even rows D, odd rows G, whatever the number of replicas."""
        even, odd = slice(0, None, 2), slice(1, None, 2)
        with noise.current().narrowed(even):
            game = Game(self, x[even], _part(y, even))
            names = self.minimize(self._move("discriminator", game))
        with noise.current().narrowed(odd):
            return names + self._generator_turn(x[odd], _part(y, odd))

    def _together(self, x, y):
        """One generator pass serves both players."""
        game = Game(self, x, y)
        names = self.minimize(self._move("discriminator", game), self._move("generator", game))
        self._average()
        return names

    def _generator_turn(self, x, y):
        if self.discriminator_steps == 1:
            return self._move_generator(x, y)
        stream = noise.current()

        def move(seeds, x, *labels):
            with noise.drawing_from(noise.Stream(seeds, stream.draws)):
                self._generator_names = tuple(self._move_generator(x, *(labels or [None])))

        turn = tf.equal(self.step % self.discriminator_steps, self.discriminator_steps - 1)
        replicas.conditionally(turn, move, stream.seeds, x, *([] if y is None else [y]))
        return list(
            self._generator_names
        )  # One replica's function moves all of them, so the model remembers.

    def _move_generator(self, x, y):
        names = self.minimize(self._move("generator", Game(self, x, y)))
        self._average()
        return names

    def _move(self, player, game):
        losses = {"discriminator": self.discriminator_loss, "generator": self.generator_loss}[player]
        return Move(player, lambda: losses(game), self.players()[player], self.optimizers()[player])

    def _average(self):
        """EMA of the weights: e <- m e + (1 - m) w; batch statistics are copied."""
        if self.ema_momentum is None:
            return
        trainable = {id(v) for v in self.generator.trainable_variables}
        for average, value in zip(self.ema_generator.weights, self.generator.weights, strict=True):
            momentum = self.ema_momentum if id(value) in trainable else 0.0
            average.assign(momentum * average + (1.0 - momentum) * value)

    def score(self, x, y=None, training=False):
        """The discriminator's logits of pictures in the networks' range, float32 in any precision."""
        return tf.cast(self.discriminator(x, training=training), tf.float32)

    def judge(self, x, y):
        """Terms of a validation batch, D's accuracies, and the samples, in inference mode."""
        game = Game(self, x, y, training=False)
        terms = totalled(
            "discriminator", self.discriminator_loss(game), self.discriminator.trainable_variables
        )
        terms |= totalled("generator", self.generator_loss(game), self.generator.trainable_variables)
        terms["real_accuracy"] = tf.reduce_mean(tf.cast(game.real_logits > 0, tf.float32))
        terms["fake_accuracy"] = tf.reduce_mean(tf.cast(game.fake_logits < 0, tf.float32))
        return terms, self.to_pictures(game.fake)

    # Sampling.

    @property
    def sampler(self):
        """The generator that samples come from: the moving average where there is one."""
        return self.generator if self.ema_generator is None else self.ema_generator

    def call(self, latent, training=False):
        return self.to_pictures(self.sampler(latent, training=training))

    def check_inputs(self, latent):
        """Checks codes before `predict`."""
        inputs.check_latents(latent, self.latent_dim)

    def sample(self, seeds):
        """Pictures of row seeds.

        Args:
            seeds: int32 row seeds [batch, 2].

        Returns:
            float32 tensor [batch, *image_shape] in [0, 1].
        """
        return self.call(noise.normal(seeds, (self.latent_dim,)))

    def discriminate(self, x, batch_size=256):
        """The discriminator's verdict: its probability that a picture is real.

        Args:
            x: pictures, uint8 or float in [0, 1], [n, height, width, channels].
            batch_size: pictures at a time.

        Returns:
            float32 array [n] in [0, 1].

        Raises:
            ValueError: pictures that do not fit the model.
        """
        inputs.check_pictures(x, self.image_shape)
        batches = [x[i : i + batch_size] for i in range(0, len(x), batch_size)]
        return np.concatenate([self._verdict(tf.convert_to_tensor(batch)).numpy() for batch in batches])

    def _verdict(self, x):
        return tf.sigmoid(self.score(self._unpack(x)[0]))[:, 0]

    def signatures(self):
        """The endpoints of the served model: name -> (function, {input: tf.TensorSpec})."""
        seed = {"seed": tf.TensorSpec([None, 2], tf.int32)}
        latent = {"latent": tf.TensorSpec([None, self.latent_dim], tf.float32)}
        images = {"images": tf.TensorSpec([None, *self.image_shape], tf.float32)}
        return {
            "generate": (lambda seed: {"images": self.sample(seed)}, seed),
            "from_latent": (lambda latent: {"images": self.call(latent)}, latent),
            "png": (lambda seed: {"image_bytes": self.to_png(self.sample(seed))}, seed),
            "discriminate": (lambda images: {"probability": self._verdict(images)}, images),
        }


def _part(y, rows):
    return None if y is None else y[rows]
