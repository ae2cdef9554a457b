"""Between strings and numbers: characters or words, in plain TensorFlow ops that can be exported."""

import keras
import tensorflow as tf

from kgen.errors import integer_from, invalid, one_of

PADDING, UNKNOWN, START, END = range(4)
RESERVED = ("", "[UNK]", "[START]", "[END]")
LEVELS = ("char", "word")
SPACES = r"[\t\v\f\r\p{Z}]+"
WORDS = (
    r"\p{N}+(?:[.,]\p{N}+)+",  # 3.14
    r"[\p{L}\p{M}\p{N}_]+(?:['’-][\p{L}\p{M}\p{N}_]+)*",  # isn't, well-known
    r"-{2,}|\.{2,}",
    r"[^ ]",  # Any other character, a line break among them.
)
READABLE = (
    (r" ?\n ?", "\n"),
    (r'" ([^"\n]*) "', r'"\1"'),
    (r"' ([^'\n]*) '", r"'\1'"),
    (r" ([.,;:!?%)\]}»…”’]|\.{2,})", r"\1"),
    (r"([(\[{«“‘¿¡$£€]) ", r"\1"),
    (r"^ | $", ""),
)
BATCH = 1024  # Strings at once.


@keras.saving.register_keras_serializable("kgen")
class Vocabulary(tf.Module):
    """The tokens that a text model knows, and their numbers.

    Padding is 0, an unknown token 1, the start 2 and the end 3; `tokens[i]` is 4 + i. A token is a character,
    or of words one of: a number such as 3.14; letters, digits and underscores, with apostrophes and hyphens
    inside; a run of hyphens or full stops; a line break; any other character but a space. Nothing is
    lower-cased. Its tables are tracked, so that a `tf.Module` that holds it can be exported.

    Args:
        tokens: distinct strings, single characters if `level` is "char".
        level: "char" or "word".
        sentences: whether texts are sentences with a start and an end, or running text, whose start is the
            line break where there is one, and which has no end.

    Raises:
        ValueError: for tokens that are repeated, empty, reserved or longer than the level allows.

    Example:

    >>> vocabulary = kgen.datasets.Vocabulary(["a", "b"], sentences=True)
    >>> vocabulary.size, vocabulary.encode(["ab", "c"]).to_list()
    (6, [[4, 5], [1]])
    >>> vocabulary.sequences(["ab"], length=5).numpy().tolist()
    [[2, 4, 5, 3, 0, 0]]
    """

    def __init__(self, tokens, level="char", sentences=False):
        super().__init__(name="vocabulary")
        one_of("level", level, LEVELS)
        self.tokens, self.level, self.sentences = _checked(tokens, level), level, bool(sentences)
        with tf.init_scope():
            self._strings = tf.constant([*RESERVED, *self.tokens])
            ids = tf.range(len(RESERVED), self.size)
            known = tf.lookup.KeyValueTensorInitializer(self._strings[len(RESERVED) :], ids)
            self._ids = tf.lookup.StaticHashTable(known, UNKNOWN)

    @classmethod
    def of(cls, strings, level="char", size=None, sentences=False):
        """The vocabulary of texts, the most frequent tokens first, as Keras's TextVectorization finds it.

        Args:
            strings: list of texts.
            level: "char" or "word".
            size: at most so many tokens, the four reserved ones included; None for all.
            sentences: as of the class.

        Returns:
            `Vocabulary`.

        Raises:
            ValueError: for a `size` below 5, or texts without a token.

        Example:

        >>> kgen.datasets.Vocabulary.of(["No, no, no more."], level="word", size=6).tokens
        ('no', ',')
        """
        one_of("level", level, LEVELS)
        check_size(size)
        limit = None if size is None else size - len(RESERVED) + 2  # Keras has two reserved tokens.
        layer = keras.layers.TextVectorization(limit, standardize=None, split=SPLIT[level])
        layer.adapt(tf.data.Dataset.from_tensor_slices(tf.constant(strings, tf.string)).batch(BATCH))
        tokens = [str(token) for token in layer.get_vocabulary()[2:]]
        if not tokens:
            raise invalid("strings", "at least one token", f"{len(strings)} texts without any")
        return cls(tokens, level, sentences)

    @property
    def size(self):
        """Number of tokens, the four reserved ones included."""
        return len(RESERVED) + len(self.tokens)

    @property
    def padding(self):
        """0, the id that fills rows up and counts nowhere."""
        return PADDING

    @property
    def start(self):
        """Id before the first token of a text."""
        plain = self.sentences or "\n" not in self.tokens
        return START if plain else len(RESERVED) + self.tokens.index("\n")

    @property
    def end(self):
        """Id after the last token of a sentence; None of running text."""
        return END if self.sentences else None

    @property
    def never_generated(self):
        """Ids that stand for nothing in a text, which a model should never draw."""
        return (PADDING, UNKNOWN, START) if self.sentences else (PADDING, UNKNOWN, START, END)

    def encode(self, strings, strict=False):
        """Ids of texts, without start and end.

        Args:
            strings: string tensor or list [batch], or one string.
            strict: whether to refuse tokens that are not in the vocabulary; not inside a graph.

        Returns:
            int32 ragged tensor [batch, (tokens)], of one string a tensor [tokens].

        Raises:
            ValueError: if `strict`, for unknown tokens, which it names.
        """
        if strict:
            self.check(strings)
        return tf.ragged.map_flat_values(self._ids.lookup, SPLIT[self.level](tf.convert_to_tensor(strings)))

    def check(self, strings, argument="strings"):
        """Refuses texts with unknown tokens.

        Args:
            strings: as of `encode`.
            argument: how the caller's argument is called.

        Raises:
            ValueError: one line that names them.
        """
        tokens = SPLIT[self.level](tf.reshape(tf.convert_to_tensor(strings), [-1])).flat_values
        found = {token.decode() for token in tf.boolean_mask(tokens, self._ids[tokens] == UNKNOWN).numpy()}
        if found:
            kind = "characters" if self.level == "char" else "words"
            text = f"unknown {kind} {', '.join(map(repr, sorted(found)[:10]))}"
            raise invalid(argument, f"{kind} of the vocabulary of {len(self.tokens)}", text)

    def rows(self, strings):
        """Start, tokens and the end of a sentence, of each text.

        Args:
            strings: string tensor or list [batch].

        Returns:
            int32 ragged tensor [batch, (tokens)].
        """
        ids = self.encode(strings)
        column = tf.ones([ids.nrows(), 1], tf.int32)
        return tf.concat([self.start * column, ids] + ([END * column] if self.sentences else []), axis=1)

    def sequences(self, strings, length):
        """Rows that a model trains on: start, tokens, the end of a sentence, padding.

        A text of which not all fits is cut at its tail: it keeps the start and `length` tokens. So a sentence
        of `length` tokens or more has no end.

        Args:
            strings: string tensor or list [batch].
            length: most tokens after the start.

        Returns:
            int32 tensor [batch, length + 1].
        """
        return self.rows(strings).to_tensor(PADDING, shape=[None, length + 1])

    def decode(self, ids):
        """Texts of ids, up to the first end; padding and start are left out.

        Words are joined by spaces, but for none before , . ; : ! ? % and closing brackets, none after opening
        ones and signs of currency, none inside a pair of quotation marks, none around line breaks.

        Args:
            ids: integers [..., T], or a ragged tensor.

        Returns:
            String tensor [...].

        Example:

        >>> vocabulary = kgen.datasets.Vocabulary(["No", ",", '"', "sir", "!"], level="word")
        >>> vocabulary.decode(vocabulary.encode(['"No,  sir"!'])).numpy().tolist()
        [b'"No, sir"!']
        """
        ids = ids.to_tensor(PADDING) if isinstance(ids, tf.RaggedTensor) else tf.convert_to_tensor(ids)
        ends = tf.cumsum(tf.cast(ids == END, tf.int32), axis=-1)
        kept = (ends == 0) & (ids != PADDING) & (ids != START)
        strings = tf.gather(self._strings, ids) + ("" if self.level == "char" else " ")
        text = tf.strings.reduce_join(tf.where(kept, strings, ""), axis=-1)
        return text if self.level == "char" else _readable(text)

    def get_config(self):
        return {"tokens": list(self.tokens), "level": self.level, "sentences": self.sentences}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __reduce__(self):
        return Vocabulary, (tuple(self.tokens), self.level, self.sentences)

    def __repr__(self):
        kind = "sentences" if self.sentences else "running text"
        return f"<Vocabulary of {self.size} {self.level}s for {kind}>"


