"""Small layers that several networks share."""

from kgen.layers.columns import ColumnCoding
from kgen.layers.convolution import Conv2D
from kgen.layers.minibatch import MinibatchDiscrimination
from kgen.layers.noisy import Dropout, GaussianNoise
from kgen.layers.phase_shuffle import PhaseShuffle
from kgen.layers.reflection import ReflectionPadding2D, cropped, reflected
from kgen.layers.spectral import SpectralNormalization, spectral_layers
from kgen.layers.statistics import GroupNormalization, normalization
from kgen.layers.weight import WeightNormalization

__all__ = [
    "ColumnCoding",
    "Conv2D",
    "Dropout",
    "GaussianNoise",
    "GroupNormalization",
    "MinibatchDiscrimination",
    "PhaseShuffle",
    "ReflectionPadding2D",
    "SpectralNormalization",
    "WeightNormalization",
    "cropped",
    "normalization",
    "reflected",
    "spectral_layers",
]
