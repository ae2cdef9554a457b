"""Every row of language models trains, resumes, writes, is served and runs on two replicas."""

import json

import keras
import numpy as np
import pytest

import kgen
from tests.contract.table import state
from tests.contract.test_replicas import TOLERANCE, check
from tests.contract.test_training import Stop
from tests.contract.text import STREAMS, TEXT, streams
from tests.contract.training import equal, first_training, over, trained, used, values

every_model = over(TEXT, TEXT)
each_network = over(TEXT, ("lstm", "convnet"))
carrying = pytest.mark.parametrize("row", [TEXT["lstm"], TEXT["convnet"]], ids=["lstm", "convnet"])


@every_model
def test_fit_changes_every_weight_and_logs_the_declared_terms(row):
    model, before, history = first_training(row)
    for old, variable in zip(before[""], model.network.trainable_variables, strict=True):
        assert not np.array_equal(old, variable.numpy()), variable.name
    assert {name for name in history if not name.startswith("val_")} == set(row.terms)
    bits = {"val_bits_per_character"} if model.vocabulary.level == "char" else set()
    assert {name for name in history if name.startswith("val_")} == bits | {"val_" + t for t in row.terms}
    assert all(np.isfinite(numbers).all() and len(numbers) == 2 for numbers in history.values())
    assert int(model.step) == 8 and int(model.skipped_steps) == 0


@each_network
def test_save_load_and_fit_equal_the_uninterrupted_run(row, tmp_path):
    model = used(row)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert np.array_equal(model.generate(3, seed=5), loaded.generate(3, seed=5))
    for one in (model, loaded):
        one.fit(*row.data(), batch_size=16, epochs=1, verbose=0)
    assert equal(values(model.variables), values(loaded.variables))
    assert equal(values(model.optimizer.variables), values(loaded.optimizer.variables))


def resumed(make, fit, folder):
    """(model, history) of a run left alone, and of one that was broken off and went on."""

    def run(name, stop_at=None):
        keras.utils.set_random_seed(1)
        model = make()
        model.compile(jit_compile=False, steps_per_execution=1)
        callbacks = [kgen.callbacks.TrainingState(folder / name, every=3)]
        try:
            history = fit(model, callbacks + ([Stop(stop_at)] if stop_at else []))
        except KeyboardInterrupt:
            return None
        return model, history.history

    whole = run("whole")
    assert run("broken", stop_at=13) is None
    return whole, run("broken")


def check_equal(whole, other):
    assert equal(values(whole[0].variables), values(other[0].variables))
    assert equal(values(whole[0].optimizer.variables), values(other[0].optimizer.variables))
    assert whole[1] == other[1]


@each_network
def test_a_resumed_run_equals_the_uninterrupted_one(row, tmp_path):
    def fit(model, callbacks):
        return model.fit(*row.data(), batch_size=8, epochs=3, verbose=0, callbacks=callbacks)

    check_equal(*resumed(row.make, fit, tmp_path))


@carrying
def test_what_is_carried_is_resumed_too(row, tmp_path):
    data = streams(batch_size=8)

    def fit(model, callbacks):
        return model.fit(data, epochs=3, verbose=0, callbacks=callbacks)

    assert data.steps_per_epoch == 9 and 13 % 9
    check_equal(*resumed(row.make, fit, tmp_path))


@each_network
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains(row, policy):
    model, history = trained(row, epochs=3, policy=policy)
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer) == (policy == "mixed_float16")
    assert all(np.isfinite(numbers).all() for numbers in history.history.values())
    assert int(model.skipped_steps) < int(model.step)
    assert history.history["loss"][-1] < history.history["loss"][0]


@each_network
def test_xla_and_several_steps_in_a_call_train(row):
    model = row.make()
    model.compile(jit_compile=True, steps_per_execution=2)
    history = model.fit(
        *row.data(), batch_size=16, epochs=2, verbose=0, validation_data=row.data(seed=1)
    ).history
    assert int(model.step) == 8
    assert all(np.isfinite(numbers).all() for numbers in history.values())


