"""JointGAN: what is its own; the promises of every model are in tests/contract."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
from tests.contract.table import part

FORMS = {
    "digit": ("picture", 8, 8, 1),
    "voice": ("sound", 64, 8000),
    "label": ("label", 3),
    "place": ("vector", 2),
}
PAIR = {"a": ("picture", 8, 8, 1), "b": ("picture", 8, 8, 1)}
POINTS = {"p": ("vector", 2), "q": ("vector", 1)}
TOY = {"latent_dim": 4, "width": 2, "trunk_units": 8}


def toy(forms=FORMS, **options):
    return kgen.JointGAN(forms, **{**TOY, **options})


def coupled(**options):
    return toy(PAIR, paired=False, **options)


def examples(number=24, forms=FORMS):
    """Of each modality; a place is drawn at random."""
    random = np.random.default_rng(0)
    return {
        name: random.normal(size=(number, form[1])) if form[0] == "vector" else part(form, number, seed)
        for seed, (name, form) in enumerate(forms.items())
    }


def linear(weights):
    """A network x -> x W."""
    dense = keras.layers.Dense(np.shape(weights)[1], use_bias=False)
    network = keras.Sequential([keras.Input((len(weights),)), dense])
    network.set_weights([np.asarray(weights, "float32")])
    return network


def softplus(x):
    return np.logaddexp(0, x)


def test_the_losses_are_those_of_each_judge_by_hand():
    """Judges of (p, q): the tuple's says p0 + p1 + q, that of p says 2 p0, that of q says -q."""
    weights = np.array([[1, 2, 0], [1, 0, 0], [1, 0, -1]])
    networks = {"generator": linear(np.ones([4, 3])), "discriminator": linear(weights)}
    model = toy(POINTS, **networks, label_smoothing=0.1, spectral_normalization=False)
    x = {"p": np.array([[1.0, 2.0], [-1.0, 0.5]]), "q": np.array([[3.0], [-2.0]])}
    with kgen.noise.stream(0, 0, 2):
        game = kgen.game.Game(model, model.fitted(x))
        found = model.discriminator_loss(game) | model.generator_loss(game)
        fake = game.fake.numpy()
    real = np.concatenate([x["p"], x["q"]], axis=1) @ weights
    for column, judge in enumerate(["", "p_", "q_"]):
        logits = real[:, column]
        expected = softplus(-logits) + 0.1 * logits
        np.testing.assert_allclose(found[f"real_{judge}loss"], expected, rtol=1e-5)
        logits = (fake @ weights)[:, column]
        np.testing.assert_allclose(found[f"fake_{judge}loss"], softplus(logits), rtol=1e-5)
        np.testing.assert_allclose(found[f"adversarial_{judge}loss"], softplus(-logits), rtol=1e-5)
    assert len(found) == 9


def test_every_modality_is_a_function_of_seed_and_row():
    model = toy()
    many, few = model.generate(7, seed=3), model.generate(2, seed=3)
    shapes = {name: (7, *form.shape) for name, form in model.modalities.items()}
    assert {name: made.shape for name, made in many.items()} == shapes
    assert many["label"].dtype == np.int32 and set(many["label"]) <= {0, 1, 2}
    for name in FORMS:
        np.testing.assert_allclose(many[name][:2], few[name], atol=1e-6)
    codes = model.draw(kgen.noise.rows(3, 7))
    for name, made in model.predict(codes, verbose=0).items():
        np.testing.assert_allclose(made, many[name], atol=1e-5)
    assert model.sheet(3, seed=3)[0].shape == (3, 8, 8, 1)


def test_the_label_is_a_distribution_inside():
    model = toy()
    made = kgen.modalities.parts(model.modalities, model.generator(model.draw(kgen.noise.rows(0, 5))))
    np.testing.assert_allclose(tf.reduce_sum(made["label"], axis=1), np.ones(5), atol=1e-5)
    assert float(tf.reduce_min(made["label"])) > 0


