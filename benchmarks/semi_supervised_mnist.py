"""Test errors on MNIST of a classifier that has few labels, with the other pictures and without them.

The protocol of Salimans 2016 (arXiv 1606.03498) and the authors' code: a balanced random choice of labels for each
seed, all 60,000 pictures without labels, batches of 100 of each, Adam(3e-3, beta_1=0.5, epsilon=1e-4), the average
of the parameters after the last epoch, 10,000 test pictures; the paper has 300 epochs. The average reaches back over
an eighteenth of the run, as the paper's 10,000 of 180,000 updates do. Beside it the same network
on the labelled pictures alone: the same noise, first lengths and optimiser, batches of 100, 6,000 updates and their
average at rate 1e-3.

    python benchmarks/semi_supervised_mnist.py --labels 100 --epochs 60 --seeds 0 --state FOLDER
    python benchmarks/semi_supervised_mnist.py --labels 100 --epochs 60 --seeds 0 --state FOLDER --optimizers dai

"dai" has the optimisers with which the authors of Dai 2017 (arXiv 1705.09783) train the same pair: beta_2=0.9999 for
both, and for the generator Adam(1e-3, beta_1=0). G keeps up sooner: its loss is below 1 in the first five epochs, where
it is between 2 and 5 with the others.

A run that was cut goes on from its folder. There is a record for each number of labels and epochs and for each kind of
optimisers, written after each seed over all seeds so far; a seed that is recorded is not run again.
"""

import argparse
import pathlib
import time

import keras
import numpy as np
import tensorflow as tf
import timing

import kgen

BATCH, UPDATES = 100, 6000
MEMORY = 18  # Updates of a run by those that the average reaches back over.
QUANTITIES = ("errors", "supervised_errors", "training_minutes")
OPTIMIZERS = {  # Name -> what differs from the model's own, of each player.
    "salimans": {"generator": {}, "discriminator": {}},
    "dai": {
        "generator": {"learning_rate": 1e-3, "beta_1": 0.0, "beta_2": 0.9999},
        "discriminator": {"beta_2": 0.9999},
    },
}
PUBLISHED = "Salimans 2016, table 1, 300 epochs, ten choices: 20 1677, 50 221, 100 93 (sd 6.5), 200 90 errors"


def read(split):
    """Pictures and labels of a split, in order."""
    data, _ = kgen.datasets.load("mnist", split, labels=True, shuffle=False)
    return tuple(map(np.concatenate, zip(*data.as_numpy_iterator(), strict=True)))


def adam(learning_rate=3e-3, beta_1=0.5, **options):
    """The authors' optimiser; their code adds 1e-8 under the root."""
    return keras.optimizers.Adam(learning_rate, beta_1=beta_1, epsilon=1e-4, **options)


def semi_supervised(train, few, test, epochs, seed, state, optimizers):
    """Errors of the model after the last epoch, and minutes of training."""
    keras.utils.set_random_seed(seed)
    rate = MEMORY * BATCH / (epochs * len(few))
    model = kgen.SemiSupervisedGAN(average_rate=rate, seed=seed)
    model.compile(**{f"{player}_optimizer": adam(**own) for player, own in OPTIMIZERS[optimizers].items()})
    callbacks = [kgen.callbacks.TrainingState(state / f"seed-{seed}", every=300)] if state else []
    start = time.monotonic()
    options = {"validation_data": test, "validation_batch_size": 500, "callbacks": callbacks, "verbose": 2}
    model.fit(train[0], few, batch_size=BATCH, epochs=epochs, **options)
    return errors(model.classify(test[0]), test[1]), round((time.monotonic() - start) / 60, 1)


def supervised(train, few, test, seed):
    """Errors of the same network that has seen the labelled pictures alone."""
    keras.utils.set_random_seed(seed)
    x, y = train[0][few >= 0] / np.float32(255), few[few >= 0]
    network = kgen.networks.weight_normalized.encoder((28, 28, 1), 10)
    kgen.networks.weight_normalized.initialize(network, x)
    optimizer = adam(use_ema=True, ema_momentum=0.999)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(optimizer, loss, jit_compile=True, steps_per_execution=20)
    batches = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x), seed=seed).repeat().batch(BATCH)
    network.fit(batches, steps_per_epoch=UPDATES, epochs=1, verbose=0)
    optimizer.finalize_variable_values(network.trainable_variables)
    return errors(network.predict(test[0] / np.float32(255), batch_size=500, verbose=0), test[1])


def errors(scores, labels):
    """How many pictures are given a wrong class."""
    return int((scores.argmax(axis=1) != labels).sum())


def run(labels, epochs, seeds, state, optimizers):
    """Trains for each seed that is not recorded yet, and records what is known so far."""
    kind = "" if optimizers == "salimans" else f"_{optimizers}"
    name = f"semi_supervised_mnist_{labels}_labels_{epochs}_epochs{kind}"
    train, test = read("train"), read("test")
    runs = timing.recorded(name).get("runs", {})
    for seed in [seed for seed in seeds if f"seed {seed}" not in runs]:
        few = kgen.datasets.few_labels(train[1], labels // 10, seed=seed)
        found, spent = semi_supervised(train, few, test, epochs, seed, state, optimizers)
        alone = supervised(train, few, test, seed)
        runs[f"seed {seed}"] = {"errors": found, "supervised_errors": alone, "training_minutes": spent}
        record(name, runs, {"labels": labels, "epochs": epochs, "test_pictures": len(test[1])})


def record(name, runs, about):
    """Writes all runs so far, and their means."""
    means = {key: float(np.mean([run[key] for run in runs.values()])) for key in QUANTITIES}
    row = {"measured": means, "runs": runs, **about, "published": PUBLISHED}
    timing.record(name, row, seed=", ".join(key.removeprefix("seed ") for key in runs))
    print(row, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--labels", type=int, default=100, help="in all, a multiple of ten")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--optimizers", choices=OPTIMIZERS, default="salimans")
    parser.add_argument("--state", type=pathlib.Path, help="folder of the training states")
    arguments = parser.parse_args()
    run(arguments.labels, arguments.epochs, arguments.seeds, arguments.state, arguments.optimizers)
