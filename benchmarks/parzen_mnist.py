"""Parzen window log likelihood of the dense GAN on MNIST, the number of Goodfellow 2014, beside real pictures' own.

    python benchmarks/parzen_mnist.py [--epochs 50] [--seed 0] [--state FOLDER] [--quick]

The evaluation is that of the paper (arXiv 1406.2661, table 1) and the authors' code: a normal density around each of
10,000 samples, its width the best of ten from 0.1 to 1 on the first 1,000 of 10,000 validation pictures, the mean log
likelihood of the 10,000 test pictures in nats, +- the standard error over them. The model is trained on the first
50,000 pictures, the other 10,000 are for validation. It is the library's default dense GAN with Adam, batches of 100,
not the paper's maxout discriminator with dropout and SGD. The row of real pictures takes 10,000 training pictures for
samples. The number is historical and measures no quality: cluster centres beat the real pictures (Theis 2016, arXiv
1511.01844), and it is no ELBO. A run that was cut goes on from its folder; `training_minutes` are then those of the
last part.
"""

import argparse
import pathlib
import time

import keras
import timing
from mnist import pictures

import kgen

BATCH, SAMPLES, TRAINING = 100, 10_000, 50_000
QUANTITIES = ("log_likelihood", "standard_error", "sigma")
PUBLISHED = "Goodfellow 2014, table 1: 225 +- 2"
RECIPE = "kgen.GAN(): 1024, 1024 LeakyReLU in both networks, Adam(2e-4, beta_1=0.5); the paper: maxout, dropout, SGD"


def train(x, epochs, seed, state):
    """The trained model, and minutes of training."""
    keras.utils.set_random_seed(seed)
    model = kgen.GAN(seed=seed)
    model.compile()
    callbacks = [kgen.callbacks.TrainingState(state, every=500)] if state else []
    start = time.monotonic()
    model.fit(x, batch_size=BATCH, epochs=epochs, callbacks=callbacks, verbose=2)
    return model, round((time.monotonic() - start) / 60, 1)


def measure(samples, real, validation, test):
    """Both rows: the model's quantities, and those of the real pictures with `real_` before their names."""
    rows = {"": samples, "real_": real}
    found = {start: kgen.metrics.parzen_window(row, validation, test) for start, row in rows.items()}
    return {start + key: round(row[key], 3) for start, row in found.items() for key in QUANTITIES}


def main(name, epochs, seed, state):
    """Trains, measures, records."""
    x, test = pictures("train", 60_000), pictures("test", 10_000)
    training, validation = x[:TRAINING], x[TRAINING:]
    model, minutes = train(training, epochs, seed, state)
    samples = model.generate(SAMPLES, seed=seed)
    measured = measure(samples, training[:SAMPLES], validation, test)
    kgen.pictures.save_png(timing.RESULTS / f"{name}.png", kgen.pictures.grid(samples[:100]))
    row = {
        "measured": {**measured, "training_minutes": minutes},
        "epochs": epochs,
        "samples": SAMPLES,
        "model": RECIPE,
        "published": PUBLISHED,
        "kind": "historical: nats of a density on [0, 1] to the 784, not a quality measure, no ELBO",
        "pictures": {f"dense GAN, {epochs} epochs": f"{name}.png"},
    }
    timing.record(name, row, seed=seed)
    print(row, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=pathlib.Path, help="folder of the training state")
    parser.add_argument("--quick", action="store_true", help="1 epoch, a record of its own")
    given = parser.parse_args()
    name, epochs = ("parzen_mnist_quick", 1) if given.quick else ("parzen_mnist", given.epochs)
    main(name, epochs, given.seed, given.state)
