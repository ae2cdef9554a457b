"""InfoGAN: what is its own; the promises of every model are in tests/contract."""

import types

import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

import kgen


def small(**options):
    form = {"latent_dim": 4, "num_categories": 3, "network": "dense", "hidden_units": (6,)}
    return kgen.InfoGAN((8, 8, 1), **{**form, **options})


def played(model, rows=5):
    """A game with the model's own codes, and readings that know nothing of them."""
    random = np.random.default_rng(0)
    said = {
        "category_logits": tf.constant(2 * random.normal(size=(rows, 3)), tf.float32),
        "continuous_means": tf.constant(2 * random.normal(size=(rows, model.num_continuous)), tf.float32),
    }
    logits = {
        name: tf.constant(random.normal(size=(rows, 1)), tf.float32)
        for name in ("real_logits", "fake_logits")
    }
    return types.SimpleNamespace(code=model.draw(kgen.noise.rows(7, rows)), fake_reading=said, **logits)


# The code.


def test_a_code_is_noise_a_category_and_uniform_numbers():
    model = small()
    seeds = kgen.noise.rows(1, 3000)
    z, category, continuous = np.split(model.draw(seeds).numpy(), [4, 7], axis=1)
    np.testing.assert_allclose(z, kgen.noise.normal(seeds, (4,)), atol=1e-6)
    assert set(np.unique(category)) == {0, 1} and (category.sum(1) == 1).all()
    assert np.abs(category.sum(0) - 1000).max() < 5 * np.sqrt(3000 * 2 / 9)
    for code in continuous.T:
        assert scipy.stats.kstest(code, scipy.stats.uniform(-1, 2).cdf).pvalue > 1e-3
    together = np.concatenate([z, category[:, :2], continuous], axis=1)
    correlations = np.corrcoef(together.T) - np.eye(8)
    correlations[4, 5] = correlations[5, 4] = 0  # Two categories exclude each other.
    assert np.abs(correlations).max() < 0.1


def test_a_rows_code_is_its_own():
    model = small()
    whole = model.draw(kgen.noise.rows(1, 9)).numpy()
    np.testing.assert_allclose(model.draw(kgen.noise.rows(1, 4, start=5)), whole[5:], atol=1e-6)


# The bound.


def test_the_bound_is_the_log_density_of_the_code():
    model = small(category_weight=0.5, continuous_weight=0.2)
    game = played(model)
    code, said = game.code.numpy().astype("float64"), game.fake_reading
    probability = scipy.special.softmax(np.asarray(said["category_logits"], "float64"), axis=1)
    category = -np.log((probability * code[:, 4:7]).sum(1))
    continuous = -scipy.stats.norm.logpdf(code[:, 7:], np.asarray(said["continuous_means"]), 1).sum(1)
    for player, terms in (
        ("discriminator", model.discriminator_loss(game)),
        ("generator", model.generator_loss(game)),
    ):
        np.testing.assert_allclose(terms[f"{player}_category_loss"], 0.5 * category, rtol=1e-5)
        np.testing.assert_allclose(terms[f"{player}_continuous_loss"], 0.2 * continuous, rtol=1e-5)


def test_the_bound_is_tight_for_a_reader_that_knows_the_category():
    """L_I = H(c) = log 3 where Q is certain and right, and 0 where Q is uniform."""
    model = small(num_continuous=0)
    game = played(model)
    for certainty, information in ((100.0, np.log(3)), (0.0, 0.0)):
        game.fake_reading["category_logits"] = certainty * game.code[:, 4:7]
        term = model.generator_loss(game)["generator_category_loss"]
        np.testing.assert_allclose(np.log(3) - term, np.full(5, information), atol=1e-5)


def test_the_game_itself_is_that_of_a_gan():
    model = small()
    game = played(model)
    terms = model.discriminator_loss(game) | model.generator_loss(game)
    real, fake = (
        scipy.special.expit(np.asarray(part, "float64")) for part in (game.real_logits, game.fake_logits)
    )
    np.testing.assert_allclose(terms["real_loss"], -np.log(real), rtol=1e-5)
    np.testing.assert_allclose(terms["fake_loss"], -np.log(1 - fake), rtol=1e-5)
    np.testing.assert_allclose(terms["adversarial_loss"], -np.log(fake), rtol=1e-5)


