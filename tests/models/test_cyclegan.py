"""CycleGAN: its own formulas, and every model's promises on pairs of batches."""

import functools
import json
import struct
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
from kgen import noise
from tests.contract.table import pictures, state
from tests.contract.training import equal, values

A, B = pictures(16), 255 - pictures(12, seed=1)
SMALL = {"residual_blocks": 0, "width": 2, "discriminator_layers": 1, "pool_size": 3}
TERMS = (
    *("discriminator_loss", "real_b_loss", "fake_b_loss", "real_a_loss", "fake_a_loss", "generator_loss"),
    *("adversarial_ab_loss", "cycle_a_loss", "identity_b_loss"),
    *("adversarial_ba_loss", "cycle_b_loss", "identity_a_loss"),
)
NETWORKS = ("generator_ab", "generator_ba", "discriminator_a", "discriminator_b")
PLAIN = {"jit_compile": False, "steps_per_execution": 1}


def small(image_shape=(8, 8, 1), **options):
    return kgen.CycleGAN(image_shape, **{**SMALL, **options})


def fitted(model, epochs=1, **options):
    return model.fit(A, B, batch_size=4, epochs=epochs, verbose=0, **options).history


@functools.cache
def _trained():
    keras.utils.set_random_seed(1)
    model = small()
    model.compile(**PLAIN)
    fitted(model)
    return model, [(v, v.numpy()) for v in everything(model)]


def trained():
    """A model after an epoch of four steps; one for all tests of a process."""
    model, kept = _trained()
    for variable, value in kept:
        variable.assign(value)
    return model


def everything(model):
    return [*model.variables, *(v for o in model.optimizers().values() for v in o.variables)]


def scaled(dim, factor):
    network = keras.Sequential([keras.Input((dim,)), keras.layers.Dense(dim, use_bias=False)])
    network.set_weights([factor * np.eye(dim)])
    return network


def linear(dim, kernel):
    network = keras.Sequential([keras.Input((dim,)), keras.layers.Dense(1, use_bias=False)])
    network.set_weights([np.full([dim, 1], kernel)])
    return network


def vectors(**options):
    """G_AB(x) = 2 x, G_BA(x) = 3 x, D_A(x) = x1 + x2, D_B(x) = 2 (x1 + x2)."""
    networks = {
        "generator_ab": scaled(2, 2.0),
        "generator_ba": scaled(2, 3.0),
        "discriminator_a": linear(2, 1.0),
        "discriminator_b": linear(2, 2.0),
    }
    return kgen.CycleGAN((2,), **{"pool_size": 0, **networks, **options})


# The formulas.


@pytest.mark.parametrize("cycle_loss", ["l1", "l2"])
def test_the_terms_of_known_networks(cycle_loss):
    model = vectors(cycle_loss=cycle_loss, adversarial_weight=3, cycle_weight=7, identity_weight=11)
    a, b = tf.constant([[0.5, 1.0]]), tf.constant([[-1.0, 0.25]])
    game = model.meet(a, b)
    terms = model.discriminator_loss(game) | model.generator_loss(game)
    sum_a, sum_b = 1.5, -0.75
    mean = {"l1": lambda *x: np.mean(np.abs(x)), "l2": lambda *x: np.mean(np.square(x))}
    expected = {
        "real_b_loss": 0.5 * (2 * sum_b - 1) ** 2,
        "fake_b_loss": 0.5 * (2 * 2 * sum_a) ** 2,
        "real_a_loss": 0.5 * (sum_a - 1) ** 2,
        "fake_a_loss": 0.5 * (3 * sum_b) ** 2,
        "adversarial_ab_loss": 3 * (2 * 2 * sum_a - 1) ** 2,
        "adversarial_ba_loss": 3 * (3 * sum_b - 1) ** 2,
        "cycle_a_loss": 7 * mean[cycle_loss](5 * 0.5, 5 * 1.0),
        "cycle_b_loss": 7 * mean[cycle_loss](5 * -1.0, 5 * 0.25),
        "identity_b_loss": 11 * mean["l1"](1 * -1.0, 1 * 0.25),
        "identity_a_loss": 11 * mean["l1"](2 * 0.5, 2 * 1.0),
    }
    assert set(terms) == set(expected)
    for name, value in expected.items():
        assert float(tf.reduce_mean(terms[name])) == pytest.approx(value, rel=1e-5), name
    accuracies = model.verdicts(game)  # D_B(b) = -1.5, D_A(a) = 1.5; D_B(2 a) = 6, D_A(3 b) = -2.25.
    assert [float(accuracies[f"{kind}_accuracy"]) for kind in ("real", "fake")] == [0.5, 0.5]


