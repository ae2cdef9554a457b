"""What text shares with other text, and with itself, counted in n-grams.

Reference: Papineni et al. 2002, "BLEU"; Zhu et al. 2018, Texygen, arXiv 1802.01886; Li et al. 2016, arXiv
1510.03055.
"""

import numpy as np

from kgen.errors import integer_from, invalid, positive_integer

EPSILON = 0.1  # Matches that an order without any is given.


def bleu(candidates, references, n=4, padding=None, characters=False):
    """Mean BLEU-n of sentences, every one against all references.

    BP (p_1 ... p_n)^(1 / n), with p_k = sum_g min(count of g, most that a reference has of g) / sum_g count of
    g, over the k-grams g of a sentence, and BP = min(1, exp(1 - r / c)), where c is the sentence's length and r
    the length of a reference that is nearest, the shorter of two. A p_k without matches is 0.1 / sum_g count
    of g; without a common word the sentence has 0.

    It is NLTK's `sentence_bleu` with uniform weights and `SmoothingFunction().method1`, averaged over the
    candidates, as SeqGAN and Texygen report it; it is not `corpus_bleu`. It grows with the number of
    references: state how many there were. The references' n-grams are counted once: 10,000 sentences of 20
    tokens against as many take seconds.

    Args:
        candidates: sentences: a list of strings, which are split at spaces, a list of lists of tokens, or
            integers [sentences, T].
        references: sentences likewise.
        n: longest n-grams.
        padding: token that is left out wherever it stands, or None.
        characters: whether strings are split into characters.

    Returns:
        float in [0, 1].

    Raises:
        ValueError: for no sentences, something else than sentences, or an `n` that is no positive integer.

    Example:

    >>> round(kgen.metrics.bleu(["the cat sat here"], ["the cat sat on it", "here it sat"], n=2), 4)
    0.8165

    Reference: Papineni et al. 2002, sections 2.1 to 2.3; Chen & Cherry 2014, smoothing technique 1.
    """
    positive_integer("n", n)
    candidates = _sentences("candidates", candidates, padding, characters)
    references = _sentences("references", references, padding, characters)
    tokens, lengths = _encoded(candidates + references)
    mine, others = np.split(lengths, [len(candidates)])
    nearest = _nearest(mine, *np.unique(others, return_counts=True))
    return _mean_bleu(tokens, lengths, n, _in_references, nearest)


def self_bleu(sentences, n=4, num_samples=None, seed=0, padding=None, characters=False):
    """Mean BLEU-n of sentences, each against all others: 1 where all are the same, low where they differ.

    mean_i BLEU-n(s_i; all s_j with j != i), as of `bleu`. N sentences have N - 1 references each, and it
    grows with their number: compare at the same N. The n-grams of all are counted once, and the most that
    the others have of one is the largest count, or the second where the largest is the sentence's own.

    Args:
        sentences: two or more, as of `bleu`.
        n: longest n-grams.
        num_samples: N, how many sentences are taken, without replacement; all unless given.
        seed: integer; which ones are taken.
        padding, characters: as of `bleu`.

    Returns:
        float in [0, 1].

    Raises:
        ValueError: for fewer than two sentences, something else than sentences, or bad numbers.

    Example:

    >>> kgen.metrics.self_bleu(["the cat sat here"] * 3)
    1.0

    Reference: Zhu et al. 2018, section 3, arXiv 1802.01886.
    """
    positive_integer("n", n)
    sentences = _taken(_sentences("sentences", sentences, padding, characters), num_samples, seed)
    tokens, lengths = _encoded(sentences)
    others, counts = np.unique(lengths, return_counts=True)
    nearest = _nearest(lengths, others, counts - (others == lengths[:, None]))
    return _mean_bleu(tokens, lengths, n, _in_others, nearest)


def distinct(sentences, n=2, padding=None, characters=False):
    """Share of n-grams that are distinct: 1 for text that never repeats one.

    number of distinct n-grams / number of n-grams

    Li et al. divide by the number of tokens instead; the two are the same for n = 1. It falls with the number
    of sentences: compare at the same number.

    Args:
        sentences: as of `bleu`.
        n: length of the n-grams.
        padding, characters: as of `bleu`.

    Returns:
        float in (0, 1]; nan where no sentence has n tokens.

    Raises:
        ValueError: for no sentences, something else than sentences, or an `n` that is no positive integer.

    Example:

    >>> kgen.metrics.distinct(["a cat and a cat"], n=2)
    0.75

    Reference: Li et al. 2016, section 5, arXiv 1510.03055.
    """
    positive_integer("n", n)
    *_, (_, grams) = _orders(*_encoded(_sentences("sentences", sentences, padding, characters)), n)
    return len(np.unique(grams)) / len(grams) if len(grams) else float("nan")


