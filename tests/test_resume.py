"""No training is lost: real kills, signals, full disks and damage, and the same bits at the end."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
from kgen import state
from tests import resume_worker
from tests.contract.table import pictures
from tests.resume_worker import digest
from tests.toys import BATCH, EPOCHS, STEPS, X, build, make

# Real kills, of processes of their own.


@pytest.fixture(scope="module")
def worker():
    """Function from a job to the exit status of the process that did it."""
    command = [sys.executable, "-m", "tests.resume_worker"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=pathlib.Path(__file__).parents[1], **pipes) as process:

        def work(**job):
            process.stdin.write(
                json.dumps({k: os.fspath(v) if k in PATHS else v for k, v in job.items()}) + "\n"
            )
            process.stdin.flush()
            return int(process.stdout.readline())

        yield work
        process.stdin.close()


PATHS = ("folder", "result")
LEAST = ("step", "unnamed", "SIGTERM")
DEATHS = [  # (place, step at which it comes, exit status, step of the newest state left)
    ("step", 8, -signal.SIGKILL, 5),  # Between two saves.
    ("arrays", 9, -signal.SIGKILL, 5),  # In the save of step 10.
    ("unnamed", 16, -signal.SIGKILL, 12),  # In that of 17; 10 and 12, the end of the epoch, were saved.
    ("renamed", 21, -signal.SIGKILL, 22),  # 22 is there already.
    ("between", 23, -signal.SIGKILL, 22),  # The best state, which that of step 24 replaces, has two names.
    ("SIGTERM", 30, 143, 31),  # Saves the step that it comes in.
]


@pytest.mark.parametrize("row, places", [("gan", LEAST), ("dcgan", LEAST), ("vae", [d[0] for d in DEATHS])])
def test_a_run_killed_again_and_again_ends_as_one_left_alone(row, places, worker, tmp_path):
    assert worker(row=row, folder=tmp_path / "whole", result=tmp_path / "whole.json") == 0
    folder = tmp_path / "killed"
    for place, step, status, left in (death for death in DEATHS if death[0] in places):
        assert worker(row=row, folder=folder, death=[place, step]) == status
        path, _, manifest = state.newest(folder)
        assert manifest["step"] == left and path.name == f"step-{left:09d}"
        assert step + 1 - left <= resume_worker.EVERY
    assert worker(row=row, folder=folder, result=tmp_path / "killed.json") == 0
    results = [json.loads((tmp_path / name).read_text()) for name in ("whole.json", "killed.json")]
    assert results[0]["digest"] == results[1]["digest"]
    assert results[0]["history"] == results[1]["history"]
    assert len(set(results[0]["history"]["learning_rate"])) == EPOCHS
    assert sorted(p.name for p in folder.iterdir()) == ["best", "step-000000034", "step-000000036"]
    assert state.read(folder / "best")[1]["step"] == EPOCHS * STEPS
    assert all(state.read(path) for path in folder.iterdir())


# In this process.


class At(keras.callbacks.Callback):
    """Calls a function as a step begins."""

    def __init__(self, step, function):
        super().__init__()
        self.step, self.function = step, function

    def on_train_batch_begin(self, batch, logs=None):
        if int(self.model.step) == self.step:
            self.function()


class PulledPlug(Exception):
    """The end, without a chance to save."""


def pull():
    raise PulledPlug


def interrupt():
    signal.raise_signal(signal.SIGINT)


def fit(
    model, folder, *callbacks, x=X, every=5, epochs=EPOCHS, batch_size=BATCH, validation_data=None, **options
):
    """History of a run that keeps its state in a folder."""
    keeper = kgen.callbacks.TrainingState(folder, every=every, **options)
    shape = {"epochs": epochs, "batch_size": None if isinstance(x, tf.data.Dataset) else batch_size}
    data = {"x": x, "validation_data": validation_data}
    return model.fit(**data, **shape, callbacks=[keeper, *callbacks], verbose=0).history


def broken(folder, at=19, how=pull, expected=PulledPlug, **options):
    """Leaves a run broken off at a step."""
    with pytest.raises(expected):
        fit(make(), folder, At(at, how), **options)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Digest and history of the VAE's run left alone."""
    model = make()
    history = fit(model, tmp_path_factory.mktemp("whole"))
    return digest(model), history


