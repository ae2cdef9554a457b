"""The error of imputed cells against the authors' protocol written out."""

import numpy as np
import pytest

from kgen.metrics import imputation_rmse


def reference(true, imputed, mask):
    """As the authors' code has it: both scaled by the complete data, cells weighted by 1 - m."""
    true, imputed = true.copy(), imputed.copy()
    for column in range(true.shape[1]):
        low = true[:, column].min()
        true[:, column] -= low
        high = true[:, column].max() + 1e-6
        true[:, column] /= high
        imputed[:, column] = (imputed[:, column] - low) / high
    total = np.sum(((1 - mask) * true - (1 - mask) * imputed) ** 2)
    return np.sqrt(total / np.sum(1 - mask))


def test_the_authors_protocol():
    random = np.random.default_rng(0)
    true = random.normal(size=(40, 5)) * [1, 10, 0.1, 1000, 3]
    imputed = true + random.normal(size=true.shape) * [1, 10, 0.1, 1000, 3]
    mask = (random.uniform(size=true.shape) > 0.2).astype(float)
    assert imputation_rmse(true, imputed, mask) == pytest.approx(reference(true, imputed, mask), rel=1e-9)
    assert imputation_rmse(true, np.where(mask == 1, np.nan, imputed), mask == 1) == pytest.approx(
        reference(true, imputed, mask), rel=1e-9
    )


def test_the_scale_is_that_of_the_complete_data():
    true = np.array([[0.0], [1.0], [10.0]])
    mask = np.array([[1], [1], [0]])
    assert imputation_rmse(true, [[0.0], [1.0], [5.0]], mask) == pytest.approx(0.5, rel=1e-5)


def test_a_hole_that_is_not_finite_gives_nan():
    true = np.array([[0.0], [1.0]])
    assert np.isnan(imputation_rmse(true, [[np.nan], [1.0]], [[0], [1]]))


def test_bad_arguments_are_named():
    ones = np.ones([2, 2])
    with pytest.raises(ValueError, match="argument `imputed`"):
        imputation_rmse(ones, np.ones([2, 3]), ones)
    with pytest.raises(ValueError, match="argument `true`"):
        imputation_rmse(np.nan * ones, ones, 0 * ones)
    with pytest.raises(ValueError, match="argument `mask`"):
        imputation_rmse(ones, ones, ones)