def gradients(network, x, column_of):
    """Which trainable variables each output depends on: name -> set of paths."""
    found = {}
    for name, columns in column_of.items():
        with tf.GradientTape() as tape:
            out = tf.reduce_sum(tf.square(network(x)[:, columns]))
        moved = tape.gradient(out, [v.value for v in network.trainable_variables])
        pairs = zip(network.trainable_variables, moved, strict=True)
        found[name] = {v.path: np.asarray(g) for v, g in pairs if g is not None and np.abs(g).max() > 0}
    return found


def shared(found):
    """How many variables two networks share that differ in one layer, kernel and bias."""
    a, b = map(set, found.values())
    assert len({path.rsplit("/", 1)[0] for path in a ^ b}) == len(a - b) == len(b - a) == 2
    return len(a & b)


def test_coupled_discriminators_share_all_but_the_first_convolution():
    model = kgen.JointGAN({name: ("picture", 16, 16, 1) for name in "ab"}, 4, width=2, paired=False)
    x = kgen.noise.uniform(kgen.noise.rows(0, 3), (512,))
    found = gradients(model.discriminator, x, {"a": slice(0, 1), "b": slice(1, 2)})
    assert shared(found) == 4  # Kernel and bias of the second convolution and of the last layer.


def test_coupled_generators_share_all_but_the_last_layer():
    model = coupled()
    z = model.draw(kgen.noise.rows(0, 3))
    found = gradients(model.generator, z, {"a": slice(0, 64), "b": slice(64, 128)})
    assert shared(found) >= 4


def test_rows_of_a_coupled_model_have_nothing_to_do_with_each_other():
    x = examples(12, PAIR)
    mixed = {**x, "b": x["b"][np.random.default_rng(0).permutation(12)]}

    def losses(model, x):
        with kgen.noise.stream(0, 0, 12):
            found = model.discriminator_loss(kgen.game.Game(model, model.fitted(x)))
        return {name: float(tf.reduce_mean(value)) for name, value in found.items()}

    unpaired, paired = coupled(), toy(PAIR)
    one, other = losses(unpaired, x), losses(unpaired, mixed)
    assert set(one) == {"real_a_loss", "real_b_loss", "fake_a_loss", "fake_b_loss"}
    np.testing.assert_allclose(list(one.values()), list(other.values()), rtol=1e-6)
    one, other = losses(paired, x), losses(paired, mixed)
    assert abs(one["real_loss"] - other["real_loss"]) > 1e-7
    assert abs(one["real_b_loss"] - other["real_b_loss"]) < 1e-6


def test_each_judge_sees_its_own_modality():
    model = toy()
    x = model.fitted(examples(3))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        logits = tf.unstack(model.discriminator(x), axis=1)
    assert len(logits) == len(model.judges) == 5
    seen = [kgen.modalities.parts(model.modalities, tape.gradient(logit, x)) for logit in logits]
    touched = [{name for name, moved in one.items() if np.abs(moved).max() > 0} for one in seen]
    assert touched == [set(FORMS), *({name} for name in FORMS)]


def test_packs_keep_each_examples_parts():
    model = toy(packing=2)
    x = model.fitted(examples(2))
    shown = kgen.networks.joint.cut(model.view(x), model.modalities, 2)
    apart = kgen.networks.joint.cut(x, model.modalities, 1)
    for packed, single in zip(shown, apart, strict=True):
        np.testing.assert_array_equal(packed[0], np.concatenate(list(single), axis=-1))


def test_files_are_what_was_generated():
    model = toy()
    seed = kgen.noise.rows(3, 2)
    files = model.signatures()["files"][0](seed)
    assert set(files) == {"digit_bytes", "voice_bytes"}
    made = model.generate(2, seed=3)
    picture = tf.io.decode_png(files["digit_bytes"][1])
    np.testing.assert_allclose(picture / 255, made["digit"][1], atol=0.51 / 255)
    wave, rate = tf.audio.decode_wav(files["voice_bytes"][1])
    assert int(rate) == 8000
    np.testing.assert_allclose(wave[:, 0], made["voice"][1], atol=1e-4)
    assert "files" not in toy({"label": ("label", 3), "place": ("vector", 2)}).signatures()


