"""The contract's rows of language models: they read tokens and write strings."""

import pathlib
import tempfile

import numpy as np

import kgen
from tests.contract.table import Row

LINES = ("to be or not to be\n", "that is the question\n", "be not the question\n")
VOCABULARY = kgen.datasets.Vocabulary.of(LINES)
WORDS = kgen.datasets.Vocabulary.of(LINES, level="word", sentences=True)
LENGTH = 9
SMALL = {"embedding_dim": 5, "sequence_length": LENGTH}
TERMS = ("loss", "nats_per_token")
ENDPOINTS = ("generate", "log_likelihood")


class TextRow(Row):
    """A language model of toy size; it trains on rows of tokens."""

    def data(self, number=64, seed=0):
        """Sentences of random lines, as rows of tokens, and no labels."""
        return sentences(self.make().vocabulary, number, seed), None


class StreamRow(Row):
    """A language model that trains on running text, from batch to batch."""

    def data(self, number=64, seed=0):
        """A contiguous data set, alone."""
        return (streams(split="validation" if seed else "train"),)


def sentences(vocabulary, number, seed=0):
    """Rows of tokens: different texts of different lengths, or numbers."""
    random = np.random.default_rng(seed)
    if vocabulary.level is None:
        return np.pad(random.integers(0, vocabulary.size, (number, LENGTH)), [(0, 0), (1, 0)]).astype("int32")
    words = "".join(LINES).split()
    texts = [" ".join(random.choice(words, random.integers(1, 9))) for _ in range(number)]
    return vocabulary.sequences(texts, LENGTH).numpy()


def streams(batch_size=4, split="train", shuffle=False, sequence_length=LENGTH, repeats=12):
    """A data set of running text in contiguous streams, or in shuffled windows."""
    file = pathlib.Path(tempfile.mkdtemp(), "text.txt")
    file.write_text("".join(LINES) * repeats)
    options = {"batch_size": batch_size, "shuffle": shuffle, "sequence_length": sequence_length}
    return kgen.datasets.load_text(file, split, vocabulary=VOCABULARY, **options)[0]


def _row(model, vocabulary, **options):
    return TextRow(
        lambda **more: model(vocabulary, **{**SMALL, **options, **more}), ENDPOINTS, TERMS, judged=True
    )


TEXT = {
    "lstm": _row(kgen.RecurrentLanguageModel, VOCABULARY, units=6),
    "gru-tied-dropout": _row(
        kgen.RecurrentLanguageModel, WORDS, cell="gru", units=6, tied_embeddings=True, dropout=0.2
    ),
    "lstm-numbers": _row(kgen.RecurrentLanguageModel, 11, units=6, num_layers=1),
    "convnet": _row(kgen.ConvolutionalLanguageModel, VOCABULARY, channels=6, num_blocks=2),
    "convnet-words-dropout": _row(
        kgen.ConvolutionalLanguageModel,
        WORDS,
        channels=5,
        num_blocks=1,
        kernel_size=2,
        dropout=0.2,
        weight_normalization=False,
    ),
}
STREAMS = {
    f"{name}-streams": StreamRow(TEXT[name].make, ENDPOINTS, TERMS, judged=True)
    for name in ("lstm", "convnet")
}
