"""MoCoGAN's generator: a recurrent path through the codes of pictures, and one network that draws all frames.

Reference: Tulyakov 2018, section 3.1, arXiv 1707.04993.
"""

import keras
import tensorflow as tf

from kgen.networks import convolutional
from kgen.networks.cells import GRU
from kgen.networks.recurrence import recur


def latent_dim(content_dim, motion_dim, frames):
    """Length of a clip's latent [c, h_0, e_1, ..., e_T]: its content, and what its motion is made of.

    Args:
        content_dim: length of c.
        motion_dim: length of h_0 and of each e_t.
        frames: T.

    Returns:
        Integer.

    Example:

    >>> kgen.networks.motion.latent_dim(50, 10, 12)
    180
    """
    return content_dim + (frames + 1) * motion_dim


@keras.saving.register_keras_serializable("kgen")
class MotionCodes(keras.layers.Layer):
    """A code for each frame of a clip: its content, and where its motion has come to.

    z_t = [c, h_t], h_t = GRU(e_t, h_{t-1}), of the latent [c, h_0, e_1, ..., e_T].

    Args:
        frames: T.
        motion_dim: length of h_t and of e_t.
        kernel_regularizer: of both kernels.

    Returns:
        float32 tensor [batch * T, content_dim + motion_dim], a clip's frames in succession.

    Example:

    >>> kgen.networks.motion.MotionCodes(frames=3, motion_dim=2)(np.zeros((5, 4 + 2 + 6), "float32")).shape
    TensorShape([15, 6])

    Reference: Tulyakov 2018, section 3.1, arXiv 1707.04993; the cell is that of Cho 2014, arXiv 1406.1078.
    """

    def __init__(self, frames, motion_dim, kernel_regularizer=None, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.frames, self.motion_dim = frames, motion_dim
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape):
        self.content_dim = input_shape[-1] - latent_dim(0, self.motion_dim, self.frames)
        shape = (self.motion_dim, GRU.gates * self.motion_dim)
        form = {"shape": shape, "regularizer": self.kernel_regularizer}
        self.kernel = self.add_weight(name="kernel", initializer="glorot_uniform", **form)
        self.recurrent_kernel = self.add_weight(name="recurrent_kernel", initializer="orthogonal", **form)
        self.bias = self.add_weight(name="bias", shape=shape[1:], initializer="zeros")

    def call(self, latent):
        sizes = [self.content_dim, self.motion_dim, self.frames * self.motion_dim]
        content, start, steps = tf.split(latent, sizes, axis=-1)
        steps = tf.transpose(tf.reshape(steps, [-1, self.frames, self.motion_dim]), [1, 0, 2])
        outer = tf.tensordot(steps, self.kernel, 1) + self.bias  # [frames, batch, gates]
        motion, _ = recur(GRU, outer, tf.convert_to_tensor(self.recurrent_kernel), (start,))
        content = tf.repeat(content[:, None], self.frames, axis=1)
        codes = tf.concat([content, tf.transpose(motion, [1, 0, 2])], axis=-1)  # [batch, frames, code]
        return tf.reshape(codes, [-1, self.content_dim + self.motion_dim])

    def get_config(self):
        regularizer = keras.regularizers.serialize(self.kernel_regularizer)
        own = {"frames": self.frames, "motion_dim": self.motion_dim, "kernel_regularizer": regularizer}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("kgen")
class Clips(keras.layers.Layer):
    """Pictures [batch * frames, ...] as clips [batch, frames, ...].

    Args:
        frames: of a clip.

    Example:

    >>> kgen.networks.motion.Clips(frames=3)(np.zeros((6, 8, 8, 1), "float32")).shape
    TensorShape([2, 3, 8, 8, 1])
    """

    def __init__(self, frames, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.frames = frames

    def call(self, pictures):
        return tf.reshape(pictures, [-1, self.frames, *pictures.shape[1:]])

    def get_config(self):
        return {**super().get_config(), "frames": self.frames}


def generator(
    content_dim,
    motion_dim,
    output_shape,
    width=64,
    kernel_size=4,
    normalization="batch",
    kernel_regularizer=None,
    name="generator",
):
    """Latents [batch, latent_dim] to clips [batch, *output_shape] in (-1, 1); the frames of all clips are one batch.

    Args:
        content_dim: length of the code that a clip keeps.
        motion_dim: length of the code that moves.
        output_shape: (frames, height, width, channels).
        width, kernel_size, normalization, kernel_regularizer: see `kgen.networks.convolutional.decoder`.
        name: of the network.

    Returns:
        A `keras.Sequential`; its output is float32.

    Example:

    >>> kgen.networks.motion.generator(50, 10, (12, 32, 32, 1), width=2).output_shape
    (None, 12, 32, 32, 1)
    """
    frames, *shape = output_shape
    form = {"normalization": normalization, "kernel_regularizer": kernel_regularizer}
    layers = [
        keras.Input((latent_dim(content_dim, motion_dim, frames),)),
        MotionCodes(frames, motion_dim, kernel_regularizer),
        convolutional.decoder(content_dim + motion_dim, shape, width, kernel_size, name="pictures", **form),
        Clips(frames),
    ]
    return keras.Sequential(layers, name=name)
