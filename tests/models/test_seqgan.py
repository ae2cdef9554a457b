"""SeqGAN: the policy gradient against enumeration, the stages, and the contract of its kind."""

import itertools
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
from kgen import losses, noise
from kgen.episode import Episode
from tests.contract.seqgan import SEQGAN, TERMS
from tests.contract.table import state
from tests.contract.test_replicas import TOLERANCE, check
from tests.contract.test_training import Stop
from tests.contract.training import equal, trained, values

every_row = pytest.mark.parametrize("row", SEQGAN.values(), ids=SEQGAN)
SENTENCES = kgen.datasets.Vocabulary(["a", "b"], sentences=True)


def toy(vocabulary=3, length=3, **options):
    """A model of three tokens whose weights are not small, and whose discriminator is no coin."""
    sizes = {"units": 3, "embedding_dim": 2, "discriminator_embedding_dim": 2, "rollouts": 2}
    nets = {"widths": (1, 2), "filters": (3, 3)}
    model = kgen.SeqGAN(vocabulary, length, **{**sizes, **nets, **options})
    random = np.random.default_rng(6)
    for network in (model.network, model.discriminator):
        for variable in network.trainable_variables:
            variable.assign(random.normal(size=variable.shape))
    return model


def episode(model, number=6, seed=0):
    """A game of new sequences; the real ones do not matter."""
    with noise.stream(seed, 0, number):
        game = Episode(model, tf.zeros([number, model.sequence_length + 1], tf.int32))
        assert game.values.shape == (number, model.sequence_length)
    return game


def compiled(row, **options):
    keras.utils.set_random_seed(1)
    model = row.make(**options)
    model.compile(jit_compile=False, steps_per_execution=1)
    return model


# The policy gradient.


def every_sequence(model):
    """All sequences that the generator can write, int32 [n, T]."""
    vocabulary, length = model.vocabulary, model.sequence_length
    tokens = [t for t in range(vocabulary.size) if t not in vocabulary.never_generated]
    found = set()
    for sequence in itertools.product(tokens, repeat=length):
        kept = sequence.index(vocabulary.end) + 1 if vocabulary.end in sequence else length
        found.add(sequence[:kept] + (0,) * (length - kept))
    return np.array(sorted(found), "int32")


def log_probabilities(model, tokens):
    start = np.full((len(tokens), 1), model.vocabulary.start, "int32")
    logits = model.allowed(model.network(tf.constant(np.concatenate([start, tokens[:, :-1]], axis=1))))
    nats = losses.token_nats(tokens, logits)
    return -tf.reduce_sum(tf.where(model.counting(tokens), nats, 0.0), axis=1)


def flat(gradients):
    return np.concatenate([np.ravel(tf.convert_to_tensor(g)) for g in gradients])


@pytest.mark.parametrize("vocabulary, count", [(3, 27), (SENTENCES, 15)], ids=["numbers", "sentences"])
def test_the_policy_gradient_is_that_of_the_expected_reward(vocabulary, count):
    """Unbiased: the mean of many estimates is the gradient of sum_y p(y) D(y), within its standard error."""
    model = toy(vocabulary)
    tokens, variables = every_sequence(model), model.network.trainable_variables
    rewards = model.reward(tf.constant(tokens))
    with tf.GradientTape() as tape:
        chances = tf.exp(log_probabilities(model, tokens))
        expected = tf.reduce_sum(chances * rewards)
    assert len(tokens) == count and float(tf.reduce_sum(chances)) == pytest.approx(1.0, abs=1e-5)
    truth = flat(tape.gradient(expected, [v.value for v in variables]))

    @tf.function(autograph=False)
    def estimate(step):
        with noise.stream(5, step, 1024):
            game = Episode(model, tf.zeros([1024, 4], tf.int32))
            mean = tf.reduce_mean(game.values)
            with tf.GradientTape() as tape:
                loss = model.generator_loss(game)["policy_gradient"] / 1024
            return mean, [-tf.convert_to_tensor(g) for g in tape.gradient(loss, [v.value for v in variables])]

    found = [estimate(tf.constant(step)) for step in range(150)]
    estimates = np.stack([flat(gradients) for _, gradients in found])
    error = estimates.std(axis=0, ddof=1) / np.sqrt(len(estimates))
    mean = estimates.mean(axis=0)
    assert np.abs((mean - truth) / np.maximum(error, 1e-7)).max() < 4.5
    assert np.linalg.norm(mean - truth) < 0.06 * np.linalg.norm(truth)
    assert np.mean([float(reward) for reward, _ in found]) == pytest.approx(float(expected), abs=0.01)


