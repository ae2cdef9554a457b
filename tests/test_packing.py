"""Packing against NumPy, for vectors and pictures, known and unknown batches."""

import numpy as np
import pytest
import tensorflow as tf

from kgen.packing import pack

RANDOM = np.random.default_rng(6)
SHAPES = {"vectors": (3,), "pictures": (4, 5, 3), "grey": (4, 5, 1)}


def packed(x, m):
    """Pack i as the concatenation of rows im, ..., im + m - 1, taken modulo n."""
    starts = range(0, len(x), m)
    return np.stack([np.concatenate([x[(i + j) % len(x)] for j in range(m)], axis=-1) for i in starts])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n, m", [(1, 1), (1, 4), (2, 5), (6, 2), (6, 3), (7, 2), (7, 3), (8, 8), (3, 7)])
@pytest.mark.parametrize("xla", [False, True], ids=["graph", "xla"])
def test_packs_are_successive_rows_side_by_side(shape, n, m, xla):
    x = RANDOM.normal(size=(n, *SHAPES[shape])).astype("float32")
    actual = tf.function(lambda x: pack(x, m), jit_compile=xla)(tf.constant(x))
    assert actual.shape == (-(-n // m), *x.shape[1:-1], m * x.shape[-1])
    np.testing.assert_array_equal(actual, packed(x, m))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("m", [2, 3])
def test_the_batch_may_be_unknown(shape, m):
    function = tf.function(lambda x: pack(x, m), input_signature=[tf.TensorSpec([None, *SHAPES[shape]])])
    for n in (1, 2, 6, 7):
        x = RANDOM.normal(size=(n, *SHAPES[shape])).astype("float32")
        actual = function(x)
        assert actual.shape[-1] == m * x.shape[-1]
        np.testing.assert_array_equal(actual, packed(x, m))


def test_a_pack_of_one_is_the_batch_itself():
    x = tf.zeros((3, 2))
    assert pack(x, 1) is x


@pytest.mark.parametrize("n", [6, 7])
def test_each_row_gets_the_gradient_of_all_its_places(n):
    x = tf.constant(RANDOM.normal(size=(n, 2)).astype("float32"))
    weights = RANDOM.normal(size=(-(-n // 3), 6)).astype("float32")
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = tf.reduce_sum(pack(x, 3) * weights)
    expected = np.zeros((n, 2))
    for place, row in enumerate(weights.reshape([-1, 2])):
        expected[place % n] += row
    np.testing.assert_allclose(tf.convert_to_tensor(tape.gradient(value, x)), expected, rtol=1e-6)


@pytest.mark.parametrize("m", [0, -1, 2.0, True, None])
def test_a_pack_holds_a_positive_number_of_samples(m):
    with pytest.raises(ValueError, match="`m`"):
        pack(tf.zeros((2, 2)), m)
