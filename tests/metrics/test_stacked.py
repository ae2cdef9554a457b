"""Modes of stacked pictures against loops and closed forms, and the traps that the docstring warns of."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
from kgen.metrics.stacked import from_uniform, mode_numbers
from tests.metrics import replicas

KINDS = (kgen.metrics.StackedModesCovered, kgen.metrics.StackedDivergence)
NAME = "kgen-digits-v1"


class Painted:
    """A classifier of 2 x 2 pictures that are painted in their class, without an error."""

    name, classes, image_shape = "painted", 10, (2, 2, 1)

    def classify(self, images):
        return tf.one_hot(tf.cast(images[:, 0, 0, 0], tf.int32), self.classes)


@pytest.fixture
def painted(monkeypatch):
    extractor = Painted()
    monkeypatch.setattr(kgen.metrics.stacked, "get_extractor", lambda name: extractor)
    return extractor


def paint(numbers):
    """Pictures of modes."""
    numbers = np.asarray(numbers)
    digits = np.stack([numbers // 100, numbers // 10 % 10, numbers % 10], axis=-1).astype("uint8")
    return np.broadcast_to(digits[:, None, None], (len(numbers), 2, 2, 3)).copy()


@pytest.fixture(scope="module")
def digits():
    """Stacked digits [360, 8, 8, 3] and their labels."""
    dataset, _ = kgen.datasets.load("stacked:digits", "test", labels=True)
    x, y = zip(*dataset.as_numpy_iterator(), strict=True)
    return np.concatenate(x), np.concatenate(y)


def streamed(images, batch, sample_weight=None):
    metrics = [kind(NAME) for kind in KINDS]
    for start in range(0, len(images), batch):
        part = slice(start, start + batch)
        weight = None if sample_weight is None else sample_weight[part]
        for metric in metrics:
            metric.update_state(None, images[part], sample_weight=weight)
    return [float(metric.result()) for metric in metrics]


def test_the_number_of_a_mode_is_its_digits(painted):
    np.testing.assert_array_equal(mode_numbers(paint(range(1000)), painted), np.arange(1000))


@pytest.mark.parametrize("modes", [1, 10, 500, 1000])
def test_equal_shares_of_some_modes(painted, modes):
    """KL(uniform over m of K || uniform over K) = log(K / m)."""
    found = kgen.metrics.stacked_modes(paint(np.arange(2 * modes) % modes))
    assert found["modes_covered"] == modes and found["num_samples"] == 2 * modes
    assert found["kl"] == pytest.approx(np.log(1000 / modes), abs=1e-12)
    assert json.loads(json.dumps(found)) == found


def test_divergence_equals_a_loop():
    counts = np.random.default_rng(0).integers(0, 4, 1000).astype("float64")
    expected = sum(n / counts.sum() * np.log(1000 * n / counts.sum()) for n in counts if n)
    assert float(from_uniform(counts)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n", [1000, 2500, 25_600])
def test_a_perfect_generator_reaches_ceiling_and_floor(painted, n):
    """K (1 - (1 - 1 / K)^n) modes, and (K - 1) / 2 n nats where n >> K."""
    found = kgen.metrics.stacked_modes(paint(np.random.default_rng(n).integers(0, 1000, n)))
    assert found["modes_ceiling"] == pytest.approx(1000 * (1 - 0.999**n), rel=1e-9)
    assert found["modes_covered"] == pytest.approx(found["modes_ceiling"], abs=40)
    assert found["kl_floor"] == 999 / (2 * n)
    if n > 20_000:
        assert found["kl"] == pytest.approx(found["kl_floor"], rel=0.15)


def test_a_collapsed_generator_covers_tens_of_modes_by_errors_of_the_classifier(painted):
    """One in a hundred channels is misread: the modes rise from 1 to tens, the divergence hardly moves."""
    random = np.random.default_rng(0)
    pictures = paint(np.full(5000, 407))
    misread = random.random((5000, 3)) < 0.01
    pictures[misread.nonzero()[0], ..., misread.nonzero()[1]] = random.integers(0, 10, (misread.sum(), 1, 1))
    found = kgen.metrics.stacked_modes(pictures)
    assert 20 < found["modes_covered"] < 60
    assert np.log(1000) - 0.4 < found["kl"] < np.log(1000)


def test_lost_modes_and_lost_channels_show(painted):
    random = np.random.default_rng(0)
    whole = random.integers(0, 1000, 20_000)
    found = {name: kgen.metrics.stacked_modes(paint(numbers)) for name, numbers in {
        "whole": whole, "half of the digits": random.integers(0, 5, (20_000, 3)) @ [100, 10, 1],
        "grey": random.integers(0, 10, 20_000) * 111}.items()}  # fmt: skip
    assert [row["modes_covered"] for row in found.values()] == [1000, 125, 10]
    assert [row["kl"] for row in found.values()] == pytest.approx([0.025, np.log(8), np.log(100)], abs=0.01)


def test_equals_the_classifier_channel_by_channel(digits):
    images, labels = digits
    extractor = kgen.metrics.get_extractor(NAME)
    a, b, c = (extractor.probabilities(images[..., k : k + 1]).argmax(axis=1) for k in range(3))
    np.testing.assert_array_equal(mode_numbers(images, extractor), 100 * a + 10 * b + c)
    found = kgen.metrics.stacked_modes(images, NAME)
    assert found["modes_covered"] == len(set(100 * a + 10 * b + c))
    assert np.mean(100 * a + 10 * b + c == labels) > 0.9
    assert kgen.metrics.stacked_modes(images / np.float32(255), NAME) == found


@pytest.mark.parametrize("batch", [1, 50, 360])
def test_streaming_does_not_depend_on_the_batch(digits, batch):
    images = digits[0][: 40 if batch == 1 else None]
    found = kgen.metrics.stacked_modes(images, NAME)
    assert streamed(images, batch) == pytest.approx([found["modes_covered"], found["kl"]], rel=1e-12)


def test_rows_of_weight_zero_are_left_out(digits):
    weight = np.arange(360) % 3
    found = kgen.metrics.stacked_modes(digits[0][weight > 0], NAME)
    assert streamed(digits[0], 100, weight) == pytest.approx([found["modes_covered"], found["kl"]], rel=1e-12)
    assert streamed(digits[0], 100, weight) != streamed(digits[0], 100)


@pytest.mark.parametrize("kind", KINDS)
def test_reset_and_config(kind, digits):
    metric = kind(NAME, name="mine")
    metric.update_state(None, digits[0][:50])
    value = float(metric.result())
    written = json.loads(json.dumps(keras.saving.serialize_keras_object(metric)))
    again = keras.saving.deserialize_keras_object(written)
    assert type(again) is kind and again.name == "mine"
    again.update_state(None, digits[0][:50])
    assert float(again.result()) == value > 0
    metric.reset_state()
    metric.update_state(None, digits[0][:1])
    assert float(metric.result()) == pytest.approx({"up": 1, "down": np.log(1000)}[kind._direction])


def test_no_pictures():
    covered, divergence = (kind(NAME) for kind in KINDS)
    assert float(covered.result()) == 0 and np.isnan(float(divergence.result()))
    covered.update_state(None, np.zeros((0, 8, 8, 3), "uint8"))
    assert float(covered.result()) == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("jit", [False, True])
def test_in_a_graph_and_under_xla(kind, jit, digits):
    metric, alone = kind(NAME), kind(NAME)
    alone.update_state(None, digits[0][:60])
    step = tf.function(lambda fake: metric.update_state(None, fake), jit_compile=jit)
    for start in range(0, 60, 20):
        step(tf.constant(digits[0][start : start + 20]))
    assert float(metric.result()) == pytest.approx(float(alone.result()), rel=1e-12)


def test_inside_a_model(digits):
    model = kgen.GAN((8, 8, 3), latent_dim=2, hidden_units=(4,), seed=0)
    model.compile(metrics=[kind(NAME) for kind in KINDS])
    found = model.evaluate(digits[0][:64], batch_size=32, return_dict=True, verbose=0)
    assert 1 <= found["stacked_modes_covered"] <= 64
    assert np.log(1000 / 64) <= found["stacked_divergence"] <= np.log(1000)


@pytest.mark.parametrize(
    "pictures, extractor, name",
    [
        (np.zeros((2, 8, 8, 1), "uint8"), NAME, "pictures"),
        (np.zeros((2, 8, 8), "uint8"), NAME, "pictures"),
        (np.zeros((0, 8, 8, 3), "uint8"), NAME, "pictures"),
        (np.full((2, 8, 8, 3), 2.0), NAME, "pictures"),
        (np.zeros((2, 8, 8, 3), "uint8"), "random", "extractor"),
        (np.zeros((2, 8, 8, 3), "uint8"), "nobody", "extractor"),
    ],
)
def test_bad_arguments(pictures, extractor, name):
    with pytest.raises(ValueError, match=f"argument `{name}`"):
        kgen.metrics.stacked_modes(pictures, extractor)


@pytest.mark.parametrize("kind", KINDS)
def test_a_metric_needs_a_classifier(kind):
    with pytest.raises(ValueError, match="argument `extractor`. Expected a classifier"):
        kind("random")


SETUP = """
batch = 8
fake = next(iter(kgen.datasets.load("stacked:digits", batch_size=49)[0])).numpy()
kinds = (kgen.metrics.StackedModesCovered, kgen.metrics.StackedDivergence)
cases = [(lambda kind=kind: kind("kgen-digits-v1"), (fake, fake)) for kind in kinds]
"""


@pytest.mark.slow
def test_two_replicas_give_the_value_of_one():
    rows = replicas.values(SETUP)
    assert len(rows) == 4
    assert all(found == pytest.approx(expected) and expected > 0 for found, expected in rows)
