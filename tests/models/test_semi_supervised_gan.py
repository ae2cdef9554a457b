"""SemiSupervisedGAN: what is its own; the promises of every model are in tests/contract."""

import types

import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf

import kgen

RANDOM = np.random.default_rng(0)
X = RANDOM.integers(0, 256, (16, 8, 8, 1)).astype("uint8")
Y = np.array([0, -1, 2, -1, -1, 1, -1, -1] * 2, "int32")


def small(**options):
    sizes = {"latent_dim": 4, "num_classes": 3, "hidden_units": (12, 8), "generator_units": (10,)}
    return kgen.SemiSupervisedGAN((8, 8, 1), **{**sizes, **options})


def compiled(**options):
    model = small(**options)
    model.compile(jit_compile=False, steps_per_execution=1)
    return model


def reading(class_logits, features=None):
    class_logits = tf.constant(class_logits, tf.float32)
    logits = tf.reduce_logsumexp(class_logits, axis=1)[:, None]
    return {"logits": logits, "class_logits": class_logits, "features": features}


def game(labels, real, fake, features=(None, None)):
    real, fake = reading(real, features[0]), reading(fake, features[1])
    return types.SimpleNamespace(
        labels=tf.constant(labels),
        real_reading=real,
        fake_reading=fake,
        real_logits=real["logits"],
        fake_logits=fake["logits"],
    )


def values(network):
    return [v.numpy() for v in network.weights]


def test_the_default_is_the_papers_model():
    model = kgen.SemiSupervisedGAN()
    units = (784, 1000, 500, 250, 250, 250, 10)
    kernels = sum(a * b for a, b in zip(units, units[1:], strict=False))
    assert model.discriminator.count_params() == kernels + 2 * sum(units[1:])  # A length and a bias each.
    assert [w.g.trainable for w in model.discriminator.layers if hasattr(w, "g")] == 5 * [False] + [True]
    noises = [w.stddev for w in model.discriminator.layers if isinstance(w, kgen.layers.GaussianNoise)]
    assert noises == [0.3] + 5 * [0.5]
    assert model.generator.count_params() == 100 * 500 + 500 * 500 + 2 * 3 * 500 + 500 * 784 + 2 * 784
    model.compile()
    for optimizer in model.optimizers().values():
        assert isinstance(optimizer, keras.optimizers.Adam) and optimizer.beta_1 == 0.5
        assert optimizer.epsilon == 1e-4
        assert float(optimizer.learning_rate) == pytest.approx(3e-3)


# Losses.


def test_the_discriminators_loss_is_the_softmax_over_k_plus_one_classes():
    """The K logits completed by a zero; each term is a mean over its own rows."""
    real, fake = RANDOM.normal(size=(4, 3)), RANDOM.normal(size=(2, 3)) - 1.0
    labels = np.array([-1, 2, -1, 0])
    terms = small().discriminator_loss(game(labels, real, fake))
    assert list(terms) == ["supervised_loss", "real_loss", "fake_loss"]
    found = {name: float(tf.reduce_mean(value)) for name, value in terms.items()}
    full = [scipy.special.log_softmax(np.pad(part, [(0, 0), (0, 1)]), axis=1) for part in (real, fake)]
    is_real = [scipy.special.logsumexp(part[:, :3], axis=1) for part in full]
    supervised = -np.mean([full[0][1, 2] - is_real[0][1], full[0][3, 0] - is_real[0][3]])
    assert found["supervised_loss"] == pytest.approx(supervised, rel=1e-5)
    assert found["real_loss"] == pytest.approx(-0.5 * np.mean(is_real[0][[0, 2]]), rel=1e-5)
    assert found["fake_loss"] == pytest.approx(-0.5 * np.mean(full[1][:, 3]), rel=1e-5)


def test_where_every_row_has_a_label_every_row_is_real():
    real, fake = RANDOM.normal(size=(4, 3)), RANDOM.normal(size=(2, 3))
    terms = small().discriminator_loss(game([0, 1, 2, 0], real, fake))
    expected = 0.5 * np.log1p(np.exp(-scipy.special.logsumexp(real, axis=1)))
    np.testing.assert_allclose(np.ravel(terms["real_loss"]), expected, rtol=1e-5)


