"""The port is faithful: a TensorFlow 1 graph and session give the same losses and gradients.

Each network of the source is built of `tf.compat.v1` variables and matrix products. Two of its faults are
mended as they must be for it to mean what its text says: pictures are flattened before the discriminator,
which sees G(z) as fake, and the VAE's z comes from the encoder and its loss holds the KL term.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgen

v1 = tf.compat.v1
REAL = np.random.default_rng(4).uniform(size=(16, 28, 28, 1)).astype("float32")
WIDTHS = [(1024, 1024), (64, 64), (48, 32, 24)]
SEED, STEP = 3, 17


class Graph:
    """A TensorFlow 1 graph whose variables start at the values of the model under test."""

    def __init__(self):
        self.graph = tf.Graph()

    def dense(self, name, x, weights):
        """x W + b, with the variables name/W and name/b."""
        parts = []
        for part, value in zip("Wb", weights, strict=True):
            initial = v1.constant_initializer(value)
            parts.append(
                v1.get_variable(f"{name}/{part}", value.shape, initializer=initial, use_resource=True)
            )
        return tf.matmul(x, parts[0]) + parts[1]

    def stack(self, name, x, weights):
        """Hidden layers with the leaky ReLU of TensorFlow 1, then a linear one."""
        *hidden, last = zip(weights[::2], weights[1::2], strict=True)
        with v1.variable_scope(name, reuse=v1.AUTO_REUSE):
            for depth, pair in enumerate(hidden):
                x = tf.nn.leaky_relu(self.dense(f"hidden{depth}", x, pair))
            return self.dense("output", x, last)

    def run(self, fetches, feeds):
        with v1.Session(graph=self.graph) as session:
            session.run(v1.global_variables_initializer())
            return session.run(fetches, feeds)


def cross_entropy(logits, label):
    labels = tf.fill(tf.shape(logits), label)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))


def weights_of(network):
    return [v.numpy() for v in network.trainable_variables]


def perturbed(model):
    """Biases start at zero; a faithful port must agree where they are not."""
    random = np.random.default_rng(5)
    for v in model.trainable_variables:
        v.assign(v + 0.05 * random.normal(size=v.shape).astype("float32"))
    return model


def close(actual, expected):
    """Equal to 1e-5 of the largest number of the variable."""
    assert actual.shape == expected.shape and np.abs(expected).max() > 1e-6
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def stream():
    return kgen.noise.stream(SEED, STEP, len(REAL))


# GAN.


def source_gan(generator, discriminator, minimax):
    """Losses and gradients of both players, by a function of the real pictures and z."""
    source = Graph()
    with source.graph.as_default():
        x, z = (v1.placeholder(tf.float32, [None, size]) for size in (784, generator[0].shape[0]))
        picture = tf.nn.sigmoid(source.stack("generator", z, generator))
        real = source.stack("discriminator", x, discriminator)
        fake = source.stack("discriminator", picture, discriminator)
        d_loss = cross_entropy(real, 1.0) + cross_entropy(fake, 0.0)
        g_loss = -cross_entropy(fake, 0.0) if minimax else cross_entropy(fake, 1.0)
        players = {"discriminator": d_loss, "generator": g_loss}
        variables = {p: v1.get_collection(v1.GraphKeys.TRAINABLE_VARIABLES, scope=f"{p}/") for p in players}
        gradients = {p: tf.gradients(loss, variables[p]) for p, loss in players.items()}
    return lambda real, noise: source.run(
        [players, gradients, picture], {x: real.reshape([-1, 784]), z: noise}
    )


@pytest.mark.parametrize(
    "hidden_units, loss", [*((widths, "non_saturating") for widths in WIDTHS), ((64, 64), "minimax")], ids=str
)
def test_gan_losses_and_gradients_equal_the_sources(hidden_units, loss):
    model = perturbed(kgen.GAN(hidden_units=hidden_units, loss=loss))
    run = source_gan(weights_of(model.generator), weights_of(model.discriminator), loss == "minimax")
    with stream() as noise:
        z = kgen.noise.normal(noise.next(), (100,)).numpy()
    losses, gradients, picture = run(REAL, z)
    for player, network in (("discriminator", model.discriminator), ("generator", model.generator)):
        with stream(), tf.GradientTape() as tape:
            game = kgen.game.Game(model, tf.constant(REAL))
            terms = getattr(model, f"{player}_loss")(game)
            total = tf.add_n([tf.reduce_mean(term) for term in terms.values()])
        np.testing.assert_allclose(game.fake.numpy().reshape([-1, 784]), picture, atol=1e-6)
        np.testing.assert_allclose(total, losses[player], rtol=1e-5)
        actual = tape.gradient(total, [v.value for v in network.trainable_variables])
        assert len(actual) == len(gradients[player]) == 2 * len(hidden_units) + 2
        for ours, theirs in zip(actual, gradients[player], strict=True):
            close(ours.numpy(), theirs)


def test_a_gan_step_moves_each_player_down_its_own_gradient_of_the_source():
    """One `train_step` by plain descent of rate 1: the discriminator first, then G against the new D."""
    model = perturbed(kgen.GAN(hidden_units=(64, 64), seed=SEED))
    model.compile(*(keras.optimizers.SGD(1.0) for _ in range(2)), jit_compile=False)
    model.step.assign(STEP)
    before = {p: weights_of(n) for p, (n,) in model.players().items()}
    with stream() as noise:
        first, second = (kgen.noise.normal(noise.next(), (100,)).numpy() for _ in range(2))
    model.train_step(tf.constant(REAL))
    after = {p: weights_of(n) for p, (n,) in model.players().items()}
    old = source_gan(before["generator"], before["discriminator"], False)(REAL, first)[1]
    new = source_gan(before["generator"], after["discriminator"], False)(REAL, second)[1]
    for player, gradients in (("discriminator", old["discriminator"]), ("generator", new["generator"])):
        for b, a, gradient in zip(before[player], after[player], gradients, strict=True):
            np.testing.assert_allclose(b - a, gradient, rtol=0, atol=1e-5 * np.abs(gradient).max() + 2e-7)


# VAE.


def source_vae(encoder, decoder):
    """Negative bound, its two terms and the gradients, by a function of the pictures and eps."""
    source = Graph()
    *body, kernel, bias = encoder
    (mean_W, log_var_W), (mean_b, log_var_b) = np.split(kernel, 2, 1), np.split(bias, 2)
    with source.graph.as_default():
        x, eps = (v1.placeholder(tf.float32, [None, size]) for size in (784, len(mean_b)))
        h = x
        with v1.variable_scope("encoder"):
            for depth, pair in enumerate(zip(body[::2], body[1::2], strict=True)):
                h = tf.nn.leaky_relu(source.dense(f"hidden{depth}", h, pair))
            z_mean = source.dense("z_mean", h, (mean_W, mean_b))
            z_log_sigma_squared = source.dense("z_log_sigma_squared", h, (log_var_W, log_var_b))
        z = z_mean + tf.exp(z_log_sigma_squared / 2) * eps
        x_logits = source.stack("decoder", z, decoder)
        entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=x_logits)
        divergence = tf.exp(z_log_sigma_squared) + tf.square(z_mean) - 1.0 - z_log_sigma_squared
        terms = [tf.reduce_mean(tf.reduce_sum(entropy, 1)), tf.reduce_mean(tf.reduce_sum(divergence, 1)) / 2]
        variables = v1.trainable_variables()
        gradients = dict(
            zip([v.op.name for v in variables], tf.gradients(sum(terms), variables), strict=True)
        )
    return lambda pictures, noise: source.run(
        [terms, gradients], {x: pictures.reshape([-1, 784]), eps: noise}
    )


def in_our_order(gradients, hidden):
    """The source's two heads side by side, as the one last layer of kgen's encoder."""
    heads = [
        np.concatenate(
            [gradients[f"encoder/{head}/{part}"] for head in ("z_mean", "z_log_sigma_squared")], -1
        )
        for part in "Wb"
    ]
    names = [f"hidden{depth}" for depth in range(hidden)]
    encoder = [gradients[f"encoder/{name}/{part}"] for name in names for part in "Wb"]
    return (
        encoder
        + heads
        + [gradients[f"decoder/{name}/{part}"] for name in [*names, "output"] for part in "Wb"]
    )


@pytest.mark.parametrize("hidden_units", WIDTHS, ids=str)
def test_vae_bound_and_gradients_equal_the_sources(hidden_units):
    model = perturbed(kgen.VAE(hidden_units=hidden_units, latent_dim=20))
    with stream() as noise:
        eps = kgen.noise.normal(noise.next(), (1, 20)).numpy()[:, 0]
    terms, gradients = source_vae(weights_of(model.encoder), weights_of(model.decoder))(REAL, eps)
    with stream(), tf.GradientTape() as tape:
        ours = [tf.reduce_mean(term) for term in model.bound(tf.constant(REAL), training=True).values()]
        loss = tf.add_n(ours)
    np.testing.assert_allclose(ours, terms, rtol=1e-5)
    actual = tape.gradient(loss, [v.value for v in model.trainable_variables])
    expected = in_our_order(gradients, len(hidden_units))
    assert len(actual) == len(expected) == 4 * len(hidden_units) + 4
    for one, other in zip(actual, expected, strict=True):
        close(one.numpy(), other)
