"""The loop that continues rows, on machines whose answers are known."""

import numpy as np
import pytest
import tensorflow as tf

from kgen.generation import continued

SIZE = 50


def successor(token, state):
    """After n comes n + 1; the state counts the steps."""
    return tf.one_hot(token + 1, SIZE), state + 1


def likeliest(place, logits):
    return tf.argmax(logits, axis=1, output_type=tf.int32)


def run(prompts, lengths, end=None, choose=likeliest, step=successor):
    prompt = tf.ragged.constant(prompts, dtype=tf.int32, ragged_rank=1)
    known = tf.cast(prompt.row_lengths(), tf.int32)
    last = known + tf.constant(lengths)
    total, state = tf.reduce_max(last), tf.zeros([len(prompts)])
    tokens, ends = continued(step, state, 0, prompt.to_tensor(), known, last, total, choose, end)
    assert tokens.shape == [len(prompts), total]
    return tf.RaggedTensor.from_tensor(tokens, ends).to_list()


def test_a_row_goes_on_behind_its_prompt():
    assert run([[7, 20], [], [3]], [3, 2, 1]) == [[7, 20, 21, 22, 23], [1, 2], [3, 4]]


def test_a_row_ends_behind_its_end_token_but_not_in_its_prompt():
    assert run([[5, 3], [], [5, 9]], [4, 9, 2], end=5) == [[5, 3, 4, 5], [1, 2, 3, 4, 5], [5, 9, 10, 11]]


def test_the_loop_stops_with_its_last_row():
    steps = []

    def counting(token, state):
        steps.append(1)
        return successor(token, state)

    assert run([[], []], [40, 40], end=3, step=counting) == [[1, 2, 3], [1, 2, 3]]
    assert len(steps) == 3


def test_the_rule_sees_each_place_once():
    places = []

    def choose(place, logits):
        places.append(int(place))
        return likeliest(place, logits)

    run([[4], [4, 4, 4]], [2, 1], choose=choose)
    assert places == [0, 1, 2, 3]


def test_rows_do_not_see_each_other():
    prompts, lengths = [[1, 2, 3, 4], [], [9], [2, 2]], [1, 6, 3, 2]
    alone = [run([prompt], [length], end=6)[0] for prompt, length in zip(prompts, lengths, strict=True)]
    assert run(prompts, lengths, end=6) == alone


@pytest.mark.parametrize("jit", [False, True])
def test_a_known_total_runs_in_a_graph_and_under_xla(jit):
    @tf.function(jit_compile=jit)
    def all_at_once(known):
        nothing = known[:, None]
        return continued(successor, tf.zeros([2]), 0, nothing, known, known + 4, 4, likeliest, 3)

    tokens, ends = all_at_once(tf.zeros([2], tf.int32))
    assert tokens[:, :3].numpy().tolist() == [[1, 2, 3]] * 2
    np.testing.assert_array_equal(ends, [3, 3])
