"""How much of an answer fits a message."""

import math

import tensorflow as tf

from kgen.errors import integer_from

LIMIT = 4 * 2**20  # Bytes that a gRPC client takes unless it is told otherwise.
ENVELOPE = 1024  # Bytes kept for the names and shapes around the numbers.
# Bytes of the largest number of a type: floats are written as they are, integers as variable-length ones.
WIDEST = {tf.float32: 4, tf.float64: 8, tf.uint8: 2, tf.int32: 10, tf.int64: 10}


def rows_per_message(outputs, limit=LIMIT):
    """Rows whose answer fits a gRPC message.

    rows = floor((limit - envelope) / bytes of a row)

    Args:
        outputs: list of tf.TensorSpec, those of one signature, the first axis the batch.
        limit: bytes of a message, at least 1024.

    Returns:
        An integer, or None where a row's size depends on the request: strings, and pictures of any size.

    Raises:
        ValueError: `limit` is no integer of that size.

    Example:

    >>> kgen.serving.rows_per_message([tf.TensorSpec([None, 28, 28, 1], tf.float32)])
    1337

    Reference: gRPC, "grpc.max_receive_message_length"; Protocol Buffers, "Encoding".
    """
    integer_from(ENVELOPE, "limit", limit)
    if any(spec.dtype not in WIDEST or None in spec.shape[1:] for spec in outputs):
        return None
    return (limit - ENVELOPE) // sum(WIDEST[spec.dtype] * math.prod(spec.shape[1:]) for spec in outputs)
