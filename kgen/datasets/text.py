"""Text as the data set that a language model trains on: windows of running text, or sentences."""

import dataclasses
import hashlib
import json
import os
import typing

import numpy as np
import tensorflow as tf

from kgen import noise
from kgen.datasets.arrays import select
from kgen.datasets.checks import as_shuffle
from kgen.datasets.stream import order, pipeline, reader
from kgen.datasets.text_sources import read_texts
from kgen.datasets.vocabulary import END, LEVELS, PADDING, UNKNOWN, Vocabulary, check_size
from kgen.errors import integer_from, invalid, one_of, positive_integer
from kgen.oracle import START as ORACLE_START
from kgen.oracle import Oracle

ORACLE = "oracle:"
ORACLE_SEEDS = {"train": 160905473, "test": 160905474}
ORACLE_SAMPLES = 10_000
LENGTHS = {"char": 256, "word": 64, None: 20}  # Of a window or a sentence; None is an oracle's.
LINES = 4096  # Encoded at once.


@dataclasses.dataclass(frozen=True)
class TextDescription:
    """What a text data set is.

    Args:
        name: of the source.
        split: the split that was asked for.
        level: "char" or "word", None of an oracle's numbers.
        sentences: whether a row is a sentence, or a window of running text.
        contiguous: whether row r of a batch goes on where row r of the batch before it ended.
        sequence_length: most tokens after the first of a row.
        vocabulary_size: number of tokens, reserved ones included.
        padding: id that counts nowhere, None where there is none.
        start: id of the token before the first.
        num_examples: sentences, windows of an epoch, or rows of tokens in order.
        num_tokens: tokens of the split that are predicted: all of running text; of sentences those that are
            kept, with the ends.
        num_unknown: how many of these are not in the vocabulary.
        num_cut: sentences that lost their end.
        fingerprint: SHA-256 in hexadecimal over the int32 tokens and the vocabulary.
        vocabulary: `Vocabulary`, None of an oracle's numbers.

    Example:

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "poem.txt").write_text("to be or not to be\\n" * 8)
    ...     _, about = kgen.datasets.load_text(f"{folder}/poem.txt", split="all", sequence_length=6, batch_size=2)
    >>> about.level, about.shape, about.num_tokens, about.vocabulary_size
    ('char', (7,), 152, 12)
    """

    name: str
    split: str
    level: str | None
    sentences: bool
    contiguous: bool
    sequence_length: int
    vocabulary_size: int
    padding: int | None
    start: int
    num_examples: int
    num_tokens: int
    num_unknown: int
    num_cut: int
    fingerprint: str
    vocabulary: Vocabulary | None = dataclasses.field(default=None, compare=False, repr=False)

    @property
    def shape(self):
        """Shape of a row."""
        return (self.sequence_length + 1,)

    @property
    def classes(self):
        """No classes."""
        return ()


class Corpus(typing.NamedTuple):
    """Text as numbers."""

    name: str
    tokens: np.ndarray  # int32 [1 + N], the start before running text; or [rows, sequence_length + 1]
    vocabulary: Vocabulary | None
    vocabulary_size: int