def tutorials_gradients(model, a, b, seen):
    """As the TensorFlow tutorial has them: each picture by itself, a total for each generator."""
    g, f, d_a, d_b = (
        functools.partial(getattr(model, name), training=True)
        for name in ("generator_ab", "generator_ba", "discriminator_a", "discriminator_b")
    )
    square, absolute = (lambda x: tf.reduce_mean(x**2)), (lambda x: tf.reduce_mean(tf.abs(x)))
    with tf.GradientTape(persistent=True) as tape:
        fake_b, fake_a = g(a), f(b)
        cycle = model.cycle_weight * (absolute(f(fake_b) - a) + absolute(g(fake_a) - b))
        losses = {
            "generator_ab": square(d_b(fake_b) - 1) + cycle + model.identity_weight * absolute(g(b) - b),
            "generator_ba": square(d_a(fake_a) - 1) + cycle + model.identity_weight * absolute(f(a) - a),
            "discriminator_a": 0.5 * (square(d_a(a) - 1) + square(d_a(seen["ba"]))),
            "discriminator_b": 0.5 * (square(d_b(b) - 1) + square(d_b(seen["ab"]))),
        }
    return {name: tape.gradient(loss, variables(model, name)) for name, loss in losses.items()}


def variables(model, name):
    return [v.value for v in getattr(model, name).trainable_variables]


def grow(model):
    """Kernels ten times as large."""
    for network in (n for networks in model.players().values() for n in networks):
        network.set_weights([10 * w if w.ndim > 1 else w for w in network.get_weights()])


def smooth():
    """Networks by instances' statistics in which rounding does not grow: no kink, no tiny variance."""

    def network(last, **first):
        kept = {"groups": -1, "epsilon": 0.1}
        hidden = keras.layers.Conv2D(4, 4, activation="tanh", **first)
        return keras.Sequential(
            [keras.Input((8, 8, 1)), hidden, keras.layers.GroupNormalization(**kept), last]
        )

    def generator():
        return network(keras.layers.Conv2D(1, 3, padding="same", activation="tanh"), padding="same")

    def discriminator():
        return network(keras.layers.Conv2D(1, 3), strides=2)

    makers = [generator, generator, discriminator, discriminator]
    return {name: make() for name, make in zip(NETWORKS, makers, strict=True)}


