"""The callback that shows what several kinds of data become."""

import csv

import numpy as np
import pytest
import tensorflow as tf

import kgen
from kgen import pictures, sounds

FORMS = {
    "picture": ("picture", 8, 8, 1),
    "deep": ("picture", 8, 8, 2),
    "sound": ("sound", 64, 4000),
    "label": ("label", 3),
    "place": ("vector", 2),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Folder with the samples of two epochs, and their model."""
    folder, draw = tmp_path_factory.mktemp("joint"), np.random.default_rng(0)
    x = {
        "picture": draw.integers(0, 256, (8, 8, 8, 1), np.uint8),
        "deep": draw.integers(0, 256, (8, 8, 8, 2), np.uint8),
        "sound": draw.uniform(-1, 1, (8, 64)).astype("float32"),
        "label": np.arange(8) % 3,
        "place": draw.normal(size=(8, 2)).astype("float32"),
    }
    model = kgen.JointGAN(FORMS, latent_dim=4, width=2, trunk_units=8)
    model.compile(jit_compile=False)
    callback = kgen.callbacks.JointSamples(folder / "samples", num_samples=3, seed=7, log_dir=folder / "logs")
    model.fit(x, batch_size=8, epochs=2, verbose=0, callbacks=[callback])
    return folder, model


def test_every_epoch_has_the_files_of_each_kind(trained):
    folder, model = trained
    names = sorted(path.name for path in (folder / "samples").iterdir())
    ends = (".csv", "-picture.png", "-sound.png", "-sound.wav")
    assert names == sorted(f"epoch-00{n}{end}" for n in range(3) for end in ends)
    known, last = model.generate(3, seed=7), folder / "samples" / "epoch-002"
    seen = pictures.read_png(f"{last}-picture.png")
    small = pictures.grid(known["picture"])
    step = seen.shape[0] // small.shape[0]
    np.testing.assert_array_equal(seen[::step, ::step], small)
    heard, rate = sounds.read_wav(f"{last}-sound.wav")
    assert rate == 4000
    np.testing.assert_allclose(heard[:, 0].reshape(3, -1)[:, :64], known["sound"], atol=2e-5)
    with open(f"{last}.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["label"]) for row in rows] == known["label"].tolist()
    found = [[float(row["place_0"]), float(row["place_1"])] for row in rows]
    np.testing.assert_array_equal(np.float32(found), known["place"])


def test_tensorboard_gets_pictures_and_sounds(trained):
    found = []
    for path in (trained[0] / "logs").glob("events*"):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            found += [(value.tag, value.metadata.plugin_data.plugin_name) for value in event.summary.value]
    for kind in (("picture", "images"), ("sound", "images"), ("sound", "audio")):
        assert found.count(kind) == 3


def test_a_run_that_goes_on_keeps_its_beginning(trained, tmp_path):
    _, model = trained
    (tmp_path / "epoch-000-picture.png").write_bytes(b"kept")
    callback = kgen.callbacks.JointSamples(tmp_path, num_samples=3)
    callback.set_model(model)
    callback.on_train_begin()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"kept"]


def test_a_bad_number_is_named(tmp_path):
    with pytest.raises(ValueError, match="argument `num_samples`"):
        kgen.callbacks.JointSamples(tmp_path, num_samples=0)
