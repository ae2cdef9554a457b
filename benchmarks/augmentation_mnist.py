"""Whether a GAN that saw only n labelled digits of MNIST helps a classifier that has the same n.

    python benchmarks/augmentation_mnist.py [--numbers 100 500 1000] [--seeds 0 1 ...] [--state FOLDER] [--quick]

For each n a balanced random choice of training pictures. A conditional GAN learns from these alone: projection,
width 24, spectral normalisation, pictures shifted and cut in front of the discriminator, batches of 64,
Adam(1e-3, beta_1=0.5), 2,000 steps, the average of G's weights. Then `kgen.metrics.augmentation_verdict`: kgen's small
classifier learns by 300 updates on batches of 128 from the n pictures, from the same shifted by up to a fourteenth
of the side and turned by up to 10 degrees, from half real and half generated ones, and from 10,000 generated ones
alone; tested on all 10,000 test pictures. The intervals are over the classifiers' seeds: there is one choice of
pictures and one GAN for each n. A run that was cut goes on from its folder; a seed that is recorded is not run
again.
"""

import argparse
import pathlib
import time

import keras
import numpy as np
import timing
from repeats import missing
from semi_supervised_mnist import read

import kgen
from kgen.metrics import augmentation

BATCH, CLASSES, CHOICE = 64, 10, 0
CLASSICAL = kgen.datasets.Augmentation(crop=1 / 14, rotation=10)
FORM = {"conditioning": "projection", "width": 24, "spectral_normalization": True}
AUGMENT = "translation,cutout"


def choose(data, number):
    """The pictures and labels that are known, as many of each class."""
    images, labels = data
    known = kgen.datasets.few_labels(labels, number // CLASSES, seed=CHOICE) >= 0
    return images[known], labels[known]


def train(real, steps, state):
    """The GAN of these pictures, and minutes of training."""
    keras.utils.set_random_seed(CHOICE)
    model = kgen.ConditionalGAN(**FORM, augment=AUGMENT, ema_momentum=0.995, seed=CHOICE)
    model.compile(*(keras.optimizers.Adam(1e-3, beta_1=0.5) for _ in range(2)))
    callbacks = [kgen.callbacks.TrainingState(state, every=250)] if state else []
    start, epochs = time.monotonic(), max(1, steps // 250)
    lengths = {"epochs": epochs, "steps_per_epoch": steps // epochs}
    model.fit(*real, batch_size=BATCH, **lengths, callbacks=callbacks, verbose=2)
    return model, (time.monotonic() - start) / 60


def generated(model, number):
    """Samples, uint8 as real pictures are, and the classes that they were asked for."""
    labels = np.arange(number) % CLASSES
    samples = model.generate(number, seed=CHOICE, labels=labels)
    return np.round(255 * samples).astype("uint8"), labels


def draw(name, real, samples):
    """Ten generated pictures of each class, a row for each, beside ten real ones."""
    firsts = [np.stack([x[y == k][:CLASSES] for k in range(CLASSES)]) for x, y in (samples, real)]
    sheet = np.concatenate(firsts, axis=1)  # [class, 20, height, width, channels]
    grid = kgen.pictures.grid(sheet.reshape([-1, *sheet.shape[2:]]), columns=2 * CLASSES)
    kgen.pictures.save_png(timing.RESULTS / name, grid)


def record(name, runs, about):
    """Writes all accuracies so far, and the verdict on each number that has two seeds or more."""
    measured, tables = {"gan_minutes": max(about["gan minutes"].values(), default=None)}, {}
    for number, found in runs.items():
        if len(found) > 1:
            verdict = augmentation.judged(list(found.values()))
            measured |= {f"{arm}_{number}": each.accuracy for arm, each in verdict._asdict().items()}
            tables[f"{number} real pictures"] = verdict.rows()
            print(f"n = {number}\n{verdict}", flush=True)
    pictures = {f"{number}: ten generated, ten real of a class": f"{name}_{number}.png" for number in runs}
    seeds = ", ".join(sorted({seed for found in runs.values() for seed in found}, key=int))
    row = {"measured": measured, **tables, **about, "pictures": pictures, "runs": runs}
    timing.record(name, row, seed=seeds)


def main(name, numbers, seeds, steps, updates, count, state):
    """Runs what is not recorded yet."""
    known, same = timing.recorded(name), {"steps": steps, "updates": updates, "generated": count}
    fitting = all(known.get(key) == value for key, value in same.items())
    runs, minutes = (known[key] if fitting else {} for key in ("runs", "gan minutes"))
    data, test = read("train"), read("test")
    for number in numbers:
        left = [seed for seed, _ in missing(runs, [str(number)], seeds)]
        if not left:
            continue
        real = choose(data, number)
        model, minutes[str(number)] = train(real, steps, state and state / str(number))
        samples = generated(model, count)
        draw(f"{name}_{number}.png", real, samples)
        for seed in left:
            found = augmentation.accuracies(real, samples, test, seed, updates, CLASSICAL)
            print(number, seed, found, flush=True)
            runs.setdefault(str(number), {})[str(seed)] = found
            record(name, runs, {**same, "test_pictures": len(test[1]), "gan minutes": minutes})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--numbers", type=int, nargs="+", default=[100, 500, 1000])
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(5)))
    parser.add_argument("--state", type=pathlib.Path, help="folder of the GANs' training states")
    parser.add_argument("--quick", action="store_true", help="a few steps, two seeds, a record of its own")
    given = parser.parse_args()
    if given.quick:
        main("augmentation_mnist_quick", given.numbers[:1], given.seeds[:2], 4, 4, 100, None)
    else:
        main("augmentation_mnist", given.numbers, given.seeds, 2000, 300, 10_000, given.state)
