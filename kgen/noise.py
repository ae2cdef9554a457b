"""Counter-based noise: every sample's randomness is a function of its own seed.

TensorFlow's stateless generators give other numbers under XLA and tie a row to the batch it travels in.
Threefry2x32-20 written in integer operations gives the same numbers everywhere.

Reference: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.2.
"""

import contextlib
import math
import threading

import tensorflow as tf

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA
_active = threading.local()


def threefry2x32(key, counter):
    """Encrypts counters with keys: 20 rounds of Threefry2x32.

    Args:
        key: pair of uint32 tensors.
        counter: pair of uint32 tensors that broadcast against the keys.

    Returns:
        Pair of uint32 tensors of independent uniform bits.

    Example:

    >>> zero = tf.constant(0, tf.uint32)
    >>> [hex(int(word)) for word in kgen.noise.threefry2x32((zero, zero), (zero, zero))]
    ['0x6b200159', '0x99ba4efe']

    Reference: Salmon et al. 2011, section 3.2; the example is the known answer of Random123.
    """
    shape = tf.broadcast_static_shape(key[0].shape, counter[0].shape)
    return tuple(tf.ensure_shape(word, shape) for word in _rounds(*key, *counter))


@tf.function(input_signature=[tf.TensorSpec(None, tf.uint32)] * 4, autograph=False)
def _rounds(first, second, x, y):
    """Traced once in a process: every draw would else add 160 operations to a graph."""
    parity = tf.constant(PARITY, tf.uint32)
    keys = (first, second, tf.bitwise.bitwise_xor(tf.bitwise.bitwise_xor(first, second), parity))
    x, y = x + keys[0], y + keys[1]
    for block in range(5):
        for rotation in ROTATIONS[block % 2]:
            x = x + y
            y = tf.bitwise.bitwise_xor(_rotate_left(y, rotation), x)
        x = x + keys[(block + 1) % 3]
        y = y + keys[(block + 2) % 3] + tf.constant(block + 1, tf.uint32)
    return x, y


def _rotate_left(x, bits):
    left = tf.bitwise.left_shift(x, tf.constant(bits, tf.uint32))
    right = tf.bitwise.right_shift(x, tf.constant(32 - bits, tf.uint32))
    return tf.bitwise.bitwise_or(left, right)


def rows(seed, num_rows, start=0):
    """Row seeds [seed, start + i].

    Args:
        seed: integer in [0, 2**31).
        num_rows: number of rows, an integer or a scalar tensor.
        start: index of the first row.

    Returns:
        int32 tensor [num_rows, 2].

    Example:

    >>> kgen.noise.rows(7, 2).numpy().tolist()
    [[7, 0], [7, 1]]
    """
    index = tf.cast(start, tf.int32) + tf.range(num_rows, dtype=tf.int32)
    return tf.stack([tf.broadcast_to(tf.cast(seed, tf.int32), tf.shape(index)), index], axis=1)


def fold(seeds, data):
    """New row seeds, an independent stream for every value of `data`.

    Args:
        seeds: int32 row seeds [batch, 2].
        data: integer, or integer tensor [batch].

    Returns:
        int32 row seeds [batch, 2].

    Example:

    >>> seeds = kgen.noise.rows(7, 2)
    >>> bool(tf.reduce_any(kgen.noise.fold(seeds, 1) == kgen.noise.fold(seeds, 2)))
    False
    """
    key = _key(seeds)
    data = tf.cast(data, tf.uint32) + tf.zeros_like(key[0])
    return tf.stack([tf.cast(word, tf.int32) for word in threefry2x32(key, (data, tf.ones_like(data)))], 1)