def load_text(
    source,
    split="train",
    level=None,
    sequence_length=None,
    vocabulary_size=None,
    batch_size=64,
    seed=0,
    shuffle=None,
    vocabulary=None,
    sentences=None,
    data_dir=None,
):
    """Loads text as the data set that a language model trains on.

    A batch is int32 [batch, sequence_length + 1]: `batch[:, :-1]` is read, `batch[:, 1:]` predicted, padding
    (0) left out. The order is a function of (seed, step) alone.

    Running text, N tokens y_1 ... y_N behind a start y_0: shuffled, an epoch e is M windows, the i-th of them
    y[p_e + i L] ... y[p_e + i L + L] in a permuted order, L = `sequence_length`, M = max(1, N // L - 1), p_e
    uniform on 0 ... N - M L. In order, the rows are streams: row r holds y[r R + s L] ...
    y[r R + s L + L] in step s, R = ceil(N / batch_size), so that a state that is carried from batch to batch
    meets its own text again, and each token is predicted exactly once in a pass.

    Sentences: a row is start, tokens, end and padding. Of those with L tokens or more, the start and the
    first L are kept, without an end.

    The vocabulary is that of the whole `train` split, whichever split is asked for. Texts without splits of
    their own are cut: the first floor(0.9 N) characters or sentences are `train`, the others `validation` or
    `test`. Of `tiny_shakespeare` they are 1,003,854 and 111,540 characters, as of nanoGPT. An oracle gives
    10,000 sequences of its numbers to train on and 10,000 others in `test`, without padding or end.

    Args:
        source: the name of a TFDS text data set ("tiny_shakespeare", "imdb_reviews", "ag_news_subset"), a text
            file in UTF-8, a folder of .txt files (files or folders called train, validation and test are
            splits), or "oracle:FILE.npz" for `kgen.oracle.Oracle.load`.
        split: "train", another split, "all", or a slice such as "train[:90%]": of characters in running text,
            else of sentences.
        level: "char" (None, unless `vocabulary` says otherwise) or "word".
        sequence_length: L; None for 256 characters, 64 words or 20 numbers of an oracle.
        vocabulary_size: at most so many tokens, the four reserved ones included; None for all.
        batch_size: rows of a batch.
        seed: integer in [0, 2**31), for the order.
        shuffle: whether to shuffle and drop the remainder; None for yes if the split is of `train`.
        vocabulary: `Vocabulary` to use instead, as that of a trained model.
        sentences: whether each line of a file, each example of a TFDS set, is a text of its own; None for yes
            where a TFDS set has several examples, else no.
        data_dir: folder of TFDS data sets; the environment variable TFDS_DATA_DIR if None.

    Returns:
        Pair (dataset, `TextDescription`): a `tf.data.Dataset` with the attributes `at(step)` (endless, from a
        global step on), `steps_per_epoch` and `description`.

    Raises:
        FileNotFoundError: if the file or folder is missing.
        DatasetNotPrepared: if a TFDS data set is not here and no network answers.
        ValueError: if an argument does not fit, the text is empty, not UTF-8 or shorter than a window.

    Example:

    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp(), "poem.txt")
    >>> _ = file.write_text("to be or not to be\\n" * 20)
    >>> dataset, description = kgen.datasets.load_text(file, sequence_length=18, batch_size=4)
    >>> next(iter(dataset)).shape, description.num_tokens, description.vocabulary_size
    (TensorShape([4, 19]), 342, 12)
    """
    _check(batch_size, seed, sequence_length, vocabulary_size)
    level = _level(level, vocabulary, vocabulary_size)
    shuffle = as_shuffle(shuffle, split)
    if isinstance(source, str) and source.startswith(ORACLE):
        given = {
            "vocabulary": vocabulary,
            "level": level,
            "vocabulary_size": vocabulary_size,
            "sentences": sentences,
        }
        corpus = _of_oracle(source, split, sequence_length or LENGTHS[None], given)
    else:
        level = level or "char"
        length = sequence_length or LENGTHS[level]
        sentences = _sentences(sentences, vocabulary)
        texts = read_texts(source, split, sentences, data_dir)
        corpus = _numbers(texts, split, level, length, vocabulary_size, vocabulary, source)
    dataset = _dataset(corpus, split, sequence_length or LENGTHS[level], batch_size, seed, shuffle)
    return dataset, dataset.description


def from_tokens(tokens, vocabulary, batch_size=64, seed=0, shuffle=True, name="arrays"):
    """The data set of rows that are numbers already, in an order that is a function of (seed, step).

    Args:
        tokens: int32 array [n, sequence_length + 1]: the start, tokens, and padding where there is one.
        vocabulary: `Vocabulary` or `Numbers`, whose ids they are.
        batch_size: rows of a batch.
        seed: integer in [0, 2**31), for the order.
        shuffle: whether to shuffle and drop the remainder.
        name: name in the description.

    Returns:
        `tf.data.Dataset` with the attributes that `load_text` gives one.

    Raises:
        ValueError: if an argument does not fit, or there are fewer rows than `batch_size`.

    Example:

    >>> vocabulary = kgen.datasets.Vocabulary(["a", "b"], sentences=True)
    >>> rows = vocabulary.sequences(["ab", "ba", "b"], length=3).numpy()
    >>> data = kgen.datasets.from_tokens(rows, vocabulary, batch_size=2)
    >>> next(iter(data)).shape, data.description.num_tokens
    (TensorShape([2, 4]), 8)
    """
    _check(batch_size, seed, None, None)
    tokens, known = np.asarray(tokens, np.int32), isinstance(vocabulary, Vocabulary)
    corpus = Corpus(name, tokens, vocabulary if known else None, vocabulary.size)
    return _dataset(corpus, "train" if shuffle else "all", tokens.shape[1] - 1, batch_size, seed, shuffle)


