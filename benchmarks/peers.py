"""The peers of kgen's speed: the same networks trained by the recipes that people copy.

Written for these measurements after the published recipes, with the changes that fair timing needs:
the same networks for each peer, fixed data, no pictures, no checkpoints, no shuffling.

- TensorFlow's DCGAN tutorial (tensorflow.org/tutorials/generative/dcgan): one generator pass, two tapes.
- keras.io, "DCGAN to generate face images" (keras.io/examples/generative/dcgan_overriding_train_step):
  `train_step` of a `keras.Model`; the generator runs twice, the discriminator on three batches.
- keras.io, "WGAN-GP overriding Model.train_step" (keras.io/examples/generative/wgan_gp).
- keras.io, "Variational AutoEncoder" (keras.io/examples/generative/vae).
- TensorFlow's CycleGAN tutorial (tensorflow.org/tutorials/generative/cyclegan): one persistent tape, a total for
  each generator, each network called for each picture by itself, four optimisers.
"""

import functools

import keras
import numpy as np
import tensorflow as tf
from keras import layers

import kgen

SHAPE = (28, 28, 1)
LATENT_DIM = 100
CYCLE_SHAPE = (64, 64, 3)


def make(name, batch_size, jit_compile=None):
    """One compiled training step of a peer, on a fixed batch, warmed up.

    Args:
        name: a key of `PEERS`.
        batch_size: pictures a step.
        jit_compile: XLA or not; None as the recipe has it.

    Returns:
        Function of no argument that takes one step and returns dict name -> scalar, its losses.
    """
    step = PEERS[name](batch_size, jit_compile)
    for _ in range(2):
        step()
    return step


def pictures(batch_size, low=0.0):
    """float32 [batch_size, 28, 28, 1] in [low, 1], four fifths of it background as in MNIST."""
    rng = np.random.default_rng(0)
    ink = np.maximum(rng.uniform(-4.0, 1.0, [batch_size, *SHAPE]), 0.0)
    return (low + (1.0 - low) * ink).astype(np.float32)


