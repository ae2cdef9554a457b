"""Losses against stabilisers: one DCGAN on MNIST, 3,000 generator steps each, judged against real pictures.

    python benchmarks/loss_grid.py [--generator-steps 3000] [--samples 5000] [--only hinge/spectral ...]

All share the generator (width 16, batch normalisation) and Adam(2e-4, beta_1=0.5), batches of 64, one
discriminator step per generator step, seed 0. "plain" has the paper's batch normalisation in D; "spectral" divides
D's kernels by their largest singular value, without any other normalisation; "gradient" adds the gradient penalty of
weight 10 to a D with layer normalisation. Judged on samples in kgen-mnist-v1's features. Every row is recorded at
once; what is recorded is not run again.
"""

import argparse

import keras
import timing
from mnist import pictures

import kgen

SEED, BATCH, SHAPE, WIDTH = 0, 64, (28, 28, 1), 16
LOSSES = ("non_saturating", "least_squares", "hinge", "wasserstein")
FORMS = {
    "plain": ({"normalization": "batch"}, {}),
    "spectral": ({"normalization": None, "spectral_normalization": True}, {"spectral_normalization": True}),
    "gradient": ({"normalization": "layer"}, {"penalty": "gradient"}),
}
ROWS = {f"{loss}/{form}": (loss, form, {}) for loss in LOSSES for form in FORMS}
ROWS["non_saturating/plain, top-k 0.5"] = ("non_saturating", "plain", {"top_k": 0.5})
REMARKS = {
    "wasserstein/plain": "means nothing: without a Lipschitz bound the critic's score estimates no distance",
    "least_squares/gradient": "no published recipe: the penalty wants slope 1, the targets want 0 and 1",
    "hinge/gradient": "no published recipe; beyond the hinge the penalty alone moves D",
    "wasserstein/spectral": "the bound holds, but with one critic step in place of five",
    "wasserstein/gradient": "WGAN-GP's loss with one critic step in place of five",
}


def build(loss, form, options):
    """The model of one row, compiled."""
    network, more = FORMS[form]
    keras.utils.set_random_seed(SEED)
    discriminator = kgen.networks.convolutional.encoder(SHAPE, width=WIDTH, name="discriminator", **network)
    model = kgen.DCGAN(
        SHAPE, width=WIDTH, loss=loss, discriminator=discriminator, seed=SEED, **more, **options
    )
    model.compile()
    return model


def judge(model, real, reference, number):
    """Both distances with their floors."""
    report = kgen.metrics.evaluate(
        model.generate(number, seed=SEED), real, reference, extractor="kgen-mnist-v1"
    )
    return {
        key: {"value": round(report[key]["value"], 4), "floor": round(report[key]["floor"], 4)}
        for key in ("frechet_distance", "kernel_distance")
    }


def record(runs, generator_steps, number):
    """Writes all rows so far."""
    table = {
        row: {
            "Frechet distance": found["frechet_distance"]["value"],
            "kernel distance": found["kernel_distance"]["value"],
            "remark": REMARKS.get(row, ""),
        }
        for row, found in runs.items()
    }
    floors = {key: value["floor"] for key, value in next(iter(runs.values())).items()}
    table["real against real"] = {
        "Frechet distance": floors["frechet_distance"],
        "kernel distance": floors["kernel_distance"],
        "remark": "the floor",
    }
    shown = {key: _picture(key) for key in runs if (timing.RESULTS / _picture(key)).exists()}
    row = {"generator_steps": generator_steps, "samples": number, "loss / stabiliser": table}
    row |= {"pictures": shown, "runs": runs}
    timing.record("loss_grid", row, seed=SEED)


def main(generator_steps, number, only):
    """Trains and judges what is not recorded yet."""
    real, reference = pictures("test", number), pictures("train", number)
    runs = timing.recorded("loss_grid").get("runs", {})
    for key in [row for row in only or ROWS if row not in runs]:
        model = build(*ROWS[key])
        data, _ = kgen.datasets.load("mnist", batch_size=BATCH, seed=SEED)
        model.fit(data, steps_per_epoch=generator_steps, epochs=1, verbose=0)
        runs[key] = judge(model, real, reference, number)
        print(key, runs[key], flush=True)
        sheet = kgen.pictures.grid(model.generate(16, seed=SEED), columns=16)
        kgen.pictures.save_png(timing.RESULTS / _picture(key), sheet)
        record(runs, generator_steps, number)


def _picture(key):
    return f"loss_grid_{key.replace('/', '_').replace(', ', '_').replace(' ', '_')}.png"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--generator-steps", type=int, default=3000)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--only", nargs="+", default=[], choices=ROWS, metavar="ROW")
    arguments = parser.parse_args()
    main(arguments.generator_steps, arguments.samples, arguments.only)