def _check(batch_size, seed, sequence_length, vocabulary_size):
    positive_integer("batch_size", batch_size)
    integer_from(0, "seed", seed)
    if seed >= 2**31:
        raise invalid("seed", "an integer in [0, 2**31)", seed=seed)
    if sequence_length is not None:
        positive_integer("sequence_length", sequence_length)
    check_size(vocabulary_size)


def _level(level, vocabulary, vocabulary_size):
    """The level that was asked for, or that of a given vocabulary."""
    if level is not None:
        one_of("level", level, LEVELS)
    if vocabulary is None:
        return level
    if not isinstance(vocabulary, Vocabulary):
        raise invalid("vocabulary", "a kgen.datasets.Vocabulary or None", vocabulary=vocabulary)
    if level not in (None, vocabulary.level):
        raise invalid("level", f"None or {vocabulary.level!r}, the vocabulary's", level=level)
    if vocabulary_size not in (None, vocabulary.size):
        expected = f"None or {vocabulary.size}, the vocabulary's"
        raise invalid("vocabulary_size", expected, vocabulary_size=vocabulary_size)
    return vocabulary.level


def _sentences(sentences, vocabulary):
    """Whether rows are sentences, None where nobody says so."""
    if not isinstance(sentences, bool | None):
        raise invalid("sentences", "True, False or None", sentences=sentences)
    if vocabulary is None:
        return sentences
    if sentences not in (None, vocabulary.sentences):
        expected = f"None or {vocabulary.sentences}, the vocabulary's"
        raise invalid("sentences", expected, sentences=sentences)
    return vocabulary.sentences


def _of_oracle(source, split, length, given):
    """Sequences of an oracle behind its start token."""
    for name, value in given.items():
        if value is not None:
            raise invalid(name, "None: an oracle has numbers of its own", **{name: value})
    (name, *others), part = select(split, dict.fromkeys(ORACLE_SEEDS, ORACLE_SAMPLES))
    oracle = Oracle.load(os.path.expanduser(source.removeprefix(ORACLE)))
    drawn = [oracle.sample(ORACLE_SAMPLES, length, ORACLE_SEEDS[key]) for key in (name, *others)]
    rows = np.pad(np.concatenate(drawn), [(0, 0), (1, 0)], constant_values=ORACLE_START)
    return Corpus(source, rows[part], None, oracle.vocabulary_size)


def _numbers(texts, split, level, length, vocabulary_size, vocabulary, source):
    """The `Corpus` of texts."""
    chosen, first = texts.part(split), next(iter(texts.parts.values()))
    if not chosen or not first:
        raise invalid("source", "a text that is not empty", f"{source}, empty in split {split!r}")
    if vocabulary is None:
        strings = first if texts.sentences else first.splitlines(keepends=True)
        vocabulary = Vocabulary.of(strings, level, vocabulary_size, texts.sentences)
    encode = _rows if texts.sentences else _running
    return Corpus(texts.name, encode(chosen, length, vocabulary), vocabulary, vocabulary.size)


def _rows(sentences, length, vocabulary):
    """Sentences as int32 [rows, length + 1]."""
    rows = [vocabulary.sequences(part, length).numpy() for part in _parts(sentences)]
    return np.concatenate(rows)


def _running(text, length, vocabulary):
    """Running text as int32 [1 + N], the start first."""
    lines = text.splitlines(keepends=True)
    ids = [vocabulary.encode(part).flat_values.numpy() for part in _parts(lines)]
    return np.concatenate([np.int32([vocabulary.start]), *ids])


def _parts(strings):
    return (strings[i : i + LINES] for i in range(0, len(strings), LINES))


