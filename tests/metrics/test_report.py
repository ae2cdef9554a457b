import json

import numpy as np
import pytest
from sklearn.datasets import load_digits

import kgen
import kgen.metrics

DIGITS = np.round(load_digits().images * (255 / 16)).astype("uint8")
NOISE = np.random.default_rng(0).integers(0, 256, (300, 8, 8)).astype("uint8")


def evaluate(*sets, **options):
    return kgen.metrics.evaluate(*sets, extractor="kgen-digits-v1", **options)


def test_real_pictures_are_at_the_floor_and_noise_is_not():
    good, bad = evaluate(DIGITS[1000:], DIGITS[:800]), evaluate(NOISE, DIGITS[:800])
    assert json.loads(json.dumps(good)) == good
    assert good["num_samples"] == 400 and bad["num_samples"] == 300
    for name in ("frechet_distance", "kernel_distance"):
        assert bad[name]["value"] > 10 * bad[name]["floor"]
    assert good["frechet_distance"]["value"] < 3 * good["frechet_distance"]["floor"]
    assert abs(good["kernel_distance"]["floor"]) < 5 * good["kernel_distance"]["floor_standard_error"]
    for name in ("precision", "recall", "density", "coverage"):
        assert good[name]["value"] == pytest.approx(good[name]["floor"], rel=0.25)
        assert bad[name]["value"] < 0.3 * bad[name]["floor"]


def test_what_is_not_known_is_none():
    result = evaluate(NOISE[:3], DIGITS[:3], DIGITS[3:6])
    assert result["precision"] == {"value": None, "floor": None}


def test_values_are_the_metrics_values():
    result = evaluate(NOISE, DIGITS[:300], DIGITS[300:], num_samples=300)
    distances = (kgen.metrics.FrechetDistance, kgen.metrics.KernelDistance)
    shares = (kgen.metrics.Precision, kgen.metrics.Recall, kgen.metrics.Density, kgen.metrics.Coverage)
    for kind in (*shares, *distances):
        metric = kind("kgen-digits-v1")
        metric.update_state(DIGITS[:300], NOISE)
        assert result[metric.name]["value"] == pytest.approx(float(metric.result()), abs=1e-5)
    assert result["kernel_distance"]["standard_error"] == pytest.approx(
        float(metric.standard_error()), rel=1e-5
    )
    assert result["floor"] == "real against reference"
    assert result["extractor"] == metric.extractor.describe()


def test_the_floor_uses_disjoint_pictures():
    different = np.arange(256, dtype="uint8").repeat(64).reshape(256, 8, 8)
    assert evaluate(different, different)["frechet_distance"]["floor"] > 1e-3
    assert evaluate(different, different, seed=1) != evaluate(different, different, seed=2)
    assert evaluate(different, different, seed=1) == evaluate(different, different, seed=1)


@pytest.mark.parametrize("num_samples", [1, 301, 0])
def test_num_samples_is_checked(num_samples):
    with pytest.raises(ValueError, match="num_samples"):
        evaluate(NOISE, DIGITS, num_samples=num_samples)


@pytest.mark.parametrize("argument", ["fake", "real", "reference"])
@pytest.mark.parametrize("value", [np.nan, -0.1, 255.0])
def test_pictures_are_checked(argument, value):
    sets = {name: np.zeros((6, 8, 8), "float32") for name in ("fake", "real", "reference")}
    sets[argument][2, 3, 4] = value
    with pytest.raises(ValueError, match=f"argument `{argument}`"):
        kgen.metrics.evaluate(**sets, extractor="kgen-digits-v1")


def test_class_balance():
    data = load_digits()
    balance = kgen.metrics.class_balance("kgen-digits-v1", DIGITS)
    np.testing.assert_allclose(balance["counts"], np.bincount(data.target), atol=8)
    assert balance["entropy"] == pytest.approx(np.log(10), abs=0.01) and sum(balance["counts"]) == 1797
    zeros = kgen.metrics.class_balance("kgen-digits-v1", DIGITS[data.target == 0])
    assert zeros["entropy"] < 0.1 and zeros["max_entropy"] == pytest.approx(np.log(10))


def test_reports_and_streaming_metrics_have_the_same_names():
    from kgen.metrics import named, report

    assert set(named.NAMES) == set(report.MEASURES)
