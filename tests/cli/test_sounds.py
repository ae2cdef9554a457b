"""`kgen train wavegan` on wav files, and what its run writes."""

import json

import numpy as np
import pytest

import kgen
from kgen.cli import compare, evaluate, main
from kgen.cli.cards import measured
from tests.contract.table import waves

WORDS = ["--epochs", "2", "--steps", "4", "--batch-size", "4", "--slice-length", "64", "--no-jit"]
SET = ["--set", "width=2", "latent_dim=4", "discriminator_steps=2"]


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """Folder with wav files in classes and splits, and the folder of a finished run that is told the classes."""
    folder = tmp_path_factory.mktemp("sounds")
    for place, wave in enumerate(waves(24, (70,), 0)):
        split = (
            folder / "wavs" / ("test" if place % 4 == 0 else "train") / "ab"[place % 2 if place % 4 else 0]
        )
        split.mkdir(parents=True, exist_ok=True)
        kgen.sounds.write_wav(split / f"{place}.wav", wave, 16000)
    words = ["train", "wavegan", "--data", folder / "wavs", "--out", folder / "run", "--sample-rate", "8000"]
    assert main(list(map(str, [*words, *WORDS, *SET, "num_classes=2"]))) == 0
    return folder


def test_a_run_keeps_what_sounds_are(sounds):
    options = json.loads((sounds / "run" / "options.json").read_text())
    assert (options["slice_length"], options["sample_rate"]) == (64, 8000)
    assert options["arguments"]["slice_length"] == 64 and options["arguments"]["sample_rate"] == 8000
    about = options["data_set"]
    assert (about["shape"], about["sample_rate"], about["num_examples"]) == ([64, 1], 8000, 18)
    names = sorted(path.name for path in (sounds / "run" / "samples").iterdir())
    assert names == [f"epoch-00{n}.{end}" for n in range(3) for end in ("png", "wav")]
    header = (sounds / "run" / "history.csv").read_text().splitlines()[0]
    assert "val_wasserstein_estimate" in header


def test_samples_are_wav_files_in_a_new_folder(sounds, line, capsys):
    out = sounds / "made"
    words = ["sample", sounds / "run", "--out", out, "--labels", "0,1", "--num-samples", "4", "--seed", "5"]
    assert main(list(map(str, words))) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert sorted(path.name for path in out.iterdir()) == [*(f"00{n}.wav" for n in range(4)), "sheet.png"]
    model = kgen.cli.building.load_run(sounds / "run")[0]
    wanted = model.generate(4, seed=5, labels=[0, 0, 1, 1])
    for number in range(4):
        assert (out / f"00{number}.wav").read_bytes() == kgen.sounds.wav_bytes(wanted[number], 8000)
    assert "exists" in line("sample", sounds / "run", "--out", out)
    assert "is for text" in line("sample", sounds / "run", "--prompt", "a")


def test_an_exported_model_writes_the_same_files(sounds, capsys):
    saved, out = sounds / "saved", sounds / "served"
    assert main(["export", str(sounds / "run"), "--out", str(saved), "--check"]) == 0
    capsys.readouterr()
    words = ["sample", saved, "--trust", "--out", out, "--labels", "1", "--num-samples", "3"]
    assert main(list(map(str, words))) == 0
    assert sorted(path.name for path in out.iterdir()) == ["000.wav", "001.wav", "002.wav"]
    own = kgen.cli.building.load_run(sounds / "run")[0].generate(3, seed=0, labels=1)
    for number in range(3):
        heard, rate = kgen.sounds.read_wav(out / f"00{number}.wav")
        np.testing.assert_allclose(heard[:, 0], own[number], atol=4e-5)
        assert rate == 8000


def test_a_run_is_judged_and_goes_on(sounds, capsys):
    assert main(["evaluate", str(sounds / "run"), "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["split"] == "test" and values["num_pictures"] == 6
    assert {"wasserstein_estimate", "penalty"} <= set(values["terms"])
    found = values["sounds"]
    assert found["score_ratio"]["floor"] == 1 and found["distance_to_train"]["value"] > 0
    assert found["frechet_distance"]["value"] > 0 and found["frechet_distance"]["floor"] > 0
    assert 0 <= found["classifier_accuracy"] <= 1
    told = evaluate.table(values)
    assert "6 sounds of test" in told and "noise of the mean spectrum: " in told
    assert f"right about {found['classifier_accuracy']:.1%} of held-out sounds" in told
    rows = {row.name: row for row in measured.rows(values)}
    assert rows["classifier_score"].of == "real sounds" and rows["classifier_accuracy"].of == ""
    noise = found["frechet_distance"]["random_phase"]
    assert f"`frechet_distance` {noise:.4g}" in measured.of_noise(values)
    assert compare.numbers(values)["frechet_distance"] == found["frechet_distance"]
    assert main(["train", "wavegan", "--out", str(sounds / "run"), "--resume", "--epochs", "3"]) == 0
    assert (sounds / "run" / "samples" / "epoch-003.wav").is_file()


def test_changed_sounds_are_noticed(sounds, line, tmp_path):
    kgen.sounds.write_wav(tmp_path / "a.wav", waves(1, (64,), 1)[0], 8000)
    kgen.sounds.write_wav(tmp_path / "b.wav", waves(1, (64,), 2)[0], 8000)
    words = ["train", "wavegan", "--data", tmp_path, "--out", tmp_path / "run", "--slice-length", "64"]
    assert main(list(map(str, [*words, "--epochs", "1", "--batch-size", "2", "--no-jit", *SET]))) == 0
    kgen.sounds.write_wav(tmp_path / "b.wav", waves(1, (64,), 3)[0], 8000)
    assert "have changed" in line("train", "wavegan", "--out", tmp_path / "run", "--resume", "--epochs", "2")


def test_bad_words_are_named_in_one_line(sounds, line, tmp_path):
    wavs, out = sounds / "wavs", tmp_path / "run"

    def refused(*words):
        return line("train", "wavegan", "--data", wavs, "--out", out, "--batch-size", "4", *words)

    assert "slice_length" in refused("--slice-length", "100")
    assert "sample_rate" in refused("--sample-rate", "3")
    assert "--slice-length" in refused("--set", "slice_length=64")
    assert "num_classes" in refused("--slice-length", "64", "--set", "num_classes=3")
    assert "--image-size is for pictures" in refused("--image-size", "8")
    assert "--metrics" in refused("--metrics", "frechet_distance")
    assert "--level is for text" in refused("--level", "word")
    (tmp_path / "none").mkdir()
    assert "There is no sound" in line("train", "wavegan", "--data", tmp_path / "none", "--out", out)
    assert "--slice-length is for sounds" in line("train", "gan", "--slice-length", "64", "--out", out)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.wav").write_bytes(b"")
    assert "it is empty" in line("train", "wavegan", "--data", tmp_path / "bad", "--out", out)
    assert not out.exists()