def tutorial_networks():
    """Generator [batch, 100] -> [batch, 28, 28, 1] in [-1, 1] and discriminator -> logits [batch, 1]."""
    generator = keras.Sequential(
        [
            keras.Input([LATENT_DIM]),
            layers.Dense(7 * 7 * 256, use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Reshape([7, 7, 256]),
            layers.Conv2DTranspose(128, 5, strides=1, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(64, 5, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(1, 5, strides=2, padding="same", use_bias=False, activation="tanh"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(64, 5, strides=2, padding="same"),
            layers.LeakyReLU(),
            layers.Dropout(0.3),
            layers.Conv2D(128, 5, strides=2, padding="same"),
            layers.LeakyReLU(),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    return generator, discriminator


def dense_networks():
    """Generator [batch, 100] -> [batch, 28, 28, 1] in [0, 1] and discriminator -> logits [batch, 1]."""
    picture = layers.Dense(784, activation="sigmoid"), layers.Reshape(SHAPE)
    generator = keras.Sequential([keras.Input([LATENT_DIM]), *_hidden(), *picture])
    discriminator = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), *_hidden(), layers.Dense(1)])
    return generator, discriminator


def _hidden():
    return [layer for _ in range(2) for layer in (layers.Dense(1024), layers.LeakyReLU(negative_slope=0.2))]


def tutorial_step(generator, discriminator, jit_compile=False):
    """The tutorial's training step.

    Args:
        generator: network of latents [batch, 100].
        discriminator: network that gives logits.
        jit_compile: XLA or not.

    Returns:
        tf.function of images [batch, 28, 28, 1] in the generator's range; it takes one step and returns the
        losses.
    """
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    generator_optimizer, discriminator_optimizer = keras.optimizers.Adam(1e-4), keras.optimizers.Adam(1e-4)
    generator_optimizer.build(generator.trainable_variables)
    discriminator_optimizer.build(discriminator.trainable_variables)

    @tf.function(jit_compile=jit_compile)
    def step(images):
        z = tf.random.normal([images.shape[0], LATENT_DIM])
        with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
            fake = generator(z, training=True)
            real_logits = discriminator(images, training=True)
            fake_logits = discriminator(fake, training=True)
            generator_loss = cross_entropy(tf.ones_like(fake_logits), fake_logits)
            discriminator_loss = cross_entropy(tf.ones_like(real_logits), real_logits)
            discriminator_loss += cross_entropy(tf.zeros_like(fake_logits), fake_logits)
        _descend(generator_tape, generator_loss, generator, generator_optimizer)
        _descend(discriminator_tape, discriminator_loss, discriminator, discriminator_optimizer)
        return {"generator_loss": generator_loss, "discriminator_loss": discriminator_loss}

    return step


def _descend(tape, loss, network, optimizer):
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))


def _track(trackers, *values):
    for tracker, value in zip(trackers, values, strict=True):
        tracker.update_state(value)
    return {tracker.name: tracker.result() for tracker in trackers}


class KerasIoGan(keras.Model):
    """keras.io's recipe of a GAN.

    The networks run with `training=True`, which the recipe leaves out because its own networks have neither
    batch normalisation nor dropout.

    Args:
        generator: network of latents [batch, 100].
        discriminator: network that gives logits.
    """

    def __init__(self, generator, discriminator):
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator
        self.noise = keras.random.SeedGenerator(1337)
        self.trackers = [keras.metrics.Mean(name=name) for name in ("generator_loss", "discriminator_loss")]

    def compile(self, generator_optimizer, discriminator_optimizer, **kwargs):
        super().compile(**kwargs)
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        self.cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    def train_step(self, real):
        batch = tf.shape(real)[0]
        fake = self.generator(self._latents(batch), training=True)
        both = tf.concat([fake, real], axis=0)
        labels = tf.concat([tf.ones([batch, 1]), tf.zeros([batch, 1])], axis=0)
        labels += 0.05 * tf.random.uniform(tf.shape(labels))
        with tf.GradientTape() as tape:
            discriminator_loss = self.cross_entropy(labels, self.discriminator(both, training=True))
        _descend(tape, discriminator_loss, self.discriminator, self.discriminator_optimizer)
        with tf.GradientTape() as tape:
            logits = self.discriminator(self.generator(self._latents(batch), training=True), training=True)
            generator_loss = self.cross_entropy(tf.zeros([batch, 1]), logits)
        _descend(tape, generator_loss, self.generator, self.generator_optimizer)
        return _track(self.trackers, generator_loss, discriminator_loss)

    def _latents(self, batch):
        return keras.random.normal([batch, self.generator.input_shape[-1]], seed=self.noise)


class KerasIoWganGp(keras.Model):
    """keras.io's recipe of a WGAN-GP: several critic steps on one batch of pictures, then one of the generator.

    Args:
        generator: network of latents [batch, 100].
        critic: network that gives scores.
        critic_steps: per step of the generator.
    """

    def __init__(self, generator, critic, critic_steps=5):
        super().__init__()
        self.generator = generator
        self.critic = critic
        self.critic_steps = critic_steps
        self.trackers = [keras.metrics.Mean(name=name) for name in ("critic_loss", "generator_loss")]

    def compile(self, generator_optimizer, critic_optimizer, **kwargs):
        super().compile(**kwargs)
        self.generator_optimizer = generator_optimizer
        self.critic_optimizer = critic_optimizer

    def train_step(self, real):
        for _ in range(self.critic_steps):
            with tf.GradientTape() as tape:
                fake = self.generator(self._latents(real), training=True)
                distance = tf.reduce_mean(self.critic(fake, training=True))
                distance -= tf.reduce_mean(self.critic(real, training=True))
                critic_loss = distance + 10.0 * self._penalty(real, fake)
            _descend(tape, critic_loss, self.critic, self.critic_optimizer)
        with tf.GradientTape() as tape:
            fake = self.generator(self._latents(real), training=True)
            generator_loss = -tf.reduce_mean(self.critic(fake, training=True))
        _descend(tape, generator_loss, self.generator, self.generator_optimizer)
        return _track(self.trackers, critic_loss, generator_loss)

    def _penalty(self, real, fake):
        """With the recipe's normal numbers in place of uniform ones."""
        ones = [1] * (len(real.shape) - 1)
        point = real + tf.random.normal([tf.shape(real)[0], *ones]) * (fake - real)
        with tf.GradientTape() as tape:
            tape.watch(point)
            score = self.critic(point, training=True)
        slope = tf.norm(tf.reshape(tape.gradient(score, point), [tf.shape(real)[0], -1]), axis=1)
        return tf.reduce_mean(tf.square(slope - 1.0))

    def _latents(self, real):
        return tf.random.normal([tf.shape(real)[0], self.generator.input_shape[-1]])


class PlainVae(keras.Model):
    """keras.io's recipe of a VAE, with the dense networks: 784-1024-1024-(100, 100) and back."""

    def __init__(self):
        super().__init__()
        x = keras.Input(SHAPE)
        h = keras.Sequential([layers.Flatten(), *_hidden()])(x)
        self.encoder = keras.Model(x, [layers.Dense(LATENT_DIM)(h), layers.Dense(LATENT_DIM)(h)])
        self.decoder, _ = dense_networks()
        self.noise = keras.random.SeedGenerator(1337)
        self.trackers = [keras.metrics.Mean(name=name) for name in ("loss", "reconstruction_loss", "kl_loss")]

    def train_step(self, x):
        with tf.GradientTape() as tape:
            z_mean, z_log_var = self.encoder(x, training=True)
            z = z_mean + tf.exp(0.5 * z_log_var) * keras.random.normal(tf.shape(z_mean), seed=self.noise)
            cross_entropy = keras.losses.binary_crossentropy(x, self.decoder(z, training=True))
            reconstruction_loss = tf.reduce_mean(tf.reduce_sum(cross_entropy, axis=[1, 2]))
            kl = -0.5 * (1.0 + z_log_var - tf.square(z_mean) - tf.exp(z_log_var))
            kl_loss = tf.reduce_mean(tf.reduce_sum(kl, axis=1))
            loss = reconstruction_loss + kl_loss
        _descend(tape, loss, self, self.optimizer)
        return _track(self.trackers, loss, reconstruction_loss, kl_loss)


class TutorialCycleGan:
    """The training step of TensorFlow's CycleGAN tutorial, with the paper's least squares for its cross-entropy.

    Args:
        generators: (g, f), from x to y and back.
        discriminators: (of x, of y), networks that give a map of logits.
    """

    CYCLE_WEIGHT, IDENTITY_WEIGHT = 10.0, 5.0

    def __init__(self, generators, discriminators):
        self.networks = *generators, *discriminators
        self.optimizers = [keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in self.networks]
        for network, optimizer in zip(self.networks, self.optimizers, strict=True):
            optimizer.build(network.trainable_variables)

    def step(self, x, y):
        """One step on batches x and y [batch, height, width, channels] in [-1, 1]."""
        with tf.GradientTape(persistent=True) as tape:
            losses = self._losses(x, y)
        gradients = [
            tape.gradient(loss, network.trainable_variables)
            for loss, network in zip(losses.values(), self.networks, strict=True)
        ]
        for own, network, optimizer in zip(gradients, self.networks, self.optimizers, strict=True):
            optimizer.apply_gradients(zip(own, network.trainable_variables, strict=True))
        return losses

    def _losses(self, x, y):
        g, f, d_x, d_y = [functools.partial(network, training=True) for network in self.networks]
        fake_y, fake_x = g(x), f(y)
        cycle = self.CYCLE_WEIGHT * (_absolute(x - f(fake_y)) + _absolute(y - g(fake_x)))
        same_x, same_y = f(x), g(y)
        real_x_logits, real_y_logits = d_x(x), d_y(y)
        fake_x_logits, fake_y_logits = d_x(fake_x), d_y(fake_y)
        return {
            "g_loss": _square(fake_y_logits - 1.0) + cycle + self.IDENTITY_WEIGHT * _absolute(y - same_y),
            "f_loss": _square(fake_x_logits - 1.0) + cycle + self.IDENTITY_WEIGHT * _absolute(x - same_x),
            "x_loss": 0.5 * (_square(real_x_logits - 1.0) + _square(fake_x_logits)),
            "y_loss": 0.5 * (_square(real_y_logits - 1.0) + _square(fake_y_logits)),
        }


def _absolute(x):
    return tf.reduce_mean(tf.abs(x))


def _square(x):
    return tf.reduce_mean(tf.square(x))


def fit_step(model, images, steps=20):
    """The compiled function that `fit` calls for a step, after `fit` itself has run some of them.

    Args:
        model: compiled keras.Model.
        images: array [batch, ...], the batch of every step, or a pair of them.
        steps: that `fit` runs.

    Returns:
        Function of no argument that takes as many steps as one call of the model's train function does, and
        returns the logs; its attribute `steps_per_call` is their number.
    """
    data = tf.data.Dataset.from_tensors(images).repeat()
    model.fit(data, steps_per_epoch=steps, shuffle=False, verbose=0)
    iterator = iter(data)

    def step():
        return model.train_function(iterator)

    step.steps_per_call = model.steps_per_execution
    return step


def _tutorial(networks, low):
    def build(batch_size, jit_compile):
        step, images = tutorial_step(*networks(), bool(jit_compile)), tf.constant(pictures(batch_size, low))
        return lambda: step(images)

    return build


def _keras_io(networks, low, **adam):
    def build(batch_size, jit_compile):
        model = KerasIoGan(*networks())
        optimizers = keras.optimizers.Adam(**adam), keras.optimizers.Adam(**adam)
        model.compile(*optimizers, jit_compile="auto" if jit_compile is None else jit_compile)
        return fit_step(model, pictures(batch_size, low))

    return build


def wasserstein_networks():
    """(generator, critic) of kgen's WGAN-GP of width 32, which both sides train."""
    model = kgen.WGANGP(SHAPE, latent_dim=LATENT_DIM, width=32)
    return model.generator, model.discriminator


def plane_networks():
    """(generator, discriminator) between points of the plane, 128 units in three hidden layers."""
    model = kgen.GAN((2,), latent_dim=2, hidden_units=(128, 128, 128))
    return model.generator, model.discriminator


def points(batch_size):
    """float32 [batch_size, 2] of the ring."""
    return next(iter(kgen.datasets.load("ring", batch_size=batch_size)[0])).numpy()


def _keras_io_wgan_gp(networks, data):
    def build(batch_size, jit_compile):
        model = KerasIoWganGp(*networks())
        optimizers = [keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9) for _ in range(2)]
        model.compile(*optimizers, jit_compile="auto" if jit_compile is None else jit_compile)
        return fit_step(model, data(batch_size))

    return build


