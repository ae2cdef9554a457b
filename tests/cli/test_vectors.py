"""The verbs of the command line on vectors."""

import json

import numpy as np
import pytest

import kgen
from kgen.cli import building, data, history, main
from tests.cli.toy import train

SHORT = ("--data", "ring", "--batch-size", "500", "--epochs", "2", "--steps", "8")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Folder of a finished run of a toy GAN on the ring."""
    folder = tmp_path_factory.mktemp("runs") / "ring"
    assert train("gan", folder, *SHORT) == 0
    return folder


def test_a_scatter_plot_per_epoch_over_the_real_points(run):
    names = sorted(path.name for path in (run / "samples").iterdir())
    assert names == ["epoch-000.png", "epoch-001.png", "epoch-002.png", "training.gif"]
    model, options, _ = building.load_run(run)
    points = data.some_points(options)
    assert points.shape == (2500, 2)
    expected = kgen.pictures.scatter(model.generate(2500, seed=0), points)
    np.testing.assert_array_equal(kgen.pictures.read_png(run / "samples" / "epoch-002.png"), expected)


def test_modes_are_counted_after_every_epoch(run):
    rows = history.read(run / "history.csv")
    assert len(rows) == 2
    for row in rows:
        assert 0 <= float(row["val_modes_covered"]) <= 8 and 0 <= float(row["val_high_quality_share"]) <= 1
        assert "val_frechet_distance" not in row


def test_the_plan_speaks_of_vectors_and_no_metrics_may_be_wanted(tmp_path, capsys):
    assert train("gan", tmp_path / "a", *SHORT, "--metrics", "none", "--dry-run") == 0
    out = capsys.readouterr().out
    assert "vectors" in out and "100,000 of 2" in out


def test_a_run_goes_on(run, tmp_path):
    assert train("gan", tmp_path / "a", *SHORT[:4], "--epochs", "1", "--steps", "4") == 0
    words = ["train", "gan", "--out", str(tmp_path / "a"), "--resume", "--epochs", "2"]
    assert main(words) == 0
    found, expected = (building.load_run(path)[0].generate(9, seed=1) for path in (tmp_path / "a", run))
    np.testing.assert_array_equal(found, expected)


def test_evaluation_counts_modes_beside_those_of_real_points(run, capsys):
    capsys.readouterr()
    assert main(["evaluate", str(run), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["split"], result["num_pictures"], result["step"]) == ("test", 2500, 8)
    assert "distances" not in result and "discriminator_loss" in result["terms"]
    real, samples = result["modes"]["real"], result["modes"]["samples"]
    assert real["modes_covered"] == 8 and real["high_quality_share"] == pytest.approx(0.989, abs=0.008)
    last = history.read(run / "history.csv")[-1]
    assert set(samples) == set(real) and float(last["val_high_quality_share"]) <= 1
    assert main(["evaluate", str(run)]) == 0
    assert "2500 vectors of test" in (out := capsys.readouterr().out) and "modes_covered" in out
    assert main(["evaluate", str(run), "--data", "grid"]) == 0
    assert "real points: 25\n" in capsys.readouterr().out


def test_samples_are_a_picture_and_numbers(run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert main(["sample", str(run), "--num-samples", "300", "--seed", "7"]) == 0
    assert capsys.readouterr().out.split() == ["scatter.png", "samples.npy"]
    model, options, _ = building.load_run(run)
    samples = np.load("samples.npy")
    np.testing.assert_array_equal(samples, model.generate(300, seed=7))
    expected = kgen.pictures.scatter(samples, data.some_points(options))
    np.testing.assert_array_equal(kgen.pictures.read_png("scatter.png"), expected)
    assert main(["sample", str(run), "--num-samples", "9", "--out", "mine.png"]) == 0
    assert capsys.readouterr().out.split() == ["mine.png", "mine.npy"]


def test_samples_of_a_saved_model(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(run), "--out", "saved"]) == 0
    assert main(["sample", "saved", "--trust", "--num-samples", "9"]) == 0
    model = building.load_run(run)[0]
    np.testing.assert_allclose(np.load("samples.npy"), model.generate(9, seed=0), atol=1e-6)


def test_vectors_of_a_file(tmp_path, capsys):
    points = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
    np.savez(tmp_path / "points.npz", x=points)
    words = ("--data", str(tmp_path / "points.npz"), "--batch-size", "16", "--epochs", "1")
    assert train("gan", tmp_path / "a", *words) == 0
    assert building.load_run(tmp_path / "a")[0].image_shape == (3,)
    capsys.readouterr()
    assert main(["evaluate", str(tmp_path / "a"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert "modes" not in result and "distances" not in result and result["num_pictures"] == 64


@pytest.mark.parametrize(
    "words, hint",
    [
        (["gan", "--data", "ring", "--image-size", "8"], "no size for vectors"),
        (["gan", "--data", "rign"], "ring"),
        (["dcgan", "--data", "ring"], "image_shape"),
    ],
)
def test_what_makes_no_sense_ends_in_one_line(line, tmp_path, words, hint):
    assert hint in line("train", *words, "--out", tmp_path / "a", "--dry-run")


def test_numbers_alone_cannot_be_drawn(line, tmp_path):
    np.savez(tmp_path / "one.npz", x=np.zeros([64, 1], "float32"))
    words = ("train", "gan", "--data", tmp_path / "one.npz", "--batch-size", "16", "--dry-run")
    assert "two numbers" in line(*words)


def test_the_list_of_data_sets_has_both(capsys):
    assert main(["datasets"]) == 0
    rows = {row.split()[0]: row.split()[1] for row in capsys.readouterr().out.splitlines()}
    assert rows["ring"] == rows["grid"] == "yes"


def test_there_is_nothing_to_prepare(line):
    assert "computed" in line("datasets", "prepare", "ring")
