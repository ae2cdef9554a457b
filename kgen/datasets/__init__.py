"""Data: what turns a name, a folder, a file or arrays into the data set that a model trains on."""

from kgen.datasets.augment import Augmentation
from kgen.datasets.clips import load_clips
from kgen.datasets.columns import Columns
from kgen.datasets.few_labels import few_labels, semi_supervised
from kgen.datasets.joint import JointDescription, load_joint
from kgen.datasets.masks import mar, mcar
from kgen.datasets.mixtures import Mixture, mixture
from kgen.datasets.numbers import Numbers
from kgen.datasets.pairs import Truth, load_pair, pair_truth
from kgen.datasets.preparing import DatasetNotPrepared, first_available, prepare
from kgen.datasets.sounds import SoundDescription, load_sounds
from kgen.datasets.sources import load, names
from kgen.datasets.stream import Description, from_arrays
from kgen.datasets.table import TableDescription, load_table
from kgen.datasets.text import TextDescription, from_tokens, load_text
from kgen.datasets.unpaired import PairDescription
from kgen.datasets.vocabulary import Vocabulary

__all__ = [
    "Augmentation",
    "Columns",
    "DatasetNotPrepared",
    "Description",
    "JointDescription",
    "Mixture",
    "Numbers",
    "PairDescription",
    "SoundDescription",
    "TableDescription",
    "TextDescription",
    "Truth",
    "Vocabulary",
    "few_labels",
    "first_available",
    "from_arrays",
    "from_tokens",
    "load",
    "load_clips",
    "load_joint",
    "load_pair",
    "load_sounds",
    "load_table",
    "load_text",
    "mar",
    "mcar",
    "mixture",
    "names",
    "pair_truth",
    "prepare",
    "semi_supervised",
]
