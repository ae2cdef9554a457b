"""MNIST with a quarter of the pixels missing at random, filled in by GAIN, beside two plain ways.

    python benchmarks/gain_mnist.py [--steps 1000] [--quick]

The convolutional pair trains on incomplete training pictures only (Yoon 2018, arXiv 1806.02920; alpha 100, batches of
128, Adam(1e-3)) and fills in incomplete test pictures. The error is the root mean square of the missing pixels, in
[0, 1]; beside it that of each pixel's observed mean, and of the mean of the observed neighbours in 3 x 3 pixels.
"""

import argparse
import time

import numpy as np
import timing
from scipy.ndimage import uniform_filter

import kgen

RATE, BATCH, SEED, SHOWN = 0.25, 128, 0, 12


def incomplete(split, number, seed):
    """Pictures in [0, 1], and the same with holes."""
    data, _ = kgen.datasets.load("mnist", split, shuffle=False, batch_size=1000, num_examples=number)
    true = np.concatenate(list(data.as_numpy_iterator())).astype("float32") / 255
    return true, np.where(kgen.datasets.mcar(true.shape, RATE, seed), true, np.nan)


def pixel_means(pictures, train):
    """Holes filled by the mean of what was observed at the same place in training."""
    return np.where(np.isnan(pictures), np.nanmean(train, axis=0), pictures)


def neighbour_means(pictures):
    """Holes filled by the mean of what is observed around them, zero where nothing is."""
    observed = ~np.isnan(pictures)
    parts = (np.where(observed, pictures, 0.0), observed.astype("float32"))
    total, number = (uniform_filter(part, (0, 3, 3, 0), mode="constant") for part in parts)
    around = np.divide(total, number, out=np.zeros_like(total), where=number > 1e-4)
    return np.where(observed, pictures, around)


def error(true, filled, pictures):
    """Root mean square of the missing pixels."""
    return float(np.sqrt(np.mean(np.square((filled - true)[np.isnan(pictures)]))))


def main(name, steps, number):
    """Trains, fills in, draws and records."""
    (_, train), (true, test) = incomplete("train", number, SEED), incomplete("test", number // 6, SEED + 1)
    model, start = kgen.GAIN((28, 28, 1), seed=SEED), time.monotonic()
    model.compile()
    epochs = max(1, steps // 100)
    model.fit(train, batch_size=BATCH, epochs=epochs, steps_per_epoch=steps // epochs, verbose=2)
    minutes = (time.monotonic() - start) / 60
    filled = {
        "gain": model.impute(test, seed=SEED),
        "neighbours": neighbour_means(test),
        "pixel_means": pixel_means(test, train),
    }
    measured = {f"{way}_rmse": error(true, found, test) for way, found in filled.items()}
    shown = [np.nan_to_num(test, nan=0.5), *filled.values(), true]
    sheet = np.concatenate([pictures[:SHOWN] for pictures in shown])
    kgen.pictures.save_png(timing.RESULTS / f"{name}.png", kgen.pictures.grid(sheet, SHOWN))
    caption = "a quarter missing, GAIN, neighbours, means of pixels, true"
    row = {"measured": {**measured, "training_minutes": minutes}, "steps": steps, "test_pictures": len(test)}
    timing.record(name, {**row, "pictures": {caption: f"{name}.png"}}, seed=SEED, minutes=minutes)
    print(measured, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--quick", action="store_true", help="4 steps on few pictures, a record of its own")
    given = parser.parse_args()
    main(*(("gain_mnist_quick", 4, 600) if given.quick else ("gain_mnist", given.steps, 60_000)))
