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


# Few labels.


@pytest.mark.slow
def test_few_labels_are_trained_on_judged_and_resumed(tmp_path, capsys):
    run = tmp_path / "run"
    words = [
        "train",
        "semi_supervised_gan",
        "--data",
        "few_labels:20:digits",
        "--seed",
        "3",
        "--out",
        str(run),
    ]
    assert main([*words, *TINY, "hidden_units=8", "generator_units=8", "latent_dim=4"]) == 0
    about = json.loads((run / "options.json").read_text())["data_set"]
    known = kgen.datasets.load("few_labels:20:digits", seed=3)[1]
    assert (about["name"], about["fingerprint"]) == ("few_labels:20:digits", known.fingerprint)
    assert main([*words, "--resume", "--epochs", "2"]) == 0
    capsys.readouterr()
    words = ["evaluate", str(run), "--json", "--num-samples", "90", "--metrics", "frechet_distance"]
    assert main(words) == 0
    report = json.loads(capsys.readouterr().out)
    x, y = next(iter(kgen.datasets.load("digits", "test", 90, labels=True)[0]))
    right = building.load_run(run)[0].classify(x.numpy()).argmax(axis=1) == y.numpy()
    assert report["terms"]["accuracy"] == pytest.approx(right.mean())
    assert report["distances"]["extractor"]["name"] == "kgen-digits-v1"


@pytest.mark.parametrize("model", ["gan", "conditional_gan", "acgan", "cyclegan", "lstm"])
def test_models_that_do_not_learn_from_few_labels_refuse_them(model, tmp_path, line):
    said = line("train", model, "--data", "few_labels:20:digits", "--out", tmp_path / "run")
    assert f"all labels are there: {model} does not learn from few" in said


def test_a_number_of_labels_that_does_not_fit_is_refused(tmp_path, line):
    words = ["--data", "few_labels:25:digits", "--out", tmp_path / "run"]
    assert "a multiple of 10" in line("train", "semi_supervised_gan", *words)
    assert not (tmp_path / "run").exists()
