"""CoGAN on MNIST and its outlines or negatives, never in pairs: whether the two pictures of a code belong together.

    python benchmarks/cogan_mnist.py edges|negative [--steps 5000] [--width 32] [--samples 1000] [--seed 0]
        [--state FOLDER] [--quick]

The first 30,000 training pictures stand in domain A, the outlines or the negatives of the other 30,000 in domain B, in
orders of their own, so that no picture's counterpart is in the data (Liu & Tuzel 2016, arXiv 1606.07536, section 4).
The model is `kgen.JointGAN(paired=False)`, a quarter as wide as the paper's: two generators that share all layers but
the last, two discriminators that share all but the first, spectrally normalised; batches of 64, Adam(2e-4, beta_1=0.5),
samples of the moving average (0.99) of the generator. Outlines are kgen's (Sobel), where the paper has a dilation less
the picture. A run that was cut goes on from its folder.

Of each code the second picture is held against the true outlines or negative of the first, both binarised at 1/2: the
share of pixels that agree, and intersection over union of the foreground. The background decides the former, so it is
to be read beside the same of shuffled pairs (the second picture of another code), of blank second pictures, and of
real pairs shuffled. Entropy of the classes that kgen's classifier sees in the first pictures, and their Frechet
distance to test pictures beside that of as many training pictures, tell whether the model draws ten digits at all.
"""

import argparse
import math
import pathlib

import clock
import keras
import mnist
import numpy as np
import timing

import kgen
from kgen.datasets.domains import DOMAINS
from kgen.metrics import foreground, intersection_over_union, pixel_agreement

BATCH, EPOCH, STEPS, LATENT, SHOWN = 64, 100, 5000, 100, 10
PAPER = {"edges": 0, "negative": 1}  # Background of the second domain.


def train(task, steps, width, seed, state):
    """The trained model, with the minutes that its training took."""
    sources = f"a=mnist,b={task}:mnist"
    data, about = kgen.datasets.load_joint(sources, "train", BATCH, paired=False, seed=seed)
    keras.utils.set_random_seed(seed)
    form = {"latent_dim": LATENT, "width": width, "paired": False}
    model = kgen.JointGAN(about.modalities, **form, ema_momentum=0.99, seed=seed)
    model.compile()
    epoch = min(steps, EPOCH)
    return model, clock.fit(model, data, epoch, math.inf, state, epochs=steps // epoch)


def counterparts(task, pictures):
    """The true outlines or negatives of pictures in [0, 1] or 0..255."""
    levels = pictures if pictures.dtype == np.uint8 else np.round(255 * pictures).astype("uint8")
    return DOMAINS[task](levels)


def closeness(task, second, truth):
    """How near second pictures are to what they should be."""
    paper = PAPER[task]
    masks = [foreground(images, paper, 1 - paper) for images in (second, truth)]
    return {
        "pixel_agreement": pixel_agreement(*masks),
        "intersection_over_union": intersection_over_union(*masks),
    }


def rows(task, made, real):
    """The model's pairs, and three things that know nothing of the first picture."""
    truth, real_truth = counterparts(task, made["a"]), counterparts(task, real)
    return {
        "cogan": closeness(task, made["b"], truth),
        "shuffled": closeness(task, np.roll(made["b"], 1, axis=0), truth),
        "blank": closeness(task, np.full_like(made["b"], PAPER[task]), truth),
        "real pairs, shuffled": closeness(task, np.roll(real_truth, 1, axis=0), real_truth),
    }


def first_domain(pictures, real):
    """Whether pictures show ten digits, by kgen's classifier of MNIST."""
    classifier = kgen.metrics.get_extractor("kgen-mnist-v1")
    classes = classifier.probabilities(pictures).argmax(axis=1)
    distance = kgen.metrics.FrechetDistance(classifier)
    distance.update_state(real, pictures)
    shares = np.bincount(classes) / len(classes)
    entropy = -np.sum(shares[shares > 0] * np.log(shares[shares > 0]))
    return {"class_entropy": float(entropy), "frechet_distance": float(distance.result())}


def draw(name, task, model, seed):
    """Draws first pictures, second ones, and what these should be; caption -> file."""
    made = model.generate(2 * SHOWN, seed=seed)
    truth = counterparts(task, made["a"]) / np.float32(255)
    blocks = [np.stack([x[i : i + SHOWN] for x in (made["a"], made["b"], truth)]) for i in (0, SHOWN)]
    cells = np.concatenate(blocks).reshape([-1, *truth.shape[1:]])
    kgen.pictures.save_png(timing.RESULTS / f"{name}.png", kgen.pictures.grid(cells, SHOWN))
    return {f"first picture, second picture, true {task} of the first": f"{name}.png"}


def main(name, task, steps, width, number, seed, state):
    """Trains, judges, draws and records."""
    model, spent = train(task, steps, width, seed, state)
    real, made = mnist.pictures("test", number), model.generate(number, seed=seed)
    table = rows(task, made, real)
    shuffled = {f"shuffled_{key}": value for key, value in table["shuffled"].items()}
    floor = first_domain(mnist.pictures("train", number), real)["frechet_distance"]
    own = {**table["cogan"], **shuffled, **first_domain(made["a"], real), "floor": floor}
    row = {
        "measured": {**own, "training_minutes": spent},
        "row": table,
        "steps": int(model.step),
        "width": width,
        "pairs": number,
        "pictures": draw(name, task, model, seed),
    }
    timing.record(name, row, seed=seed)
    print(row, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", choices=PAPER)
    parser.add_argument("--steps", type=int, default=STEPS, help="another number makes a record of its own")
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=pathlib.Path, help="folder of the training state")
    parser.add_argument("--quick", action="store_true", help="20 steps, a record of its own")
    given = parser.parse_args()
    length = "_quick" if given.quick else "" if given.steps == STEPS else f"_{given.steps}_steps"
    sizes = (20, 4, 100) if given.quick else (given.steps, given.width, given.samples)
    main(f"cogan_mnist_{given.task}{length}", given.task, *sizes, given.seed, given.state)
