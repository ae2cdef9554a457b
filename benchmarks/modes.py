"""Modes that GANs cover on two mixtures in the plane, after the same number of generator steps.

    python benchmarks/modes.py [--generator-steps 10000] [--seeds 0 1 2] [--only ring/wgan ...]

The data are PacGAN's: eight Gaussians on a circle of radius 1, sd 0.01, and 25 on a grid, sd 0.05. All models have
the same networks but for packing's wider input: 2-128-128-128-2 and 2-128-128-128-1, ReLU and LeakyReLU, no batch
normalisation; z in the plane, batches of 128; the optimisers are Adam(1e-3, beta_1=0.5), for WGAN and SNGAN the
paper's own and for WGAN-GP Adam(1e-4, 0.5, 0.9) with lambda 0.1, as its reference code has on mixtures. WGAN, WGAN-GP
and SNGAN take five steps of D for one of G. Judged on 2,500 samples: a mode is covered by one sample within 3 sd, the
share of such samples is the quality; the mixture itself has 0.989. Every trained model becomes a part of the record at
once; what is recorded is not run again.
"""

import argparse
import statistics

import keras
import timing
from repeats import missing, summary

import kgen

BATCH, SAMPLES, EPOCH = 128, 2500, 1000
NETWORKS = {"latent_dim": 2, "hidden_units": (128, 128, 128)}
PLAIN = {"generator_normalization": None, "discriminator_normalization": None}


def _adam(rate=1e-3, **numbers):
    return {
        f"{player}_optimizer": keras.optimizers.Adam(rate, **{"beta_1": 0.5} | numbers)
        for player in ("generator", "discriminator")
    }


MODELS = {
    "gan": (lambda seed: kgen.GAN((2,), **NETWORKS, seed=seed), _adam),
    "gan_packing_2": (lambda seed: kgen.GAN((2,), **NETWORKS, packing=2, seed=seed), _adam),
    "lsgan": (lambda seed: kgen.LSGAN((2,), **NETWORKS, **PLAIN, seed=seed), _adam),
    "sngan": (lambda seed: kgen.SNGAN((2,), **NETWORKS, **PLAIN, seed=seed), dict),
    "wgan": (lambda seed: kgen.WGAN((2,), **NETWORKS, **PLAIN, seed=seed), dict),
    "wgan_gp": (
        lambda seed: kgen.WGANGP((2,), **NETWORKS, **PLAIN, penalty_weight=0.1, seed=seed),
        lambda: _adam(1e-4, beta_2=0.9),
    ),
}


def train(source, name, seed, generator_steps):
    """Trains one model; its coverage."""
    keras.utils.set_random_seed(seed)
    make, optimizers = MODELS[name]
    model = make(seed)
    model.compile(**optimizers())
    data, _ = kgen.datasets.load(source, batch_size=BATCH, seed=seed)
    steps = generator_steps * model.discriminator_steps
    model.fit(data, steps_per_epoch=min(EPOCH, steps), epochs=-(-steps // EPOCH), verbose=0)
    return model, kgen.metrics.mode_coverage(
        model.generate(SAMPLES, seed=seed), *kgen.datasets.mixture(source)
    )


def record(runs, generator_steps):
    """Writes all runs so far, and their summary by mixture and model."""
    tables = {}
    for key, seeds in runs.items():
        source, name = key.split("/")
        tables.setdefault(source, {})[name] = summary(seeds, statistics.stdev)
    row = {f"{source}: mean +- sd over seeds": table for source, table in tables.items()}
    shown = {
        key.replace("/", ", "): _picture(key) for key in runs if (timing.RESULTS / _picture(key)).exists()
    }
    row |= {"generator_steps": generator_steps, "samples": SAMPLES, "pictures": shown, "runs": runs}
    timing.record("modes", row, seed="0, 1, 2")


def main(generator_steps, seeds, only):
    """Trains what is not recorded yet."""
    runs = timing.recorded("modes").get("runs", {})
    keys = only or [f"{source}/{name}" for source in ("ring", "grid") for name in MODELS]
    for seed, key in missing(runs, keys, seeds):
        model, found = train(*key.split("/"), seed, generator_steps)
        runs.setdefault(key, {})[str(seed)] = found
        print(key, seed, found, flush=True)
        if seed == seeds[0]:
            _draw(model, key)
        record(runs, generator_steps)


def _draw(model, key):
    test, _ = kgen.datasets.load(key.split("/")[0], "test", batch_size=SAMPLES)
    picture = kgen.pictures.scatter(model.generate(SAMPLES, seed=0), next(iter(test)).numpy())
    kgen.pictures.save_png(timing.RESULTS / _picture(key), picture)


def _picture(key):
    return f"modes_{key.replace('/', '_')}.png"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--generator-steps", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", default=[], metavar="MIXTURE/MODEL")
    arguments = parser.parse_args()
    main(arguments.generator_steps, arguments.seeds, arguments.only)
