"""Data of which few examples have a label."""

import numpy as np
import pytest

from kgen.datasets import few_labels, from_arrays, semi_supervised

X = np.arange(10, dtype="uint8").reshape(10, 1, 1, 1)
Y = np.array([-1, 3, -1, -1, 0, -1, -1, 1, -1, -1])


def rows(batch):
    return batch[0].numpy().ravel(), batch[1].numpy()


def test_few_labels_keeps_as_many_of_each_class():
    labels = np.random.default_rng(0).integers(0, 4, 500)
    kept = few_labels(labels, per_class=7, seed=3)
    assert kept.dtype == np.int32
    assert np.array_equal(np.bincount(kept[kept >= 0]), [7, 7, 7, 7])
    assert np.array_equal(kept[kept >= 0], labels[kept >= 0])
    np.testing.assert_array_equal(kept, few_labels(labels, per_class=7, seed=3))
    assert not np.array_equal(kept, few_labels(labels, per_class=7, seed=4))


@pytest.mark.parametrize("per_class", [0, 3, 1.0])
def test_few_labels_refuses_more_than_there_are(per_class):
    with pytest.raises(ValueError, match="argument `per_class`. Expected an integer in 1..2"):
        few_labels([0, 0, 1, 1, 1], per_class)


def test_even_rows_are_the_pool_and_odd_rows_are_labelled():
    dataset = semi_supervised(X, Y, batch_size=4, seed=5)
    assert dataset.steps_per_epoch == 2 and dataset.element_spec[0].shape == (8, 1, 1, 1)
    pool = from_arrays(X, batch_size=4, seed=5)
    for batch, expected in zip(dataset, pool, strict=True):
        x, y = rows(batch)
        np.testing.assert_array_equal(x[::2], expected.numpy().ravel())
        assert (y[::2] == -1).all()
        np.testing.assert_array_equal(y[1::2], Y[x[1::2]])
        assert (y[1::2] >= 0).all()


def test_labelled_examples_come_equally_often():
    dataset = semi_supervised(X, Y, batch_size=3, seed=5)
    for batch in dataset.at(0).take(5):
        assert sorted(rows(batch)[1][1::2]) == [0, 1, 3]


def test_a_batch_is_a_function_of_seed_and_step():
    dataset = semi_supervised(X, Y, batch_size=4, seed=5)
    steps = [rows(batch) for batch in dataset.at(0).take(7)]
    later = [rows(batch) for batch in dataset.at(4).take(3)]
    for one, other in zip(steps[4:], later, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(steps[0], rows(next(iter(semi_supervised(X, Y, batch_size=4, seed=6)))))
    assert dataset.description.num_examples == 10
    other = semi_supervised(X, np.where(Y == 3, 2, Y), batch_size=4, seed=5)
    assert dataset.description.fingerprint != other.description.fingerprint


def test_in_order_each_example_comes_once_with_its_label():
    batches = [rows(batch) for batch in semi_supervised(X, Y, batch_size=4, shuffle=False)]
    np.testing.assert_array_equal(np.concatenate([x for x, _ in batches]), np.arange(10))
    np.testing.assert_array_equal(np.concatenate([y for _, y in batches]), Y)


def test_labels_in_a_column_and_labels_for_all_are_taken():
    _, y = rows(next(iter(semi_supervised(X, Y[:, None], batch_size=4))))
    assert set(y[1::2]) <= {0, 1, 3}
    _, y = rows(next(iter(semi_supervised(X, np.zeros(10, int), batch_size=4))))
    assert y.tolist() == [-1, 0] * 4


@pytest.mark.parametrize(
    "labels, expected", [(Y - 1, "class numbers from 0"), (np.full(10, -1), "at least one class number")]
)
def test_other_labels_are_refused(labels, expected):
    with pytest.raises(ValueError, match=f"argument `labels`. Expected {expected}"):
        semi_supervised(X, labels, batch_size=4)


def test_a_batch_larger_than_the_pool_is_refused():
    with pytest.raises(ValueError, match="fewer than batch_size=11"):
        semi_supervised(X, Y, batch_size=11)
