"""Streaming metrics, reports and the fixed extractors they measure in."""

from kgen.metrics.accuracy_score import classification_accuracy_score
from kgen.metrics.augmentation import AugmentationVerdict, augmentation_verdict
from kgen.metrics.base import Extractor
from kgen.metrics.classifier import train_classifier
from kgen.metrics.convolutional import random_extractor
from kgen.metrics.copying import closest_pairs, memorization
from kgen.metrics.counterparts import (
    foreground,
    intersection_over_union,
    peak_signal_to_noise,
    pixel_agreement,
)
from kgen.metrics.extractors import get_extractor, load_extractor
from kgen.metrics.frechet import FrechetDistance, frechet_distance
from kgen.metrics.hearing import random_phase, sound_scores, train_sound_classifier
from kgen.metrics.imputation import imputation_rmse
from kgen.metrics.kernel import KernelDistance, kernel_distance
from kgen.metrics.manifold import Coverage, Density, Precision, Recall, coverage, density, precision, recall
from kgen.metrics.modes import HighQualityShare, ModesCovered, mode_coverage
from kgen.metrics.motion import accelerations, centroids, class_consistency, motion_distances, speeds
from kgen.metrics.named import get_metric
from kgen.metrics.neighbours import nearest_neighbour_error, nearest_neighbours
from kgen.metrics.ngrams import bleu, distinct, self_bleu
from kgen.metrics.parzen import parzen_log_likelihood, parzen_window
from kgen.metrics.report import class_balance, evaluate
from kgen.metrics.scores import ClassifierScore, classifier_score
from kgen.metrics.sliced import SlicedWasserstein, sliced_wasserstein, sliced_wasserstein_by_level
from kgen.metrics.stacked import StackedDivergence, StackedModesCovered, stacked_modes
from kgen.metrics.structural import MultiScaleSimilarity, ms_ssim
from kgen.metrics.text import BitsPerCharacter, NegativeLogLikelihood, OracleNLL, Perplexity, oracle_nll
from kgen.metrics.verdict import calibration

__all__ = [
    "AugmentationVerdict",
    "BitsPerCharacter",
    "ClassifierScore",
    "Coverage",
    "Density",
    "Extractor",
    "FrechetDistance",
    "HighQualityShare",
    "KernelDistance",
    "ModesCovered",
    "MultiScaleSimilarity",
    "NegativeLogLikelihood",
    "OracleNLL",
    "Perplexity",
    "Precision",
    "Recall",
    "SlicedWasserstein",
    "StackedDivergence",
    "StackedModesCovered",
    "accelerations",
    "augmentation_verdict",
    "bleu",
    "calibration",
    "centroids",
    "class_balance",
    "class_consistency",
    "classification_accuracy_score",
    "classifier_score",
    "closest_pairs",
    "coverage",
    "density",
    "distinct",
    "evaluate",
    "foreground",
    "frechet_distance",
    "get_extractor",
    "get_metric",
    "imputation_rmse",
    "intersection_over_union",
    "kernel_distance",
    "load_extractor",
    "memorization",
    "mode_coverage",
    "motion_distances",
    "ms_ssim",
    "nearest_neighbour_error",
    "nearest_neighbours",
    "oracle_nll",
    "parzen_log_likelihood",
    "parzen_window",
    "peak_signal_to_noise",
    "pixel_agreement",
    "precision",
    "random_extractor",
    "random_phase",
    "recall",
    "self_bleu",
    "sliced_wasserstein",
    "sliced_wasserstein_by_level",
    "sound_scores",
    "speeds",
    "stacked_modes",
    "train_classifier",
    "train_sound_classifier",
]
