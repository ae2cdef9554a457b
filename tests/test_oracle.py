"""The oracle against an LSTM in NumPy, and against the numbers of SeqGAN's own where its file is given."""

import json
import os

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
from kgen.oracle import Oracle

FILE = os.environ.get("KGEN_ORACLE_FILE")
needs_file = pytest.mark.skipif(not FILE, reason="KGEN_ORACLE_FILE is not set")
SMALL = Oracle.random(vocabulary_size=53, embedding_dim=4, units=6, seed=3)
TOKENS = np.random.default_rng(0).integers(0, 53, (31, 9))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def by_hand(oracle, tokens):
    """log p(. | y_<t) of every word, [n, T, V], in float64, row by row."""
    w = {name: array.astype("float64") for name, array in oracle.weights.items()}
    result = np.empty((*tokens.shape, oracle.vocabulary_size))
    for row, sequence in enumerate(tokens):
        h = c = np.zeros(len(w["b_i"]))
        for t, previous in enumerate([0, *sequence[:-1]]):
            x = w["embedding"][previous]
            i, f, o, new = (x @ w[f"W_{g}"] + h @ w[f"U_{g}"] + w[f"b_{g}"] for g in "ifoc")
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(new)
            h = sigmoid(o) * np.tanh(c)
            logits = h @ w["W_out"] + w["b_out"]
            result[row, t] = logits - np.log(np.exp(logits).sum())
    return result


def test_log_likelihood_is_that_of_the_lstm():
    found = SMALL.log_likelihood(TOKENS, per_token=True)
    expected = np.take_along_axis(by_hand(SMALL, TOKENS), TOKENS[..., None], axis=2)[..., 0]
    assert found.dtype == tf.float64 and found.shape == TOKENS.shape
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(SMALL.log_likelihood(TOKENS), expected.sum(axis=1), atol=1e-5)


def test_probabilities_of_all_sequences_sum_to_one():
    oracle = Oracle.random(vocabulary_size=4, embedding_dim=2, units=3, seed=1)
    every = np.stack(np.meshgrid(*[np.arange(4)] * 3), axis=-1).reshape(-1, 3)
    assert np.exp(oracle.log_likelihood(every)).sum() == pytest.approx(1, abs=1e-5)


def test_samples_are_the_inverse_of_the_distribution_function():
    seeds = kgen.noise.rows(5, 40)
    tokens = SMALL.sample(40, length=9, seed=5)
    uniform = [kgen.noise.uniform(kgen.noise.fold(seeds, t), (1,)).numpy()[:, 0] for t in range(9)]
    sums = np.exp(by_hand(SMALL, tokens)).cumsum(axis=2)
    expected = (sums <= np.stack(uniform, axis=1)[..., None]).sum(axis=2)
    assert tokens.dtype == np.int32 and len(np.unique(tokens)) > 20
    np.testing.assert_array_equal(tokens, expected)


def test_the_first_tokens_have_their_probabilities():
    first = SMALL.sample(20_000, length=1, seed=8)[:, 0]
    expected = np.exp(by_hand(SMALL, np.zeros((1, 1), int))[0, 0])
    shares = np.bincount(first, minlength=53) / 20_000
    assert np.all(np.abs(shares - expected) < 5 * np.sqrt(expected / 20_000) + 1e-4)


def test_own_samples_are_likelier_than_others():
    own, other = SMALL.sample(500, length=9, seed=1), np.random.default_rng(1).integers(0, 53, (500, 9))
    assert np.mean(SMALL.log_likelihood(own)) > np.mean(SMALL.log_likelihood(other)) + 5


@pytest.mark.parametrize("count", [1, 7, 512, 513])
def test_a_row_does_not_depend_on_the_others(count):
    tokens = SMALL.sample(1030, length=9, seed=2)
    scores = SMALL.log_likelihood(tokens, per_token=True).numpy()
    np.testing.assert_array_equal(SMALL.sample(count, length=9, seed=2), tokens[:count])
    np.testing.assert_array_equal(SMALL.log_likelihood(tokens[:count], per_token=True), scores[:count])
    moved = SMALL.log_likelihood(tokens[3 : 3 + count], per_token=True)
    np.testing.assert_allclose(moved, scores[3 : 3 + count], rtol=1e-6)


def test_shorter_samples_are_starts_and_other_seeds_are_others():
    tokens = SMALL.sample(50, length=9, seed=2)
    np.testing.assert_array_equal(SMALL.sample(50, length=4, seed=2), tokens[:, :4])
    assert (SMALL.sample(50, length=9, seed=3) != tokens).mean() > 0.5
    assert SMALL.sample(2).shape == (2, 20)


