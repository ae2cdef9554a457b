"""Feature extractors by name.

A distance is a number of its extractor. Each extractor names itself, its weights by SHA-256, and the reason
why its numbers do not compare with published ones.
"""

import functools
import json
import re
from importlib import resources
from pathlib import Path

from kgen.errors import invalid
from kgen.metrics.base import Extractor
from kgen.metrics.convolutional import random_extractor, unpack
from kgen.metrics.inception import InceptionExtractor

PACKAGED = ("kgen-mnist-v1", "kgen-digits-v1")
_known = {}


def load_extractor(path):
    """Reads an extractor that `save` wrote, and makes its name known to `get_extractor`.

    Args:
        path: file name without an ending, or with `.npz`.

    Returns:
        The extractor.

    Raises:
        FileNotFoundError: where a file is missing.
        ValueError: where the weights are not those of the card.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kgen.metrics.get_extractor("kgen-digits-v1").save(f"{folder}/digits")
    ...     print(kgen.metrics.load_extractor(f"{folder}/digits").name)
    kgen-digits-v1
    """
    path = Path(str(path).removesuffix(".npz"))
    card_path, weights_path = path.with_name(path.name + ".json"), path.with_name(path.name + ".npz")
    for file in (card_path, weights_path):
        if not file.is_file():
            raise FileNotFoundError(f"Invalid value for argument `path`. No such file: {file}.")
    return known(unpack(weights_path.read_bytes(), json.loads(card_path.read_text(encoding="utf-8"))))


def known(extractor):
    """The extractor, which `get_extractor` finds by its name from now on, the latest of a name."""
    _known[extractor.name] = extractor
    return extractor


def get_extractor(name):
    """The extractor of a name.

    "kgen-mnist-v1", "kgen-digits-v1": classifiers trained by kgen, part of the package; "random",
    "random-SEED": fixed random embedding; "inception_v3": keras.applications' network, where its weights can
    be had; or the name of a classifier that this process trained or loaded.

    Args:
        name: one of these, or an extractor, which is returned.

    Returns:
        The extractor.

    Raises:
        ValueError: for an unknown name, damaged weights, or Inception weights that cannot be had.

    Example:

    >>> kgen.metrics.get_extractor("kgen-digits-v1").dim
    64
    """
    if isinstance(name, Extractor):
        return name
    if name in PACKAGED:
        return _packaged(name)
    if name == "inception_v3":
        return _inception()
    if re.fullmatch(r"random(-\d+)?", str(name)):
        return random_extractor(int(str(name)[len("random-") :] or 0))
    if name in _known:
        return _known[name]
    expected = f"one of {', '.join(PACKAGED)}, random, inception_v3, or a classifier trained or loaded here"
    raise invalid("extractor", expected + " (kgen.metrics.load_extractor)", extractor=name)


@functools.cache
def _packaged(name):
    folder = resources.files("kgen.metrics").joinpath("weights")
    card = json.loads(folder.joinpath(name + ".json").read_text(encoding="utf-8"))
    return unpack(folder.joinpath(name + ".npz").read_bytes(), card)


@functools.cache
def _inception():
    return InceptionExtractor()