def says_real(model, tokens):
    """D's probability that sequences are real, without dropout."""
    return 1 / (1 + np.exp(-model.discriminator(tf.constant(tokens)).numpy()[:, 0]))


def values_by_hand(model, tokens, seeds):
    """Q by its definition: every beginning is read again for each of its roll-outs and each token drawn behind it."""
    worth, number = np.zeros(tokens.shape), model.rollouts
    seeds = noise.spread(seeds, number * len(tokens))
    for known in range(1, tokens.shape[1]):
        rows = np.repeat(tokens, number, axis=0)
        for place in range(known, tokens.shape[1]):
            uniform = noise.uniform(noise.fold(noise.fold(seeds, known), place), (1,)).numpy()
            read = np.pad(rows[:, :place], [(0, 0), (1, 0)], constant_values=model.vocabulary.start)
            chances = tf.nn.softmax(model.network(tf.constant(read))[:, -1]).numpy()
            rows[:, place] = (np.cumsum(chances, axis=1) <= uniform).sum(axis=1)
        worth[:, known - 1] = says_real(model, rows).reshape(-1, number).mean(axis=1)
    worth[:, -1] = says_real(model, tokens)
    return worth


def test_values_are_those_of_rollouts_written_out():
    model = toy(length=5, rollouts=3)
    large = [2 * w for w in model.network.get_weights()]  # So that it matters what was read.
    model.network.set_weights(large)
    game = episode(model, 60)
    with noise.stream(0, 0, 60):
        noise.current().next()
        seeds = noise.current().next()
    np.testing.assert_allclose(game.values, values_by_hand(model, game.fake.numpy(), seeds), rtol=1e-4)


def moved(player, **options):
    """Model, weights of a player before a step down its gradient, how they moved, and the game."""
    model, games = toy(dropout=0.0, discriminator_steps=1, **options), []
    sgd = [keras.optimizers.SGD(0.1) for _ in range(2)]
    model.compile(*sgd, run_eagerly=True)
    own = getattr(model, f"{player}_loss")
    setattr(model, f"{player}_loss", lambda game: games.append(game) or own(game))
    variables = model.trained(player)
    before = [v.numpy() for v in variables]
    tokens = np.array([[0, 1, 2, 0], [0, 2, 2, 1], [0, 1, 1, 1], [0, 2, 0, 0]], "int32")
    model.train_on_batch(tokens)
    steps = [(old - v.numpy()) / 0.1 for old, v in zip(before, variables, strict=True)]
    for variable, value in zip(variables, before, strict=True):
        variable.assign(value)
    return model, tokens, games[-1], steps


@pytest.mark.parametrize("policy_loss, share", [("sum", 1), ("mean", 12)])
def test_the_generators_move_is_down_the_policy_gradient_written_out(policy_loss, share):
    model, _, game, steps = moved("generator", policy_loss=policy_loss)
    tokens, worth = game.fake.numpy(), game.values.numpy()
    read = np.concatenate([np.zeros([4, 1], "int32"), tokens[:, :-1]], axis=1)
    with tf.GradientTape() as tape:
        chances = tf.nn.softmax(model.network(tf.constant(read)))
        terms = [tf.math.log(chances[n, t, tokens[n, t]]) * worth[n, t] for n in range(4) for t in range(3)]
        loss = -tf.add_n(terms) / share
    expected = tape.gradient(loss, [v.value for v in model.network.trainable_variables])
    np.testing.assert_allclose(flat(steps), flat(expected), rtol=2e-3, atol=1e-5)


