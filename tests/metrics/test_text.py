"""Likelihoods of text against NumPy and closed forms."""

import json

import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf

import kgen
from kgen.metrics import BitsPerCharacter, NegativeLogLikelihood, OracleNLL, Perplexity, oracle_nll
from tests.metrics import replicas

OF_LOGITS = (NegativeLogLikelihood, Perplexity, BitsPerCharacter)
RNG = np.random.default_rng(6)
TOKENS = RNG.integers(0, 11, (24, 7))
LOGITS = RNG.normal(0, 3, (24, 7, 11)).astype("float32")
NATS = -np.take_along_axis(scipy.special.log_softmax(LOGITS.astype("float64"), -1), TOKENS[..., None], -1)[
    ..., 0
]
ORACLE = kgen.oracle.Oracle.random(vocabulary_size=40, embedding_dim=4, units=5, seed=2)


def measured(kind, *arrays, batch=24, **arguments):
    metric = kind(**arguments)
    for start in range(0, 24, batch):
        metric.update_state(*(x[start : start + batch] for x in arrays))
    return float(metric.result())


def expected(kind, nats):
    return {NegativeLogLikelihood: nats, Perplexity: np.exp(nats), BitsPerCharacter: nats / np.log(2)}[kind]


@pytest.mark.parametrize("kind", OF_LOGITS)
@pytest.mark.parametrize("batch", [24, 7, 1])
def test_they_are_means_over_all_tokens(kind, batch):
    found = measured(kind, TOKENS, LOGITS, batch=batch)
    assert found == pytest.approx(expected(kind, NATS.mean()), rel=1e-6)
    assert found == pytest.approx(measured(kind, TOKENS, LOGITS), rel=1e-7)


@pytest.mark.parametrize("size", [2, 65, 5000])
def test_uniform_logits(size):
    tokens, logits = np.arange(6).reshape(2, 3) % size, np.full((2, 3, size), 7.0, "float32")
    assert measured(Perplexity, tokens, logits) == pytest.approx(size, rel=1e-6)
    assert measured(BitsPerCharacter, tokens, logits) == pytest.approx(np.log2(size), rel=1e-6)
    assert measured(NegativeLogLikelihood, tokens, logits) == pytest.approx(np.log(size), rel=1e-6)


def test_a_sure_model_has_no_bits():
    logits = 100.0 * np.eye(11, dtype="float32")[TOKENS]
    assert measured(BitsPerCharacter, TOKENS, logits) == pytest.approx(0, abs=1e-6)
    assert measured(Perplexity, TOKENS, logits) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("kind", OF_LOGITS)
@pytest.mark.parametrize("padding", [0, 10, -1])
def test_padding_does_not_count(kind, padding):
    tokens, logits = TOKENS.copy(), LOGITS.copy()
    tokens[:, 4:] = padding
    logits[:, 4:] = np.nan
    mask = tokens != padding
    assert 40 < mask.sum() <= 96
    found = measured(kind, tokens, logits, batch=5, padding=padding)
    assert found == pytest.approx(expected(kind, NATS[mask].mean()), rel=1e-6)


@pytest.mark.parametrize("kind", OF_LOGITS)
def test_weights_of_rows_and_of_tokens(kind):
    rows, tokens = RNG.integers(0, 3, 24), RNG.random((24, 7))
    for weight in (rows, rows[:, None], tokens):
        weights = np.broadcast_to(weight if weight.ndim == 2 else weight[:, None], (24, 7))
        found = measured(kind, TOKENS, LOGITS, weight, batch=5)
        assert found == pytest.approx(expected(kind, np.average(NATS, weights=weights)), rel=1e-6)
    logits = np.where((rows > 0)[:, None, None], LOGITS, np.nan)
    assert np.isfinite(measured(kind, TOKENS, logits, rows))


def test_one_token_per_row():
    assert measured(NegativeLogLikelihood, TOKENS[:, 0], LOGITS[:, 0]) == pytest.approx(
        NATS[:, 0].mean(), rel=1e-6
    )


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_logits_of_mixed_precision(dtype):
    logits = tf.cast(LOGITS, dtype)
    rounded = scipy.special.log_softmax(tf.cast(logits, tf.float64).numpy(), -1)
    nats = -np.take_along_axis(rounded, TOKENS[..., None], -1)
    assert measured(NegativeLogLikelihood, TOKENS, logits) == pytest.approx(nats.mean(), rel=1e-6)


def test_many_tokens_are_summed_in_float64():
    metric = NegativeLogLikelihood()
    step = tf.function(lambda: metric.update_state(tf.zeros([1000], tf.int32), tf.zeros([1000, 3])))
    for _ in range(300):
        step()
    assert float(metric.result()) == pytest.approx(np.float32(np.log(3)), rel=1e-10)


def test_oracle_nll_is_the_mean_of_the_likelihoods():
    tokens = ORACLE.sample(30, length=8, seed=1)
    mean = -np.mean(ORACLE.log_likelihood(tokens, per_token=True))
    assert float(oracle_nll(tokens, ORACLE)) == pytest.approx(mean, rel=1e-12)
    for batch in (30, 7, 1):
        metric = OracleNLL(ORACLE)
        for start in range(0, 30, batch):
            metric.update_state(None, tokens[start : start + batch])
        assert float(metric.result()) == pytest.approx(mean, rel=1e-7)


