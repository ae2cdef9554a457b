"""Distances of examples against NumPy."""

import numpy as np
import pytest

from kgen import losses


@pytest.mark.parametrize("shape", [(3, 5), (2, 4, 3, 2)])
@pytest.mark.parametrize("name, function", [("l1", np.abs), ("l2", np.square)])
def test_distances_are_means_over_an_example(name, function, shape):
    x, y = np.random.default_rng(0).normal(size=(2, *shape)).astype("float32")
    expected = function(x - y).reshape(len(x), -1).mean(axis=1)
    np.testing.assert_allclose(losses.DISTANCES[name](x, y), expected, rtol=1e-5)
