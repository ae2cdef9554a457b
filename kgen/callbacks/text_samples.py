"""The same texts after every epoch, as files and in TensorBoard."""

import tensorflow as tf

from kgen.callbacks.every_epoch import EveryEpoch

BETWEEN = "\n---\n"


class TextSamples(EveryEpoch):
    """Writes the same texts after every epoch, from the same row seeds: epoch-000.txt before the first.

    Args:
        directory: where epoch-000.txt, epoch-001.txt ... go; made when missing.
        num_samples: texts in a file.
        seed: of the texts.
        log_dir: TensorBoard folder for the text tab, or None.

    Raises:
        ValueError: for a number of texts that is not positive.

    Example:

    >>> kgen.callbacks.TextSamples("runs/a/samples", num_samples=2).num_samples
    2
    """

    SUFFIX = ".txt"

    def __init__(self, directory, num_samples=4, seed=0, log_dir=None):
        super().__init__(directory, num_samples, seed, log_dir)

    def write(self, epoch):
        """Writes the texts of an epoch."""
        text = joined(self.model.generate(self.num_samples, seed=self.seed), self.model.vocabulary)
        self.place(epoch).write_text(text + "\n", encoding="utf-8")
        self.log(lambda: tf.summary.text("samples", text, step=epoch))


def joined(texts, vocabulary):
    """Texts as one: sentences and sequences of numbers one per line, others with lines of `---` between them.

    Args:
        texts: list of strings.
        vocabulary: of the model that wrote them.

    Returns:
        String.

    Example:

    >>> vocabulary = kgen.datasets.Vocabulary.of(["To be", "or not"], sentences=True)
    >>> kgen.callbacks.text_samples.joined(["or be", "to not"], vocabulary)
    'or be\\nto not'
    """
    of_lines = vocabulary.sentences or vocabulary.level is None
    return ("\n" if of_lines else BETWEEN).join(texts)
