"""What steadies two players, as terms of their losses: penalties on D's gradient, feature matching, and others.

A penalty is taken at D's own input, behind augmentation and packing, in the same training mode as the scores.
"""

import keras
import tensorflow as tf

from kgen import losses, networks, noise
from kgen.errors import invalid, number_in, one_of
from kgen.layers import MinibatchDiscrimination, SpectralNormalization

DECAY_STEPS = 100  # Steps for which a share is multiplied once by `top_k_decay`.


def discriminator_terms(model, game):
    """The terms that a model's options add to the discriminator's loss.

    Args:
        model: the `AdversarialModel`.
        game: the `Game` that both players look at.

    Returns:
        Dict name -> weighted term.
    """
    terms = {}
    if model.penalty:
        terms["penalty"] = model.penalty_weight * PENALTIES[model.penalty](game)
    return terms | _history(model, "discriminator")


def generator_terms(model, game):
    """The terms that a model's options add to the generator's loss; see `discriminator_terms`."""
    terms = {}
    if model.feature_matching:
        real, fake = tf.stop_gradient(game.real_reading["features"]), game.fake_reading["features"]
        terms["feature_loss"] = model.feature_matching * losses.feature_matching(real, fake)
    return terms | _history(model, "generator")


def _history(model, player):
    if not model.historical_averaging:
        return {}
    distance = losses.historical_average(model.trained(player), model.histories[player])
    return {f"{player}_history": model.historical_averaging * distance}


def _between(game, one_sided=False):
    alpha = _alpha(game)
    return losses.gradient_penalty(game.score, game.real_view, game.fake_view, alpha, one_sided=one_sided)


def _r1(game):
    return losses.r1_penalty(game.score, game.real_view)


def _dragan(game):
    uniform = noise.uniform(_rows(game), tuple(game.real_view.shape[1:]))
    points = losses.dragan_points(game.real_view, uniform, _alpha(game))
    return tf.square(losses.gradient_norm(game.score, points) - 1.0)


def _alpha(game):
    """One uniform number per sample, or pack of samples."""
    return noise.uniform(_rows(game), (1,) * (len(game.real_view.shape) - 1))


def _rows(game):
    return noise.current().next()[:: game.model.packing]


PENALTIES = {
    "gradient": _between,
    "one_sided": lambda game: _between(game, one_sided=True),
    "r1": _r1,
    "dragan": _dragan,
}


def top_k(model, game, terms):
    """Leaves only the fakes that D takes for the best in the generator's loss.

    The share falls from 1 to `model.top_k` by a factor `top_k_decay` per hundred steps.

    Args:
        model: the `AdversarialModel`.
        game: the `Game`.
        terms: dict name -> one value per example.

    Returns:
        The terms, weighted.

    Reference: Sinha 2020, section 3, arXiv 2002.06224.
    """
    if model.top_k is None or not game.training:
        return terms
    steps = tf.cast(tf.convert_to_tensor(model.step), tf.float32)
    share = tf.maximum(model.top_k, model.top_k_decay ** (steps / DECAY_STEPS))
    weights = losses.top_k_weights(tf.reshape(tf.stop_gradient(game.fake_logits), [-1]), share)
    return {name: tf.reshape(value, [-1]) * weights for name, value in terms.items()}


def check(model):
    """Checks the options of a model against its networks.

    Args:
        model: the `AdversarialModel`, its networks built.

    Raises:
        ValueError: options that are out of range, or mean nothing together.
    """
    if model.penalty is not None:
        one_of("penalty", model.penalty, tuple(PENALTIES))
        _check_no_batch_statistics(model)
    _check_built_in(model, "spectral_normalization", SpectralNormalization)
    _check_built_in(model, "minibatch_discrimination", MinibatchDiscrimination)
    for name in ("penalty_weight", "feature_matching", "historical_averaging"):
        number_in(name, getattr(model, name), 0, float("inf"))
    if model.top_k is not None:
        _check_share("top_k", model.top_k)
    _check_share("top_k_decay", model.top_k_decay)


def _check_share(name, value):
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not 0 < value <= 1:
        raise invalid(name, "a number in (0, 1]", **{name: value})


def _check_no_batch_statistics(model):
    layers = model.discriminator._flatten_layers()
    if any(isinstance(layer, (keras.layers.BatchNormalization, MinibatchDiscrimination)) for layer in layers):
        raise invalid(
            "penalty",
            "a discriminator without batch normalization or minibatch discrimination, since a penalty looks at "
            'each sample\'s own gradient (normalization="layer" or "instance", or None)',
            penalty=model.penalty,
        )


def _check_built_in(model, name, kind):
    """An option that shapes D needs a D that has the layer: kgen's own has, a user's may."""
    if getattr(model, name) and not any(isinstance(e, kind) for e in model.discriminator._flatten_layers()):
        expected = f"nothing beside a discriminator of your own, unless it holds kgen.layers.{kind.__name__}"
        raise invalid(name, expected, **{name: getattr(model, name)})


def reader(discriminator):
    """The discriminator with a second output: what its last layer with weights reads.

    Args:
        discriminator: a `keras.Sequential` or functional `keras.Model`.

    Returns:
        A `keras.Model` that shares the layers: [batch, ...] to (output, features).
    """
    last = [layer for layer in discriminator.layers if layer.weights][-1]
    return networks.with_features(discriminator, last.input)
