"""WaveGAN: raw sound from long one-dimensional kernels, against a critic that cannot tell phases.

Reference: Donahue 2019, arXiv 1802.04208.
"""

import keras
import tensorflow as tf

from kgen import inputs, losses, noise
from kgen.errors import integer_from, invalid, number_in, positive_integer
from kgen.labelled import LabelledModel
from kgen.modalities import Sound
from kgen.networks import waveform

FULL = 2.0**15  # Of 16 bits: the integer that stands for 1.


@keras.saving.register_keras_serializable("kgen")
class WaveGAN(LabelledModel):
    """Generative adversarial network of raw waveforms, trained as WGAN-GP.

    max_f E[f(x)] - E[f(G(z))] - lambda E[(||grad f(x^)||_2 - 1)^2], min_G -E[f(G(z))], with z ~ U(-1, 1). All
    kernels are 25 samples long, the strides 4. Between its layers the critic shifts each example by up to n samples,
    so that it does not learn at which phase the artefacts of transposed convolutions stand. Neither network
    normalises. Adam(1e-4, beta_1=0.5, beta_2=0.9).

    Sounds are floats in [-1, 1] or int16, [batch, slice_length] or [batch, slice_length, 1]; `generate` gives
    float32 [n, slice_length].

    Args:
        slice_length: samples of a sound, a power of two from 64 to 65,536; the paper has 16,384.
        sample_rate: in Hz, of the wav files that are written.
        latent_dim: length of z.
        width: d, channels at a quarter of the length.
        kernel_size: of every kernel.
        phase_shuffle: n, from 0 (none) to 15.
        num_classes: 0, or the number of classes, at least two, that both players are told: G reads the one-hot label
            beside z, and the critic a constant channel for each class beside the sound.
        kernel_regularizer: of every kernel; a network's penalty joins its own player's loss.
        generator: a network of your own, [batch, latent_dim + num_classes] to [batch, slice_length] in [-1, 1].
        discriminator: a critic of your own, [batch, slice_length, packing (1 + num_classes)] to [batch, 1] scores.
        penalty: "gradient" (norms other than 1), "one_sided" (norms over 1), "r1", "dragan" or None.
        penalty_weight: lambda.
        discriminator_steps: critic steps per generator step, each on its own batch.
        **options: packing and the other options of `AdversarialModel`.

    Raises:
        ValueError: for arguments out of range, or networks of other shapes.

    Example:

    >>> model = kgen.WaveGAN(slice_length=64, sample_rate=8000, latent_dim=4, width=2)
    >>> model.generate(3, seed=0).shape
    (3, 64)

    Reference: Donahue 2019, section 3 and appendix, arXiv 1802.04208; the penalty: Gulrajani 2017, arXiv 1704.00028.
    """

    AUDIBLE = True
    NEEDS_LABELS = False

    def __init__(
        self,
        slice_length=16384,
        sample_rate=16000,
        latent_dim=100,
        width=64,
        kernel_size=25,
        phase_shuffle=2,
        num_classes=0,
        kernel_regularizer=None,
        generator=None,
        discriminator=None,
        penalty="gradient",
        penalty_weight=10.0,
        discriminator_steps=5,
        **options,
    ):
        if num_classes != 0:
            integer_from(2, "num_classes", num_classes)
        waveform.strides(slice_length)
        self.num_classes = num_classes  # The base asks for the model's conditions.
        super().__init__(
            (slice_length,),
            latent_dim,
            (-1.0, 1.0),
            penalty=penalty,
            penalty_weight=penalty_weight,
            discriminator_steps=discriminator_steps,
            **options,
        )
        for name, value in (("width", width), ("kernel_size", kernel_size), ("sample_rate", sample_rate)):
            positive_integer(name, value)
        integer_from(0, "phase_shuffle", phase_shuffle)
        number_in("phase_shuffle", phase_shuffle, 0, waveform.FIRST)
        self.slice_length, self.sample_rate = slice_length, sample_rate
        self.formula = losses.formula("wasserstein")
        form = {"width": width, "kernel_size": kernel_size, "kernel_regularizer": kernel_regularizer}
        self.generator = generator or waveform.generator(self.code_dim, slice_length, **form)
        self.discriminator = discriminator or waveform.discriminator(
            self.discriminator_shape, phase_shuffle=phase_shuffle, **self.discriminator_form, **form
        )
        self.finish()

    def default_optimizer(self, player):
        """Adam(1e-4, beta_1=0.5, beta_2=0.9), the paper's appendix."""
        return keras.optimizers.Adam(1e-4, beta_1=0.5, beta_2=0.9)

    def discriminator_loss(self, game):
        """The critic's own terms; the penalty joins them as `penalty`, see `kgen.stabilizers`."""
        return {
            "real_loss": losses.wasserstein_real(game.real_logits),
            "fake_loss": losses.wasserstein_fake(game.fake_logits),
        }

    def generator_loss(self, game):
        return {"adversarial_loss": losses.wasserstein_generator(game.fake_logits)}

    # Sounds.

    @property
    def example_shape(self):
        return (self.slice_length, 1)

    def check_examples(self, x, name="x"):
        inputs.check_sounds(x, self.slice_length, name)

    def from_pictures(self, x):
        """Waveforms as floats: 16-bit integers divided by 2^15."""
        x = tf.convert_to_tensor(x)
        return tf.cast(x, tf.float32) / (FULL if x.dtype.is_integer else 1.0)

    def to_pictures(self, x):
        """Waveforms in [-1, 1], float32."""
        return tf.clip_by_value(tf.cast(x, tf.float32), -1.0, 1.0)

    def arranged(self, x, y, batch_size, shuffle):
        return super().arranged(self.fitted(x).numpy(), y, batch_size, shuffle)

    def to_wav(self, x):
        """The bytes of wav files of 16 bits, a string tensor [batch], of waveforms [batch, slice_length]."""
        return Sound(self.slice_length, self.sample_rate).file(x)

    # What the critic sees.

    @property
    def view_shape(self):
        return (*self.image_shape, self.packing)

    @property
    def discriminator_shape(self):
        return (self.slice_length, self.packing * (1 + self.num_classes))

    def view(self, x, training=False):
        """Waveforms [packs, slice_length, packing]."""
        return super().view(x[..., None], training)

    def read(self, view, labels=None, training=False):
        if self.num_classes:
            view = tf.concat([view, self.planes(view, labels)], axis=-1)
        return super().read(view, labels, training)

    # Classes, where there are some.

    @property
    def CONDITIONS(self):
        return LabelledModel.CONDITIONS if self.num_classes else {}

    def check_labels(self, y):
        if self.num_classes:
            super().check_labels(y)

    def draw(self, seeds, labels=None):
        """The generator's input: z ~ U(-1, 1), and the one-hot label.

        Args:
            seeds: int32 row seeds [batch, 2].
            labels: int tensor [batch], where the model has classes.

        Returns:
            float32 tensor [batch, code_dim].
        """
        return self.code(2.0 * noise.uniform(seeds, (self.latent_dim,)) - 1.0, labels)

    def code(self, latent, labels=None):
        return super().code(latent, labels) if self.num_classes else latent

    def sample(self, seeds, labels=None):
        """Waveforms of row seeds, and of classes where the model has some.

        Args:
            seeds: int32 row seeds [batch, 2].
            labels: int32 tensor [batch], or None.

        Returns:
            float32 tensor [batch, slice_length] in [-1, 1].
        """
        return self.call(self.draw(seeds, labels))

    def fill(self, seeds, conditions):
        return (super() if self.num_classes else super(LabelledModel, self)).fill(seeds, conditions)

    def showcase(self, num_samples):
        return super().showcase(num_samples) if self.num_classes else (num_samples, {}, None)

    def discriminate(self, x, labels=None, batch_size=256):
        """The critic's score of each sound, and of its label where the model has classes; see `AdversarialModel`."""
        if self.num_classes:
            inputs.check_labels(labels, self.num_classes, name="labels")
        elif labels is not None:
            raise invalid("labels", "None where the model has no classes", labels=type(labels).__name__)
        return super().discriminate(x, labels, batch_size)

    def signatures(self):
        """The endpoints of the served model: waveforms in [-1, 1], and wav files of 16 bits."""
        label = {"label": tf.TensorSpec([None], tf.int32)} if self.num_classes else {}
        seed = {"seed": tf.TensorSpec([None, 2], tf.int32), **label}
        latent = {"latent": tf.TensorSpec([None, self.latent_dim], tf.float32), **label}
        audio = {"audio": tf.TensorSpec([None, self.slice_length], tf.float32), **label}
        found = {
            "generate": (lambda seed, label=None: {"audio": self.sample(seed, label)}, seed),
            "from_latent": (
                lambda latent, label=None: {"audio": self.call(self.code(latent, label))},
                latent,
            ),
            "wav": (lambda seed, label=None: {"audio_bytes": self.to_wav(self.sample(seed, label))}, seed),
            "discriminate": (lambda audio, label=None: self.verdict(audio, label), audio),
        }
        return {name: found[name] for name in found if name != "discriminate" or self.packing == 1}
