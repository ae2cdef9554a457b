"""GAIN: its formulas, its hints, what it keeps and what it fills in."""

import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf

import kgen
from kgen import noise
from kgen.networks import inpainting
from tests.contract.training import equal, values

NAN = np.nan
PLAIN = {"jit_compile": False, "steps_per_execution": 1}
CATEGORIES = (0, 3, 0)


def table(number=40, seed=0):
    """Rows of two numbers and a category in their units, a fifth of the cells missing."""
    random = np.random.default_rng(seed)
    u = random.uniform(size=number)
    complete = np.stack([100 + 50 * u, np.floor(3 * u), -u], axis=1)
    mask = kgen.datasets.mcar(complete.shape, 0.2, seed)
    mask[:, 0] |= ~mask.any(axis=1)
    return np.where(mask, complete, NAN), complete, mask


def small(**options):
    return kgen.GAIN(3, **{"categories": CATEGORIES, "hidden_units": (6, 6), **options})


def fitted(model, rows, steps=8, **compiled):
    model.compile(**{**PLAIN, **compiled})
    model.fit(rows, batch_size=8, epochs=1, steps_per_epoch=steps, verbose=0)
    return model


def game_of(model, rows):
    with noise.stream(0, 0, len(rows)):
        return model.meet(*model._unpack((tf.constant(rows, tf.float32), None)))


def dense(network, x):
    """A dense network in NumPy."""
    weights = [v.numpy().astype("float64") for v in network.trainable_variables]
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = np.maximum(x @ kernel + bias, 0)
    return x @ weights[-2] + weights[-1]


# The formulas.


@pytest.mark.parametrize("hint", ["bernoulli", "paper"])
def test_the_terms_written_out(hint):
    model = small(hint=hint, hint_rate=0.5, alpha=7.0, category_weight=3.0)
    rows, _, mask = table(6)
    model.coding.observe([100, 0, -1], [50, 0, 1], [0, 0, 0])
    game = game_of(model, rows)
    z, b = game.z.numpy().astype("float64"), game.kept.numpy()
    m, wide = mask.astype(float), np.repeat(mask.astype(float), [1, 3, 1], axis=1)
    known = np.nan_to_num(rows)
    x = np.concatenate(
        [(known[:, :1] - 100) / 50, np.eye(3)[known[:, 1].astype(int)], known[:, 2:] + 1], axis=1
    )
    logits = dense(model.generator, np.concatenate([wide * x + (1 - wide) * z, m], axis=1))
    g = scipy.special.expit(logits)
    g[:, 1:4] = scipy.special.softmax(logits[:, 1:4], axis=1)
    h = b * m if hint == "bernoulli" else b * m + 0.5 * (1 - b)
    d = scipy.special.expit(
        dense(model.discriminator, np.concatenate([wide * x + (1 - wide) * g, h], axis=1))
    )
    counted = np.ones_like(m) if hint == "bernoulli" else 1 - b
    entropy = -np.log((x * g)[:, 1:4].sum(axis=1), where=m[:, 1] > 0, out=np.zeros(len(m)))
    square = m[:, [0, 2]] * (x - g)[:, [0, 4]] ** 2
    expected = {
        "mask_loss": -(counted * (m * np.log(d) + (1 - m) * np.log(1 - d))).sum() / counted.sum(),
        "adversarial_loss": -(counted * (1 - m) * np.log(d)).sum() / counted.sum(),
        "number_loss": 7 * square.sum() / m.sum(),
        "category_loss": 3 * entropy.sum() / m.sum(),
    }
    terms = model.discriminator_loss(game) | model.generator_loss(game)
    assert set(terms) == set(expected)
    for name, value in expected.items():
        assert float(tf.reduce_mean(terms[name])) == pytest.approx(value, rel=1e-4), name
    right = ((d > 0.5) == (m > 0)).astype(float)
    found = model.verdicts(game)
    assert float(found["real_accuracy"]) == pytest.approx(right[m > 0].mean())
    assert float(found["fake_accuracy"]) == pytest.approx(right[m == 0].mean())


