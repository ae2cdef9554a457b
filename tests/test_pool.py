"""The image pool: a batch at once does what Zhu's code does row by row."""

import numpy as np
import pytest
import tensorflow as tf

from kgen import noise
from kgen.pool import ImagePool, exchanged


def one_by_one(kept, images, filled, draws):
    """The authors' loop."""
    kept, shown = kept.copy(), []
    for image, (chance, place) in zip(images, draws, strict=True):
        if filled < len(kept):
            kept[filled] = image
            filled += 1
            shown.append(image)
        elif chance < 0.5:
            slot = int(place * len(kept))
            shown.append(kept[slot].copy())
            kept[slot] = image
        else:
            shown.append(image)
    return np.array(shown), kept


@pytest.mark.parametrize(
    "size, filled, n", [(3, 0, 2), (3, 1, 8), (3, 3, 1), (2, 2, 9), (1, 1, 4), (5, 0, 3)]
)
def test_a_batch_at_once_is_the_loop(size, filled, n):
    random = np.random.default_rng(size + filled + n)
    swapped = 0
    for _ in range(20):
        kept, images = (random.normal(size=(m, 2, 1)).astype("float32") for m in (size, n))
        draws = random.uniform(size=(n, 2)).astype("float32")
        shown, after = exchanged(
            tf.constant(kept), tf.constant(images), tf.constant(filled), tf.constant(draws)
        )
        expected, expected_after = one_by_one(kept, images, filled, draws)
        np.testing.assert_array_equal(shown, expected)
        np.testing.assert_array_equal(after, expected_after)
        swapped += (expected != images).any()
    assert (swapped > 0) == (filled + n > size)


def test_the_layer_fills_and_then_exchanges_half():
    pool, seen, rows = ImagePool(4, (1,)), [], 300
    for start in range(0, rows, 20):
        images = tf.range(start, start + 20, dtype=tf.float32)[:, None] + 1.0
        seen.append(pool.exchange(images, noise.rows(7, 20, start)).numpy().ravel())
        assert int(pool.filled) == 4
    seen = np.concatenate(seen)
    assert (seen[:4] == [1, 2, 3, 4]).all()
    old = seen < np.arange(rows) + 1
    assert 0.4 < old.mean() < 0.6
    assert set(seen) | set(pool.kept.numpy().ravel()) == set(np.arange(rows) + 1.0)


def test_no_gradient_flows_through_the_pool():
    pool, images = ImagePool(2, (1,)), tf.constant([[1.0], [2.0], [3.0]])
    with tf.GradientTape() as tape:
        tape.watch(images)
        shown = tf.reduce_sum(pool.exchange(images, noise.rows(0, 3)) * 2.0)
    assert tape.gradient(shown, images) is None
