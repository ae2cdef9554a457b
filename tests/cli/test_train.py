import json
import shutil
import time

import numpy as np
import pytest
from PIL import Image

import kgen
from kgen.cli import building, history, main, planning
from tests.cli.toy import SETTINGS, process, train


def test_a_run_writes_what_it_promises(runs):
    names = {path.name for path in (runs / "vae").iterdir()}
    assert names >= {"options.json", "history.csv", "model.keras", "samples", "logs", "state", "curves.png"}
    samples = {path.name for path in (runs / "vae" / "samples").iterdir()}
    assert samples == {"epoch-000.png", "epoch-001.png", "epoch-002.png", "training.gif"}
    assert list((runs / "vae" / "logs").rglob("events.*"))
    options = json.loads((runs / "vae" / "options.json").read_text())
    assert options["arguments"]["latent_dim"] == 4 and options["arguments"]["beta"] == 1.0
    assert options["versions"]["kgen"] == kgen.__version__ and len(options["data_set"]["fingerprint"]) == 64
    curves = history.curves(runs / "vae" / "history.csv")
    assert list(curves["val_frechet_distance"]) == [1, 2] and "kl_loss" in curves


def test_a_folder_that_holds_a_run_is_refused(runs, line):
    assert "--resume" in line("train", "vae", "--out", runs / "vae")


def test_a_dry_run_prints_the_plan_and_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "dcgan", "--dry-run", "--set", "width=4", "generator_learning_rate=3e-4"]) == 0
    out = capsys.readouterr().out
    assert (
        "into runs/dcgan-digits-0" in out and "20 epochs of 11 steps" in out and "learning_rate=0.0003" in out
    )
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    "epochs, steps, expected",
    [(None, None, (20, 11)), (3, None, (3, 11)), (None, 5, (1, 5)), (None, 33, (3, 11)), (4, 100, (4, 25))],
)
def test_length_of_a_run(epochs, steps, expected):
    assert tuple(planning._length(epochs, steps, 11).values()) == expected


def test_more_epochs_than_steps_are_refused():
    with pytest.raises(ValueError, match="each of the 4 epochs"):
        planning._length(4, 3, 11)


@pytest.mark.parametrize(
    "words, hints",
    [
        (["gan"], ["model was vae, now gan"]),
        (["vae", "--batch-size", "64"], ["--batch-size was 128, now 64"]),
        (["vae", "--data", "mnist", "--seed", "9"], ["--data was digits", "--seed was 0"]),
        (["vae", "--set", "latent_dim=5"], ["latent_dim was 4, now 5"]),
        (["vae", "--set", "optimizer=sgd"], ["optimizer: name was adam, now sgd", "--reset-optimizer"]),
        (["vae", "--epochs", "9", "--steps", "99"], ["not both"]),
        (["vae", "--steps", "3"], ["at least the 11 steps"]),
    ],
)
def test_resume_names_what_differs(runs, line, words, hints):
    found = line("train", *words, "--out", runs / "vae", "--resume")
    assert all(hint in found for hint in hints)


def test_resume_without_a_run(tmp_path, line):
    assert "There is no run in" in line("train", "vae", "--out", tmp_path / "new", "--resume")


def test_resume_goes_on_to_more_epochs_as_one_run_would(runs, tmp_path):
    run = shutil.copytree(runs / "vae", tmp_path / "vae")
    assert train("vae", run, "--resume", "--epochs", "3") == 0
    assert train("vae", tmp_path / "whole", "--epochs", "3") == 0
    (resumed, _, _), (whole, _, _) = building.load_run(run), building.load_run(tmp_path / "whole")
    for one, other in zip(resumed.weights, whole.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert (run / "history.csv").read_text() == (tmp_path / "whole" / "history.csv").read_text()


def test_reset_optimizer_takes_another_one(runs, tmp_path):
    run = shutil.copytree(runs / "vae", tmp_path / "vae")
    words = ["--resume", "--reset-optimizer", "--epochs", "3", "--set", "optimizer=sgd", "learning_rate=1e-3"]
    assert main(["train", "vae", "--out", str(run), *words]) == 0
    assert building.load_run(run)[1]["optimizers"]["optimizer"]["name"] == "sgd"


def test_data_that_have_changed_are_refused(tmp_path, line):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for i in range(8):
        Image.fromarray(np.full([16, 16], 30 * i, "uint8")).save(pictures / f"{i}.png")
    words = ["--data", str(pictures), "--image-size", "8", "--batch-size", "4", "--epochs", "1"]
    assert train("vae", tmp_path / "run", *words) == 0
    assert building.load_run(tmp_path / "run")[0].image_shape == (8, 8, 1)
    (pictures / "0.png").unlink()
    assert "num_examples was 8, now 7" in line("train", "vae", "--out", tmp_path / "run", "--resume")
    (pictures / "1.png").write_bytes(b"")
    assert "1.png" in line(
        "train", "vae", "--out", tmp_path / "other", "--data", pictures, "--batch-size", "4"
    )


def test_a_folder_that_cannot_be_made(tmp_path, line):
    (tmp_path / "file").write_text("")
    assert "file" in line("train", "vae", "--out", tmp_path / "file", "--set", *SETTINGS["vae"])
    assert "file" in line("train", "vae", "--out", tmp_path / "file" / "run", "--set", *SETTINGS["vae"])


def test_killed_and_resumed(runs, tmp_path):
    """kill -9 in mid-run from outside; the history has every epoch once, the weights those of a whole run."""
    run = tmp_path / "run"
    words = ["train", "vae", "--out", str(run), "--epochs", "400", "--no-jit", "--set", *SETTINGS["vae"]]
    with open(tmp_path / "log", "w") as log:
        training = process(*words, stdout=log, stderr=log)
        _wait_for_epoch(run, training, 4)
        training.kill()
        training.wait()
    done = len(history.read(run / "history.csv"))
    assert 4 <= done < 400 and not (run / "model.keras").exists()
    assert main(["train", "vae", "--out", str(run), "--resume", "--epochs", str(done + 2)]) == 0
    assert [int(row["epoch"]) for row in history.read(run / "history.csv")] == list(range(1, done + 3))
    first = history.curves(runs / "vae" / "history.csv")["loss"]
    assert {epoch: history.curves(run / "history.csv")["loss"][epoch] for epoch in first} == first


def _wait_for_epoch(run, training, epoch):
    deadline = time.monotonic() + 60
    while len(history.read(run / "history.csv")) < epoch:
        assert training.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)


def test_a_watched_run_logs_what_the_watchdog_sees(tmp_path):
    words = ["--watch", "warn", "--metrics", "precision,ms_ssim", "--epochs", "1", "--steps", "4"]
    assert train("gan", tmp_path / "gan", *words) == 0
    options = json.loads((tmp_path / "gan" / "options.json").read_text())
    assert options["watch"] == "warn" and options["arguments"]["diagnostics"] is True
    (row,) = history.read(tmp_path / "gan" / "history.csv")
    assert {"diversity", "gradient_norm_ratio", "val_precision", "val_ms_ssim"} <= set(row)
    assert 0 < float(row["diversity"]) < 10 and float(row["skipped_steps"]) == 0