def test_no_rows_have_no_likelihood():
    assert SMALL.log_likelihood(np.zeros((0, 5), int)).shape == (0,)


@pytest.mark.parametrize("jit", [False, True])
def test_likelihood_in_a_graph_and_under_xla(jit):
    tokens = tf.constant(TOKENS)
    step = tf.function(SMALL.log_likelihood, jit_compile=jit)
    np.testing.assert_allclose(step(tokens), SMALL.log_likelihood(TOKENS), atol=1e-4)


def test_random_weights_are_standard_normal():
    oracle = Oracle.random(seed=4)
    values = np.concatenate([array.ravel() for array in oracle.weights.values()])
    assert oracle.weights["embedding"].shape == (5000, 32) and len(oracle.weights) == 15
    assert values.mean() == pytest.approx(0, abs=0.01) and values.std() == pytest.approx(1, abs=0.01)
    assert not np.array_equal(oracle.weights["W_i"], oracle.weights["W_f"])
    again, other = (Oracle.random(9, 2, 2, seed=seed).weights["U_c"] for seed in (4, 5))
    np.testing.assert_array_equal(again, Oracle.random(9, 2, 2, seed=4).weights["U_c"])
    assert not np.array_equal(again, other)


def through_json(oracle):
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(oracle)))
    return config, keras.saving.deserialize_keras_object(config)


def test_a_file_holds_the_weights(tmp_path):
    path = tmp_path / "oracle.npz"
    np.savez(path, **SMALL.weights)
    loaded = Oracle.load(path)
    np.testing.assert_array_equal(loaded.sample(5, seed=1), SMALL.sample(5, seed=1))
    config, again = through_json(loaded)
    assert config["config"] == {"path": str(path)} and again.path == str(path)
    np.testing.assert_array_equal(again.log_likelihood(TOKENS), SMALL.log_likelihood(TOKENS))


def test_without_a_file_the_config_holds_the_weights():
    _, again = through_json(SMALL)
    for name, array in SMALL.weights.items():
        np.testing.assert_array_equal(again.weights[name], array)


def changed(**weights):
    return Oracle({**SMALL.weights, **weights})


@pytest.mark.parametrize(
    "call, argument",
    [
        (lambda: Oracle({"embedding": np.zeros((3, 2))}), "weights"),
        (lambda: changed(U_f=np.zeros((6, 5))), "weights"),
        (lambda: changed(b_out=np.full(53, np.nan)), "weights"),
        (lambda: changed(W_out=np.zeros(53)), "weights"),
        (lambda: changed(embedding=np.zeros(53)), "weights"),
        (lambda: Oracle.load("nowhere.npz"), "path"),
        (lambda: Oracle.random(0), "vocabulary_size"),
        (lambda: Oracle.random(5, units=0), "units"),
        (lambda: Oracle.random(5, seed=-1), "seed"),
        (lambda: SMALL.sample(0), "num_samples"),
        (lambda: SMALL.sample(3, length=0), "length"),
        (lambda: SMALL.sample(3, seed=2**31), "seed"),
        (lambda: SMALL.log_likelihood([1, 2]), "tokens"),
        (lambda: SMALL.log_likelihood([[0.5]]), "tokens"),
        (lambda: SMALL.log_likelihood([[0, 53]]), "tokens"),
        (lambda: SMALL.log_likelihood([[-1, 0]]), "tokens"),
    ],
)
def test_bad_arguments(call, argument):
    with pytest.raises(ValueError, match=f"argument `{argument}`"):
        call()


@needs_file
def test_the_papers_oracle_scores_its_own_samples():
    """5.75 nats per token; 10.31 is the paper's "random", tokens of the right frequencies in any order."""
    oracle = Oracle.load(FILE)
    tokens = oracle.sample(10_000, length=20, seed=1)
    generator = np.random.default_rng(0)
    shuffled = generator.permutation(tokens.ravel()).reshape(tokens.shape)
    uniform = generator.integers(0, 5000, tokens.shape)
    nats = [-np.mean(oracle.log_likelihood(x)) / 20 for x in (tokens, shuffled, uniform)]
    assert nats == [
        pytest.approx(5.75, abs=0.03),
        pytest.approx(10.3, abs=0.03),
        pytest.approx(11.4, abs=0.05),
    ]


@needs_file
def test_the_papers_oracle_is_the_lstm():
    oracle = Oracle.load(FILE)
    tokens = oracle.sample(4, length=20, seed=1)
    expected = np.take_along_axis(by_hand(oracle, tokens), tokens[..., None], axis=2)[..., 0]
    np.testing.assert_allclose(oracle.log_likelihood(tokens, per_token=True), expected, atol=1e-4)
