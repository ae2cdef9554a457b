"""BLEU against NLTK's numbers and a slow loop, and what its papers say of it."""

import math
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

import kgen
from kgen.metrics import bleu, distinct, self_bleu

RNG = np.random.default_rng(5)
CANDIDATES = [
    "the cat sat on the mat",
    "a dog barked at the cat",
    "the the the the",
    "dog",
    "",
    "birds sing in the morning light all day long",
]
REFERENCES = [
    "the cat is on the mat",
    "there is a cat on the mat",
    "a dog barked loudly at the old cat",
    "the birds sing in the early morning light",
]
# NLTK 3.10.4: means of sentence_bleu(..., [1 / n] * n, SmoothingFunction().method1) for n = 1 to 5.
BLEU = [0.4683338794759004, 0.37655295646180953, 0.2666671758425611, 0.15898454209949547, 0.10740318345421386]
SELF = [0.5821561455083678, 0.30070961735879637, 0.2154533448393935, 0.11684846117233749, 0.08758611630496038]
LETTERS = [
    0.5745098592850973,
    0.5367802584535122,
    0.5066073282341846,
    0.4813024061068442,
    0.45332565393856883,
]


def grams(sentence, n):
    return Counter(tuple(sentence[i : i + n]) for i in range(len(sentence) - n + 1))


def slow(candidate, references, n):
    """One sentence's BLEU in the words of Papineni 2002, smoothed as Chen & Cherry's technique 1."""
    logs = []
    for k in range(1, n + 1):
        mine, theirs = grams(candidate, k), [grams(reference, k) for reference in references]
        matches = sum(min(count, max(r[gram] for r in theirs)) for gram, count in mine.items())
        if k == 1 and not matches:
            return 0.0
        logs.append(math.log((matches or 0.1) / max(1, sum(mine.values()))))
    length = len(candidate)
    nearest = min((abs(len(r) - length), len(r)) for r in references)[1]
    return min(1.0, math.exp(1 - nearest / length)) * math.exp(sum(logs) / n)


def corpus(count, words, longest):
    """Sentences of random lengths, from 0, in which few words are frequent."""
    return [(RNG.zipf(1.6, RNG.integers(0, longest)) % words).tolist() for _ in range(count)]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_equals_nltk(n):
    assert bleu(CANDIDATES, REFERENCES, n) == pytest.approx(BLEU[n - 1], abs=1e-12)
    assert self_bleu(REFERENCES, n) == pytest.approx(SELF[n - 1], abs=1e-12)
    assert bleu(CANDIDATES, REFERENCES, n, characters=True) == pytest.approx(LETTERS[n - 1], abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 4, 5])
@pytest.mark.parametrize("words, longest", [(2, 4), (5, 12), (300, 20)])
def test_equals_a_slow_loop(n, words, longest):
    candidates, references = corpus(25, words, longest), corpus(30, words, longest)
    expected = np.mean([slow(candidate, references, n) for candidate in candidates])
    assert bleu(candidates, references, n) == pytest.approx(expected, abs=1e-12)
    others = [references[:i] + references[i + 1 :] for i in range(30)]
    expected = np.mean([slow(*pair, n) for pair in zip(references, others, strict=True)])
    assert self_bleu(references, n) == pytest.approx(expected, abs=1e-12)


def test_the_paper_clips_a_repeated_word():
    """Papineni 2002, example 2: seven times "the" against two in a reference, 2 / 7."""
    references = ["the cat is on the mat", "there is a cat on the mat"]
    assert bleu(["the the the the the the the"], references, n=1) == pytest.approx(2 / 7)


@pytest.mark.parametrize("lengths, nearest", [([3, 7], 7), ([3, 8], 8), ([5], 5), ([7, 9], 7)])
def test_brevity_looks_at_the_nearest_length(lengths, nearest):
    references = [["a"] * length for length in lengths]
    share = min(1, max(lengths) / 6)
    assert bleu([["a"] * 6], references, n=1) == pytest.approx(share * min(1, math.exp(1 - nearest / 6)))


def test_of_two_nearest_lengths_the_shorter_counts():
    assert bleu([["a"] * 5], [["a"] * 4, ["a"] * 6], n=1) == 1
    assert bleu([["a"] * 5], [["a"] * 3, ["a"] * 7], n=1) == 1


@pytest.mark.parametrize("n", [1, 2, 5])
def test_copies_have_one(n):
    sentences = ["one sentence of six words only"] * 20
    assert self_bleu(sentences, n) == 1 and bleu(sentences[:2], sentences, n) == 1
    assert distinct(sentences, n) == pytest.approx(1 / 20)


def test_nothing_in_common_has_zero():
    assert bleu(["a b c"], ["d e f"], n=2) == 0
    assert self_bleu(["a b c", "d e f"], n=2) == 0
    assert distinct(["a b c", "d e f"], n=2) == 1