def written_out(model, x, mask, z, kept):
    """A step at rate 1 of the authors' code: D first, then G against the new D, on probabilities."""
    generator, discriminator = copied(model.generator), copied(model.discriminator)

    def sample():
        return tf.sigmoid(generator(tf.concat([mask * x + (1 - mask) * z, mask], 1)))

    def judge(g):
        return tf.sigmoid(discriminator(tf.concat([mask * x + (1 - mask) * g, kept * mask], 1)))

    with tf.GradientTape() as tape:
        d = judge(sample())
        loss = -tf.reduce_mean(mask * tf.math.log(d) + (1 - mask) * tf.math.log(1 - d))
    descend(discriminator, tape, loss)
    with tf.GradientTape() as tape:
        g = sample()
        error = tf.reduce_mean((mask * x - mask * g) ** 2) / tf.reduce_mean(mask)
        loss = -tf.reduce_mean((1 - mask) * tf.math.log(judge(g))) + model.alpha * error
    descend(generator, tape, loss)
    return generator, discriminator


def copied(network):
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy


def descend(network, tape, loss):
    variables = [v.value for v in network.trainable_variables]
    for variable, gradient in zip(network.trainable_variables, tape.gradient(loss, variables), strict=True):
        variable.assign_sub(gradient)


def test_a_step_is_that_of_the_authors_code():
    model = kgen.GAIN(3, hidden_units=(6, 6), alpha=2.0)
    model.compile(
        generator_optimizer=keras.optimizers.SGD(1.0),
        discriminator_optimizer=keras.optimizers.SGD(1.0),
        **PLAIN,
    )
    rows = np.where(kgen.datasets.mcar((16, 3), 0.3, 1), np.random.default_rng(1).uniform(size=(16, 3)), NAN)
    x, mask = model._unpack((tf.constant(rows, tf.float32), None))
    with noise.stream(0, 0, 16):
        game = model.meet(x, mask)
    expected = written_out(model, x, mask, game.z, game.kept)
    before = [values(network.trainable_variables) for network in (model.generator, model.discriminator)]
    with noise.stream(0, 0, 16):
        model.learn(x, mask)
    for network, wanted, old in zip((model.generator, model.discriminator), expected, before, strict=True):
        for a, b, c in zip(network.get_weights(), wanted.get_weights(), old, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)
            assert np.abs(a - c).max() > 1e-5


def test_the_discriminator_teaches_the_generator_about_missing_cells_only():
    model = small()
    complete = table(6)[1]
    for rows, taught in ((complete, False), (table(6)[0], True)):
        with tf.GradientTape() as tape:
            game = game_of(model, rows)
            loss = tf.reduce_sum(game.logits)
        gradients = tape.gradient(loss, [v.value for v in model.generator.trainable_variables])
        assert any(np.abs(g).max() > 1e-6 for g in gradients) == taught


# Hints.


def test_bernoulli_hints_tell_a_share_of_the_mask():
    model = kgen.GAIN(50, hint_rate=0.7)
    kept = model.kept(noise.rows(0, 400)).numpy()
    assert set(np.unique(kept)) == {0, 1} and kept.mean() == pytest.approx(0.7, abs=0.01)
    assert kgen.GAIN(50, hint_rate=1).kept(noise.rows(0, 40)).numpy().all()


@pytest.mark.parametrize("shape", [(7,), (3, 4, 2)])
def test_the_papers_hint_hides_one_cell_of_a_row(shape):
    model = kgen.GAIN(shape, hint="paper", width=2)
    kept = model.kept(noise.rows(0, 3000)).numpy()
    assert kept.shape == (3000, *shape)
    hidden = (1 - kept).reshape([3000, -1])
    np.testing.assert_array_equal(hidden.sum(axis=1), 1)
    share = 1 / hidden.shape[1]
    np.testing.assert_allclose(hidden.mean(axis=0), share, atol=5 * np.sqrt(share / 3000))


