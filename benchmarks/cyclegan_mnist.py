"""CycleGAN between MNIST and domains whose truth is known: nearness to it, labels kept, ablations.

    python benchmarks/cyclegan_mnist.py edges|colour|digits [--steps 8000] [--rows cyclegan no_cycle ...] \\
        [--state FOLDER] [--quick]

`edges` and `colour`: every second training picture of MNIST stands in A, the outlines or the colour-inverted and
tinted negatives of the others in B, 32 x 32, so that no picture's counterpart is in the data. The 10,000 test pictures
are translated in both directions and compared with their counterparts: PSNR, pixel agreement and intersection over
union of the foreground, each beside the same of shuffled pairs. `digits`: MNIST and scikit-learn's digits, two real
data sets, as CyCADA has MNIST and USPS (Hoffman 2018, arXiv 1711.03213). Accuracy is that of kgen's small classifier,
which was trained on the real target domain (its training split), on translated test pictures; beside it on
untranslated ones (source only) and on real ones of the target. A confusion matrix tells a permutation of the classes
from mistakes.

The networks are small: width 16, three residual blocks, discriminators of 34 x 34 patches; batches of 8,
Adam(2e-4, beta_1=0.5), constant for the first half and linear to zero in the second. Everything else is the paper's
(Zhu 2017, arXiv 1703.10593), and the other rows leave out one part each. A run that was cut goes on from its folder; a
row that is recorded is not run again.
"""

import argparse
import pathlib
import time

import keras
import numpy as np
import timing

import kgen
from kgen.datasets.domains import DOMAINS
from kgen.metrics import foreground, intersection_over_union, peak_signal_to_noise, pixel_agreement

SIDE, BATCH, WIDTH, BLOCKS, LAYERS, RATE, STEPS = 32, 8, 16, 3, 2, 2e-4, 8000
ROWS = {
    "cyclegan": {},
    "no_cycle": {"cycle_weight": 0.0},
    "no_identity": {"identity_weight": 0.0},
    "no_pool": {"pool_size": 0},
}
SIDES = {
    "edges": ("digits_pair:edges:mnist", None),
    "colour": ("digits_pair:colour:mnist", None),
    "digits": ("mnist", "digits"),
}
PUBLISHED = (
    "CyCADA (Hoffman 2018, arXiv 1711.03213), MNIST and USPS: 95.6 and 96.5 %, source only 82.2 and 69.6 %"
)


class Domain:
    """Labelled pictures of one domain, and the classifier that was trained on them."""

    def __init__(self, images, labels, test_images, test_labels, seed):
        self.test, self.labels = test_images, test_labels
        self.classifier = kgen.metrics.train_classifier(images, labels, seed=seed)

    def classes(self, images):
        """The class of each picture."""
        return self.classifier.probabilities(images).argmax(axis=1)


def domains(task, seed):
    """Both domains, "a" and "b"."""
    a, b = SIDES[task]
    splits = [(_known(a, split) if b is None else _real(a, b, split)) for split in ("train", "test")]
    parts = {side: [part for split in splits for part in split[side]] for side in "ab"}
    return {side: Domain(*part, seed) for side, part in parts.items()}


def _known(source, split):
    truth = kgen.datasets.pair_truth(source, split, SIDE)
    return {"a": (truth.a, truth.labels), "b": (truth.b, truth.labels)}


def _real(a, b, split):
    return {side: _labelled(source, split) for side, source in (("a", a), ("b", b))}


def _labelled(source, split):
    data, _ = kgen.datasets.load(source, split, labels=True, shuffle=False, image_size=SIDE, batch_size=100)
    return tuple(map(np.concatenate, zip(*data.as_numpy_iterator(), strict=True)))