def check_size(size):
    """Refuses a size that leaves no room for a token; None is any.

    Args:
        size: integer or None.

    Raises:
        ValueError: if it is below 5, or no integer.
    """
    if size is not None:
        integer_from(len(RESERVED) + 1, "vocabulary_size", size)


def _checked(tokens, level):
    """Tokens as a tuple of strings."""
    tokens = tuple(tokens)
    for token in tokens:
        if not isinstance(token, str) or token in RESERVED or (level == "char" and len(token) != 1):
            expected = "single characters" if level == "char" else "words, none of them reserved"
            raise invalid("tokens", expected, token=token)
    if not tokens or len(set(tokens)) < len(tokens):
        raise invalid("tokens", "distinct strings, at least one", f"{len(set(tokens))} of {len(tokens)}")
    return tokens


def _characters(strings):
    return tf.strings.unicode_split(strings, "UTF-8")


def _words(strings):
    """Words of strings: a space behind each, then apart at spaces."""
    strings = tf.strings.unicode_transcode(strings, "UTF-8", "UTF-8")
    spaced = tf.strings.regex_replace(strings, SPACES, " ")
    spaced = tf.strings.regex_replace(spaced, f"({'|'.join(WORDS)})", r"\1 ")
    words = tf.strings.split(spaced, " ")
    return tf.ragged.boolean_mask(words, words != "")


def _readable(text):
    for pattern, rewrite in READABLE:
        text = tf.strings.regex_replace(text, pattern, rewrite)
    return text


SPLIT = {"char": _characters, "word": _words}