# Imputation.


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(1)
    return fitted(small(), table()[0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_observed_cells_stay_as_they_are_bit_for_bit(trained, dtype):
    rows, _, mask = table(30, seed=2)
    rows = (rows * np.pi if dtype == "float64" else rows).astype(dtype)
    rows[:, 1] = table(30, seed=2)[0][:, 1]
    filled = trained.impute(rows, seed=0)
    assert filled.dtype == dtype and np.isfinite(filled).all()
    assert filled[mask].tobytes() == rows[mask].tobytes()
    assert set(filled[:, 1]) <= {0, 1, 2}


def test_what_is_filled_in_lies_between_observed_values(trained):
    rows = table()[0]
    np.testing.assert_allclose(trained.coding.minimum, [np.nanmin(rows[:, 0]), 0, np.nanmin(rows[:, 2])])
    np.testing.assert_allclose(
        trained.coding.span, [np.ptp(r[~np.isnan(r)]) * k for r, k in zip(rows.T, (1, 0, 1), strict=True)]
    )
    filled = trained.impute(np.full([50, 3], NAN), seed=0)
    for column in (0, 2):
        assert np.nanmin(rows[:, column]) - 1e-4 <= filled[:, column].min()
        assert filled[:, column].max() <= np.nanmax(rows[:, column]) + 1e-4


def test_draws_are_functions_of_seed_row_and_number(trained):
    rows, _, mask = table(30, seed=2)
    model = small(noise=1.0)
    model.set_weights(trained.get_weights())
    draws = model.impute(rows, num_draws=3, seed=4)
    assert draws.shape == (3, 30, 3)
    np.testing.assert_array_equal(draws[0], model.impute(rows, seed=4))
    np.testing.assert_allclose(draws[:, :7], model.impute(rows[:7], num_draws=3, seed=4), atol=1e-4)
    np.testing.assert_allclose(draws, model.impute(rows, num_draws=3, seed=4, batch_size=11), atol=1e-4)
    assert not np.array_equal(model.impute(rows), model.impute(rows))
    spread = np.ptp(draws, axis=0)
    assert not spread[mask].any() and (spread[~mask] > 0).mean() > 0.4


def test_predict_and_a_call_fill_in_with_the_mean_noise(trained):
    rows = table(10, seed=3)[0].astype("float32")
    filled = trained.predict(rows, verbose=0)
    np.testing.assert_allclose(filled, trained(rows), atol=1e-4)
    np.testing.assert_allclose(filled, trained.impute(rows, seed=0), atol=0.2)
    assert trained.predict(rows[:0]).shape == (0, 3)


def test_scaling_is_saved_with_the_model(trained, tmp_path):
    trained.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    rows = table(9, seed=3)[0]
    np.testing.assert_array_equal(loaded.impute(rows, seed=1), trained.impute(rows, seed=1))
    trained_span = trained.coding.span.numpy()
    loaded.fit(rows * [2, 1, 2], batch_size=9, epochs=1, verbose=0)  # Not new: it keeps its scale.
    np.testing.assert_array_equal(loaded.coding.span, trained_span)


def test_any_data_set_shows_what_is_observed_before_the_first_step():
    rows = table(40)[0].astype("float32")
    data = tf.data.Dataset.from_tensor_slices(rows).batch(8)
    model, other = small(), small()
    for one, source in ((model, data), (other, rows)):
        one.compile(**PLAIN)
        one.fit(source, **({} if source is data else {"batch_size": 8}), epochs=1, verbose=0)
    assert equal(values(model.coding.weights), values(other.coding.weights))
    loaded, description = kgen.datasets.load_table(rows, batch_size=8)
    third = kgen.GAIN(3, hidden_units=(6, 6))
    third.compile(**PLAIN)
    third.fit(loaded, epochs=1, verbose=0)
    np.testing.assert_allclose(third.coding.minimum, description.columns.minimum, rtol=1e-6)


def test_held_out_rows_may_lack_a_column(trained):
    rows = table(9, seed=3)[1]
    rows[:, 2] = NAN
    first, again = (trained.evaluate(rows, batch_size=9, return_dict=True, verbose=0) for _ in range(2))
    assert first == again and np.isfinite(list(first.values())).all()


def test_whole_numbers_where_asked():
    rows = np.stack([np.arange(40) % 5, np.random.default_rng(0).normal(size=40)], axis=1)
    rows[::3, 0] = NAN
    rows[1::3, 1] = NAN
    model = fitted(kgen.GAIN(2, rounding=True), rows)
    filled = model.impute(rows, seed=0)
    assert (filled[:, 0] == np.round(filled[:, 0])).all()
    assert not (filled[1::3, 1] == np.round(filled[1::3, 1])).any()


def test_it_learns_numbers_and_categories_from_each_other():
    rows, complete, mask = table(512, seed=1)
    keras.utils.set_random_seed(1)
    model = kgen.GAIN(3, categories=CATEGORIES, hidden_units=(16, 16))
    model.compile()
    model.fit(rows, batch_size=64, epochs=1, steps_per_epoch=800, verbose=0)
    filled = model.impute(rows, seed=0)
    known = mask[:, 0] | mask[:, 2]
    hits = (filled == complete)[known & ~mask[:, 1], 1]
    assert len(hits) > 50 and hits.mean() > 0.8
    means = np.where(mask, rows, np.nanmean(rows, axis=0))
    errors = [
        kgen.metrics.imputation_rmse(complete[:, ::2], x[:, ::2], mask[:, ::2]) for x in (filled, means)
    ]
    assert errors[0] < 0.6 * errors[1]


# Pictures.


def test_pictures_with_holes_are_filled_in():
    pictures = np.random.default_rng(0).uniform(size=(12, 9, 8, 1)).astype("float32")
    holes = pictures.copy()
    holes[:, 2:6, 3:7] = NAN
    model = fitted(kgen.GAIN((9, 8, 1), width=2), holes, steps=2)
    filled = model.impute(holes, seed=0)
    assert np.isfinite(filled).all() and 0 <= filled.min() and filled.max() <= 1
    seen = ~np.isnan(holes)
    assert filled[seen].tobytes() == holes[seen].tobytes()
    sheet, columns = model.sheet(4, seed=0)
    assert sheet.shape == (4, 9, 8, 1) and columns == 2
    assert (sheet[0, 2:6, 3:7] == 0.5).all() and not (sheet[1, 2:6, 3:7] == 0.5).any()
    whole = (255 * pictures).astype("uint8")
    np.testing.assert_allclose(model.impute(whole), whole / 255, atol=1e-6)


def blocks(number, seed=0):
    """Dark pictures of 8 x 8 pixels with one bright block each, a quarter of the pixels missing."""
    random = np.random.default_rng(seed)
    rows, columns = (np.arange(8) - random.integers(0, 7, size=(2, number, 1))) // 2 == 0  # Two of eight.
    complete = (rows[:, :, None] & columns[:, None, :])[..., None].astype("float32")
    mask = kgen.datasets.mcar(complete.shape, 0.25, seed + 1)
    return np.where(mask, complete, NAN).astype("float32"), complete, mask


@pytest.mark.parametrize("seed", range(3))
def test_dark_pictures_do_not_end_black(seed):
    holes, complete, mask = blocks(128)
    keras.utils.set_random_seed(seed)
    model = kgen.GAIN((8, 8, 1), width=16, seed=seed)
    model.compile(**PLAIN)
    model.fit(holes, batch_size=16, epochs=1, steps_per_epoch=60, verbose=0)
    filled, bright = model.impute(holes, seed=0)[~mask], complete[~mask] > 0
    assert filled.max() > 0.5 and filled[bright].mean() > 5 * filled[~bright].mean()


@pytest.mark.parametrize("own", [False, True])
def test_a_generator_of_your_own_keeps_its_biases(own):
    holes = np.full((8, 8, 8, 1), 0.2, "float32")
    holes[:, :4] = NAN
    network = inpainting.hourglass((8, 8, 2), 1, width=2)
    model = kgen.GAIN((8, 8, 1), width=2, generator=network if own else None)
    still = {f"{player}_optimizer": keras.optimizers.SGD(1e-9) for player in model.players()}
    fitted(model, holes, steps=1, **still)
    start = scipy.special.expit(model.generator.get_layer("logits").bias.numpy())
    np.testing.assert_allclose(start, 0.5 if own else 0.2, atol=2e-3)


# What is refused.

BAD = [
    ({"alpha": -1.0}, "alpha"),
    ({"hint": "exact"}, "hint"),
    ({"hint_rate": 1.5}, "hint_rate"),
    ({"noise": -1}, "noise"),
    ({"categories": (0, 2)}, "categories"),
    ({"categories": (0, -2, 0)}, "categories"),
    ({"image_shape": (8, 8, 1), "categories": (2,)}, "categories"),
    ({"generator": keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])}, "generator"),
]