def test_oracle_nll_leaves_out_rows_of_weight_zero():
    tokens = RNG.integers(0, 40, (12, 8))
    weight = np.arange(12) % 3
    metric = OracleNLL(ORACLE)
    metric.update_state(None, tokens, sample_weight=weight)
    assert float(metric.result()) == pytest.approx(float(oracle_nll(tokens[weight > 0], ORACLE)), rel=1e-7)


def test_oracle_nll_ranks_text_but_rewards_collapse():
    own = ORACLE.sample(300, seed=1)
    likeliest = own[np.argsort(ORACLE.log_likelihood(own))[-1:]].repeat(300, axis=0)
    shuffled = RNG.permuted(own, axis=1)
    values = [float(oracle_nll(tokens, ORACLE)) for tokens in (likeliest, own, shuffled)]
    assert values[0] < values[1] - 0.2 and values[1] < values[2] - 0.2
    assert kgen.metrics.self_bleu(likeliest, 5) == 1 > kgen.metrics.self_bleu(own, 5) + 0.2


@pytest.mark.parametrize("kind", OF_LOGITS)
@pytest.mark.parametrize("jit", [False, True])
def test_in_a_graph_and_under_xla(kind, jit):
    metric = kind(padding=3)
    step = tf.function(lambda tokens, logits: metric.update_state(tokens, logits), jit_compile=jit)
    for start in range(0, 24, 8):
        step(tf.constant(TOKENS[start : start + 8]), tf.constant(LOGITS[start : start + 8]))
    assert float(metric.result()) == pytest.approx(measured(kind, TOKENS, LOGITS, padding=3), rel=1e-6)


@pytest.mark.parametrize("jit", [False, True])
def test_the_oracle_in_a_graph_and_under_xla(jit):
    metric, tokens = OracleNLL(ORACLE), tf.constant(ORACLE.sample(24, seed=1))
    step = tf.function(lambda tokens: metric.update_state(None, tokens), jit_compile=jit)
    for start in range(0, 24, 8):
        step(tokens[start : start + 8])
    assert float(metric.result()) == pytest.approx(float(oracle_nll(tokens, ORACLE)), rel=1e-5)


@pytest.mark.parametrize("kind", OF_LOGITS)
def test_config_reset_and_direction(kind):
    metric = kind(name="mine", padding=np.int64(3))
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(metric)))
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is kind and again.get_config() == {"name": "mine", "padding": 3}
    assert np.isnan(float(again.result())) and again._direction == "down"
    again.update_state(TOKENS, LOGITS * 0)
    again.reset_state()
    again.update_state(TOKENS, LOGITS)
    assert float(again.result()) == pytest.approx(measured(kind, TOKENS, LOGITS, padding=3))
    assert (
        kind().name
        == {
            NegativeLogLikelihood: "negative_log_likelihood",
            Perplexity: "perplexity",
            BitsPerCharacter: "bits_per_character",
        }[kind]
    )


def test_config_of_an_oracle(tmp_path):
    np.savez(tmp_path / "oracle.npz", **ORACLE.weights)
    tokens = ORACLE.sample(9, seed=1)
    for oracle in (ORACLE, str(tmp_path / "oracle.npz")):
        config = json.loads(json.dumps(keras.saving.serialize_keras_object(OracleNLL(oracle, name="mine"))))
        again = keras.saving.deserialize_keras_object(config)
        again.update_state(None, tokens)
        assert float(again.result()) == pytest.approx(float(oracle_nll(tokens, ORACLE)), rel=1e-12)
        assert again.name == "mine" and again._direction == "down"


@pytest.mark.parametrize("padding", [0.5, "0", True])
def test_padding_is_checked(padding):
    for kind in OF_LOGITS:
        with pytest.raises(ValueError, match="argument `padding`"):
            kind(padding=padding)


def test_an_oracle_is_checked():
    with pytest.raises(ValueError, match="argument `path`"):
        OracleNLL("nowhere.npz")
    with pytest.raises(ValueError, match="argument `tokens`"):
        oracle_nll([[40]], ORACLE)


def test_a_language_model_is_compiled_with_them():
    model = keras.Sequential([keras.layers.Embedding(11, 8), keras.layers.LSTM(8, return_sequences=True)])
    model.add(keras.layers.Dense(11))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=[kind() for kind in OF_LOGITS])
    model.fit(TOKENS[:, :-1], TOKENS[:, 1:], epochs=1, verbose=0)
    logs = model.evaluate(TOKENS[:, :-1], TOKENS[:, 1:], batch_size=5, verbose=0, return_dict=True)
    assert logs["negative_log_likelihood"] == pytest.approx(logs["loss"], rel=1e-5)
    assert logs["perplexity"] == pytest.approx(np.exp(logs["loss"]), rel=1e-5)
    assert logs["bits_per_character"] == pytest.approx(logs["loss"] / np.log(2), rel=1e-5)


SETUP = """
batch = 8
oracle = kgen.oracle.Oracle.random(40, 4, 5)
rng = np.random.default_rng(0)
tokens, logits = rng.integers(0, 40, (49, 6)), rng.normal(size=(49, 6, 40))
cases = [
    (lambda: kgen.metrics.OracleNLL(oracle), (logits, tokens)),
    (lambda: kgen.metrics.NegativeLogLikelihood(padding=3), (tokens, logits)),
    (kgen.metrics.Perplexity, (tokens, logits)),
    (kgen.metrics.BitsPerCharacter, (tokens, logits)),
]
"""


@pytest.mark.slow
def test_two_replicas_give_the_value_of_one():
    rows = replicas.values(SETUP)
    assert len(rows) == 8
    for found, alone in rows:
        assert found == pytest.approx(alone, rel=1e-9) and alone > 1