def test_the_generator_matches_the_mean_features_of_unlabelled_rows_alone():
    real = tf.Variable([[1.0, 0.0], [90.0, 90.0], [3.0, 2.0]])
    fake = tf.Variable([[0.0, 0.0], [2.0, 2.0]])
    with tf.GradientTape() as tape:
        meeting = game([-1, 1, -1], np.zeros((3, 3)), np.zeros((2, 3)), features=(real, fake))
        (loss,) = small().generator_loss(meeting).values()
    assert float(loss) == pytest.approx(((2.0 - 1.0) ** 2 + 0.0) / 2)
    to_real, to_fake = tape.gradient(loss, [real, fake])
    assert to_real is None
    np.testing.assert_allclose(to_fake, [[-0.5, 0.0], [-0.5, 0.0]])


def test_features_are_the_last_hidden_layer_before_its_noise():
    model = small()
    said = model.read(model._unpack(X)[0], training=False)
    inner = values(model.average)
    assert said["features"].shape == (16, 8) and float(tf.reduce_min(said["features"])) == 0.0
    with kgen.noise.stream(0, 0, 16):
        noisy = model.read(model._unpack(X)[0], training=True)["features"]
    assert float(tf.reduce_min(noisy)) == 0.0  # A ReLU's output, though noise follows it.
    assert np.abs(noisy - said["features"]).max() > 1e-3
    last, bias = model.average.layers[-2], inner[-1]
    expected = said["features"].numpy() @ last.effective_matrix().numpy() + bias
    assert [v.shape for v in last.weights][-1] == bias.shape
    np.testing.assert_allclose(said["class_logits"], expected, rtol=1e-4, atol=1e-5)


def test_own_networks_are_read_where_their_last_layer_reads():
    inner = [keras.layers.Dense(5, activation="relu"), kgen.layers.Dropout(0.5), keras.layers.Dense(3)]
    own = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), *inner])
    model = compiled(discriminator=own)
    assert model.read(model._unpack(X)[0])["features"].shape == (16, 5)
    before = values(own)
    model.fit(X, Y, batch_size=4, epochs=1, verbose=0)
    assert model.classify(X).shape == (16, 3) and not np.array_equal(before[0], values(own)[0])


# The game.


def test_codes_are_uniform_and_as_many_as_half_a_batch():
    model, seeds = small(latent_dim=500), kgen.noise.rows(0, 16)
    z = model.draw(seeds).numpy()
    assert z.shape == (16, 500) and 0 <= z.min() < 0.01 and 0.99 < z.max() < 1
    np.testing.assert_array_equal(model.draw(seeds, tf.constant(Y)), z[::2])
    assert abs(z.mean() - 0.5) < 0.01


def test_fit_takes_as_many_labelled_rows_as_others(monkeypatch):
    model, seen = compiled(), []
    monkeypatch.setattr(model, "initialize", lambda x: seen.append(x.shape))
    history = model.fit(X, Y, batch_size=8, epochs=2, verbose=0).history
    assert seen == [(16, 8, 8, 1)] and int(model.step) == 4
    assert np.isfinite(list(history.values())).all()


def test_few_labels_are_enough_for_two_blobs():
    """1,000 points of two clouds, of which two have a label."""
    labels = np.arange(1000) % 2
    points = (RANDOM.normal(size=(1000, 2)) * 0.3 + np.array([[-1.0, 1.0], [1.0, -1.0]])[labels]).astype(
        "float32"
    )
    few = kgen.datasets.few_labels(labels, per_class=1)
    model = kgen.SemiSupervisedGAN(
        (2,), 4, 2, hidden_units=(16, 16), generator_units=(16,), average_rate=0.01
    )
    model.compile(jit_compile=False)
    model.fit(points, few, batch_size=50, epochs=10, verbose=0)
    assert model.evaluate(points, labels, return_dict=True, verbose=0)["accuracy"] > 0.97
    assert (model.classify(points).argmax(axis=1) == labels).mean() > 0.97


def test_accuracy_is_the_share_of_labelled_rows_that_are_right():
    logits = np.eye(3)[[0, 1, 2, 1]]
    found = small().verdicts(game([0, 2, -1, 1], logits, logits[:2]))
    assert float(found["accuracy"]) == pytest.approx(2 / 3)
    assert kgen.terms.DIRECTIONS["accuracy"] == "up"


