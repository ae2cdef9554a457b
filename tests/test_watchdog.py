"""The watch on collapse: provoked ones get the right words, healthy runs none, and watching changes nothing."""

import types
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_digits

import kgen
from kgen.callbacks import CollapseWatchdog, alarms, diversity, spread
from kgen.datasets.mixtures import read_mixture
from tests.toys import PLAIN, variables

RING = read_mixture("ring")[0][:1600]
DIGITS = np.round(load_digits().images * (255 / 16)).astype("uint8")[..., None]
REAL = np.random.default_rng(0).normal(size=(64, 2)).astype("float32")


def adam(rate):
    return keras.optimizers.Adam(rate, beta_1=0.5)


# The measure.


def test_diversity_by_hand():
    real = np.array([[0.0], [1.0], [3.0]])  # Distances 1, 2, 3; nearest 1, 1, 2.
    samples = np.array([[0.0], [4.0], [4.0]])  # Distances 4, 4, 0; nearest 4, 0, 0.
    assert spread.distances(real) == (2.0, 1.0) and spread.distances(samples) == (8 / 3, 0.0)
    assert diversity(samples, real) == 0.0
    assert diversity(samples, real[[0, 1, 1]]) == pytest.approx(4.0)  # Copies among real ones say nothing.


def test_diversity_has_a_scale():
    first, second = np.random.default_rng(1).normal(size=(2, 256, 8, 8, 1))
    assert diversity(first, second) == pytest.approx(1.0, abs=0.05)
    assert diversity(0.25 * first, first) == pytest.approx(0.25)
    assert diversity(first[:1].repeat(256, 0), second) == 0.0
    assert diversity(first[:10].repeat(26, 0)[:256], second) == 0.0  # One picture for each class.
    assert np.isnan(diversity(np.full([4, 2], np.nan), REAL[:4]))


# Telling, by a model whose measurements are given.


