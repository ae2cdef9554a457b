"""What is said of a run's language model: nats over all held-out text, and n-grams of what it writes."""

import numpy as np

import kgen
from kgen.cli import texts
from kgen.cli.building import load_run
from kgen.datasets.vocabulary import END, PADDING

SAMPLES = 500  # Texts that n-grams are counted in, unless a number is said.
ORDERS = (1, 2)  # Of distinct n-grams.


def judge(path, num_samples=None, source=None):
    """Loads a run of text and judges it, in one pass over the held-out text with carried context.

    Args:
        path: folder of the run.
        num_samples: N, texts that are written, and most held-out ones; None for 500.
        source: other text than the run's own, or None.

    Returns:
        dict of JSON values: run, model, data, split, num_tokens, step, terms (name -> value), num_samples, and texts:
        name -> {"value", "floor"} of N texts and of as many held-out ones, None where there are too few.

    Raises:
        ValueError: no held-out text, or bad numbers.
    """
    model, options, manifest = load_run(path)
    options = {**options, "data": source or options["data"]}
    dataset, description = texts.held_out(options, model.vocabulary, limit=None)
    if dataset is None:
        raise ValueError(f"{options['data']} has no held-out text: no {' or '.join(texts.SPLITS)} split.")
    terms = model.evaluate(dataset, return_dict=True, verbose=0)
    real = _first(dataset, 2 * (num_samples or SAMPLES))
    number = num_samples or min(SAMPLES, max(2, len(real) // 2))
    fake = model.draw(number, min(model.sequence_length, real.shape[1]), seed=options["seed"])
    return {
        "run": str(path),
        "model": options["model"],
        "data": options["data"],
        "split": description.split,
        "num_tokens": description.num_tokens,
        "step": manifest["step"],
        "terms": {name: float(value) for name, value in terms.items()},
        "num_samples": number,
        "texts": _compared(fake, real, model.vocabulary) | _by_oracle(fake, real, options["data"]),
    }


def _first(dataset, number):
    """The first held-out rows of tokens, without the start and without empty ones, int32 [n, T]."""
    rows, found = [], 0
    for batch in dataset:
        tokens = batch.numpy()[:, 1:]
        rows.append(tokens)
        found += len(tokens)
        if found >= number:
            break
    return np.concatenate(rows)[:number]


def _compared(fake, real, vocabulary):
    """N-grams of texts, beside those of held-out ones; the other half of these are what BLEU compares with."""
    fake, real = _words(fake, vocabulary), _words(real, vocabulary)
    references, others = real[::2], real[1::2][: len(fake)]
    of_fake, of_real = (_measures(part, references, vocabulary) for part in (fake, others))
    return {name: {"value": value, "floor": of_real[name]} for name, value in of_fake.items()}


def _measures(sentences, references, vocabulary):
    """Name -> value, None where there are too few sentences."""
    enough = len(sentences) > 1 and references
    measures = {f"distinct_{n}": lambda n=n: kgen.metrics.distinct(sentences, n) for n in ORDERS}
    if vocabulary.sentences or vocabulary.level is None:
        measures["bleu_4"] = lambda: kgen.metrics.bleu(sentences, references)
        measures["self_bleu_4"] = lambda: kgen.metrics.self_bleu(sentences)
    return {name: _number(measure()) if enough else None for name, measure in measures.items()}


def _number(value):
    return None if np.isnan(value) else float(value)


def _words(tokens, vocabulary):
    """Lists of words: of characters what stands between spaces, else the tokens; no empty ones."""
    if vocabulary.level == "char":
        found = [text.decode().split() for text in vocabulary.decode(tokens).numpy()]
    else:
        unwritten = () if vocabulary.level is None else (PADDING, END)
        found = [[token for token in row if token not in unwritten] for row in tokens.tolist()]
    return [words for words in found if words]


def _by_oracle(fake, real, source):
    """What an oracle thinks of sequences, beside its own."""
    if not texts.is_oracle(source):
        return {}
    oracle = kgen.oracle.Oracle.load(texts.oracle_file(source))
    value, floor = (float(kgen.metrics.oracle_nll(part, oracle)) for part in (fake, real))
    return {"oracle_nll": {"value": value, "floor": floor}}


def table(values):
    """The report for people.

    Args:
        values: as `judge` gives them.

    Returns:
        Text of several lines.
    """
    seen = f"{values['num_tokens']:,} tokens of {values['split']}, step {values['step']}"
    lines = [f"{values['model']} on {values['data']}, {seen}"]
    lines += [_line(name, _told(value)) for name, value in values["terms"].items()]
    for name, found in values["texts"].items():
        lines.append(_line(name, f"{_told(found['value'])}   held-out text: {_told(found['floor'])}"))
    return "\n".join([*lines, f"  n-grams of {values['num_samples']} texts; compare at the same number only"])


def _line(name, text):
    return f"  {name:26} {text}"


def _told(value):
    return "none" if value is None else f"{value:.4f}"
