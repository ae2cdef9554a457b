"""Modes that a GAN covers on two mixtures in the plane, alone and with packing 2, by PacGAN's networks and metric.

    python benchmarks/pacgan_modes.py [--iterations 40000] [--seeds 0 1 2] [--only ring/gan ...] [--quick]

Lin 2018 (arXiv 1712.04086), section 4.1, and the authors' code: z ~ N(0, I) in the plane; G has four hidden layers of
400 units, batch normalisation and ReLU; D has three maxout layers of 200 units of 5 pieces on the packed input;
weights N(0, 0.02^2), Adam(1e-4, beta_1=0.8), both players at once, 100 packs a step. The authors train for 400,000
iterations. Judged on 2,500 samples: a mode is covered by one sample within 3 sd, the share of such samples is the
quality. Beside the models as many points of the mixture itself. Every trained model becomes a part of the record at
once; what is recorded is not run again, and a run that was cut goes on from its folder.
"""

import argparse
import pathlib
import time

import keras
import timing
from repeats import missing, standard_error, summary

import kgen

PACKS, SAMPLES, EPOCH = 100, 2500, 1000
PACKING = {"gan": 1, "packing_2": 2}
PUBLISHED = {
    "ring": {"gan": "6.3 +- 0.5, 98.2 +- 0.2 %", "packing_2": "7.9 +- 0.1, 95.6 +- 2.0 %"},
    "grid": {"gan": "17.3 +- 0.8, 94.8 +- 0.7 %", "packing_2": "23.8 +- 0.7, 91.3 +- 0.8 %"},
}
ROWS = [f"{source}/{name}" for source in PUBLISHED for name in PACKING]


def dense(units, use_bias=True):
    """A layer of weights N(0, 0.02^2)."""
    initializer = keras.initializers.RandomNormal(stddev=0.02)
    return keras.layers.Dense(units, use_bias=use_bias, kernel_initializer=initializer)


def generator():
    """z [batch, 2] to points [batch, 2]."""
    layers = [keras.Input((2,))]
    for _ in range(4):
        layers += [dense(400, use_bias=False), keras.layers.BatchNormalization(momentum=0.95, epsilon=1e-4)]
        layers += [keras.layers.Activation("relu")]
    return keras.Sequential([*layers, dense(2)], name="generator")


def discriminator(packing):
    """Packs [batch, 2 packing] to logits [batch, 1]."""
    layers = [keras.Input((2 * packing,))]
    for _ in range(3):
        pieces = [dense(200 * 5), keras.layers.Reshape((200, 5))]
        layers += [*pieces, keras.layers.GlobalMaxPooling1D(data_format="channels_first")]
    return keras.Sequential([*layers, dense(1)], name="discriminator")


def build(packing, seed):
    """The compiled model."""
    keras.utils.set_random_seed(seed)
    networks = {"generator": generator(), "discriminator": discriminator(packing)}
    model = kgen.GAN((2,), latent_dim=2, **networks, packing=packing, update="simultaneous", seed=seed)
    adam = {f"{player}_optimizer": keras.optimizers.Adam(1e-4, beta_1=0.8) for player in networks}
    model.compile(**adam)
    return model


def train(source, name, seed, iterations, state):
    """Trains one model; the model and its coverage."""
    model, start = build(PACKING[name], seed), time.monotonic()
    data, _ = kgen.datasets.load(source, batch_size=PACKS * PACKING[name], seed=seed)
    epochs = {"steps_per_epoch": min(EPOCH, iterations), "epochs": -(-iterations // EPOCH)}
    folder = state and state / f"{source}-{name}-{seed}"
    callbacks = [kgen.callbacks.TrainingState(folder, every=2 * EPOCH)] if folder else []
    model.fit(data, callbacks=callbacks, verbose=0, **epochs)
    found = kgen.metrics.mode_coverage(model.generate(SAMPLES, seed=seed), *kgen.datasets.mixture(source))
    return model, {**found, "minutes": round((time.monotonic() - start) / 60, 1)}


def ceiling(source):
    """What points of the mixture itself reach."""
    points, _ = kgen.datasets.load(source, "test", batch_size=SAMPLES)
    return kgen.metrics.mode_coverage(next(iter(points)).numpy(), *kgen.datasets.mixture(source))


def record(name, runs, iterations):
    """Writes all runs so far, and their summary by mixture and model."""
    row = {}
    for source, published in PUBLISHED.items():
        models = {model: runs.get(f"{source}/{model}", {}) for model in PACKING}
        table = {
            model: {"seeds": len(seeds), **summary(seeds, standard_error), "published": published[model]}
            for model, seeds in models.items()
            if seeds
        }
        table["the mixture itself"] = ceiling(source)
        row[f"{source}: mean +- standard error over seeds"] = table
    shown = {key: _picture(name, key) for key in runs if (timing.RESULTS / _picture(name, key)).exists()}
    row |= {"iterations": iterations, "published": "mean +- standard error of ten runs, 400,000 iterations"}
    seeds = ", ".join(sorted({seed for found in runs.values() for seed in found}))
    timing.record(name, {**row, "samples": SAMPLES, "pictures": shown, "runs": runs}, seed=seeds)


def main(name, iterations, seeds, only, state):
    """Trains what is not recorded yet for as many iterations."""
    known = timing.recorded(name)
    runs = known.get("runs", {}) if known.get("iterations") == iterations else {}
    for seed, key in missing(runs, only, seeds):
        model, found = train(*key.split("/"), seed, iterations, state)
        runs.setdefault(key, {})[str(seed)] = found
        print(key, seed, found, flush=True)
        if seed == seeds[0]:
            picture = kgen.pictures.scatter(model.generate(SAMPLES, seed=0), _real(key))
            kgen.pictures.save_png(timing.RESULTS / _picture(name, key), picture)
        record(name, runs, iterations)


def _real(key):
    points, _ = kgen.datasets.load(key.split("/")[0], "test", batch_size=SAMPLES)
    return next(iter(points)).numpy()


def _picture(name, key):
    return f"{name}_{key.replace('/', '_')}.png"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--iterations", type=int, default=40_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", choices=ROWS, default=ROWS, metavar="MIXTURE/MODEL")
    parser.add_argument("--state", type=pathlib.Path, help="folder of the training states")
    parser.add_argument(
        "--quick", action="store_true", help="1,000 iterations, one seed, a record of its own"
    )
    given = parser.parse_args()
    if given.quick:
        main("pacgan_modes_quick", 1000, given.seeds[:1], given.only, given.state)
    else:
        main("pacgan_modes", given.iterations, given.seeds, given.only, given.state)