class Played:
    """Stands for a model of two players: what a check sees is played from lists."""

    image_shape = (2,)
    diagnostics = True
    first_examples = REAL

    def __init__(self, scales=(), skipped=()):
        self.scales, self.skips = list(scales), list(skipped)
        self.step, self.skipped_steps = tf.Variable(0), tf.Variable(0)
        self.weight = tf.Variable(0.0)
        self.stop_training = False

    @property
    def variables(self):
        return [self.step, self.skipped_steps, self.weight]

    def bookkeeping(self):
        return [self.step, self.skipped_steps]

    def optimizers(self):
        return dict.fromkeys(("discriminator", "generator"), types.SimpleNamespace(variables=[]))

    def generate(self, number, seed):
        return REAL[:number] * self.scales[min(int(self.step) // 50, len(self.scales)) - 1]


def play(watchdog, scales, accuracies=None, skipped=None):
    """Tells (epoch, message) of a run of epochs of 50 steps, the logs, and the model."""
    accuracies, skipped = accuracies or [0.7] * len(scales), skipped or [0] * len(scales)
    model, told, written = Played(scales), [], []
    watchdog.set_model(model)
    watchdog.on_train_begin()
    for epoch, (accuracy, lost) in enumerate(zip(accuracies, skipped, strict=True)):
        watchdog.on_epoch_begin(epoch)
        model.step.assign_add(50)
        model.skipped_steps.assign_add(lost)
        model.weight.assign(epoch + 1)
        logs = {"real_accuracy": accuracy, "fake_accuracy": accuracy}
        logs |= {"discriminator_gradient_norm": 1.0, "generator_gradient_norm": 4.0}
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            watchdog.on_epoch_end(epoch, logs)
        told += [(epoch + 1, str(warning.message)) for warning in caught]
        written.append(logs)
        if model.stop_training:
            break
    return told, written, model


def test_all_is_well():
    told, logs, _ = play(CollapseWatchdog(), [1.0, 0.5, 0.11, 9.0, 1.0])
    assert told == []
    assert [log["diversity"] for log in logs] == pytest.approx([1.0, 0.5, 0.11, 9.0, 1.0], rel=1e-5)
    assert logs[0]["gradient_norm_ratio"] == 0.25 and logs[0]["skipped_steps"] == 0


def test_patience_and_once_for_each_change(capsys):
    scales = [1.0, 0.05, 0.04, 1.0, 0.03, 0.03, 0.03, 0.03, 0.6, 0.02, 0.02, 0.02]
    told, _, model = play(CollapseWatchdog(), scales)
    assert [epoch for epoch, _ in told] == [7, 12]
    assert told[0][1] == (
        "CollapseWatchdog: the samples are alike: diversity 3 % of real data's since epoch 5. Try packing=2, "
        "minibatch_discrimination=50, a Wasserstein loss with a penalty, or lower learning rates."
    )
    assert "since epoch 10" in told[1][1] and not model.stop_training
    assert capsys.readouterr().out == "CollapseWatchdog: no longer since epoch 9: the samples are alike.\n"


def test_samples_on_their_way_are_left_in_peace():
    """An untrained generator's samples are alike too."""
    rising = [0.01 * 1.25**i for i in range(12)]
    assert play(CollapseWatchdog(patience=2), rising)[0] == []
    assert [epoch for epoch, _ in play(CollapseWatchdog(patience=2), [0.05] + rising[:5])[0]] == [2]


def test_samples_that_fly_apart():
    told, _, _ = play(CollapseWatchdog(patience=2), [1.0, 1e3, 1e3])
    assert (
        len(told) == 1
        and "fly apart: diversity 1e+05 % of real data's since epoch 2. Try lower" in told[0][1]
    )
    told, _, _ = play(CollapseWatchdog(patience=2), [1.0, np.nan, np.nan])
    assert len(told) == 1 and "fly apart" in told[0][1]


def test_a_discriminator_that_wins():
    told, _, _ = play(CollapseWatchdog(), [1.0] * 6, [0.9, 0.995, 0.98, 0.998, 0.999, 0.997])
    assert [epoch for epoch, _ in told] == [6]
    assert "the discriminator wins: it separates 99.8 % of samples since epoch 4" in told[0][1]
    assert "its gradient is 0.25 times as long as the generator's. Try a lower learning rate" in told[0][1]


def test_steps_that_are_skipped():
    told, _, _ = play(CollapseWatchdog(patience=2), [1.0] * 5, None, [1, 0, 1, 5, 7])
    assert [epoch for epoch, _ in told] == [4]
    assert "steps are skipped: 6 of 100 since epoch 3, because a picture or a gradient" in told[0][1]
    assert play(CollapseWatchdog(patience=1), [1.0, 1.0], None, [0, 0])[0] == []


def test_stop():
    told, logs, model = play(CollapseWatchdog(patience=2, action="stop"), [1.0, 0.01, 0.01, 1.0, 1.0])
    assert len(logs) == 3 and model.stop_training and float(model.weight) == 3
    assert told[0][1].endswith("learning rates. Training stops.")


def test_restore():
    told, logs, model = play(CollapseWatchdog(patience=2, action="restore"), [1.0, 1.0, 0.01, 0.01, 1.0])
    assert len(logs) == 4 and model.stop_training and float(model.weight) == 2
    assert int(model.step) == 200  # Goes on.
    assert told[0][1].endswith("Training stops; the weights are those of the check in epoch 2.")
    told, _, model = play(CollapseWatchdog(patience=2, action="restore"), [0.01, 0.01, 1.0])
    assert float(model.weight) == 2 and "no earlier check was good" in told[0][1]


def test_every_number_of_steps(tmp_path):
    watchdog, model = CollapseWatchdog(every=20, log_dir=tmp_path), Played([1.0])
    watchdog.set_model(model)
    watchdog.on_train_begin()
    for epoch in range(2):
        watchdog.on_epoch_begin(epoch)
        for _ in range(5):
            model.step.assign_add(10)
            watchdog.on_train_batch_end(0, {})
        watchdog.on_epoch_end(epoch, {})
    assert [check["steps"] for check in watchdog.history] == [20, 20, 10] * 2
    assert [check["epoch"] for check in watchdog.history] == [1] * 3 + [2] * 3
    events = [
        (event.step, value.tag)
        for path in tmp_path.glob("events.*")
        for record in tf.data.TFRecordDataset(str(path))
        for event in [tf.compat.v1.Event.FromString(record.numpy())]
        for value in event.summary.value
    ]
    assert {step for step, _ in events} == {20, 40, 50, 70, 90, 100}
    assert {tag for _, tag in events} == {"diversity", "skipped_steps"}


# What is refused.


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 0},
        {"every": 0},
        {"num_samples": 1},
        {"action": "restor"},
        {"min_diversity": 1.0},
        {"max_accuracy": 0.4},
        {"max_skipped": -0.1},
    ],
    ids=str,
)
def test_bad_arguments(options):
    with pytest.raises(ValueError, match=f"`{next(iter(options))}`"):
        CollapseWatchdog(**options)