def test_the_discriminators_move_is_down_the_cross_entropy_written_out():
    """Every second sequence is called real, as many new ones are not; and lambda / 2 of the outputs' squares."""
    model, tokens, game, steps = moved("discriminator", output_l2=0.2)
    network, says_real = model.discriminator, keras.losses.BinaryCrossentropy(from_logits=True)
    both = np.concatenate([tokens[::2, 1:], game.fake.numpy()])
    with tf.GradientTape() as tape:
        loss = says_real(np.array([[1.0], [1.0], [0.0], [0.0]]), network(tf.constant(both)))
        outputs = [network.output_kernel.value, network.output_bias.value]
        loss += 0.1 * tf.add_n([tf.reduce_sum(tf.square(v)) for v in outputs])
    expected = tape.gradient(loss, [v.value for v in network.trainable_variables])
    np.testing.assert_allclose(flat(steps), flat(expected), rtol=2e-3, atol=1e-5)


def test_the_last_token_is_worth_what_d_says_of_the_whole():
    model = toy()
    game = episode(model, 40)
    np.testing.assert_allclose(game.values[:, -1], model.reward(game.fake), rtol=1e-6)
    assert np.ptp(model.reward(game.fake)) > 0.05


def test_a_finished_sentence_is_worth_what_d_says_of_it_and_padding_is_no_choice():
    model = toy(SENTENCES, length=4)
    game = episode(model, 40)
    tokens, worth = game.fake.numpy(), game.values.numpy()
    finished = np.cumsum(tokens == SENTENCES.end, axis=1) > 0
    assert finished[:, 0].any() and not finished[:, -1].all()
    direct = np.repeat(model.reward(game.fake).numpy()[:, None], 4, axis=1)
    np.testing.assert_allclose(worth[finished], direct[finished], rtol=1e-5)
    assert np.abs(worth - direct)[~finished].max() > 1e-3
    before = float(model.generator_loss(game)["policy_gradient"])
    vars(game)["values"] = tf.where(tokens == 0, 1e6, game.values)
    assert float(model.generator_loss(game)["policy_gradient"]) == pytest.approx(before, rel=1e-6)


def test_no_gradient_flows_through_the_reward():
    model = toy()
    with tf.GradientTape(persistent=True) as tape:
        game = episode(model)
        loss = model.generator_loss(game)["policy_gradient"]
    assert not any(tape.gradient(loss, [v.value for v in model.discriminator.trainable_variables]))
    through = tape.gradient(loss, [v.value for v in model.network.trainable_variables])
    with tf.GradientTape() as tape:
        vars(game)["values"] = tf.constant(game.values.numpy())
        loss = model.generator_loss(game)["policy_gradient"]
    alone = tape.gradient(loss, [v.value for v in model.network.trainable_variables])
    np.testing.assert_allclose(flat(through), flat(alone), rtol=1e-5, atol=1e-6)


def test_the_sum_is_the_mean_times_the_tokens():
    summed, mean = toy(), toy(policy_loss="mean")
    pair = [model.generator_loss(episode(model))["policy_gradient"] for model in (summed, mean)]
    assert float(pair[0]) == pytest.approx(18 * float(pair[1]), rel=1e-5) and float(pair[1]) > 0