@pytest.mark.parametrize("options, name", BAD, ids=lambda part: str(part)[:30])
def test_bad_arguments_are_named(options, name):
    with pytest.raises(ValueError, match=f"argument `{name}`. Expected .*Received: "):
        kgen.GAIN(**{"image_shape": 3, **options})


def changed(cell, value):
    rows = table(16)[0]
    rows[cell] = value
    return rows


ROWS = [
    (changed((3, 0), np.inf), "finite numbers"),
    (changed((3, slice(None)), NAN), "rows of which something is known.*row 4"),
    (changed((slice(None), 2), NAN), "columns of which something is known.*column 3"),
    (changed((3, 1), 3), "codes 0 ... 2 of categories in 'column 2'"),
    (changed((3, 1), 0.5), "codes 0 ... 2"),
    (table(16)[0][:, :2], "shape"),
    (np.array([["a", "b", "c"]]), "dtype"),
]


@pytest.mark.parametrize("rows, message", ROWS, ids=[message for _, message in ROWS])
def test_bad_rows_are_refused_before_the_first_step(rows, message):
    model = small()
    model.compile(**PLAIN)
    with pytest.raises(ValueError, match=message):
        model.fit(rows, batch_size=8, verbose=0)
    assert int(model.step) == 0


def test_rows_are_checked_at_imputation(trained):
    with pytest.raises(ValueError, match="codes 0 ... 2 of categories in 'column 2'"):
        trained.impute(changed((3, 1), 7))
    with pytest.raises(ValueError, match="argument `num_draws`"):
        trained.impute(table(4)[0], num_draws=0)
    with pytest.raises(TypeError, match="impute"):
        trained.generate(2)
    with pytest.raises(ValueError, match="columns with .0, 3, 0. categories"):
        small().initialize(kgen.datasets.columns.observed(np.ones([2, 3])))


def test_an_exported_model_takes_nan_where_the_mask_says_so(trained, tmp_path):
    rows = table(6, seed=5)[0].astype("float32")
    served = kgen.serving.load(kgen.export(trained, tmp_path))["impute"]
    mask, seeds = np.isfinite(rows).astype("float32"), noise.rows(2, 6).numpy()
    filled = served(values=rows, mask=mask, seed=seeds)["values"]
    np.testing.assert_allclose(filled, trained.impute(rows, seed=2), rtol=1e-5)
    assert filled[mask > 0].tobytes() == rows[mask > 0].tobytes()
    np.testing.assert_array_equal(
        filled, served(values=np.nan_to_num(rows, nan=9.0), mask=mask, seed=seeds)["values"]
    )
    with pytest.raises(ValueError, match="finite"):
        served(values=rows, mask=np.ones_like(mask), seed=seeds)
