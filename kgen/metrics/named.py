"""Streaming metrics by their names."""

from kgen.errors import one_of
from kgen.metrics.frechet import FrechetDistance
from kgen.metrics.kernel import KernelDistance
from kgen.metrics.manifold import Coverage, Density, Precision, Recall
from kgen.metrics.scores import ClassifierScore
from kgen.metrics.sliced import SlicedWasserstein
from kgen.metrics.structural import MultiScaleSimilarity

OF_FEATURES = {
    "frechet_distance": FrechetDistance,
    "kernel_distance": KernelDistance,
    "precision": Precision,
    "recall": Recall,
    "density": Density,
    "coverage": Coverage,
    "classifier_score": ClassifierScore,
}
OF_PIXELS = {"ms_ssim": MultiScaleSimilarity, "sliced_wasserstein": SlicedWasserstein}
NAMES = (*OF_FEATURES, *OF_PIXELS)


def get_metric(name, image_shape, extractor="kgen-mnist-v1"):
    """The streaming metric of a name, for `compile(metrics=[...])`.

    Args:
        name: frechet_distance, kernel_distance, precision, recall, density, coverage, classifier_score, ms_ssim
            or sliced_wasserstein.
        image_shape: (height, width, channels) of the pictures.
        extractor: name of `kgen.metrics.get_extractor`, or an extractor, for the metrics of features.

    Returns:
        A `keras.Metric`.

    Raises:
        ValueError: for another name, or an extractor without classes where they are needed.

    Example:

    >>> kgen.metrics.get_metric("precision", (28, 28, 1)).name
    'precision'
    """
    one_of("metrics", name, NAMES)
    return OF_FEATURES[name](extractor) if name in OF_FEATURES else OF_PIXELS[name](image_shape)
