"""JointGAN of a picture, a sound and a label of the same digit: whether the three parts of a sample belong together.

    python benchmarks/joint_digits.py [--minutes 20] [--width 16] [--slice-length 2048] [--sample-rate 4000]
        [--samples 1000] [--seed 0] [--state FOLDER] [--quick]

Pictures of MNIST and half a second of the Free Spoken Digit Dataset, at 4 kHz instead of 8, recordings 0 to 4 of each
speaker and digit held out. A row of the data is a picture, a recording of the same digit, drawn in each epoch anew, and
the digit. `kgen.JointGAN` makes all three of one code (weight sharing after Liu & Tuzel 2016, arXiv 1606.07536):
batches of 64, Adam(5e-4, beta_1=0.5, beta_2=0.9), minibatch discrimination in the judge of the tuple, without which all
samples are alike for thousands of steps, samples of the moving average (0.99) of the generator. It trains for so many
minutes of wall time, evaluations not counted; a run that was cut goes on from its folder, and the minutes before the
cut count.

A classifier of pictures (kgen's, of MNIST) and one of log-mel spectrograms, trained on the training recordings, tell
which digit each part shows. Said is the share of samples on which two parts agree; beside it the same share with the
parts of other samples (chance), and of held-out rows, test digits with held-out recordings of their class (the ceiling:
both classifiers err). Samples that are all of one digit agree too, so that the entropy of the classes stands beside.
"""

import argparse
import itertools
import pathlib

import clock
import keras
import numpy as np
import timing

import kgen

SOURCES, BATCH, STEPS, SHOWN = "picture=mnist,sound=spoken_digit,label", 64, 50, 10


def train(minutes, steps, width, form, seed, state):
    """The trained model, with the minutes that its training took."""
    data, about = kgen.datasets.load_joint(SOURCES, "train", BATCH, **form, seed=seed)
    keras.utils.set_random_seed(seed)
    options = {"minibatch_discrimination": 16, "ema_momentum": 0.99, "seed": seed}
    model = kgen.JointGAN(about.modalities, width=width, **options)
    model.compile(*(keras.optimizers.Adam(5e-4, 0.5, 0.9) for _ in model.players()))
    return model, clock.fit(model, data, steps, minutes, state)


def held_out(number, form):
    """Rows of test digits and held-out recordings: dict name -> array."""
    data, _ = kgen.datasets.load_joint(SOURCES, "test", **form, num_examples=number)
    parts = list(data.as_numpy_iterator())
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


class Judges:
    """Tells the digits of examples: of pictures and of sounds by a classifier, of labels as they are."""

    def __init__(self, form, epochs, seed):
        data, about = kgen.datasets.load_sounds("spoken_digit", "train", **form, shuffle=False, labels=True)
        x, labels = map(np.concatenate, zip(*data.as_numpy_iterator(), strict=True))
        self.rate = about.sample_rate
        self.of_pictures = kgen.metrics.get_extractor("kgen-mnist-v1")
        self.of_sounds = kgen.metrics.train_sound_classifier(x, labels, self.rate, epochs, seed)

    def classes(self, examples):
        """Dict name -> digits [n]."""
        heard = kgen.metrics.hearing.sound_pictures(examples["sound"], self.rate)
        return {
            "picture": self.of_pictures.probabilities(examples["picture"]).argmax(axis=1),
            "sound": self.of_sounds.probabilities(heard).argmax(axis=1),
            "label": examples["label"],
        }


def agreement(classes):
    """Share of samples on which two parts agree, for each two, and all three."""
    pairs = list(itertools.combinations(classes, 2))
    same = {f"{a}_{b}": classes[a] == classes[b] for a, b in pairs}
    return {name: float(np.mean(part)) for name, part in {**same, "all": np.all([*same.values()], 0)}.items()}


def shuffled(classes):
    """The parts of other rows: of the k-th part those k rows above."""
    return {name: np.roll(found, k) for k, (name, found) in enumerate(classes.items())}


def entropy(classes):
    """Of the classes of samples, in nats; ln 10 = 2.303 where all are as frequent."""
    shares = np.bincount(classes) / len(classes)
    return float(-np.sum(shares[shares > 0] * np.log(shares[shares > 0])))


def draw(name, model, seed):
    """Draws pictures above the spectrograms of their sounds, ordered by label; caption -> file."""
    made = model.generate(2 * SHOWN, seed=seed)
    order = np.argsort(made["label"], kind="stable")
    heard = kgen.sounds.log_mel_pictures(made["sound"][order], model.modalities["sound"].sample_rate)
    seen = np.round(255 * made["picture"][order]).astype("uint8").repeat(2, axis=1).repeat(2, axis=2)
    room = heard.shape[2] - seen.shape[2]
    seen = np.pad(seen, [(0, 0), (0, 0), (room // 2, room - room // 2), (0, 0)])
    kgen.pictures.save_png(
        timing.RESULTS / f"{name}.png", kgen.pictures.grid(np.concatenate([seen, heard], 1), SHOWN)
    )
    labels = " ".join(str(label) for label in made["label"][order])
    return {f"pictures above spectrograms of their sounds, of the labels {labels}": f"{name}.png"}


def main(name, minutes, steps, width, form, number, epochs, seed, state):
    """Trains, judges, draws and records."""
    model, spent = train(minutes, steps, width, form, seed, state)
    judges, real = Judges(form, epochs, seed), held_out(number, form)
    made, truth = judges.classes(model.generate(number, seed=seed)), judges.classes(real)
    table = {"jointgan": made, "shuffled": shuffled(made), "held out": truth}
    table = {row: agreement(classes) for row, classes in table.items()}
    row = {
        "measured": {
            **table["jointgan"],
            "shuffled_picture_sound": table["shuffled"]["picture_sound"],
            "held_out_picture_sound": table["held out"]["picture_sound"],
            **{f"{part}_entropy": entropy(classes) for part, classes in made.items()},
            "training_minutes": spent,
        },
        "share of samples on which parts agree": table,
        "steps": int(model.step),
        "width": width,
        **form,
        "samples": number,
        "pictures": draw(name, model, seed),
    }
    timing.record(name, row, seed=seed)
    print(row, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--slice-length", type=int, default=2048)
    parser.add_argument("--sample-rate", type=int, default=4000)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=pathlib.Path, help="folder of the training state")
    parser.add_argument("--quick", action="store_true", help="20 steps on few samples, a record of its own")
    given = parser.parse_args()
    form = {"slice_length": given.slice_length, "sample_rate": given.sample_rate}
    if given.quick:
        main("joint_digits_quick", 0, 20, 4, form, 100, 1, given.seed, given.state)
    else:
        sizes = (given.width, form, given.samples, kgen.metrics.hearing.EPOCHS)
        main("joint_digits", given.minutes, STEPS, *sizes, given.seed, given.state)
