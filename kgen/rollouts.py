"""Sequences that a policy writes token by token, and what each of its choices is worth.

A policy is a function `act(place, token, state)` that reads a token [batch] and gives the token of the place behind it
and its new state, a nest of tensors [batch, ...].
"""

import tensorflow as tf

from kgen import noise
from kgen.sampling import inverse_cdf


def policy(step, seeds, end=None, padding=0):
    """The policy that draws from a network's probabilities: row i of place t by (seeds[i], t) alone.

    Args:
        step: function of (token [batch], state) to (logits [batch, V], state).
        seeds: int32 row seeds [batch, 2].
        end: id behind which there is only padding, or None.
        padding: id of padding.

    Returns:
        `act(place, token, state)`.

    Example:

    >>> step = lambda token, state: (-99.0 * tf.one_hot(token, 2), state)  # 0 and 1 take turns.
    >>> act = kgen.rollouts.policy(step, kgen.noise.rows(7, 2))
    >>> kgen.rollouts.written(act, tf.constant([0, 1]), (), 4)[0].numpy().tolist()
    [[1, 0, 1, 0], [0, 1, 0, 1]]
    """

    def act(place, token, state):
        logits, state = step(token, state)
        drawn = inverse_cdf(logits, noise.uniform(noise.fold(seeds, place), (1,))[:, 0])
        if end is not None:
            drawn = tf.where((token == end) | (token == padding), padding, drawn)
        return drawn, state

    return act


def written(act, start, state, length):
    """Sequences from their beginning, and the policy's states on the way.

    Args:
        act: the policy.
        start: int32 [batch], the tokens before the first.
        state: nest of tensors [batch, ...] before it reads the start.
        length: T.

    Returns:
        Tokens, int32 [batch, T], and states, tensors [T, batch, ...]: the t-th is what the policy has read before the
        t-th token, which it reads next.
    """

    def proceed(t, token, state, tokens, states):
        token, state = act(t, token, state)
        states = [array.write(t, part) for array, part in zip(states, tf.nest.flatten(state), strict=True)]
        return t + 1, token, state, tokens.write(t, token), states

    states = [_array(part, length) for part in tf.nest.flatten(state)]
    first = (tf.constant(0), start, state, _array(start, length), states)
    *_, tokens, states = tf.while_loop(lambda t, *_: t < length, proceed, first)
    stacked = tf.nest.pack_sequence_as(state, [array.stack() for array in states])
    return tf.transpose(tokens.stack()), stacked


def completed(act, tokens, state, known):
    """Sequences that begin like others and go on as the policy draws.

    Args:
        act: the policy.
        tokens: int32 [batch, T], T is known.
        state: nest of tensors [batch, ...], as `written` gives it for the last known token.
        known: how many tokens stay as they are, an integer or a scalar tensor, at least 1.

    Returns:
        int32 tensor [batch, T].
    """
    length = tokens.shape[1]

    def proceed(t, token, state, tokens):
        token, state = act(t, token, state)
        return t + 1, token, state, tf.where(tf.range(length) == t, token[:, None], tokens)

    first = (tf.convert_to_tensor(known), tokens[:, known - 1], state, tokens)
    return tf.while_loop(lambda t, *_: t < length, proceed, first)[-1]


def action_values(tokens, states, complete, judge, rollouts):
    """What each token is worth: the mean reward of sequences that go on from it.

    Q(t) = 1/N sum_n r(Y_n), where Y_n begins with y_1 ... y_t; Q(T) = r(y_1 ... y_T).

    All roll-outs of a length are drawn as one batch, of N rows for each sequence, from states that are not computed
    again; they are judged as N batches, which fit into a processor's cache.

    Args:
        tokens: int32 [batch, T], T is known.
        states: of the policy that completes, as `written` gives them.
        complete: function of (tokens [N batch, T], state, t) to sequences whose first t tokens are the same.
        judge: function of sequences [batch, T] to rewards float32 [batch].
        rollouts: N.

    Returns:
        float32 tensor [batch, T].

    Example:

    >>> complete = lambda tokens, state, t: tf.where(tf.range(3) < t, tokens, 0)
    >>> judge = lambda tokens: tf.reduce_sum(tf.cast(tokens, tf.float32), axis=1)
    >>> kgen.rollouts.action_values(tf.constant([[1, 2, 4]]), (), complete, judge, 2).numpy().tolist()
    [[1.0, 3.0, 7.0]]

    Reference: Yu et al. 2017, eq. 4, arXiv 1609.05473.
    """

    def value(t):
        state = tf.nest.map_structure(lambda part: tf.repeat(part[t - 1], rollouts, axis=0), states)
        drawn = complete(tf.repeat(tokens, rollouts, axis=0), state, t)
        parts = tf.transpose(tf.reshape(drawn, [-1, rollouts, tokens.shape[1]]), [1, 0, 2])
        return tf.reduce_mean(_one_by_one(judge, parts), axis=0)

    last = judge(tokens)
    if tokens.shape[1] == 1:
        return last[:, None]
    lengths = tf.range(1, tokens.shape[1])
    return tf.concat([tf.transpose(_one_by_one(value, lengths)), last[:, None]], axis=1)


def _one_by_one(function, items):
    """A function's float32 results for items [n, ...], stacked."""
    return tf.map_fn(function, items, parallel_iterations=1, fn_output_signature=tf.float32)


def _array(part, length):
    return tf.TensorArray(part.dtype, length, element_shape=part.shape)
