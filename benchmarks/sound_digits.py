"""WaveGAN on spoken digits: whether a classifier hears digits, and as many of them as in real recordings.

    python benchmarks/sound_digits.py [--minutes 60] [--width 16] [--slice-length 4096] [--samples 1000] [--seed 0]
        [--state FOLDER] [--quick]

Half a second of the Free Spoken Digit Dataset at 8 kHz, recordings 0 to 4 of each speaker and digit held out. The
model is WaveGAN (Donahue 2019, arXiv 1802.04208) of a smaller width and length, without classes. An hour of two cores
is short: the paper's five critic steps of 64 sounds for each generator step leave 2,100 of these. So the critic takes
one, of 16 sounds, and learns twice as fast instead (Heusel 2017, arXiv 1706.08500): Adam(4e-4) and Adam(2e-4), with the
paper's betas, penalty and phase shuffle. Samples come from the moving average (0.999) of the generator, which leaves
the training as it is; the last weights stand beside it. It trains for so many minutes of wall time, evaluations not
counted; a run that was cut goes on from its folder, and the minutes before the cut count.

Judged by `kgen.metrics.sound_scores`: a small classifier of log-mel spectrograms, trained on the training recordings,
whose accuracy on held-out ones stands in the record; its inception score, as a ratio to that of held-out recordings;
the Frechet distance in its features; nearest neighbours. Beside the model stand held-out recordings, training ones
(the floor), and a naive baseline: noise of their mean spectrum with random phases. All values are means over groups
of as many sounds as are held out. A classifier knows the recordings that it was trained on better than others, so
that the floor, training against held-out ones, is not the lowest value that there can be.
"""

import argparse
import pathlib

import clock
import keras
import numpy as np
import timing

import kgen

SOURCE, BATCH, STEPS = "spoken_digit", 16, 50  # Steps of an epoch, after which the clock is looked at.
SHOWN = 8  # Sounds of a row of the picture.


def train(minutes, steps, width, slice_length, seed, state):
    """The trained model, with the minutes that its training took."""
    data, about = kgen.datasets.load_sounds(SOURCE, "train", slice_length, batch_size=BATCH, seed=seed)
    keras.utils.set_random_seed(seed)
    options = {"discriminator_steps": 1, "ema_momentum": 0.999, "seed": seed}
    model = kgen.WaveGAN(slice_length, about.sample_rate, width=width, **options)
    model.compile(
        generator_optimizer=keras.optimizers.Adam(2e-4, 0.5, 0.9),
        discriminator_optimizer=keras.optimizers.Adam(4e-4, 0.5, 0.9),
    )
    return model, clock.fit(model, data, steps, minutes, state)


def recordings(split, slice_length):
    """The recordings of a split [n, slice_length], and their digits."""
    data, _ = kgen.datasets.load_sounds(SOURCE, split, slice_length, shuffle=False, labels=True)
    x, labels = map(np.concatenate, zip(*data.as_numpy_iterator(), strict=True))
    return x[..., 0], labels


def rows(sets, data, rate, classifier):
    """What is said of sets of sounds, beside the recordings themselves; no distance of a set to itself."""
    train, real = (data[split][0] for split in ("train", "test"))
    sets = {**sets, "held out": real, "train": train}
    table = {name: kgen.metrics.sound_scores(x, train, real, rate, classifier) for name, x in sets.items()}
    del table["held out"]["frechet_distance"], table["train"]["distance_to_train"]
    return table


def last(model, number, seed):
    """Samples of the last weights in place of their moving average."""
    codes = model.draw(kgen.noise.rows(seed, number))
    return np.concatenate([model.generator(part) for part in np.array_split(codes, -(-number // BATCH))])


def draw(name, model, real, seed):
    """Draws samples, and real recordings below them; caption -> file."""
    shown = np.concatenate([model.generate(SHOWN, seed=seed), real[:: len(real) // SHOWN][:SHOWN]])
    picture = kgen.sounds.sheet(shown, model.sample_rate, SHOWN)
    kgen.pictures.save_png(timing.RESULTS / f"{name}.png", picture)
    return {"samples (above) and held-out recordings (below)": f"{name}.png"}


def main(name, minutes, steps, width, slice_length, number, epochs, seed, state):
    """Trains, judges, draws and records."""
    model, spent = train(minutes, steps, width, slice_length, seed, state)
    data, rate = {split: recordings(split, slice_length) for split in ("train", "test")}, model.sample_rate
    classifier = kgen.metrics.train_sound_classifier(*data["train"], rate, epochs, seed)
    sets = {
        "wavegan": model.generate(number, seed=seed),
        "wavegan, last weights": last(model, number, seed),
        "random phase": kgen.metrics.random_phase(data["train"][0], number, seed),
    }
    table = rows(sets, data, rate, classifier)
    own, noise = table["wavegan"], table["random phase"]
    pictures = kgen.metrics.hearing.sound_pictures(data["test"][0], rate)
    row = {
        "measured": {
            **own,
            "floor": table["train"]["frechet_distance"],
            "frechet_by_noise": own["frechet_distance"] / noise["frechet_distance"],
            "score_by_noise": own["classifier_score"] / noise["classifier_score"],
            "classifier_accuracy": classifier.accuracy(pictures, data["test"][1]),
            "training_minutes": spent,
        },
        "row": table,
        "steps": int(model.step),
        "width": width,
        "slice_length": slice_length,
        "sounds": number,
        "pictures": draw(name, model, data["test"][0], seed),
    }
    timing.record(name, row, seed=seed)
    print(row, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--slice-length", type=int, default=4096)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=pathlib.Path, help="folder of the training state")
    parser.add_argument("--quick", action="store_true", help="20 steps on few sounds, a record of its own")
    given = parser.parse_args()
    if given.quick:
        main("sound_digits_quick", 0, 20, 4, 1024, 250, 2, given.seed, given.state)
    else:
        sizes = (given.width, given.slice_length, given.samples, kgen.metrics.hearing.EPOCHS)
        main("sound_digits", given.minutes, STEPS, *sizes, given.seed, given.state)
