"""Latents worth decoding into pictures: paths, planes and axes of a latent space."""

import math
import statistics

import numpy as np

from kgen.errors import invalid, positive_integer


def interpolation(z_a, z_b, steps):
    """Latents on the great circle from one latent to another.

    z(t) = (sin((1 - t) w) z_a + sin(t w) z_b) / sin w, with w the angle between z_a and z_b. Straight lines
    between Gaussian latents pass where the prior has no mass; parallel and zero latents are joined by one.

    Args:
        z_a: first latent [latent_dim].
        z_b: last latent [latent_dim].
        steps: number of latents, the ends included, at least 2.

    Returns:
        float32 array [steps, latent_dim].

    Example:

    >>> kgen.latents.interpolation([1, 0], [0, 1], 3).round(3).tolist()
    [[1.0, 0.0], [0.7070000171661377, 0.7070000171661377], [0.0, 1.0]]

    Reference: White 2016, "Sampling generative networks", section 2.1, arXiv 1609.04468.
    """
    z_a, z_b = _vector("z_a", z_a), _vector("z_b", z_b)
    if z_a.shape != z_b.shape:
        raise invalid("z_b", f"a latent of shape {z_a.shape} as z_a", shape=z_b.shape)
    if not (isinstance(steps, int) and steps >= 2):
        raise invalid("steps", "an integer of at least 2", steps=steps)
    t = np.linspace(0.0, 1.0, steps)[:, None]
    norms = np.linalg.norm(z_a) * np.linalg.norm(z_b)
    w = math.acos(np.clip(z_a @ z_b / norms, -1.0, 1.0)) if norms else 0.0
    if math.sin(w) < 1e-6:
        return ((1 - t) * z_a + t * z_b).astype(np.float32)
    return ((np.sin((1 - t) * w) * z_a + np.sin(t * w) * z_b) / math.sin(w)).astype(np.float32)


def manifold(num):
    """Latents that cover a 2-D standard normal prior evenly, for a square grid of decoded pictures.

    z = F^-1(u), F the normal CDF, u the centres of num x num equal cells of the unit square. Row by row; the
    first coordinate grows to the right, the second downwards.

    Args:
        num: pictures along each side, a positive integer.

    Returns:
        float32 array [num * num, 2].

    Example:

    >>> kgen.latents.manifold(2).round(2).tolist()[0]
    [-0.6700000166893005, -0.6700000166893005]

    Reference: Kingma & Welling 2014, appendix A, arXiv 1312.6114.
    """
    positive_integer("num", num)
    quantiles = [statistics.NormalDist().inv_cdf((i + 0.5) / num) for i in range(num)]
    return np.array([[x, y] for y in quantiles for x in quantiles], np.float32)


def traverse(mean, dimensions, values):
    """Latents that leave a mean along one axis at a time: a row of pictures for each axis.

    z[i * len(values) + j] = mean + values[j] e_dimensions[i].

    Args:
        mean: latent [latent_dim].
        dimensions: axes to walk along, integers in [0, latent_dim).
        values: offsets from the mean.

    Returns:
        float32 array [len(dimensions) * len(values), latent_dim].

    Example:

    >>> kgen.latents.traverse([0, 0, 5], [0, 2], [-1, 1]).tolist()
    [[-1.0, 0.0, 5.0], [1.0, 0.0, 5.0], [0.0, 0.0, 4.0], [0.0, 0.0, 6.0]]
    """
    mean, values = _vector("mean", mean), _vector("values", values)
    dimensions = np.asarray(dimensions)
    if dimensions.ndim != 1 or not all(int(axis) == axis and 0 <= axis < len(mean) for axis in dimensions):
        raise invalid("dimensions", f"integers in [0, {len(mean)})", dimensions=dimensions.tolist())
    directions = np.eye(len(mean))[dimensions.astype(int)]
    return (mean + values[None, :, None] * directions[:, None]).reshape([-1, len(mean)]).astype(np.float32)


def _vector(name, value):
    value = np.asarray(value, np.float64)
    if value.ndim != 1 or not value.size or not np.isfinite(value).all():
        raise invalid(name, "a vector of finite numbers", shape=value.shape)
    return value
