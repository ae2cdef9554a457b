"""Network shapes: a decoder grows data from a code, an encoder reads a code off data."""

from kgen.networks import (
    causal,
    convolutional,
    coupled,
    dense,
    inpainting,
    joint,
    motion,
    patch,
    recurrent,
    residual,
    waveform,
    weight_normalized,
)
from kgen.networks.calling import both
from kgen.networks.mirrored import pair
from kgen.networks.reading import with_features

__all__ = [
    "both",
    "causal",
    "convolutional",
    "coupled",
    "dense",
    "inpainting",
    "joint",
    "motion",
    "pair",
    "patch",
    "recurrent",
    "residual",
    "waveform",
    "weight_normalized",
    "with_features",
]
