"""VideoGAN on moving MNIST: how digits move and whether they stay the same digits, beside two cheats and real clips.

    python benchmarks/video_mnist.py [--minutes 60] [--width 24] [--samples 1000] [--seed 0] [--state FOLDER] [--quick]

Clips of 12 frames, 32 x 32: MNIST's digits on 20 x 20 pixels, which fly at 1 to 3 pixels per frame and bounce off the
edges. The model is MoCoGAN (Tulyakov 2018, arXiv 1707.04993) of a smaller width. Its discriminators are those of Miyato
2018 (arXiv 1802.05957), hinge loss and spectral instead of batch normalisation: the paper's own win at once here, and
the generator draws no more than blots after 2,700 steps. They keep the paper's Adam(2e-4); the generator's is faster,
5e-4. The content code has 20 numbers instead of 50, and the motion code 4 instead of 10, a place and a velocity.
Batches of 8 clips, 4 frames of each for the picture discriminator: an hour has 16,000 such steps, and 6,200 with
batches of 32. It trains for so many minutes of wall time, evaluations not counted; a run that was cut goes on from its
folder, and the minutes before the cut count.

Judged beside test clips: the speed and the acceleration of the ink's centroid (Wasserstein distances to those of the
test clips, in pixels per frame), and whether a classifier gives all frames of a clip the same class. The classifier is
kgen's small one, trained on frames of real clips. Beside the model stand as many training clips (the floor), and two
cheats that each fool one of the measures: the first frame of test clips repeated, and their frames in another order.
"Content held" is the share of contents that keep their class in four motions; "motion held" the correlation of the
centroids' paths of two contents under one motion, beside that of two motions.
"""

import argparse
import pathlib

import clock
import keras
import numpy as np
import timing

import kgen

FRAMES, SIDE, BATCH, STEPS = 12, 32, 8, 100  # Steps of an epoch, after which the clock is looked at.
CONTENTS, MOTIONS = 100, 4
PICTURES = {
    "samples, a row each": "samples.png",
    "samples": "samples.gif",
    "one content, four motions": "content_held.png",
    "one motion, four contents": "motion_held.png",
    "contents (rows) and motions (columns)": "combined.gif",
}


def clips(split, number, labels=False):
    """The first clips of a split, and their labels where they are asked for."""
    data, _ = kgen.datasets.load_clips(
        "moving:mnist", split, FRAMES, SIDE, shuffle=False, labels=labels, num_examples=number
    )
    parts = list(data.as_numpy_iterator())
    return tuple(map(np.concatenate, zip(*parts, strict=True))) if labels else np.concatenate(parts)