def test_evaluation_takes_missing_labels_too():
    logs = compiled().evaluate(X, Y, return_dict=True, verbose=0)
    assert 0 <= logs["accuracy"] <= 1 and np.isfinite(list(logs.values())).all()


# The average of the discriminator's parameters.


def test_the_average_is_the_exponential_one_without_bias():
    model, rate = compiled(average_rate=0.1), 0.1
    batch = (tf.constant(X), tf.constant(Y))
    past = []
    for step in range(1, 4):
        model.train_step(batch)
        past.append(values(model.discriminator))
        weights = np.array([rate * (1 - rate) ** (step - i) for i in range(1, step + 1)])
        weights /= 1 - (1 - rate) ** step
        for average, *history in zip(values(model.average), *past, strict=True):
            expected = sum(w * value for w, value in zip(weights, history, strict=True))
            np.testing.assert_allclose(average, expected, rtol=1e-4, atol=1e-6)


def test_verdicts_come_from_the_average_without_noise():
    model = compiled()
    model.train_step((tf.constant(X), tf.constant(Y)))
    model.train_step((tf.constant(X), tf.constant(Y)))
    logits = model.average(X / 255.0, training=False).numpy()
    probabilities = model.classify(X, batch_size=5)
    np.testing.assert_allclose(probabilities, scipy.special.softmax(logits, axis=1), rtol=1e-4, atol=1e-6)
    total = scipy.special.expit(scipy.special.logsumexp(logits, axis=1))
    np.testing.assert_allclose(model.discriminate(X), total, rtol=1e-4)
    assert np.abs(logits - model.discriminator(X / 255.0, training=False).numpy()).max() > 1e-4


# The first lengths of the weights.


def test_a_new_models_fit_starts_from_standardised_layers():
    model = small(input_noise=0.0, hidden_noise=0.0)
    model.initialize(X)
    normalized = [layer for layer in model.discriminator.layers if hasattr(layer, "g")]
    for layer in normalized:
        outputs = keras.Model(model.discriminator.inputs, layer.output)(X / 255.0).numpy()
        np.testing.assert_allclose(outputs.mean(axis=0), 0.0, atol=1e-3)
        np.testing.assert_allclose(outputs.std(axis=0), 1.0, rtol=1e-2)
    for one, other in zip(values(model.average), values(model.discriminator), strict=True):
        np.testing.assert_array_equal(one, other)


def test_only_a_new_models_own_network_is_initialised(monkeypatch):
    model, calls = compiled(), []
    monkeypatch.setattr(model, "initialize", lambda x: calls.append(1))
    for _ in range(2):
        model.fit(X, Y, batch_size=4, epochs=1, verbose=0)
    model.evaluate(X, Y, verbose=0)
    other = compiled(discriminator=small().discriminator)
    monkeypatch.setattr(other, "initialize", lambda x: calls.append(2))
    other.fit(X, Y, batch_size=4, epochs=1, verbose=0)
    assert calls == [1]


# Bad arguments.

BAD = [
    ("num_classes", 1, "an integer of at least 2"),
    ("average_rate", 0, "a number above 0"),
    ("average_rate", 1.0, r"a number in \[0, 1\)"),
    ("update", "split", "one of 'alternating', 'simultaneous'"),
    ("packing", 2, "1 for this model"),
    ("top_k", 0.5, "None for this model"),
    ("minibatch_discrimination", 5, "0 for this model"),
    ("spectral_normalization", True, "False for this model"),
    ("feature_matching", 1.0, "0.0 for this model"),
]


@pytest.mark.parametrize("name, value, expected", BAD)
def test_bad_arguments_are_named(name, value, expected):
    with pytest.raises(ValueError, match=f"argument `{name}`. Expected {expected}.* Received: {name}="):
        small(**{name: value})


@pytest.mark.parametrize("y, expected", [(None, "y=None"), (Y + 1, "maximum=3"), (Y - 1, "minimum=-2")])
def test_labels_outside_the_classes_are_refused(y, expected):
    with pytest.raises(ValueError, match=f"argument `y`. Expected integer labels in -1..2.*{expected}"):
        compiled().fit(X, y, batch_size=4, verbose=0)


def test_no_label_at_all_is_refused():
    with pytest.raises(ValueError, match="argument `labels`. Expected at least one class number"):
        compiled().fit(X, np.full(16, -1), batch_size=4, verbose=0)
