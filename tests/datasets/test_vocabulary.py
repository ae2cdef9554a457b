import copy
import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgen import datasets
from kgen.datasets import Vocabulary

READABLE = [
    'She said, "no, never!"',
    "Is 3.14 (about pi) well-known?",
    "First line:\nthe dog's 'old' home... -- mine; 100% of £5.",
    "It isn't née l’été.",
]


def texts(strings):
    return [string.decode() for string in strings.numpy()]


def test_reserved_ids_come_before_the_tokens():
    vocabulary = Vocabulary(["x", "y"], sentences=True)
    assert (vocabulary.padding, vocabulary.start, vocabulary.end, vocabulary.size) == (0, 2, 3, 6)
    assert vocabulary.encode(["yxz", ""]).to_list() == [[5, 4, 1], []]
    assert vocabulary.never_generated == (0, 1, 2)


def test_running_text_starts_after_a_line_break_and_has_no_end():
    vocabulary = Vocabulary(["a", "\n"])
    assert vocabulary.start == 5 and vocabulary.end is None and vocabulary.never_generated == (0, 1, 2, 3)
    assert Vocabulary(["a"]).start == 2
    assert vocabulary.sequences(["aa"], 4).numpy().tolist() == [[5, 4, 4, 0, 0]]


def test_most_frequent_tokens_come_first_and_nothing_is_changed():
    found = Vocabulary.of(["Bb  b\n", "bé"])
    assert found.tokens[:2] == ("b", " ") and set(found.tokens) == {"B", "b", " ", "\n", "é"}
    assert Vocabulary.of(["a b b A c c c"], "word", size=6).tokens == ("c", "b")


def test_characters_are_whole_in_any_language():
    text = "naïve 你好 😀\t\n"
    vocabulary = Vocabulary.of([text])
    assert texts(vocabulary.decode(vocabulary.encode([text], strict=True))) == [text]


def test_words_by_the_rule():
    rule = {
        "The cat's  3.14\t-- no...": ["The", "cat's", "3.14", "--", "no", "..."],
        "a\n\nb_1, l’été-né": ["a", "\n", "\n", "b_1", ",", "l’été-né"],
        "'twas ($5)\u00a0😀": ["'", "twas", "(", "$", "5", ")", "😀"],
        " ": [],
    }
    for text, words in rule.items():
        vocabulary = Vocabulary.of([text, "other"], "word")
        ids = vocabulary.encode(text).numpy() - 4
        assert [vocabulary.tokens[i] for i in ids] == words


@pytest.mark.parametrize("text", READABLE)
def test_words_read_well(text):
    vocabulary = Vocabulary.of(READABLE, "word", sentences=True)
    assert texts(vocabulary.decode(vocabulary.sequences([text], 40))) == [text]


def test_decoding_stops_at_the_first_end():
    vocabulary = Vocabulary(["a", "b"], sentences=True)
    ids = [[2, 4, 3, 5, 5], [4, 0, 5, 1, 0], [3, 4, 4, 4, 4]]
    assert texts(vocabulary.decode(ids)) == ["a", "ab[UNK]", ""]
    assert vocabulary.decode(np.int64([4, 5])).numpy() == b"ab"


def test_long_sentences_lose_their_tail_and_their_end():
    vocabulary = Vocabulary(["a", "b"], sentences=True)
    rows = vocabulary.sequences(["ab", "aba", "abab", ""], 3).numpy().tolist()
    assert rows == [[2, 4, 5, 3], [2, 4, 5, 4], [2, 4, 5, 4], [2, 3, 0, 0]]


def test_unknown_characters_are_named():
    vocabulary = Vocabulary(["a", "b"])
    message = "`prompt`. Expected characters of the vocabulary of 2. Received: unknown characters '!', 'é'."
    with pytest.raises(ValueError, match=message):
        vocabulary.check(["abé", "a!é"], "prompt")
    with pytest.raises(ValueError, match="unknown words 'No'"):
        Vocabulary(["no"], "word").encode(["no No"], strict=True)
    vocabulary.check("ab")


@pytest.mark.parametrize("tokens", [[], ["a", "a"], ["ab"], [""], [1]])
def test_bad_tokens(tokens):
    with pytest.raises(ValueError, match="`tokens`"):
        Vocabulary(tokens)


@pytest.mark.parametrize("size", [0, 4, -1, 2.5, True])
def test_bad_size(size):
    with pytest.raises(ValueError, match="`vocabulary_size`. Expected an integer of at least 5"):
        Vocabulary.of(["abc"], size=size)


def test_unknown_level_and_no_text():
    with pytest.raises(ValueError, match="`level`. Expected one of 'char', 'word'"):
        Vocabulary(["a"], "letter")
    with pytest.raises(ValueError, match="`strings`. Expected at least one token"):
        Vocabulary.of([" "], "word")
    with pytest.raises(ValueError, match="`strings`. Expected at least one token"):
        Vocabulary.of([])


def test_it_comes_back_from_its_config_and_copies():
    vocabulary = Vocabulary.of(["What's up, née?\n"], "word", sentences=True)
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(vocabulary)))
    for again in (keras.saving.deserialize_keras_object(config), copy.deepcopy(vocabulary)):
        assert again.get_config() == vocabulary.get_config()
        assert again.encode(["née"]).to_list() == vocabulary.encode(["née"]).to_list() != [[1]]


def test_bytes_that_are_no_text_are_unknown():
    for level in ("char", "word"):
        assert Vocabulary(["a"], level).encode([b"a \xff"]).to_list()[0][-1] == 1


SERVE = """
import sys, tensorflow as tf
served = tf.saved_model.load(sys.argv[1])
print(served.there_and_back(tf.constant(["No,  sir!", "new"])).numpy().tolist())
"""


def test_tables_travel_with_an_exported_module(tmp_path):
    module = tf.Module()
    module.vocabulary = Vocabulary.of(["No, sir!"], "word", sentences=True)
    module.there_and_back = tf.function(
        lambda text: module.vocabulary.decode(module.vocabulary.sequences(text, 6)),
        input_signature=[tf.TensorSpec([None], tf.string)],
    )
    tf.saved_model.save(module, str(tmp_path))
    command = [sys.executable, "-c", SERVE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.stdout.strip() == "[b'No, sir!', b'[UNK]']", done.stderr


def test_it_is_public():
    assert datasets.Vocabulary is Vocabulary