def _keras_io_plane(batch_size, jit_compile):
    model = KerasIoGan(*plane_networks())
    optimizers = [keras.optimizers.Adam(1e-3, beta_1=0.5) for _ in range(2)]
    model.compile(*optimizers, jit_compile="auto" if jit_compile is None else jit_compile)
    return fit_step(model, points(batch_size))


def _plain_vae(batch_size, jit_compile):
    model = PlainVae()
    model.compile(optimizer=keras.optimizers.Adam(), jit_compile=bool(jit_compile))
    return fit_step(model, pictures(batch_size))


def cyclegan():
    """kgen's CycleGAN of 64 x 64 pictures as it is out of the box, with six residual blocks of width 64."""
    return kgen.CycleGAN(CYCLE_SHAPE, residual_blocks=6)


def plain(network):
    """The same network of Keras's own layers, and of `ReflectionPadding`, which Keras does not have."""
    return keras.models.clone_model(network, clone_function=_plain_layer)


def _plain_layer(layer):
    kind = type(layer).__name__
    kind = ReflectionPadding if kind == "ReflectionPadding2D" else getattr(layers, kind)
    return kind.from_config(layer.get_config())


class ReflectionPadding(layers.Layer):
    """Padding by reflection, as one writes it: one call of the backend."""

    def __init__(self, padding, **kwargs):
        super().__init__(**kwargs)
        self.padding = padding

    def call(self, inputs):
        sides = [[self.padding, self.padding]] * 2
        return tf.pad(inputs, [[0, 0], *sides, [0, 0]], mode="REFLECT")

    def get_config(self):
        return {**super().get_config(), "padding": self.padding}


