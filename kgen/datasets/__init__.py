"""Data: what turns a name, a folder, a file or arrays into the data set that a model trains on."""

from kgen.datasets.augment import Augmentation
from kgen.datasets.preparing import DatasetNotPrepared, prepare
from kgen.datasets.sources import load, names
from kgen.datasets.stream import Description, from_arrays

__all__ = ["Augmentation", "DatasetNotPrepared", "Description", "from_arrays", "load", "names", "prepare"]
