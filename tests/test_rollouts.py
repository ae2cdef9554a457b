"""Writing, completing and judging sequences."""

import numpy as np
import pytest
import tensorflow as tf

from kgen import noise, rollouts
from kgen.networks.recurrent import RecurrentNetwork

V, T, ROWS = 5, 6, 7
END = 3


def network():
    made = RecurrentNetwork(V, 3, units=4)
    random = np.random.default_rng(1)
    for variable in made.trainable_variables:
        variable.assign(random.normal(size=variable.shape))
    return made


def policy(made, seeds, end=None):
    weights, barred = made.values(), tf.constant([-np.inf if end else 0.0] + (V - 1) * [0.0], tf.float32)

    def step(token, state):
        logits, state = made.step(weights, token, state)
        return logits + barred, state

    return rollouts.policy(step, seeds, end)


def story(made, seeds, end=None):
    act, state = policy(made, seeds, end), made.zero_state(len(seeds))
    return rollouts.written(act, tf.ones([len(seeds)], tf.int32), state, T)


def test_written_tokens_have_the_networks_probabilities():
    made = network()
    tokens, _ = story(made, noise.rows(2, 4000))
    inputs = np.pad(tokens.numpy(), [(0, 0), (1, 0)], constant_values=1)[:, :-1]
    chances = tf.nn.softmax(made(tf.constant(inputs))).numpy()
    for place in (0, 3):
        share = (tokens.numpy()[:, place, None] == np.arange(V)).mean(axis=0)
        np.testing.assert_allclose(share, chances[:, place].mean(axis=0), atol=0.03)
    assert np.array_equal(tokens[100:200], story(made, noise.rows(2, 100, start=100))[0])


@pytest.mark.parametrize("known", [1, 4, 5])
def test_a_beginning_goes_on_from_its_state_as_it_was_written(known):
    """The same noise gives the same end: neither the state nor the place is off by one."""
    made, seeds = network(), noise.rows(3, ROWS)
    tokens, states = story(made, seeds)
    beginning = tf.where(tf.range(T) < known, tokens, 0)
    state = tf.nest.map_structure(lambda part: part[known - 1], states)
    assert np.array_equal(rollouts.completed(policy(made, seeds), beginning, state, known), tokens)
    other = rollouts.completed(policy(made, noise.rows(4, ROWS)), beginning, state, tf.constant(known))
    assert np.array_equal(other[:, :known], tokens[:, :known]) and not np.array_equal(other, tokens)


def test_behind_an_end_there_is_padding_and_a_finished_beginning_stays():
    made, seeds = network(), noise.rows(5, 60)
    tokens, states = story(made, seeds, END)
    is_end = (tokens == END).numpy()
    ended = np.cumsum(is_end, axis=1) - is_end > 0
    assert ended.any() and not tokens.numpy()[ended].any() and is_end.sum(axis=1).max() == 1
    state = tf.nest.map_structure(lambda part: part[2], states)
    other = rollouts.completed(policy(made, noise.rows(6, 60), END), tokens, state, 3)
    finished = (tokens[:, :3] == END).numpy().any(axis=1)
    assert finished.any() and not finished.all()
    assert np.array_equal(other[finished], tokens[finished]) and not np.array_equal(other, tokens)


def test_values_are_means_over_rollouts_and_the_last_one_is_direct():
    made, seeds, seen = network(), noise.rows(7, ROWS), []
    tokens, states = story(made, seeds)
    spread = noise.spread(noise.rows(8, ROWS), 3 * ROWS)

    def complete(tokens, state, known):
        return rollouts.completed(policy(made, noise.fold(spread, known)), tokens, state, known)

    def judge(tokens):
        seen.append(tokens.numpy())
        return tf.reduce_mean(tf.cast(tokens, tf.float32), axis=1) * tf.cast(tokens[:, 0] + 1, tf.float32)

    values = rollouts.action_values(tokens, states, complete, judge, 3).numpy()
    whole, *rest = seen
    assert values.shape == (ROWS, T) and np.array_equal(whole, tokens) and len(rest) == 3 * (T - 1)
    for known in range(1, T):
        rows = np.stack(rest[3 * known - 3 : 3 * known], axis=1)  # [sequences, roll-outs, T]
        assert (rows[:, :, :known] == tokens.numpy()[:, None, :known]).all()
        assert len(np.unique(rows.reshape(-1, T), axis=0)) > ROWS or known == T - 1
        expected = (rows.mean(axis=2) * (rows[:, :, 0] + 1)).mean(axis=1)
        np.testing.assert_allclose(values[:, known - 1], expected, rtol=1e-5)
    np.testing.assert_allclose(values[:, -1], whole.mean(axis=1) * (whole[:, 0] + 1), rtol=1e-5)


def test_one_token_has_no_rollouts():
    values = rollouts.action_values(
        tf.constant([[2], [3]]), (), None, lambda t: tf.cast(t[:, 0], tf.float32), 4
    )
    assert values.numpy().tolist() == [[2.0], [3.0]]


def test_the_same_numbers_in_a_graph_and_under_xla():
    made, seeds = network(), noise.rows(9, ROWS)
    spread = noise.spread(seeds, 2 * ROWS)

    def judge(tokens):
        return tf.reduce_sum(tf.cast(tokens, tf.float32), axis=1)

    def complete(tokens, state, known):
        return rollouts.completed(policy(made, noise.fold(spread, known)), tokens, state, known)

    def values(seeds):
        return rollouts.action_values(*story(made, seeds), complete, judge, 2)

    expected = values(seeds)
    for jit in (False, True):
        np.testing.assert_allclose(tf.function(values, jit_compile=jit)(seeds), expected, rtol=1e-5)
