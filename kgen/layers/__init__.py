"""Small layers that several networks share."""

from kgen.layers.minibatch import MinibatchDiscrimination
from kgen.layers.noisy import Dropout, GaussianNoise
from kgen.layers.reflection import ReflectionPadding2D, cropped, reflected
from kgen.layers.spectral import SpectralNormalization, spectral_layers
from kgen.layers.statistics import normalization
from kgen.layers.weight import WeightNormalization

__all__ = [
    "Dropout",
    "GaussianNoise",
    "MinibatchDiscrimination",
    "ReflectionPadding2D",
    "SpectralNormalization",
    "WeightNormalization",
    "cropped",
    "normalization",
    "reflected",
    "spectral_layers",
]