def resumed(folder, **options):
    model = make()
    history = fit(model, folder, **options)
    return digest(model), history


def test_ctrl_c_saves_and_hands_the_signal_back(tmp_path, whole):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    broken(tmp_path, 18, interrupt, KeyboardInterrupt)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    assert state.newest(tmp_path)[2]["step"] == 19
    assert resumed(tmp_path) == whole


def test_a_second_ctrl_c_does_not_wait(tmp_path):
    def twice():
        interrupt()
        interrupt()

    broken(tmp_path, 18, twice, KeyboardInterrupt)
    assert state.newest(tmp_path)[2]["step"] == 17


@pytest.mark.parametrize("at, saved", [(11, 12), (12, 13)])
def test_signals_around_the_end_of_an_epoch(tmp_path, whole, at, saved):
    broken(tmp_path, at, interrupt, KeyboardInterrupt)
    manifest = state.newest(tmp_path)[2]
    assert (manifest["step"], manifest["epoch"], manifest["batch"]) == (saved, 1, saved - 12)
    assert resumed(tmp_path) == whole


def test_killed_while_the_last_step_of_an_epoch_is_judged(tmp_path, monkeypatch):
    """The epoch's length is a multiple of `every`; the state in front of the validation would have no steps left."""
    data = {"every": 6, "validation_data": pictures(16, seed=1)}
    model = make()
    expected = fit(model, tmp_path / "whole", **data), digest(model)
    victim = make()
    monkeypatch.setattr(victim, "evaluate", lambda *args, **kwargs: pull())
    with pytest.raises(PulledPlug):
        fit(victim, tmp_path / "killed", **data)
    monkeypatch.undo()
    assert state.newest(tmp_path / "killed")[2]["step"] == 6
    model = make()
    assert (fit(model, tmp_path / "killed", **data), digest(model)) == expected


def test_any_error_hands_the_signals_back(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    broken(tmp_path)
    assert signal.getsignal(signal.SIGINT) == before


def test_in_a_thread_signals_stay_with_their_owner(tmp_path):
    before, found = signal.getsignal(signal.SIGINT), []
    thread = threading.Thread(target=lambda: found.append(fit(make(), tmp_path, epochs=1)))
    thread.start()
    thread.join()
    assert len(found) == 1 and signal.getsignal(signal.SIGINT) == before


def test_xla_with_another_number_of_steps_in_a_call(tmp_path):
    model = make("gan", xla=True)
    expected = fit(model, tmp_path / "whole", every=4), digest(model)
    with pytest.raises(PulledPlug):
        fit(make("gan", xla=True), tmp_path / "pulled", At(16, pull), every=4)
    assert state.newest(tmp_path / "pulled")[2]["step"] == 16
    model = build("gan", compiled={"jit_compile": True, "steps_per_execution": 3})
    assert (fit(model, tmp_path / "pulled", every=4), digest(model)) == expected
    assert model.steps_per_execution == 2  # Divides the epoch's 12 steps, and the 4 that are done.


# Data sets that cannot start at a step.


def plain():
    return tf.data.Dataset.from_tensor_slices(X).batch(BATCH)


def test_a_plain_data_set_goes_on_at_the_end_of_an_epoch(tmp_path, capsys):
    model = make()
    expected = fit(model, tmp_path / "whole", x=plain()), digest(model)
    broken(tmp_path / "pulled", x=plain())
    assert state.newest(tmp_path / "pulled")[2]["step"] == STEPS
    capsys.readouterr()
    model = make()
    assert (fit(model, tmp_path / "pulled", x=plain()), digest(model)) == expected
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and "cannot start at a step; states are kept at the end of epochs" in lines[0]


# Damage, and states of other runs.


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def halve(path):
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [flip, halve])
def test_a_damaged_state_is_named_and_the_previous_one_used(tmp_path, whole, damage):
    broken(tmp_path)
    damage(tmp_path / "step-000000017" / state.ARRAYS)
    with pytest.warns(UserWarning, match="step-000000017 is damaged: .* The previous one is used"):
        assert resumed(tmp_path) == whole


