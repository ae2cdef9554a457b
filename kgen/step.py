"""One training step: players' losses on one tape, their moves, and what a failed step leaves as it was."""

import math
from collections.abc import Callable
from typing import NamedTuple

import keras
import tensorflow as tf

from kgen import replicas
from kgen.losses import weight_penalty
from kgen.optimizers import loss_scale


class Move(NamedTuple):
    """One player's part of a step."""

    player: str
    losses: Callable
    networks: list
    optimizer: keras.optimizers.Optimizer
    verdicts: Callable | None = None  # Gives what is logged with the gradient's norm; None leaves both out.

    @property
    def variables(self):
        return [v for network in self.networks for v in network.trainable_variables]

    @property
    def total(self):
        """Name under which the sum of the terms is logged."""
        return total_name(self.player)

    def terms(self):
        """The sum of the player's terms, regularisers included, then the terms."""
        return totalled(self.player, self.losses(), self.variables)

    def diagnostics(self, gradients):
        """The norm of the player's gradient, and the verdicts; nothing where they are not asked for."""
        if self.verdicts is None:
            return {}
        scale = self.optimizer.scale_loss(1.0)
        return {f"{self.player}_gradient_norm": norm(gradients) / scale, **self.verdicts()}


def total_name(player):
    """Name under which a player's loss is logged; a model with one player has a plain "loss"."""
    return f"{player}_loss" if player else "loss"


def totalled(player, terms, variables):
    """Averages the terms, adds the networks' own regularisers, and puts the sum in front.

    Args:
        player: name of the player, "" where there is one only.
        terms: dict name -> tensor, one value per example or a scalar.
        variables: the player's Keras variables.

    Returns:
        Dict name -> scalar float32 tensor.
    """
    terms = {name: tf.reduce_mean(tf.cast(value, tf.float32)) for name, value in terms.items()}
    penalty = weight_penalty(variables)
    if penalty is not None:
        terms["_".join(filter(None, [player, "regularization"]))] = penalty
    return {total_name(player): tf.add_n(list(terms.values())), **terms}


def all_finite(gradients):
    """Whether every number of a nest of gradients is finite, as a scalar bool tensor; integers always are."""
    floats = [g for g in tf.nest.flatten(gradients) if g is not None and g.dtype.is_floating]
    checks = [tf.reduce_all(tf.math.is_finite(g)) for g in floats]
    return tf.reduce_all(tf.stack(checks)) if checks else tf.constant(True)


def norm(gradients):
    """Length of a gradient of the global batch, as one vector: sqrt(sum g^2).

    Args:
        gradients: one tensor for each variable, this replica's share of the sum; None where there is none.

    Returns:
        Scalar tensor, the same on every replica.
    """
    means = [replicas.mean(tf.convert_to_tensor(g)) for g in gradients if g is not None]
    return replicas.count() * tf.linalg.global_norm(means)


def agreed(gradients, variables, failed):
    """Gradients on which all replicas agree: zero where missing, and a NaN everywhere if any replica has one.

    A loss-scaling optimiser looks at the first replica only; the NaN tells it to lower its scale.
    """
    gradients = [
        tf.zeros_like(v.value) if g is None else tf.convert_to_tensor(g)  # A gathered row's is sparse.
        for g, v in zip(gradients, variables, strict=True)
    ]
    gradients[-1] += tf.cast(tf.where(failed, math.nan, 0.0), gradients[-1].dtype)
    return gradients


def minimize(model, moves):
    """Computes the players' losses on one tape, then moves each player down its own.

    Args:
        model: the `GenerativeModel`, which keeps the running means and the step's verdict.
        moves: one `Move` per player.

    Returns:
        Names of what was logged.
    """
    with tf.GradientTape(persistent=len(moves) > 1, watch_accessed_variables=False) as tape:
        tape.watch([v.value for move in moves for v in move.variables])
        terms = [move.terms() for move in moves]
        losses = [_scaled(move, own) for move, own in zip(moves, terms, strict=True)]
    pairs = list(zip(moves, losses, strict=True))
    gradients = [tape.gradient(loss, [v.value for v in move.variables]) for move, loss in pairs]
    failed = model.fail_if(replicas.any_replica(~all_finite(gradients)))
    watched = [move.diagnostics(own) for move, own in zip(moves, gradients, strict=True)]
    for move, own in zip(moves, gradients, strict=True):
        apply(move, agreed(own, move.variables, failed), failed)
    logged = {name: value for own in (*terms, *watched) for name, value in own.items()}
    model.terms.update(logged, tf.where(failed, 0.0, 1.0))
    return list(logged)


def _scaled(move, terms):
    """The loss as the optimiser takes it: its share of all replicas, and scaled in float16."""
    return move.optimizer.scale_loss(terms[move.total] / replicas.count())


def apply(move, gradients, failed):
    """Lets the optimiser move its variables, unless the step has failed.

    A loss-scaling optimiser sees the failed gradients too: it holds still by itself, and lowers its scale.
    """
    if loss_scale(move.optimizer):
        move.optimizer.apply(gradients, move.variables)
    else:
        moved = move.variables
        replicas.conditionally(~failed, lambda *own: move.optimizer.apply(list(own), moved), *gradients)


def exposed(model):
    """What changes before the step's last verdict: statistics, averages, and the players that move early."""
    early = [model.optimizers()[player] for player in model.early_movers()]
    networks = [n for player in model.early_movers() for n in model.players()[player]]
    weights = [v for network in networks for v in network.trainable_variables]
    slots = [v for optimizer in early for v in optimizer.variables]
    kept = {id(v) for v in (*model.bookkeeping(), *(v for optimizer in early for v in loss_scale(optimizer)))}
    statistics = [v for v in model.variables if not v.trainable]
    return [v for v in (*statistics, *weights, *slots) if id(v) not in kept]


def assign(variables, values):
    """Puts values back into variables."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def num_rows(x):
    """Rows of a batch: an integer where it is known, a scalar tensor elsewhere."""
    return x.shape[0] or tf.shape(x)[0]