def domains(batch_size):
    """Pictures of two domains, uint8 [batch_size, 64, 64, 3] each."""
    rng = np.random.default_rng(0)
    return tuple(rng.integers(0, 256, [batch_size, *CYCLE_SHAPE], "uint8") for _ in range(2))


def _tutorial_cyclegan(policy):
    """Recipe whose networks are built under that policy, which is global for all that it computes."""

    def build(batch_size, jit_compile):
        keras.config.set_dtype_policy(policy)
        try:
            made = cyclegan()
            generators = [plain(network) for network in (made.generator_ab, made.generator_ba)]
            discriminators = [plain(network) for network in (made.discriminator_a, made.discriminator_b)]
            recipe = TutorialCycleGan(generators, discriminators)
            step = tf.function(recipe.step, jit_compile=bool(jit_compile))
            pair = [tf.constant(x / 127.5 - 1.0, tf.float32) for x in domains(batch_size)]
            step(*pair)
        finally:
            keras.config.set_dtype_policy("float32")
        return lambda: step(*pair)

    return build


PEERS = {
    "tutorial_dcgan": _tutorial(tutorial_networks, -1.0),
    "tutorial_dense": _tutorial(dense_networks, 0.0),
    "keras_io_dcgan": _keras_io(tutorial_networks, -1.0, learning_rate=1e-4),
    "keras_io_dense": _keras_io(dense_networks, 0.0, learning_rate=2e-4, beta_1=0.5),
    "keras_io_wgan_gp": _keras_io_wgan_gp(wasserstein_networks, lambda n: pictures(n, -1.0)),
    "keras_io_plane": _keras_io_plane,
    "keras_io_plane_wgan_gp": _keras_io_wgan_gp(plane_networks, points),
    "plain_vae": _plain_vae,
    "tutorial_cyclegan": _tutorial_cyclegan("float32"),
    "tutorial_cyclegan_bfloat16": _tutorial_cyclegan("mixed_bfloat16"),
}
