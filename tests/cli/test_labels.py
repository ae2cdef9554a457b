"""Models that are told the class of each sample, by the command line."""

import json

import numpy as np
import pytest
from PIL import Image

import kgen
from kgen.cli import building, main

TINY = ["--epochs", "1", "--steps", "4", "--metrics", "none", "--no-jit", "--set"]
NETWORKS = ["network=dense", "hidden_units=8", "latent_dim=4"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labelled") / "run"
    assert main(["train", "conditional_gan", "--out", str(folder), *TINY, *NETWORKS]) == 0
    return folder


def sheet(file, model, labels, columns):
    """Whether a file shows these labels' samples of seed 0."""
    expected = kgen.pictures.grid(model.generate(len(labels), seed=0, labels=labels), columns)[..., 0]
    found = np.asarray(Image.open(file), int)
    factor = len(found) // len(expected)
    return np.abs(found[::factor, ::factor] - expected).max() <= 1


def test_the_classes_are_those_of_the_data(run):
    assert json.loads((run / "options.json").read_text())["arguments"]["num_classes"] == 10
    assert building.load_run(run)[0].num_classes == 10
    assert (run / "samples" / "epoch-001.png").is_file()


def test_samples_of_one_class_and_of_several(run, tmp_path):
    model, out = building.load_run(run)[0], str(tmp_path / "a.png")
    assert main(["sample", str(run), "--num-samples", "4", "--labels", "3", "--out", out]) == 0
    assert sheet(out, model, [3] * 4, 2) and not sheet(out, model, [4] * 4, 2)
    assert main(["sample", str(run), "--num-samples", "7", "--labels", "0,9,2", "--out", out]) == 0
    assert sheet(out, model, [0, 0, 9, 9, 2, 2], 2)
    assert main(["sample", str(run), "--num-samples", "7", "--out", out]) == 0


def test_a_saved_model_needs_to_be_told(run, tmp_path, line):
    saved, out = tmp_path / "saved", tmp_path / "a.png"
    assert main(["export", str(run), "--out", str(saved)]) == 0
    assert "--labels" in line("sample", saved, "--trust", "--out", out)
    assert main(["sample", str(saved), "--trust", "--labels", "1,2", "--out", str(out)]) == 0
    assert sheet(out, building.load_run(run)[0], [1] * 8 + [2] * 8, 8)


def test_a_run_is_evaluated_and_resumed(run, capsys):
    assert main(["evaluate", str(run), "--json"]) == 0
    terms = json.loads(capsys.readouterr().out)["terms"]
    assert {"real_loss", "fake_loss"} <= set(terms) and np.isfinite(list(terms.values())).all()
    assert main(["train", "conditional_gan", "--out", str(run), "--resume", "--epochs", "2"]) == 0


def test_bad_labels(run, runs, tmp_path, line):
    assert "0..9" in line("sample", run, "--labels", "10", "--out", tmp_path / "a.png")
    assert "three" in line("sample", run, "--labels", "three", "--out", tmp_path / "a.png")
    assert "no classes" in line("sample", runs / "gan", "--labels", "1", "--out", tmp_path / "a.png")


def test_data_without_labels_are_refused(tmp_path, line):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 1)).astype("uint8")
    np.savez(tmp_path / "plain.npz", x=pixels)
    words = ["--data", tmp_path / "plain.npz", "--out", tmp_path / "run"]
    assert "data with labels, which acgan needs" in line("train", "acgan", *words)
    assert not (tmp_path / "run").exists()