OPTIONS = {
    "one call": smooth,
    "no pool": lambda: {**smooth(), "pool_size": 0},
    "residual": lambda: {"normalization": None, "residual_blocks": 1},
    "two calls": lambda: {"normalization": "batch", "residual_blocks": 1},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_one_backward_pass_gives_the_tutorials_gradients(options):
    """By plain descent at rate 1 a step is the gradient; the pool is full, so that D sees old pictures."""
    model = small(**options())
    if (
        model.generator_ab.name == "generator_ab"
    ):  # Kernels from N(0, 0.02) leave the first layers no gradient.
        grow(model)
    rate = {f"{player}_optimizer": keras.optimizers.SGD(1.0) for player in model.players()}
    model.compile(**rate, **PLAIN)
    for pool in model.pools.values():
        pool.kept.assign(np.random.default_rng(0).uniform(-1, 1, pool.kept.shape))
        pool.filled.assign(3)
    start = {name: getattr(model, name).get_weights() for name in NETWORKS}
    a, b = model._unpack((A[:6], B[:6]))
    before = {name: values(getattr(model, name).trainable_variables) for name in NETWORKS}
    with noise.stream(0, 0, 6):
        game = model.meet(a, b)
        model.turn(game, "discriminator", "generator")
    after = {name: values(getattr(model, name).trainable_variables) for name in NETWORKS}
    for name in NETWORKS:
        getattr(model, name).set_weights(start[name])
    seen = {way.direction: way.seen for way in game}
    changed = [np.abs(way.seen - way.fake).max((1, 2, 3)) > 1e-3 for way in game]
    assert not any(c.all() for c in changed) and any(c.any() for c in changed) == bool(model.pools)
    for name, gradients in tutorials_gradients(model, a, b, seen).items():
        for old, new, gradient in zip(before[name], after[name], gradients, strict=True):
            assert np.abs(gradient).max() > 1e-6
            np.testing.assert_allclose(old - new, gradient, atol=1e-5 * max(1, np.abs(gradient).max()))


COUNTS = [({}, 2, 2), ({"identity_weight": 0}, 2, 2), ({"cycle_weight": 0}, 1, 2), ({"pool_size": 0}, 2, 2)]


@pytest.mark.parametrize("options, generator, discriminator", COUNTS, ids=str)
def test_each_network_is_called_as_often_as_it_must(options, generator, discriminator):
    model, calls = small(**options), dict.fromkeys(NETWORKS, 0)
    model.compile(**PLAIN)

    def counted(name, call):
        def count(*args, **kwargs):
            calls[name] += 1
            return call(*args, **kwargs)

        return count

    for name in NETWORKS:
        network = getattr(model, name)
        network.call = counted(name, network.call)
    with noise.stream(0, 0, 2):
        model.learn(*model._unpack((A[:2], B[:2])))
    assert list(calls.values()) == [generator] * 2 + [discriminator] * 2


def test_an_ablation_leaves_its_terms_out():
    a, b = A[:2], B[:2]
    for weight, gone in (("adversarial", 2), ("cycle", 2), ("identity", 2)):
        names = small(**{f"{weight}_weight": 0}).declared((a, b))
        assert not [name for name in names if name.startswith(weight)]
        assert len(names) == len(TERMS) + 2 - gone
    assert not [v for v in small(pool_size=0).variables if v.name == "kept"]


# Training.


def test_fit_changes_all_networks_and_logs_the_declared_terms():
    model = small()
    model.compile(**PLAIN)
    before = {name: values(getattr(model, name).trainable_variables) for name in NETWORKS}
    history = fitted(model, epochs=2, validation_data=(A[:5], B[:3]))
    for name in NETWORKS:
        assert not equal(before[name], values(getattr(model, name).trainable_variables))
    judged = {f"val_{name}" for name in (*TERMS, "real_accuracy", "fake_accuracy")}
    assert set(history) == {*TERMS, *judged}
    assert all(np.isfinite(numbers).all() and len(numbers) == 2 for numbers in history.values())
    assert (int(model.step), int(model.skipped_steps)) == (8, 0)
    for pool, domain in ((model.pools["ab"], B), (model.pools["ba"], A)):
        assert int(pool.filled) == 3 and np.abs(pool.kept.numpy()).max((1, 2, 3)).min() > 0
        assert pool.kept.shape[1:] == domain.shape[1:]


def test_each_player_moves_only_its_own_variables():
    model = trained()
    for mover, other in (("discriminator", "generator"), ("generator", "discriminator")):
        others = [*model.optimizers()[other].variables, *model.trained(other)]
        before, own = values(others), values(model.trained(mover))
        with noise.stream(0, 0, 4):
            game = model.meet(*model._unpack((A[:4], B[:4])))
            model.minimize(model._move(mover, game))
        assert equal(before, values(others)) and not equal(own, values(model.trained(mover)))


def test_save_load_and_fit_equal_the_uninterrupted_run(tmp_path):
    model = trained()
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert equal(values(everything(model)), values(everything(loaded)))
    assert np.abs(loaded.pools["ab"].kept.numpy()).max() > 0
    for one in (model, loaded):
        fitted(one)
    assert equal(values(everything(model)), values(everything(loaded)))


class Stop(keras.callbacks.Callback):
    """Breaks off without any chance to save."""

    def on_train_batch_begin(self, batch, logs=None):
        if int(self.model.step) == 7:
            raise KeyboardInterrupt


def test_a_resumed_run_equals_the_uninterrupted_one(tmp_path):
    def run(folder, stop=()):
        keras.utils.set_random_seed(1)
        model = small()
        rate = kgen.optimizers.LinearDecay(2e-3, 3, 6)
        model.compile(generator_optimizer=keras.optimizers.Adam(rate), **PLAIN)
        callbacks = [kgen.callbacks.TrainingState(tmp_path / folder, every=3), *stop]
        try:
            return model, fitted(model, epochs=2, callbacks=callbacks)
        except KeyboardInterrupt:
            return None

    whole, history = run("a")
    run("b", stop=[Stop()])
    resumed, resumed_history = run("b")
    assert equal(values(everything(whole)), values(everything(resumed)))
    assert history == resumed_history


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains(policy):
    keras.config.set_dtype_policy(policy)
    model = small()
    model.compile(**PLAIN)
    history = fitted(model, epochs=2)
    is_scaled = [isinstance(o, keras.optimizers.LossScaleOptimizer) for o in model.optimizers().values()]
    assert is_scaled == [policy == "mixed_float16"] * 2
    assert all(np.isfinite(numbers).all() for numbers in history.values())
    assert int(model.skipped_steps) < int(model.step)
    assert model.pools["ab"].kept.dtype == "float32"
    assert model.translate(A[:2]).dtype == np.float32


@pytest.mark.slow
def test_xla_trains_to_nearly_the_same_numbers():
    histories = []
    for xla in (False, True):
        keras.utils.set_random_seed(1)
        model = small()
        model.compile(jit_compile=xla, steps_per_execution=2)
        histories.append(fitted(model))
    assert int(model.step) == 4
    for name in TERMS:
        assert histories[1][name] == pytest.approx(histories[0][name], rel=1e-2, abs=1e-4), name


@pytest.mark.parametrize("side", [0, 1])
def test_a_bad_batch_changes_nothing_and_is_counted(side):
    model = trained()
    before = values(state(model))
    pair = [A[:4].astype("float32") / 255, B[:4].astype("float32") / 255]
    pair[side][3, 2, 2] = np.nan
    model.train_on_batch(*pair)
    assert int(model.skipped_steps) == 1 and equal(before, values(state(model)))


def test_diagnostics_are_those_of_two_players():
    model = small(diagnostics=True)
    model.compile(**PLAIN)
    history = fitted(model)
    norms = {"generator_gradient_norm", "discriminator_gradient_norm"}
    assert set(history) == {*TERMS, *norms, "real_accuracy", "fake_accuracy", "skipped"}
    assert all(history[name][0] > 0 for name in norms) and history["skipped"] == [0.0]


def test_evaluation_repeats_and_leaves_the_pool_alone():
    model = trained()
    before = values(model.pools["ab"].weights)
    first, second = (
        model.evaluate(A[:5], B[:7], batch_size=3, return_dict=True, verbose=0) for _ in range(2)
    )
    assert first == second and set(TERMS) <= set(first)
    assert equal(before, values(model.pools["ab"].weights))


def test_metrics_compare_translations_of_a_with_real_b():
    model = trained()
    a, b = model._unpack((A[:4], B[:4]))
    with noise.stream(0, 0, 4):
        made = model.judge(a, b)[1]
    np.testing.assert_allclose(made, model.translate(A[:4]), atol=1e-5)
    np.testing.assert_allclose(model.real_pictures(a, b), B[:4] / 255, atol=1e-6)


REPLICAS = """
import keras, numpy as np, tensorflow as tf
import tests.two_cpus
from tests.models.test_cyclegan import PLAIN, fitted, grow, small
from tests.contract.table import state

def run(strategy, make):
    keras.utils.set_random_seed(3)
    with strategy.scope():
        model = small(normalization=None)
        grow(model)
        model.compile(generator_optimizer=make(), discriminator_optimizer=make(), **PLAIN)
    history = fitted(model)
    return [v.numpy() for v in state(model)], history, model

mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
for make in (lambda: keras.optimizers.SGD(1e-3), lambda: keras.optimizers.Adam(1e-4, epsilon=1e-3)):
    one, one_logs, _ = run(tf.distribute.get_strategy(), make)
    two, two_logs, model = run(mirrored, make)
    weights = max(float(np.abs(a - b).max()) for a, b in zip(one, two))
    kept = mirrored.experimental_local_results(model.pools["ab"].kept.value)
    pools = float(np.abs(kept[0] - kept[1]).max())
    print(weights, max(abs(one_logs[k][0] - two_logs[k][0]) for k in one_logs), pools, float(np.abs(kept[0]).max()))
"""


def test_two_replicas_are_one_the_pool_among_it():
    """Without normalisation of instances, which lets rounding grow tenfold a step in toy networks."""
    done = subprocess.run([sys.executable, "-c", REPLICAS], capture_output=True, text=True, timeout=900)
    rows = [[float(number) for number in line.split()] for line in done.stdout.splitlines()]
    assert len(rows) == 2, done.stderr[-3000:]
    for (weights, logs, pools, size), tolerance in zip(rows, (1e-6, 1e-5), strict=True):
        assert weights < tolerance and logs < 1e-3 and pools == 0 and size > 0.01


# Translating.


@pytest.mark.parametrize("direction", ["ab", "ba"])
@pytest.mark.parametrize("height, width", [(8, 12), (9, 13), (5, 3), (1, 17)])
def test_any_size_is_continued_by_reflection_and_cropped_back(height, width, direction):
    model = trained()
    x = np.random.default_rng(0).integers(0, 256, (3, height, width, 1)).astype("uint8")
    made = model.translate(x, direction, batch_size=2)
    assert made.shape == x.shape and 0 <= made.min() and made.max() <= 1
    sides = [max(8, -(-side // 4) * 4) for side in (height, width)]
    missing = [(0, wanted - side) for wanted, side in zip(sides, (height, width), strict=True)]
    padded = np.pad(x, [(0, 0), *missing, (0, 0)], mode="reflect") / 127.5 - 1
    network = getattr(model, f"generator_{direction}")
    expected = (network(padded).numpy()[:, :height, :width] + 1) / 2
    np.testing.assert_allclose(made, expected, atol=1e-5)
    np.testing.assert_allclose(model.translate(x[..., 0] / 255, direction), made, atol=1e-5)


def test_call_and_predict_translate_from_a_to_b():
    model = trained()
    made = model.translate(A[:3, :7])
    np.testing.assert_allclose(model(A[:3, :7]), made, atol=1e-6)
    np.testing.assert_allclose(model.predict(A[:3, :7], verbose=0), made, atol=1e-6)
    with pytest.raises(TypeError, match="generates nothing from noise"):
        model.generate(2)


def test_a_sheet_shows_both_directions():
    model = trained()
    model.evaluate(A[:5], B[:5], batch_size=5, verbose=0)
    sheet, columns = model.sheet(24, seed=0)
    assert sheet.shape == (24, 8, 8, 1) and columns == 8
    rows = sheet.reshape([3, 8, 8, 8, 1])
    a, b = A[:3] / 255, B[:3] / 255
    ab, ba = model.translate(a, "ab"), model.translate(b, "ba")
    expected = [a, ab, model.translate(ab, "ba"), model.translate(a, "ba")]
    expected += [b, ba, model.translate(ba, "ab"), model.translate(b, "ab")]
    np.testing.assert_allclose(rows, np.stack(expected, axis=1), atol=1e-5)
    with pytest.raises(ValueError, match="has looked at"):
        small().sheet(8, seed=0)


def test_export_translates_uint8_pictures_of_any_size(tmp_path):
    model = trained()
    version = kgen.export(model, tmp_path / "model")
    report = kgen.serving.check(version, model)
    names = {"serving_default", "translate_ab", "translate_ba", "translate_ab_png", "translate_ba_png"}
    assert set(report["signatures"]) == names
    loaded = kgen.serving.load(version)
    x = np.random.default_rng(0).integers(0, 256, (2, 97, 31, 1)).astype("uint8")
    for name, direction in (("serving_default", "ab"), ("translate_ab", "ab"), ("translate_ba", "ba")):
        images = loaded[name](images=x)["images"]
        assert images.dtype == np.uint8 and images.shape == x.shape
        wanted = 255 * model.translate(x, direction)
        assert np.abs(images - wanted).max() < 0.51
    stored = [shape for name, shape in tf.train.list_variables(version / "variables" / "variables") if shape]
    assert sorted(map(tuple, stored)) == sorted(tuple(v.shape) for v in model.trained("generator"))


def through_png(served, x):
    """Pictures of several sizes, sent as one request of PNG files."""
    files = [tf.io.encode_png(picture).numpy() for picture in x]
    return [tf.io.decode_png(made).numpy() for made in served(image_bytes=files)["image_bytes"]]


@pytest.mark.parametrize("channels", [1, 3])
def test_png_files_are_translated_as_their_pixels_are(tmp_path, channels):
    model = small(image_shape=(8, 8, channels))
    version = kgen.export(model, tmp_path / "model")
    assert kgen.serving.check(version, model)["max_difference"]["model"] <= 1e-6
    random, loaded = np.random.default_rng(0), kgen.serving.load(version)
    x = [random.integers(0, 256, [*size, channels], "uint8") for size in [(97, 131), (8, 8), (3, 40)]]
    for direction in ("ab", "ba"):
        wanted = [255 * model.translate(picture[None], direction)[0] for picture in x]
        for made, picture in zip(through_png(loaded[f"translate_{direction}_png"], x), wanted, strict=True):
            np.testing.assert_allclose(made, picture, rtol=0, atol=0.501)
    assert loaded["translate_ab_png"](image_bytes=[])["image_bytes"].shape == (0,)


def test_grey_files_are_translated_as_colour_and_colour_as_grey():
    grey = np.random.default_rng(0).integers(0, 256, (9, 12, 1), "uint8")
    for channels, picture in ((3, grey), (1, np.repeat(grey, 3, axis=-1))):
        model = small(image_shape=(8, 8, channels))
        function, _ = model.signatures()["translate_ba_png"]
        made = through_png(lambda image_bytes, f=function: f(tf.constant(image_bytes)), [picture])[0]
        same = np.repeat(grey, channels, axis=-1)
        wanted = 255 * model.translate(same[None], "ba")[0]
        np.testing.assert_allclose(made, wanted, rtol=0, atol=0.501)


def test_a_file_of_too_many_pixels_is_refused_unread(tmp_path):
    claim = struct.pack(">II", 60_000, 60_000)
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + claim
    served = kgen.serving.load(kgen.export(small(), tmp_path / "model"))["translate_ab_png"]
    good = tf.io.encode_png(A[0]).numpy()
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"4194304 pixels.*\[1\] \[60000\] \[60000\]"):
        served(image_bytes=[good, bomb])


# Own networks.


def test_vectors_train_by_ones_own_networks():
    model = vectors(pool_size=4, adversarial_weight=0.1)
    model.compile(**PLAIN)
    random = np.random.default_rng(0)
    a, b = random.normal(size=(24, 2)).astype("float32"), random.normal(size=(16, 2)).astype("float32")
    history = model.fit(a, b, batch_size=4, epochs=2, verbose=0).history
    assert all(np.isfinite(numbers).all() for numbers in history.values())
    assert model.translate(a, "ba").shape == (24, 2)
    assert {s["images"].dtype for _, s in model.signatures().values()} == {tf.float32}
    assert list(model.signatures()) == ["translate_ab", "translate_ba"]
    assert model.sheet(8, seed=0)[0].shape == (1, 2)


def test_networks_of_a_fixed_size_translate_that_size():
    fixed = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(1, 3, padding="same")])
    model = small(generator_ab=fixed)
    assert model.translate(A[:2]).shape == (2, 8, 8, 1)
    with pytest.raises(ValueError, match="argument `x`. Expected pictures of shape"):
        model.translate(A[:2, :7])
    assert model.translate(A[:2, :7], "ba").shape == (2, 7, 8, 1)
    assert model.signatures()["translate_ab"][1]["images"].shape == [None, 8, 8, 1]
    assert list(model.signatures()) == ["translate_ab", "translate_ba", "translate_ba_png"]


def test_config_round_trip():
    model = small(seed=7, cycle_loss="l2", generator_ab=kgen.networks.residual.translator(1, 0, 2))
    config = json.dumps(model.get_config())
    again = kgen.CycleGAN.from_config(json.loads(config))
    assert json.loads(json.dumps(again.get_config())) == json.loads(config)
    assert [v.shape for v in again.weights] == [v.shape for v in model.weights]


def test_the_paper_is_the_default():
    model = kgen.CycleGAN((256, 256, 3), residual_blocks=2, width=4)
    model.compile()
    for optimizer in model.optimizers().values():
        assert isinstance(optimizer, keras.optimizers.Adam)
        assert (float(optimizer.learning_rate), optimizer.beta_1) == (pytest.approx(2e-4), 0.5)
    assert [pool.kept.shape for pool in model.pools.values()] == [(50, 256, 256, 3)] * 2
    assert (model.adversarial_weight, model.cycle_weight, model.identity_weight) == (1.0, 10.0, 5.0)


# Bad input.

BAD = [
    ("image_shape", (10, 8, 1), "multiples of 4, at least 8"),
    ("image_shape", (4, 8, 1), "multiples of 4, at least 8"),
    ("cycle_weight", -1, r"a number in \[0, inf\)"),
    ("cycle_loss", "l3", "one of 'l1', 'l2'"),
    ("pool_size", -1, "an integer of at least 0"),
    ("residual_blocks", -1, "an integer of at least 0"),
    ("width", 0, "a positive integer"),
    ("discriminator_layers", 0, "a positive integer"),
    ("discriminator_layers", 3, "fewer layers for pictures smaller than 17 x 17"),
    ("normalization", "spectral", "'batch', 'layer', 'instance'"),
    ("generator_ab", scaled(3, 1.0), r"a network from \(8, 8, 1\) to \(8, 8, 1\)"),
    ("discriminator_b", scaled(3, 1.0), r"a network from \(8, 8, 1\) to \(1,\)"),
]


@pytest.mark.parametrize("name, value, expected", BAD)
def test_bad_arguments_are_named(name, value, expected):
    with pytest.raises(ValueError, match=f"argument `{name}`. Expected .*{expected}.* Received: "):
        kgen.CycleGAN(**{"image_shape": (8, 8, 1), **SMALL, name: value})


def test_weights_of_nothing_and_missing_networks_are_named():
    with pytest.raises(ValueError, match="`adversarial_weight`. Expected a weight above 0"):
        small(adversarial_weight=0, cycle_weight=0, identity_weight=0)
    with pytest.raises(ValueError, match="`generator_ab`. Expected a network of your own"):
        kgen.CycleGAN((5,))


DATA = [
    ((A,), "`y`. Expected pictures of the other domain"),
    ((A, np.arange(16)), r"`y`. Expected pictures of shape \(batch, 8, 8, 1\)"),
    ((A, B[:, :7]), r"`y`. Expected pictures of shape \(batch, 8, 8, 1\)"),
    ((A, B / 127.0), r"`y`. Expected floats in \[0, 1\]"),
    ((tf.data.Dataset.from_tensors((A[:4], B[:3])),), "`y`. Expected a batch of 4"),
]


@pytest.mark.parametrize("data, message", DATA, ids=[message for _, message in DATA])
def test_bad_data_are_named_before_any_work(data, message):
    model = trained()
    with pytest.raises(ValueError, match=message):
        model.fit(*data, verbose=0)


def test_bad_translations_are_named():
    model = trained()
    for x, options, message in (
        (A[:2], {"direction": "ac"}, "`direction`. Expected one of 'ab', 'ba'"),
        (A[:2], {"batch_size": 0}, "`batch_size`. Expected a positive integer"),
        (A[:2].repeat(3, 3), {}, "`x`. Expected pictures of shape"),
        (A[:0], {}, "`x`. Expected at least one example"),
    ):
        with pytest.raises(ValueError, match=message):
            model.translate(x, **options)
