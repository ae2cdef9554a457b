"""Continues rows of tokens, one token after the other, in one loop."""

import tensorflow as tf


def continued(step, state, start, prompt, known, last, total, choose, end=None):
    """Rows that begin with a prompt and go on as they are drawn.

    A row ends behind its end token, or with its last place; what comes of it depends on no other row.

    Args:
        step: function of (token [batch], state) to (logits [batch, V], state).
        state: nest of tensors before the start.
        start: id of the token before the first.
        prompt: int32 [batch, P], filled up at the end of shorter ones.
        known: int32 [batch], how many tokens each prompt has.
        last: int32 [batch], how many tokens each row has at most, prompt included.
        total: the largest of these, an integer or a scalar tensor.
        choose: function of (place, logits [batch, V]) to tokens, int32 [batch]; the first place is 0.
        end: id after which a row ends, or None.

    Returns:
        Tokens, int32 [batch, total], and how many of them each row has, int32 [batch], the end included.

    Example:

    >>> def choose(t, logits):
    ...     return tf.argmax(logits, axis=1, output_type=tf.int32)
    >>> def step(token, state):  # After n comes n + 1.
    ...     return tf.one_hot(token + 1, 9), state
    >>> prompt, known, last = tf.constant([[4, 5], [0, 0]]), tf.constant([2, 0]), tf.constant([4, 4])
    >>> tokens, ends = kgen.generation.continued(step, (), 0, prompt, known, last, 4, choose, end=3)
    >>> tf.RaggedTensor.from_tensor(tokens, ends).to_list()
    [[4, 5, 6, 7], [1, 2, 3]]
    """
    prompt = tf.pad(prompt, [[0, 0], [0, 1]])

    def proceed(t, token, state, ends, rows):
        logits, state = step(token, state)
        told = tf.gather(prompt, tf.minimum(t, tf.shape(prompt)[1] - 1), axis=1)
        token = tf.where(t < known, told, choose(t, logits))
        if end is not None:
            ends = tf.where((token == end) & (t >= known) & (t < ends), t + 1, ends)
        return t + 1, token, state, ends, rows.write(t, token)

    def goes_on(t, token, state, ends, rows):
        return t < tf.reduce_max(ends)

    rows = tf.TensorArray(tf.int32, total, element_shape=known.shape)
    first = (tf.constant(0), tf.zeros_like(known) + start, state, last, rows)
    *_, ends, rows = tf.while_loop(goes_on, proceed, first)
    return tf.transpose(rows.stack()), ends
