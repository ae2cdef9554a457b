"""Small layers that several networks share."""

from kgen.layers.minibatch import MinibatchDiscrimination
from kgen.layers.noisy import Dropout, GaussianNoise
from kgen.layers.spectral import SpectralNormalization, spectral_layers
from kgen.layers.statistics import normalization
from kgen.layers.weight import WeightNormalization

__all__ = [
    "Dropout",
    "GaussianNoise",
    "MinibatchDiscrimination",
    "SpectralNormalization",
    "WeightNormalization",
    "normalization",
    "spectral_layers",
]
