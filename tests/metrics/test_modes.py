"""Mode coverage against numbers by hand, a loop, and the mixtures themselves."""

import itertools
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
from kgen.datasets.mixtures import read_mixture
from tests.metrics import replicas

CENTRES = [[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]]
RNG = np.random.default_rng(4)
FAKE = RNG.normal(size=(60, 2)) * 2 + np.array(CENTRES)[RNG.integers(0, 3, 60)]
METRICS = (kgen.metrics.ModesCovered, kgen.metrics.HighQualityShare)


def cover(samples, sd=1.0):
    return kgen.metrics.mode_coverage(samples, CENTRES, sd)


def streamed(batch, sample_weight=None):
    metrics = [kind(CENTRES, 1.0) for kind in METRICS]
    for metric, start in itertools.product(metrics, range(0, 60, batch)):
        part = slice(start, start + batch)
        weight = None if sample_weight is None else sample_weight[part]
        metric.update_state(None, FAKE[part].astype("float32"), sample_weight=weight)
    return [float(metric.result()) for metric in metrics]


def test_by_hand():
    samples = [[0, 0], [2.9, 0], [0, 3.1], [10, 1], [5, 5]]
    found = cover(samples)
    assert found["modes_covered"] == 2 and found["high_quality_share"] == pytest.approx(3 / 5)
    expected = 2 / 3 * np.log(4 * 2 / 3) + 1 / 3 * np.log(4 / 3)
    assert found["reverse_kl"] == pytest.approx(expected, rel=1e-12)


def test_the_distance_is_euclidean_in_units_of_sd():
    assert (
        cover([[2.2, 2.2]])["high_quality_share"] == 0
    )  # Each coordinate is within 3 sd, their norm is not.
    assert cover([[2.2, 2.2]], sd=1.1)["high_quality_share"] == 1
    assert cover([[0.2, 0.2]], sd=0.09)["high_quality_share"] == 0
    assert cover([[3.0, 0.0]])["high_quality_share"] == 0  # Less than 3 sd, not 3 sd.


@pytest.mark.parametrize("modes", [1, 2, 4])
def test_equal_shares_of_some_modes(modes):
    """KL(uniform over m of K || uniform over K) = log(K / m)."""
    found = cover(CENTRES[:modes] * 5)
    assert found["modes_covered"] == modes and found["high_quality_share"] == 1
    assert found["reverse_kl"] == pytest.approx(np.log(4 / modes), abs=1e-12)


def test_where_modes_overlap_the_nearest_takes_the_sample():
    counts = kgen.metrics.modes.mode_counts([[0.4], [0.6], [0.7]], [[0.0], [1.0]], sd=1.0)
    np.testing.assert_array_equal(counts, [1, 2])


def test_without_a_good_sample_there_is_no_divergence():
    found = cover([[5, 5], [np.nan, 0], [np.inf, 0], [0, -np.inf]])
    assert found == {"modes_covered": 0, "high_quality_share": 0.0, "reverse_kl": None}
    assert json.loads(json.dumps(found)) == found


def test_a_sample_that_is_not_finite_counts_as_bad():
    assert cover([[0, 0], [np.nan, 0], [0, np.inf], [10, 0]])["high_quality_share"] == 0.5


def test_equals_a_loop():
    counts = [0] * 4
    for x in FAKE:
        distances = [np.hypot(*(x - c)) for c in np.array(CENTRES)]
        if min(distances) < 3:
            counts[int(np.argmin(distances))] += 1
    assert 0 < sum(counts) < 60 and counts[3] == 0
    np.testing.assert_array_equal(kgen.metrics.modes.mode_counts(FAKE, CENTRES, 1.0), counts)
    found = cover(FAKE)
    assert found["modes_covered"] == 3 and found["high_quality_share"] == sum(counts) / 60


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_real_points_reach_the_ceiling_and_no_more(name):
    """P(r < 3 sd) = 1 - exp(-9 / 2) in the plane, and E[KL] = (K - 1) / 2 N."""
    centres, sd = kgen.datasets.mixture(name)
    points = read_mixture(name, "test").images
    found = kgen.metrics.mode_coverage(points, centres, sd)
    assert found["modes_covered"] == len(centres)
    ceiling = 1 - np.exp(-4.5)
    assert ceiling == pytest.approx(0.989, abs=1e-3)
    assert found["high_quality_share"] == pytest.approx(ceiling, abs=4 * np.sqrt(ceiling * 0.011 / 10_000))
    assert 0 < found["reverse_kl"] < 3 * (len(centres) - 1) / 20_000
    assert kgen.metrics.mode_coverage(points[:2500], centres, sd)["modes_covered"] == len(centres)


