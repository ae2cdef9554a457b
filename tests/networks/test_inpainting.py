"""The network of pictures with holes."""

import numpy as np
import pytest
import scipy.special

from kgen.networks import inpainting


@pytest.mark.parametrize("sides", [(8, 8), (7, 9), (28, 13)])
def test_a_number_for_each_pixel_of_any_size(sides):
    network = inpainting.hourglass((*sides, 4), 2, width=2)
    assert network.output_shape == (None, *sides, 2)
    assert network(np.zeros([1, *sides, 4])).dtype == "float32"


def test_every_pixel_sees_a_neighbourhood_of_its_own():
    network = inpainting.hourglass((16, 16, 1), 1, width=4)
    x = np.random.default_rng(0).uniform(size=(1, 16, 16, 1)).astype("float32")
    changed = x.copy()
    changed[0, 8, 8] += 1.0
    moved = np.abs(network(x) - network(changed))[0, :, :, 0]
    assert moved[8, 8] > 0 and moved[4, 4] > 0


def test_a_new_network_starts_at_the_brightness_of_each_channel():
    network = inpainting.hourglass((4, 4, 4), 2, width=2)
    pictures = np.full((16, 4, 4, 2), np.nan)
    pictures[:8, :, :, 0], pictures[8:, :, :, 0] = 0.1, 0.3
    inpainting.initialize(network, pictures)
    np.testing.assert_allclose(scipy.special.expit(network.get_layer("logits").bias), [0.2, 0.5], atol=2e-3)
    inpainting.initialize(network, np.zeros((16, 4, 4, 2)))
    np.testing.assert_allclose(scipy.special.expit(network.get_layer("logits").bias), 0.01, atol=1e-6)


def test_bad_width_is_named():
    with pytest.raises(ValueError, match="argument `width`"):
        inpainting.hourglass((8, 8, 1), 1, width=0)
