"""What a Keras user expects of a model: the whole of `compile`, `fit`, `evaluate` and `predict` on the main models."""

import math
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
from kgen import pictures as images
from tests.contract.table import ROWS
from tests.toys import BATCH, HELD_OUT, LABELS, MAIN, STEPS, X, build, make, variables

every_model = pytest.mark.parametrize("row", MAIN)
both = pytest.mark.parametrize("row", ["gan", "vae"])
LOSS = {"gan": "generator_loss", "dcgan": "generator_loss", "vae": "loss"}
UP = {"gan": "val_real_accuracy", "dcgan": "val_fake_accuracy"}


def fit(model, x=X, *args, batch_size=BATCH, **options):
    """History of a short silent run."""
    size = None if isinstance(x, tf.data.Dataset) else batch_size
    return model.fit(x, *args, batch_size=size, **{"epochs": 1, "verbose": 0, **options}).history


def batches(*arrays, size=BATCH):
    return tf.data.Dataset.from_tensor_slices(arrays if len(arrays) > 1 else arrays[0]).batch(size)


def close(history):
    return {name: pytest.approx(numbers, rel=1e-4) for name, numbers in history.items()}


def values(model):
    return [v.numpy() for v in variables(model)]


def rates(model):
    return [float(o.learning_rate) for o in model.optimizers().values()]


# Data.


@every_model
def test_arrays_as_keras_datasets_gives_them(row):
    """uint8 [n, h, w] with labels; the same numbers with a channel axis, as floats, without labels."""
    expected = fit(make(row), (X[..., 0], LABELS))
    assert len(expected[LOSS[row]]) == 1
    for data in [(X, LABELS), (X,), (X[..., 0].astype("float64") / 255,)]:
        assert fit(make(row), *data) == close(expected)


@every_model
def test_tf_data_sets_and_validation_data(row):
    expected = fit(make(row), batches(X), validation_data=batches(HELD_OUT))
    terms = set(ROWS[row].terms)
    accuracies = set() if row == "vae" else {"real_accuracy", "fake_accuracy"}
    assert set(expected) == terms | {f"val_{name}" for name in terms | accuracies}
    held_out = HELD_OUT[..., 0], LABELS[:20]
    assert fit(make(row), batches(X, LABELS), validation_data=held_out) == close(expected)
    assert fit(make(row), batches(X), validation_data=HELD_OUT) == close(expected)


@every_model
def test_evaluate_gives_what_fit_logged_as_a_list_and_as_a_dict(row):
    model = make(row)
    history = fit(model, validation_data=HELD_OUT)
    found = model.evaluate(HELD_OUT, batch_size=BATCH, verbose=0, return_dict=True)
    assert found == {name[4:]: numbers[0] for name, numbers in history.items() if name[:4] == "val_"}
    listed = model.evaluate(batches(HELD_OUT), verbose=0)
    assert listed == [found[name] for name in model.metrics_names if name in found]
    assert len(listed) == len(found)


def test_the_number_of_validation_steps_is_kept_with_several_steps_in_a_call():
    model = build("vae", {"steps_per_execution": 4})
    history = fit(model, validation_data=batches(X), validation_steps=3, epochs=2)
    first = model.evaluate(batches(X).take(3), verbose=0, return_dict=True)
    assert first["loss"] == history["val_loss"][1]
    assert model.evaluate(batches(X), steps=3, verbose=0, return_dict=True) == first


@every_model
def test_predict(row):
    model = make(row)
    x = HELD_OUT if row == "vae" else np.random.default_rng(0).normal(size=(20, 4)).astype("float32")
    found = model.predict(x, verbose=0)
    assert found.shape == (20, 8, 8, 1) and found.dtype == "float32" and 0 <= found.min() < found.max() <= 1
    np.testing.assert_allclose(model.predict(batches(x), verbose=0), found, atol=1e-6)
    np.testing.assert_allclose(model.predict_on_batch(x), found, atol=1e-6)
    np.testing.assert_allclose(model(x), found, atol=1e-6)
    assert model.predict(x[:0]).shape == (0, 8, 8, 1)


@both
def test_single_batches(row):
    model, other = make(row), build(row)
    for start in range(0, len(X), BATCH):
        found = model.train_on_batch(X[start : start + BATCH], return_dict=True)
    fit(other, batches(X))
    assert all(np.allclose(a, b, atol=1e-5) for a, b in zip(values(model), values(other), strict=True))
    assert set(found) == set(ROWS[row].terms) and all(math.isfinite(value) for value in found.values())
    tested = model.test_on_batch(HELD_OUT, return_dict=True)
    expected = model.evaluate(HELD_OUT, batch_size=20, verbose=0, return_dict=True)
    assert tested == pytest.approx(expected, rel=1e-6)
    assert len(model.train_on_batch(X[:BATCH])) == len(found)