@every_model
def test_a_regulariser_shrinks_the_kernels(row):
    model = row.make(kernel_regularizer=keras.regularizers.L2(1.0))
    model.compile(jit_compile=False)
    kernels = [v for v in model.network.trainable_variables if "kernel" in v.name]
    before = sum(float(np.square(v.numpy()).sum()) for v in kernels)
    history = model.fit(*row.data(), batch_size=16, epochs=5, verbose=0).history
    assert history["regularization"][-1] < history["regularization"][0]
    assert sum(float(np.square(v.numpy()).sum()) for v in kernels) < before


@every_model
def test_texts_are_seeded_and_rows_are_independent(row):
    model = used(row)
    many = model.generate(300, seed=3)
    assert many.shape == (300,) and all(isinstance(text, str) for text in many)
    assert np.array_equal(many, model.generate(300, seed=3))
    assert np.array_equal(many[:5], model.generate(5, seed=3))
    last = kgen.noise.rows(3, 1, start=299)
    assert model.sample(last, *model.fill(last, {})).numpy()[0].decode() == many[299]
    assert len(set(many)) > 100
    assert not np.array_equal(model.generate(9), model.generate(9))


@every_model
def test_evaluation_repeats_itself(row):
    model = used(row)
    first = model.evaluate(*row.data(50, seed=2), batch_size=16, return_dict=True, verbose=0)
    assert first == model.evaluate(*row.data(50, seed=2), batch_size=16, return_dict=True, verbose=0)
    assert set(row.terms) <= set(first)


@carrying
def test_a_failed_step_changes_nothing_and_is_counted(row):
    model = used(row)
    model.fit(streams(), epochs=1, verbose=0)
    kept = [*state(model), *model.passing()]
    weight = next(v for v in model.network.trainable_variables if v.name == "output_bias")
    weight.assign(np.full(weight.shape, np.nan))
    before = values(kept)
    model.train_on_batch(next(iter(streams())))
    assert int(model.skipped_steps) == 1
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(before, values(kept), strict=True))


@every_model
def test_config_round_trip(row):
    model = row.make(seed=7)
    config = json.loads(json.dumps(model.get_config()))
    again = type(model).from_config(config)
    assert json.loads(json.dumps(again.get_config())) == config
    assert [v.shape for v in again.weights] == [v.shape for v in model.weights]
    assert again.vocabulary.get_config() == model.vocabulary.get_config()


@each_network
def test_export_serves_every_signature(row, tmp_path):
    model = used(row)
    assert tuple(model.signatures()) == row.endpoints
    version = kgen.export(model, tmp_path / "model")
    report = kgen.serving.check(version, model)
    assert set(report["signatures"]) == {"serving_default", *row.endpoints}
    loaded, prompts = kgen.serving.load(version), ["", "5 7" if model.vocabulary.level is None else "to be"]
    told = {"prompt": np.array(prompts), "temperature": np.array([1.0, 0.5], "float32")}
    texts = loaded["serving_default"](seed=np.array([[3, 0], [3, 1]], "int32"), **told)["text"]
    own = model.generate(2, prompt=prompts, temperature=[1.0, 0.5], seed=3)
    assert [text.decode() for text in texts] == own.tolist()
    served, nats = loaded["log_likelihood"](text=own), model.nats(own.tolist())
    np.testing.assert_allclose([served["nats"], served["nats_per_token"]], nats, rtol=1e-5)
    request = json.loads((version / "assets.extra" / "sample_request.json").read_text())
    assert request["generate"]["instances"][2]["prompt"] == "to be"


@pytest.mark.slow
@pytest.mark.parametrize("name", [*TEXT, *STREAMS])
@pytest.mark.parametrize("optimizer", TOLERANCE)
def test_two_replicas_equal_one(name, optimizer):
    check((*TEXT, *STREAMS), name, optimizer)


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
    assert np.array_equal(model.generate(5, seed=1), model.generate(9, seed=1)[:5])
