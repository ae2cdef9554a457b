"""ConvolutionalLanguageModel: its numbers of weights, and what it learns; other promises are in tests/contract."""

import keras
import numpy as np
import pytest

import kgen
from tests.models.test_recurrent_language_model import chain

BAD = {
    "vocabulary": {"vocabulary": -3},
    "channels": {"channels": 0},
    "kernel_size": {"kernel_size": 0},
    "num_blocks": {"num_blocks": 0},
    "embedding_dim": {"embedding_dim": 2.5},
    "dropout": {"dropout": -0.1},
    "sequence_length": {"sequence_length": 0},
}


@pytest.mark.parametrize("argument", BAD)
def test_bad_arguments_are_named(argument):
    with pytest.raises(ValueError, match=f"`{argument}`") as error:
        kgen.ConvolutionalLanguageModel(**{"vocabulary": 9, **BAD[argument]})
    assert "\n" not in str(error.value)


def test_numbers_of_weights_and_the_default_receptive_field():
    model = kgen.ConvolutionalLanguageModel(4, channels=6, kernel_size=2, num_blocks=2, embedding_dim=5)
    first, others = 2 * 5 * 6 + 6 + 6, 3 * (2 * 6 * 6 + 6 + 6)
    assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == (
        4 * 5 + first + others + 5 * 6 + 6 * 4 + 4
    )
    assert kgen.ConvolutionalLanguageModel(4).network.receptive_field == 253


def test_it_learns_a_rule_as_far_as_it_sees():
    """y_t = y_{t-4} xor y_{t-2}: a field of 5 tokens learns it, one of 3 cannot."""
    random = np.random.default_rng(0)
    rows = np.zeros((1024, 21), "int32")
    rows[:, 1:5] = random.integers(0, 2, (1024, 4))
    for t in range(5, 21):
        rows[:, t] = rows[:, t - 4] ^ rows[:, t - 2]
    losses = []
    for num_blocks in (2, 1):
        keras.utils.set_random_seed(0)
        model = kgen.ConvolutionalLanguageModel(
            2, channels=16, kernel_size=2, num_blocks=num_blocks, embedding_dim=4, sequence_length=20
        )
        model.compile(keras.optimizers.Adam(1e-2))
        losses.append(model.fit(rows, batch_size=64, epochs=12, verbose=0).history["loss"][-1])
    least = 4 / 20 * np.log(2)
    assert losses[0] < least + 0.03 and losses[1] > 3 * least


def test_it_learns_the_entropy_of_a_chain():
    keras.utils.set_random_seed(0)
    model = kgen.ConvolutionalLanguageModel(2, channels=8, num_blocks=2, embedding_dim=4, sequence_length=20)
    model.compile(keras.optimizers.Adam(1e-2))
    model.fit(chain(0.9, 1280, 20, seed=0), batch_size=64, epochs=4, verbose=0)
    found = model.evaluate(chain(0.9, 2000, 20, seed=1), batch_size=500, return_dict=True, verbose=0)["loss"]
    assert found == pytest.approx(0.325, abs=0.03)
