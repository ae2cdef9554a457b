"""ConditionalGAN: what is its own; the promises of every model are in tests/contract."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen

X = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 1)).astype("uint8")
Y = np.array([0, 1, 2, 2, 1, 0, 0, 2], "int32")


def small(shape=(8, 8, 1), **options):
    form = {"latent_dim": 4, "num_classes": 3, "network": "dense", "hidden_units": (6,)}
    return kgen.ConditionalGAN(shape, **{**form, **options})


def one_hot(labels):
    return np.eye(3, dtype="float32")[labels]


# What the players read.


def test_the_generator_reads_noise_and_the_label():
    model = small()
    seeds = kgen.noise.rows(1, 3)
    code = model.draw(seeds, np.array([2, 0, 1])).numpy()
    np.testing.assert_array_equal(code[:, 4:], one_hot([2, 0, 1]))
    np.testing.assert_array_equal(code[:, :4], kgen.noise.normal(seeds, (4,)))
    made = model.generate(3, seed=1, labels=[2, 0, 1])
    np.testing.assert_allclose(made, model(code), atol=1e-6)


def test_the_discriminator_reads_a_plane_for_each_class():
    model = small((8, 8, 2))
    view = np.random.default_rng(0).normal(size=(3, 8, 8, 2)).astype("float32")
    planes = np.broadcast_to(one_hot([1, 2, 0])[:, None, None], (3, 8, 8, 3))
    expected = model.discriminator(np.concatenate([view, planes], -1))
    assert model.discriminator.input_shape == (None, 8, 8, 5)
    np.testing.assert_allclose(
        model.read(tf.constant(view), np.array([1, 2, 0]))["logits"], expected, atol=1e-6
    )


def test_vectors_get_the_label_behind_their_numbers():
    model = small((2,))
    view = np.array([[0.5, -3.0], [1.0, 2.0]], "float32")
    expected = model.discriminator(np.concatenate([view, one_hot([2, 0])], -1))
    np.testing.assert_allclose(model.read(tf.constant(view), np.array([2, 0]))["logits"], expected, atol=1e-6)


def test_a_packs_planes_are_those_of_all_its_examples():
    model = small(packing=2)
    planes = model.planes(model.view(tf.constant(X / np.float32(255))), Y).numpy()
    assert planes.shape == (4, 8, 8, 6) and model.discriminator.input_shape == (None, 8, 8, 8)
    np.testing.assert_array_equal(planes[:, 3, 5], np.concatenate([one_hot(Y[::2]), one_hot(Y[1::2])], -1))
    assert np.ptp(planes, axis=(1, 2)).max() == 0


@pytest.mark.parametrize("spectral", [False, True])
def test_projection_adds_the_inner_product_of_features_and_class(spectral):
    model = small(conditioning="projection", spectral_normalization=spectral)
    view = np.random.default_rng(0).normal(size=(4, 8, 8, 1)).astype("float32")
    labels = np.array([1, 0, 2, 1])
    kernel = np.array(model.embedding.kernel)
    if spectral:
        kernel = kernel / np.linalg.svd(kernel, compute_uv=False)[0]
    psi, phi = (part.numpy() for part in kgen.stabilizers.reader(model.discriminator)(view))
    expected = psi[:, 0] + (kernel[labels] * phi).sum(-1)
    assert kernel.shape == (3, 6) and np.abs(expected - psi[:, 0]).min() > 1e-3
    found = model.read(tf.constant(view), labels)["logits"]
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-3 if spectral else 1e-5, atol=1e-5)


def test_the_embedding_is_the_discriminators():
    model = small(conditioning="projection", spectral_normalization=True, kernel_regularizer="l2")
    assert [v.shape for v in model.trained("discriminator")].count((3, 6)) == 1
    assert (3, 6) not in [v.shape for v in model.trained("generator")]
    assert model.embedding.kernel.regularizer is not None
    model.compile(jit_compile=False)
    before = model.embedding.kernel.numpy(), model.embedding.u.numpy()
    model.train_step((tf.constant(X), tf.constant(Y)))
    assert not np.array_equal(before[0], model.embedding.kernel) and int(model.skipped_steps) == 0
    assert not np.array_equal(before[1], model.embedding.u)


def test_fakes_have_the_labels_of_the_batch():
    model = small()
    with kgen.noise.stream(0, 0, 8):
        game = kgen.game.Game(model, tf.constant(X / np.float32(255)), Y)
        np.testing.assert_array_equal(game.code[:, 4:], one_hot(Y))
        np.testing.assert_allclose(
            game.fake_logits, model.read(game.fake, Y, training=True)["logits"], atol=1e-6
        )


@pytest.mark.parametrize("conditioning", ["concatenation", "projection"])
def test_the_discriminators_verdict_depends_on_the_label(conditioning):
    model = small(conditioning=conditioning)
    first, other = model.discriminate(X, Y), model.discriminate(X, (Y + 1) % 3, batch_size=3)
    assert first.shape == (8,) and np.abs(first - other).max() > 1e-4
    np.testing.assert_allclose(first, model.discriminate(X, Y, batch_size=3), rtol=1e-5)


def test_training_learns_what_a_class_is():
    """Points of class k lie at k - 1, so samples of class 2 end right of those of class 0."""
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    y = random.integers(0, 3, 600)
    x = (y[:, None] - 1 + 0.1 * random.normal(size=(600, 2))).astype("float32")
    model = small((2,), hidden_units=(32,), generator_normalization=None)
    adam = keras.optimizers.Adam
    model.compile(adam(3e-3, beta_1=0.5), adam(3e-3, beta_1=0.5), jit_compile=False)
    model.fit(x, y, batch_size=50, epochs=20, verbose=0)
    low, high = (model.generate(50, seed=1, labels=label).mean() for label in (0, 2))
    assert high - low > 1


# Samples of a class.


def test_one_label_is_that_of_all_samples():
    model = small()
    np.testing.assert_array_equal(
        model.generate(4, seed=2, labels=1), model.generate(4, seed=2, labels=[1] * 4)
    )
    assert np.abs(model.generate(4, seed=2, labels=1) - model.generate(4, seed=2, labels=2)).max() > 1e-3


def test_labels_that_are_not_given_are_uniform_and_each_rows_own():
    model = small()
    (labels,) = model.fill(kgen.noise.rows(5, 3000), {})
    counts = np.bincount(labels, minlength=3)
    assert (
        labels.dtype == tf.int32
        and len(counts) == 3
        and np.abs(counts - 1000).max() < 5 * np.sqrt(3000 * 2 / 9)
    )
    (tail,) = model.fill(kgen.noise.rows(5, 10, start=2990), {})
    np.testing.assert_array_equal(tail, labels[2990:])
    np.testing.assert_array_equal(model.generate(6, seed=5), model.generate(6, seed=5, labels=labels[:6]))


def test_a_showcase_has_a_row_for_each_class(tmp_path):
    model = small()
    num_samples, conditions, columns = model.showcase(10)
    assert (num_samples, columns) == (9, 3)
    np.testing.assert_array_equal(conditions["labels"], [0, 0, 0, 1, 1, 1, 2, 2, 2])
    assert model.showcase(2)[0] == 3
    callback = kgen.callbacks.Samples(tmp_path, num_samples=10, seed=4)
    model.compile(jit_compile=False)
    model.fit(X, Y, batch_size=4, epochs=1, verbose=0, callbacks=[callback])
    sheet = kgen.pictures.grid(model.generate(9, seed=4, labels=conditions["labels"]), 3)
    found = kgen.pictures.read_png(tmp_path / "epoch-001.png")
    factor = len(found) // len(sheet)
    np.testing.assert_array_equal(found[::factor, ::factor], sheet)


def test_served_signatures_take_a_label():
    model = small(conditioning="projection")
    served = {name: (function, list(specs)) for name, (function, specs) in model.signatures().items()}
    assert {name: names for name, (_, names) in served.items()} == {
        "generate": ["seed", "label"],
        "from_latent": ["latent", "label"],
        "png": ["seed", "label"],
        "discriminate": ["images", "label"],
    }
    seeds, labels = kgen.noise.rows(3, 2), tf.constant([2, 1])
    made = served["generate"][0](seed=seeds, label=labels)["images"]
    np.testing.assert_allclose(made, model.generate(2, seed=3, labels=[2, 1]), atol=1e-6)
    latent = kgen.noise.normal(seeds, (4,))
    np.testing.assert_allclose(
        served["from_latent"][0](latent=latent, label=labels)["images"], made, atol=1e-6
    )
    verdict = served["discriminate"][0](images=X / np.float32(255), label=Y)["probability"]
    np.testing.assert_allclose(verdict, model.discriminate(X, Y), rtol=1e-5)


# Bad arguments.


BAD = [
    ({"num_classes": 1}, "`num_classes`. Expected an integer of at least 2"),
    ({"conditioning": "attention"}, "`conditioning`. Expected one of 'concatenation', 'projection'"),
    ({"conditioning": "projection", "packing": 2}, '`packing`. Expected 1 where conditioning="projection"'),
    (
        {"discriminator": kgen.networks.dense.encoder((8, 8, 1), 1, (2,))},
        "`discriminator`. Expected a network",
    ),
]


@pytest.mark.parametrize("options, expected", BAD)
def test_bad_arguments_are_named(options, expected):
    with pytest.raises(ValueError, match=f"argument {expected}.* Received: "):
        small(**options)


CALLS = {
    "fit without labels": (lambda m: m.fit(X, verbose=0), "`y`"),
    "fit with a label too large": (lambda m: m.fit(X, Y + 1, verbose=0), "`y`"),
    "fit with a negative label": (lambda m: m.fit(X, Y - 1, verbose=0), "`y`"),
    "fit with float labels": (lambda m: m.fit(X, Y / 2.0, verbose=0), "`y`"),
    "validation without labels": (lambda m: m.fit(X, Y, 4, validation_data=X, verbose=0), "`y`"),
    "evaluate without labels": (lambda m: m.evaluate(X, verbose=0), "`y`"),
    "generate outside": (lambda m: m.generate(2, labels=3), "`labels`"),
    "generate by half": (lambda m: m.generate(2, labels=0.5), "`labels`"),
    "generate too few": (lambda m: m.generate(3, labels=[0, 1]), "`labels`"),
    "discriminate without": (lambda m: m.discriminate(X, None), "`labels`"),
}


@pytest.mark.parametrize("name", CALLS)
def test_bad_calls_are_named(name):
    call, argument = CALLS[name]
    model = small()
    model.compile(jit_compile=False)
    with pytest.raises(ValueError, match=f"argument {argument}. Expected .* Received: ") as error:
        call(model)
    assert "\n" not in str(error.value) and int(model.step) == 0
