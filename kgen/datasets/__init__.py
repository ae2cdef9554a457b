"""Data: what turns a name, a folder, a file or arrays into the data set that a model trains on."""

from kgen.datasets.augment import Augmentation
from kgen.datasets.few_labels import few_labels, semi_supervised
from kgen.datasets.mixtures import Mixture, mixture
from kgen.datasets.preparing import DatasetNotPrepared, prepare
from kgen.datasets.sources import load, names
from kgen.datasets.stream import Description, from_arrays

__all__ = [
    "Augmentation",
    "DatasetNotPrepared",
    "Description",
    "Mixture",
    "few_labels",
    "from_arrays",
    "load",
    "mixture",
    "names",
    "prepare",
    "semi_supervised",
]