def test_delayed_rollouts_are_those_of_the_average():
    """Equal to the generator's own while the two are equal; and its own states are read where they are not."""
    live, delayed = toy(), toy(rollout="delayed")
    delayed.delayed.set_weights(delayed.network.get_weights())
    np.testing.assert_allclose(episode(live).values, episode(delayed).values, rtol=1e-5)
    delayed.delayed.set_weights([np.zeros_like(w) for w in delayed.network.get_weights()])
    game = episode(delayed, 4)
    assert np.array_equal(game.fake, episode(live, 4).fake)
    with noise.stream(0, 0, 4):
        noise.current().next()
        seeds = noise.spread(noise.current().next(), 8)
    uniform = [noise.uniform(noise.fold(noise.fold(seeds, 2), place), (1,))[:, 0] for place in (2,)]
    last = tf.cast(tf.floor(3 * uniform[0]), tf.int32)  # Zero weights: all three are equally likely.
    completed = tf.concat([tf.repeat(game.fake[:, :2], 2, axis=0), last[:, None]], axis=1)
    expected = tf.reduce_mean(tf.reshape(live.reward(completed), [4, 2]), axis=1)
    np.testing.assert_allclose(game.values[:, 1], expected, rtol=1e-5)


# The moves.


def test_the_generator_moves_first_and_in_every_kth_step():
    row = SEQGAN["seqgan-numbers"]
    model = compiled(row, rollout="delayed", rollout_rate=0.8, discriminator_steps=3)
    tokens, seen = tf.constant(row.data(16)[0]), []
    own = model.discriminator_loss
    model.discriminator_loss = lambda game: seen.append(game) or own(game)
    for step in range(4):
        before = [values(n.weights) for n in (model.network, model.delayed, model.discriminator)]
        logs = model.train_on_batch(tokens, return_dict=True)
        after = [values(n.weights) for n in (model.network, model.delayed, model.discriminator)]
        moved = [not equal(a, b) for a, b in zip(before, after, strict=True)]
        assert moved == [step % 3 == 0, step % 3 == 0, True]
        assert set(logs) == set(TERMS)
        if step % 3 == 0:
            for new, old, generator in zip(after[1], before[1], after[0], strict=True):
                np.testing.assert_allclose(new, 0.8 * old + 0.2 * generator, rtol=1e-5, atol=1e-7)
    assert np.array_equal(seen[0].real.shape, (8, 9)) and np.array_equal(seen[0].fake.shape, (8, 9))
    assert [int(o.iterations) for o in model.optimizers().values()] == [4, 2, 0]
    assert int(model.adversarial_steps) == 4


def test_a_failed_step_changes_nothing_and_is_counted():
    """D fails behind the move of G, which is taken back."""
    row = SEQGAN["seqgan-delayed"]
    model = compiled(row)
    tokens = row.data(16)[0]
    model.discriminator_loss = lambda game: {
        "real_loss": np.nan * game.real_logits,
        "fake_loss": game.fake_logits,
    }
    kept = state(model)
    before = values(kept)
    model.train_on_batch(tokens)
    assert int(model.skipped_steps) == 1 and int(model.adversarial_steps) == 1
    assert equal(before, values(kept))
    assert "delayed" in {v.path.split("/")[0] for v in model.delayed.weights}


def test_terms_without_a_step():
    """D's loss is the mean cross-entropy of its batch, with lambda / 2 of the outputs' squares."""
    model = toy(output_l2=0.2)
    model.compile(jit_compile=False)
    tokens = np.array([[0, 1, 2, 0], [0, 2, 2, 1]], "int32")
    found = model.evaluate(tokens, return_dict=True, verbose=0)
    with noise.stream(0, -1, 2):
        fake = model.tokens(noise.current().next(), 3)
    logits = [model.discriminator(part)[:, 0].numpy().astype("float64") for part in (tokens[:, 1:], fake)]
    real, new = np.mean(np.log1p(np.exp(-logits[0]))), np.mean(np.log1p(np.exp(logits[1])))
    outputs = [model.discriminator.output_kernel, model.discriminator.output_bias]
    penalty = 0.1 * sum(np.square(v.numpy()).sum() for v in outputs)
    assert found["real_loss"] == pytest.approx(real / 2, rel=1e-4)
    assert found["fake_loss"] == pytest.approx(new / 2, rel=1e-4)
    assert found["discriminator_loss"] == pytest.approx(real / 2 + new / 2 + penalty, rel=1e-4)
    assert found["reward"] == pytest.approx(np.mean(1 / (1 + np.exp(-logits[1]))), rel=1e-4)
    assert found["loss"] == pytest.approx(found["nats_per_token"])
    nats = model.nats(["1 2 0", "2 2 1"])[1]
    assert found["nats_per_token"] == pytest.approx(nats.mean(), rel=1e-4)