# Callbacks.


@every_model
def test_keras_callbacks_together(row, tmp_path):
    monitor = f"val_{LOSS[row]}"
    watched = UP.get(row, monitor)
    stopping = keras.callbacks.EarlyStopping(watched, patience=1, min_delta=1e9)
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", monitor, save_best_only=True)
    callbacks = [
        checkpoint,
        stopping,
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.TensorBoard(tmp_path / "logs", write_graph=True, write_steps_per_second=True),
    ]
    model = make(row)
    history = fit(model, epochs=3, validation_data=HELD_OUT, callbacks=callbacks)
    assert stopping.mode == ("max" if row in UP else "min")
    assert len(history[monitor]) == 2 and stopping.best == history[watched][0]
    assert checkpoint.mode == "min" and checkpoint.best == min(history[monitor])
    best = keras.saving.load_model(tmp_path / "best.keras")
    found = best.evaluate(HELD_OUT, batch_size=BATCH, verbose=0, return_dict=True)
    assert found[LOSS[row]] == pytest.approx(min(history[monitor]), rel=1e-5)
    header, *lines = (tmp_path / "log.csv").read_text().splitlines()
    assert len(lines) == 2 and {"epoch", *history} <= set(header.split(","))
    for part in ("train", "validation"):
        tags = {tag for _, tag, _ in events(tmp_path / "logs" / part)}
        assert f"epoch_{LOSS[row]}" in tags


def events(folder):
    """(step, tag, value) of every summary in a TensorBoard folder."""
    return [
        (event.step, value.tag, value)
        for path in sorted(pathlib.Path(folder).glob("events.*"))
        for record in tf.data.TFRecordDataset(str(path))
        for event in [tf.compat.v1.Event.FromString(record.numpy())]
        for value in event.summary.value
    ]


def two_rates(row):
    names = ["discriminator_optimizer", "generator_optimizer"] if row in UP else ["optimizer"]
    return {name: keras.optimizers.Adam(rate) for name, rate in zip(names, (4e-3, 1e-3), strict=False)}


@both
def test_callbacks_of_the_learning_rate_reach_all_players_in_proportion(row):
    model = build(row, two_rates(row))
    before = rates(model)
    halving = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    history = fit(model, epochs=2, callbacks=[halving])
    assert rates(model) == pytest.approx([rate / 4 for rate in before], rel=1e-6)
    assert history["learning_rate"] == pytest.approx([before[-1] / 2, before[-1] / 4], rel=1e-6)
    plateau = keras.callbacks.ReduceLROnPlateau(LOSS[row], min_delta=1e9, patience=1, factor=0.1, min_lr=0)
    fit(model, epochs=3, callbacks=[plateau])
    assert rates(model) == pytest.approx([rate / 400 for rate in before], rel=1e-6)


@both
def test_schedules_in_an_optimizer(row):
    """A warm-up begins at zero."""
    schedule = keras.optimizers.schedules.CosineDecay(0.0, STEPS, warmup_target=1e-3, warmup_steps=4)
    name = "generator_optimizer" if row in UP else "optimizer"
    model = build(row, {name: keras.optimizers.Adam(schedule)})
    assert rates(model)[-1] == 0
    fit(model)
    assert rates(model)[-1] == pytest.approx(float(schedule(STEPS)), rel=1e-6)
    with pytest.raises(TypeError, match="LearningRateSchedule"):
        fit(model, callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)])


@every_model
def test_samples_as_files_and_in_tensorboard(row, tmp_path):
    callback = kgen.callbacks.Samples(tmp_path / "a", num_samples=9, log_dir=tmp_path / "logs")
    model = make(row)
    model.fit(X, batch_size=BATCH, epochs=2, verbose=0, callbacks=[callback])
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["epoch-000.png", "epoch-001.png", "epoch-002.png", "training.gif"]
    shown = [images.read_png(tmp_path / "a" / name) for name in names[:3]]
    assert not np.array_equal(shown[0], shown[2])
    assert (tmp_path / "a" / "training.gif").read_bytes()[:4] == b"GIF8"
    logged = [(step, value.tensor.string_val[2][:4]) for step, _, value in events(tmp_path / "logs")]
    assert logged == [(step, b"\x89PNG") for step in range(3)]


