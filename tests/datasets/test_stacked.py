"""Stacked data: three independent orders of a grey set, labels that add up, what every source promises."""

import keras
import numpy as np
import pytest

import kgen
from kgen.cli import data
from kgen.datasets import load

N = 60
X = np.arange(N, dtype="uint8").reshape(N, 1, 1, 1)
Y = np.arange(N) % 4


@pytest.fixture
def source(tmp_path):
    """Pictures that are their own numbers, of four classes; the test split has other numbers."""
    np.savez(tmp_path / "grey.npz", x_train=X, y_train=Y, x_test=X[:20] + 100, y_test=Y[:20])
    return f"stacked:{tmp_path / 'grey.npz'}"


def numbers(batch):
    """The numbers [batch, 3] that a batch of pictures shows."""
    return batch.numpy().reshape(-1, 3).astype(int)


def epoch(dataset, number):
    return np.concatenate([numbers(x) for x in dataset.at(number * dataset.steps_per_epoch).take(6)])


def test_each_channel_shows_each_example_once_in_an_epoch(source):
    dataset, description = load(source, batch_size=10, seed=3)
    assert dataset.steps_per_epoch == 6 and dataset.element_spec.shape == (10, 1, 1, 3)
    for shown in (epoch(dataset, 0), epoch(dataset, 1)):
        np.testing.assert_array_equal(np.sort(shown, axis=0), np.repeat(np.arange(N)[:, None], 3, axis=1))
    assert description.shape == (1, 1, 3) and description.num_examples == N


def test_channels_and_epochs_have_independent_orders(source):
    dataset = load(source, batch_size=10, seed=3)[0]
    orders = np.concatenate([epoch(dataset, e).T for e in range(4)])  # [epochs x channels, N]
    agreeing = [np.sum(orders[i] == orders[j]) for i in range(12) for j in range(i)]
    assert np.mean(agreeing) == pytest.approx(1, abs=0.5) and max(agreeing) < 10  # Random orders meet once.
    triples = {tuple(row) for e in range(4) for row in epoch(dataset, e)}
    assert len(triples) == 4 * N


def test_labels_are_digits_of_the_classes(source):
    for shuffle in (True, False):
        dataset, description = load(source, batch_size=15, seed=1, labels=True, shuffle=shuffle)
        for x, y in dataset.at(2).take(5):
            a, b, c = Y[numbers(x)].T
            np.testing.assert_array_equal(y, 16 * a + 4 * b + c)
            assert y.dtype == "int32" and description.classes[int(y[0])] == f"{a[0]} {b[0]} {c[0]}"
    assert len(description.classes) == 64


def test_a_batch_is_a_function_of_seed_and_step(source):
    dataset = load(source, batch_size=7, seed=5)[0]
    steps = [numbers(batch) for batch in dataset.at(0).take(20)]
    for step in (1, 8, 13, 19):
        np.testing.assert_array_equal(numbers(next(iter(dataset.at(step)))), steps[step])
    assert not np.array_equal(steps[0], numbers(next(iter(load(source, batch_size=7, seed=6)[0]))))


def test_in_order_it_is_one_fixed_list(source):
    first, second = (load(source, "test", batch_size=7, seed=seed) for seed in (0, 1))
    shown = [np.concatenate([numbers(x) for x in dataset]) for dataset, _ in (first, second)]
    np.testing.assert_array_equal(*shown)
    assert first[1] == second[1] and len(shown[0]) == 20
    np.testing.assert_array_equal(np.sort(shown[0], axis=0)[:, 1], np.arange(100, 120))
    assert not np.array_equal(shown[0][:, 0], shown[0][:, 1])
    few = load(source, "test", batch_size=7, num_examples=5)[0]
    np.testing.assert_array_equal(numbers(next(iter(few))), shown[0][:5])


def test_the_description_tells_sources_apart(source):
    train, test = (load(source, split, batch_size=5)[1] for split in ("train", "test"))
    assert train.name == "stacked:grey" and train.fingerprint != test.fingerprint
    assert train.fingerprint == load(source, batch_size=5, seed=9)[1].fingerprint


def test_digits_fit_their_classes_and_size():
    dataset, description = load("stacked:digits", batch_size=32, image_size=16)
    assert description.shape == (16, 16, 3) and description.num_examples == 1437
    assert description.classes[407] == "4 0 7" and len(description.classes) == 1000
    assert next(iter(dataset)).dtype == "uint8"


def test_the_same_warp_meets_all_channels(source):
    dataset = load("stacked:digits", batch_size=8, augment="rotation=30")[0]
    plain = load("stacked:digits", batch_size=8)[0]
    batches = [np.stack([next(iter(d.at(step))).numpy() for step in (0, 1)]) for d in (dataset, plain)]
    assert batches[0].shape == batches[1].shape and not np.array_equal(*batches)
    again = next(iter(dataset.at(1))).numpy()
    np.testing.assert_array_equal(batches[0][1], again)


def test_only_grey_pictures_are_stacked(tmp_path):
    for bad in ("stacked:ring", "stacked:stacked:digits"):
        with pytest.raises(ValueError, match="argument `source`. Expected grey pictures to stack"):
            load(bad)
    np.savez(tmp_path / "many.npz", x=X, y=np.arange(N) + 60)
    with pytest.raises(ValueError, match="at most 101 classes to stack"):
        load(f"stacked:{tmp_path / 'many.npz'}", batch_size=5)
    with pytest.raises(ValueError, match="nothing_known"):
        load("stacked:nothing_known")


def test_without_labels_there_are_no_classes(tmp_path):
    np.savez(tmp_path / "bare.npz", x=X)
    dataset, description = load(f"stacked:{tmp_path / 'bare.npz'}", batch_size=5)
    assert description.classes == () and next(iter(dataset)).shape == (5, 1, 1, 3)
    with pytest.raises(ValueError, match="has no labels"):
        load(f"stacked:{tmp_path / 'bare.npz'}", batch_size=5, labels=True)


def test_a_stacked_file_is_found_again_from_elsewhere(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert data.place("stacked:grey.npz") == source and data.place("stacked:digits") == "stacked:digits"


def test_a_model_trains_and_is_resumed(source, tmp_path):
    def train(epochs, folder):
        keras.utils.set_random_seed(0)
        model = kgen.GAN((1, 1, 3), latent_dim=2, hidden_units=(4,), seed=0)
        model.compile(jit_compile=False)
        callbacks = [kgen.callbacks.TrainingState(tmp_path / folder)]
        model.fit(load(source, batch_size=10)[0], epochs=epochs, callbacks=callbacks, verbose=0)
        return model.get_weights()

    whole = train(2, "whole")
    train(1, "parts")
    for one, other in zip(train(2, "parts"), whole, strict=True):
        np.testing.assert_array_equal(one, other)
