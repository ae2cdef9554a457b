"""Several sources under names, read for a model of several kinds of data."""

import os
import pathlib
import re
import typing
import warnings

import numpy as np

from kgen.datasets.arrays import Examples
from kgen.datasets.domains import DOMAINS, both_domains
from kgen.datasets.folder import is_picture, list_files
from kgen.datasets.preparing import find
from kgen.datasets.sound_sources import EXTENSIONS, Form, read_sound_folder, read_sound_tfds
from kgen.datasets.sources import kind_of, read_source
from kgen.errors import invalid
from kgen.modalities import check_names

CLASS = "label"  # A bare word: the class that the other sources share.
JOINT = re.compile(rf"\s*({CLASS}\s*,\s*)?[^\W\d]\w*\s*=")
WRITTEN = '"NAME=SOURCE,NAME=SOURCE" or "NAME=SOURCE,label"'


class Reading(typing.NamedTuple):
    """How sources are read."""

    split: str
    size: tuple | None  # (height, width) of pictures
    form: Form  # of sounds
    data_dir: str | None
    folder: dict  # on_bad and max_pixels


class Group(typing.NamedTuple):
    """A data set that one or more of the named sources come of."""

    examples: Examples
    rate: int | None  # Hz of sounds
    members: dict  # name -> name of a function of `DOMAINS`, or None


def is_joint(source):
    """Whether a text names several sources.

    Args:
        source: anything.

    Returns:
        bool.

    Example:

    >>> kgen.datasets.joint_sources.is_joint("a=mnist,b=edges:mnist")
    True
    """
    return isinstance(source, str) and bool(JOINT.match(source)) and not os.path.exists(source)


def parse_joint(sources):
    """Reads "picture=mnist,sound=spoken_digit,label".

    Args:
        sources: such a text, or a dict name -> source, None for the class.

    Returns:
        Dict name -> source, None for the class.

    Raises:
        ValueError: fewer than two, a name that is none or that comes twice, or classes without anything else.

    Example:

    >>> kgen.datasets.joint_sources.parse_joint("picture=mnist,sound=spoken_digit,label")
    {'picture': 'mnist', 'sound': 'spoken_digit', 'label': None}
    """
    pairs = [_pair(word, sources) for word in sources.split(",")] if isinstance(sources, str) else None
    if pairs is None and not isinstance(sources, dict):
        raise invalid("sources", f"a dict name -> source, or {WRITTEN}", sources=sources)
    found = dict(sources if pairs is None else pairs)
    if pairs is not None and len(found) < len(pairs):
        raise invalid("sources", "names that differ", sources=sources)
    check_names("sources", found)
    if len(found) < 2 or sum(source is None for source in found.values()) > 1:
        raise invalid("sources", "two names or more, one at most of the class", sources=sources)
    return found


def _pair(word, text):
    name, equals, source = (part.strip() for part in word.partition("="))
    if name == CLASS and not equals:
        return CLASS, None
    if not (name and source):
        raise invalid("sources", WRITTEN, sources=text)
    return name, source


def wants_class(sources):
    """Whether one of named sources is the class of the others.

    Args:
        sources: dict as of `parse_joint`.

    Returns:
        bool.
    """
    return any(source is None for source in sources.values())


def write_joint(sources):
    """The text of named sources, as `parse_joint` reads it.

    Args:
        sources: dict name -> text, None for the class.

    Returns:
        String.

    Example:

    >>> kgen.datasets.joint_sources.write_joint({"a": "mnist", "b": "edges:mnist", "label": None})
    'a=mnist,b=edges:mnist,label'
    """
    return ",".join(name if source is None else f"{name}={source}" for name, source in sources.items())


def split_domain(source):
    """Reads "edges:mnist".

    Args:
        source: of one name.

    Returns:
        Name of the function of `DOMAINS`, or None, and the source that it is applied to.

    Example:

    >>> kgen.datasets.joint_sources.split_domain("edges:mnist"), kgen.datasets.joint_sources.split_domain("mnist")
    (('edges', 'mnist'), (None, 'mnist'))
    """
    kind, colon, base = source.partition(":") if isinstance(source, str) else ("", "", "")
    if kind not in DOMAINS or not colon:
        return None, source
    if not base:
        raise invalid("sources", f"{kind}: and a source of grey pictures", source=source)
    return kind, base