def small(**options):
    keras.utils.set_random_seed(0)
    model = kgen.GAN((2,), latent_dim=2, hidden_units=(8,), **options)
    model.compile(**PLAIN)
    return model


def fit(model, *callbacks, x=RING[:64], epochs=3, **options):
    return model.fit(x, batch_size=16, epochs=epochs, verbose=0, callbacks=list(callbacks), **options).history


def test_more_diversity_is_better():
    from kgen.run import Run

    model = types.SimpleNamespace(metrics=[], optimizers=dict)
    run = types.SimpleNamespace(model=model, callbacks=[CollapseWatchdog()])
    assert [Run.direction(run, name) for name in ("diversity", "skipped_steps")] == [-1, 1]


def test_what_it_needs_is_asked_for_before_the_first_step():
    for options, watchdog, named in (
        ({}, CollapseWatchdog(), "`diagnostics`. Expected True in a model that a CollapseWatchdog watches"),
        ({"diagnostics": True}, CollapseWatchdog(np.zeros([4, 3])), "`real`. Expected at least two examples"),
        ({"diagnostics": True}, CollapseWatchdog(np.ones([4, 2])), "`real`. Expected finite examples that"),
    ):
        model = small(**options)
        with pytest.raises(ValueError, match=named):
            fit(model, watchdog)
        assert int(model.step) == 0


# In a training.