@pytest.mark.parametrize(
    "arguments, name",
    [
        (([[0.0]], CENTRES, 1.0), "samples"),
        (([0.0, 0.0], CENTRES, 1.0), "samples"),
        ((np.zeros([0, 2]), CENTRES, 1.0), "samples"),
        (([[0.0, 0.0]], [0.0, 0.0], 1.0), "centres"),
        (([[0.0, 0.0]], np.zeros([0, 2]), 1.0), "centres"),
        (([[0.0, 0.0]], [[0.0, np.nan]], 1.0), "centres"),
        (([[0.0, 0.0]], CENTRES, 0.0), "sd"),
        (([[0.0, 0.0]], CENTRES, float("nan")), "sd"),
        (([[0.0, 0.0]], CENTRES, float("inf")), "sd"),
    ],
)
def test_bad_arguments(arguments, name):
    with pytest.raises(ValueError, match=f"argument `{name}`"):
        kgen.metrics.mode_coverage(*arguments)


@pytest.mark.parametrize("kind", METRICS)
def test_a_metric_refuses_bad_mixtures(kind):
    for centres, sd in (([1.0], 1.0), (CENTRES, -1.0)):
        with pytest.raises(ValueError, match="argument `(centres|sd)`"):
            kind(centres, sd)


@pytest.mark.parametrize("batch", [1, 7, 60])
def test_streaming_does_not_depend_on_the_batch(batch):
    found = cover(FAKE.astype("float32"))
    assert streamed(batch) == [found["modes_covered"], found["high_quality_share"]]


def test_rows_of_weight_zero_are_left_out():
    weight = np.arange(60) % 3
    found = cover(FAKE.astype("float32")[weight > 0])
    assert streamed(13, weight) == [found["modes_covered"], found["high_quality_share"]]
    assert streamed(13, weight) != streamed(13)


@pytest.mark.parametrize("kind", METRICS)
def test_reset_and_config(kind):
    metric = kind(np.array(CENTRES, "float32"), np.float32(0.5), name="mine")
    metric.update_state(None, FAKE)
    value = float(metric.result())
    again = keras.saving.deserialize_keras_object(
        json.loads(json.dumps(keras.saving.serialize_keras_object(metric)))
    )
    assert type(again) is kind and again.name == "mine"
    again.update_state(None, FAKE)
    assert float(again.result()) == value > 0
    metric.reset_state()
    metric.update_state(None, [[5.0, 5.0]])
    assert float(metric.result()) == 0
    assert metric._direction == "up"


def test_no_samples_have_no_share():
    assert np.isnan(float(kgen.metrics.HighQualityShare(CENTRES, 1.0).result()))
    assert float(kgen.metrics.ModesCovered(CENTRES, 1.0).result()) == 0


@pytest.mark.parametrize("kind", METRICS)
@pytest.mark.parametrize("jit", [False, True])
def test_in_a_graph_and_under_xla(kind, jit):
    metric, alone = kind(CENTRES, 1.0), kind(CENTRES, 1.0)
    alone.update_state(None, FAKE)
    step = tf.function(lambda fake: metric.update_state(None, fake), jit_compile=jit)
    for start in range(0, 60, 20):
        step(tf.constant(FAKE[start : start + 20]))
    assert float(metric.result()) == float(alone.result()) > 0


SETUP = """
batch = 8
centres = np.eye(5) * 9
fake = np.random.default_rng(0).normal(size=(49, 5)) + centres[np.arange(49) % 4]
kinds = (kgen.metrics.ModesCovered, kgen.metrics.HighQualityShare)
cases = [(lambda kind=kind: kind(centres, 0.8), (fake, fake)) for kind in kinds]
"""


@pytest.mark.slow
def test_two_replicas_give_the_value_of_one():
    rows = replicas.values(SETUP)
    assert len(rows) == 4
    assert all(found == expected > 0 for found, expected in rows)
