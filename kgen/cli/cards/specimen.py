"""What a model makes, for its card: a picture, texts, or rows of a table."""

import kgen
from kgen import pictures
from kgen.callbacks.text_samples import joined
from kgen.cli import data, joint

PICTURES, SOUNDS, CLIPS, TEXTS, SEED = 64, 16, 16, 4, 0  # As `kgen sample` draws them with its own seed.
PAIRS = "Columns: pictures of a, these as b, back as a, and a as a (identity); then the same from b."


def number_of(model):
    """How many samples a card shows.

    Args:
        model: a model that draws or translates something.

    Returns:
        Integer; of a model with classes as many of each.
    """
    return model.showcase(SOUNDS if model.AUDIBLE else CLIPS if model.MOVING else PICTURES)[0]


def picture(model, options):
    """Samples as one picture: pictures, points, sounds, clips, or the sheet of translations; a row for each class.

    Args:
        model: of pictures, vectors, sounds, clips or pairs; one of pairs has looked at some.
        options: of its run.

    Returns:
        uint8 array [height, width, channels].
    """
    if model.JOINT and (drawn := joint.sheet_of(model.modalities, _rows(model))) is not None:
        return drawn
    samples, columns = model.sheet(number_of(model), SEED)
    if model.AUDIBLE:
        return kgen.sounds.sheet(samples, model.sample_rate, columns)
    if model.MOVING:
        return pictures.strip(samples)
    if samples.ndim == 2:
        return pictures.scatter(samples, data.some_points(options) if data.mixture(options) else None)
    return pictures.grid(samples, columns)


def caption(model):
    """What the picture shows.

    Args:
        model: as of `picture`.

    Returns:
        String.
    """
    if model.PAIRED:
        return PAIRS
    if model.JOINT:
        return _kinds(model)
    rows = ", a row for each class" if "labels" in model.CONDITIONS else ""
    rows = ", a row for each clip" if model.MOVING else rows
    return f"{number_of(model)} samples of seed {SEED}{rows}."


def _rows(model):
    return model.generate(number_of(model), seed=SEED)


def _kinds(model):
    """What stands beside what, and the labels, which are not drawn."""
    found, parts = _rows(model), model.modalities
    lines = [f"{number_of(model)} samples of seed {SEED}, in the same places of each part."]
    if names := ", ".join(f"`{name}`" for name in joint.drawn_of(parts, found)):
        lines += [f"From left to right: {names}."]
    labels = [name for name, part in parts.items() if part.kind == "label"]
    lines += [f"`{name}`, place by place: {' '.join(map(str, found[name]))}." for name in labels]
    return " ".join(lines)


def rows(examples):
    """Rows with hidden cells, filled in, as a table in Markdown.

    Args:
        examples: as `kgen.cli.judging.tables.examples` gives them, with was, left and filled.

    Returns:
        List of lines: cells that were filled in are bold, with what was hidden behind them.

    Example:

    >>> from kgen.cli.cards.specimen import rows
    >>> print(rows({"columns": ["a", "b"], "was": [["1", ""]], "left": [["", ""]], "filled": [["2", "3"]]})[2])
    | **2** (1) | **3** |
    """
    tables = (examples[name] for name in ("was", "left", "filled"))
    body = [[_cell(*cell) for cell in zip(*row, strict=True)] for row in zip(*tables, strict=True)]
    names = [_plain(name) for name in examples["columns"]]
    return [f"| {' | '.join(row)} |" for row in (names, ["---"] * len(names), *body)]


def _cell(was, left, filled):
    if left:
        return _plain(left)
    return f"**{_plain(filled)}**" + (f" ({_plain(was)})" if was else "")


def _plain(cell):
    """A cell that ends no cell of Markdown."""
    return cell.replace("|", "\\|")


def text(model):
    """Texts of a language model.

    Args:
        model: a language model.

    Returns:
        String.
    """
    return joined(model.generate(TEXTS, seed=SEED), model.vocabulary)
