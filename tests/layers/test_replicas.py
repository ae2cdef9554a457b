"""Layers whose weights are normalised, on two replicas: the values and the updates of one."""

import subprocess
import sys

PROGRAM = """
import keras, numpy as np, tensorflow as tf
import tests.two_cpus
import kgen

x = np.random.default_rng(0).normal(size=(8, 6, 6, 1)).astype("float32")

def trained(strategy):
    keras.utils.set_random_seed(0)
    with strategy.scope():
        network = keras.Sequential([
            keras.Input((6, 6, 1)),
            kgen.layers.SpectralNormalization(keras.layers.Conv2D(4, 3, activation="relu")),
            keras.layers.Flatten(),
            kgen.layers.WeightNormalization(keras.layers.Dense(5)),
            kgen.layers.SpectralNormalization(keras.layers.Dense(1)),
        ])
        optimizer = keras.optimizers.SGD(0.05)
        optimizer.build(network.trainable_variables)

    def step(x):
        for layer in kgen.layers.spectral_layers(network):
            layer.power_iteration()
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(network(x, training=True) ** 2) / len(x_all)
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(loss, [v.value for v in variables]), variables)

    x_all = x
    data = strategy.experimental_distribute_dataset(tf.data.Dataset.from_tensors(x).unbatch().batch(8))
    run = tf.function(lambda batch: strategy.run(step, args=(batch,)))
    for _ in range(3):
        for batch in data:
            run(batch)
    return network

one = trained(tf.distribute.get_strategy())
two = trained(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
for a, b in zip(one.weights, two.weights, strict=True):
    parts = [np.asarray(part) for part in getattr(b.value, "values", [b.value])]
    print(max(np.abs(np.asarray(a) - part).max() for part in parts), np.abs(np.asarray(a)).max())
"""


def test_two_replicas_move_as_one():
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=300)
    rows = [[float(number) for number in line.split()] for line in run.stdout.splitlines()]
    assert len(rows) == 11, run.stderr[-2000:]
    assert all(difference < 1e-5 < size for difference, size in rows), rows
