"""Every row trains, stops, resumes and keeps its players apart, in every precision."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
from tests.contract.training import (
    core_models,
    equal,
    every_model,
    first_training,
    trained,
    used,
    values,
    weights,
)


@every_model
def test_fit_changes_every_player_and_logs_the_declared_terms(row):
    model, before, history = first_training(row)
    for player, after in weights(model).items():
        assert not equal(before[player], after)
    assert set(row.terms) == {name for name in history if not name.startswith("val_")}
    assert set(row.terms) <= {name.removeprefix("val_") for name in history if name.startswith("val_")}
    assert all(np.isfinite(numbers).all() and len(numbers) == 2 for numbers in history.values())
    assert int(model.step) == 8 and int(model.skipped_steps) == 0


@core_models
def test_each_player_moves_only_its_own_variables(row):
    model = used(row)
    if not hasattr(model, "players"):
        pytest.skip("one player")
    for mover, other in (("discriminator", "generator"), ("generator", "discriminator")):
        others = [
            *model.optimizers()[other].variables,
            *(v for n in model.players()[other] for v in n.trainable_variables),
        ]
        before = values(others)
        own = values(v for n in model.players()[mover] for v in n.trainable_variables)
        with kgen.noise.stream(0, 0, 16):
            x, y = row.data(16)
            real, mask = model._unpack(tf.nest.map_structure(tf.constant, x))
            game = model.meet(real, mask) if row.holes else kgen.game.Game(model, real, y)
            model.minimize(model._move(mover, game))
        assert equal(before, values(others))
        assert not equal(own, values(v for n in model.players()[mover] for v in n.trainable_variables))


@core_models
def test_save_load_and_fit_equal_the_uninterrupted_run(row, tmp_path):
    model = used(row)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert np.array_equal(row.answer(model, 3, 5), row.answer(loaded, 3, 5))
    for one in (model, loaded):
        one.fit(*row.data(), batch_size=16, epochs=1, verbose=0)
    assert equal(values(model.variables), values(loaded.variables))
    for player, optimizer in model.optimizers().items():
        assert equal(values(optimizer.variables), values(loaded.optimizers()[player].variables))


@core_models
def test_a_resumed_run_equals_the_uninterrupted_one(row, tmp_path):
    def run(folder, stop_at=None):
        keras.utils.set_random_seed(1)
        model = row.make()
        model.compile(jit_compile=False, steps_per_execution=1)
        callbacks = [kgen.callbacks.TrainingState(tmp_path / folder, every=3)] + (
            [Stop(stop_at)] if stop_at else []
        )
        try:
            history = model.fit(*row.data(), batch_size=8, epochs=3, verbose=0, callbacks=callbacks)
        except KeyboardInterrupt:
            return None, None
        return model, history.history

    whole, whole_history = run("a")
    run("b", stop_at=13)
    resumed, history = run("b")
    assert equal(values(whole.variables), values(resumed.variables))
    for player, optimizer in whole.optimizers().items():
        assert equal(values(optimizer.variables), values(resumed.optimizers()[player].variables))
    assert history == whole_history


class Stop(keras.callbacks.Callback):
    """Breaks off without any chance to save."""

    def __init__(self, step):
        super().__init__()
        self.at = step

    def on_train_batch_begin(self, batch, logs=None):
        if int(self.model.step) == self.at:
            raise KeyboardInterrupt


@core_models
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains(row, policy):
    model, history = trained(row, epochs=3, policy=policy)
    scaled = [isinstance(o, keras.optimizers.LossScaleOptimizer) for o in model.optimizers().values()]
    assert all(scaled) if policy == "mixed_float16" else not any(scaled)
    assert all(np.isfinite(numbers).all() for numbers in history.history.values())
    assert int(model.skipped_steps) < int(model.step)
    assert row.answer(model, 2, 0).dtype == np.float32


@core_models
def test_xla_and_several_steps_in_a_call_train(row):
    model = row.make()
    model.compile(jit_compile=True, steps_per_execution=2)
    history = model.fit(*row.data(), batch_size=16, epochs=2, verbose=0).history
    assert int(model.step) == 8
    assert all(np.isfinite(numbers).all() for numbers in history.values())


@pytest.mark.gpu
@every_model
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_the_defaults_train_on_a_gpu(row, policy):
    keras.config.set_dtype_policy(policy)
    model = row.make()
    model.compile()
    history = model.fit(
        *row.data(), batch_size=16, epochs=2, verbose=0, validation_data=row.data(seed=1)
    ).history
    assert all(np.isfinite(numbers).all() for numbers in history.values())
    np.testing.assert_allclose(row.answer(model, 5, 1), row.answer(model, 9, 1)[:5], atol=1e-3)
