"""Means and rows over replicas: two replicas on logical CPUs against the whole batch."""

import subprocess
import sys

PROGRAM = """
import numpy as np, tensorflow as tf
import tests.two_cpus
from kgen import losses, replicas
random = np.random.default_rng(0)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
shapes = ((6, 3), (6, 3), (6, 4), (6, 3), (6, 1))
real, fake, logits, uniform, alpha = [random.normal(size=shape).astype("float32") for shape in shapes]
scores, labels = np.array([2.0, 0.0, 3.0, 2.0, 2.0, -1.0], "float32"), np.array([1, -1, -1, 3, 0, -1])

def value(w, real, fake, logits, uniform, alpha, scores, labels):
    game = losses.feature_matching(real, tf.tanh(fake * w))
    supervised = tf.reduce_mean(losses.supervised_cross_entropy(tf.tanh(logits * tf.reduce_prod(w)), labels))
    points = tf.reduce_mean(losses.dragan_points(real * w, uniform, alpha) ** 2)
    best = tf.reduce_mean(losses.top_k_weights(scores, 0.5) * tf.reduce_sum(fake * w, 1))
    return tf.stack([game, supervised, points, best])

with strategy.scope():
    w = tf.Variable([0.5, -1.0, 2.0])

@tf.function
def gradient_of(index, *data):
    with tf.GradientTape() as tape:
        share = value(w, *data)[index] / replicas.count()
    return tape.gradient(share, w)

data = (real, fake, logits, uniform, alpha, scores, labels)
halves = [strategy.experimental_distribute_values_from_function(
    lambda context, part=part: tf.constant(np.split(part, 2)[context.replica_id_in_sync_group])) for part in data]
found = [strategy.reduce("MEAN", strategy.run(tf.function(value), args=(w, *halves)), axis=None)]
expected = [value(w, *data)]
for index in range(4):
    own = strategy.run(gradient_of, args=(index, *halves))
    found.append(strategy.reduce("SUM", own, axis=None))
    expected.append(gradient_of(index, *data))
for one, two in zip(expected, found, strict=True):
    print(float(np.abs(one - two).max()), float(np.abs(one).min()))
first = strategy.run(tf.function(lambda s: replicas.gathered(s)[0]), args=(halves[5],))
print(*[float(np.abs(rows - scores).max()) for rows in strategy.experimental_local_results(first)])
"""


def test_two_replicas_see_the_whole_batch():
    """Values, and gradients as a step takes them: each replica's share of the loss, summed."""
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=300)
    lines = [[float(number) for number in line.split()] for line in run.stdout.splitlines()]
    assert len(lines) == 6, run.stderr[-3000:]
    assert all(error < 1e-5 and smallest > 1e-3 for error, smallest in lines[:5]), lines
    assert lines[5] == [0.0, 0.0]