def text(count, seed):
    """Sentences of a chain in which each of 40 words has three successors."""
    generator, successors = np.random.default_rng(seed), np.random.default_rng(0).integers(0, 40, (40, 3))
    words = [generator.integers(0, 40, count)]
    for _ in range(14):
        words.append(successors[words[-1], generator.integers(0, 3, count)])
    return np.stack(words, axis=1)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_shuffled_text_has_less(n):
    real, fake = text(200, 1), text(100, 2)
    shuffled = np.random.default_rng(3).permuted(fake, axis=1)
    assert bleu(shuffled, real, n) < 0.8 * bleu(fake, real, n)


def test_more_references_give_more():
    real, fake = text(400, 1), text(100, 2)
    values = [bleu(fake, real[:count], n=4) for count in (10, 100, 400)]
    assert values[0] < values[1] - 0.05 and values[1] < values[2] - 0.05
    assert self_bleu(real[:50]) < self_bleu(real[:400]) - 0.05


def test_collapse_lifts_self_bleu_and_lowers_distinct():
    varied = text(200, 1)
    collapsed = varied[np.random.default_rng(0).integers(0, 5, 200)]
    assert self_bleu(collapsed, 5) > 0.99 > self_bleu(varied, 5) + 0.05
    assert distinct(collapsed, 5) < 0.1 * distinct(varied, 5)


def test_distinct_by_hand():
    assert distinct(["a b a b"], n=1) == 1 / 2
    assert distinct(["a b a b"], n=2) == 2 / 3
    assert distinct(["a b", "b a", "a b", "a"], n=2) == 2 / 3  # No bigram reaches over the end.
    assert math.isnan(distinct(["a", "b"], n=2))
    sentences = corpus(50, 5, 9)
    counts = sum((grams(sentence, 3) for sentence in sentences), Counter())
    assert distinct(sentences, 3) == len(counts) / counts.total() < 1


def test_kinds_of_sentences_agree():
    rows = [[3, 1, 2, 3], [1, 2], [2, 3, 1]]
    padded = np.array([[3, 1, 2, 3], [1, 2, 0, 0], [2, 3, 1, 0]])
    expected = self_bleu(rows, 2)
    assert 0 < expected < 1
    for same in (padded, tf.constant(padded), padded.tolist(), [[0, *row, 0] for row in rows]):
        assert self_bleu(same, 2, padding=0) == expected
    for same in (
        tf.ragged.constant(rows),
        [np.array(row) for row in rows],
        [tf.constant(row) for row in rows],
    ):
        assert self_bleu(same, 2) == expected
    strings = ["c a b c", "a b", "b c a"]
    for same in (strings, np.array(strings), tf.constant(strings), [row.encode() for row in strings]):
        assert self_bleu(same, 2) == expected
    assert self_bleu(["cabc", "ab", "bca"], 2, characters=True) == expected
    assert self_bleu(["c a b c <pad>", "<pad> a b", "b c a"], 2, padding="<pad>") == expected


def test_some_sentences_by_a_seed():
    sentences = text(60, 1)
    found = self_bleu(sentences, 3, num_samples=20, seed=4)
    taken = sorted(np.random.default_rng(4).permutation(60)[:20])
    assert found == self_bleu(sentences[taken], 3)
    assert found != self_bleu(sentences, 3, num_samples=20, seed=5)
    assert self_bleu(sentences, 3, num_samples=60, seed=4) == self_bleu(sentences, 3)


def test_many_sentences_take_no_loop_over_pairs():
    """A loop over pairs of 5,000 sentences would take hours."""
    assert 0 < self_bleu(text(5000, 1), 5) < 1


@pytest.mark.parametrize(
    "call, argument",
    [
        (lambda: bleu([], REFERENCES), "candidates"),
        (lambda: bleu(CANDIDATES, []), "references"),
        (lambda: bleu(CANDIDATES, np.zeros((0, 5), int)), "references"),
        (lambda: bleu("one sentence", REFERENCES), "candidates"),
        (lambda: bleu([1, 2, 3], REFERENCES), "candidates"),
        (lambda: bleu(7, REFERENCES), "candidates"),
        (lambda: bleu(CANDIDATES, REFERENCES, n=0), "n"),
        (lambda: self_bleu(REFERENCES, n=2.0), "n"),
        (lambda: self_bleu(REFERENCES[:1]), "sentences"),
        (lambda: self_bleu(REFERENCES, num_samples=1), "num_samples"),
        (lambda: self_bleu(REFERENCES, num_samples=5), "num_samples"),
        (lambda: self_bleu(REFERENCES, seed=-1), "seed"),
        (lambda: distinct([]), "sentences"),
        (lambda: distinct(REFERENCES, n=None), "n"),
    ],
)
def test_bad_arguments(call, argument):
    with pytest.raises(ValueError, match=f"argument `{argument}`"):
        call()


def test_they_are_public():
    assert {"bleu", "self_bleu", "distinct"} <= set(kgen.metrics.__all__)
