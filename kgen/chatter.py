"""Keeps what libraries log for their own developers from the user."""

import contextlib
import logging


@contextlib.contextmanager
def quiet(logger="absl"):
    """Nothing below an error of a logger is heard.

    Args:
        logger: name; TFDS writes to absl's, TensorFlow's Python code to "tensorflow".

    Example:

    >>> with kgen.chatter.quiet("tensorflow"):
    ...     tf.get_logger().info("Assets written")
    """
    found = logging.getLogger(logger)
    level = found.level
    found.setLevel(logging.ERROR)
    try:
        yield
    finally:
        found.setLevel(level)
