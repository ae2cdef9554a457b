"""What all models with two players share: their optimisers, their moves, and what is logged of them."""

import keras

from kgen.base import GenerativeModel
from kgen.layers import spectral_layers
from kgen.optimizers import LearningRates, check_learning_rate
from kgen.step import Move, totalled


class TwoPlayerModel(GenerativeModel):
    """Abstract base of the models in which a discriminator and a generator play, of one network each or more.

    A subclass supplies `players()`; `discriminator_loss(game)` and `generator_loss(game)`, which return named,
    already weighted terms (one value per example, or scalars); and `verdicts(game)`. A game is what one meeting
    of the players is about: whatever both need, each quantity computed when it is first asked for.

    Args:
        image_shape, pixel_range, seed, name: see `GenerativeModel`.
        diagnostics: whether the training step also reports the norm of each player's gradient over the global
            batch (without float16's loss scale), D's verdicts on what it trains on, before it moves and with
            its dropout and augmentation, and the share of steps that were `skipped`.
    """

    def __init__(self, image_shape, pixel_range=(0.0, 1.0), *, diagnostics=False, seed=0, name=None):
        super().__init__(image_shape, pixel_range, seed=seed, name=name)
        self.diagnostics = diagnostics

    def players(self):
        """Name of each player, "discriminator" and "generator" -> its networks."""
        raise NotImplementedError

    def trained(self, player):
        """A player's trainable variables."""
        return [v for network in self.players()[player] for v in network.trainable_variables]

    def optimizers(self):
        """Name of each player -> its optimiser."""
        return {"discriminator": self.discriminator_optimizer, "generator": self.generator_optimizer}

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
        optimizer.build(self.trained(player))
        return optimizer

    def turn(self, game, *players):
        """These players' moves in one game; the names of what was logged."""
        names = self.minimize(*(self._move(player, game) for player in players))
        for player in players:
            self._remember(player)
        return names

    def _remember(self, player):
        """Keeps what a subclass keeps of a player that has moved; nothing, unless it says otherwise."""

    def _move(self, player, game):
        if player == "discriminator":
            for layer in [found for part in self.players()[player] for found in spectral_layers(part)]:
                layer.power_iteration()
        losses = {"discriminator": self.discriminator_terms, "generator": self.generator_terms}[player]
        return Move(
            player,
            lambda: losses(game),
            self.players()[player],
            self.optimizers()[player],
            self._watched(player, game),
        )

    def _watched(self, player, game):
        """What diagnostics say beside the norm: in D's own move its verdicts, which cost it nothing."""
        if not self.diagnostics:
            return None
        return {"discriminator": lambda: self.verdicts(game), "generator": dict}[player]

    def train_step(self, data):
        logs = super().train_step(data)
        if not self.diagnostics:
            return logs
        return logs | self.terms.update({"skipped": self.failed()}, 1.0)

    def declared(self, batch):
        watched = [*(f"{player}_gradient_norm" for player in self.players()), "skipped"]
        return [*super().declared(batch), *(watched if self.diagnostics else [])]

    def discriminator_terms(self, game):
        """All terms of the discriminator's loss: the paper's, and what a subclass adds to them."""
        return self.discriminator_loss(game)

    def generator_terms(self, game):
        """All terms of the generator's loss; see `discriminator_terms`."""
        return self.generator_loss(game)

    def judged(self, game):
        """Terms of a game without a move, and the discriminator's verdicts."""
        terms = totalled("discriminator", self.discriminator_terms(game), self.trained("discriminator"))
        terms |= totalled("generator", self.generator_terms(game), self.trained("generator"))
        return terms | self.verdicts(game)
