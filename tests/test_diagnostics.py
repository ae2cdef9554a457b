"""What a step reports when asked: gradient norms, D's verdicts, skipped steps; and that asking changes nothing."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
from tests.contract.table import ROWS
from tests.toys import PLAIN, variables

X = np.random.default_rng(0).normal(size=(32, 2)).astype("float32")
NAMES = {
    "discriminator_gradient_norm",
    "generator_gradient_norm",
    "real_accuracy",
    "fake_accuracy",
    "skipped",
}


def make(diagnostics=True, compiled=None, policy="float32", **options):
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(policy)
    chosen = {"latent_dim": 2, "hidden_units": (8,), **options}
    model = kgen.GAN((2,), **chosen, **({"diagnostics": True} if diagnostics else {}))
    model.compile(**{**PLAIN, **(compiled or {})})
    return model


def fit(model, x=X, epochs=2, batch_size=4, **options):
    return model.fit(x, batch_size=batch_size, epochs=epochs, verbose=0, shuffle=False, **options).history


def sgd(rate=0.0):
    rate = rate or 1e-30  # A rate that moves nothing.
    return {
        f"{player}_optimizer": keras.optimizers.SGD(rate) for player in ("generator", "discriminator")
    } | PLAIN


def linear():
    """G(z) = z + b and D(x) = w x + c, with w = (3, 4), c = -1, b = 0."""
    generator = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(2, kernel_initializer="identity", name="g")]
    )
    discriminator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="d")])
    discriminator.set_weights([np.array([[3.0], [4.0]]), np.array([-1.0])])
    return {"generator": generator, "discriminator": discriminator}


@pytest.mark.parametrize("update", ["alternating", "simultaneous"])
def test_norms_and_verdicts_by_hand(update, monkeypatch):
    """D' = (s(-d) - s(f), ...) for the linear pair, with codes that are known."""
    model = make(loss="non_saturating", update=update, compiled=sgd(), **linear())
    z = np.random.default_rng(1).normal(size=(4, 2)).astype("float32")
    monkeypatch.setattr(model, "draw", lambda seeds, labels=None: tf.constant(z))
    logs = fit(model, X[:4], epochs=1)
    w = np.array([3.0, 4.0])
    real, fake = X[:4] @ w - 1.0, z @ w - 1.0
    real_slope, fake_slope = -1 / (1 + np.exp(real)), 1 / (1 + np.exp(-fake))  # Of the mean cross-entropies.
    ones = np.ones([4, 1])
    own = np.c_[X[:4], ones].T @ real_slope / 4 + np.c_[z, ones].T @ fake_slope / 4
    slopes = -1 / (1 + np.exp(fake))[:, None] * w  # Of -log s(D(z A + b)), by its output.
    other = np.concatenate([(z.T @ slopes).ravel(), slopes.sum(0)]) / 4
    assert logs["discriminator_gradient_norm"] == pytest.approx([np.linalg.norm(own)], rel=1e-5)
    assert logs["generator_gradient_norm"] == pytest.approx([np.linalg.norm(other)], rel=1e-5)
    assert logs["real_accuracy"] == [np.mean(real > 0)] and logs["fake_accuracy"] == [np.mean(fake < 0)]
    assert 0 < logs["real_accuracy"][0] < 1 and logs["skipped"] == [0.0]


def test_a_critic_reports_its_estimate():
    logs = fit(make(loss="wasserstein"))
    assert "wasserstein_estimate" in logs and "real_accuracy" not in logs
    assert logs["wasserstein_estimate"] == pytest.approx(
        -np.add(logs["real_loss"], logs["fake_loss"]), rel=1e-4, abs=1e-6
    )


@pytest.mark.parametrize(
    "options",
    [
        {"update": "simultaneous", "dropout": 0.3, "feature_matching": 1.0, "normalization": "batch"},
        {
            "update": "split",
            "discriminator_steps": 2,
            "penalty": "gradient",
            "packing": 2,
            "ema_momentum": 0.9,
        },
        {"compiled": {"jit_compile": True, "steps_per_execution": 4}},
        {"policy": "mixed_float16"},
    ],
    ids=str,
)
def test_asking_changes_no_bit(options):
    silent, asked = make(False, **options), make(True, **options)
    expected, found = fit(silent), fit(asked)
    assert set(found) - set(expected) == NAMES and not NAMES & set(expected)
    assert all(found[name] == expected[name] for name in expected)
    for one, two in zip(variables(silent), variables(asked), strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())
    assert all(np.isfinite(found[name]).all() for name in NAMES)


