"""The callback that lets one hear a training."""

import numpy as np
import pytest
import tensorflow as tf

import kgen
from kgen import pictures, sounds
from tests.contract.table import waves


def trained(folder, epochs=2, **options):
    model = kgen.WaveGAN(slice_length=64, sample_rate=4000, latent_dim=4, width=2, **options)
    model.compile(jit_compile=False)
    y = np.arange(16) % 3 if options else None
    callback = kgen.callbacks.SoundSamples(folder / "samples", num_samples=3, seed=7, log_dir=folder / "logs")
    model.fit(waves(16, (64,), 0), y, batch_size=8, epochs=epochs, verbose=0, callbacks=[callback])
    return model


def test_every_epoch_has_a_wav_and_a_picture(tmp_path):
    model = trained(tmp_path)
    names = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert names == [f"epoch-00{n}.{end}" for n in range(3) for end in ("png", "wav")]
    heard, rate = sounds.read_wav(tmp_path / "samples" / "epoch-002.wav")
    assert rate == 4000 and len(heard) == 3 * (64 + 500)
    known = model.generate(3, seed=7)
    np.testing.assert_allclose(heard[:, 0].reshape(3, -1)[:, :64], known, atol=2e-5)
    seen = pictures.read_png(tmp_path / "samples" / "epoch-002.png")
    small = sounds.sheet(known, 4000)
    assert seen.shape[0] % small.shape[0] == 0
    np.testing.assert_array_equal(
        seen[:: seen.shape[0] // small.shape[0], :: seen.shape[1] // small.shape[1]], small
    )


def test_tensorboard_gets_audio(tmp_path):
    trained(tmp_path)
    found = []
    for path in (tmp_path / "logs").glob("events*"):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                found.append((event.step, value.metadata.plugin_data.plugin_name, value.tensor.string_val))
    heard = [(step, len(data)) for step, kind, data in found if kind == "audio"]
    assert [step for step, _ in heard] == [0, 1, 2]
    assert all(data[0].startswith(b"RIFF") for _, kind, data in found if kind == "audio")
    assert sum(kind == "images" for _, kind, _ in found) == 3


def test_a_run_that_goes_on_keeps_its_beginning(tmp_path):
    trained(tmp_path, epochs=1)
    before = (tmp_path / "samples" / "epoch-000.wav").read_bytes()
    trained(tmp_path, epochs=1, num_classes=3)
    assert (tmp_path / "samples" / "epoch-000.wav").read_bytes() == before


def test_a_bad_number_is_named(tmp_path):
    with pytest.raises(ValueError, match="argument `num_samples`"):
        kgen.callbacks.SoundSamples(tmp_path, num_samples=0)
