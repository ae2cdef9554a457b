"""RecurrentLanguageModel: its numbers of weights, and what it learns; the other promises are in tests/contract."""

import keras
import numpy as np
import pytest

import kgen

BAD = {
    "vocabulary": {"vocabulary": 0},
    "cell": {"cell": "lstn"},
    "units": {"units": 0},
    "num_layers": {"num_layers": 1.5},
    "embedding_dim": {"embedding_dim": -1},
    "dropout": {"dropout": 1.0},
    "sequence_length": {"sequence_length": 0},
}


@pytest.mark.parametrize("argument", BAD)
def test_bad_arguments_are_named(argument):
    with pytest.raises(ValueError, match=f"`{argument}`") as error:
        kgen.RecurrentLanguageModel(**{"vocabulary": 9, **BAD[argument]})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "options, expected",
    [
        ({}, 5 * 4 + 4 * 6 * (5 + 6) + 24 + 4 * 6 * 12 + 24 + 6 * 4 + 4),
        ({"num_layers": 1, "cell": "gru"}, 5 * 4 + 3 * 6 * (5 + 6) + 18 + 6 * 4 + 4),
        ({"num_layers": 1, "tied_embeddings": True}, 5 * 4 + 4 * 6 * (5 + 6) + 24 + 6 * 5 + 4),
    ],
)
def test_numbers_of_weights(options, expected):
    model = kgen.RecurrentLanguageModel(4, **{"units": 6, "num_layers": 2, "embedding_dim": 5, **options})
    assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == expected


def chain(stay, number, length, seed):
    """Rows of a chain of two states that begins in 0 and stays with probability `stay`."""
    moved = np.random.default_rng(seed).random((number, length)) > stay
    return np.pad(np.cumsum(moved, axis=1) % 2, [(0, 0), (1, 0)]).astype("int32")


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_it_learns_the_entropy_of_a_chain(cell):
    stay = 0.9
    entropy = -(stay * np.log(stay) + (1 - stay) * np.log(1 - stay))
    keras.utils.set_random_seed(0)
    model = kgen.RecurrentLanguageModel(
        2, cell, units=8, num_layers=1, embedding_dim=4, sequence_length=20, seed=1
    )
    model.compile(keras.optimizers.Adam(2e-2), jit_compile=False)
    model.fit(chain(stay, 1280, 20, seed=0), batch_size=64, epochs=4, verbose=0)
    held_out = chain(stay, 2000, 20, seed=1)
    found = model.evaluate(held_out, batch_size=500, return_dict=True, verbose=0)["loss"]
    moves = (held_out[:, 1:] != held_out[:, :-1]).mean()
    best = -(moves * np.log(1 - stay) + (1 - moves) * np.log(stay))  # Of these rows, by the true chain.
    assert best == pytest.approx(entropy, abs=0.02) and best - 1e-3 < found < best + 0.02
    drawn = np.pad(model.draw(2000, seed=2), [(0, 0), (1, 0)])
    assert (drawn[:, 1:] == drawn[:, :-1]).mean() == pytest.approx(stay, abs=0.02)


def test_it_remembers_the_first_token():
    """The last of eight tokens is the first again; those between are noise."""
    random = np.random.default_rng(0)
    rows = np.pad(random.integers(0, 2, (2048, 8)), [(0, 0), (1, 0)]).astype("int32")
    rows[:, -1] = rows[:, 1]
    keras.utils.set_random_seed(0)
    model = kgen.RecurrentLanguageModel(2, units=16, num_layers=1, embedding_dim=4, sequence_length=8)
    model.compile(keras.optimizers.Adam(3e-2), jit_compile=False)
    loss = model.fit(rows, batch_size=64, epochs=12, verbose=0).history["loss"][-1]
    assert loss < 7 / 8 * np.log(2) + 0.03
