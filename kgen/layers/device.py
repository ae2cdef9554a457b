"""What a layer knows of the machine."""

import tensorflow as tf


def on_cpu():
    """Whether there is no GPU, whose library has fast forms of its own."""
    return not tf.config.list_physical_devices("GPU")
