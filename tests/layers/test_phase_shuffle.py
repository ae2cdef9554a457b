"""Phase shuffle: the authors' rule by a naive loop, its gradients, and whose shift it is."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
from kgen.layers import PhaseShuffle
from kgen.layers.phase_shuffle import shifted

X = np.random.default_rng(0).normal(size=(6, 9, 2)).astype("float32")


def padded_and_cut(x, shift):
    """The authors' way: reflect on one side by the shift, and cut as much off the other."""
    left, right = max(shift, 0), max(-shift, 0)
    return np.pad(x, [(left, right), (0, 0)], mode="reflect")[right : right + len(x)]


def test_shifts_are_the_authors():
    shifts = [-3, -1, 0, 1, 2, 3]
    wanted = np.stack([padded_and_cut(x, s) for x, s in zip(X, shifts, strict=True)])
    np.testing.assert_array_equal(shifted(tf.constant(X), tf.constant(shifts), 3), wanted)
    assert shifted(tf.constant(X), tf.constant(shifts), 3)[5, :, 0].numpy().tolist() == [
        *X[5, [3, 2, 1, 0, 1, 2, 3, 4, 5], 0].tolist()
    ]


def test_its_gradient_sums_over_the_places_a_sample_went_to():
    shifts, weights = tf.constant([-2, -1, 0, 1, 2, 2]), np.random.default_rng(1).normal(size=X.shape)
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(shifted(x, shifts, 2) * weights.astype("float32"))
    wanted = np.zeros_like(X)
    place = np.broadcast_to(np.arange(9.0)[:, None], (9, 2))
    for row, shift in enumerate(shifts.numpy()):
        source = padded_and_cut(place, shift)[:, 0].astype(int)
        np.add.at(wanted[row], source, weights[row])
    np.testing.assert_allclose(tape.gradient(total, x), wanted, atol=1e-6)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_gradients_gradient_is_that_of_a_sum_of_slices(compiled):
    """||d/dx f(shift(x))||^2 for a cubic f, against one-hot weights on shifted slices, whose gradients are TF's own."""
    shifts = tf.constant([-1, 0, 1, 1, -1, 0])

    def by_slices(x):
        padded = tf.pad(x, [[0, 0], [1, 1], [0, 0]], mode="REFLECT")
        marks = tf.one_hot(1 - shifts, 3)
        return sum(marks[:, k, None, None] * padded[:, k : k + 9] for k in range(3))

    def second(shift, x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                value = tf.reduce_sum(shift(x) ** 3)
            norm = tf.reduce_sum(inner.gradient(value, x) ** 2)
        return outer.gradient(norm, x)

    own = tf.function(lambda x: second(lambda x: shifted(x, shifts, 1), x), jit_compile=compiled)
    np.testing.assert_allclose(own(tf.constant(X)), second(by_slices, tf.constant(X)), rtol=1e-4, atol=1e-4)


def test_a_shift_belongs_to_its_row():
    def drawn(batch, start):
        with kgen.noise.stream(5, 7, batch, start):
            return PhaseShuffle(3)(tf.ones([batch, 1, 1]) * tf.range(9.0)[None, :, None], training=True)

    whole = drawn(40, 0).numpy()
    np.testing.assert_array_equal(whole[20:], drawn(20, 20))
    counts = np.unique(whole[:, 4, 0], return_counts=True)
    assert counts[0].tolist() == [1, 2, 3, 4, 5, 6, 7] and counts[1].max() < 20
    with kgen.noise.stream(5, 8, 40):
        other = PhaseShuffle(3)(tf.ones([40, 1, 1]) * tf.range(9.0)[None, :, None], training=True)
    assert not np.array_equal(whole, other)


def test_every_shift_is_as_likely():
    with kgen.noise.stream(0, 0, 5000):
        x = PhaseShuffle(2)(tf.tile(tf.range(9.0)[None, :, None], [5000, 1, 1]), training=True)
    share = np.bincount(x[:, 4, 0].numpy().astype(int), minlength=9)[2:7] / 5000
    np.testing.assert_allclose(share, 0.2, atol=4 * np.sqrt(0.16 / 5000))


def test_it_rests_outside_of_training_and_draws_outside_of_kgens_steps():
    layer = PhaseShuffle(2)
    np.testing.assert_array_equal(layer(X, training=False), X)
    np.testing.assert_array_equal(PhaseShuffle(0)(X, training=True), X)
    again = PhaseShuffle.from_config(layer.get_config())
    assert again.radius == 2
    many = np.broadcast_to(np.arange(9.0, dtype="float32")[:, None], (64, 9, 1))
    assert set(layer(many, training=True)[:, 4, 0].numpy()) == {2.0, 3.0, 4.0, 5.0, 6.0}


def test_half_precision_is_copied_exactly():
    x = tf.cast(X, tf.bfloat16)
    np.testing.assert_array_equal(shifted(x, tf.zeros([6], tf.int32), 2), x)


@pytest.mark.parametrize("radius", [-1, 1.5, True])
def test_a_bad_radius_is_named(radius):
    with pytest.raises(ValueError, match="argument `radius`"):
        PhaseShuffle(radius)


def test_a_model_with_it_is_saved(tmp_path):
    model = keras.Sequential([keras.Input((9, 2)), PhaseShuffle(1)])
    model.save(tmp_path / "m.keras")
    assert keras.saving.load_model(tmp_path / "m.keras").layers[0].radius == 1
