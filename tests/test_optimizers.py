"""The linear decay of the learning rate."""

import keras
import numpy as np
import pytest

from kgen.optimizers import LinearDecay


@pytest.mark.parametrize("constant, decay", [(100, 50), (0, 7)])
def test_constant_and_then_along_a_line_to_zero(constant, decay):
    rate, steps = LinearDecay(2e-4, constant, decay), np.arange(2 * (constant + decay))
    expected = np.interp(steps, [constant, constant + decay], [2e-4, 0.0])
    np.testing.assert_allclose([rate(step) for step in steps], expected, rtol=1e-4, atol=1e-10)


def test_an_optimiser_with_it_comes_back_from_its_config():
    optimizer = keras.optimizers.Adam(LinearDecay(0.5, 2, 4), beta_1=0.5)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert again._learning_rate.get_config() == {"initial": 0.5, "steps_constant": 2, "steps_decay": 4}
    variable = keras.Variable([1.0])
    again.build([variable])
    seen = []
    for _ in range(8):
        seen.append(float(again.learning_rate))
        again.apply([np.array([1.0], "float32")], [variable])
    assert seen == pytest.approx([0.5, 0.5, 0.5, 0.375, 0.25, 0.125, 0.0, 0.0])


@pytest.mark.parametrize(
    "bad, name", [((0.0, 1, 1), "initial"), ((0.1, -1, 1), "steps_constant"), ((0.1, 0, 0), "steps_decay")]
)
def test_bad_numbers_are_named(bad, name):
    with pytest.raises(ValueError, match=f"argument `{name}`"):
        LinearDecay(*bad)
