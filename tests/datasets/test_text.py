import os
import pathlib
import re

import numpy as np
import pytest
import tensorflow as tf

from kgen import datasets
from kgen.oracle import Oracle

PREPARED = pathlib.Path(os.environ.get("TFDS_DATA_DIR", "no such folder"))
needs_shakespeare = pytest.mark.skipif(
    not (PREPARED / "tiny_shakespeare").is_dir(), reason="no tiny_shakespeare in TFDS_DATA_DIR"
)
SENTENCES = ["a b c", "d", "a b c d e f", "b b", "c, c!"] * 4


@pytest.fixture
def book(tmp_path):
    """100 different characters, so that an id says where it stands."""
    file = tmp_path / "book.txt"
    file.write_text("".join(chr(0x4E00 + i) for i in range(100)), encoding="utf-8")
    return file


@pytest.fixture
def lines(tmp_path):
    file = tmp_path / "lines.txt"
    file.write_text("\n\n  ".join(SENTENCES) + "\n", encoding="utf-8")
    return file


def places(batch, vocabulary):
    """Where the characters of a book stand, from 1; 0 for padding and -1 for the start."""
    where = {0: 0, vocabulary.start: -1}
    where |= {4 + i: ord(token) - 0x4E00 + 1 for i, token in enumerate(vocabulary.tokens)}
    return np.vectorize(where.get)(batch.numpy())


def load_book(book, **rest):
    options = {"split": "all", "vocabulary": whole(book), **rest}
    dataset, description = datasets.load_text(book, **options)
    return dataset, description, lambda batch: places(batch, description.vocabulary)


def whole(book):
    return datasets.Vocabulary(book.read_text(encoding="utf-8"))


def test_windows_are_cut_from_the_text_and_targets_follow_inputs(book):
    dataset, description, place = load_book(book, sequence_length=7, batch_size=4, shuffle=True)
    assert dataset.element_spec == tf.TensorSpec([4, 8], tf.int32)
    for batch in dataset.at(0).take(10):
        rows = place(batch)
        assert (np.diff(np.where(rows == -1, 0, rows)) == 1).all()
    assert (description.num_examples, dataset.steps_per_epoch) == (13, 3) and description.shape == (8,)


def test_an_epoch_predicts_no_token_twice_and_epochs_differ(book):
    dataset, description, place = load_book(book, sequence_length=7, batch_size=13, shuffle=True)
    epochs = [place(batch)[:, 1:].ravel() for batch in dataset.at(0).take(60)]
    assert all(len(set(targets)) == 13 * 7 for targets in epochs)
    assert {min(targets) for targets in epochs} == set(range(1, 11))
    assert set(np.concatenate(epochs)) == set(range(1, 101))


def test_order_is_a_function_of_seed_and_step(book):
    dataset, *_ = load_book(book, sequence_length=5, batch_size=4, shuffle=True, seed=3)
    entire = [batch.numpy() for batch in dataset.at(0).take(20)]
    np.testing.assert_array_equal([batch.numpy() for batch in dataset.at(11).take(9)], entire[11:])
    assert [batch.numpy().tolist() for batch in dataset] == [b.tolist() for b in entire[: len(dataset)]]
    other, *_ = load_book(book, sequence_length=5, batch_size=4, shuffle=True, seed=4)
    assert any((a.numpy() != b).any() for a, b in zip(other.at(0), entire, strict=False))


@pytest.mark.parametrize(
    "length, batch_size", [(7, 3), (10, 10), (100, 1), (1, 2), (64, 4), (3, 99), (9, 150)]
)
def test_streams_predict_each_token_once_and_go_on(book, length, batch_size):
    dataset, description, place = load_book(
        book, sequence_length=length, batch_size=batch_size, shuffle=False
    )
    rows = [place(batch) for batch in dataset]
    targets = np.concatenate([batch[:, 1:].ravel() for batch in rows])
    assert sorted(targets[targets > 0]) == list(range(1, 101)) and description.num_tokens == 100
    assert rows[0][0, 0] == -1 and description.contiguous and len(rows) == dataset.steps_per_epoch
    for before, after in zip(rows[:-1], rows[1:], strict=True):
        np.testing.assert_array_equal(before[:, -1], after[:, 0])
    for batch in rows:
        inputs = np.where(batch == -1, 0, batch)
        assert (np.diff(inputs)[batch[:, 1:] > 0] == 1).all()


