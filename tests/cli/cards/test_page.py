"""Model cards: what a run's folder and its evaluation say, and nothing else."""

import io
import json
import re

import numpy as np
from PIL import Image

import kgen
from kgen.cli import building, evaluate
from kgen.cli.cards import measured, page, repeating, specimen, usage


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)))


def section(text, title):
    """The lines under a heading."""
    return text.split(f"## {title}\n")[1].split("\n## ")[0]


def test_a_card_of_pictures_says_what_the_run_and_its_evaluation_say(runs):
    options = json.loads((runs / "gan" / "options.json").read_text())
    evidence, values = evaluate.judge(runs / "gan", page.MEASURES)
    files = page.files("digits_gan", evidence.model, options, values)
    text = files["README.md"].decode()
    assert text.startswith("# digits_gan\n\n`kgen.GAN`: ") and "arXiv 1406.2661" in text.splitlines()[2]
    assert "1,437 of 8 x 8 x 1" in section(text, "Data") and "CC BY 4.0" in section(text, "Data")
    training = section(text, "Training")
    assert repeating.command(options) in training and "seed: 3" in training and "steps: 22" in training
    assert f"kgen {kgen.__version__}" in training
    found = section(text, "What it reaches")
    distance = values["distances"]["frechet_distance"]
    row = f"| `frechet_distance` | {distance['value']:.4g} | {distance['floor']:.4g} | real against real |"
    assert row in found and all(f"| `{name}` |" in found for name in values["terms"])
    assert "over 360 examples of the split `test`" in found and "kgen-digits-v1" in found
    assert "published FIDs" in section(text, "Limits") and "8 x 8 x 1" in section(text, "Limits")
    assert "| `generate` | `seed`: int32 [n, 2] | `images`: float32 [n, 8, 8, 1] |" in text
    assert "--num-samples 64\n" in section(text, "Use") and str(runs) not in text
    expected = kgen.pictures.grid(building.load_run(runs / "gan")[0].generate(64, seed=0))[..., 0]
    drawn = pixels(files["samples.png"])
    factor = len(drawn) // len(expected)
    np.testing.assert_array_equal(drawn[::factor, ::factor], expected)


def test_a_model_with_classes_has_a_row_for_each():
    model = kgen.ConditionalGAN((8, 8, 1), num_classes=3, network="dense", hidden_units=(4,), latent_dim=2)
    shown = specimen.picture(model, {"data": "digits"})
    labels = np.repeat(range(3), 21)
    np.testing.assert_array_equal(shown, kgen.pictures.grid(model.generate(63, seed=0, labels=labels), 21))
    assert specimen.caption(model) == "63 samples of seed 0, a row for each class."
    lines = usage.commands("three", model, kgen.serving.endpoints(model))
    assert "kgen sample saved_models/three --num-samples 63 --labels 0,1,2" in lines
    assert 'kgen.serving.load("saved_models/three")["generate"](seed=[[0, 0], [0, 1]], label=[0, 1])' in lines


def test_points_are_drawn_over_those_of_the_mixture():
    model = kgen.GAN((2,), latent_dim=2, hidden_units=(4,))
    options = {"model": "gan", "data": "ring", "data_b": None, "batch_size": 64, "seed": 0, "on_bad": "error"}
    real = kgen.cli.data.some_points(options)
    expected = kgen.pictures.scatter(model.generate(64, seed=0), real)
    np.testing.assert_array_equal(specimen.picture(model, options), expected)


def test_every_number_stands_beside_its_floor():
    spaces = {"pixels": {"share_within_closest_real": 0.01}, "features": None, "num_held_out": 99}
    values = {
        "terms": {"loss": 1.0},
        "modes": {"samples": {"modes": 7}, "real": {"modes": 8}},
        "class_balance": {"entropy": 1.5, "max_entropy": 2.3},
        "memorization": spaces,
        "verdict": {"real_accuracy": 0.9, "fake_accuracy": 0.8, "error": 0.1},
        "truth": {"psnr_ab": {"value": 9.0, "shuffled": 7.0}},
    }
    found = {row.name: tuple(row[1:3]) for row in measured.rows(values)}
    assert found == {
        "loss": (1.0, None),
        "modes": (7, 8),
        "psnr_ab": (9.0, 7.0),
        "class_entropy": (1.5, 2.3),
        "memorization_in_pixels": (0.01, 0.01),
        "verdict_on_real": (0.9, 0.5),
        "verdict_on_generated": (0.8, 0.5),
        "calibration_error": (0.1, 0.0),
    }


def test_licences_are_found_behind_prefixes():
    for source in (
        "mnist",
        "mnist:3.0.1",
        "stacked:mnist",
        "moving:mnist",
        "digits_pair:edges:mnist",
        "few_labels:100:mnist",
    ):
        assert "BY-SA 3.0" in page.licence(source)
    assert "UCI" in page.licence("digits") and "UCI" in page.licence("digits_pair:colour")
    for source in ("/data/mnist", "stacked:/data/mnist", "oracle:/a/digits.npz", "fashion_mnist"):
        assert page.licence(source) == "see the data set's own page"


def test_a_fence_is_longer_than_those_within():
    first, *inner, last = usage.fenced("a\n````\nb")
    assert first == last == "`````" and inner == ["a", "````", "b"]
    assert not re.search("`{6}", first)
