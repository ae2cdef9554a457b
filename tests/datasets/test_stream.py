import hashlib

import numpy as np
import pytest
import tensorflow as tf

from kgen import datasets
from kgen.datasets import stream


def numbered(num_examples):
    return np.arange(num_examples, dtype=np.float32)[:, None]


def drawn(dataset, steps=None):
    batches = dataset if steps is None else dataset.take(steps)
    return [batch.numpy().ravel().astype(int).tolist() for batch in batches]


@pytest.mark.filterwarnings("ignore:The data set has 1 image")
@pytest.mark.parametrize("num_examples, batch_size", [(1, 1), (2, 1), (7, 3), (8, 4), (10, 10), (103, 10)])
def test_each_epoch_holds_each_example_once(num_examples, batch_size):
    dataset = datasets.from_arrays(numbered(num_examples), batch_size=batch_size)
    steps = 3 * num_examples
    seen = np.concatenate(drawn(dataset.at(0), steps)).reshape(-1, num_examples)
    assert all(sorted(epoch) == list(range(num_examples)) for epoch in seen)


def test_start_at_a_step_equals_skipping_to_it():
    dataset = datasets.from_arrays(numbered(23), batch_size=5, seed=4)
    whole = drawn(dataset.at(0), 40)
    for step in (1, 5, 17):
        assert drawn(dataset.at(step), 10) == whole[step : step + 10]


def test_one_epoch_of_the_data_set_is_the_start_of_the_endless_one():
    dataset = datasets.from_arrays(numbered(23), batch_size=5)
    assert dataset.cardinality().numpy() == dataset.steps_per_epoch == 4
    assert drawn(dataset) == drawn(dataset.at(0), 4) == drawn(dataset)


def test_seeds_and_epochs_have_different_orders():
    first, second = (datasets.from_arrays(numbered(50), batch_size=50, seed=seed) for seed in (0, 1))
    assert drawn(first) != drawn(second)
    epochs = drawn(first.at(0), 3)
    assert epochs[0] != epochs[1] and epochs[1] != epochs[2]


def test_orders_are_as_random_as_independent_permutations():
    n, epochs = 500, 100
    index = tf.tile(tf.range(n, dtype=tf.int64), [epochs])
    epoch = tf.repeat(tf.range(epochs, dtype=tf.int64), n)
    orders = stream.permuted(index, 0, epoch, n).numpy().reshape(epochs, n)
    same_place = (orders[1:] == orders[:-1]).sum(1).mean()
    fixed_points = (orders == np.arange(n)).sum(1).mean()
    assert 0.6 < same_place < 1.5 and 0.6 < fixed_points < 1.5  # both have mean 1, sd 0.1
    neighbours = [np.corrcoef(order[1:], order[:-1])[0, 1] for order in orders]
    assert abs(np.mean(neighbours)) < 0.02  # sd 1 / sqrt(500 * 100) = 0.0045


def test_in_order_the_remainder_is_a_smaller_batch():
    dataset = datasets.from_arrays(numbered(10), batch_size=4, shuffle=False)
    assert dataset.steps_per_epoch == dataset.cardinality().numpy() == 3
    assert drawn(dataset) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert drawn(dataset.at(2), 2) == [[8, 9], [0, 1, 2, 3]]
    assert drawn(datasets.from_arrays(numbered(3), batch_size=4, shuffle=False)) == [[0, 1, 2]]


def test_pixels_and_labels_stay_together_and_exact():
    images = np.random.default_rng(0).integers(0, 256, (40, 3, 5, 2), np.uint8)
    dataset = datasets.from_arrays(images, np.arange(40), batch_size=8)
    for pictures, labels in dataset.at(0).take(20):
        assert pictures.dtype == tf.uint8 and labels.dtype == tf.int32
        np.testing.assert_array_equal(pictures.numpy(), images[labels.numpy()])


def test_static_batch_where_every_batch_is_full():
    images = np.zeros((12, 4, 4), np.uint8)
    assert datasets.from_arrays(images, batch_size=5).element_spec.shape == (5, 4, 4, 1)
    assert datasets.from_arrays(images, batch_size=4, shuffle=False).element_spec.shape == (4, 4, 4, 1)
    assert datasets.from_arrays(images, batch_size=5, shuffle=False).element_spec.shape[0] is None


def test_memory_mapped_pictures_give_the_same_batches(tmp_path):
    images = np.random.default_rng(1).integers(0, 256, (30, 4, 4, 3), np.uint8)
    mapped = np.memmap(tmp_path / "pixels", np.uint8, "w+", shape=images.shape)
    mapped[:] = images
    here, there = (datasets.from_arrays(array, batch_size=4, seed=3) for array in (images, mapped))
    for a, b in zip(here.at(2).take(9), there.at(2).take(9), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert here.description == there.description and here.element_spec == there.element_spec


def test_description():
    images, labels = np.arange(48, dtype=np.uint8).reshape(3, 4, 4), np.array([2, 0, 1])
    description = datasets.from_arrays(images, labels, batch_size=1, name="three").description
    digest = hashlib.sha256(images.tobytes() + labels.astype("<i4").tobytes()).hexdigest()
    assert description == datasets.Description("three", "train", (4, 4, 1), ("0", "1", "2"), 3, digest, 0)


def test_floats_are_not_quantised():
    images = np.random.default_rng(0).random((6, 2, 2, 1))
    (batch,) = datasets.from_arrays(images, batch_size=6, shuffle=False)
    np.testing.assert_array_equal(batch.numpy(), images.astype(np.float32))


def test_replicas_share_the_batch():
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    dataset = datasets.from_arrays(numbered(12), batch_size=4)
    shared = strategy.experimental_distribute_dataset(dataset)
    assert [batch.numpy().ravel().astype(int).tolist() for batch in shared] == drawn(dataset)


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, True, "8"])
def test_bad_batch_size(batch_size):
    with pytest.raises(ValueError, match="`batch_size`. Expected a positive integer. Received"):
        datasets.from_arrays(numbered(9), batch_size=batch_size)


@pytest.mark.parametrize("seed", [-1, 2**31, 0.5, None])
def test_bad_seed(seed):
    with pytest.raises(ValueError, match="`seed`"):
        datasets.from_arrays(numbered(9), batch_size=1, seed=seed)


def test_fewer_images_than_a_batch():
    with pytest.raises(ValueError, match="has 9 examples, fewer than batch_size=10"):
        datasets.from_arrays(numbered(9), batch_size=10)


def test_one_image_is_warned_about():
    with pytest.warns(UserWarning, match="has 1 image"):
        datasets.from_arrays(np.zeros((1, 4, 4), np.uint8), batch_size=1)