def frame_classifier(number, seed):
    """kgen's small classifier, trained on frames of real clips, and how often it is right about held-out ones."""
    sets = [clips(split, size, labels=True) for split, size in (("train", number), ("test", number // 10))]
    (x, y), (test, wanted) = ((x[:, ::4].reshape([-1, SIDE, SIDE, 1]), np.repeat(y, 3)) for x, y in sets)
    classifier = kgen.metrics.train_classifier(x, y, epochs=4, seed=seed, shift=0)
    return classifier, classifier.accuracy(test, wanted)


def train(minutes, steps, width, seed, state):
    """The trained model, with the minutes that its training took."""
    data, about = kgen.datasets.load_clips("moving:mnist", "train", FRAMES, SIDE, BATCH, seed=seed)
    keras.utils.set_random_seed(seed)
    judges = {"loss": "hinge", "spectral_normalization": True, "discriminator_normalization": None}
    codes = {"content_dim": 20, "motion_dim": 4}
    model = kgen.VideoGAN(
        about.shape, width=width, judged_frames=4, ema_momentum=0.999, seed=seed, **codes, **judges
    )
    model.compile(generator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5))
    return model, clock.fit(model, data, steps, minutes, state)


def judged(made, real, classifier):
    """What is said of clips beside test clips."""
    motion, kept = kgen.metrics.motion_distances(made, real), kgen.metrics.class_consistency(classifier, made)
    metric = kgen.metrics.FrechetDistance(classifier)
    for first in range(0, len(real), 50):
        metric.update_state(*(x[first : first + 50].reshape([-1, SIDE, SIDE, 1]) for x in (real, made)))
    return {**motion, **kept, "frame_frechet_distance": float(metric.result())}


def rows(model, real, number, classifier, seed):
    """The same of the model, of training clips and of two cheats."""
    random = np.random.default_rng(seed)
    orders = np.stack([random.permutation(FRAMES) for _ in real])
    sets = {
        "videogan": model.generate(number, seed=seed),
        "real": clips("train", number),
        "still": np.repeat(real[:, :1], FRAMES, axis=1),
        "shuffled": np.take_along_axis(real, orders[:, :, None, None, None], axis=1),
    }
    return {name: judged(made, real, classifier) for name, made in sets.items()}


def held(model, classifier, seed):
    """How much of the content stays when the motion changes, and of the motion when the content changes."""
    made = model.combined(CONTENTS, MOTIONS, seed)
    probabilities = classifier.probabilities(made.reshape([-1, SIDE, SIDE, 1]))
    mean = probabilities.reshape([CONTENTS, MOTIONS, FRAMES, -1]).mean(axis=2)
    classes = mean.argmax(axis=-1)
    paths = kgen.metrics.centroids(made.reshape([-1, *made.shape[2:]])).reshape(
        [CONTENTS, MOTIONS, FRAMES, 2]
    )
    paths = np.nan_to_num(paths - np.nanmean(paths, axis=2, keepdims=True))
    others = np.roll(paths, 1, axis=0)  # Another content.
    return {
        "content_held_same_class": float(np.mean((classes == classes[:, :1]).all(axis=1))),
        "motion_held_correlation": _correlation(paths, others),
        "motion_changed_correlation": _correlation(paths, np.roll(others, 1, axis=1)),
    }


def _correlation(first, second):
    """Mean correlation of two sets of paths [..., frames, 2] around their means."""
    products, squares = (
        (first * second).sum(axis=(-2, -1)),
        [(x**2).sum(axis=(-2, -1)) for x in (first, second)],
    )
    return float(np.mean(products / np.sqrt(np.maximum(squares[0] * squares[1], 1e-12))))


def draw(name, model, seed):
    """Writes samples, contents in several motions and motions with several contents; caption -> file."""
    samples, made = model.generate(16, seed=seed), model.combined(4, 4, seed)
    strips = {"samples": samples[:8], "content_held": made[0], "motion_held": made[:, 0]}
    grids = {"samples": samples, "combined": made.reshape([16, *made.shape[2:]])}
    for part, found in strips.items():
        kgen.pictures.save_png(timing.RESULTS / f"{name}_{part}.png", kgen.pictures.strip(found))
    for part, found in grids.items():
        frames = kgen.pictures.moving_grid(found)
        kgen.pictures.save_gif(timing.RESULTS / f"{name}_{part}.gif", frames, 0.1, 0.1)
    return {caption: f"{name}_{file}" for caption, file in PICTURES.items()}


def main(name, minutes, steps, width, number, examples, seed, state):
    """Trains, judges, draws and records."""
    model, spent = train(minutes, steps, width, seed, state)
    classifier, accuracy = frame_classifier(examples, seed)
    table = rows(model, clips("test", number), number, classifier, seed)
    own = {**table["videogan"], **held(model, classifier, seed), "classifier_accuracy": accuracy}
    row = {
        "measured": {**own, "training_minutes": spent},
        "row": table,
        "steps": int(model.step),
        "width": width,
        "clips": number,
        "pictures": draw(name, model, seed),
    }
    timing.record(name, row, seed=seed)
    print(row, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--width", type=int, default=24)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=pathlib.Path, help="folder of the training state")
    parser.add_argument("--quick", action="store_true", help="20 steps on few clips, a record of its own")
    given = parser.parse_args()
    if given.quick:
        main("video_mnist_quick", 0, 20, 4, 60, 600, given.seed, given.state)
    else:
        sizes = (given.width, given.samples, 10_000)
        main("video_mnist", given.minutes, STEPS, *sizes, given.seed, given.state)
