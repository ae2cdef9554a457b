"""How steps are run: many as one XLA program with the same bits however many, other data by Keras's function."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen

X = np.random.default_rng(0).normal(size=(24, 2)).astype("float32")


def model(units=8, policy="float32", **compiled):
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(policy)
    made = kgen.GAN((2,), latent_dim=2, hidden_units=(units,))
    made.compile(**compiled)
    return made


def is_looped(made):
    made.make_train_function()
    return "looped" in made.train_function.__qualname__


def weights(made):
    return [v.numpy() for v in made.variables]


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_any_number_of_steps_in_a_call_gives_the_same_bits(policy):
    first, *others = (model(policy=policy, jit_compile=True, steps_per_execution=n) for n in (1, 2, 6))
    expected = first.fit(X, batch_size=4, epochs=2, verbose=0).history
    for other in others:
        assert other.fit(X, batch_size=4, epochs=2, verbose=0).history == expected
        assert int(other.step) == 12
        for one, two in zip(weights(first), weights(other), strict=True):
            np.testing.assert_array_equal(one, two)


def test_more_steps_than_the_buffer_has_usually():
    made = model(steps_per_execution=24)
    made.fit(X, batch_size=1, epochs=1, verbose=0)
    assert made.steps_per_execution == 24 and int(made.step) == 24


def test_batches_of_changing_size_take_keras_function():
    made = model()
    made.fit(tf.data.Dataset.from_tensor_slices(X).batch(7), epochs=2, verbose=0)
    assert int(made.step) == 8 and int(made.skipped_steps) == 0


@pytest.mark.parametrize(
    ("looped", "options"),
    [
        (True, {}),
        (True, {"policy": "mixed_bfloat16"}),
        (False, {"policy": "mixed_float16"}),
        (False, {"units": 257}),
        (False, {"jit_compile": False}),
        (False, {"run_eagerly": True}),
    ],
)
@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="loops are for CPUs")
def test_narrow_networks_are_looped(looped, options):
    assert is_looped(model(**options)) == looped


def test_a_broken_batch_in_a_loop_is_skipped_alone():
    made, x = model(steps_per_execution=6), X.copy()
    x[5] = np.nan
    data = tf.data.Dataset.from_tensor_slices(x).batch(4, drop_remainder=True)
    made.fit(data, epochs=2, verbose=0)
    assert int(made.step) == 12 and int(made.skipped_steps) == 2
    assert all(np.isfinite(w).all() for w in weights(made))


def test_several_steps_in_a_call_need_one_replica(monkeypatch):
    monkeypatch.setattr(kgen.execution.replicas, "count", lambda: 2)
    assert kgen.execution.steps_in_a_call(None, 1, 6) == 1
    with pytest.raises(ValueError, match="`steps_per_execution`. Expected 1 with several replicas"):
        kgen.execution.steps_in_a_call(None, 2, 6)
