"""Numbers as text."""

import pickle

import keras
import pytest
import tensorflow as tf

from kgen.datasets import Numbers

NUMBERS = Numbers(12)


def test_there_and_back():
    texts = ["0 11 5", "", " 3  4 ", "10"]
    ids = NUMBERS.encode(texts)
    assert ids.to_list() == [[0, 11, 5], [], [3, 4], [10]] and ids.dtype == tf.int32
    assert NUMBERS.rows(texts).to_list() == [[0, 0, 11, 5], [0], [0, 3, 4], [0, 10]]
    assert NUMBERS.decode(ids).numpy().tolist() == [b"0 11 5", b"", b"3 4", b"10"]
    assert NUMBERS.decode([[[1, 2], [3, 0]]]).numpy().tolist() == [[b"1 2", b"3 0"]]


def test_what_is_no_number_counts_as_zero_and_is_named():
    assert NUMBERS.encode(["12 one -1 2"]).to_list() == [[0, 0, 0, 2]]
    NUMBERS.check(["1 2", ""])
    with pytest.raises(
        ValueError, match=r"prompt`. Expected numbers in 0..11 .* unknown numbers '12', 'one'"
    ):
        NUMBERS.check(["3 one", "12"], "prompt")


@pytest.mark.parametrize("size", [0, 1, -3, 2.5, "12", None])
def test_bad_sizes(size):
    with pytest.raises(ValueError, match="vocabulary`. Expected an integer of at least 2"):
        Numbers(size)


def test_copies():
    config = keras.saving.serialize_keras_object(NUMBERS)
    assert keras.saving.deserialize_keras_object(config).size == 12
    assert pickle.loads(pickle.dumps(NUMBERS)).encode(["7"]).to_list() == [[7]]


def test_in_an_exported_graph(tmp_path):
    module = tf.Module()
    module.tables = NUMBERS
    module.serve = tf.function(
        lambda text: NUMBERS.decode(NUMBERS.rows(text)), input_signature=[tf.TensorSpec([None], tf.string)]
    )
    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    assert loaded.serve(tf.constant(["4 5", ""])).numpy().tolist() == [b"0 4 5", b"0"]