def train(task, options, steps, seed, state):
    """The trained model, and minutes of training."""
    data, description = kgen.datasets.load_pair(*SIDES[task], batch_size=BATCH, image_size=SIDE, seed=seed)
    keras.utils.set_random_seed(seed)
    form = {"residual_blocks": BLOCKS, "width": WIDTH, "discriminator_layers": LAYERS, "seed": seed}
    model = kgen.CycleGAN(description.shape, **form, **options)
    model.compile(_optimizer(steps), _optimizer(steps))
    callbacks = [kgen.callbacks.TrainingState(state, every=steps // 20)] if state else []
    start = time.monotonic()
    model.fit(data, epochs=10, steps_per_epoch=steps // 10, callbacks=callbacks, verbose=2)
    return model, round((time.monotonic() - start) / 60, 1)


def _optimizer(steps):
    return keras.optimizers.Adam(kgen.optimizers.LinearDecay(RATE, steps // 2, steps // 2), beta_1=0.5)


def measure(task, model, sides):
    """Numbers of both directions, and both confusion matrices."""
    measured, confusion = {}, {}
    for there, back in ("ab", "ba"):
        way, labels = there + back, sides[there].labels
        made = model.translate(sides[there].test, way, batch_size=250)
        found = sides[back].classes(made)
        confusion[way] = counted(labels, found)
        measured[f"accuracy_{way}"] = float(np.mean(found == labels))
        measured[f"classes_kept_{way}"] = int(np.sum(confusion[way].argmax(axis=1) == np.arange(10)))
        measured |= closeness(task, way, made, sides[back].test)
    return measured, confusion


def closeness(task, way, made, truth):
    """How near translations are to their counterparts, where these are known."""
    if task not in DOMAINS:
        return {}
    colours = [DOMAINS[task](np.full([1, 1, 1, 1], grey, "uint8"))[0, 0, 0] / 255 for grey in (0, 255)]
    paper, ink = (0, 1) if way[1] == "a" or task == "edges" else colours
    masks = [foreground(images, paper, ink) for images in (made, truth)]
    return {
        f"psnr_{way}": peak_signal_to_noise(made, truth),
        f"pixel_agreement_{way}": pixel_agreement(*masks),
        f"intersection_over_union_{way}": intersection_over_union(*masks),
    }


def counted(labels, found):
    """Confusion matrix [true class, class that was found]."""
    matrix = np.zeros([10, 10], int)
    np.add.at(matrix, (labels, found), 1)
    return matrix


def beside(task, sides, seed):
    """What the numbers are to be read beside: source only, real pictures of the target, shuffled pairs."""
    rows = {"untranslated": {}, "shuffled": {}, "real": {}}
    for there, back in ("ab", "ba"):
        ours, theirs, key = sides[there], sides[back], f"accuracy_{there}{back}"
        rows["untranslated"][key] = float(np.mean(theirs.classes(ours.test) == ours.labels))
        rows["real"][key] = float(np.mean(theirs.classes(theirs.test) == theirs.labels))
        mixed = np.random.default_rng(seed).permutation(len(theirs.test))
        rows["shuffled"] |= closeness(task, there + back, theirs.test[mixed], theirs.test)
    return rows


def sheet(model, sides):
    """Rows of a test picture, its translation and the way back, from a and then from b."""
    columns = []
    for there, back in ("ab", "ba"):
        x = sides[there].test[:12] / np.float32(255)
        made = model.translate(x, there + back)
        columns += [x, made, model.translate(made, back + there)]
    return kgen.pictures.grid(np.stack(columns, axis=1).reshape([-1, *x.shape[1:]]), columns=len(columns))


def run(name, task, rows, steps, seed, state):
    """Trains the rows that are not recorded, and records what is known after each."""
    sides = domains(task, seed)
    runs, limits = timing.recorded(name).get("runs", {}), beside(task, sides, seed)
    for row in [row for row in rows if row not in runs]:
        model, minutes = train(task, ROWS[row], steps, seed, state / task / row if state else None)
        measured, confusion = measure(task, model, sides)
        tables = {way: matrix.tolist() for way, matrix in confusion.items()}
        runs[row] = {"measured": {**measured, "training_minutes": minutes}, "confusion": tables}
        kgen.pictures.save_png(timing.RESULTS / f"{name}_{row}.png", sheet(model, sides))
        record(name, runs, limits, steps, seed)


def record(name, runs, limits, steps, seed):
    """Writes all rows so far; `measured` is the whole model's."""
    rows = {row: found["measured"] for row, found in runs.items()} | {k: v for k, v in limits.items() if v}
    whole = runs.get("cyclegan", {"measured": {}, "confusion": {}})
    row = {
        "measured": whole["measured"],
        "row": rows,
        **{f"true_class_of_{way}": table(matrix) for way, matrix in whole["confusion"].items()},
        "steps": steps,
        "pictures": {f"{row}, both ways: input, translation, cycle": f"{name}_{row}.png" for row in runs},
        "runs": runs,
    }
    timing.record(name, row, seed=seed)
    print({"steps": steps, **rows}, flush=True)


def table(matrix):
    """A confusion matrix as a table: a row for each true class, a column for each that was found."""
    return {
        str(true): {f"found {k}": number for k, number in enumerate(line)} for true, line in enumerate(matrix)
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", choices=SIDES)
    parser.add_argument("--steps", type=int, default=STEPS, help="another number makes a record of its own")
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=["cyclegan", "no_cycle", "no_identity"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=pathlib.Path, help="folder of the training states")
    parser.add_argument("--quick", action="store_true", help="40 steps, a record of its own")
    given = parser.parse_args()
    steps = 40 if given.quick else given.steps
    length = "_quick" if given.quick else "" if steps == STEPS else f"_{steps}_steps"
    run(f"cyclegan_mnist_{given.task}{length}", given.task, given.rows, steps, given.seed, given.state)
