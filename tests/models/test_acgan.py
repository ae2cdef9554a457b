"""ACGAN: what is its own; the promises of every model are in tests/contract."""

import types

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

import kgen

X = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 1)).astype("uint8")
Y = np.array([0, 1, 2, 2, 1, 0], "int32")


def small(**options):
    form = {"latent_dim": 4, "num_classes": 3, "network": "dense", "hidden_units": (6,)}
    return kgen.ACGAN((8, 8, 1), **{**form, **options})


def game(seed=0):
    """Source and class logits that differ between real and fake."""
    random = np.random.default_rng(seed)
    real, fake = (
        {
            "logits": tf.constant(3 * random.normal(size=(6, 1)), tf.float32),
            "class_logits": tf.constant(3 * random.normal(size=(6, 3)), tf.float32),
        }
        for _ in range(2)
    )
    logits = {"real_logits": real["logits"], "fake_logits": fake["logits"]}
    return types.SimpleNamespace(real_reading=real, fake_reading=fake, labels=Y, **logits)


def cross_entropy(logits):
    return -scipy.special.log_softmax(np.asarray(logits, "float64"), axis=1)[np.arange(6), Y]


def test_both_players_want_the_right_class():
    played = game()
    model = small(class_weight=0.7)
    terms, own = model.discriminator_loss(played), model.generator_loss(played)
    assert list(terms) == ["real_loss", "fake_loss", "real_class_loss", "fake_class_loss"]
    assert list(own) == ["adversarial_loss", "class_loss"]
    real, fake = (cross_entropy(said["class_logits"]) for said in (played.real_reading, played.fake_reading))
    np.testing.assert_allclose(terms["real_class_loss"], 0.7 * real, rtol=1e-5)
    np.testing.assert_allclose(terms["fake_class_loss"], 0.7 * fake, rtol=1e-5)
    np.testing.assert_allclose(own["class_loss"], 0.7 * fake, rtol=1e-5)


def test_the_source_is_played_as_in_a_gan():
    played = game()
    terms = small().discriminator_loss(played) | small().generator_loss(played)
    real, fake = (
        scipy.special.expit(np.asarray(part, "float64")) for part in (played.real_logits, played.fake_logits)
    )
    np.testing.assert_allclose(terms["real_loss"], -np.log(real), rtol=1e-5)
    np.testing.assert_allclose(terms["fake_loss"], -np.log(1 - fake), rtol=1e-4)
    np.testing.assert_allclose(terms["adversarial_loss"], -np.log(fake), rtol=1e-5)


def test_the_discriminator_says_source_and_class():
    model = small()
    view = tf.constant(X / np.float32(127.5) - 1)
    outputs = model.discriminator(view).numpy()
    said = model.read(view)
    assert outputs.shape == (6, 4) and np.ptp(outputs) > 0.1
    np.testing.assert_allclose(said["logits"], outputs[:, :1], atol=1e-6)
    np.testing.assert_allclose(said["class_logits"], outputs[:, 1:], atol=1e-6)
    np.testing.assert_allclose(model.discriminate(X), scipy.special.expit(outputs[:, 0]), rtol=1e-4)


def test_class_accuracies_count_the_right_ones():
    played = game(seed=1)
    found = small().verdicts(played)
    for name, said in (("real", played.real_reading), ("fake", played.fake_reading)):
        expected = (np.argmax(said["class_logits"], axis=1) == Y).mean()
        assert float(found[f"{name}_class_accuracy"]) == pytest.approx(expected)
    assert found["real_class_accuracy"] != found["fake_class_accuracy"]


def test_the_generator_follows_the_class_term():
    """A step down G's class term lowers the cross-entropy of the classes of the same samples."""
    model = small(generator_normalization=None)

    def term():
        with kgen.noise.stream(0, 0, 6):
            game = kgen.game.Game(model, tf.constant(X / np.float32(255)), Y)
            return tf.reduce_mean(model.generator_loss(game)["class_loss"])

    with tf.GradientTape() as tape:
        before = term()
    variables = model.generator.trainable_variables
    for variable, gradient in zip(
        variables, tape.gradient(before, [v.value for v in variables]), strict=True
    ):
        variable.assign_sub(0.1 * gradient)
    assert float(term()) < float(before) - 1e-4


def test_labels_of_a_class_are_generated_and_served():
    model = small()
    assert model.generate(3, seed=0, labels=2).shape == (3, 8, 8, 1)
    inputs = {name: list(specs) for name, (_, specs) in model.signatures().items()}
    assert inputs["generate"] == ["seed", "label"] and inputs["discriminate"] == ["images"]


BAD = [
    ({"num_classes": 1}, "`num_classes`. Expected an integer of at least 2"),
    ({"num_classes": True}, "`num_classes`. Expected an integer of at least 2"),
    ({"class_weight": -1.0}, "`class_weight`. Expected a number in"),
    ({"packing": 2}, "`packing`. Expected 1"),
    (
        {"discriminator": kgen.networks.dense.encoder((8, 8, 1), 1, (2,))},
        "`discriminator`. Expected a network",
    ),
]


@pytest.mark.parametrize("options, expected", BAD)
def test_bad_arguments_are_named(options, expected):
    with pytest.raises(ValueError, match=f"argument {expected}.* Received: "):
        small(**options)


def test_labels_are_needed():
    model = small()
    model.compile(jit_compile=False)
    with pytest.raises(ValueError, match="argument `y`. Expected integer labels in 0..2.* Received: y=None"):
        model.fit(X, verbose=0)