def read_groups(sources, reading):
    """Reads each data set once, however many names come of it.

    Args:
        sources: dict as of `parse_joint`.
        reading: `Reading`.

    Returns:
        List of `Group`.

    Raises:
        FileNotFoundError: a folder or file that is missing.
        DatasetNotPrepared: a TFDS data set that is not here, where no network answers.
        ValueError: a source that does not fit.
    """
    bases, members = {}, {}
    for name, source in sources.items():
        if source is not None:
            kind, base = split_domain(source)
            bases.setdefault(_key(base), base)
            members.setdefault(_key(base), {})[name] = kind
    return [Group(*_read(base, reading), members[key]) for key, base in bases.items()]


def _key(base):
    """What two sources of the same data set have in common."""
    if not isinstance(base, str | os.PathLike):
        return id(base)
    path = pathlib.Path(base).expanduser()
    return str(path.resolve()) if kind_of(base) in ("folder", "npz") else str(base)


def _read(base, reading):
    """(`Examples`, rate of sounds or None) of a data set."""
    if not _is_sound(base, reading.data_dir):
        return read_source(base, reading.split, reading.size, reading.data_dir, **reading.folder), None
    if kind_of(base) == "tfds":
        return read_sound_tfds(base, reading.form, reading.split, reading.data_dir)
    path, on_bad = pathlib.Path(base).expanduser(), reading.folder["on_bad"]
    return read_sound_folder(path, reading.form, reading.split, on_bad)


def _is_sound(base, data_dir):
    """Whether a source holds sounds: a folder by the names of its files, a TFDS data set by its features."""
    kind = kind_of(base)
    if kind == "tfds":
        return "audio" in (find(base, data_dir).info.features or ())
    if kind != "folder":
        return False
    files = list_files(pathlib.Path(base).expanduser())
    sounds, pictures = (any(map(test, files)) for test in (_is_wav, is_picture))
    if sounds and pictures:
        raise invalid("sources", "folders of pictures or of wav files, not of both", source=str(base))
    return sounds


def _is_wav(path):
    return path.name.lower().endswith(EXTENSIONS)


def rows_of(group, name):
    """The examples of a name, and what kind of data they are.

    Args:
        group: `Group` with that member.
        name: of a source.

    Returns:
        (`Examples`, tuple such as ("picture", height, width, channels)).

    Raises:
        ValueError: a function of grey pictures on others, or clips.
    """
    kind, examples = group.members[name], group.examples
    examples = both_domains(examples, kind)[1] if kind else examples
    shape = examples.images.shape[1:]
    if group.rate:
        return examples._replace(images=examples.images[..., 0]), ("sound", shape[0], int(group.rate))
    if len(shape) not in (1, 3):
        raise invalid("sources", "pictures, sounds or vectors", **{name: shape})
    return examples, ("picture", *shape) if len(shape) == 3 else ("vector", *shape)


def agree(groups):
    """Groups whose class numbers mean the same, so that their examples can meet by class.

    Where the names of the classes are the same ones in another order, numbers follow the first group's.

    Args:
        groups: list of `Group`.

    Returns:
        List of `Group`.

    Raises:
        ValueError: missing labels, or another number of classes.
    """
    for group in groups:
        if group.examples.labels is None:
            expected = "data sets with labels, by which rows are paired (or paired=False)"
            raise invalid("sources", expected, f"{group.examples.name} without labels")
    numbers = {group.examples.name: len(group.examples.classes) for group in groups}
    if len({len(group.examples.classes) for group in groups}) > 1:
        told = ", ".join(f"{number} of {name}" for name, number in numbers.items())
        raise invalid("sources", "as many classes in each data set, since rows are paired by class", told)
    first = groups[0].examples.classes
    return [group._replace(examples=_renumbered(group.examples, first)) for group in groups]


def _renumbered(examples, classes):
    if examples.classes == classes:
        return examples
    if set(examples.classes) == set(classes):
        number = np.array([classes.index(name) for name in examples.classes], np.int32)
        return examples._replace(labels=number[examples.labels], classes=classes)
    different = next(pair for pair in zip(classes, examples.classes, strict=True) if pair[0] != pair[1])
    text = f"The classes of {examples.name} have other names, and are paired by their numbers"
    warnings.warn(f"{text}: {different[0]} meets {different[1]}.", stacklevel=5)
    return examples