def test_the_option_is_part_of_the_configuration_only_where_it_is_given():
    assert "diagnostics" not in make(False).get_config()
    assert kgen.GAN.from_config(make(True).get_config()).diagnostics is True


@pytest.mark.parametrize("scale", [2.0**4, 2.0**10])
def test_norms_are_unscaled_in_float16(scale):
    def norms(policy):
        made = make(policy=policy, compiled=sgd())
        for optimizer in made.optimizers().values():
            if policy == "mixed_float16":
                optimizer.dynamic_scale.assign(scale)
        return {name: numbers for name, numbers in fit(made, epochs=1).items() if "norm" in name}

    expected, found = norms("float32"), norms("mixed_float16")
    assert len(expected) == 2
    for name, numbers in expected.items():
        assert found[name] == pytest.approx(numbers, rel=0.02)


def test_skipped_steps_are_a_share_and_leave_no_other_trace():
    x = X.copy()
    x[9] = np.nan  # In the third of eight batches.
    data = tf.data.Dataset.from_tensor_slices(x).batch(4, drop_remainder=True)
    found = make(compiled=sgd()).fit(data, epochs=2, verbose=0).history
    assert found["skipped"] == [0.125, 0.125]
    assert all(np.isfinite(numbers).all() for numbers in found.values())


def test_validation_keeps_its_own_verdicts():
    history = fit(make(dropout=0.5), validation_data=X[::-1][:8])
    assert {"val_real_accuracy", "val_fake_accuracy"} <= set(history)
    assert not {"val_skipped", "val_generator_gradient_norm"} & set(history)


def test_a_resumed_run_reports_the_same(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if int(self.model.step) == 11:
                raise KeyboardInterrupt

    def run(folder, *callbacks):
        model = make(discriminator_steps=2)
        kept = kgen.callbacks.TrainingState(tmp_path / folder, every=3)
        return model, fit(model, epochs=3, callbacks=[kept, *callbacks])

    whole, expected = run("whole")
    with pytest.raises(KeyboardInterrupt):
        run("broken", Stop())
    resumed, found = run("broken")
    assert found == expected and NAMES <= set(found)
    for one, two in zip(variables(whole), variables(resumed), strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


VERDICTS = {
    "acgan": {"real_accuracy", "real_class_accuracy"},
    "semi_supervised_gan": {"fake_accuracy", "accuracy"},
}


@pytest.mark.parametrize(
    ("name", "options"), [("acgan", {"augment": "translation"}), ("semi_supervised_gan", {})]
)
def test_other_models_report_their_verdicts(name, options):
    row = ROWS[name]
    model = row.make(diagnostics=True, **options)
    model.compile(**PLAIN)
    logs = model.fit(*row.data(32), batch_size=8, epochs=1, verbose=0).history
    norms = {"discriminator_gradient_norm", "generator_gradient_norm", "skipped"}
    assert set(row.terms) | norms | VERDICTS[name] <= set(logs)
    assert all(np.isfinite(numbers).all() for numbers in logs.values())


def reported(strategy):
    """What diagnostics say of two epochs."""
    with strategy.scope():
        model = make(discriminator_steps=2, compiled=sgd(1e-2))
    return {name: numbers for name, numbers in fit(model, batch_size=8).items() if name in NAMES}


def test_two_replicas_report_the_gradient_of_the_global_batch():
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr[-3000:]
    found = json.loads(run.stdout.splitlines()[-1])
    expected = reported(tf.distribute.get_strategy())
    assert set(found) == NAMES
    for name, numbers in expected.items():
        assert found[name] == pytest.approx(numbers, rel=1e-4), name


PROGRAM = """
import json, tensorflow as tf
import tests.two_cpus
from tests.test_diagnostics import reported
print(json.dumps(reported(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))))
"""
