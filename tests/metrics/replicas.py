"""What metrics say on two replicas, and on one, in a process of its own."""

import subprocess
import sys

BEFORE = """
import numpy as np, tensorflow as tf
import tests.two_cpus
import kgen, kgen.metrics
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
"""
BETWEEN = """
for make, arrays in cases:
    alone = make()
    alone.update_state(*arrays)
    with strategy.scope():
        metric = make()
    data = strategy.experimental_distribute_dataset(tf.data.Dataset.from_tensor_slices(arrays).batch(batch))
    step = tf.function(lambda batch: strategy.run(metric.update_state, args=batch))
    for _ in range(2):
        metric.reset_state()
        for rows in data:
            step(rows)
        print(float(metric.result()), float(alone.result()))
"""


def values(setup, after=""):
    """Pairs of values on two replicas and on one, two for each case: the second after a reset.

    Args:
        setup: program text that sets `batch`, its size, and `cases`, pairs of a function that makes a metric
            and the arrays that it is updated with.
        after: program text that prints further pairs; `strategy` is there.

    Returns:
        List of lists of floats.
    """
    words = [sys.executable, "-c", BEFORE + setup + BETWEEN + after]
    run = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr[-2000:]
    return [[float(number) for number in line.split()] for line in run.stdout.splitlines()]
