"""Real pictures of MNIST, which samples are judged beside."""

import itertools

import numpy as np

import kgen


def pictures(split, number):
    """The first pictures of a split."""
    batches = kgen.datasets.load("mnist", split, shuffle=False, batch_size=500)[0]
    return np.concatenate(list(itertools.islice(batches.as_numpy_iterator(), -(-number // 500))))[:number]