def test_without_continuous_codes_there_is_no_term_of_theirs():
    terms = small(num_continuous=0).generator_loss(played(small(num_continuous=0)))
    assert list(terms) == ["adversarial_loss", "generator_category_loss"]


def test_the_readings_are_parts_of_the_discriminators_output():
    model = small()
    view = tf.constant(np.random.default_rng(0).normal(size=(5, 8, 8, 1)), tf.float32)
    outputs, said = model.discriminator(view).numpy(), model.read(view)
    for name, part in (
        ("logits", outputs[:, :1]),
        ("category_logits", outputs[:, 1:4]),
        ("continuous_means", outputs[:, 4:]),
    ):
        np.testing.assert_allclose(said[name], part, atol=1e-6)
    assert said["continuous_means"].shape == (5, 2)


def test_both_players_gradients_hold_the_bound():
    model = small()
    real = tf.constant(np.random.default_rng(0).normal(size=(5, 8, 8, 1)), tf.float32)
    for player, network in (("discriminator", model.discriminator), ("generator", model.generator)):
        with kgen.noise.stream(0, 0, 5), tf.GradientTape() as tape:
            terms = getattr(model, f"{player}_loss")(kgen.game.Game(model, real))
            loss = tf.reduce_mean(terms[f"{player}_category_loss"])
        gradients = tape.gradient(loss, [v.value for v in network.trainable_variables])
        assert max(float(tf.reduce_max(tf.abs(g))) for g in gradients) > 1e-4


def test_the_papers_optimisers():
    model = small()
    model.compile()
    for optimizer, rate in ((model.generator_optimizer, 1e-3), (model.discriminator_optimizer, 2e-4)):
        assert float(optimizer.learning_rate) == pytest.approx(rate) and optimizer.beta_1 == 0.5


# What a code means.


def test_a_row_of_a_traversal_changes_one_code_only():
    model = small()
    base = model.draw(kgen.noise.rows(3, 2)).numpy()
    rows = model.traverse(1, num_samples=2, steps=4, low=-3.0, high=3.0, seed=3)
    assert rows.shape == (2, 4, 8, 8, 1)
    for column, value in enumerate((-3, -1, 1, 3)):
        code = base.copy()
        code[:, 8] = value
        np.testing.assert_allclose(rows[:, column], model(code), atol=1e-5)


def test_a_traversal_of_the_category_has_each_once():
    model = small()
    base = model.draw(kgen.noise.rows(0, 5)).numpy()
    rows = model.traverse()
    assert rows.shape == (5, 3, 8, 8, 1) and 0 <= rows.min() and rows.max() <= 1
    for category in range(3):
        code = base.copy()
        code[:, 4:7] = np.eye(3)[category]
        np.testing.assert_allclose(rows[:, category], model(code), atol=1e-5)


@pytest.mark.parametrize("code", ["colour", 2, -1, True, 0.0, None])
def test_a_code_that_there_is_not_is_named(code):
    with pytest.raises(ValueError, match="argument `code`. Expected .*category.* Received: code="):
        small().traverse(code)


BAD = [
    ({"num_categories": 1}, "`num_categories`. Expected an integer of at least 2"),
    ({"num_continuous": -1}, "`num_continuous`. Expected an integer of at least 0"),
    ({"category_weight": float("nan")}, "`category_weight`. Expected a number in"),
    ({"continuous_weight": -0.1}, "`continuous_weight`. Expected a number in"),
    ({"packing": 2}, "`packing`. Expected 1"),
    (
        {"discriminator": kgen.networks.dense.encoder((8, 8, 1), 4, (2,))},
        "`discriminator`. Expected a network",
    ),
]


@pytest.mark.parametrize("options, expected", BAD)
def test_bad_arguments_are_named(options, expected):
    with pytest.raises(ValueError, match=f"argument {expected}.* Received: "):
        small(**options)


@pytest.mark.parametrize(
    "name, value", [("steps", 0), ("num_samples", 0), ("low", float("nan")), ("seed", -1)]
)
def test_bad_numbers_of_a_traversal_are_named(name, value):
    with pytest.raises(ValueError, match=f"argument `{name}`. Expected .* Received: "):
        small().traverse(0, **{name: value})