def test_streams_start_at_any_step(book):
    dataset, _, place = load_book(book, sequence_length=10, batch_size=2, shuffle=False)
    first = place(next(iter(dataset.at(dataset.steps_per_epoch + 1))))
    assert first[0].tolist() == list(range(10, 21))


def test_a_text_is_cut_90_to_10(book):
    options = {"sequence_length": 100, "batch_size": 1, "shuffle": False}
    seen = {}
    for split in ("train", "validation", "test", "all", "train[:20]", "train[50%:]"):
        dataset, _, place = load_book(book, split=split, **options)
        (row,) = place(next(iter(dataset)))
        seen[split] = row[row > 0].tolist()
    count = list(range(1, 101))
    assert seen["train"] == count[:90] and seen["validation"] == seen["test"] == count[90:]
    assert seen["all"] == count and seen["train[:20]"] == count[:20] and seen["train[50%:]"] == count[45:90]


def test_the_vocabulary_is_of_the_training_split(book):
    options = {"sequence_length": 5, "batch_size": 1}
    _, train = datasets.load_text(book, "train", **options)
    _, test = datasets.load_text(book, "validation", **options)
    assert train.vocabulary.tokens == test.vocabulary.tokens and train.vocabulary_size == 94
    assert (train.num_unknown, test.num_unknown) == (0, 10)
    assert train.fingerprint != test.fingerprint


def test_sentences_have_start_end_and_padding(lines):
    options = {"level": "word", "sequence_length": 5, "sentences": True}
    dataset, description = datasets.load_text(lines, "all", batch_size=20, **options)
    (batch,) = dataset
    vocabulary = description.vocabulary
    cut = [text if text != "a b c d e f" else "a b c d e" for text in SENTENCES]
    assert [text.decode() for text in vocabulary.decode(batch).numpy()] == cut
    rows = batch.numpy()
    assert (rows[:, 0] == 2).all() and batch.shape == (20, 6)
    assert (rows == 3).sum(1).tolist() == [1, 1, 0, 1, 1] * 4
    assert description.num_cut == 4 and description.num_examples == 20 and not description.contiguous
    assert description.num_tokens == (rows[:, 1:] != 0).sum() == 4 * (4 + 2 + 5 + 3 + 5)


def test_sentences_of_a_split_are_shuffled_each_once(lines):
    dataset, description = datasets.load_text(
        lines, level="word", sequence_length=8, batch_size=6, sentences=True
    )
    assert description.num_examples == 18 and dataset.steps_per_epoch == 3
    read = [description.vocabulary.decode(batch).numpy().tolist() for batch in dataset.at(0).take(6)]
    for epoch in (sum(read[:3], []), sum(read[3:], [])):
        assert sorted(epoch) == sorted(text.encode() for text in SENTENCES[:18])
    assert read[:3] != read[3:]
    again = [description.vocabulary.decode(batch).numpy().tolist() for batch in dataset.at(4).take(2)]
    assert again == read[4:]


def test_a_given_vocabulary_is_used(book):
    vocabulary = datasets.Vocabulary(book.read_text(encoding="utf-8")[:50])
    _, description = datasets.load_text(book, "all", vocabulary=vocabulary, sequence_length=4)
    assert description.vocabulary is vocabulary and description.num_unknown == 50
    for name, value in {"level": "word", "vocabulary_size": 60, "sentences": True}.items():
        with pytest.raises(ValueError, match=f"`{name}`. Expected None or .*the vocabulary's"):
            datasets.load_text(book, vocabulary=vocabulary, **{name: value})


def test_a_smaller_vocabulary_makes_rare_tokens_unknown(lines):
    _, description = datasets.load_text(
        lines, "all", "word", 9, vocabulary_size=7, batch_size=2, sentences=True
    )
    assert description.vocabulary_size == 7 and description.num_unknown > 0


