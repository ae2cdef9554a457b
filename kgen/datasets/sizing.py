"""Room for pictures, and the one rule that brings them to a size."""

import errno
import shutil
import tempfile

import numpy as np
from PIL import Image, ImageOps

from kgen.errors import invalid

MEMORY_LIMIT = 2 * 1024**3


def resize(images, size):
    """Resizes the shorter side (bicubic, antialiased) and crops the centre, each channel by itself.

    Args:
        images: uint8 or float32 array [N, H, W, C].
        size: (height, width) or None for no change.

    Returns:
        Array [N, height, width, C] of the same type.
    """
    if size is None or images.shape[1:3] == tuple(size):
        return images
    if images.ndim != 4:
        raise invalid("image_size", "no size for vectors", f"image_size={size}")
    resized = allocate((len(images), *size, images.shape[3]), images.dtype)
    for i, picture in enumerate(images):
        for c in range(images.shape[3]):
            channel = Image.fromarray(np.ascontiguousarray(picture[:, :, c]))
            resized[i, :, :, c] = fit(channel, size)
    return np.clip(resized, 0, 1, out=resized) if resized.dtype == np.float32 else resized


def fit(picture, size):
    """The rule of `resize` for a Pillow picture."""
    return ImageOps.fit(picture, (size[1], size[0]), Image.Resampling.BICUBIC)


def allocate(shape, dtype=np.uint8):
    """Room for pictures: in memory up to 2 GB, beyond that in an unnamed temporary file (TMPDIR)."""
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    if size <= MEMORY_LIMIT:
        return np.empty(shape, dtype)
    if shutil.disk_usage(tempfile.gettempdir()).free < size:
        where = f"{size / 1e9:.1f} GB of pictures in {tempfile.gettempdir()}; set TMPDIR to a larger place"
        raise OSError(errno.ENOSPC, f"No room for {where}")
    with tempfile.TemporaryFile(prefix="kgen-") as file:
        return np.memmap(file, dtype, "w+", shape=shape)
