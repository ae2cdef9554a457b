"""Copies are found out, fresh pictures are not."""

import json

import numpy as np
import pytest
from sklearn.datasets import load_digits

import kgen

RNG = np.random.default_rng(8)
IMAGES = RNG.permutation(np.round(load_digits().images * (255 / 16)).astype("uint8")[..., None])
TRAIN, HELD_OUT, FRESH = IMAGES[:900], IMAGES[900:1350], IMAGES[1350:]
SHARES = ("share_within_closest_real", "share_within_median_real")


def shares(fake, space="pixels", extractor="kgen-digits-v1"):
    found = kgen.metrics.memorization(fake, TRAIN, HELD_OUT, extractor)[space]
    return [found[name] for name in SHARES]


def noised(images, sd):
    return np.clip(images / 255 + RNG.normal(0, sd, images.shape), 0, 1)


@pytest.mark.parametrize("space", ["pixels", "features"])
def test_copies_are_found_out(space):
    assert shares(TRAIN[:100], space) == [1, 1]
    assert shares(TRAIN[:100] / np.float32(255), space) == [1, 1]


@pytest.mark.parametrize("space", ["pixels", "features"])
def test_fresh_pictures_are_not(space):
    closest, median = shares(FRESH, space)
    assert closest < 0.02 and 0.4 < median < 0.6


@pytest.mark.parametrize("space", ["pixels", "features"])
def test_copies_under_slight_noise_are_found_out(space):
    closest, median = shares(noised(TRAIN[:200], 0.02), space)
    assert closest > 0.9 and median == 1


def test_half_copies_count_half():
    closest, median = shares(np.concatenate([TRAIN[:200], FRESH[:200]]))
    assert 0.5 <= closest < 0.52 and 0.65 < median < 0.85


def test_samples_far_from_all_data_do_not_copy():
    assert shares(RNG.integers(0, 256, (50, 8, 8, 1)).astype("uint8")) == [0, 0]


def test_expected_shares_of_fresh_points():
    """The nearest of m + 1 exchangeable distances is the fresh one's with chance 1 / (m + 1)."""
    found = []
    for _ in range(300):
        sets = RNG.random((3, 9, 3))
        found.append(kgen.metrics.memorization(*sets)["pixels"]["share_within_closest_real"])
    assert np.mean(found) == pytest.approx(0.1, abs=4 * np.std(found) / 300**0.5)


def test_equals_a_double_loop():
    fake, train, held_out = noised(FRESH[:30], 0.1), TRAIN[:40], HELD_OUT[:20]
    found = kgen.metrics.memorization(fake, train, held_out)

    def nearest(images):
        return [min(np.linalg.norm(x - t / 255) for t in train) for x in images]

    mine, real = nearest(fake), nearest(held_out / 255)
    assert found["features"] is None
    assert [found[f"num_{name}"] for name in ("samples", "train", "held_out")] == [30, 40, 20]
    for side, distances in (("samples", mine), ("held_out", real)):
        expected = np.quantile(distances, [0, 0.01, 0.1, 0.5, 0.9, 1])
        np.testing.assert_allclose(list(found["pixels"][side].values()), expected, rtol=1e-6)
    assert found["pixels"][SHARES[0]] == np.mean(np.array(mine) <= min(real))
    assert found["pixels"][SHARES[1]] == np.mean(np.array(mine) <= np.median(real))
    closest = found["pixels"]["closest"]
    assert [pair["sample"] for pair in closest] == np.argsort(mine)[:10].tolist()
    for pair in closest:
        difference = fake[pair["sample"]] - train[pair["training"]] / 255
        assert pair["distance"] == pytest.approx(np.linalg.norm(difference), rel=1e-6)


def test_features_are_the_extractors():
    extractor = kgen.metrics.get_extractor("kgen-digits-v1")
    found = kgen.metrics.memorization(FRESH[:20], TRAIN[:50], HELD_OUT[:20], extractor)
    rows = [extractor.features(x).astype("float64") for x in (FRESH[:20], TRAIN[:50])]
    distances = np.linalg.norm(rows[0][:, None] - rows[1], axis=-1).min(1)
    assert found["features"]["samples"]["median"] == pytest.approx(np.median(distances), rel=1e-6)
    assert found["features"]["extractor"] == extractor.describe()
    assert json.loads(json.dumps(found)) == found


def test_pairs_are_drawn_nearest_first():
    fake = np.concatenate([255 - FRESH[:20], TRAIN[7:8]])
    sheet = kgen.metrics.closest_pairs(fake, TRAIN)
    assert sheet.shape == (2 * 9 + 1, 10 * 9 + 1, 1)
    np.testing.assert_array_equal(sheet[1:9, 1:9], TRAIN[7])
    np.testing.assert_array_equal(sheet[10:18, 1:9], TRAIN[7])
    pairs = kgen.metrics.memorization(fake, TRAIN, HELD_OUT)["pixels"]["closest"]
    np.testing.assert_array_equal(kgen.metrics.closest_pairs(fake, TRAIN, pairs), sheet)
    np.testing.assert_array_equal(sheet[1:9, 10:18], fake[pairs[1]["sample"]])
    np.testing.assert_array_equal(sheet[10:18, 10:18], TRAIN[pairs[1]["training"]])


def test_few_pairs_and_other_forms():
    assert kgen.metrics.closest_pairs(FRESH[:3] / 255, TRAIN, count=2).shape == (19, 19, 1)
    assert kgen.metrics.closest_pairs(FRESH[:3, ..., 0], TRAIN[..., 0]).shape == (19, 28, 1)
    assert kgen.metrics.closest_pairs(FRESH[:3].repeat(3, 3), TRAIN.repeat(3, 3)).shape == (19, 28, 3)


@pytest.mark.parametrize(
    "changed, name",
    [
        ({"fake": FRESH.astype("float32")}, "fake"),
        ({"train": TRAIN[:0]}, "train"),
        ({"held_out": HELD_OUT[:0]}, "held_out"),
        ({"held_out": HELD_OUT[:, :4]}, "train"),
        ({"extractor": "nobody"}, "extractor"),
    ],
)
def test_bad_arguments(changed, name):
    sets = {"fake": FRESH, "train": TRAIN, "held_out": HELD_OUT}
    with pytest.raises(ValueError, match=f"argument `{name}`"):
        kgen.metrics.memorization(**{**sets, **changed})
    with pytest.raises(ValueError, match="argument `count`"):
        kgen.metrics.closest_pairs(FRESH, TRAIN, count=0)
