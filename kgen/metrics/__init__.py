"""Streaming metrics, reports and the fixed extractors they measure in."""

from kgen.metrics.base import Extractor
from kgen.metrics.classifier import train_classifier
from kgen.metrics.convolutional import random_extractor
from kgen.metrics.extractors import get_extractor, load_extractor
from kgen.metrics.frechet import FrechetDistance, frechet_distance
from kgen.metrics.kernel import KernelDistance, kernel_distance
from kgen.metrics.manifold import Coverage, Density, Precision, Recall, coverage, density, precision, recall
from kgen.metrics.modes import HighQualityShare, ModesCovered, mode_coverage
from kgen.metrics.report import class_balance, evaluate

__all__ = [
    "Coverage",
    "Density",
    "Extractor",
    "FrechetDistance",
    "HighQualityShare",
    "KernelDistance",
    "ModesCovered",
    "Precision",
    "Recall",
    "class_balance",
    "coverage",
    "density",
    "evaluate",
    "frechet_distance",
    "get_extractor",
    "kernel_distance",
    "load_extractor",
    "mode_coverage",
    "precision",
    "random_extractor",
    "recall",
    "train_classifier",
]
