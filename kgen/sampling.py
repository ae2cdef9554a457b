"""Rules by which a token is drawn from logits: temperature, the k likeliest, the nucleus, the inverse CDF."""

import math

import tensorflow as tf


def draw(logits, uniform, temperature, top_k, top_p):
    """Draws a token of each row, by the temperature first, then among the k likeliest, then in the nucleus.

    Args:
        logits: float [batch, V]; V is known. -inf is never drawn.
        uniform: float32 [batch] in [0, 1).
        temperature: float32 [batch]; 0 and below take the likeliest token, of equal ones the first.
        top_k: int32 [batch]; V and above leave nothing out.
        top_p: float32 [batch] in (0, 1]; 1 leaves nothing out.

    Returns:
        int32 tensor [batch] in 0..V - 1.

    Example:

    >>> logits, one = tf.constant([[1.0, 3.0, 2.0]] * 2), tf.ones(2)
    >>> kgen.sampling.draw(logits, 0.9 * one, [0.0, 1.0], tf.constant([3, 2]), one).numpy().tolist()
    [1, 2]
    """
    temperature = tf.cast(temperature, logits.dtype)
    scaled = tempered(logits, tf.where(temperature > 0, temperature, tf.ones_like(temperature)))
    limited = tf.reduce_any((top_k < logits.shape[1]) | (top_p < 1.0))
    kept = tf.cond(limited, lambda: narrowed(scaled, top_k, top_p), lambda: scaled)
    greedy = tf.argmax(logits, axis=1, output_type=tf.int32)
    return tf.where(temperature > 0, inverse_cdf(kept, uniform), greedy)


def tempered(logits, temperature):
    """Logits whose softmax is p^(1 / T), normalised: a lower temperature prefers the likely.

    Args:
        logits: float [batch, V].
        temperature: float [batch], positive.

    Returns:
        Float tensor [batch, V].

    Example:

    >>> logits = tf.math.log([[0.2, 0.8]] * 2)
    >>> colder = kgen.sampling.tempered(logits, tf.constant([1.0, 0.5]))
    >>> [[round(p, 3) for p in row] for row in tf.nn.softmax(colder).numpy().tolist()]
    [[0.2, 0.8], [0.059, 0.941]]

    Reference: Ackley, Hinton & Sejnowski 1985, eq. 4.
    """
    return logits / temperature[:, None]


def narrowed(logits, top_k, top_p):
    """Logits of the k likeliest classes, and of these the fewest that have probability p or more together.

    The others become -inf. Classes as likely as the last one are kept too, and so is always the likeliest.

    Args:
        logits: float [batch, V]; V is known.
        top_k: int32 [batch], positive; V and above leave nothing out.
        top_p: float32 [batch] in (0, 1]; 1 leaves nothing out.

    Returns:
        Float tensor [batch, V].

    Example:

    >>> logits = tf.math.log([[0.2, 0.5, 0.3]] * 2)
    >>> kept = kgen.sampling.narrowed(logits, tf.constant([1, 3]), tf.constant([1.0, 0.6]))
    >>> (kept > -9).numpy().tolist()
    [[False, True, False], [False, True, True]]

    Reference: Fan et al. 2018, section 5.2, arXiv 1805.04833 (k); Holtzman et al. 2020, eq. 2 and 3, arXiv
    1904.09751 (the nucleus).
    """
    ordered = tf.sort(logits, axis=1, direction="DESCENDING")
    last = tf.gather(ordered, tf.minimum(top_k, logits.shape[1]) - 1, batch_dims=1)
    ordered = _at_least(ordered, last)
    before = tf.cumsum(tf.nn.softmax(ordered, axis=1), axis=1, exclusive=True)
    inside = (before < tf.cast(top_p, logits.dtype)[:, None]) | (top_p[:, None] >= 1.0)
    inside &= tf.math.is_finite(ordered)
    return _at_least(logits, tf.reduce_min(tf.where(inside, ordered, logits.dtype.max), axis=1))


def _at_least(logits, least):
    return tf.where(logits >= least[:, None], logits, tf.cast(-math.inf, logits.dtype))


def inverse_cdf(logits, uniform):
    """Draws a class of each row by the inverse of its distribution function.

    min {k: sum_{j <= k} softmax(l)_j > u}, found among blocks of classes and then inside one block. A class of
    probability 0 is never drawn. The blocks have about sqrt(V) classes.

    Args:
        logits: float [batch, V]; V is known.
        uniform: float32 [batch] in [0, 1).

    Returns:
        int32 tensor [batch] in 0..V - 1.

    Example:

    >>> logits = np.log([[0.2, 0.3, 0.5]] * 4).astype("float32")
    >>> kgen.sampling.inverse_cdf(logits, [0.1, 0.25, 0.55, 0.99]).numpy().tolist()
    [0, 1, 2, 2]

    Reference: Devroye 1986, "Non-uniform random variate generation", section III.2.
    """
    logits, size = tf.convert_to_tensor(logits), _block(logits.shape[1])
    shares = tf.exp(tf.cast(logits - tf.reduce_max(logits, axis=1, keepdims=True), tf.float32))
    shares = tf.pad(shares, [[0, 0], [0, -logits.shape[1] % size]])
    shares = tf.reshape(shares, [-1, shares.shape[1] // size, size])  # [batch, blocks, size]
    blocks = tf.reduce_sum(shares, axis=2)
    block, rest = _first_above(blocks, uniform * tf.reduce_sum(blocks, axis=1))
    inside, _ = _first_above(tf.gather(shares, block, batch_dims=1), rest)
    return block * size + inside


def _block(num_classes):
    """Classes of a block: about sqrt(V), and a divisor of V where one is near, which spares a copy."""
    root = math.ceil(math.sqrt(num_classes))
    return next((size for size in range(root, 2 * root) if num_classes % size == 0), root)


def _first_above(shares, target):
    """Index [batch] of the first running sum above a target, and what the sum before it leaves of that."""
    sums = tf.cumsum(shares, axis=1)
    target = tf.minimum(target, sums[:, -1] * (1 - 2.0**-23))  # Rounding may lift it to the last sum.
    index = tf.reduce_sum(tf.cast(sums <= target[:, None], tf.int32), axis=1)
    before = tf.gather(tf.pad(sums, [[0, 0], [1, 0]]), index, batch_dims=1)
    return index, target - before
