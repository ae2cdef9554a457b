"""Masks for experiments: their shares, what they depend on, what they are functions of."""

import numpy as np
import pytest

from kgen.datasets import mar, mcar


def test_mcar_takes_the_share_from_every_cell_alike():
    mask = mcar((20_000, 4), 0.2, seed=3)
    np.testing.assert_allclose(mask.mean(axis=0), 0.8, atol=0.015)
    np.testing.assert_allclose(np.corrcoef(mask.T), np.eye(4), atol=0.03)
    np.testing.assert_array_equal(mask, mcar((20_000, 4), 0.2, seed=3))
    assert not np.array_equal(mask, mcar((20_000, 4), 0.2, seed=4))
    assert mcar((5, 8, 8, 1), 0.25).shape == (5, 8, 8, 1) and mcar((5,), 0.0).all()


def test_mar_depends_on_the_observed_column():
    x = np.random.default_rng(0).normal(size=(20_000, 4))
    mask = mar(x, 0.2, seed=3, column=2)
    assert mask[:, 2].all()
    others = mask[:, [0, 1, 3]]
    assert others.mean() == pytest.approx(0.8, abs=0.01)
    quarters = np.array_split(others[np.argsort(x[:, 2])], 4)
    for number, part in enumerate(
        quarters
    ):  # P(missing) = 2 rate u, whose mean over quarter q is 2 rate (q + 1/2) / 4.
        assert part.mean() == pytest.approx(1 - 0.4 * (number + 0.5) / 4, abs=0.015)
    np.testing.assert_array_equal(mask, mar(x, 0.2, seed=3, column=2))


def test_bad_arguments_are_named():
    for rate in (-0.1, 1.0, "x"):
        with pytest.raises(ValueError, match="argument `rate`"):
            mcar((2, 2), rate)
    with pytest.raises(ValueError, match="argument `rate`"):
        mar(np.zeros([2, 2]), 0.5)
    with pytest.raises(ValueError, match="argument `column`"):
        mar(np.zeros([2, 2]), 0.1, column=2)
    with pytest.raises(ValueError, match="argument `seed`"):
        mcar((2, 2), 0.1, seed=-1)
