"""What classifiers learn from a conditional DCGAN's samples of MNIST: 1-nearest-neighbour error, accuracy score.

    python benchmarks/conditional_mnist.py [--epochs 20] [--conditioning projection] [--state FOLDER] [--quick]

The DCGAN paper's test (Radford 2016, arXiv 1511.06434): a 1-nearest-neighbour classifier in pixels, trained on
labelled samples, tested on the 10,000 test pictures, beside the same classifier of real training pictures. Then the
classification accuracy score (Ravuri 2019, arXiv 1905.10887): kgen's small classifier, eight epochs on 10,000 samples,
tested on the test pictures, beside as many real ones. The model is the library's convolutional conditional GAN, width
32, batch normalisation in both networks, Adam(2e-4, beta_1=0.5), batches of 128; D is told the class by planes beside
its input, as the paper's, or by projection (a record of its own). The paper's is wider, tells every layer the class,
and trains for 200 epochs. A run that was cut goes on from its folder; `training_minutes` are then those of the last
part.
"""

import argparse
import pathlib
import time

import keras
import numpy as np
import timing
from semi_supervised_mnist import read

import kgen

BATCH, WIDTH, CLASSES = 128, 32, 10
NAMES = {"concatenation": "conditional_mnist", "projection": "conditional_mnist_projection"}
PUBLISHED = (
    "Radford 2016, section 8.1: the same test error as a nearest neighbour classifier of the training set"
)


def train(images, labels, conditioning, epochs, seed, state):
    """The trained model, and minutes of training."""
    keras.utils.set_random_seed(seed)
    form = {"conditioning": conditioning, "discriminator_normalization": "batch"}
    model = kgen.ConditionalGAN(width=WIDTH, **form, seed=seed)
    model.compile()
    callbacks = [kgen.callbacks.TrainingState(state, every=500)] if state else []
    start = time.monotonic()
    model.fit(images, labels, batch_size=BATCH, epochs=epochs, callbacks=callbacks, verbose=2)
    return model, round((time.monotonic() - start) / 60, 1)


def neighbours(samples, real, test):
    """Errors of the test pictures by their nearest sample and by their nearest real picture."""
    few = tuple(rows[: len(samples[1])] for rows in real)
    sets = {"nearest_neighbour_error": samples, "real_error": few, "all_real_error": real}
    return {key: kgen.metrics.nearest_neighbour_error(*pair, *test) for key, pair in sets.items()}


def accuracy(samples, real, test, seed):
    """The score, and the accuracy after as many real pictures."""
    found = kgen.metrics.classification_accuracy_score(
        *samples, *test, seed=seed, reference=real[0], reference_labels=real[1]
    )
    return {key: found[key] for key in ("classification_accuracy_score", "reference_accuracy")}


def main(name, conditioning, epochs, number, seed, state):
    """Trains, measures, records."""
    real, test = read("train"), read("test")
    model, minutes = train(*real, conditioning, epochs, seed, state)
    labels = np.arange(number) % CLASSES
    samples = model.generate(number, seed=seed, labels=labels), labels
    measured = neighbours(samples, real, test) | accuracy(samples, real, test, seed)
    sheet = samples[0][:100].reshape([CLASSES, CLASSES, 28, 28, 1]).swapaxes(0, 1).reshape([-1, 28, 28, 1])
    kgen.pictures.save_png(timing.RESULTS / f"{name}.png", kgen.pictures.grid(sheet, columns=CLASSES))
    row = {
        "measured": {**measured, "training_minutes": minutes},
        "conditioning": conditioning,
        "epochs": epochs,
        "samples": number,
        "published": PUBLISHED,
        "pictures": {f"{epochs} epochs, a row for each class": f"{name}.png"},
    }
    timing.record(name, row, seed=seed)
    print(row, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--conditioning", choices=NAMES, default="concatenation")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=pathlib.Path, help="folder of the training state")
    parser.add_argument("--quick", action="store_true", help="1 epoch, 2,000 samples, a record of its own")
    given = parser.parse_args()
    name, run = NAMES[given.conditioning], (given.epochs, 10_000)
    if given.quick:
        name, run = f"{name}_quick", (1, 2000)
    main(name, given.conditioning, *run, given.seed, given.state)