@both
def test_the_guard_stops_a_run_of_bad_steps(row):
    bad = X.astype("float32") / 255
    bad[2 * BATCH :, 3, 3] = np.nan
    model = make(row)
    guard = kgen.callbacks.NonFiniteGuard(patience=3)
    with pytest.raises(FloatingPointError, match="3 training steps in a row had a picture .* step 5"):
        fit(model, batches(bad), callbacks=[guard])
    assert int(model.skipped_steps) == 3 and all(np.isfinite(v).all() for v in values(model))


# Metrics in compile.


@every_model
def test_the_frechet_distance_of_a_fit(row, tmp_path):
    metric = kgen.metrics.FrechetDistance("random")
    model = build(row, {"metrics": [metric]})
    path = tmp_path / "best.keras"
    chosen = keras.callbacks.ModelCheckpoint(path, "val_frechet_distance", save_best_only=True)
    history = fit(model, epochs=2, validation_data=HELD_OUT, callbacks=[chosen])
    distances = history["val_frechet_distance"]
    assert len(distances) == 2 and all(value > 0 for value in distances)
    assert "frechet_distance" not in history
    assert chosen.best == min(distances) and path.exists()
    found = model.evaluate(HELD_OUT, batch_size=BATCH, verbose=0, return_dict=True)
    assert found["frechet_distance"] == pytest.approx(distances[1], rel=1e-6)
    assert model.evaluate(HELD_OUT, batch_size=BATCH, verbose=0)[-1] == found["frechet_distance"]


# Options of compile.


@pytest.mark.parametrize("row, wanted, used", [("gan", 4, 4), ("vae", 5, 4), ("vae", 100, 12)])
def test_steps_in_a_call_divide_the_epoch(row, wanted, used):
    model = build(row, {"steps_per_execution": wanted})
    assert fit(model, epochs=2) == fit(make(row), epochs=2)
    assert model.steps_per_execution == used and int(model.step) == 2 * STEPS


@pytest.mark.parametrize("row", ["gan", "dcgan", "vae"])
def test_eager_steps_are_those_of_the_graph(row):
    model, other = build(row, {"run_eagerly": True}), make(row)
    first, second = fit(model, batches(X[: 3 * BATCH])), fit(other, batches(X[: 3 * BATCH]))
    assert first == close(second)
    assert all(np.allclose(a, b, atol=1e-3) for a, b in zip(values(model), values(other), strict=True))


@every_model
def test_summary_counts_every_parameter(row):
    lines = []
    model = make(row)
    model.summary(print_fn=lambda text, line_break=True: lines.append(text))
    text = "\n".join(lines)
    assert f"{sum(w.shape.num_elements() for w in model.trainable_weights):,}" in text
    assert "Optimizer params" in text


@both
def test_model_export_writes_what_kgen_export_writes(row, tmp_path):
    model = make(row)
    paths = [model.export(tmp_path / "a"), kgen.export(model, tmp_path / "b")]
    names = [sorted(str(p.relative_to(path)) for p in path.rglob("*") if p.is_file()) for path in paths]
    assert names[0] == names[1] and "saved_model.pb" in names[0] and [p.name for p in paths] == ["1", "1"]
    seed = np.array([[7, 0], [7, 1]], "int32")
    pictures = [kgen.serving.load(path)["generate"](seed=seed)["images"] for path in paths]
    assert np.array_equal(*pictures)
    np.testing.assert_allclose(pictures[0], model.generate(2, seed=7), atol=1e-6)


# Half precision.


@both
def test_each_optimizer_has_a_loss_scale_of_its_own(row):
    keras.config.set_dtype_policy("mixed_float16")
    model = build(row)
    optimizers = model.optimizers()
    assert all(isinstance(o, keras.optimizers.LossScaleOptimizer) for o in optimizers.values())
    last = list(optimizers.values())[-1]
    last.dynamic_scale.assign(2.0**26)  # Overflows in the first steps, which are skipped and lower the scale.
    fit(model, epochs=2)
    assert 0 < int(model.skipped_steps) < 2 * STEPS
    scales = [float(o.dynamic_scale) for o in optimizers.values()]
    assert scales[-1] < 2.0**26 and scales[:-1] == [float(last.initial_scale)] * (len(scales) - 1)
    assert int(last.iterations) == 2 * STEPS - int(model.skipped_steps)
    assert all(np.isfinite(v).all() for v in values(model))