def spread(seeds, num_rows):
    """Row seeds for a batch that holds each row several times in succession, or every m-th row or pack only.

    Args:
        seeds: int32 row seeds [batch, 2].
        num_rows: rows wanted, batch times k or ceil(batch / m).

    Returns:
        int32 row seeds [num_rows, 2]; the seeds themselves where k is 1, every m-th of them where there are
        fewer rows than seeds.

    Example:

    >>> seeds = kgen.noise.rows(7, 4)
    >>> kgen.noise.spread(seeds, 8).shape
    TensorShape([8, 2])
    >>> kgen.noise.spread(seeds, 2).numpy().tolist()
    [[7, 0], [7, 2]]
    """
    if num_rows == seeds.shape[0]:
        return seeds
    m = -(-tf.shape(seeds)[0] // tf.maximum(num_rows, 1))
    seeds = tf.reshape(seeds[:: tf.maximum(m, 1)], [-1, 2])
    k = num_rows // tf.shape(seeds)[0]
    repeated = tf.repeat(seeds, k, axis=0)
    return tf.where(k > 1, fold(repeated, tf.range(num_rows) % k), repeated)


def bits(seeds, num_words):
    """Uniform 32-bit words, each a function of its row seed and its position.

    Args:
        seeds: int32 row seeds [batch, 2].
        num_words: words per row.

    Returns:
        uint32 tensor [batch, num_words].

    Example:

    >>> [hex(word) for word in kgen.noise.bits(kgen.noise.rows(0, 1), 2).numpy()[0]]
    ['0x6b200159', '0x99ba4efe']
    """
    key = [word[:, None] for word in _key(seeds)]
    counter = tf.range((num_words + 1) // 2, dtype=tf.int32)[None]
    words = threefry2x32(key, (tf.cast(counter, tf.uint32), tf.constant(0, tf.uint32)))
    return tf.concat(words, axis=1)[:, :num_words]


def uniform(seeds, shape):
    """Uniform numbers in [0, 1).

    Args:
        seeds: int32 row seeds [batch, 2].
        shape: shape of one row's numbers.

    Returns:
        float32 tensor [batch, *shape].

    Example:

    >>> kgen.noise.uniform(kgen.noise.rows(1, 4), (3,)).shape
    TensorShape([4, 3])
    """
    return _shaped(_unit(bits(seeds, math.prod(shape))), shape)


def normal(seeds, shape):
    """Standard normal numbers, by the Box-Muller transform.

    z1, z2 = sqrt(-2 ln u) (cos 2 pi v, sin 2 pi v), with u in (0, 1] and v in [0, 1).

    Args:
        seeds: int32 row seeds [batch, 2].
        shape: shape of one row's numbers.

    Returns:
        float32 tensor [batch, *shape].

    Example:

    >>> z = kgen.noise.normal(kgen.noise.rows(1, 4), (3,))
    >>> bool(tf.reduce_all(z[2:] == kgen.noise.normal(kgen.noise.rows(1, 2, start=2), (3,))))
    True

    Reference: Box & Muller 1958.
    """
    size = math.prod(shape)
    u, v = tf.split(_unit(bits(seeds, 2 * ((size + 1) // 2))), 2, axis=1)
    radius = tf.sqrt(-2.0 * tf.math.log(1.0 - u))
    z = tf.concat([radius * tf.cos(2 * math.pi * v), radius * tf.sin(2 * math.pi * v)], axis=1)
    return _shaped(z[:, :size], shape)


def keep_mask(seeds, shape, rate):
    """Mask that keeps each element with probability 1 - rate, to 16 bits.

    A cheap hash serves here instead of Threefry: dropout draws a number per activation.

    Args:
        seeds: int32 row seeds [batch, 2].
        shape: shape of one row.
        rate: share dropped, in [0, 1).

    Returns:
        bool tensor [batch, *shape].

    Example:

    >>> kept = kgen.noise.keep_mask(kgen.noise.rows(1, 4), (1000,), rate=0.25)
    >>> 0.7 < float(tf.reduce_mean(tf.cast(kept, tf.float32))) < 0.8
    True

    Reference: "lowbias32", C. Wellons' search for 32-bit hash functions of low bias.
    """
    size = math.prod(shape)
    words = _hashed(seeds, (size + 1) // 2)
    halves = tf.reshape(tf.bitcast(words, tf.uint16), [tf.shape(seeds)[0], 2 * ((size + 1) // 2)])
    return _shaped(halves[:, :size] >= tf.constant(min(round(rate * 65536), 65535), tf.uint16), shape)


def quick_normal(seeds, shape):
    """Standard normal numbers by the inverse of their distribution function, to 23 bits.

    sqrt(2) erfinv(2 u - 1), with u in (0, 1), so that no number is beyond 5.3.

    The cheap hash of `keep_mask` serves here too: layers that add noise draw a number per activation.

    Args:
        seeds: int32 row seeds [batch, 2].
        shape: shape of one row's numbers.

    Returns:
        float32 tensor [batch, *shape].

    Example:

    >>> kgen.noise.quick_normal(kgen.noise.rows(1, 4), (3,)).shape
    TensorShape([4, 3])
    """
    return math.sqrt(2) * tf.math.erfinv(2.0 * quick_uniform(seeds, shape) - 1.0)


def quick_uniform(seeds, shape):
    """Uniform numbers in (0, 1), to 23 bits, by the cheap hash of `keep_mask`.

    Args:
        seeds: int32 row seeds [batch, 2].
        shape: shape of one row's numbers.

    Returns:
        float32 tensor [batch, *shape].

    Example:

    >>> kgen.noise.quick_uniform(kgen.noise.rows(1, 4), (3,)).shape
    TensorShape([4, 3])
    """
    words = tf.bitwise.right_shift(_hashed(seeds, math.prod(shape)), tf.constant(9, tf.uint32))
    odd = 2.0 * tf.cast(words, tf.float32) + 1.0
    return _shaped(odd * 2.0**-24, shape)


def _hashed(seeds, num_words):
    """Words [batch, num_words], uint32, of a cheap hash of (row seed, position)."""
    first, second = [word[:, None] for word in _key(fold(seeds, 0))]
    position = tf.cast(tf.range(num_words, dtype=tf.int32)[None], tf.uint32)
    return _lowbias32(position * tf.constant(0x9E3779B9, tf.uint32) + first) + second


def _lowbias32(x):
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = tf.bitwise.bitwise_xor(x, tf.bitwise.right_shift(x, tf.constant(shift, tf.uint32)))
        x = x * tf.constant(factor, tf.uint32)
    return tf.bitwise.bitwise_xor(x, tf.bitwise.right_shift(x, tf.constant(16, tf.uint32)))


def _key(seeds):
    """Two words per row; a cast of two's complement keeps all bits and, unlike a bitcast, converts to ONNX."""
    return [tf.cast(word, tf.uint32) for word in tf.unstack(tf.cast(seeds, tf.int32), axis=1)]


def _unit(words):
    """The upper 24 bits as a float32 in [0, 1)."""
    upper = tf.bitwise.right_shift(words, tf.constant(8, tf.uint32))
    return tf.cast(upper, tf.float32) * 2.0**-24


def _shaped(x, shape):
    return tf.reshape(x, [-1, *shape])


class Stream:
    """The noise of one step: each draw has its own number, in the order of the program.

    Example:

    >>> drawn = kgen.noise.Stream(kgen.noise.rows(7, 4))
    >>> first, second = drawn.next(), drawn.next()
    >>> bool(tf.reduce_any(first == second)), drawn.draws
    (False, 2)
    >>> with drawn.narrowed(slice(0, 2)):
    ...     drawn.next().shape
    TensorShape([2, 2])
    """

    def __init__(self, seeds, draws=0):
        self.seeds = seeds
        self.draws = draws

    def next(self):
        """Row seeds [batch, 2] of the next draw."""
        self.draws += 1
        return fold(self.seeds, self.draws)

    @contextlib.contextmanager
    def narrowed(self, rows):
        """Makes a part of the batch, a slice of its rows, the batch of the draws inside."""
        whole, self.seeds = self.seeds, self.seeds[rows]
        try:
            yield
        finally:
            self.seeds = whole


@contextlib.contextmanager
def stream(seed, step, batch, start=0):
    """Makes f(seed, step, row of the global batch) the noise of everything inside.

    Args:
        seed: integer of the run.
        step: integer scalar tensor, the number of the training step.
        batch: rows on this replica; every replica must have as many.
        start: index of the global batch's first row.

    Yields:
        A `Stream`; layers inside reach it by `current()`.

    Example:

    >>> with kgen.noise.stream(seed=0, step=3, batch=2, start=2) as second_half:
    ...     half = second_half.next()
    >>> with kgen.noise.stream(seed=0, step=3, batch=4) as whole:
    ...     bool(tf.reduce_all(whole.next()[2:] == half))
    True
    """
    replica = tf.distribute.get_replica_context()
    start = tf.cast(start, tf.int32) + (replica.replica_id_in_sync_group * batch if replica else 0)
    keys = tf.broadcast_to(tf.stack([tf.cast(seed, tf.int32), tf.cast(step, tf.int32)])[None], [batch, 2])
    with drawing_from(Stream(fold(keys, tf.range(batch) + start))) as made:
        yield made


@contextlib.contextmanager
def drawing_from(stream):
    """Makes a stream the one that `current` gives; a thread of its own needs it to go on with its caller's.

    Args:
        stream: a `Stream`.

    Yields:
        The stream.

    Example:

    >>> own = kgen.noise.Stream(kgen.noise.rows(7, 2))
    >>> with kgen.noise.drawing_from(own):
    ...     kgen.noise.current() is own
    True
    """
    previous, _active.stream = current(), stream
    try:
        yield stream
    finally:
        _active.stream = previous


def current():
    """The stream of the step that is being computed, or None outside a step.

    Example:

    >>> with kgen.noise.stream(seed=0, step=0, batch=2) as inside:
    ...     kgen.noise.current() is inside
    True
    >>> kgen.noise.current() is None
    True
    """
    return getattr(_active, "stream", None)