def test_watching_changes_no_bit():
    alone, watched = small(diagnostics=True), small(diagnostics=True)
    expected = fit(alone)
    found = fit(watched, CollapseWatchdog(every=2, action="restore", min_diversity=0.0))
    assert set(found) - set(expected) == {"diversity", "gradient_norm_ratio", "skipped_steps"}
    assert all(found[name] == expected[name] for name in expected)
    for one, two in zip(variables(alone), variables(watched), strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


def test_a_resumed_run_tells_the_same(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if int(self.model.step) == 10:
                raise KeyboardInterrupt

    def run(folder, *callbacks):
        watchdog = CollapseWatchdog(every=3, action="restore", min_diversity=0.0)
        kept = kgen.callbacks.TrainingState(tmp_path / folder, every=3)
        history = fit(small(diagnostics=True), watchdog, kept, *callbacks, epochs=4)
        return history, watchdog.history, watchdog._good_epoch, watchdog.best_weights

    expected = run("whole")
    with pytest.raises(KeyboardInterrupt):
        run("broken", Stop())
    found = run("broken")
    assert found[:3] == expected[:3] and len(found[1]) == 8
    assert all(np.array_equal(a, b) for a, b in zip(found[3], expected[3], strict=True))


# Provoked collapses.


def messages(model, x, epochs, **options):
    """What the watchdog says of a run, and the watchdog."""
    watchdog = CollapseWatchdog(**options)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(x, batch_size=32, epochs=epochs, verbose=0, callbacks=[watchdog])
    return [str(w.message) for w in caught if "CollapseWatchdog" in str(w.message)], watchdog


def digits_gan(discriminator_rate=2e-4):
    keras.utils.set_random_seed(0)
    model = kgen.DCGAN((8, 8, 1), latent_dim=16, width=16, diagnostics=True)
    model.compile(discriminator_optimizer=adam(discriminator_rate))
    return model


def test_a_discriminator_twenty_times_as_fast_wins():
    told, _ = messages(digits_gan(20 * 2e-4), DIGITS, 6, action="stop")
    assert len(told) == 1 and "the discriminator wins: it separates 99." in told[0]


def test_a_generator_with_one_mode():
    keras.utils.set_random_seed(0)
    layers = [keras.Input((2,)), keras.layers.Rescaling(0.0), keras.layers.Dense(2)]
    model = kgen.GAN(
        (2,), latent_dim=2, hidden_units=(16,), generator=keras.Sequential(layers), diagnostics=True
    )
    model.compile(**PLAIN)
    told, watchdog = messages(model, RING[:320], 4)
    assert len(told) == 1 and "the samples are alike: diversity 0 % of real data's since epoch 1." in told[0]
    assert watchdog.history[-1]["diversity"] == 0.0


def test_a_batch_that_is_not_finite():
    x = RING[:320].copy()
    x[40] = np.nan  # In the second of ten batches.
    data = tf.data.Dataset.from_tensor_slices(x).batch(32)
    model = small(diagnostics=True)
    with pytest.warns(UserWarning, match="steps are skipped: 3 of 30 since epoch 1"):
        model.fit(data, epochs=4, verbose=0, callbacks=[CollapseWatchdog()])


def test_an_exploding_step_is_rolled_back():
    """A learning rate that explodes in the fourth epoch."""

    class Explode(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 3:
                self.model.optimizer.learning_rate = 1e6

    keras.utils.set_random_seed(0)
    model = kgen.GAN((2,), latent_dim=2, hidden_units=(16,), diagnostics=True)
    model.compile(**PLAIN)
    watchdog = CollapseWatchdog(patience=2, action="restore")
    before = diversity(model.generate(64, seed=0), RING[:64])
    with pytest.warns(UserWarning, match="since epoch 4.* the weights are those of the check in epoch 3"):
        model.fit(RING[:320], batch_size=32, epochs=9, verbose=0, callbacks=[Explode(), watchdog])
    assert len(watchdog.history) == 5 and int(model.step) == 50
    good = watchdog.history[2]["diversity"]
    number, apart = watchdog._real
    assert spread.compared(spread.distances(model.generate(number, seed=0)), apart) == good != before


# Healthy runs.


def healthy(name):
    keras.utils.set_random_seed(0)
    form = {"latent_dim": 2, "hidden_units": (32, 32), "diagnostics": True}
    model, x = {
        "gan": lambda: (kgen.GAN((2,), **form), RING),
        "wgan_gp": lambda: (kgen.WGANGP((2,), **form), RING),
        "dcgan": lambda: (digits_gan(), DIGITS),
        "vae": lambda: (kgen.VAE((8, 8, 1), latent_dim=8, hidden_units=(64,)), DIGITS),
    }[name]()
    if name != "dcgan":
        model.compile(**PLAIN)
    return model, x


@pytest.mark.parametrize("name", ["gan", "wgan_gp", "dcgan", "vae"])
def test_a_healthy_run_is_left_in_peace(name, capsys):
    model, x = healthy(name)
    told, watchdog = messages(model, x, 8)
    assert told == [] and len(watchdog.history) == 8 and capsys.readouterr().out == ""
    assert watchdog.history[-1]["diversity"] > 0.15
    assert not any(alarms.spell(alarm, watchdog.history, watchdog._limits) for alarm in alarms.ALARMS)
    assert ("gradient_norm_ratio" in watchdog.history[0]) == (name != "vae")
