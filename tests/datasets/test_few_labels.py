"""Data of which few examples have a label."""

import numpy as np
import pytest

from kgen.cli import data
from kgen.datasets import few_labels, from_arrays, load, semi_supervised
from kgen.datasets.few_labels import is_few_labels, parse_few_labels

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


# The source `few_labels:NUMBER:SOURCE`.


@pytest.fixture(scope="module")
def digits():
    """Pictures and labels of the training digits, in order."""
    return [
        each.numpy() for each in next(iter(load("digits", labels=True, shuffle=False, batch_size=1437)[0]))
    ]


def whole(split, **options):
    """The only batch of a split in order, of few digits."""
    return rows(next(iter(load("few_labels:30", split, 1437, labels=True, shuffle=False, **options)[0])))


def test_the_source_is_read():
    assert is_few_labels("few_labels:10") and not is_few_labels("digits") and not is_few_labels(X)
    assert parse_few_labels("few_labels:10") == parse_few_labels("few_labels:10:") == (10, "digits")
    assert parse_few_labels("few_labels:20:a:b") == (20, "a:b")


def test_the_source_keeps_the_labels_that_few_labels_draws(digits):
    for seed in (0, 3):
        pixels, kept = whole("train", seed=seed)
        np.testing.assert_array_equal(kept, few_labels(digits[1], per_class=3, seed=seed))
        np.testing.assert_array_equal(pixels, digits[0].ravel())
    np.testing.assert_array_equal(whole("train", num_examples=9)[1], whole("train")[1][:9])
    assert (whole("train[:700]")[1] >= 0).sum() == 30


def test_a_test_split_keeps_all_labels():
    for shuffle in (False, True):
        few, every = (
            load(s, "test", 60, labels=True, shuffle=shuffle)[0] for s in ("few_labels:30", "digits")
        )
        for one, other in zip(few, every, strict=True):
            np.testing.assert_array_equal(one[0], other[0])
            np.testing.assert_array_equal(one[1], other[1])


def test_shuffled_it_is_the_semi_supervised_data_set(digits):
    dataset, description = load("few_labels:30:digits", batch_size=40, seed=5, labels=True)
    expected = semi_supervised(digits[0], few_labels(digits[1], 3, seed=5), batch_size=40, seed=5)
    assert dataset.steps_per_epoch == expected.steps_per_epoch == 35
    assert description.name == "few_labels:30:digits" and len(description.classes) == 10
    for one, other in zip(dataset.at(34).take(3), expected.at(34).take(3), strict=True):
        for found, wanted in zip(rows(one), rows(other), strict=True):
            np.testing.assert_array_equal(found, wanted)


def test_the_fingerprint_tells_choices_apart():
    sources = [("digits", 0), ("few_labels:30", 0), ("few_labels:30", 1), ("few_labels:40", 0)]
    prints = [load(source, seed=seed)[1].fingerprint for source, seed in sources]
    assert len(set(prints)) == 4
    assert prints[1] == load("few_labels:30:digits", shuffle=False)[1].fingerprint


def test_both_halves_of_a_batch_are_augmented():
    plain, warped = (
        next(iter(load("few_labels:10", batch_size=16, labels=True, augment=augment)[0]))
        for augment in (None, "rotation=30")
    )
    np.testing.assert_array_equal(plain[1], warped[1])
    changed = (plain[0] != warped[0]).numpy().any(axis=(1, 2, 3))
    assert changed[::2].any() and changed[1::2].any()


def test_without_labels_the_batches_are_those_of_the_source():
    few, every = (next(iter(load(source, batch_size=8)[0])) for source in ("few_labels:30", "digits"))
    np.testing.assert_array_equal(few, every)


@pytest.mark.parametrize(
    "source, expected",
    [
        ("few_labels:95", "multiple of 10 and at most 1330"),
        ("few_labels:5:digits", "multiple of 10"),
        ("few_labels:1340", "at most 1330"),
        ("few_labels:0", "few_labels:NUMBER"),
        ("few_labels:digits", "few_labels:NUMBER"),
        ("few_labels:10:few_labels:10", "few_labels:NUMBER"),
        ("stacked:few_labels:10", "comes first"),
        ("few_labels:10:nothing_known", "'nothing_known'"),
    ],
)
def test_bad_sources_are_refused(source, expected):
    with pytest.raises(
        ValueError, match=f"^Invalid value for argument `source`. Expected .*{expected}[^\n]*$"
    ):
        load(source, labels=True)


def test_what_few_labels_cannot_be_made_of_is_refused(tmp_path):
    np.savez(tmp_path / "bare.npz", x=X)
    with pytest.raises(ValueError, match="`source`. Expected data with labels.* Received: bare"):
        load(f"few_labels:10:{tmp_path / 'bare.npz'}", batch_size=2)
    with pytest.raises(ValueError, match="`num_examples`. Expected so many examples that one has a label"):
        load("few_labels:10", num_examples=1, batch_size=1, labels=True)
    with pytest.raises(ValueError, match="`seed`. Expected an integer"):
        load("few_labels:10", seed=-1)


def test_a_file_is_found_again_from_elsewhere(tmp_path, monkeypatch):
    np.savez(tmp_path / "grey.npz", x=X)
    monkeypatch.chdir(tmp_path)
    assert data.place("few_labels:10:grey.npz") == f"few_labels:10:{tmp_path / 'grey.npz'}"
    assert data.place("few_labels:10") == "few_labels:10"


def test_features_and_modes_are_those_of_the_source():
    few = {source: {"data": f"few_labels:8:{source}", "data_b": None} for source in ("digits", "ring")}
    assert data.extractor(few["digits"]) == "kgen-digits-v1" and data.extractor(few["ring"]) is None
    assert data.mixture(few["ring"]) is not None and data.mixture(few["digits"]) is None
    assert data.stacked_extractor({"data": "few_labels:64:stacked:digits"}) == "kgen-digits-v1"
