"""VideoGAN: clips that keep their content while a recurrent code moves it, judged frame by frame and as a whole.

Reference: Tulyakov 2018 (MoCoGAN), arXiv 1707.04993.
"""

import keras
import numpy as np
import tensorflow as tf

from kgen import inputs, losses, noise
from kgen.adversarial import AdversarialModel
from kgen.errors import invalid, positive_integer
from kgen.networks import convolutional, motion
from kgen.step import num_rows

SHORTEST, SMALLEST = 2, 8  # Frames of a clip, and pixels along their sides.


@keras.saving.register_keras_serializable("kgen")
class VideoGAN(AdversarialModel):
    """Motion and content decomposed generative adversarial network, MoCoGAN.

    min_G max_{D_I, D_V} E[log D_I(S(v))] + E[log(1 - D_I(S(w)))] + E[log D_V(v)] + E[log(1 - D_V(w))], with real
    clips v, w = (G(z_1), ..., G(z_T)), z_t = [c, h_t], h_t = GRU(e_t, h_{t-1}) and c, h_0, e_t ~ N(0, I). S takes
    frames at random. G trains by the non-saturating form. D_V convolves along time too, four frames at once. Batch
    normalisation, LeakyReLU 0.2 in both discriminators, Adam(2e-4, beta_1=0.5).

    A latent is [c, h_0, e_1, ..., e_T]: the first `content_dim` numbers are the content, all others the motion.

    Args:
        image_shape: (frames, height, width, channels), from 2 frames and sides of 8 up; the paper's clips are of 16
            frames, 64 x 64.
        content_dim: length of c.
        motion_dim: length of h_t and of e_t.
        width: channels at half resolution, in all three networks.
        kernel_size: side of every kernel.
        normalization: of G: "batch", "layer", "instance" or None.
        discriminator_normalization: the same, of both discriminators; None beside spectral_normalization, whose
            bound batch normalisation would undo.
        kernel_regularizer: of every kernel; a network's penalty joins its own player's loss.
        judged_frames: of each clip that D_I sees in a step.
        loss: "non_saturating", "minimax", "least_squares", "hinge" or "wasserstein", of both discriminators.
        label_smoothing: one-sided; real clips and pictures have the target 1 - label_smoothing.
        generator: a network of your own, [batch, latent_dim] to [batch, *image_shape] in [-1, 1], with latent_dim
            = content_dim + (frames + 1) motion_dim.
        discriminator: D_V of your own, [batch, *image_shape] to [batch, 1] logits.
        picture_discriminator: D_I of your own, [batch, height, width, channels] to [batch, 1] logits.
        **options: of `AdversarialModel`; a penalty and feature matching look at D_V only, and augment is for pictures.

    Raises:
        ValueError: for arguments out of range, or networks of other shapes.

    Example:

    >>> model = kgen.VideoGAN((4, 8, 8, 1), content_dim=3, motion_dim=2, width=2)
    >>> model.generate(3, seed=0).shape
    (3, 4, 8, 8, 1)

    Reference: Tulyakov 2018, section 3, arXiv 1707.04993, and the authors' code.
    """

    MOVING = True

    def __init__(
        self,
        image_shape=(12, 32, 32, 1),
        content_dim=50,
        motion_dim=10,
        width=64,
        kernel_size=4,
        normalization="batch",
        discriminator_normalization="batch",
        kernel_regularizer=None,
        judged_frames=1,
        loss="non_saturating",
        label_smoothing=0.0,
        generator=None,
        discriminator=None,
        picture_discriminator=None,
        **options,
    ):
        shape = _clip_shape(image_shape)
        sizes = {"content_dim": content_dim, "motion_dim": motion_dim, "width": width}
        for name, value in {**sizes, "kernel_size": kernel_size, "judged_frames": judged_frames}.items():
            positive_integer(name, value)
        super().__init__(shape, motion.latent_dim(content_dim, motion_dim, shape[0]), (-1.0, 1.0), **options)
        self.content_dim, self.motion_dim = content_dim, motion_dim
        self.judged_frames = judged_frames
        self.loss, self.label_smoothing = loss, label_smoothing
        self.formula = losses.formula(loss, label_smoothing)
        form = {"width": width, "kernel_size": kernel_size, "kernel_regularizer": kernel_regularizer}
        judge = {**form, "normalization": discriminator_normalization, **self.discriminator_form}
        self.generator = generator or motion.generator(
            content_dim, motion_dim, shape, normalization=normalization, **form
        )
        self.discriminator = discriminator or convolutional.encoder(self.view_shape, time=True, **judge)
        self.picture_discriminator = picture_discriminator or convolutional.encoder(
            self.view_shape[1:], **{**judge, "name": "picture_discriminator"}
        )
        self.finish()

    def complete(self):
        network, shape = self.picture_discriminator, self.view_shape[1:]
        inputs.check_network("picture_discriminator", network, shape, (self.num_outputs,))

    @property
    def frames(self):
        """Of a clip."""
        return self.image_shape[0]

    def players(self):
        judges = [self.discriminator, self.picture_discriminator]
        return {"discriminator": judges, "generator": [self.generator]}

    # The step.

    def discriminator_loss(self, game):
        real, fake = (reading["picture_logits"] for reading in (game.real_reading, game.fake_reading))
        return {
            "real_loss": self.formula.real(game.real_logits),
            "fake_loss": self.formula.fake(game.fake_logits),
            "real_picture_loss": tf.reduce_mean(self.formula.real(real), axis=1),
            "fake_picture_loss": tf.reduce_mean(self.formula.fake(fake), axis=1),
        }

    def generator_loss(self, game):
        pictures = self.formula.generator(game.fake_reading["picture_logits"])
        return {
            "adversarial_loss": self.formula.generator(game.fake_logits),
            "adversarial_picture_loss": tf.reduce_mean(pictures, axis=1),
        }

    def read(self, view, labels=None, training=False):
        """What D_V says of clips, `logits` [batch, 1]; in a step also D_I's `picture_logits` [batch, judged_frames]."""
        said, stream = super().read(view, labels, training), noise.current()
        if stream is None:
            return said
        pictures = self.judged_pictures(view, noise.spread(stream.next(), num_rows(view)))
        logits = tf.cast(self.picture_discriminator(pictures, training=training), tf.float32)
        return said | {"picture_logits": tf.reshape(logits, [-1, self.judged_frames])}

    def judged_pictures(self, view, seeds):
        """S: frames of each clip, each drawn uniformly.

        Args:
            view: clips [batch, frames, height, width, channels].
            seeds: int32 row seeds [batch, 2].

        Returns:
            Tensor [batch * judged_frames, height, width, channels].
        """
        places = tf.cast(self.frames * noise.uniform(seeds, (self.judged_frames,)), tf.int32)
        return tf.reshape(tf.gather(view, places, axis=1, batch_dims=1), [-1, *self.view_shape[1:]])

    # Clips.

    def arranged(self, x, y, batch_size, shuffle):
        return super().arranged(np.reshape(x, [-1, *self.image_shape]), y, batch_size, shuffle)

    def judge(self, x, y):
        """Terms of a validation batch, D_V's accuracies, and all frames of the samples, in inference mode."""
        terms, clips = super().judge(x, y)
        return terms, self._frames(clips)

    def real_pictures(self, x, y):
        """All frames: metrics of pictures compare frames."""
        return self._frames(super().real_pictures(x, y))

    def _frames(self, clips):
        return tf.reshape(clips, [-1, *self.image_shape[1:]])

    def combined(self, num_contents=4, num_motions=4, seed=None):
        """Clips of each content with each motion: a row keeps the content, a column the motion.

        Clip (i, j) has the content of sample i and the motion of sample j of `generate(..., seed=seed)`.

        Args:
            num_contents: rows.
            num_motions: columns.
            seed: integer in [0, 2**31); a new one is drawn when None.

        Returns:
            float32 array [num_contents, num_motions, *image_shape] in [0, 1].

        Raises:
            ValueError: bad arguments.

        Reference: Tulyakov 2018, figure 1, arXiv 1707.04993.
        """
        positive_integer("num_contents", num_contents)
        positive_integer("num_motions", num_motions)
        latents = self.draw(self.row_seeds(max(num_contents, num_motions), seed)).numpy()
        contents, motions = np.split(latents, [self.content_dim], axis=1)
        contents = np.repeat(contents[:num_contents], num_motions, axis=0)
        motions = np.tile(motions[:num_motions], [num_contents, 1])
        made = self.predict(np.concatenate([contents, motions], axis=1), verbose=0)
        return made.reshape(num_contents, num_motions, *self.image_shape)

    def signatures(self):
        """The endpoints of the served model: clips in [0, 1]."""
        seed = {"seed": tf.TensorSpec([None, 2], tf.int32)}
        latent = {"latent": tf.TensorSpec([None, self.latent_dim], tf.float32)}
        video = {"video": tf.TensorSpec([None, *self.image_shape], tf.float32)}
        found = {
            "generate": (lambda seed: {"video": self.sample(seed)}, seed),
            "from_latent": (lambda latent: {"video": self.call(latent)}, latent),
            "discriminate": (lambda video: self.verdict(video), video),
        }
        return {name: found[name] for name in found if name != "discriminate" or self.packing == 1}


def _clip_shape(image_shape):
    """The shape of one clip, checked."""
    shape = tuple(image_shape) if isinstance(image_shape, (tuple, list)) else ()
    if len(shape) != 4 or inputs.check_shape(shape)[0] < SHORTEST or min(shape[1:3]) < SMALLEST:
        expected = (
            f"(frames, height, width, channels), {SHORTEST} frames at least, sides of at least {SMALLEST}"
        )
        raise invalid("image_shape", expected, image_shape=image_shape)
    return inputs.check_shape(shape)
