"""Texts by split: of a TFDS data set, a text file, or a folder of text files."""

import functools
import operator
import os
import pathlib
import typing

from kgen.chatter import quiet
from kgen.datasets.arrays import select
from kgen.datasets.preparing import find, is_known, make_ready
from kgen.errors import invalid

SPLITS = {"train", "test", "validation", "valid", "val"}
EXTENSION = ".txt"


class Texts(typing.NamedTuple):
    """What is read of a source: a string (running text) or a list of strings (sentences) for each split."""

    name: str
    parts: dict
    sentences: bool
    cut: bool = False  # Whether the splits are the 90/10 ones.

    def part(self, split):
        """The text, or the list of sentences, of a split with or without a slice."""
        split = "validation" + split[4:] if self.cut and split.startswith("test") else split
        names, part = select(split, {name: len(found) for name, found in self.parts.items()})
        found = [self.parts[name] for name in names]
        return functools.reduce(operator.add, found)[part]


def read_texts(source, split="train", sentences=None, data_dir=None):
    """Reads the splits that are asked for, and `train`.

    Texts without splits of their own (a file, a folder without the files or folders train and test, a TFDS
    set of one example a split) are joined and cut: the first 90 %, floor(0.9 N) characters or sentences, are
    `train`, the others `validation`, which `test` is another name of. A byte order mark is dropped, line
    breaks of any system become one character.

    Args:
        source: name of a TFDS data set, path of a text file or of a folder with .txt files.
        split: a split with or without a slice.
        sentences: whether each line of a file, each example of TFDS, is a text of its own. None for yes where
            a TFDS split has several examples.
        data_dir: folder of prepared TFDS data sets.

    Returns:
        `Texts`.

    Raises:
        FileNotFoundError: if the file or folder is missing.
        DatasetNotPrepared: if a TFDS data set is not here and no network answers.
        ValueError: if there is no such split, no text, or bytes that are not UTF-8.
    """
    path = pathlib.Path(source).expanduser()
    plain = isinstance(source, str) and source[:1] not in (".", "~", os.sep)
    if plain and not path.is_file() and is_known(source):
        return _of_tfds(source, split, sentences, data_dir)
    if path.exists():
        return _of_files(path, bool(sentences))
    if not plain or os.sep in source or path.suffix:
        raise FileNotFoundError(f"There is no file {path}.")
    expected = "the name of a TFDS text data set, a text file, a folder of them, or oracle:FILE.npz"
    raise invalid("source", expected, source=source)


def _of_files(path, sentences):
    """The `Texts` of a file or a folder."""
    files = {"train": [path]} if path.is_file() else _splits(path)
    texts = {split: [_read(file) for file in paths] for split, paths in files.items()}
    parts = {split: _lines(text) if sentences else _joined(text) for split, text in texts.items()}
    if len(parts) == 1:
        return Texts(path.stem, _cut(parts["train"]), sentences, cut=True)
    return Texts(path.stem, parts, sentences)


def _splits(root):
    """Files by split: folders or files are splits if they have the names of splits, train among them."""
    files = sorted(file.relative_to(root) for file in root.rglob("*" + EXTENSION) if file.is_file())
    files = [file for file in files if not any(part.startswith((".", "__")) for part in file.parts)]
    if not files:
        raise invalid("source", f"a folder with {EXTENSION} files", f"{root} without one")
    names = {file: file.parts[0].removesuffix(EXTENSION) for file in files}
    own = {"train"} < set(names.values()) <= SPLITS
    found = {}
    for file in files:
        found.setdefault(names[file] if own else "train", []).append(root / file)
    return found


def _read(file):
    return _decoded(file.read_bytes(), file)


def _decoded(raw, where):
    """Text of bytes in UTF-8, or one line that says which byte is none."""
    try:
        text = raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        bad = f"byte 0x{raw[error.start]:02x} at position {error.start} of {where}"
        raise invalid("source", "text in UTF-8", bad) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _lines(texts):
    """The lines of texts, without blank ones and without spaces around them."""
    lines = (line.strip() for text in texts for line in text.split("\n"))
    return [line for line in lines if line]


def _joined(texts):
    """Texts one after the other, each on a line of its own."""
    return texts[0] if len(texts) == 1 else "".join(t if t.endswith("\n") else t + "\n" for t in texts if t)


def _cut(whole):
    """The 90/10 splits of a text or of sentences."""
    end = len(whole) * 9 // 10
    return {"train": whole[:end], "validation": whole[end:]}


def _of_tfds(name, split, sentences, data_dir):
    """The `Texts` of a TFDS data set; of its splits only those that are needed."""
    builder = find(name, data_dir)
    feature = _text_feature(builder)
    make_ready(builder, name, data_dir)
    sizes = {key: info.num_examples for key, info in builder.info.splits.items()}
    if set(sizes.values()) == {1} and not sentences:
        whole = "".join(_examples(builder, key, feature)[0] for key in _in_order(sizes))
        return Texts(name, _cut(whole), False, cut=True)
    wanted = {*select(split, sizes)[0], next(iter(_in_order(sizes)))}
    texts = {key: _examples(builder, key, feature) for key in _in_order(sizes) if key in wanted}
    if sentences is False:
        return Texts(name, {key: _joined(found) for key, found in texts.items()}, False)
    return Texts(name, {key: list(filter(None, found)) for key, found in texts.items()}, True)


def _in_order(names):
    """Names of splits, train first, then validation, then the others as they come."""
    first = [name for name in ("train", "validation") if name in names]
    return [*first, *(name for name in names if name not in first)]


def _text_feature(builder):
    """The feature "text", or else the first that is text."""
    import tensorflow_datasets as tfds

    features = builder.info.features
    features = dict(features) if isinstance(features, tfds.features.FeaturesDict) else {}
    texts = sorted(key for key, feature in features.items() if isinstance(feature, tfds.features.Text))
    if not texts:
        about = f"{builder.name!r} with {', '.join(features) or 'features of another kind'}"
        raise invalid("source", "a text data set (a feature of text)", about)
    return "text" if "text" in texts else texts[0]


def _examples(builder, split, feature):
    """The texts of a split, in the order of the files, each time the same."""
    import tensorflow_datasets as tfds

    with quiet():
        dataset = builder.as_dataset(
            split=split,
            decoders=tfds.decode.PartialDecoding({feature: True}),
            read_config=tfds.ReadConfig(try_autocache=False, interleave_cycle_length=1),
        )
        found = [raw for batch in tfds.as_numpy(dataset.batch(1024)) for raw in batch[feature]]
    return [_decoded(raw, f"example {i} of {builder.name}/{split}") for i, raw in enumerate(found)]