def _dataset(corpus, split, length, batch_size, seed, shuffle):
    """The data set of a corpus."""
    running = corpus.tokens.ndim == 1
    if not running:
        batch, steps, count = _in_rows(corpus.tokens, batch_size, seed, shuffle)
    elif shuffle:
        batch, steps, count = _in_windows(corpus, length, batch_size, seed)
    else:
        batch, steps, count = _in_streams(corpus.tokens, length, batch_size)
    if steps == 0:
        kind = f"windows of sequence_length={length}" if running else "sentences"
        few = f"The text has {count} {kind}, fewer than batch_size={batch_size}: not one batch to train on."
        raise ValueError(f"{few} Perhaps use batch_size={max(count, 1)}.")

    description = _describe(corpus, split, length, count, running and not shuffle)
    return pipeline(batch, steps, description, None)


def _in_rows(rows, batch_size, seed, shuffle):
    """Sentences, each once in an epoch: function from a step to its batch, steps, sentences."""
    count, read = len(rows), reader(rows)

    def batch(step):
        return read(order(step, count, batch_size, seed, shuffle)[0])

    return batch, count // batch_size if shuffle else -(-count // batch_size), count


def _in_windows(corpus, length, batch_size, seed):
    """Windows side by side, from another place in each epoch: function from a step to its batch, ..."""
    num_tokens = len(corpus.tokens) - 1
    if num_tokens < length:
        received = f"{num_tokens} in {corpus.name}"
        raise invalid("source", f"a text of at least sequence_length={length} tokens", received)
    count, read = max(1, num_tokens // length - 1), reader(corpus.tokens)
    phases = num_tokens - count * length + 1

    def batch(step):
        index, epoch = order(step, count, batch_size, seed, True)
        first = _phase(epoch, phases, seed) + index * length
        return read(first[:, None] + tf.range(length + 1, dtype=tf.int64))

    return batch, count // batch_size, count


def _phase(epoch, phases, seed):
    """Where the first window of an epoch starts, int64 [batch] in 0 ... phases - 1."""
    epoch = tf.cast(epoch, tf.int32)
    key = tf.stack([tf.fill(tf.shape(epoch), seed), epoch], axis=1)
    uniform = noise.uniform(noise.fold(key, 2), (1,))[:, 0]  # The order has the keys 0 and 1.
    return tf.cast(uniform * phases, tf.int64)


def _in_streams(tokens, length, batch_size):
    """Rows that go on from batch to batch: function from a step to its batch, steps, rows of a pass."""
    num_tokens, read = len(tokens) - 1, reader(tokens)
    share = -(-num_tokens // batch_size)  # R
    steps = -(-share // length)

    def batch(step):
        inside = step % steps * length + tf.range(length + 1, dtype=tf.int64)  # [L + 1]
        place = tf.range(batch_size, dtype=tf.int64)[:, None] * share + inside  # [batch, L + 1]
        kept = (inside <= share) & (place <= num_tokens)
        return tf.where(kept, read(tf.minimum(place, num_tokens)), PADDING)

    return batch, steps, steps * batch_size


def _describe(corpus, split, length, count, contiguous):
    """The `TextDescription` of a corpus."""
    vocabulary, tokens = corpus.vocabulary, corpus.tokens
    targets = tokens[1:] if tokens.ndim == 1 else tokens[:, 1:]
    known = {"padding": None, "start": ORACLE_START, "level": None, "sentences": False}
    num_tokens, num_unknown, num_cut = targets.size, 0, 0
    if vocabulary:
        known = {name: getattr(vocabulary, name) for name in known}
        num_tokens, num_unknown = int((targets != PADDING).sum()), int((targets == UNKNOWN).sum())
        num_cut = int(((targets[:, -1] != PADDING) & (targets[:, -1] != END)).sum()) if vocabulary.end else 0
    return TextDescription(
        name=corpus.name,
        split=split,
        contiguous=contiguous,
        sequence_length=length,
        vocabulary_size=corpus.vocabulary_size,
        num_examples=count,
        num_tokens=num_tokens,
        num_unknown=num_unknown,
        num_cut=num_cut,
        fingerprint=_fingerprint(tokens, vocabulary),
        vocabulary=vocabulary,
        **known,
    )


def _fingerprint(tokens, vocabulary):
    digest = hashlib.sha256(np.ascontiguousarray(tokens).data)
    digest.update(json.dumps(vocabulary.get_config() if vocabulary else None).encode())
    return digest.hexdigest()
