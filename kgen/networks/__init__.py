"""Network shapes: a decoder grows data from a code, an encoder reads a code off data."""

from kgen.networks import convolutional, dense, weight_normalized
from kgen.networks.mirrored import pair
from kgen.networks.reading import with_features

__all__ = ["convolutional", "dense", "pair", "with_features", "weight_normalized"]
