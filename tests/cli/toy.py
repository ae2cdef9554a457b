"""Toy models, and processes that run the command line."""

import os
import pathlib
import subprocess
import sys

import kgen
from kgen.cli import main

SETTINGS = {
    "vae": ["hidden_units=16,12", "latent_dim=4"],
    "gan": [
        "hidden_units=16,12",
        "latent_dim=4",
        "generator_optimizer=rmsprop",
        "discriminator_learning_rate=1e-3",
    ],
    "lstm": ["units=8", "embedding_dim=4", "num_layers=1"],
    "convnet": ["channels=4", "embedding_dim=4", "num_blocks=1"],
    "seqgan": [
        *("units=4", "embedding_dim=4", "discriminator_embedding_dim=4", "widths=1,2", "filters=2,2"),
        *("rollouts=2", "discriminator_steps=2"),
    ],
    "cyclegan": ["residual_blocks=0", "width=2", "discriminator_layers=1", "pool_size=3"],
}


def train(model, out, *words):
    """Exit code of `kgen train` with a toy model; XLA would only compile."""
    return main(["train", model, "--out", str(out), "--no-jit", "--set", *SETTINGS[model], *words])


def text_options(model, source):
    """Words of a tiny run on text: two epochs of two or three steps."""
    words = ["--data", str(source), "--epochs", "2", "--batch-size", "8"]
    if model != "seqgan":
        return [*words, "--sequence-length", "12"]
    stages = ["--pretrain-epochs", "2", "--pretrain-rounds", "1"]
    return [*words, "--sentences", "--level", "word", "--sequence-length", "7", *stages]


def process(*words, **kwargs):
    """`python -m kgen` as a process of its own, wherever it is started."""
    paths = [str(pathlib.Path(kgen.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    return subprocess.Popen([sys.executable, "-m", "kgen", *words], env=environment, text=True, **kwargs)
