"""Rebuilds the two classifiers that kgen ships as feature extractors.

    python benchmarks/extractors.py mnist|digits

mnist reads the TFDS data set `mnist` (TFDS_DATA_DIR tells where), digits is part of scikit-learn, every 5th
example held out. The result goes to kgen/metrics/weights/. Same seed, same accuracy; not the same bits on
another machine, since the order of floating-point sums differs.
"""

import argparse
import datetime
import time
from pathlib import Path

import keras
import numpy as np
import sklearn
import tensorflow as tf
import tensorflow_datasets as tfds
from sklearn.datasets import load_digits

from kgen.metrics import train_classifier

WEIGHTS = Path(__file__).parents[1] / "kgen" / "metrics" / "weights"
SEED = 0


def mnist():
    """Pictures and labels of the training and the test split."""
    train, test = (tfds.as_numpy(tfds.load("mnist", split=s, batch_size=-1)) for s in ("train", "test"))
    return (train["image"], train["label"]), (test["image"], test["label"])


def digits():
    """Pictures 0..16 as uint8 0..255; every 5th example is the test split."""
    data = load_digits()
    images = np.round(data.images * (255 / 16)).astype("uint8")[..., None]
    held_out = np.arange(len(images)) % 5 == 0
    return [(images[part], data.target[part]) for part in (~held_out, held_out)]


SETS = {
    "mnist": (mnist, {"epochs": 8}, "10,000 pictures of MNIST's test split"),
    "digits": (digits, {"epochs": 60}, "every 5th of scikit-learn's 1,797 digits"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", choices=SETS)
    dataset = parser.parse_args().dataset
    load, options, test_set = SETS[dataset]
    (images, labels), test = load()
    start = time.perf_counter()
    extractor = train_classifier(images, labels, seed=SEED, name=f"kgen-{dataset}-v1", verbose=2, **options)
    extractor.card |= {
        "script": f"python benchmarks/extractors.py {dataset}",
        "date": datetime.date.today().isoformat(),
        "minutes": round((time.perf_counter() - start) / 60, 2),
        "versions": {m.__name__: m.__version__ for m in (tf, keras, np, sklearn, tfds)},
        "test_set": test_set,
        "test_accuracy": extractor.accuracy(*test),
    }
    extractor.save(WEIGHTS / extractor.name)
    print(f"{extractor.name}: {extractor.card['test_accuracy']:.4%} on {test_set}")


if __name__ == "__main__":
    main()
