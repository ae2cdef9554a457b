"""Negative log-likelihood of the VAE and of the importance-weighted one on dynamically binarised MNIST.

The protocol of Burda 2016 (arXiv 1509.00519): 784-200-200 tanh, 50 latents, pixels drawn anew in every batch, the
test set drawn once, 5,000 importance samples a picture. Here: all 60,000 training pictures, batches of 100,
Adam(epsilon 1e-4) with a cosine decay from 1e-3, or 2e-3 in `hour`, instead of 3,280 epochs in eight rounds.

    python benchmarks/vae_mnist.py vae       k = 1, 100 epochs
    python benchmarks/vae_mnist.py iwae      k = 5, 100 epochs
    python benchmarks/vae_mnist.py hour      k = 5, 480 epochs, which fit into an hour on two cores
"""

import argparse
import time

import keras
import numpy as np
import timing

import kgen

SEED, BATCH = 0, 100
RUNS = {"vae": (1, 100, 1e-3), "iwae": (5, 100, 1e-3), "hour": (5, 480, 2e-3)}
PUBLISHED = "Burda 2016, table 1, one stochastic layer, 3,280 epochs: k=1 86.76, k=5 85.54"


def build(importance_samples, learning_rate, num_steps, train_mean):
    """The paper's network, compiled."""
    model = kgen.VAE(
        (28, 28, 1),
        latent_dim=50,
        hidden_units=(200, 200),
        activation="tanh",
        binarization="dynamic",
        importance_samples=importance_samples,
        seed=SEED,
    )
    model.decoder.layers[-3].bias.assign(np.log(train_mean / (1 - train_mean)).ravel())
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, num_steps, alpha=0.01)
    model.compile(keras.optimizers.Adam(rate, epsilon=1e-4))
    return model


def run(name, epochs=None):
    """Trains, estimates and records one row."""
    importance_samples, usual, learning_rate = RUNS[name]
    epochs = epochs or usual
    keras.utils.set_random_seed(SEED)
    train, _ = kgen.datasets.load("mnist", "train", batch_size=BATCH, seed=SEED)
    test = np.concatenate(list(kgen.datasets.load("mnist", "test")[0].as_numpy_iterator()))
    pictures = np.concatenate(list(train.as_numpy_iterator()))
    mean = np.clip(pictures.mean(axis=0) / 255, 1e-3, 1 - 1e-3)
    model = build(importance_samples, learning_rate, epochs * train.steps_per_epoch, mean)
    start = time.monotonic()
    history = model.fit(train, epochs=epochs, verbose=2).history["loss"]
    training = (time.monotonic() - start) / 60
    nats = -model.log_likelihood(test, num_samples=5000, batch_size=50, samples_at_a_time=100)
    row = {
        "measured": {"nats": round(float(nats.mean()), 3), "training_minutes": round(training, 1)},
        "standard_error": round(float(nats.std() / np.sqrt(len(nats))), 3),
        "importance_samples": importance_samples,
        "epochs": epochs,
        "learning_rate": learning_rate,
        "training_bound": round(history[-1], 3),
        "test_pictures": len(nats),
        "published": PUBLISHED,
    }
    timing.record(f"vae_mnist_{name}", row, seed=SEED)
    print(row, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", choices=RUNS)
    parser.add_argument("--epochs", type=int)
    arguments = parser.parse_args()
    run(arguments.run, arguments.epochs)
