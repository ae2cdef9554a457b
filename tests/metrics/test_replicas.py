import subprocess
import sys

PROGRAM = """
import numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import kgen, kgen.metrics
generator = np.random.default_rng(0)
real, fake = generator.integers(0, 256, (49, 8, 8, 1)), generator.integers(30, 200, (49, 8, 8, 1))
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
data = strategy.experimental_distribute_dataset(tf.data.Dataset.from_tensor_slices((real, fake)).batch(8))
for kind, options in ((kgen.metrics.FrechetDistance, {}), (kgen.metrics.KernelDistance, {}),
                      (kgen.metrics.KernelDistance, {"max_samples": 16}), (kgen.metrics.Density, {})):
    alone = kind("kgen-digits-v1", **options)
    alone.update_state(real, fake)
    with strategy.scope():
        metric = kind("kgen-digits-v1", **options)
    step = tf.function(lambda batch: strategy.run(metric.update_state, args=batch))
    for _ in range(2):
        metric.reset_state()
        for batch in data:
            step(batch)
        print(float(metric.result()), float(alone.result()))
"""


def test_two_replicas_give_the_value_of_one():
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=300)
    rows = [[float(number) for number in line.split()] for line in run.stdout.splitlines()]
    assert len(rows) == 8, run.stderr[-2000:]
    assert all(abs(found - expected) < 1e-6 and expected > 0.01 for found, expected in rows)