# Pre-training, and whole runs.


def resumed(row, fit, folder, stops):
    """A run left alone, and one that was broken off and went on, as (model, history)."""

    def run(name, stop=None):
        model = compiled(row)
        callbacks = [kgen.callbacks.TrainingState(folder / name, every=3)] + ([Stop(stop)] if stop else [])
        try:
            return model, fit(model, callbacks).history
        except KeyboardInterrupt:
            return None

    whole = run("whole")
    for stop in stops:
        assert run("broken", stop) is None
    return whole, run("broken")


def check_equal(whole, other):
    assert equal(values(whole[0].variables), values(other[0].variables))
    for player, optimizer in whole[0].optimizers().items():
        assert equal(values(optimizer.variables), values(other[0].optimizers()[player].variables))
    assert whole[1] == other[1]


@every_row
def test_a_resumed_run_equals_the_uninterrupted_one(row, tmp_path):
    def fit(model, callbacks):
        return model.fit(row.data()[0], batch_size=8, epochs=3, verbose=0, callbacks=callbacks)

    check_equal(*resumed(row, fit, tmp_path, [13]))


def test_pretraining_goes_through_its_stages_and_is_resumed_in_each(tmp_path):
    row = SEQGAN["seqgan-numbers"]
    tokens, watched = row.data()[0], {}

    def watch(model):
        def keep(epoch, logs):
            watched[epoch] = [values(n.weights) for n in (model.network, model.discriminator)]

        return keras.callbacks.LambdaCallback(on_epoch_end=keep)

    def fit(model, callbacks):
        callbacks = [*callbacks, watch(model)]
        return model.pretrain(tokens, 2, 1, batch_size=16, verbose=0, callbacks=callbacks)

    whole, other = resumed(row, fit, tmp_path, [6, 21])
    check_equal(whole, other)
    model, history = whole
    assert {name: len(numbers) for name, numbers in history.items()} == {
        **dict.fromkeys(["loss", "nats_per_token"], 2),
        **dict.fromkeys(TERMS[:4], 6),
    }
    generator, discriminator = zip(*(watched[epoch] for epoch in range(8)), strict=True)
    assert not equal(generator[0], generator[1]) and equal(generator[1], generator[7])
    assert equal(discriminator[0], discriminator[1]) and not equal(discriminator[1], discriminator[2])
    assert [int(o.iterations) for o in model.optimizers().values()] == [24, 0, 8]
    assert model.stage == "adversarial" and int(model.adversarial_steps) == 0
    with pytest.raises(ValueError, match="differs from this run in: stages"):
        model.fit(
            tokens, batch_size=16, verbose=0, callbacks=[kgen.callbacks.TrainingState(tmp_path / "whole")]
        )


def test_pretraining_may_be_stopped():
    row = SEQGAN["seqgan-numbers"]
    model = compiled(row)
    stop = keras.callbacks.EarlyStopping("nats_per_token", min_delta=9.0)
    ends = []
    last = keras.callbacks.LambdaCallback(on_train_end=lambda logs: ends.append(model.stage))
    history = model.pretrain(row.data()[0], 4, 1, batch_size=32, verbose=0, callbacks=[stop, last])
    assert len(history.history["loss"]) == 2 and "real_loss" not in history.history
    assert ends == ["likelihood"]


