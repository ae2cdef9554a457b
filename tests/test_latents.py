"""Latents: closed forms of the sphere, the prior and the axes."""

import numpy as np
import pytest
import scipy.stats

from kgen import latents


def test_interpolation_turns_at_constant_speed():
    angle = np.pi / 2 * np.linspace(0, 1, 5)
    expected = np.stack([3 * np.cos(angle), 3 * np.sin(angle)], 1)
    path = latents.interpolation([3.0, 0.0], [0.0, 3.0], 5)
    assert path.dtype == np.float32
    np.testing.assert_allclose(path, expected, atol=1e-6)


def test_interpolation_keeps_the_norm_and_the_ends():
    z_a, z_b = np.random.default_rng(0).normal(size=[2, 64])
    z_b *= np.linalg.norm(z_a) / np.linalg.norm(z_b)
    path = latents.interpolation(z_a, z_b, 9)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), np.linalg.norm(z_a), rtol=1e-6)
    np.testing.assert_allclose(path[[0, -1]], [z_a, z_b], atol=1e-6)


PARALLEL = [([1, 2], [2, 4]), ([0, 0], [2, 4]), ([1, 1], [1, 1]), ([1, 0], [-1, 0])]


@pytest.mark.parametrize("z_a, z_b", PARALLEL)
def test_interpolation_of_parallel_latents_is_straight(z_a, z_b):
    path = latents.interpolation(z_a, z_b, 3)
    np.testing.assert_allclose(path[1], (np.array(z_a) + z_b) / 2, atol=1e-6)


def test_manifold_is_even_under_the_prior():
    plane = latents.manifold(4)
    assert plane.shape == (16, 2) and plane.dtype == np.float32
    cells = scipy.stats.norm.cdf(plane).reshape([4, 4, 2])
    centres = (np.arange(4) + 0.5) / 4
    np.testing.assert_allclose(cells[..., 0], np.tile(centres, [4, 1]), atol=1e-6)
    np.testing.assert_allclose(cells[..., 1], np.tile(centres[:, None], [1, 4]), atol=1e-6)


def test_traverse_moves_one_axis_at_a_time():
    mean = np.array([1.0, 2.0, 3.0])
    walk = latents.traverse(mean, [2, 0], [-1.0, 0.0, 1.5]).reshape([2, 3, 3])
    np.testing.assert_allclose(walk[0], [[1, 2, 2], [1, 2, 3], [1, 2, 4.5]])
    np.testing.assert_allclose(walk[1], [[0, 2, 3], [1, 2, 3], [2.5, 2, 3]])


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda: latents.interpolation([1.0], [1.0, 2.0], 3), "z_b"),
        (lambda: latents.interpolation([[1.0]], [1.0], 3), "z_a"),
        (lambda: latents.interpolation([np.nan], [1.0], 3), "z_a"),
        (lambda: latents.interpolation([1.0], [2.0], 1), "steps"),
        (lambda: latents.manifold(0), "num"),
        (lambda: latents.traverse([0.0, 0.0], [2], [1.0]), "dimensions"),
        (lambda: latents.traverse([0.0, 0.0], [-1], [1.0]), "dimensions"),
        (lambda: latents.traverse([0.0, 0.0], [0.5], [1.0]), "dimensions"),
        (lambda: latents.traverse([0.0, 0.0], [0], []), "values"),
    ],
)
def test_bad_arguments_are_named(call, name):
    with pytest.raises(ValueError, match=f"argument `{name}`. Expected .* Received: "):
        call()