def test_oracle_draws_differ_by_split_and_not_by_seed(tmp_path, monkeypatch):
    monkeypatch.setattr("kgen.datasets.text.ORACLE_SAMPLES", 64)
    np.savez(tmp_path / "oracle.npz", **Oracle.random(50, 4, 4, seed=1).weights)
    source = f"oracle:{tmp_path}/oracle.npz"
    train, description = datasets.load_text(source, sequence_length=6, batch_size=64, shuffle=False)
    test, _ = datasets.load_text(source, "test", sequence_length=6, batch_size=64)
    (train,), (test,) = train, test
    assert train.shape == (64, 7) and (train.numpy()[:, 0] == 0).all() and train.dtype == tf.int32
    assert (train.numpy() != test.numpy()).any()
    shuffled, _ = datasets.load_text(source, sequence_length=6, batch_size=64, seed=5)
    assert sorted(next(iter(shuffled)).numpy().tolist()) == sorted(train.numpy().tolist())
    assert description.vocabulary_size == 50 and description.padding is None and description.start == 0
    assert description.num_tokens == 64 * 6
    with pytest.raises(ValueError, match="`level`. Expected None: an oracle has numbers of its own"):
        datasets.load_text(source, level="char")


def test_description_is_equal_for_equal_data(book):
    first, second = (load_book(book, split="train", sequence_length=4, batch_size=1)[1] for _ in range(2))
    assert first == second and len(first.fingerprint) == 64
    assert first != load_book(book, split="train[:80]", sequence_length=4, batch_size=1)[1]


def test_a_text_shorter_than_a_window(book):
    message = "Expected a text of at least sequence_length=91 tokens. Received: 90 in book."
    with pytest.raises(ValueError, match=message):
        datasets.load_text(book, sequence_length=91, batch_size=1)
    dataset, _ = datasets.load_text(book, sequence_length=90, batch_size=1)
    assert next(iter(dataset)).shape == (1, 91)


def test_fewer_windows_or_sentences_than_a_batch(book, lines):
    with pytest.raises(ValueError, match="has 8 windows of .*=10, fewer than batch_size=9.* batch_size=8"):
        datasets.load_text(book, sequence_length=10, batch_size=9)
    with pytest.raises(ValueError, match="has 18 sentences, fewer than batch_size=19"):
        datasets.load_text(lines, batch_size=19, sentences=True)


BAD = {
    "level": ("letter", "`level`. Expected one of 'char', 'word'"),
    "vocabulary_size": (0, "`vocabulary_size`. Expected an integer of at least 5"),
    "sequence_length": (0, "`sequence_length`. Expected a positive integer"),
    "batch_size": (0, "`batch_size`. Expected a positive integer"),
    "seed": (-1, "`seed`. Expected an integer of at least 0"),
    "split": ("trian", "`split`. Expected one of 'train', 'validation', 'all'"),
    "vocabulary": (["a"], "`vocabulary`. Expected a kgen.datasets.Vocabulary or None"),
    "sentences": ("yes", "`sentences`. Expected True, False or None"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments(name, book):
    value, message = BAD[name]
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        datasets.load_text(book, **{name: value})
    assert "\n" not in str(caught.value)


@needs_shakespeare
def test_tiny_shakespeare_is_cut_like_nanogpt():
    counts = {"train": 1_003_854, "validation": 111_540, "all": 1_115_394}
    for split, count in counts.items():
        dataset, description = datasets.load_text("tiny_shakespeare", split, shuffle=False, batch_size=8)
        assert description.num_tokens == count and description.num_unknown == 0
        assert len(description.vocabulary.tokens) == 65
        text = b"".join(description.vocabulary.decode(next(iter(dataset))).numpy()[:1]).decode()
        assert text.startswith("\nFirst Citizen:" if split != "validation" else "\n?\n\nGREMIO:\nGood morr")


def test_rows_of_tokens_are_a_data_set_of_their_own():
    rows = np.arange(4, 64, dtype="int32").reshape(12, 5) % 9
    data = datasets.from_tokens(rows, datasets.Numbers(9), batch_size=5, seed=3)
    first = [batch.numpy() for batch in data]
    assert [len(batch) for batch in first] == [5, 5] and data.steps_per_epoch == 2
    every = np.concatenate([batch.numpy() for batch in data.at(0).take(12)])
    assert sorted(map(tuple, every)) == sorted(map(tuple, np.repeat(rows, 5, axis=0)))
    np.testing.assert_array_equal(next(iter(data.at(1))), first[1])
    ordered = datasets.from_tokens(rows, datasets.Numbers(9), batch_size=5, shuffle=False)
    np.testing.assert_array_equal(np.concatenate(list(ordered)), rows)
    assert (
        not ordered.description.contiguous and ordered.description.fingerprint == data.description.fingerprint
    )
