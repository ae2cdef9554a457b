"""kgen's DCGAN against the TensorFlow tutorial's DCGAN on MNIST: the same minutes of wall time each, in turn.

    python benchmarks/dcgan_mnist.py [--minutes 20] [--samples 10000]

Both train on the same pictures in float32, kgen's DCGAN as `kgen.DCGAN(width=32)` (the paper's guidelines) with
batches of 128, the tutorial's network, loop, Adam(1e-4) and batches of 256 as published. They take turns of a
minute, so that a slow moment of the machine falls on both. Judged on samples in kgen-mnist-v1's features, beside
the distance of real test pictures to real training pictures.
"""

import argparse
import time

import keras
import numpy as np
import peers
import tensorflow as tf
import timing
from mnist import pictures

import kgen

SEED, TURN = 0, 60


class Ours:
    """kgen's DCGAN, trained a turn at a time by its own compiled step."""

    def __init__(self):
        self.model = kgen.DCGAN(width=32, ema_momentum=0.999, seed=SEED)
        self.model.compile()
        data, _ = kgen.datasets.load("mnist", batch_size=128, seed=SEED)
        self.model.fit(data, steps_per_epoch=2, verbose=0)
        self.batches = iter(data.at(2))
        self.steps = 2

    def step(self):
        self.model.train_function(self.batches)
        self.steps += 1

    def samples(self, number):
        return self.model.generate(number, seed=SEED)


class Tutorial:
    """The tutorial's DCGAN."""

    def __init__(self):
        self.generator, discriminator = peers.tutorial_networks()
        self.train = peers.tutorial_step(self.generator, discriminator)
        data, _ = kgen.datasets.load("mnist", batch_size=256, seed=SEED)
        self.batches = iter(data.at(0).map(lambda x: tf.cast(x, tf.float32) / 127.5 - 1.0))
        self.steps = 0

    def step(self):
        self.train(next(self.batches))
        self.steps += 1

    def samples(self, number):
        z = kgen.noise.normal(kgen.noise.rows(SEED, number), (peers.LATENT_DIM,))
        pictures = [self.generator(z[i : i + 500], training=False) for i in range(0, number, 500)]
        return (np.concatenate(pictures) + 1) / 2


def train(players, minutes):
    """Turns of a minute until each has had its time; returns the seconds each took."""
    spent = dict.fromkeys(players, 0.0)
    while min(spent.values()) < 60 * minutes:
        for name, player in players.items():
            begin = time.monotonic()
            while time.monotonic() - begin < min(TURN, 60 * minutes - spent[name]):
                player.step()
            spent[name] += time.monotonic() - begin
            print(name, player.steps, round(spent[name]), flush=True)
    return spent


def judge(samples, real, reference):
    """Distances with their floor, and the class balance."""
    report = kgen.metrics.evaluate(samples, real, reference, extractor="kgen-mnist-v1")
    extractor = kgen.metrics.get_extractor("kgen-mnist-v1")
    return report, kgen.metrics.class_balance(extractor, samples)


def compare(minutes, number):
    """Trains both, judges both, records."""
    keras.utils.set_random_seed(SEED)
    players = {"kgen": Ours(), "tutorial": Tutorial()}
    spent = train(players, minutes)
    real, reference, measured, shown = pictures("test", number), pictures("train", number), {}, {}
    for name, player in players.items():
        samples = player.samples(number)
        report, balance = judge(samples, real, reference)
        for metric in ("frechet_distance", "kernel_distance"):
            measured[f"{name}_{metric}"] = round(report[metric]["value"], 4)
            measured[f"real_{metric}"] = round(report[metric]["floor"], 4)
        measured[f"{name}_class_balance"] = round(balance["entropy"] / balance["max_entropy"], 4)
        kgen.pictures.save_png(timing.RESULTS / f"dcgan_mnist_{name}.png", kgen.pictures.grid(samples[:100]))
        shown[f"{name}, {minutes} minutes"] = f"dcgan_mnist_{name}.png"
    balance = kgen.metrics.class_balance(kgen.metrics.get_extractor("kgen-mnist-v1"), real)
    measured["real_class_balance"] = round(balance["entropy"] / balance["max_entropy"], 4)
    row = {
        "measured": measured,
        "steps": {name: player.steps for name, player in players.items()},
        "seconds": {name: round(seconds) for name, seconds in spent.items()},
        "samples": number,
        "extractor": "kgen-mnist-v1; published FIDs use another Inception and do not compare",
        "class_balance_is": "entropy of the predicted classes by its maximum, ln 10",
        "pictures": shown,
    }
    timing.record("dcgan_mnist", row, seed=SEED)
    print(row, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--samples", type=int, default=10_000)
    arguments = parser.parse_args()
    compare(arguments.minutes, arguments.samples)
