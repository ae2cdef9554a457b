"""The metrics inside Keras's own machinery."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
import kgen.metrics

RNG = np.random.default_rng(5)
REAL = RNG.integers(0, 256, (48, 8, 8, 1)).astype("uint8")
VALUES = RNG.integers(0, 200, (48, 8, 8, 1)).astype("uint8")


class Brightener(keras.Model):
    """A toy generator that is judged in test_step, as kgen's models are."""

    def __init__(self, distances):
        super().__init__()
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")
        self.distances = distances

    def call(self, x):
        return tf.cast(x, tf.float32) / 255 * self.scale

    @property
    def metrics(self):
        return self.distances

    def train_step(self, data):
        self.scale.assign(self.scale * 0.9)
        return {"scale": self.scale.value}

    def test_step(self, data):
        for metric in self.distances:
            metric.update_state(data[0], self(data[1]))
        return {metric.name: 0.0 for metric in self.distances}

    def get_metrics_result(self):
        return {metric.name: metric.result() for metric in self.distances}


def distances():
    return [kgen.metrics.FrechetDistance("kgen-digits-v1"), kgen.metrics.KernelDistance("kgen-digits-v1")]


def expected():
    metrics = distances()
    for metric in metrics:
        metric.update_state(REAL, VALUES)
    return {metric.name: float(metric.result()) for metric in metrics}


@pytest.mark.parametrize("options", [{}, {"jit_compile": True}, {"steps_per_execution": 3}])
def test_evaluate_in_a_compiled_step(options):
    model = Brightener(distances())
    model.compile(optimizer=None, **options)
    data = tf.data.Dataset.from_tensor_slices((REAL, VALUES)).batch(16)
    for _ in range(2):
        found = model.evaluate(data, return_dict=True, verbose=0)
        assert found == pytest.approx(expected(), abs=1e-4)


def test_fit_logs_the_validation_distances():
    model = Brightener(distances())
    model.compile(optimizer=None)
    data = tf.data.Dataset.from_tensor_slices((REAL, REAL)).batch(16)
    history = model.fit(data, validation_data=data, epochs=3, verbose=0).history
    for name in ("val_frechet_distance", "val_kernel_distance"):
        assert len(history[name]) == 3 and 0 < history[name][0] < history[name][1] < history[name][2]
