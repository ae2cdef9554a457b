"""Pictures as PNG bytes within a graph; a header's claims are checked before anything is decoded.

Reference: W3C, "Portable Network Graphics (PNG) Specification", sections 5.2, 11.2.2 and 13.16.
"""

import struct

import tensorflow as tf

NAME = "image_bytes"  # Of inputs and outputs that hold PNG files; REST writes what ends in _bytes as base64.
CHANNELS = (1, 3)
# A file's first 25 bytes: signature, length and type of the first chunk, then width, height and bit depth.
BEGINNING = struct.unpack(">4i", b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\x0d" + b"IHDR")
WIDTH, HEIGHT, SIZE_END, BIT_DEPTH = 4, 5, 24, 24  # Two places in words of four bytes, two in bytes.
RED, GREEN, BLUE, WHOLE = 19595, 38470, 7471, 65536  # Luma of ITU-R 601-2.


def mapped(function, data, channels, max_pixels):
    """PNG files from PNG files, each of a size of its own; one is in memory at a time.

    Args:
        function: uint8 pictures [1, height, width, channels] to uint8 pictures [1, ...].
        data: string tensor [batch].
        channels: 1 or 3.
        max_pixels: more in one picture are refused by its header, before any is decoded.

    Returns:
        String tensor [batch].

    Raises:
        tf.errors.InvalidArgumentError: a row is no PNG file, a damaged one, or too large.

    Example:

    >>> png = tf.io.encode_png(np.full([2, 3, 1], 55, "uint8"))
    >>> made = kgen.serving.png.mapped(lambda x: 255 - x, png[None], 1, max_pixels=6)
    >>> tf.io.decode_png(made[0])[..., 0].numpy().tolist()
    [[200, 200, 200], [200, 200, 200]]
    """

    @tf.autograph.experimental.do_not_convert
    def from_file(row):
        return tf.io.encode_png(function(decoded(row, channels)[None])[0])

    spec = tf.TensorSpec([], tf.string)
    return tf.map_fn(from_file, checked(data, max_pixels), fn_output_signature=spec, parallel_iterations=1)


def header(data):
    """Whether files begin as PNG does, and the size that they claim.

    Args:
        data: string tensor [batch]; short ones count as continued by zeros.

    Returns:
        bool tensor [batch], int64 widths [batch] and heights [batch].
    """
    words = tf.io.decode_raw(data, tf.int32, little_endian=False, fixed_length=SIZE_END)
    size = tf.cast(words, tf.int64)
    return tf.reduce_all(words[:, :WIDTH] == BEGINNING, axis=1), size[:, WIDTH], size[:, HEIGHT]


def checked(data, max_pixels):
    """The same files, once all headers are those of PNG pictures of at most so many pixels.

    Args:
        data: string tensor [batch].
        max_pixels: width x height.

    Returns:
        String tensor [batch].

    Raises:
        tf.errors.InvalidArgumentError: with the first row that is wrong, and its width and height.
    """
    is_png, width, height = header(data)
    is_png &= (width > 0) & (height > 0)
    others = f"Invalid value for input `{NAME}`. Expected PNG files. Received something else in row:"
    expected = f"Expected at most {max_pixels} pixels. Received a row, its width and height:"
    large = f"Invalid value for input `{NAME}`. {expected}"
    with tf.control_dependencies([_refuse(~is_png, others)]):
        too_large = width * height > max_pixels
    with tf.control_dependencies([_refuse(too_large, large, width, height)]):
        return tf.identity(data)


def _refuse(wrong, message, *values):
    """An assertion that names the first wrong row and its values."""
    first = tf.where(wrong)[:1, 0]
    found = [tf.gather(value, first) for value in values]
    return tf.debugging.Assert(~tf.reduce_any(wrong), [message, first, *found])


def decoded(data, channels):
    """One picture of any kind of PNG: 16 bits lose the lower 8, transparency shows white, colour its luma.

    Args:
        data: scalar string tensor, a file that is `checked`.
        channels: 1 or 3.

    Returns:
        uint8 tensor [height, width, channels].
    """
    pixels = tf.cast(tf.io.decode_png(data, channels=4), tf.int32)
    depth = tf.cast(tf.io.decode_raw(data, tf.uint8, fixed_length=BIT_DEPTH + 1)[BIT_DEPTH], tf.int32)
    colour = _on_white(pixels[..., :3], _opacity(pixels[..., 3:], depth))
    return tf.cast(_luma(colour) if channels == 1 else colour, tf.uint8)


def _opacity(alpha, depth):
    """Alpha, 255 where the file has none: the decoder then gives 2^depth - 1, for less than 8 bits too."""
    absent = tf.reduce_all(alpha == tf.bitwise.left_shift(1, depth) - 1)
    return tf.where(absent, 255, alpha)


def _on_white(colour, alpha):
    """(alpha colour + (255 - alpha) 255) / 255, rounded."""
    return (alpha * colour + (255 - alpha) * 255 + 127) // 255


def _luma(colour):
    """0.299 R + 0.587 G + 0.114 B, rounded, [..., 1]."""
    return (tf.reduce_sum(colour * [RED, GREEN, BLUE], -1, keepdims=True) + WHOLE // 2) // WHOLE
