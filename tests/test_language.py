"""Language models: losses against closed forms, carried context against one long pass, texts against softmax."""

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

import kgen
from tests.contract.text import LENGTH, TEXT, VOCABULARY, WORDS, sentences, streams

KINDS = ["lstm", "gru-tied-dropout", "lstm-numbers", "convnet", "convnet-words-dropout"]
every_kind = pytest.mark.parametrize("kind", KINDS)
carrying = pytest.mark.parametrize("kind", ["lstm", "convnet"])


def made(kind, scale=0.7, optimizer=None, metrics=None, **options):
    """A compiled model whose weights are not small, or all logits zero."""
    model = TEXT[kind].make(**options)
    random = np.random.default_rng(3)
    for variable in model.network.trainable_variables:
        if scale or "output" in variable.name:
            variable.assign(random.normal(size=variable.shape) * scale)
    model.compile(optimizer or keras.optimizers.SGD(1e-9), metrics, jit_compile=False, steps_per_execution=1)
    return model


def evaluated(model, data, **options):
    return model.evaluate(data, return_dict=True, verbose=0, **options)


def nats_of(model, tokens):
    """-log p of each of the tokens behind the first, by NumPy from the logits of one pass."""
    logits = model.call(tf.constant(tokens[:, :-1])).numpy().astype("float64")
    logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return -np.take_along_axis(logs, tokens[:, 1:, None], axis=-1)[..., 0]


# The loss.


@every_kind
def test_uniform_logits_cost_the_log_of_the_vocabulary(kind):
    model = made(kind, scale=0.0)
    found = evaluated(model, *TEXT[kind].data(20)[:1])
    assert found["nats_per_token"] == pytest.approx(np.log(model.vocabulary.size), rel=1e-5)
    if kind in ("lstm", "convnet"):
        assert found["bits_per_character"] == pytest.approx(np.log2(VOCABULARY.size), rel=1e-5)


