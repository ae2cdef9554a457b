"""The two players' losses, functions of the discriminator's logits or the critic's scores."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf
from keras import ops

from kgen import replicas
from kgen.errors import invalid, number_in, one_of


def real_cross_entropy(logits, smoothing=0.0):
    """Cross-entropy of "real" under a discriminator's logits.

    -(1 - s) log D - s log(1 - D) = softplus(-l) + s l, with D = sigmoid(l).

    Args:
        logits: float tensor of any shape.
        smoothing: one-sided label smoothing s in [0, 1): the target is 1 - s.

    Returns:
        Float tensor of the logits' shape, in nats.

    Example:

    >>> round(float(kgen.losses.real_cross_entropy(np.float32(0.0))), 4)
    0.6931

    Reference: Goodfellow 2014, eq. 1, arXiv 1406.2661; smoothing: Salimans 2016, 3.4, arXiv 1606.03498.
    """
    return ops.softplus(-logits) + smoothing * logits


def fake_cross_entropy(logits):
    """Cross-entropy of "fake" under a discriminator's logits.

    -log(1 - D) = softplus(l).

    Args:
        logits: float tensor of any shape.

    Returns:
        Float tensor of the logits' shape, in nats.

    Example:

    >>> round(float(kgen.losses.fake_cross_entropy(np.float32(0.0))), 4)
    0.6931

    Reference: Goodfellow 2014, eq. 1, arXiv 1406.2661.
    """
    return ops.softplus(logits)


def non_saturating(fake_logits):
    """The generator's loss that keeps its gradient when the discriminator wins.

    -log D(G(z)) = softplus(-l).

    Args:
        fake_logits: float tensor, the discriminator's logits of generated samples.

    Returns:
        Float tensor of the logits' shape, in nats.

    Example:

    >>> round(float(kgen.losses.non_saturating(np.float32(0.0))), 4)
    0.6931

    Reference: Goodfellow 2014, section 3, arXiv 1406.2661.
    """
    return ops.softplus(-fake_logits)


def minimax(fake_logits):
    """The generator's loss of the two-player game itself.

    log(1 - D(G(z))) = -softplus(l).

    Args:
        fake_logits: float tensor, the discriminator's logits of generated samples.

    Returns:
        Float tensor of the logits' shape, in nats (negative).

    Example:

    >>> round(float(kgen.losses.minimax(np.float32(0.0))), 4)
    -0.6931

    Reference: Goodfellow 2014, eq. 1, arXiv 1406.2661.
    """
    return -ops.softplus(fake_logits)


def least_squares_real(logits, smoothing=0.0):
    """Squared distance of real samples' outputs from the target "real".

    1/2 (l - (1 - s))^2.

    Args:
        logits: float tensor of any shape, outputs without a sigmoid.
        smoothing: one-sided label smoothing s in [0, 1): the target is 1 - s.

    Returns:
        Float tensor of the logits' shape.

    Example:

    >>> float(kgen.losses.least_squares_real(np.float32(3.0)))
    2.0

    Reference: Mao 2017, eq. 9, arXiv 1611.04076; smoothing: Salimans 2016, 3.4, arXiv 1606.03498.
    """
    return 0.5 * ops.square(logits - (1.0 - smoothing))


def least_squares_fake(logits):
    """Squared distance of generated samples' outputs from the target "fake".

    1/2 l^2.

    Args:
        logits: float tensor of any shape, outputs without a sigmoid.

    Returns:
        Float tensor of the logits' shape.

    Example:

    >>> float(kgen.losses.least_squares_fake(np.float32(3.0)))
    4.5

    Reference: Mao 2017, eq. 9, arXiv 1611.04076.
    """
    return 0.5 * ops.square(logits)


def least_squares_generator(fake_logits):
    """Squared distance of generated samples' outputs from the target "real".

    1/2 (l - 1)^2.

    Args:
        fake_logits: float tensor, the discriminator's outputs for generated samples.

    Returns:
        Float tensor of the logits' shape.

    Example:

    >>> float(kgen.losses.least_squares_generator(np.float32(-1.0)))
    2.0

    Reference: Mao 2017, eq. 9, arXiv 1611.04076.
    """
    return 0.5 * ops.square(fake_logits - 1.0)


def hinge_real(logits):
    """What real samples' outputs lack of the margin 1.

    max(0, 1 - l).

    Args:
        logits: float tensor of any shape.

    Returns:
        Float tensor of the logits' shape.

    Example:

    >>> float(kgen.losses.hinge_real(np.float32(-1.0)))
    2.0

    Reference: Miyato 2018, eq. 16, arXiv 1802.05957; Lim & Ye 2017, arXiv 1705.02894.
    """
    return ops.relu(1.0 - logits)


def hinge_fake(logits):
    """What generated samples' outputs lack of the margin -1.

    max(0, 1 + l).

    Args:
        logits: float tensor of any shape.

    Returns:
        Float tensor of the logits' shape.

    Example:

    >>> float(kgen.losses.hinge_fake(np.float32(1.5)))
    2.5

    Reference: Miyato 2018, eq. 16, arXiv 1802.05957; Lim & Ye 2017, arXiv 1705.02894.
    """
    return ops.relu(1.0 + logits)


def hinge_generator(fake_logits):
    """The generator's part of the hinge game.

    -l.

    Args:
        fake_logits: float tensor, the discriminator's outputs for generated samples.

    Returns:
        Float tensor of the logits' shape.

    Example:

    >>> float(kgen.losses.hinge_generator(np.float32(3.0)))
    -3.0

    Reference: Miyato 2018, eq. 17, arXiv 1802.05957; Lim & Ye 2017, arXiv 1705.02894.
    """
    return -fake_logits


def wasserstein_real(scores):
    """The critic's loss on real samples.

    -f(x); with `wasserstein_fake` the mean is -(E f(x) - E f(G(z))), minus the estimated distance.

    Args:
        scores: float tensor of any shape, the critic's scores f.

    Returns:
        Float tensor of the scores' shape.

    Example:

    >>> float(kgen.losses.wasserstein_real(np.float32(3.0)))
    -3.0

    Reference: Arjovsky 2017, eq. 3, arXiv 1701.07875.
    """
    return -scores


def wasserstein_fake(scores):
    """The critic's loss on generated samples.

    f(G(z)).

    Args:
        scores: float tensor of any shape, the critic's scores f.

    Returns:
        Float tensor of the scores' shape.

    Example:

    >>> float(kgen.losses.wasserstein_fake(np.float32(3.0)))
    3.0

    Reference: Arjovsky 2017, eq. 3, arXiv 1701.07875.
    """
    return scores


def wasserstein_generator(fake_scores):
    """The generator's loss under a critic.

    -f(G(z)).

    Args:
        fake_scores: float tensor, the critic's scores of generated samples.

    Returns:
        Float tensor of the scores' shape.

    Example:

    >>> float(kgen.losses.wasserstein_generator(np.float32(3.0)))
    -3.0

    Reference: Arjovsky 2017, theorem 3, arXiv 1701.07875.
    """
    return -fake_scores


class AdversarialLoss(NamedTuple):
    """The terms of both players, and what the discriminator's output says: None where it has no scale.

    Example:

    >>> hinge, logit = kgen.losses.formula("hinge"), np.float32(0.5)
    >>> [float(term(logit)) for term in (hinge.real, hinge.fake, hinge.generator)]
    [0.5, 1.5, -0.5]
    >>> print(kgen.losses.formula("wasserstein").probability)
    None
    """

    real: Callable
    fake: Callable
    generator: Callable
    probability: Callable | None


def _clipped(logits):
    return ops.clip(logits, 0.0, 1.0)


ADVERSARIAL = {
    "non_saturating": AdversarialLoss(real_cross_entropy, fake_cross_entropy, non_saturating, ops.sigmoid),
    "minimax": AdversarialLoss(real_cross_entropy, fake_cross_entropy, minimax, ops.sigmoid),
    "least_squares": AdversarialLoss(
        least_squares_real, least_squares_fake, least_squares_generator, _clipped
    ),
    "hinge": AdversarialLoss(hinge_real, hinge_fake, hinge_generator, ops.sigmoid),
    "wasserstein": AdversarialLoss(wasserstein_real, wasserstein_fake, wasserstein_generator, None),
}
SMOOTHED = ("non_saturating", "minimax", "least_squares")


def formula(loss, label_smoothing=0.0):
    """The terms that a loss's name stands for.

    Args:
        loss: a key of `ADVERSARIAL`.
        label_smoothing: one-sided; the target of real examples is 1 - label_smoothing, in [0, 1).

    Returns:
        An `AdversarialLoss`: functions `real`, `fake` and `generator` of logits, and `probability`, the
        probability "real" of logits, or None.

    Raises:
        ValueError: another name, or smoothing where the loss has no target.

    Example:

    >>> float(kgen.losses.formula("hinge").real(np.float32(0.25)))
    0.75
    """
    one_of("loss", loss, tuple(ADVERSARIAL))
    number_in("label_smoothing", label_smoothing, 0, 1)
    chosen = ADVERSARIAL[loss]
    if not label_smoothing:
        return chosen
    if loss not in SMOOTHED:
        raise invalid(
            "label_smoothing", f"0 where loss={loss!r}, which has no target", label_smoothing=label_smoothing
        )
    return chosen._replace(real=lambda logits: chosen.real(logits, label_smoothing))


def top_k_weights(scores, share):
    """Weights that let the generator learn from its best samples only.

    B / k for the k = max(1, ceil(share B)) highest scores, 0 elsewhere, so that the mean of weighted losses
    is their mean over these k. B is the batch of all replicas; of equal scores the earlier row counts as higher.

    Args:
        scores: float tensor [batch] or [batch, 1], of generated samples.
        share: share of the batch that is kept, in (0, 1], a number or a scalar tensor.

    Returns:
        float32 tensor of the scores' shape, without a gradient.

    Example:

    >>> kgen.losses.top_k_weights(np.array([0.1, 3.0, -1.0, 2.0], "float32"), 0.5).numpy().tolist()
    [0.0, 2.0, 0.0, 2.0]

    Reference: Sinha 2020, section 3, arXiv 2002.06224.
    """
    own = tf.stop_gradient(tf.reshape(scores, [-1]))  # [batch]
    every, first = replicas.gathered(own)  # [B]
    size = tf.cast(tf.shape(every)[0], tf.float32)
    k = tf.maximum(1.0, tf.math.ceil(share * (1 - 1e-6) * size))  # 0.15 x 100 rounds to above 15.
    return tf.reshape(tf.where(_ranks(own, every, first) < k, size / k, 0.0), tf.shape(scores))


def _ranks(own, every, first):
    """How many scores stand before each of one's own, which begin at row `first`, [batch]."""
    position = first + tf.range(tf.shape(own)[0])
    earlier = tf.range(tf.shape(every)[0]) < position[:, None]  # [batch, B]
    before = (every > own[:, None]) | ((every == own[:, None]) & earlier)
    return tf.reduce_sum(tf.cast(before, tf.float32), axis=1)
