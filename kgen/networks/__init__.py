"""Network shapes: a decoder grows data from a code, an encoder reads a code off data."""

from kgen.networks import convolutional, dense

__all__ = ["convolutional", "dense"]