def test_maximum_likelihood_is_that_of_a_language_model():
    """The same weights and data: the same steps as those of a recurrent language model."""
    row = SEQGAN["seqgan-numbers"]
    model, tokens = compiled(row), row.data()[0]
    other = kgen.RecurrentLanguageModel(8, units=6, num_layers=1, embedding_dim=4, sequence_length=9)
    other.network.set_weights(model.network.get_weights())
    other.compile(model.default_optimizer("likelihood"), jit_compile=False)
    first = model.pretrain(tokens, 2, 0, batch_size=16, verbose=0).history
    second = other.fit(tokens, batch_size=16, epochs=2, verbose=0).history
    np.testing.assert_allclose(first["nats_per_token"], second["nats_per_token"], rtol=1e-5)
    for own, theirs in zip(values(model.network.weights), values(other.network.weights), strict=True):
        np.testing.assert_allclose(own, theirs, atol=1e-4)


@every_row
def test_save_load_and_fit_equal_the_uninterrupted_run(row, tmp_path):
    model, tokens = compiled(row), row.data()[0]
    model.pretrain(tokens, 1, 0, batch_size=16, verbose=0)
    history = model.fit(tokens, batch_size=16, verbose=0, validation_data=row.data(seed=1)[0]).history
    assert {name for name in history if not name.startswith("val_")} == set(row.terms)
    assert {"val_nats_per_token", "val_reward", "val_real_accuracy"} <= set(history)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert np.array_equal(model.generate(3, seed=5), loaded.generate(3, seed=5))
    config = json.loads(json.dumps(model.get_config()))
    assert json.loads(json.dumps(loaded.get_config())) == config
    for one in (model, loaded):
        one.fit(tokens, batch_size=16, verbose=0)
        one.pretrain(tokens, 1, 0, batch_size=16, verbose=0)
    assert equal(values(model.variables), values(loaded.variables))
    for player, optimizer in model.optimizers().items():
        assert equal(values(optimizer.variables), values(loaded.optimizers()[player].variables))


@every_row
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains(row, policy):
    model, history = trained(row, epochs=2, policy=policy)
    scaled = [isinstance(o, keras.optimizers.LossScaleOptimizer) for o in model.optimizers().values()]
    assert scaled == 3 * [policy == "mixed_float16"]
    assert all(np.isfinite(numbers).all() for numbers in history.history.values())
    assert int(model.skipped_steps) < int(model.step)


