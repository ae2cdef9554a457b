"""Bad inputs and faults, one row each: a typed error that names what is wrong, or the rule that is stated.

The numbers are those of the project's list of bad inputs and faults; 26 is not promised yet.
"""

import os
import re
import signal
import subprocess
import sys
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import kgen
from kgen import state
from kgen.cli import folder, main
from tests.contract.table import pictures
from tests.toys import BATCH, STEPS, X, build, make, variables

TABLE = []
FLOATS = X.astype("float32") / 255


def row(number, error=None, *fragments):
    """Adds a row: the function raises that error with these fragments, or without one asserts a rule itself."""

    def add(function):
        TABLE.append(pytest.param(function, error, fragments, id=f"{number}-{function.__name__}"))
        return function

    return add


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Signatures of an exported VAE."""
    return kgen.serving.load(kgen.export(make(), tmp_path_factory.mktemp("served")))


def fit(x, model=None, **options):
    model = model or make()
    size = {} if isinstance(x, tf.data.Dataset) else {"batch_size": BATCH}
    model.fit(x, **{"verbose": 0, **size, **options})
    return model


def batches(x, size=BATCH):
    return tf.data.Dataset.from_tensor_slices(x).batch(size)


def endless():
    return batches(X).repeat()


def unknown():
    return batches(X).filter(tf.autograph.experimental.do_not_convert(lambda x: True))


def values(model):
    return [v.numpy() for v in variables(model)]


def equal(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


# Data.


@row(1, ValueError, "argument `x`", "shape (batch, 8, 8, 1)", "shape=(96, 8, 8, 3)")
def wrong_channels():
    fit(np.repeat(X, 3, axis=-1))


@row(1, ValueError, "argument `validation_data`", "shape (batch, 8, 8, 1)", "shape=(8, 8, 8, 3)")
def wrong_channels_of_validation_data():
    fit(X, validation_data=batches(np.repeat(X, 3, axis=-1)))


@row(2, ValueError, "argument `x`", "shape (batch, 8, 8, 1)", "image_size=...", "shape=(8, 7, 8, 1)")
def wrong_size():
    fit(batches(X[:, :7]))


@row(3)
def bytes_are_scaled_to_the_networks_range():
    model = make("dcgan")
    assert model.pixel_range == (-1.0, 1.0)
    np.testing.assert_allclose(model.discriminate(X[:5]), model.discriminate(FLOATS[:5]), atol=1e-6)


@row(4)
def float64_is_cast_once():
    dataset = kgen.datasets.from_arrays(FLOATS.astype("float64"), batch_size=BATCH)
    assert dataset.element_spec.dtype == tf.float32
    assert equal(values(fit(FLOATS.astype("float64"))), values(fit(FLOATS)))


@row(5, ValueError, "argument `x`", "floats in [0, 1]", "minimum=-1.0, maximum=0.99")
def floats_out_of_range():
    fit(2 * FLOATS - 1)


@row(5, ValueError, "argument `x`", "floats in [0, 1], or integers in 0..255", "minimum=0.0, maximum=253.0")
def bytes_as_floats():
    fit(batches(X.astype("float32")))


def with_nan(example):
    x = FLOATS.copy()
    x[example, 3, 4] = np.nan
    return x


@row(6, ValueError, "argument `x`", "finite numbers", "index (70, 3, 4, 0) is nan")
def nan_in_an_array():
    fit(with_nan(70))


@row(6)
def nan_in_a_later_batch_of_a_data_set():
    """Its step is skipped and counted; the others are taken."""
    model = fit(batches(with_nan(70)))
    assert int(model.skipped_steps) == 1 and int(model.step) == STEPS
    assert int(model.optimizer.iterations) == STEPS - 1 and all(np.isfinite(v).all() for v in values(model))


@row(7, ValueError, "argument `x`", "at least one example", "shape=(0, 8, 8, 1)")
def no_examples():
    fit(X[:0])


@row(7, ValueError, "argument `x`", "at least one batch", "batches=0")
def no_batches():
    fit(batches(X).take(0))


@row(8, ValueError, "argument `x`", "at least one batch", "batches=0")
def everything_filtered_out():
    nothing = tf.autograph.experimental.do_not_convert(lambda x: False)
    fit(batches(X).filter(nothing), steps_per_epoch=3)


@row(9, ValueError, "5 examples, fewer than batch_size=8", "Perhaps use batch_size=5")
def fewer_than_a_batch():
    fit(X[:5])


@row(9, ValueError, "argument `x`", "at least one batch", "batches=0")
def fewer_than_a_batch_of_a_data_set():
    fit(tf.data.Dataset.from_tensor_slices(X[:5]).batch(BATCH, drop_remainder=True))


@row(10)
def one_image():
    with pytest.warns(UserWarning, match="1 image: every batch shows the same one"):
        assert int(fit(X[:1], batch_size=1).step) == 1


@row(10, ValueError, "argument `batch_size`", "at least 2 with batch normalization", "batch_size=1")
def batches_of_one_image_with_batch_normalization():
    fit(X[:4], make("dcgan"), batch_size=1)


@row(
    11,
    ValueError,
    "argument `x`",
    "known length",
    "steps_per_epoch",
    "assert_cardinality",
    "of unknown length",
)
def unknown_length():
    fit(unknown())


@row(11)
def unknown_length_with_steps():
    """No step is taken in part where an epoch ends."""
    model = fit(unknown(), steps_per_epoch=STEPS, epochs=2)
    assert int(model.step) == int(model.optimizer.iterations) == 2 * STEPS


@row(12)
def more_steps_than_data():
    """The data are repeated."""
    model = fit(batches(X[:40]), steps_per_epoch=STEPS)
    assert int(model.step) == STEPS


@row(12, ValueError, "argument `steps_per_epoch`", "a positive integer", "steps_per_epoch=0")
def no_steps():
    fit(X, steps_per_epoch=0)


@row(13, ValueError, "argument `x`", "known length", "steps_per_epoch", "a data set endless")
def endless_data():
    fit(endless())


@row(13, ValueError, "argument `x`", "data with an end", "an endless data set")
def endless_validation_data():
    fit(X, validation_data=endless())


@row(14, ValueError, "argument `x`", "integers 0..255 or floats in [0, 1]", "dtype='<U1'")
def words():
    fit(np.array(["a", "b"]))


@row(14, ValueError, "argument `x`", "shape (batch, 8, 8, 1)", "shape=(10,)")
def labels_as_pictures():
    fit(np.arange(10))


@row(14, ValueError, "argument `x`", "an array or a tf.data.Dataset of batches", "x='str'")
def a_name():
    fit("mnist")


# Folders and files.


def save(path, size=(12, 10), mode="RGB", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size).save(path, **options)


@row(15, FileNotFoundError, "There is no folder", "absent")
def a_missing_folder(path):
    kgen.datasets.load(path / "absent")


@row(15, FileNotFoundError, "There is no file", "absent.npz")
def a_missing_file(path):
    kgen.datasets.load(path / "absent.npz")


@row(16, ValueError, "no picture in", ".png, .jpg")
def a_folder_without_pictures(path):
    (path / "notes.txt").write_text("no picture")
    kgen.datasets.load(path)


def folder_with_bad_pictures(path):
    for i in range(4):
        save(path / f"good-{i}.png")
    (path / "empty.png").write_bytes(b"")
    (path / "text.jpg").write_text("no picture")
    Image.effect_noise((64, 64), 50).save(path / "torn.png")
    os.truncate(path / "torn.png", 1000)
    return path


@row(17, ValueError, "Cannot read the picture", "empty.png", "zero bytes", 'on_bad="skip"')
def an_unreadable_picture_among_good_ones(path):
    kgen.datasets.load(folder_with_bad_pictures(path), batch_size=2)


@row(17)
def unreadable_pictures_are_skipped_and_counted(path):
    with pytest.warns(UserWarning, match="Skipped 3 unreadable pictures"):
        about = kgen.datasets.load(folder_with_bad_pictures(path), batch_size=2, on_bad="skip")[1]
    assert (about.num_examples, about.num_skipped) == (4, 3)


@row(18, ValueError, "bomb.png", "9000 x 9000 is more than max_pixels=64000000")
def a_decompression_bomb(path):
    save(path / "bomb.png", (9000, 9000), "1")
    assert (path / "bomb.png").stat().st_size < 100_000
    kgen.datasets.load(path, batch_size=1)


@row(19)
def modes_and_rotations(path):
    """All become upright uint8 RGB, or grey where all are."""
    for name, mode in {
        "a.png": "I;16",
        "b.jpg": "CMYK",
        "c.png": "P",
        "d.png": "RGBA",
        "e.png": "LA",
    }.items():
        save(path / "modes" / name, mode=mode)
    dataset, about = kgen.datasets.load(path / "modes", batch_size=5, image_size=(10, 12), shuffle=False)
    found = next(iter(dataset)).numpy()
    assert about.shape == (10, 12, 3) and found.dtype == "uint8" and found[3].min() == 255  # Clear is white.
    pixels = np.tile(np.arange(0, 240, 20, dtype="uint8")[:, None], (1, 12))  # Darkest on top.
    exif = Image.Exif()
    exif[0x0112] = 3  # Upside down.
    (path / "turned").mkdir()
    Image.fromarray(pixels).save(path / "turned" / "a.png", exif=exif)
    upright = next(iter(kgen.datasets.load(path / "turned", batch_size=1, image_size=12, shuffle=False)[0]))
    assert upright.shape == (1, 12, 12, 1) and np.array_equal(upright[0, :, :, 0], pixels[::-1])


# What a trained model is asked.


@row(20, ValueError, "argument `latent`", "shape (batch, 4)", "shape=(3, 5)")
def wrong_latent_size():
    make("gan").predict(np.zeros((3, 5)))


@row(20, ValueError, "input `latent`", "(None, 4)", "(3, 5)")
def wrong_latent_size_in_service(served):
    served["from_latent"](latent=np.zeros((3, 5), "float32"))


@row(21, ValueError, "argument `latent`", "finite numbers", "index (1, 2) is nan")
def nan_latent():
    latent = np.zeros((3, 4))
    latent[1, 2] = np.nan
    make("gan").predict(latent)


@row(21, ValueError, "argument `latent`", "finite numbers", "is inf")
def infinite_latent():
    make().decode(np.full((1, 4), np.inf))


@row(21, ValueError, "input `latent`", "finite numbers", "NaN")
def nan_latent_in_service(served):
    served["from_latent"](latent=np.full((3, 4), np.nan, "float32"))


@row(22)
def predict_nothing():
    assert make("gan").predict(np.zeros((0, 4))).shape == (0, 8, 8, 1)
    assert make("dcgan").predict(np.zeros((0, 4))).shape == (0, 8, 8, 1)
    assert make().predict(X[:0]).shape == (0, 8, 8, 1)


@row(22, ValueError, "argument `latent`", "shape (batch, 4)", "shape=(1, 5)")
def predict_nothing_of_a_wrong_shape():
    make("gan").predict(np.zeros((0, 5)))


@row(23)
def served_batches_of_any_size(served):
    for size in (0, 200_000):
        found = served["from_latent"](latent=np.zeros((size, 4), "float32"))["images"]
        assert found.shape == (size, 8, 8, 1) and found.dtype == "float32"


@row(24)
def a_wrong_request_leaves_the_others_alive(served):
    seed = np.array([[7, 0]], "int32")
    for bad in ({"seed": seed.astype("float32")}, {"seed": seed[0]}, {"sead": seed}):
        with pytest.raises(ValueError, match="Invalid"):
            served["generate"](**bad)
    assert len(in_threads(1, lambda i: served["generate"](seed=seed)["images"])) == 1


def in_threads(number, function):
    """Results of the function in threads of their own; one that hangs has none."""
    results = {}
    threads = [
        threading.Thread(target=lambda i=i: results.update({i: function(i)}), daemon=True)
        for i in range(number)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


@row(25)
def concurrent_calls(served):
    def ask(i):
        seed = np.array([[i, 0], [i, 1]], "int32")
        return [served["generate"](seed=seed)["images"] for _ in range(20)]

    answers = in_threads(8, ask)
    model = make()
    assert len(answers) == 8
    for i, pictures_of in answers.items():
        for found in pictures_of:
            np.testing.assert_allclose(found, model.generate(2, seed=i), atol=1e-6)


# Options.


@row(27, ValueError, "argument `optimizer`", "finite, positive learning rate", "learning_rate=nan")
def learning_rate_nan():
    kgen.VAE((8, 8, 1)).compile(keras.optimizers.Adam(float("nan")))


@row(27, ValueError, "argument `discriminator_optimizer`", "finite, positive", "learning_rate=-1.0")
def negative_learning_rate():
    kgen.GAN((8, 8, 1)).compile(discriminator_optimizer=keras.optimizers.SGD(-1.0))


@row(27, ValueError, "argument `learning_rate`", "finite, positive", "learning_rate=-0.1")
def negative_learning_rate_of_a_scheduler():
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch: -0.1)
    fit(X, build("gan"), callbacks=[scheduler])


@row(28, TypeError, "VAE has no argument `latent_dm`", "Did you mean `latent_dim`?")
def a_misspelt_argument():
    kgen.VAE(latent_dm=3)


@row(28, ValueError, "argument `likelihood`", "'bernoulli'", "'bernouli'", "Did you mean `bernoulli`?")
def a_misspelt_choice():
    kgen.VAE(likelihood="bernouli")


@row(28)
def a_misspelt_model_on_the_command_line():
    assert main(["train", "dcgna"]) == 2


@row(29, ValueError, "You must call `compile()` before")
def fit_before_compile():
    kgen.VAE((8, 8, 1)).fit(X)


@row(29, ValueError, "You must call `compile()` before")
def evaluate_before_compile():
    kgen.VAE((8, 8, 1)).evaluate(X)


# States on disk.


@row(30, FileNotFoundError, "There is no run in", "absent", "first")
def a_missing_run(path):
    (path / "first").mkdir()
    (path / "first" / folder.OPTIONS).write_text("{}")
    folder.read_options(path / "absent")


@row(30, FileNotFoundError, "No SavedModel in", "absent")
def a_missing_saved_model(path):
    kgen.serving.load(path / "absent")


def two_states(path):
    for step in (5, 10):
        state.write(path, f"step-{step}", {"x": np.full(1000, step)}, {"step": step})
    return path / "step-10" / state.ARRAYS


def falls_back(path):
    with pytest.warns(UserWarning, match="step-10 is damaged: .* The previous one is used"):
        assert state.newest(path)[2] == {"step": 5}


@row(31)
def a_truncated_state(path):
    file = two_states(path)
    os.truncate(file, file.stat().st_size // 2)
    falls_back(path)


@row(32)
def a_changed_bit(path):
    file = two_states(path)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 16
    file.write_bytes(content)
    falls_back(path)


def keeping(path, **options):
    return [kgen.callbacks.TrainingState(path, every=5, **options)]


@row(33, ValueError, "differs from this run in: hidden_units.")
def another_architecture_on_resume(path):
    fit(X, callbacks=keeping(path))
    fit(X, build("vae", hidden_units=(16, 8)), callbacks=keeping(path))


@row(33, ValueError, "differs from this run in: ", "image_shape")
def another_size_on_resume(path):
    fit(X, callbacks=keeping(path))
    other = kgen.VAE((9, 9, 1), latent_dim=4, hidden_units=(16, 12))
    other.compile()
    fit(pictures(96, (9, 9, 1)), other, callbacks=keeping(path))


@row(34, ValueError, "differs from this run in: optimizers (reset_optimizer=True starts them anew).")
def another_optimizer_on_resume(path):
    fit(X, callbacks=keeping(path))
    fit(X, build("vae", {"optimizer": "sgd"}), callbacks=keeping(path))


@row(34)
def another_optimizer_that_starts_anew(path):
    fit(X, callbacks=keeping(path))
    model = build("vae", {"optimizer": "sgd"})
    fit(X, model, callbacks=keeping(path, reset_optimizer=True), epochs=2)
    assert int(model.step) == 2 * STEPS and int(model.optimizer.iterations) == STEPS


KILLED = """
import importlib.util, os, pathlib, signal, sys
import numpy as np
spec = importlib.util.spec_from_file_location("state", sys.argv[1])
state = importlib.util.module_from_spec(spec)
spec.loader.exec_module(state)
state.write(pathlib.Path(sys.argv[2]), "step-1", {"x": np.arange(10)}, {"step": 1})
setattr(state, sys.argv[3], lambda *args: os.kill(os.getpid(), signal.SIGKILL))
state.write(pathlib.Path(sys.argv[2]), "step-2", {"x": np.arange(20)}, {"step": 2})
"""


@row(35)
def killed_during_a_save(path):
    """Before the manifest, before the rename, after it; test_resume.py kills whole training runs there."""
    for stage, left in {"_write_text": 1, "_publish": 1, "sync_folder": 1}.items():
        command = [sys.executable, "-c", KILLED, state.__file__, str(path / stage), stage]
        assert subprocess.run(command, timeout=60).returncode == -signal.SIGKILL
        assert state.newest(path / stage)[2]["step"] >= left


class At(keras.callbacks.Callback):
    """Calls a function as a step begins."""

    def __init__(self, at, function):
        super().__init__()
        self.at, self.function = at, function

    def on_train_batch_begin(self, batch, logs=None):
        if int(self.model.step) == self.at:
            self.function()


def broken(path, function, error):
    with pytest.raises(error) as caught:
        fit(X, callbacks=[*keeping(path), At(8, function)], epochs=2)
    return caught.value


def goes_on_exactly(path):
    expected = values(fit(X, epochs=2))
    return equal(values(fit(X, callbacks=keeping(path), epochs=2)), expected)


def pull():
    raise ConnectionAbortedError


@row(36)
def broken_off_in_an_epoch(path):
    """Without a chance to save; test_resume.py does it with kill -9."""
    broken(path, pull, ConnectionAbortedError)
    assert state.newest(path)[2]["step"] == 5 and goes_on_exactly(path)


@row(37)
def told_to_end(path):
    error = broken(path, lambda: signal.raise_signal(signal.SIGTERM), SystemExit)
    assert error.code == 143 and state.newest(path)[2]["step"] == 9 and goes_on_exactly(path)


def full(*args, **kwargs):
    raise OSError(28, "No space left on device")


@row(38)
def a_full_disk(path):
    with pytest.MonkeyPatch.context() as patch:
        fill = At(8, lambda: patch.setattr(np, "savez", full))
        assert int(fit(X, callbacks=[*keeping(path), fill]).step) == STEPS
    assert state.newest(path)[2]["step"] == 5


@row(38, OSError, "No space left on device")
def a_full_disk_that_stops_the_run(path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(np, "savez", full)
        fit(X, callbacks=keeping(path, on_error="stop"))


@row(39)
def a_folder_that_cannot_be_made(path):
    """Refused before the first step."""
    (path / "file").write_text("in the way")
    model = make()
    for callback in (keeping(path / "file")[0], kgen.callbacks.Samples(path / "file")):
        with pytest.raises(OSError, match=re.escape(str(path / "file"))):
            fit(X, model, callbacks=[callback])
    with pytest.raises(ValueError, match="argument `path`. Expected a folder"):
        kgen.export(model, path / "file")
    assert int(model.step) == 0


@row(39)
def a_missing_folder_is_made(path):
    fit(X, callbacks=keeping(path / "a" / "b"))
    assert state.newest(path / "a" / "b")[2]["step"] == STEPS


@pytest.mark.parametrize("function, error, fragments", TABLE)
def test_bad_input(function, error, fragments, tmp_path, served):
    needed = {"path": tmp_path, "served": served}
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    arguments = [needed[name] for name in names]
    if error is None:
        return function(*arguments)
    with pytest.raises(error) as caught:
        function(*arguments)
    for fragment in fragments:
        assert fragment in str(caught.value)


def test_every_number_has_a_row():
    numbers = {int(parameter.id.split("-")[0]) for parameter in TABLE}
    assert numbers == set(range(1, 40)) - {26}
