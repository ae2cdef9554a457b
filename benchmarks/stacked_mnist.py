"""Modes of stacked MNIST that a small DCGAN covers, alone and with packing 2, beside PacGAN's numbers.

    python benchmarks/stacked_mnist.py [--iterations 20000] [--seeds 0] [--only dcgan ...] [--state FOLDER] [--quick]

A picture has three digits of MNIST as its channels, newly combined in each epoch; there are 1,000 modes. Networks,
optimisers and sizes are those of Lin 2018 (arXiv 1712.04086), table 3, D = 1/4 G, and of the authors' code: D has
convolutions of 2, 4 and 8 filters, G a dense layer to 4 x 4 x 64 and transposed convolutions of 32, 16 and 8; batch
normalisation, weights N(0, 0.02^2), 128 packs a step. The authors train for up to 500,000 iterations, hand G the
noise that D has seen in the same step (here it is fresh) and normalise samples by their own batch (here by the moving
averages). Judged on 25,600 samples by kgen-mnist-v1, which errs on 0.55 % of the test digits; the authors have a
classifier of their own. Beside the models as many real pictures. Every trained model becomes a part of the record at
once; what is recorded for as many iterations is not run again, and a run that was cut goes on from its folder.
"""

import argparse
import functools
import pathlib
import time

import keras
import numpy as np
import timing
from repeats import missing, standard_error, summary

import kgen

PACKS, SAMPLES, EPOCH, SHAPE = 128, 25_600, 500, (28, 28, 3)
PACKING = {"dcgan": 1, "packing_2": 2}
PUBLISHED = {"dcgan": "78.5 +- 17.6 modes, KL 5.21", "packing_2": "484.5 +- 33.0 modes, KL 2.61"}


def block(make, filters, activation, strides=2, **options):
    """A convolution of weights N(0, 0.02^2), batch normalisation, activation."""
    initializer = keras.initializers.RandomNormal(stddev=0.02)
    options |= {"strides": strides, "padding": "same", "kernel_initializer": initializer}
    normalization = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
    return [make(filters, 3, **options), normalization, activation]


def generator():
    """z [batch, 256] to pictures [batch, 28, 28, 3] in [-1, 1]."""
    up, initializer = keras.layers.Conv2DTranspose, keras.initializers.RandomNormal(stddev=0.02)
    layers = [keras.Input((256,)), keras.layers.Dense(4 * 4 * 64, kernel_initializer=initializer)]
    layers += [keras.layers.Reshape((4, 4, 64)), keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)]
    layers += [keras.layers.ReLU(), *block(up, 32, keras.layers.ReLU(), output_padding=0)]  # 7 x 7
    layers += [*block(up, 16, keras.layers.ReLU()), *block(up, 8, keras.layers.ReLU())]  # 14 x 14, 28 x 28
    last = {"padding": "same", "activation": "tanh", "kernel_initializer": initializer}
    return keras.Sequential([*layers, keras.layers.Conv2D(3, 3, **last)], name="generator")


def discriminator(packing):
    """Packs [batch, 28, 28, 3 packing] to logits [batch, 1]."""
    layers = [keras.Input((28, 28, 3 * packing))]
    for filters in (2, 4, 8):
        layers += block(keras.layers.Conv2D, filters, keras.layers.LeakyReLU(negative_slope=0.3))
    last = keras.layers.Dense(1, kernel_initializer=keras.initializers.RandomNormal(stddev=0.02))
    return keras.Sequential([*layers, keras.layers.Flatten(), last], name="discriminator")


def build(packing, seed):
    """The compiled model."""
    keras.utils.set_random_seed(seed)
    networks = {"generator": generator(), "discriminator": discriminator(packing)}
    options = {"latent_dim": 256, "pixel_range": (-1, 1), "packing": packing, "seed": seed}
    model = kgen.GAN(SHAPE, **networks, **options)
    moments = {"beta_1": 0.5, "beta_2": 0.99}
    optimizers = [keras.optimizers.Adam(rate, **moments) for rate in (1e-4, 2e-4)]
    model.compile(generator_optimizer=optimizers[0], discriminator_optimizer=optimizers[1])
    return model


def train(name, seed, iterations, samples, state):
    """Trains one model; the model, and the modes of its samples."""
    model, start = build(PACKING[name], seed), time.monotonic()
    data, _ = kgen.datasets.load("stacked:mnist", batch_size=PACKS * PACKING[name], seed=seed)
    epochs = {"steps_per_epoch": min(EPOCH, iterations), "epochs": -(-iterations // EPOCH)}
    callbacks = [kgen.callbacks.TrainingState(state / f"{name}-{seed}", every=EPOCH)] if state else []
    model.fit(data, callbacks=callbacks, verbose=2, **epochs)
    minutes = round((time.monotonic() - start) / 60, 1)
    found = kgen.metrics.stacked_modes(model.generate(samples, seed=seed))
    return model, {**found, "iterations": int(model.step.numpy()), "training_minutes": minutes}


@functools.cache
def real(samples):
    """What as many real pictures reach: the ceiling of the modes and the floor of KL, by the same classifier."""
    data, _ = kgen.datasets.load("stacked:mnist", batch_size=PACKS)
    batches = [batch.numpy() for batch in data.at(0).take(-(-samples // PACKS))]
    return kgen.metrics.stacked_modes(np.concatenate(batches)[:samples])


def record(name, runs, iterations, samples):
    """Writes all runs so far, and their summary by model."""
    table = {
        model: {
            "seeds": len(runs[model]),
            **summary(runs[model], standard_error),
            "published": PUBLISHED[model],
        }
        for model in PACKING
        if model in runs
    }
    row = {"mean +- standard error over seeds": {**table, "real pictures": real(samples)}}
    shown = {
        model: _picture(name, model) for model in runs if (timing.RESULTS / _picture(name, model)).exists()
    }
    row |= {"iterations": iterations, "published": "50 runs of up to 500,000 iterations", "pictures": shown}
    seeds = ", ".join(sorted({seed for found in runs.values() for seed in found}))
    timing.record(name, {**row, "runs": runs}, seed=seeds)


def _picture(name, model):
    return f"{name}_{model}.png"


def main(name, iterations, samples, seeds, only, state):
    """Trains what is not recorded yet for as many iterations."""
    known = timing.recorded(name)
    runs = known.get("runs", {}) if known.get("iterations") == iterations else {}
    for seed, key in missing(runs, only, seeds):
        model, found = train(key, seed, iterations, samples, state and state / name)
        runs.setdefault(key, {})[str(seed)] = found
        print(key, seed, found, flush=True)
        if seed == seeds[0]:
            picture = kgen.pictures.grid(model.generate(64, seed=seed))
            kgen.pictures.save_png(timing.RESULTS / _picture(name, key), picture)
        record(name, runs, iterations, samples)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--iterations", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--only", nargs="+", choices=list(PACKING), default=list(PACKING), metavar="MODEL")
    parser.add_argument("--state", type=pathlib.Path, help="folder of the training states")
    parser.add_argument("--quick", action="store_true", help="500 iterations, one seed, a record of its own")
    given = parser.parse_args()
    if given.quick:
        main("stacked_mnist_quick", 500, 5000, given.seeds[:1], given.only, given.state)
    else:
        main("stacked_mnist", given.iterations, SAMPLES, given.seeds, given.only, given.state)
