"""The command that repeats a run has the run's options."""

import json
import shlex

import numpy as np
import pytest
from PIL import Image

from kgen.cli import main
from kgen.cli import train as verb
from kgen.cli.cards import repeating
from kgen.models import MODELS
from tests.cli.toy import SETTINGS

DENSE = ["network=dense", "hidden_units=8", "latent_dim=4"]
CYCLE = SETTINGS["cyclegan"]
TEXT = ["--data", "poem.txt", "--batch-size", "4"]
CASES = {
    "defaults": ["gan"],
    "gan": [
        *("gan", "--steps", "50", "--epochs", "4", "--seed", "3", "--watch", "warn", "--no-jit", "--set"),
        *("hidden_units=16", "generator_optimizer=adam", "generator_clipnorm=1.0", "augment=color,cutout"),
    ],
    "steps": ["gan", "--steps", "50", "--batch-size", "64", "--data", "ring", "--metrics", "none"],
    "vae": ["vae", "--epochs", "3", "--jit", "--image-size", "16", "--set", "optimizer=sgd", "momentum=0.9"],
    "wgan": [
        *("wgan", "--set", *DENSE[1:], "discriminator_learning_rate=1e-4"),
        *("generator_optimizer=rmsprop", "generator_momentum=0.5"),
    ],
    "acgan": ["acgan", "--precision", "mixed_bfloat16", "--set", *DENSE, "discriminator_beta_1=0.25"],
    "stacked": ["dcgan", "--data", "stacked:digits", "--metrics", "frechet_distance", "--set", "width=2"],
    "cyclegan": ["cyclegan", "--epochs", "4", "--decay-epochs", "1", "--set", *CYCLE],
    "weights": ["cyclegan", "--data", "digits_pair:edges", "--augment", "flip", "--set", *CYCLE],
    "photographs": ["cyclegan", "--data-a", "a", "--data-b", "b", "--image-size", "16", "--set", *CYCLE],
    "lstm": ["lstm", *TEXT, "--sequence-length", "9", "--set", *SETTINGS["lstm"], "global_clipnorm=2.0"],
    "words": ["convnet", *TEXT, "--level", "word", "--sentences", "--vocabulary-size", "9"],
    "seqgan": ["seqgan", *TEXT, "--sentences", "--pretrain-epochs", "3", "--set", *SETTINGS["seqgan"]],
    "authors": ["seqgan", *TEXT, "--set", *SETTINGS["seqgan"], "discriminator_steps=4680"],  # Not suited.
}


@pytest.fixture
def options(tmp_path, monkeypatch):
    """Function from the words of `kgen train` to the options that a run would store."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "poem.txt").write_text("to be or not to be that is\n" * 40)
    for name in "ab":
        (tmp_path / name).mkdir()
        for number in range(3):
            Image.fromarray(np.full([20, 20, 3], number, "uint8")).save(tmp_path / name / f"{number}.png")
    plans = []
    monkeypatch.setattr(verb, "told", lambda plan: plans.append(plan) or "")

    def found(words):
        assert main(["train", *words, "--dry-run"]) == 0
        return json.loads(json.dumps(plans.pop().options))

    return found


@pytest.mark.parametrize("words", CASES.values(), ids=CASES)
def test_the_options_are_the_same_again(options, words):
    expected = options(words)
    line = repeating.command(expected)
    kgen, train, *again = shlex.split(line)
    assert (kgen, train) == ("kgen", "train") and options(again) == expected


def test_only_what_differs_is_said(options):
    assert repeating.command(options(["gan"])) == "kgen train gan"
    line = "kgen train dcgan --seed 7 --set width=2 generator_learning_rate=0.0005"
    assert repeating.command(options(line.split()[2:])) == line
    line = "kgen train wgan --set hidden_units=8, discriminator_learning_rate=0.0001"
    assert repeating.command(options(line.split()[2:])) == line
    line = "kgen train cyclegan --set residual_blocks=0 width=2 pool_size=3"  # The data suggest one layer.
    assert repeating.command(options(line.split()[2:])) == line


def test_epochs_that_have_grown_keep_their_length(options):
    stored = options(["gan", "--steps", "22", "--epochs", "4"])
    longer = options(shlex.split(repeating.command({**stored, "epochs": 6}))[2:])
    assert (longer["epochs"], longer["steps_per_epoch"]) == (6, 5)


def test_folders_stay_private(options, tmp_path):
    line = repeating.command(options(["lstm", *TEXT, "--set", *SETTINGS["lstm"]]))
    assert str(tmp_path) not in line and " poem.txt " in line
    assert repeating.shown("digits_pair:colour:/a/b:c/d.npz") == "digits_pair:colour:d.npz"
    assert repeating.shown("few_labels:100:mnist") == "few_labels:100:mnist"


@pytest.mark.parametrize("model", MODELS)
def test_a_class_knows_its_paper_without_a_model_of_it(model):
    from kgen.cli.building import described
    from kgen.cli.settings import optimizer_slots

    for slot in optimizer_slots(model):
        assert described(repeating._recipe(model, slot))["learning_rate"] > 0
