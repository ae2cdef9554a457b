"""SemiSupervisedGAN: a classifier that learns from few labels, because generated examples are a class too.

Reference: Salimans 2016, arXiv 1606.03498.
"""

import math

import keras
import numpy as np
import tensorflow as tf

from kgen import inputs, losses, noise
from kgen.adversarial import AdversarialModel
from kgen.datasets import semi_supervised
from kgen.errors import integer_from, invalid, number_in, one_of
from kgen.networks import weight_normalized, with_features

INITIALIZATION = -2  # The step whose noise sets the first lengths of the weights.
WITHOUT = {  # Options that mean nothing here, and what leaves them out.
    "packing": 1,
    "top_k": None,
    "minibatch_discrimination": 0,
    "spectral_normalization": False,
    "feature_matching": 0.0,
}


@keras.saving.register_keras_serializable("kgen")
class SemiSupervisedGAN(AdversarialModel):
    """Generative adversarial network whose discriminator classifies, and most of whose examples have no label.

    D's K logits are completed by the logit 0 of the class "fake", so that D(x) = sigmoid(l(x)) with
    l = log sum_k exp l_k. D's loss is -E[log p(y | x, real)] over the labelled examples
    + (E[softplus(-l(x))] + E[softplus(l(G(z)))]) / 2 over the others. G, with z ~ U(0, 1), matches the mean of
    D's last hidden layer (feature matching). Verdicts and classes come from the average of D's parameters,
    a <- a + r_t (w - a) with r_t = r / (1 - (1 - r)^t): the exponential average, without bias from its start.

    `fit(x, y)` with arrays trains by `kgen.datasets.semi_supervised`: `batch_size` examples of all and as many
    labelled ones in a batch. Any other data set may have its labels where it likes; of a batch without -1
    every example counts as real. For each two rows of a batch G makes one. D's own network has normalised
    weights, whose lengths are set by the first batch of a new model's `fit`. After 60 epochs of MNIST Dai 2017's
    optimisers (arXiv 1705.09783) leave fewer errors: beta_2=0.9999 for both, G with rate 1e-3 and beta_1=0.

    Args:
        image_shape: (height, width, channels), or (length,) for vectors.
        latent_dim: length of z.
        num_classes: classes K are 0 ... K - 1, at least two; the label -1 stands for an unknown one.
        hidden_units: units of D's hidden layers.
        generator_units: units of G's hidden layers.
        input_noise: deviation of the Gaussian noise on D's input.
        hidden_noise: deviation of the Gaussian noise behind each of D's hidden layers.
        average_rate: r, per step of D, in (0, 1).
        kernel_regularizer: of every kernel; a network's penalty joins its own player's loss.
        generator: a network of your own, [batch, latent_dim] to [batch, *image_shape] in [0, 1].
        discriminator: a network of your own, [batch, *image_shape] to [batch, num_classes] logits.
        **options: penalties, augmentation and the other options of `AdversarialModel`, but for packing, top-k,
            minibatch discrimination, spectral normalisation, more feature matching and split batches.

    Raises:
        ValueError: for arguments out of range, networks of other shapes, or options that mean nothing here.

    Example:

    >>> model = kgen.SemiSupervisedGAN((8, 8, 1), latent_dim=4, hidden_units=(16, 12), generator_units=(16,))
    >>> model.classify(np.zeros((3, 8, 8, 1), "uint8")).shape
    (3, 10)

    Reference: Salimans 2016, sections 3.1 and 5, arXiv 1606.03498; networks and rates by the authors' code.
    """

    NEEDS_LABELS = MISSING_LABELS = True

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=100,
        num_classes=10,
        hidden_units=(1000, 500, 250, 250, 250),
        generator_units=(500, 500),
        input_noise=0.3,
        hidden_noise=0.5,
        average_rate=1e-4,
        kernel_regularizer=None,
        generator=None,
        discriminator=None,
        **options,
    ):
        super().__init__(image_shape, latent_dim, (0.0, 1.0), **options)
        integer_from(2, "num_classes", num_classes)
        number_in("average_rate", average_rate, 0, 1)
        if average_rate == 0:
            raise invalid("average_rate", "a number above 0", average_rate=average_rate)
        self.num_classes = num_classes
        self.average_rate = average_rate
        self.formula = losses.formula("non_saturating")
        self._own = discriminator is None
        form = {"kernel_regularizer": kernel_regularizer}
        self.generator = generator or weight_normalized.decoder(
            latent_dim, self.image_shape, generator_units, self.output_activation, name="generator", **form
        )
        noises = {"input_noise": input_noise, "hidden_noise": hidden_noise}
        self.discriminator = discriminator or weight_normalized.encoder(
            self.image_shape, num_classes, hidden_units, name="discriminator", **noises, **form
        )
        self.finish()

    @property
    def num_outputs(self):
        """Of the discriminator: the classes' logits."""
        return self.num_classes

    def finish(self):
        """The base's checks and networks, and the average of D's parameters."""
        one_of("update", self.update, ("alternating", "simultaneous"))
        for name, value in WITHOUT.items():
            if getattr(self, name) != value:
                raise invalid(name, f"{value} for this model", **{name: getattr(self, name)})
        super().finish()
        self.average = keras.models.clone_model(self.discriminator)
        self.average.trainable = False
        self._start_average()
        both = {True: self.discriminator, False: self.average}
        vars(self)["_readers"] = {k: with_features(d, weight_normalized.hidden(d)) for k, d in both.items()}

    def _start_average(self):
        for average, value in zip(self.average.weights, self.discriminator.weights, strict=True):
            average.assign(value)

    def default_optimizer(self, player):
        """Adam(3e-3, beta_1=0.5, epsilon=1e-4): the authors' code for MNIST adds 1e-8 under the root."""
        return keras.optimizers.Adam(3e-3, beta_1=0.5, epsilon=1e-4)

    # Data.

    def check_labels(self, y):
        inputs.check_labels(y, self.num_classes, missing=True)

    def _dataset(self, x, y, batch_size, shuffle):
        if isinstance(x, tuple) and len(x) == 2 and y is None:
            x, y = x
        if not hasattr(x, "shape"):
            return super()._dataset(x, y, batch_size, shuffle)
        inputs.check_pictures(x, self.image_shape)
        self.check_labels(y)
        return semi_supervised(x, y, batch_size or 32, self.seed, shuffle)

    def _take_over(self, data, steps):
        if self._own:
            self.initialize(inputs.first_batch(data)[0])

    def initialize(self, x):
        """Sets the lengths of D's own weights, and the biases, by a batch; `fit` does so before the first step.

        Args:
            x: pictures, uint8 or float in [0, 1], [n, height, width, channels]; or vectors.

        Reference: Salimans & Kingma 2016, section 3, arXiv 1602.07868.
        """
        with noise.stream(self.seed, INITIALIZATION, len(x)):
            weight_normalized.initialize(self.discriminator, self._unpack(x)[0])
        self._start_average()

    # The game.

    def draw(self, seeds, labels=None):
        """z ~ U(0, 1), for every row; where labels say that rows are a batch of real ones, for every second."""
        return noise.uniform(seeds if labels is None else seeds[::2], (self.latent_dim,))

    def read(self, view, labels=None, training=False):
        class_logits, features = self._readers[bool(training)](view, training=training)
        logits = losses.implicit_fake_logit(class_logits)[:, None]
        floats = {"class_logits": class_logits, "features": features}
        return {"logits": logits} | {name: tf.cast(value, tf.float32) for name, value in floats.items()}

    def discriminator_loss(self, game):
        unlabelled = losses.unlabelled_weights(game.labels)[:, None]
        return {
            "supervised_loss": losses.supervised_cross_entropy(
                game.real_reading["class_logits"], game.labels
            ),
            "real_loss": 0.5 * unlabelled * self.formula.real(game.real_logits),
            "fake_loss": 0.5 * self.formula.fake(game.fake_logits),
        }

    def generator_loss(self, game):
        real = tf.stop_gradient(
            losses.unlabelled_weights(game.labels)[:, None] * game.real_reading["features"]
        )
        return {"feature_loss": losses.feature_matching(real, game.fake_reading["features"])}

    def _remember(self, player):
        super()._remember(player)
        if player == "discriminator":
            rate = self._rate(tf.convert_to_tensor(self.discriminator_optimizer.iterations))
            for average, value in zip(self.average.weights, self.discriminator.weights, strict=True):
                average.assign(average + rate * (value - average))

    def _rate(self, moves):
        """r / (1 - (1 - r)^t) after t moves: 1 at first, r in the end."""
        moves = tf.maximum(tf.cast(moves, tf.float32), 1.0)
        return self.average_rate / -tf.math.expm1(moves * math.log1p(-self.average_rate))

    # What a trained model answers.

    def judge(self, x, y):
        """Terms, and as many samples as the batch has rows."""
        return super().judge(x, y)[0], self.sample(noise.current().next())

    def verdicts(self, game):
        """The base's, and how often the labelled examples' classes are right."""
        labels = tf.cast(game.labels, tf.int32)
        guesses = tf.argmax(game.real_reading["class_logits"], axis=-1, output_type=tf.int32)
        right, labelled = (
            tf.reduce_mean(tf.cast(hit, tf.float32)) for hit in (guesses == labels, labels >= 0)
        )
        return super().verdicts(game) | {"accuracy": tf.math.divide_no_nan(right, labelled)}

    def class_probabilities(self, x):
        """p(y | x, real) [batch, num_classes] of pictures, for the endpoint `classify`."""
        return tf.nn.softmax(self.read(self._unpack(x)[0])["class_logits"])

    def classify(self, x, batch_size=256):
        """The probability of each class, by the average of D's parameters.

        Args:
            x: pictures, uint8 or float in [0, 1], [n, height, width, channels]; or vectors.
            batch_size: examples at a time.

        Returns:
            float32 array [n, num_classes].

        Raises:
            ValueError: pictures that do not fit the model.
        """
        inputs.check_pictures(x, self.image_shape)
        batches = [tf.convert_to_tensor(x[i : i + batch_size]) for i in range(0, len(x), batch_size)]
        return np.concatenate([self.class_probabilities(batch).numpy() for batch in batches])

    def signatures(self):
        """The endpoints of the served model: the base's, and `classify`."""
        examples = {"images": tf.TensorSpec([None, *self.image_shape], tf.float32)}
        classify = (lambda images: {"probabilities": self.class_probabilities(images)}, examples)
        return super().signatures() | {"classify": classify}