def _sentences(name, sentences, padding, characters):
    """Sentences as lists of tokens."""
    sentences = _plain(sentences)
    if isinstance(sentences, (str, bytes)) or not hasattr(sentences, "__iter__"):
        raise invalid(name, "a list of sentences", type=type(sentences).__name__)
    read = [_tokens(name, sentence, characters) for sentence in sentences]
    if not read:
        raise invalid(name, "at least one sentence", number=0)
    return read if padding is None else [[token for token in row if token != padding] for row in read]


def _tokens(name, sentence, characters):
    """One sentence as a list."""
    sentence = _plain(sentence)
    if isinstance(sentence, bytes):
        sentence = sentence.decode()
    if isinstance(sentence, str):
        return list(sentence) if characters else sentence.split()
    if not hasattr(sentence, "__iter__"):
        raise invalid(name, "strings, or lists of tokens, in it", type=type(sentence).__name__)
    return list(sentence)


def _plain(x):
    """Lists or strings of an array or a tensor."""
    x = x.numpy() if hasattr(x, "numpy") else x
    return x.tolist() if isinstance(x, np.ndarray) else x


def _taken(sentences, num_samples, seed):
    """All sentences, or some by a seed."""
    count = len(sentences) if num_samples is None else num_samples
    integer_from(0, "seed", seed)
    if len(sentences) < 2:
        raise invalid("sentences", "two or more", number=len(sentences))
    if isinstance(count, bool) or not isinstance(count, int) or not 2 <= count <= len(sentences):
        raise invalid("num_samples", f"from 2 to the {len(sentences)} there are", num_samples=num_samples)
    chosen = np.random.default_rng(seed).permutation(len(sentences))[:count]
    return [sentences[i] for i in sorted(chosen)]


def _encoded(sentences):
    """All tokens in a row as numbers from 0, and the sentences' lengths."""
    numbers = {}
    tokens = [numbers.setdefault(token, len(numbers)) for sentence in sentences for token in sentence]
    return np.array(tokens, "int64"), np.array([len(sentence) for sentence in sentences])


def _orders(tokens, lengths, n):
    """For k = 1..n the sentence and the number of every k-gram, in two arrays."""
    rows = np.repeat(np.arange(len(lengths)), lengths)
    room = np.cumsum(lengths)[rows] - np.arange(len(tokens))  # Tokens from here to the end of the sentence.
    grams = np.zeros_like(tokens)
    for k in range(n):
        longer = grams * (len(tokens) + 1) + np.roll(tokens, -k)
        grams = np.unique(longer, return_inverse=True)[1]
        yield rows[room > k], grams[room > k]


def _counted(rows, grams):
    """Each k-gram of each sentence once, and its count; sorted by gram, then by count."""
    size = grams.max(initial=0) + 1
    pairs, counts = np.unique(rows * size + grams, return_counts=True)
    rows, grams = np.divmod(pairs, size)
    order = np.lexsort((counts, grams))
    return rows[order], grams[order], counts[order]


def _in_references(rows, grams, counts, num_candidates):
    """Matches of each candidate's k-grams; the references are the rows behind the candidates."""
    mine = rows < num_candidates
    most = np.zeros(grams.max(initial=0) + 1, "int64")
    np.maximum.at(most, grams[~mine], counts[~mine])
    return np.bincount(rows[mine], np.minimum(counts, most[grams])[mine], num_candidates)


def _in_others(rows, grams, counts, num_sentences):
    """Matches of each sentence's k-grams in the others: in the next largest count where its own is largest."""
    same = grams[1:] == grams[:-1]
    largest, next_largest = np.append(~same, True)[: len(rows)], np.append(0, counts[:-1] * same)[: len(rows)]
    most = np.zeros(grams.max(initial=0) + 1, "int64")
    most[grams[largest]] = counts[largest]
    limits = np.where(largest, next_largest, most[grams])
    return np.bincount(rows, np.minimum(counts, limits), num_sentences)


def _nearest(lengths, others, counts):
    """For each length the nearest of others that have any counts [sentences, others], the shorter of two."""
    distances = np.abs(others - lengths[:, None])
    return others[np.where(counts > 0, distances, np.inf).argmin(axis=1)]


def _mean_bleu(tokens, lengths, n, matches, nearest):
    """Mean of BP (p_1 ... p_n)^(1 / n) over the first sentences, one for each nearest length."""
    count = len(nearest)
    found = np.array(
        [matches(*_counted(*order), count) for order in _orders(tokens, lengths, n)]
    )  # [n, count]
    lengths = lengths[:count]
    possible = np.maximum(lengths - np.arange(n)[:, None], 1)
    logs = np.log(np.where(found > 0, found, EPSILON) / possible)
    penalty = np.minimum(1 - nearest / np.maximum(lengths, 1), 0)
    return float(np.mean(np.where(found[0] > 0, np.exp(penalty + logs.mean(axis=0)), 0.0)))