@every_row
def test_xla_and_several_steps_in_a_call_train(row):
    model, tokens = row.make(), row.data()[0]
    model.compile(jit_compile=True, steps_per_execution=2)
    model.pretrain(tokens, 1, 0, batch_size=16, verbose=0)
    history = model.fit(tokens, batch_size=16, epochs=2, verbose=0).history
    assert int(model.step) == 12 and set(history) == set(row.terms)
    assert all(np.isfinite(numbers).all() for numbers in history.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", SEQGAN)
@pytest.mark.parametrize("optimizer", TOLERANCE)
def test_two_replicas_equal_one(name, optimizer):
    check(tuple(SEQGAN), name, optimizer)


# What it answers.


@every_row
def test_it_writes_judges_and_is_served(row, tmp_path):
    model = row.make()
    assert tuple(model.signatures()) == row.endpoints
    many = model.generate(30, seed=3)
    assert np.array_equal(many[:5], model.generate(5, seed=3)) and len(set(many)) > 5
    chances = model.discriminate(many.tolist())
    drawn = model.draw(30, seed=3)
    if model.vocabulary.level is None:
        np.testing.assert_allclose(chances, model.reward(tf.constant(drawn)), rtol=1e-5)
    assert chances.shape == (30,) and (0 < chances).all() and (chances < 1).all()
    version = kgen.export(model, tmp_path / "model", endpoints=list(model.signatures()))
    assert set(kgen.serving.check(version, model)["signatures"]) == {"serving_default", *row.endpoints}
    loaded = kgen.serving.load(version)
    served = loaded["discriminate"](text=many)["probability"]
    np.testing.assert_allclose(served, chances, rtol=1e-5)
    told = {"prompt": np.array(["", ""]), "temperature": np.ones(2, "float32")}
    texts = loaded["serving_default"](seed=np.array([[3, 0], [3, 1]], "int32"), **told)["text"]
    assert [text.decode() for text in texts] == many[:2].tolist()


def test_it_trains_on_strings_and_oracles_judge_it():
    model = toy(SENTENCES, length=4, discriminator_steps=1)
    model.compile(jit_compile=False)
    assert model.fit(["ab", "ba", "b", "aab"] * 4, batch_size=8, verbose=0).history["reward"][0] > 0
    numbers = toy(5)
    oracle = kgen.oracle.Oracle.random(vocabulary_size=5, embedding_dim=3, units=3)
    numbers.compile(metrics=[kgen.metrics.OracleNLL(oracle), kgen.metrics.Perplexity()], jit_compile=False)
    found = numbers.evaluate(np.zeros((6, 4), "int32"), return_dict=True, verbose=0)
    assert found["oracle_nll"] > 0 and found["perplexity"] == pytest.approx(
        np.exp(found["nats_per_token"]), rel=1e-4
    )


def test_the_defaults_are_the_authors():
    model = kgen.SeqGAN(50)
    model.compile()
    rates = {name: float(o.learning_rate) for name, o in model.optimizers().items()}
    assert rates == pytest.approx({"generator": 1e-2, "discriminator": 1e-4, "likelihood": 1e-2})
    clips = {name: o.global_clipnorm for name, o in model.optimizers().items()}
    assert clips == {"generator": 5.0, "discriminator": None, "likelihood": 5.0}
    assert sum(kernel.shape[2] for kernel, _ in model.discriminator.convolutions) == 1720
    weights = np.concatenate([np.ravel(v) for v in model.network.trainable_variables])
    assert weights.std() == pytest.approx(0.1, abs=0.003) and abs(weights.mean()) < 0.003
    assert model.jit_compile is False or tf.config.list_physical_devices("GPU")
    short = kgen.SeqGAN(50, sequence_length=7)
    assert [kernel.shape[0] for kernel, _ in short.discriminator.convolutions] == list(range(1, 8))


@pytest.mark.parametrize(
    "options, named",
    [
        ({"sequence_length": 0}, "sequence_length"),
        ({"units": 0}, "units"),
        ({"rollouts": 0}, "rollouts"),
        ({"discriminator_steps": 0}, "discriminator_steps"),
        ({"rollout": "alive"}, "rollout"),
        ({"rollout_rate": 1.0}, "rollout_rate"),
        ({"dropout": 1.0}, "dropout"),
        ({"output_l2": -0.1}, "output_l2"),
        ({"policy_loss": "sums"}, "policy_loss"),
        ({"widths": (30,), "filters": (2,)}, "widths"),
        ({"widths": (1, 2)}, "filters"),
        ({"widths": (0,), "filters": (2,)}, "widths"),
        ({"widths": (1,), "filters": (0,)}, "filters"),
    ],
)
def test_bad_arguments_are_named_in_one_line(options, named):
    with pytest.raises(ValueError, match=f"^Invalid value for argument `{named}`") as error:
        kgen.SeqGAN(9, **options)
    assert "\n" not in str(error.value)


def test_bad_calls_are_named_in_one_line():
    model = toy()
    model.compile()
    tokens = np.zeros((8, 4), "int32")
    calls = {
        "epochs_generator": lambda: model.pretrain(tokens, -1),
        "rounds_discriminator": lambda: model.pretrain(tokens, 1, 0.5),
        "x": lambda: model.pretrain(np.zeros((8, 9), "int32"), 1, 1),
        "texts": lambda: model.discriminate("a"),
        "likelihood_optimizer": lambda: model.compile(likelihood_optimizer=keras.optimizers.Adam(-1.0)),
    }
    for named, call in calls.items():
        with pytest.raises(ValueError, match=f"^Invalid value for argument `{named}`"):
            call()
    with pytest.raises(ValueError, match="at least one"):
        model.pretrain(tokens, 0, 0)
    assert model.stages is None and model.stage == "adversarial"