def test_data_sets_of_dicts_train_as_arrays_do():
    x = examples(16)
    weights = []
    for data in (x, tf.data.Dataset.from_tensor_slices(x).batch(8)):
        keras.utils.set_random_seed(0)
        model = toy()
        model.compile(jit_compile=False)
        model.fit(data, batch_size=8, shuffle=False, verbose=0, validation_data=data)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_metrics_compare_the_first_pictures():
    seen = []

    class Seen(keras.metrics.Mean):
        def update_state(self, real, fake):
            seen.append((real, fake))
            super().update_state(tf.reduce_mean(fake))

    model, x = toy(), examples(6)
    model.compile(metrics=[Seen(name="seen")], jit_compile=False, run_eagerly=True)
    model.evaluate(x, batch_size=6, return_dict=True, verbose=0)
    (real, fake), *_ = seen
    np.testing.assert_allclose(real, x["digit"] / 255, atol=1e-6)
    assert fake.shape == real.shape


def test_discriminate_gives_the_tuples_verdict():
    model, x = toy(), examples(5)
    found = model.discriminate(x, batch_size=2)
    logits = model.discriminator(model.fitted(x)).numpy()[:, 0]
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-logits)), rtol=1e-5)
    with pytest.raises(ValueError, match="paired rows"):
        coupled().discriminate(examples(5, PAIR))


X = examples()


@pytest.mark.parametrize(
    "x, words",
    [
        (
            {name: X[name] for name in ("digit", "voice")},
            "argument `x`. Expected a dict with 'digit', 'voice'",
        ),
        ({**X, "more": X["label"]}, "argument `x`. Expected a dict with"),
        ({**X, "label": X["label"][:5]}, "as many examples of each modality.*label=5"),
        ({**X, "label": X["label"] + 1}, r"argument `x\['label'\]`"),
        ({**X, "digit": X["digit"][:, :7]}, r"argument `x\['digit'\]`.*pictures of shape"),
        (X["digit"], "argument `x`. Expected a dict with"),
    ],
)
def test_bad_examples_are_named(x, words):
    model = toy()
    model.compile(jit_compile=False)
    with pytest.raises(ValueError, match=words) as error:
        model.fit(x, verbose=0)
    assert "\n" not in str(error.value)


def test_labels_beside_the_dict_are_refused():
    model = toy()
    model.compile(jit_compile=False)
    with pytest.raises(ValueError, match="argument `y`.*a label is one of the modalities"):
        model.fit(X, X["label"], verbose=0)


@pytest.mark.parametrize(
    "forms, options, words",
    [
        ({"a": ("label", 3)}, {}, "two modalities"),
        (FORMS, {"paired": False}, "pictures of one shape where paired=False"),
        ({**PAIR, "b": ("picture", 8, 9, 1)}, {"paired": False}, "pictures of one shape"),
        ({**PAIR, "b": ("picture", 7, 8, 1)}, {}, "sides of at least 8"),
        ({**PAIR, "b": ("sound", 100, 8000)}, {}, "a power of two"),
        (PAIR, {"paired": "no"}, "argument `paired`"),
        (PAIR, {"feature_matching": 1.0}, "argument `feature_matching`.*several judges"),
        (PAIR, {"top_k": 0.5}, "argument `top_k`.*several judges"),
        (PAIR, {"augment": "color"}, "argument `augment`"),
        (PAIR, {"normalization": "instance"}, "argument `normalization`"),
        (PAIR, {"discriminator": linear(np.ones([128, 2]))}, r"a network from \(128,\) to \(3,\)"),
        (PAIR, {"width": 0}, "argument `width`"),
    ],
)
def test_bad_arguments_are_named(forms, options, words):
    with pytest.raises(ValueError, match=words) as error:
        toy(forms, **options)
    assert "\n" not in str(error.value)
