"""keras.applications' InceptionV3 as an extractor."""

import contextlib
import hashlib
import socket

import keras
import tensorflow as tf

from kgen.metrics.base import Extractor


class InceptionExtractor(Extractor):
    """Pooled features of InceptionV3, 2048 wide.

    Pictures are resized to 299 x 299, grey is repeated to colour. The weights are those of
    keras.applications; they are fetched on construction where they are not cached.

    Args:
        weights: "imagenet", a file of weights, or None for random ones.

    Raises:
        ValueError: where the weights cannot be had.

    Reference: Szegedy et al. 2016, arXiv 1512.00567.
    """

    why = "published FID and KID use TF-GAN's Inception graph, whose weights and resizing are not Keras's"

    def __init__(self, weights="imagenet"):
        self.network = _network(weights)
        digest = hashlib.sha256()
        for array in self.network.get_weights():
            digest.update(array.tobytes())
        super().__init__("inception_v3", (299, 299, 3), 2048, digest.hexdigest())

    def embed(self, x):
        return tf.cast(self.network(2 * x - 1, training=False), tf.float32)


def _network(weights):
    try:
        with _float32(), _short_timeout():
            return keras.applications.InceptionV3(include_top=False, pooling="avg", weights=weights)
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"The weights of extractor `inception_v3` cannot be had here: {reason}") from error


@contextlib.contextmanager
def _float32():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)


@contextlib.contextmanager
def _short_timeout():
    seconds = socket.getdefaulttimeout()
    socket.setdefaulttimeout(10)
    try:
        yield
    finally:
        socket.setdefaulttimeout(seconds)
