"""VAE: auto-encoding variational Bayes, dense or convolutional, with the importance-weighted bound.

Reference: Kingma & Welling 2014, arXiv 1312.6114; Burda 2016, arXiv 1509.00519.
"""

import math

import keras
import numpy as np
import tensorflow as tf

from kgen import execution, inputs, losses, noise
from kgen.errors import invalid, number_in, one_of, positive_integer
from kgen.networks import convolutional, dense
from kgen.one_player import OnePlayerModel
from kgen.step import Move, totalled

LIKELIHOODS = ("bernoulli", "gaussian")
NETWORKS = {"dense": dense, "convolutional": convolutional}


@keras.saving.register_keras_serializable("kgen")
class VAE(OnePlayerModel):
    """Variational auto-encoder.

    log p(x) >= E_q(z|x)[log p(x|z)] - beta KL(q(z|x) || N(0, I)), with z = z_mean + exp(z_log_var / 2) eps.

    With k > 1 importance samples the bound is E[log 1/k sum_i p(x, z_i) / q(z_i | x)].

    Args:
        image_shape: (height, width, channels).
        latent_dim: length of z.
        network: "dense" or "convolutional".
        hidden_units: units of each hidden layer of the dense networks.
        width: channels at half resolution of the convolutional networks.
        activation: of the hidden layers.
        normalization: "batch", "layer" or None.
        kernel_regularizer: of every kernel.
        likelihood: "bernoulli" (the decoder gives logits) or "gaussian" (it gives a mean in [0, 1] and a log
            variance for every pixel; pixels are dequantised by noise of 1/256).
        binarization: "dynamic" draws black and white pixels anew in every step, with the grey values as their
            probabilities; None takes grey values as they are, whose Bernoulli bound is no likelihood.
        beta: weight of the KL term; 1 gives the evidence lower bound.
        importance_samples: k of the importance-weighted bound.
        encoder: a network of your own, [batch, *image_shape] to [batch, 2 latent_dim] (z_mean, z_log_var).
        decoder: a network of your own, [batch, latent_dim] to [batch, *image_shape] logits, or twice the
            channels (mean logits, log variance) for "gaussian".
        seed, name: see `GenerativeModel`.

    Raises:
        ValueError: for arguments out of range, or networks of other shapes.

    Example:

    >>> model = kgen.VAE((8, 8, 1), latent_dim=2, hidden_units=(16,))
    >>> model.generate(3, seed=0).shape
    (3, 8, 8, 1)

    Reference: Kingma & Welling 2014, eq. 3, 7 and 10, arXiv 1312.6114; Higgins 2017 (beta); Burda 2016, eq. 8.
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=50,
        network="dense",
        hidden_units=(1024, 1024),
        width=32,
        activation="leaky_relu",
        normalization=None,
        kernel_regularizer=None,
        likelihood="bernoulli",
        binarization=None,
        beta=1.0,
        importance_samples=1,
        encoder=None,
        decoder=None,
        seed=0,
        name=None,
    ):
        super().__init__(image_shape, seed=seed, name=name)
        positive_integer("latent_dim", latent_dim)
        positive_integer("importance_samples", importance_samples)
        one_of("network", network, tuple(NETWORKS))
        one_of("likelihood", likelihood, LIKELIHOODS)
        one_of("binarization", binarization, (None, "dynamic"))
        number_in("beta", beta, 0, math.inf)
        if likelihood == "gaussian" and binarization:
            raise invalid("binarization", "None with a gaussian likelihood", binarization=binarization)
        self.latent_dim = latent_dim
        self.likelihood = likelihood
        self.binarization = binarization
        self.beta = beta
        self.importance_samples = importance_samples
        form = {
            "activation": activation,
            "normalization": normalization,
            "kernel_regularizer": kernel_regularizer,
        }
        form |= {"hidden_units": hidden_units} if network == "dense" else {"width": width}
        *sides, channels = self.image_shape
        output_shape = (*sides, channels * (2 if likelihood == "gaussian" else 1))
        build = NETWORKS[network]
        self.encoder = encoder or build.encoder(self.image_shape, 2 * latent_dim, name="encoder", **form)
        self.decoder = decoder or build.decoder(
            latent_dim, output_shape, output_activation=None, name="decoder", **form
        )

        inputs.check_network("encoder", self.encoder, self.image_shape, (2 * latent_dim,))
        inputs.check_network("decoder", self.decoder, (latent_dim,), output_shape)
        self._weigh = tf.function(self._importance, jit_compile=execution.is_short(self), autograph=False)

    def default_optimizer(self):
        """Adam(1e-3), the scale of Kingma & Welling 2014, section 5."""
        return keras.optimizers.Adam(1e-3)

    # The bound.

    def look(self, x, y=None):
        """The base's checks; vectors too have to be in [0, 1], where both likelihoods live."""
        super().look(x, y)
        inputs.check_range(x)

    def learn(self, x, y):
        """One step up the bound."""
        networks = [self.encoder, self.decoder]
        return self.minimize(Move("", lambda: self.bound(x, training=True), networks, self.optimizer))

    def judge(self, x, y):
        """Terms of a validation batch, and as many new samples."""
        terms = totalled("", self.bound(x, training=False), self.trainable_variables)
        return terms, self.sample(noise.current().next())

    def bound(self, x, training):
        """Terms of the negative bound, each one value per example in nats.

        Args:
            x: pictures [batch, *image_shape] in [0, 1].
            training: whether the networks run in training mode.

        Returns:
            `reconstruction_loss` -log p(x|z) and `kl_loss` beta KL(q||p); with k > 1 importance samples
            `importance_weighted_loss`, -log 1/k sum_i w_i.
        """
        x = self.observed(x, noise.current())
        z_mean, z_log_var = self.posterior(x, training)
        eps = noise.normal(noise.current().next(), (self.importance_samples, self.latent_dim))
        z = z_mean[:, None] + tf.exp(z_log_var / 2)[:, None] * eps  # [batch, k, latent_dim]
        log_likelihood = self.log_density(x, z, training)  # log p(x|z), [batch, k]
        if self.importance_samples == 1:
            kl = losses.gaussian_kl(z_mean, z_log_var)
            return {"reconstruction_loss": -log_likelihood[:, 0], "kl_loss": self.beta * kl}
        log_weights = log_likelihood - self.beta * self.log_ratio(z, z_mean, z_log_var)
        return {"importance_weighted_loss": -losses.log_mean_exp(log_weights, axis=1)}

    def observed(self, x, stream):
        """The data that the likelihood is of: pixels drawn, or dequantised, or as they are."""
        if self.binarization == "dynamic":
            return tf.cast(noise.uniform(stream.next(), self.image_shape) < x, tf.float32)
        if self.likelihood == "gaussian":
            return (255.0 * x + noise.uniform(stream.next(), self.image_shape)) / 256.0
        return x

    def posterior(self, x, training=False):
        """q(z|x) as (z_mean, z_log_var), each float32 [batch, latent_dim]."""
        return tf.split(self.encoder(x, training=training), 2, axis=-1)

    def log_density(self, x, z, training=False):
        """log p(x|z) in nats, [batch, k], of pictures [batch, *image_shape] and codes [batch, k, latent_dim]."""
        k = z.shape[1]
        output = self.decoder(tf.reshape(z, [-1, self.latent_dim]), training=training)
        output = tf.reshape(output, [-1, k, *output.shape[1:]])
        if self.likelihood == "bernoulli":
            density = losses.bernoulli_log_density(_flat(x[:, None], 2), _flat(output, 2))
        else:
            logits, log_var = tf.split(output, 2, axis=-1)
            flat = (_flat(part, 2) for part in (x[:, None], tf.sigmoid(logits), log_var))
            density = losses.gaussian_log_density(*flat)
        return density

    def log_ratio(self, z, z_mean, z_log_var):
        """log q(z|x) - log p(z) in nats, [batch, k], of codes [batch, k, latent_dim]."""
        q = losses.gaussian_log_density(z, z_mean[:, None], z_log_var[:, None])
        return q - losses.gaussian_log_density(z, 0.0, 0.0)

    # What a trained model answers.

    def call(self, images, training=False):
        images = self._unpack(tf.convert_to_tensor(images))[0]
        return self.to_images(self.posterior(images, training)[0], training)

    def to_images(self, z, training=False):
        """Pictures [batch, *image_shape] in [0, 1] (the likelihood's mean) of codes [batch, latent_dim]."""
        return tf.sigmoid(self.decoder(z, training=training)[..., : self.image_shape[-1]])

    def check_inputs(self, images):
        """Checks pictures before `predict`."""
        inputs.check_pictures(images, self.image_shape)

    def sample(self, seeds):
        """Pictures of row seeds: int32 [batch, 2] to float32 [batch, *image_shape] in [0, 1]."""
        return self.to_images(noise.normal(seeds, (self.latent_dim,)))

    def encode(self, x):
        """Codes of pictures.

        Args:
            x: pictures, uint8 or float in [0, 1], [n, height, width, channels].

        Returns:
            (z_mean, z_log_var), each float32 tensor [n, latent_dim].

        Raises:
            ValueError: pictures that do not fit the model.
        """
        inputs.check_pictures(x, self.image_shape)
        return self.posterior(self._unpack(tf.convert_to_tensor(x))[0])

    def decode(self, latent):
        """Pictures of codes.

        Args:
            latent: float [n, latent_dim].

        Returns:
            float32 tensor [n, *image_shape] in [0, 1].

        Raises:
            ValueError: codes of another shape, or not finite.
        """
        inputs.check_latents(latent, self.latent_dim)
        return self.to_images(tf.convert_to_tensor(latent, tf.float32))

    def reconstruct(self, x):
        """Pictures through their own codes: decode(z_mean of encode).

        Args:
            x: pictures, uint8 or float in [0, 1], [n, height, width, channels].

        Returns:
            float32 tensor [n, *image_shape] in [0, 1].

        Raises:
            ValueError: pictures that do not fit the model.
        """
        return self.to_images(self.encode(x)[0])

    def log_likelihood(self, x, num_samples=5000, seed=0, batch_size=20, samples_at_a_time=250):
        """log p(x) by importance sampling, in memory of batch_size x samples_at_a_time pictures.

        log 1/S sum_s p(x|z_s) p(z_s) / q(z_s|x), with z_s from q(z|x).

        Args:
            x: pictures, uint8 or float in [0, 1], [n, height, width, channels].
            num_samples: S; a multiple of `samples_at_a_time`, or smaller.
            seed: of the noise; picture i is drawn (binarised) and sampled by row [seed, i].
            batch_size: pictures at a time.
            samples_at_a_time: codes per picture at a time.

        Returns:
            float32 array [n], nats per picture.

        Raises:
            ValueError: pictures or numbers that do not fit.

        Reference: Burda 2016, section 5 and eq. 8, arXiv 1509.00519.
        """
        inputs.check_pictures(x, self.image_shape)
        for argument in ("num_samples", "batch_size", "samples_at_a_time"):
            positive_integer(argument, locals()[argument])
        at_a_time = min(samples_at_a_time, num_samples)
        if num_samples % at_a_time:
            raise invalid(
                "num_samples", f"a multiple of samples_at_a_time={at_a_time}", num_samples=num_samples
            )
        chunks = tf.constant(num_samples // at_a_time)
        starts = range(0, len(x), batch_size)
        parts = [
            (tf.convert_to_tensor(x[i : i + batch_size]), noise.rows(seed, len(x[i : i + batch_size]), i))
            for i in starts
        ]
        return np.concatenate([self._weigh(*part, chunks, at_a_time).numpy() for part in parts])

    def _importance(self, x, seeds, chunks, at_a_time):
        stream = noise.Stream(seeds)
        x = self.observed(self._unpack(x)[0], stream)
        z_mean, z_log_var = self.posterior(x)

        def add(i, total):
            eps = noise.normal(noise.fold(stream.seeds, 1000 + i), (at_a_time, self.latent_dim))
            z = z_mean[:, None] + tf.exp(z_log_var / 2)[:, None] * eps
            log_weights = self.log_density(x, z) - self.log_ratio(z, z_mean, z_log_var)
            return i + 1, tf.math.reduce_logsumexp(tf.concat([total[:, None], log_weights], 1), axis=1)

        empty = tf.fill([tf.shape(x)[0]], -np.inf)
        total = tf.while_loop(lambda i, _: i < chunks, add, (0, empty))[1]
        return total - tf.math.log(tf.cast(chunks * at_a_time, tf.float32))

    def signatures(self):
        """The endpoints of the served model: name -> (function, {input: tf.TensorSpec})."""
        seed = {"seed": tf.TensorSpec([None, 2], tf.int32)}
        latent = {"latent": tf.TensorSpec([None, self.latent_dim], tf.float32)}
        images = {"images": tf.TensorSpec([None, *self.image_shape], tf.float32)}
        return {
            "generate": (lambda seed: {"images": self.sample(seed)}, seed),
            "from_latent": (lambda latent: {"images": self.to_images(latent)}, latent),
            "png": (lambda seed: {"image_bytes": self.to_png(self.sample(seed))}, seed),
            "encode": (
                lambda images: dict(zip(("z_mean", "z_log_var"), self.posterior(images), strict=True)),
                images,
            ),
            "decode": (lambda latent: {"images": self.to_images(latent)}, latent),
            "reconstruct": (lambda images: {"images": self.call(images)}, images),
        }


def _flat(x, axes):
    """Joins all axes behind the first `axes`."""
    return tf.reshape(
        x, [*[-1 if x.shape[i] is None else x.shape[i] for i in range(axes)], int(np.prod(x.shape[axes:]))]
    )
