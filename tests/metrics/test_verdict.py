"""The discriminator's verdict against a loop over bins, and what it says of known discriminators."""

import numpy as np
import pytest

import kgen

RNG = np.random.default_rng(7)


def oracle(real, fake, bins):
    """The expected calibration error, bin by bin; both sets weigh a half."""
    error = 0.0
    for low in np.arange(bins) / bins:
        inside = [(p >= low) & ((p < low + 1 / bins) | (low + 1 / bins == 1)) for p in (real, fake)]
        weights = [mask.mean() / 2 for mask in inside]
        if sum(weights):
            said = sum(p[mask].sum() / len(p) / 2 for p, mask in zip((real, fake), inside, strict=True))
            error += abs(weights[0] - said)
    return error


def test_error_is_that_of_a_loop_over_bins():
    real, fake = RNG.uniform(0.2, 1.0, 40), RNG.uniform(0.0, 0.7, 70)
    found = kgen.metrics.calibration(real, fake, bins=4)
    assert found["error"] == pytest.approx(oracle(real, fake, 4), abs=1e-12)
    assert found["real_accuracy"] == (real > 0.5).mean() and found["fake_accuracy"] == (fake <= 0.5).mean()
    assert sum(found["weight"]) == pytest.approx(1.0)


def test_a_discriminator_that_knows_the_odds_is_calibrated():
    """Real ~ Beta(2, 1) and fake ~ Beta(1, 2) have the odds p : 1 - p where D says p."""
    found = kgen.metrics.calibration(RNG.beta(2, 1, 50_000), RNG.beta(1, 2, 50_000))
    assert found["error"] < 0.01
    np.testing.assert_allclose(found["share_real"], found["mean_probability"], atol=0.03)


def test_a_sure_discriminator_is_right_or_badly_calibrated():
    ones, zeros = np.ones(10), np.zeros(10)
    right, wrong = kgen.metrics.calibration(ones, zeros), kgen.metrics.calibration(zeros, ones)
    assert (right["real_accuracy"], right["fake_accuracy"]) == (1.0, 1.0)
    assert (wrong["real_accuracy"], wrong["fake_accuracy"]) == (0.0, 0.0)
    assert [right["error"], wrong["error"]] == pytest.approx([0.0, 1.0], abs=1e-12)


def test_one_that_cannot_tell_and_says_so():
    found = kgen.metrics.calibration(np.full(8, 0.5), np.full(3, 0.5))
    assert found["error"] == pytest.approx(0.0, abs=1e-12)
    assert found["share_real"] == pytest.approx([0.5])
    assert found["real_accuracy"] + found["fake_accuracy"] == 1.0


@pytest.mark.parametrize("bad", [[], [1.2], [-0.1], [np.nan]])
def test_bad_probabilities_are_named(bad):
    with pytest.raises(ValueError, match="argument `fake`. Expected at least one probability"):
        kgen.metrics.calibration([0.5], bad)
    with pytest.raises(ValueError, match="argument `bins`"):
        kgen.metrics.calibration([0.5], [0.5], bins=0)