def test_of_two_states_of_one_step_the_new_one_counts(tmp_path):
    """A process killed before it has removed the replaced one leaves both."""
    for name, epoch in (("step-12-replaced", 0), ("step-12", 1), ("step-5", 0)):
        state.write(tmp_path, name, {"x": np.zeros(3)}, {"epoch": epoch})
    assert state.newest(tmp_path)[2] == {"epoch": 1}
    state.prune(tmp_path, keep=1)
    assert [path.name for path in tmp_path.iterdir()] == ["step-12"]


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Folder with the state of a run broken off at step 19."""
    folder = tmp_path_factory.mktemp("started")
    broken(folder)
    return folder


OTHERS = {
    "arguments": (
        lambda: build(beta=2.0, hidden_units=(16, 8)),
        {},
        "differs from this run in: beta, hidden_units.",
    ),
    "model": (lambda: make("gan"), {}, "in: class, "),
    "optimizer": (lambda: build(compiled={"optimizer": "sgd"}), {}, "in: optimizers .reset_optimizer=True"),
    "moments": (
        lambda: build(compiled={"optimizer": keras.optimizers.Adam(beta_1=0.5)}),
        {},
        "in: optimizers ",
    ),
    "data": (make, {"x": pictures(STEPS * BATCH, seed=9)}, "in: data."),
    "batch size": (make, {"batch_size": 4}, "in: steps_per_epoch."),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_state_of_another_run_is_refused_and_the_difference_named(started, name):
    other, options, message = OTHERS[name]
    model = other()
    before = digest(model)
    with pytest.raises(ValueError, match=message):
        fit(model, started, **options)
    assert digest(model) == before and int(model.step) == 0


def test_another_optimizer_may_start_anew(tmp_path):
    broken(tmp_path)
    model = build(compiled={"optimizer": "sgd"})
    history = fit(model, tmp_path, reset_optimizer=True)
    assert int(model.step) == EPOCHS * STEPS and len(history["loss"]) == EPOCHS
    assert int(model.optimizer.iterations) == EPOCHS * STEPS - 17


# What the other callbacks have counted.


def counting(folder):
    return [
        keras.callbacks.EarlyStopping("val_loss", min_delta=0.01, patience=9, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau("val_loss", min_delta=5.0, patience=1, factor=0.5),
        keras.callbacks.ModelCheckpoint(folder / "best.keras", "val_loss", save_best_only=True),
        keras.callbacks.CSVLogger(folder / "log.csv", append=True),
    ]


COUNTERS = {
    keras.callbacks.EarlyStopping: ("wait", "best", "best_epoch", "stopped_epoch", "min_delta", "patience"),
    keras.callbacks.ReduceLROnPlateau: ("wait", "best", "cooldown_counter", "min_delta"),
    keras.callbacks.ModelCheckpoint: ("best",),
}


def test_counters_and_best_weights_come_back(tmp_path):
    def run(name, *more):
        model, callbacks = make(), counting(tmp_path / name)
        history = fit(
            model, tmp_path / name / "state", *callbacks, *more, validation_data=pictures(16, seed=1)
        )
        numbers = [getattr(c, name) for c in callbacks for name in COUNTERS.get(type(c), ())]
        return history, digest(model), numbers, (tmp_path / name / "log.csv").read_text()

    for name in ("whole", "pulled"):
        (tmp_path / name).mkdir()
    expected = run("whole")
    with pytest.raises(PulledPlug):
        run("pulled", At(31, pull))
    assert run("pulled") == expected
    assert len(expected[0]["val_loss"]) == EPOCHS and expected[0]["learning_rate"][-1] < 1e-3
    models = [keras.saving.load_model(tmp_path / name / "best.keras") for name in ("whole", "pulled")]
    assert np.array_equal(*(m.generate(2, seed=0) for m in models))


def test_a_run_that_early_stopping_ended_stays_ended(tmp_path):
    def run():
        stopping = keras.callbacks.EarlyStopping("loss", min_delta=1e9, patience=1, restore_best_weights=True)
        model = make()
        return (
            fit(model, tmp_path, stopping),
            digest(model),
            stopping.wait,
            stopping.best,
            stopping.stopped_epoch,
        )

    first = run()
    assert len(first[0]["loss"]) == 2
    assert run() == first


def test_a_finished_run_returns_its_history_and_can_be_made_longer(tmp_path, whole):
    model = make()
    first = fit(model, tmp_path, epochs=2)
    assert fit(make(), tmp_path, epochs=2) == first
    assert resumed(tmp_path) == whole


def test_new_settings_of_a_callback_are_kept(tmp_path):
    with pytest.raises(PulledPlug):
        fit(make(), tmp_path, keras.callbacks.EarlyStopping("loss", patience=1), At(19, pull))
    stopping = keras.callbacks.EarlyStopping("loss", patience=7)
    fit(make(), tmp_path, kgen.callbacks.NonFiniteGuard(), stopping)
    assert stopping.patience == 7 and stopping.best is not None


# The best state.


class Values(keras.callbacks.Callback):
    """Logs given values, one per epoch."""

    def __init__(self, name, *values):
        super().__init__()
        self.name, self.values = name, values

    def on_epoch_end(self, epoch, logs=None):
        if self.values[epoch] is not None:
            logs[self.name] = self.values[epoch]


@pytest.mark.parametrize(
    "row, name, values, best",
    [
        ("vae", "val_loss", (3.0, 2.0, 2.5), 24),
        ("vae", "val_loss", (float("nan"), 2.0, 1.0), 36),
        ("vae", "val_loss", (3.0, None, 4.0), 12),
        ("gan", "val_real_accuracy", (0.2, 0.3, 0.1), 24),
    ],
)
@pytest.mark.filterwarnings("ignore:TrainingState")
def test_the_best_state_is_kept_by_the_metrics_direction(tmp_path, row, name, values, best):
    fit(make(row), tmp_path, Values(name, *values), monitor=name)
    arrays, manifest = state.read(tmp_path / "best")
    assert manifest["step"] == best and arrays["model/0"].size
    assert {p.name for p in tmp_path.iterdir()} == {"best", "step-000000034", "step-000000036"}


def test_the_best_value_so_far_is_remembered(tmp_path):
    values = Values("val_loss", 1.0, 2.0, 3.0)
    fit(make(), tmp_path, values, monitor="val_loss", epochs=1)
    fit(make(), tmp_path, values, monitor="val_loss")
    assert state.read(tmp_path / "best")[1]["step"] == 12


def test_a_monitor_that_nobody_logs_is_named(tmp_path):
    with pytest.warns(UserWarning, match="no `val_los` among kl_loss, loss, reconstruction_loss"):
        fit(make(), tmp_path, monitor="val_los", epochs=1)
    assert not (tmp_path / "best").exists()


# A full disk.


def full(*args, **kwargs):
    raise OSError(28, "No space left on device")


def test_a_full_disk_stops_nothing_but_is_said(tmp_path, monkeypatch, capsys, whole):
    fill = At(11, lambda: monkeypatch.setattr(np, "savez", full))
    empty = At(23, monkeypatch.undo)
    model = make()
    assert (fit(model, tmp_path, fill, empty), digest(model)) == whole[::-1]
    lines = [line for line in capsys.readouterr().out.splitlines() if "not saved" in line]
    assert len(lines) == 3 and all("No space left on device" in line for line in lines)  # Steps 12, 17, 22.
    assert {p.name for p in tmp_path.iterdir()} == {"step-000000034", "step-000000036"}


def test_a_full_disk_can_stop_the_run(tmp_path, monkeypatch):
    fill = At(11, lambda: monkeypatch.setattr(np, "savez", full))
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(OSError, match="No space left"):
        fit(make(), tmp_path, fill, on_error="stop")
    assert state.newest(tmp_path)[2]["step"] == 10 and signal.getsignal(signal.SIGINT) == before
