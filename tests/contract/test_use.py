"""Every row samples, evaluates, survives bad data, and can be described."""

import json

import keras
import numpy as np

import kgen
from tests.contract.table import state
from tests.contract.training import core_models, equal, every_model, moved, networks, used, values


@core_models
def test_a_regulariser_shrinks_its_own_network(row):
    model = row.make(kernel_regularizer=keras.regularizers.L2(100.0))
    model.compile(jit_compile=False)
    norms = {player: _norm(nets) for player, nets in networks(model).items()}
    history = model.fit(*row.data(), batch_size=16, epochs=5, verbose=0).history
    for player, nets in networks(model).items():
        name = f"{player}_regularization" if player else "regularization"
        assert history[name][-1] < history[name][0]
        assert _norm(nets) < norms[player]


def _norm(nets):
    return sum(
        float(np.square(v.numpy()).sum()) for n in nets for v in n.trainable_variables if v.name == "kernel"
    )


@every_model
def test_answers_are_seeded_and_rows_are_independent(row):
    model = moved(row)
    many = row.answer(model, 300, 3)
    assert many.shape == (300, *row.shape) and many.dtype == np.float32
    assert (-1 if row.sound else 0) <= many.min() and many.max() <= 1
    np.testing.assert_array_equal(many, row.answer(model, 300, 3))
    last = kgen.noise.rows(3, 1, start=299)
    np.testing.assert_allclose(many[:5], row.answer(model, 5, 3), atol=1e-6)
    alone = model.completed(row.data(300)[0][299:], last) if row.holes else None
    alone = row.numbers(model.sample(last, *model.fill(last, {}))) if alone is None else alone
    np.testing.assert_allclose(many[299:], alone, atol=1e-6)
    assert np.abs(many[0] - many[1]).max() > 1e-4
    assert not np.array_equal(row.answer(model, 2), row.answer(model, 2))


@core_models
def test_evaluation_is_judged_on_the_same_noise(row):
    model = used(row)
    first = model.evaluate(*row.data(50, seed=2), batch_size=16, return_dict=True, verbose=0)
    assert first == model.evaluate(*row.data(50, seed=2), batch_size=16, return_dict=True, verbose=0)
    assert set(row.terms) <= set(first)


@core_models
def test_a_bad_batch_changes_nothing_and_is_counted(row):
    model = used(row)
    kept = state(model)
    before = values(kept)
    x, y = row.data(16)
    model.train_on_batch(row.spoilt(x), y)
    assert int(model.skipped_steps) == 1
    assert equal(before, values(kept))
    model.fit(*row.data(), batch_size=16, epochs=1, verbose=0)
    assert int(model.skipped_steps) == 1 and not equal(before, values(kept))


@every_model
def test_config_round_trip(row):
    model = row.make(seed=7)
    config = json.loads(json.dumps(model.get_config()))
    again = type(model).from_config(config)
    assert json.loads(json.dumps(again.get_config())) == config
    assert [v.shape for v in again.weights] == [v.shape for v in model.weights]


@every_model
def test_signatures_have_the_declared_names(row):
    assert tuple(row.make().signatures()) == row.endpoints