@every_kind
def test_the_loss_is_that_of_all_tokens_but_padding(kind):
    """Of batches with different numbers of tokens too."""
    model, tokens = made(kind), TEXT[kind].data(50)[0]
    counts = np.ones_like(tokens[:, 1:], bool) if kind == "lstm-numbers" else tokens[:, 1:] != 0
    expected = nats_of(model, tokens)[counts].mean()
    assert kind == "lstm-numbers" or not counts.all()
    assert evaluated(model, tokens, batch_size=16)["loss"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("kind", ["lstm", "convnet-words-dropout"])
def test_more_padding_changes_nothing(kind):
    tokens, updated = TEXT[kind].data(16)[0], []
    for rows in (tokens, np.pad(tokens, [(0, 0), (0, 5)])):
        model = made(kind, optimizer=keras.optimizers.SGD(0.1))
        history = model.fit(rows, batch_size=16, verbose=0, shuffle=False).history
        updated.append([history["loss"][0], *(v.numpy() for v in model.network.trainable_variables)])
    for narrow, wide in zip(*updated, strict=True):
        np.testing.assert_allclose(narrow, wide, rtol=1e-5, atol=1e-6)
    assert np.abs(updated[0][-1] - made(kind).network.trainable_variables[-1].numpy()).max() > 1e-4


@every_kind
def test_texts_cost_what_evaluation_says(kind):
    model, tokens = made(kind), TEXT[kind].data(40)[0]
    texts = [text.decode() for text in model.vocabulary.decode(tokens[:, 1:]).numpy()]
    if kind in ("gru-tied-dropout", "convnet-words-dropout"):
        tokens = model.vocabulary.sequences(texts, 30).numpy()  # None is cut.
    nats, per_token = model.nats(texts)
    counts = np.full(40, LENGTH) if kind == "lstm-numbers" else (tokens[:, 1:] != 0).sum(1)
    np.testing.assert_allclose(nats, per_token * counts, rtol=1e-5)
    assert evaluated(model, tokens)["loss"] == pytest.approx(nats.sum() / counts.sum(), rel=1e-5)


def test_a_text_costs_the_same_beside_others():
    model = made("lstm")
    texts = ["to be", "", "that is the question\nto be or not to be", "?"]
    together, per_token = model.nats(texts)
    np.testing.assert_allclose([model.nats([text])[0][0] for text in texts], together, rtol=1e-5)
    assert together[1] == per_token[1] == 0
    unknown = tf.constant([[VOCABULARY.start, kgen.datasets.vocabulary.UNKNOWN]])
    assert together[3] == pytest.approx(nats_of(model, unknown.numpy())[0, 0], rel=1e-5)


# Carried context.


def running(split="train", **options):
    """Tokens of the running text, [1, N + 1]."""
    data = streams(1, split, sequence_length=100_000, **options)
    tokens = next(iter(data)).numpy()
    return tokens[:, : int((tokens[:, 1:] != 0).sum()) + 1]


@carrying
@pytest.mark.parametrize("length", [7, 16])
def test_carried_context_equals_one_long_pass(kind, length):
    model, whole = made(kind), running()
    found = evaluated(model, streams(1, sequence_length=length))["loss"]
    assert whole.shape[1] > 600
    assert found == pytest.approx(nats_of(model, whole).mean(), abs=1e-5)
    forgetful = evaluated(model, np.concatenate(list(streams(1, sequence_length=length))))["loss"]
    assert abs(forgetful - found) > 1e-3


@carrying
def test_each_row_is_a_stream_of_its_own(kind):
    model, whole, rows = made(kind), running()[0], 5
    share = -(-(len(whole) - 1) // rows)
    parts = [whole[r * share : min((r + 1) * share, len(whole) - 1) + 1] for r in range(rows)]
    nats = np.concatenate([nats_of(model, part[None])[0] for part in parts])
    assert len(nats) == len(whole) - 1
    assert evaluated(model, streams(rows))["loss"] == pytest.approx(nats.mean(), abs=1e-5)


@carrying
def test_each_evaluation_begins_anew(kind):
    model, data, held_out = made(kind), streams(), streams(1, "validation")
    alone = evaluated(model, held_out)["loss"]
    history = model.fit(data, epochs=2, validation_data=held_out, verbose=0).history
    assert history["val_loss"] == pytest.approx([alone, alone], abs=1e-5)
    assert evaluated(model, held_out)["loss"] == pytest.approx(alone, abs=1e-5)
    other = evaluated(model, streams(3, "validation"))["loss"]  # Another number of rows.
    assert other != alone and evaluated(model, held_out)["loss"] == pytest.approx(alone, abs=1e-5)
    steps = evaluated(model, held_out, steps=2)["loss"]
    assert steps == pytest.approx(nats_of(model, running("validation")[:, : 2 * LENGTH + 1]).mean(), abs=1e-5)


@carrying
def test_training_carries_context_through_a_pass_and_begins_the_next_anew(kind):
    """With hardly any learning the loss of an epoch is the mean over steps that one long pass gives."""
    model, data = made(kind), streams(3)
    state, losses = model.network.zero_state(3), []
    for tokens in data:
        logits, state = model.read(tokens[:, :-1], state)
        losses.append(float(model.mean_nats(tokens[:, 1:], logits)))
    history = model.fit(data, epochs=3, verbose=0).history["loss"]
    assert history == pytest.approx([np.mean(losses)] * 3, abs=1e-5)
    shuffled = model.fit(streams(3, shuffle=True), verbose=0).history["loss"]
    assert abs(shuffled[0] - history[0]) > 1e-3 and not model.passing()


def test_no_gradient_goes_back_into_earlier_batches():
    model = made("lstm", optimizer=keras.optimizers.SGD(0.5))
    data = streams(2)
    first, second = list(data.take(2))
    model.fit(data, steps_per_epoch=1, verbose=0)
    weights = [v.numpy() for v in model.network.trainable_variables]
    state = [tf.constant(v.numpy()) for v in model.passing()]
    state = tf.nest.pack_sequence_as(model.network.zero_state(2), state)
    with tf.GradientTape() as tape:
        loss = model.mean_nats(second[:, 1:], model.read(second[:, :-1], state)[0])
    gradients = tape.gradient(loss, [v.value for v in model.network.trainable_variables])
    model.train_on_batch(second)
    for before, gradient, v in zip(weights, gradients, model.network.trainable_variables, strict=True):
        np.testing.assert_allclose(v, before - 0.5 * tf.convert_to_tensor(gradient), rtol=1e-4, atol=1e-5)


# Texts.


@pytest.mark.parametrize("kind", KINDS)
def test_first_tokens_are_as_frequent_as_softmax_says(kind):
    model = made(kind, scale=0.4)
    vocabulary = model.vocabulary
    logits = model.call(tf.constant([[vocabulary.start]])).numpy()[0, 0].astype("float64")
    logits[list(vocabulary.never_generated)] = -np.inf
    shares = np.exp(logits) / np.exp(logits).sum()
    tokens = model.draw(4000, length=1, seed=4)[:, 0]
    counts = np.bincount(tokens, minlength=vocabulary.size)
    possible = shares > 0
    assert counts[~possible].sum() == 0 and possible.sum() == vocabulary.size - len(
        vocabulary.never_generated
    )
    assert scipy.stats.chisquare(counts[possible], 4000 * shares[possible]).pvalue > 1e-3


def test_pairs_of_tokens_are_as_frequent_as_softmax_says():
    """Each place has a uniform number of its own, and depends on the token before it."""
    model, size = made("lstm-numbers", scale=0.5), 11
    first = np.array(tf.nn.softmax(model.call(tf.constant([[0]]))[0, 0]), "float64")
    second = np.array(tf.nn.softmax(model.call(tf.constant([[0, k] for k in range(size)]))[:, 1]), "float64")
    shares = (first[:, None] * second).ravel()
    tokens = model.draw(20_000, length=2, seed=1)
    counts = np.bincount(tokens[:, 0] * size + tokens[:, 1], minlength=size**2)
    assert shares.min() * 20_000 > 5
    assert scipy.stats.chisquare(counts, 20_000 * shares / shares.sum()).pvalue > 1e-3


@pytest.mark.parametrize("kind", ["lstm", "convnet", "lstm-numbers"])
def test_greedy_texts_follow_the_largest_logit(kind):
    model = made(kind)
    vocabulary, tokens = model.vocabulary, [model.vocabulary.start]
    for _ in range(LENGTH):
        logits = model.call(tf.constant([tokens])).numpy()[0, -1]
        logits[list(vocabulary.never_generated)] = -np.inf
        tokens.append(int(logits.argmax()))
    expected = vocabulary.decode([tokens[1:]]).numpy()[0].decode()
    assert model.generate(2, temperature=0, seed=1).tolist() == [expected] * 2
    assert model.generate(2, top_k=1, seed=1).tolist() == [expected] * 2
    assert model.generate(2, top_p=1e-6, seed=1).tolist() == [expected] * 2
    assert model.generate(9, seed=1).tolist() != [expected] * 9


@pytest.mark.parametrize("kind", ["lstm", "convnet"])
def test_a_text_goes_on_behind_its_prompt(kind):
    model = made(kind)
    prompts = ["to be", "", "that is the question\nto be or", "q"]
    texts = model.generate(4, prompt=prompts, length=[3, 9, 1, 5], seed=6)
    for text, prompt, length in zip(texts, prompts, [3, 9, 1, 5], strict=True):
        assert text.startswith(prompt) and len(text) == len(prompt) + length
    assert model.generate(4, prompt=prompts[0], length=3, seed=6)[0] == texts[0]
    assert model.generate(4, prompt=["", "", prompts[2], ""], seed=6)[2].startswith(texts[2])
    same = model.generate(50, prompt="to ", length=1, seed=2)
    logits = model.call(tf.constant(VOCABULARY.sequences(["to "], 3)))[0, -1].numpy()
    likely = VOCABULARY.decode([[logits[4:].argmax() + 4]]).numpy()[0].decode()
    assert likely in {text[-1] for text in same} and len(set(same)) > 1


def test_sentences_end():
    model = made("gru-tied-dropout", scale=0.1)
    texts = model.generate(200, seed=0)
    words = [len(text.split()) for text in texts]
    assert min(words) == 0 and max(words) == LENGTH and not any("[" in text for text in texts)
    drawn = model.draw(200, seed=0)
    assert drawn.shape == (200, LENGTH) and WORDS.decode(drawn).numpy()[7].decode() == texts[7]
    ended = drawn == WORDS.end
    assert (ended.sum(1) <= 1).all() and not drawn[np.cumsum(ended, axis=1) - ended > 0].any()


def test_numbers_are_drawn_as_text_and_as_numbers():
    model = made("lstm-numbers")
    texts, drawn = model.generate(300, seed=3), model.draw(300, seed=3)
    assert [list(map(int, text.split())) for text in texts] == drawn.tolist()
    assert drawn.dtype == np.int32 and model.generate(1, prompt="4 5", length=2, seed=0)[0].startswith("4 5 ")
    assert model.draw(2, length=30, seed=3).shape == (2, 30)
    np.testing.assert_array_equal(model.draw(2, length=30, seed=3)[:, :LENGTH], drawn[:2])


def test_temperature_widens_the_choice():
    model = made("lstm")
    kinds = [len(set(model.generate(200, length=1, temperature=t, seed=0))) for t in (0.05, 0.5, 5.0)]
    assert kinds[0] < kinds[1] < kinds[2]


# What it takes, and what it refuses.


def test_fit_takes_strings():
    texts = ["to be or not", "that is", "question", "to be"] * 4
    rows = WORDS.sequences(texts, LENGTH).numpy()
    histories = []
    for x in (texts, np.array(texts), rows):
        keras.utils.set_random_seed(1)
        model = TEXT["gru-tied-dropout"].make()
        model.compile(jit_compile=False)
        histories.append(model.fit(x, batch_size=8, validation_data=texts[:3], verbose=0).history)
    assert histories[0] == histories[1]
    assert histories[0]["loss"] == histories[2]["loss"]


def test_metrics_look_at_logits_or_at_new_sequences():
    oracle = kgen.oracle.Oracle.random(vocabulary_size=11, embedding_dim=3, units=4, seed=1)
    metrics = [kgen.metrics.Perplexity(), kgen.metrics.OracleNLL(oracle)]
    model, tokens = made("lstm-numbers", metrics=metrics), TEXT["lstm-numbers"].data(32)[0]
    found = evaluated(model, tokens, batch_size=32)
    assert found["perplexity"] == pytest.approx(np.exp(found["loss"]), rel=1e-4)
    with kgen.noise.stream(model.seed, kgen.base.EVALUATION, 32) as stream:
        drawn = model.tokens(stream.next(), LENGTH)
    assert found["oracle_nll"] == pytest.approx(float(kgen.metrics.oracle_nll(drawn, oracle)), rel=1e-4)
    assert set(metric.name for metric in metrics) <= set(found)


def test_predict_gives_logits():
    model, tokens = made("convnet"), sentences(VOCABULARY, 5)
    logits = model.predict(tokens, batch_size=2, verbose=0)
    assert logits.shape == (5, LENGTH + 1, VOCABULARY.size) and logits.dtype == np.float32
    np.testing.assert_allclose(logits, model.call(tf.constant(tokens)), atol=1e-5)
    assert model.predict(tokens[:0], verbose=0).shape == (0, LENGTH + 1, VOCABULARY.size)


GENERATING = {
    "temperature": ({"temperature": -0.5}, r"temperature`. Expected a number in \[0, inf\)"),
    "temperatures": ({"temperature": [1.0, -1.0]}, "temperature=-1.0"),
    "no temperature": ({"temperature": float("nan")}, "temperature=nan"),
    "top_k": ({"top_k": 0}, "top_k`. Expected a positive integer"),
    "top_p above": ({"top_p": 1.1}, r"top_p`. Expected a number in \(0, 1\]. Received: top_p=1.1"),
    "top_p zero": ({"top_p": 0.0}, r"top_p`. Expected a number in \(0, 1\]"),
    "length": ({"length": 0}, "length`. Expected a positive integer"),
    "prompt": (
        {"prompt": "to bé €"},
        "prompt`. Expected characters of the vocabulary .* unknown characters 'é', '€'",
    ),
    "no prompt": ({"prompt": 3}, "prompt`. Expected a string"),
    "prompts": (
        {"prompt": ["a", "b", "c"]},
        "prompt`. Expected one value, or 2 of them. Received: 3 of them",
    ),
    "seed": ({"seed": -1}, "seed`"),
}


@pytest.mark.parametrize("told, message", GENERATING.values(), ids=GENERATING)
def test_bad_conditions_are_refused_in_one_line(told, message):
    with pytest.raises(ValueError, match=message) as error:
        TEXT["lstm"].make().generate(2, **told)
    assert "\n" not in str(error.value)


def test_bad_arguments_of_other_kinds():
    model = TEXT["lstm"].make()
    with pytest.raises(TypeError, match="top_q"):
        model.generate(2, top_q=0.5)
    with pytest.raises(ValueError, match="texts`. Expected a list of strings"):
        model.nats("to be")
    with pytest.raises(ValueError, match="unknown numbers 'two'"):
        TEXT["lstm-numbers"].make().generate(1, prompt="1 two")
    with pytest.raises(TypeError, match="writes texts"):
        model.sheet(4, 0)


DATA = {
    "a letter outside the vocabulary": (
        np.full((8, 5), 99),
        r"x`. Expected ids in 0..\d+, those of the model",
    ),
    "negative": (np.full((8, 5), -1), "minimum=-1"),
    "pictures": (np.zeros((8, 5, 5, 1), "uint8"), r"rows of tokens.* Received: shape=\(8, 5, 5, 1\)"),
    "floats": (np.zeros((8, 5)), "strings, or rows of tokens.*float64"),
    "one column": (np.full((8, 1), 4), "T of at least 2"),
    "none": (np.zeros((0, 5), int), "at least one example"),
    "no text": ([], "an array"),
    "few": (np.full((3, 5), 4), "fewer than batch_size=32"),
}


@pytest.mark.parametrize("x, message", DATA.values(), ids=DATA)
def test_bad_data_are_refused_in_one_line(x, message):
    model = made("lstm")
    with pytest.raises(ValueError, match=message) as error:
        model.fit(x, verbose=0)
    assert "\n" not in str(error.value)


def test_data_of_another_vocabulary_are_refused():
    data, _ = kgen.datasets.load_text(__file__, sequence_length=8)
    with pytest.raises(ValueError, match="load_text.*vocabulary=model.vocabulary"):
        made("lstm").fit(data, verbose=0)
    with pytest.raises(ValueError, match="Expected ids in"):
        made("lstm").fit(sentences(VOCABULARY, 32), validation_data=np.full((4, 5), 99), verbose=0)
