"""The classifier score against SciPy, and what it does and does not see."""

import keras
import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
import tensorflow as tf
from sklearn.datasets import load_digits

import kgen
import kgen.metrics
from kgen.metrics.base import Extractor

RNG = np.random.default_rng(4)
PICTURES = RNG.integers(0, 256, (50, 8, 8, 1)).astype("uint8")
DIGITS, LABELS = (load_digits().images[..., None] / 16).astype("float32"), load_digits().target


def oracle(p):
    """Picture by picture, in the words of the paper."""
    p = np.asarray(p, "float64")
    return np.exp(np.mean([scipy.stats.entropy(row, p.mean(0)) for row in p]))


def score(images):
    metric = kgen.metrics.ClassifierScore("kgen-digits-v1")
    metric.update_state(None, images)
    return float(metric.result())


@pytest.mark.parametrize("concentration", [0.05, 1.0, 20.0])
def test_function_equals_scipy(concentration):
    p = RNG.dirichlet(np.full(7, concentration), 40)
    assert float(kgen.metrics.classifier_score(p)) == pytest.approx(oracle(p), rel=1e-10)
    assert 1 < oracle(p) < 7


def test_ends_of_the_range():
    assert float(kgen.metrics.classifier_score(np.repeat(np.eye(5), 3, 0))) == pytest.approx(5, rel=1e-12)
    assert float(kgen.metrics.classifier_score(np.tile([[0.7, 0.3]], (9, 1)))) == pytest.approx(1, rel=1e-12)
    assert np.isnan(kgen.metrics.classifier_score(np.zeros((0, 5))))


def test_metric_is_the_function_of_the_extractors_probabilities():
    extractor = kgen.metrics.get_extractor("kgen-digits-v1")
    assert score(PICTURES) == pytest.approx(oracle(extractor.probabilities(PICTURES)), rel=1e-6)
    np.testing.assert_allclose(
        tf.function(extractor.classify)(PICTURES), extractor.probabilities(PICTURES), 1e-5
    )


@pytest.mark.parametrize("batch", [1, 7, 50])
@pytest.mark.parametrize("xla", [False, True])
def test_value_does_not_depend_on_the_batch(batch, xla):
    metric = kgen.metrics.ClassifierScore("kgen-digits-v1")
    update = tf.function(metric.update_state, jit_compile=xla, reduce_retracing=True)
    for start in range(0, 50, batch):
        update(PICTURES[:0], PICTURES[start : start + batch])
    assert float(metric.result()) == pytest.approx(score(PICTURES), abs=1e-5)


def test_rows_of_weight_zero_are_left_out():
    metric = kgen.metrics.ClassifierScore("kgen-digits-v1")
    metric.update_state(PICTURES, PICTURES, np.arange(50) % 2)
    assert float(metric.result()) == pytest.approx(score(PICTURES[1::2]), abs=1e-6)
    assert abs(score(PICTURES[1::2]) - score(PICTURES)) > 1e-3
    metric.reset_state()
    assert np.isnan(metric.result())


def test_dropped_modes_blur_and_noise_lower_it():
    assert score(DIGITS) > 9.5
    assert score(DIGITS[LABELS < 4]) == pytest.approx(4, abs=0.2)
    assert score(scipy.ndimage.gaussian_filter(DIGITS, (0, 1.5, 1.5, 0))) < 7
    assert score(np.clip(DIGITS + RNG.normal(0, 0.7, DIGITS.shape), 0, 1)) < 7


def test_one_picture_of_each_class_saturates_it():
    one_each = [DIGITS[LABELS == label][5] for label in range(10)]
    assert score(np.repeat(one_each, 20, axis=0)) > 9.5


def test_config_and_direction():
    metric = kgen.metrics.ClassifierScore("kgen-digits-v1", name="is")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert again.get_config() == metric.get_config() == {"name": "is", "extractor": "kgen-digits-v1"}
    assert again._direction == "up"


class WithoutClasses(Extractor):
    def embed(self, x):
        return tf.reshape(x, [-1, self.dim])


@pytest.mark.parametrize("extractor", ["random", WithoutClasses("plain", (8, 8, 1), 64, "")])
def test_an_extractor_without_classes_is_refused(extractor):
    with pytest.raises(ValueError, match="`extractor`. Expected a classifier"):
        kgen.metrics.ClassifierScore(extractor)


def test_a_fit_logs_it():
    model = kgen.GAN((8, 8, 1), latent_dim=4, hidden_units=(8,))
    model.compile(metrics=[kgen.metrics.ClassifierScore("kgen-digits-v1")], jit_compile=False)
    history = model.fit(PICTURES, batch_size=25, validation_data=PICTURES, epochs=1, verbose=0).history
    assert 1 <= history["val_classifier_score"][0] <= 10
