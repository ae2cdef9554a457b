"""What goes on from batch to batch."""

import types

import numpy as np
import tensorflow as tf

from kgen.carried import Carried


def zero(num_rows):
    return (tf.zeros([num_rows, 3]), (tf.zeros([num_rows, 2], tf.bfloat16),))


def data(batch_size, contiguous=True, steps=3):
    made = tf.data.Dataset.from_tensors(np.zeros((batch_size, 5), "int32"))
    made.description, made.steps_per_epoch = types.SimpleNamespace(contiguous=contiguous), steps
    return made


def values(carried, num_rows, **options):
    return [part.numpy() for part in tf.nest.flatten(carried.state(num_rows, **options))]


def test_what_is_kept_comes_back_in_its_own_precision():
    carried = Carried(zero)
    assert carried.arrange(data(4)) and [v.shape for v in carried.variables] == [(4, 3), (4, 2)]
    state = (tf.fill([4, 3], 2.0), (tf.cast(tf.fill([4, 2], 0.5), tf.bfloat16),))
    carried.keep(state)
    found = carried.state(4)
    tf.nest.assert_same_structure(found, state)
    for ours, theirs in zip(tf.nest.flatten(found), tf.nest.flatten(state), strict=True):
        assert ours.dtype == theirs.dtype and np.array_equal(ours, theirs)
    for step, kept in enumerate([False, True, True, False, True]):  # A pass has three batches.
        assert all(part.any() == kept for part in values(carried, 4, step=tf.constant(step)))


def test_a_failed_step_leaves_it_alone():
    carried = Carried(zero)
    carried.arrange(data(1))
    carried.keep((tf.fill([1, 3], 2.0), (tf.ones([1, 2]),)))
    carried.keep((tf.fill([1, 3], np.nan), (tf.ones([1, 2]),)), failed=tf.constant(True))
    assert values(carried, 1)[0].tolist() == [[2.0] * 3]


def test_other_data_begin_anew():
    carried = Carried(zero)
    assert carried.arrange(data(2))
    carried.keep((tf.ones([2, 3]), (tf.ones([2, 2]),)))
    assert not carried.arrange(data(2)) and not any(part.any() for part in values(carried, 2))
    assert carried.arrange(data(3)) and carried.variables[0].shape[0] == 3
    assert carried.arrange(data(3, steps=4)) and not carried.arrange(data(3, steps=4))
    assert carried.arrange(data(3, contiguous=False)) and not carried.variables
    assert not carried.arrange(data(7, contiguous=False))


def test_nothing_is_carried_where_rows_do_not_go_on():
    carried = Carried(zero)
    carried.arrange(tf.data.Dataset.from_tensors(np.zeros((4, 5))))
    carried.keep((tf.ones([4, 3]), (tf.ones([4, 2]),)))
    assert not any(part.any() for part in values(carried, 4))
