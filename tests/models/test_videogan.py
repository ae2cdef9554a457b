"""VideoGAN: what is its own; the promises of every model are in tests/contract."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen
from tests.contract.table import clips

SHAPE = (4, 8, 8, 1)
TOY = {"content_dim": 3, "motion_dim": 2, "width": 2}
X = clips(24, SHAPE, 0)


def toy(**options):
    return kgen.VideoGAN(SHAPE, **{**TOY, **options})


def linear(shape, weights):
    """A judge f(x) = sum w x of examples."""
    dense = keras.layers.Dense(1, use_bias=False)
    judge = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), dense])
    judge.set_weights([np.reshape(weights, [-1, 1])])
    return judge


def brightness(shape):
    """A judge that says the mean of what it sees."""
    return linear(shape, np.full(shape, 1 / np.prod(shape), "float32"))


def softplus(x):
    return np.logaddexp(0, x)


def test_the_losses_are_the_papers_by_hand():
    """Judges that say mean brightness: clips of one grey level l give -log D = softplus(-l) twice."""
    model = toy(discriminator=brightness(SHAPE), picture_discriminator=brightness(SHAPE[1:]), judged_frames=3)
    level = np.linspace(-1, 1, 6).astype("float32")
    real = tf.constant(level[:, None, None, None, None] * np.ones([6, *SHAPE], "float32"))
    with kgen.noise.stream(0, 0, 6):
        game = kgen.game.Game(model, real)
        found = model.discriminator_loss(game) | model.generator_loss(game)
        fake, pictures = game.fake.numpy(), game.fake_reading["picture_logits"].numpy()
    means = fake.mean(axis=(2, 3, 4))  # Of each frame.
    np.testing.assert_allclose(np.ravel(found["real_loss"]), softplus(-level), rtol=1e-5)
    np.testing.assert_allclose(found["real_picture_loss"], softplus(-level), rtol=1e-5)
    np.testing.assert_allclose(np.ravel(found["fake_loss"]), softplus(means.mean(axis=1)), rtol=1e-4)
    np.testing.assert_allclose(np.ravel(found["adversarial_loss"]), softplus(-means.mean(axis=1)), rtol=1e-4)
    np.testing.assert_allclose(found["fake_picture_loss"], softplus(pictures).mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(found["adversarial_picture_loss"], softplus(-pictures).mean(axis=1), rtol=1e-5)
    assert pictures.shape == (6, 3)
    nearest = np.abs(pictures[:, :, None] - means[:, None]).min(axis=2)
    assert nearest.max() < 1e-5  # Each judged picture is a frame of its own clip.


def test_judged_frames_are_uniform_and_belong_to_the_row():
    model = toy(judged_frames=2)
    view = tf.constant(
        np.arange(4, dtype="float32")[None, :, None, None, None] * np.ones([3000, *SHAPE], "float32")
    )
    seeds = kgen.noise.rows(5, 3000)
    chosen = model.judged_pictures(view, seeds).numpy()[:, 0, 0, 0].reshape(3000, 2)
    counts = np.array([np.bincount(column.astype(int), minlength=4) for column in chosen.T])
    assert np.abs(counts - 750).max() < 100  # 4.2 standard deviations.
    np.testing.assert_array_equal(model.judged_pictures(view[:7], seeds[:7])[:, 0, 0, 0], chosen[:7].ravel())


def test_the_papers_numbers():
    model = kgen.VideoGAN((16, 64, 64, 3), width=1)
    model.compile()
    assert (model.content_dim, model.motion_dim, model.judged_frames) == (50, 10, 1)
    assert model.latent_dim == 50 + 17 * 10
    config = model.generator_optimizer.get_config()
    assert [round(config[k], 6) for k in ("learning_rate", "beta_1", "beta_2")] == [2e-4, 0.5, 0.999]
    assert model.generator.layers[0].weights[0].shape == (10, 30)


def test_rows_keep_the_content_and_columns_the_motion():
    model = toy()
    made = model.combined(2, 3, seed=7)
    assert made.shape == (2, 3, *SHAPE)
    samples = model.generate(3, seed=7)
    for i in range(2):
        np.testing.assert_allclose(made[i, i], samples[i], atol=1e-5)
    latent = model.draw(kgen.noise.rows(7, 3)).numpy()
    mixed = np.concatenate([latent[1, :3], latent[2, 3:]])[None]
    np.testing.assert_allclose(made[1, 2], model(mixed)[0], atol=1e-5)
    assert np.abs(made[0, 0] - made[0, 1]).max() > 1e-4 and np.abs(made[0, 0] - made[1, 0]).max() > 1e-4
    for arguments in ({"num_contents": 0}, {"num_motions": -1}, {"seed": -1}):
        with pytest.raises(ValueError, match=f"argument `{next(iter(arguments))}`"):
            model.combined(**arguments)


def test_metrics_of_pictures_compare_all_frames():
    seen = []

    class Seen(keras.metrics.Mean):
        def update_state(self, real, fake):
            seen.append((real.shape, fake.shape))
            super().update_state(tf.reduce_mean(fake))

    model = toy()
    model.compile(metrics=[Seen(name="seen")], jit_compile=False, run_eagerly=True)
    found = model.evaluate(X[:6], batch_size=6, return_dict=True, verbose=0)
    assert seen == [((24, 8, 8, 1), (24, 8, 8, 1))] and 0 <= found["seen"] <= 1


def test_every_form_of_a_clip_is_the_same_clip():
    model = toy()
    scores = model.discriminate(X)
    assert scores.shape == (24,) and ((0 < scores) & (scores < 1)).all()
    np.testing.assert_allclose(model.discriminate(X[..., 0]), scores, atol=1e-6)
    np.testing.assert_allclose(model.discriminate((X / 255).astype("float32")), scores, atol=1e-6)
    batches = [model.arranged(x, None, 8, shuffle=False) for x in (X, X[..., 0], (X / 255).astype("float32"))]
    first = [model._unpack(next(iter(data)))[0] for data in batches]
    assert first[0].shape == (8, *SHAPE)
    for other in first:
        np.testing.assert_allclose(other, X[:8] / 127.5 - 1, atol=1e-6)


@pytest.mark.parametrize(
    "x, word",
    [
        (X[:, :3], "clips of shape .batch, 4, 8, 8, 1.; `kgen.datasets.load_clips.*resizes"),
        (X[:, 0], "clips of shape"),
        (X / 100, "floats in .0, 1."),
        (X[:0], "at least one example"),
    ],
)
def test_bad_clips_are_named(x, word):
    model = toy()
    model.compile(jit_compile=False)
    with pytest.raises(ValueError, match=f"argument `x`.*{word}"):
        model.fit(x, verbose=0)


@pytest.mark.parametrize(
    "shape, options, word",
    [
        ((8, 8, 1), {}, "image_shape"),
        ((1, 8, 8, 1), {}, "image_shape"),
        ((4, 7, 8, 1), {}, "image_shape"),
        ((4, 8, 8.0, 1), {}, "image_shape"),
        (SHAPE, {"content_dim": 0}, "content_dim"),
        (SHAPE, {"motion_dim": 1.5}, "motion_dim"),
        (SHAPE, {"judged_frames": 0}, "judged_frames"),
        (SHAPE, {"loss": "l2"}, "loss"),
        (SHAPE, {"augment": "color"}, "augment"),
        (SHAPE, {"picture_discriminator": brightness(SHAPE)}, "picture_discriminator"),
    ],
)
def test_bad_arguments_are_named(shape, options, word):
    with pytest.raises(ValueError, match=f"argument `{word}`"):
        kgen.VideoGAN(shape, **{**TOY, **options})


@pytest.mark.parametrize(
    "options",
    [
        {
            "update": "simultaneous",
            "loss": "hinge",
            "spectral_normalization": True,
            "discriminator_normalization": None,
        },
        {"update": "split", "packing": 2, "top_k": 0.5, "minibatch_discrimination": 2},
        {"penalty": "r1", "normalization": "layer", "feature_matching": 0.1, "historical_averaging": 0.1},
    ],
    ids=["spectral", "packs", "penalty"],
)
def test_both_discriminators_take_the_stabilisers(options):
    model = toy(**options)
    model.compile(jit_compile=False)
    judges = model.players()["discriminator"]
    assert judges == [model.discriminator, model.picture_discriminator]
    before = [[v.numpy() for v in network.trainable_variables] for network in judges]
    history = model.fit(X, batch_size=8, epochs=2, verbose=0).history
    for network, old in zip(judges, before, strict=True):
        assert any((a != b.numpy()).any() for a, b in zip(old, network.trainable_variables, strict=True))
    assert all(np.isfinite(values).all() for values in history.values())
    assert ("discriminate" in model.signatures()) == ("packing" not in options)


def test_the_players_are_normalised_apart():
    model = toy(discriminator_normalization=None)
    names = {player: [v.path for v in model.trained(player)] for player in model.players()}
    assert any("gamma" in path for path in names["generator"])
    assert not any("gamma" in path for path in names["discriminator"])


def test_it_learns_to_move():
    """Blobs that move by a pixel per frame: better than a still picture, and nearly as dark as the data."""
    keras.utils.set_random_seed(0)
    x = clips(128, SHAPE, 1)
    model = toy(width=8, ema_momentum=0.95)
    rates = keras.optimizers.Adam(1e-3, 0.5), keras.optimizers.Adam(1e-3, 0.5)
    model.compile(*rates, jit_compile=False)
    model.fit(x, batch_size=32, epochs=80, verbose=0)
    made = model.generate(64, seed=0)
    still = kgen.metrics.motion_distances(np.repeat(x[:, :1], 4, axis=1), x)["speed"]
    assert kgen.metrics.motion_distances(made, x)["speed"] < 0.5 * still
    assert abs(made.mean() - x.mean() / 255) < 0.1
