"""The callback that lets one watch clips while a model trains."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import kgen
from kgen import pictures
from tests.contract.table import clips


def trained(folder, epochs=2):
    model = kgen.VideoGAN((4, 8, 8, 1), content_dim=3, motion_dim=2, width=2)
    model.compile(jit_compile=False)
    callback = kgen.callbacks.ClipSamples(folder / "samples", num_samples=3, seed=7, log_dir=folder / "logs")
    model.fit(clips(16, (4, 8, 8, 1), 0), batch_size=8, epochs=epochs, verbose=0, callbacks=[callback])
    return model


def test_every_epoch_moves_and_has_a_strip(tmp_path):
    model = trained(tmp_path)
    names = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert names == [f"epoch-00{n}.{end}" for n in range(3) for end in ("gif", "png")]
    known = model.generate(3, seed=7)
    strip, seen = pictures.strip(known), pictures.read_png(tmp_path / "samples" / "epoch-002.png")
    step = seen.shape[0] // strip.shape[0]
    np.testing.assert_array_equal(seen[::step, ::step], strip)
    with Image.open(tmp_path / "samples" / "epoch-002.gif") as moving:
        assert moving.n_frames == 4 and moving.info["loop"] == 0 and moving.info["duration"] == 100
    logged = [
        event.step
        for path in (tmp_path / "logs").glob("events*")
        for event in tf.compat.v1.train.summary_iterator(str(path))
        for value in event.summary.value
        if value.metadata.plugin_data.plugin_name == "images"
    ]
    assert logged == [0, 1, 2]
    before = (tmp_path / "samples" / "epoch-000.gif").read_bytes()
    trained(tmp_path, epochs=1)
    assert (tmp_path / "samples" / "epoch-000.gif").read_bytes() == before


def test_a_bad_number_is_named(tmp_path):
    with pytest.raises(ValueError, match="argument `num_samples`"):
        kgen.callbacks.ClipSamples(tmp_path, num_samples=0)
