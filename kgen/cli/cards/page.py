"""A model card, written from what a run's folder holds and what its evaluation says."""

import argparse
import pathlib
import re

from kgen import pictures, serving
from kgen.cli import data, evaluate, joint, sounds, texts
from kgen.cli.building import load_run
from kgen.cli.cards import measured, specimen, usage
from kgen.cli.cards.repeating import command, shown
from kgen.cli.folder import read_options
from kgen.cli.papers import paper
from kgen.cli.planning import told_data

CARD, PICTURE, MIN_SIDE = "README.md", "samples.png", 320
MEASURES = argparse.Namespace(metrics=None, num_samples=None, hide=None, json=False)
LICENCES = {
    "digits": "Optical Recognition of Handwritten Digits, UCI Machine Learning Repository: CC BY 4.0",
    "mnist": "MNIST, LeCun and Cortes: CC BY-SA 3.0",
    "tiny_shakespeare": "text in the public domain",
    "spoken_digit": "Free Spoken Digit Dataset: CC BY-SA 4.0",
}
FILLED = "Cells that it filled in are bold; behind them stands what was there before it was hidden."
ABOUT = """By `kgen evaluate`, over {seen} of the split `{split}`. A floor is the same measure of what the last column
names; losses and accuracies have none."""
HIDDEN = """By `{command}`: {share:.0%} of the known cells of {rows:,} rows were hidden at random, {cells:,} in
all, and filled in again; {which}. A floor is the same measure of what the last column names. The error
is that of numbers scaled by their column's smallest and largest one."""
SEEN, UNSEEN = "the model was trained on these rows, and saw these cells", "it had not seen these rows"
KINDS = {3: "pictures", 4: "clips"}  # By the rank of an example.
PREFIXES = re.compile(r"^(stacked:|moving:|few_labels:\d+:|digits_pair:\w+(:|$))")


def of_run(path, out, source=None):
    """Evaluates a run and writes its card.

    Args:
        path: folder of the run.
        out: folder of the versions that the card is of.
        source: CSV file by which a model of tables is judged, other than the one it was trained on, or None.

    Returns:
        (model, files): the model that was evaluated, and name -> bytes of the card and its picture.

    Raises:
        ValueError: other rows for a model that fills in no tables.
    """
    if source and not data.is_table(read_options(path)):
        raise ValueError(f"--data is for tables, and {path} fills in none.")
    evidence, values = evaluate.judge(path, MEASURES, {"data": data.place(source)} if source else {})
    model = evidence.model if evidence else load_run(path)[0]
    return model, files(pathlib.Path(out).resolve().name, model, read_options(path), values)


def files(title, model, options, values):
    """The card, and beside it a picture of samples where these are no texts and no rows of a table.

    Args:
        title: name of the exported model.
        model: the model; one of pairs has looked at some.
        options: of its run.
        values: of its evaluation, as `kgen.cli.evaluate.judge` gives them.

    Returns:
        Dict file name -> bytes.
    """
    endpoints = serving.endpoints(model)
    if texts.is_text(options["model"]):
        drawn, sheet = usage.fenced(specimen.text(model), "text"), {}
    elif data.is_table(options):
        drawn, sheet = [*specimen.rows(values["examples"]), "", FILLED], {}
    else:
        drawn = [f"![Samples of {title}]({PICTURE})", "", specimen.caption(model)]
        sheet = {PICTURE: pictures.png_bytes(specimen.picture(model, options), MIN_SIDE)}
    parts = [_head(title, options), drawn, _data(options), _training(options, values), _reached(values)]
    parts += [usage.commands(title, model, endpoints), usage.table(endpoints), _limits(options, values)]
    return {CARD: "\n\n".join("\n".join(lines) for lines in parts).encode() + b"\n", **sheet}


def licence(source):
    """Under which terms data may be used.

    Args:
        source: as of --data, prefixes such as `stacked:` included.

    Returns:
        String.

    Example:

    >>> from kgen.cli.cards.page import licence
    >>> licence("digits_pair:edges:mnist")
    'MNIST, LeCun and Cortes: CC BY-SA 3.0'
    """
    name = re.split("[:/]", PREFIXES.sub("", source) or "digits")[0]
    return LICENCES.get(name, "see the data set's own page")


def _head(title, options):
    found = paper(options["model"])
    return [f"# {title}", "", f"`kgen.{found.cls}`: {found.about}. Paper: {found.reference}."]


def _data(options):
    sources = [options[name] for name in ("data", "data_b") if options[name]]
    kind, numbers = next(iter(told_data(options["model"], options["data_set"]).items()))
    lines = [f"- source: {' and '.join(f'`{shown(source)}`' for source in sources)}"]
    lines += [f"- {kind} to train on: {numbers}", *_columns(options["data_set"].get("columns"))]
    licences = [licence(own) for source in sources for own in joint.sources_of(source)]
    return ["## Data", "", *lines, f"- licence: {'; '.join(dict.fromkeys(licences))}"]


def _columns(columns):
    """What the numbers of a row mean, in order."""
    if not columns:
        return []
    named = zip(columns["names"], columns["categories"], strict=True)
    told = [f"`{name}`" + (f" ({_codes(codes)})" if codes else "") for name, codes in named]
    return [f"- columns: {', '.join(told)}"]


def _codes(categories):
    return ", ".join(f"{code}: `{name}`" for code, name in enumerate(categories))


def _training(options, values):
    versions = ", ".join(f"{name} {number}" for name, number in options["versions"].items())
    lines = [f"- steps: {values['step']:,}", f"- seed: {options['seed']}", f"- versions: {versions}"]
    return ["## Training", "", *usage.fenced(command(options), "bash"), "", *lines]


def _reached(values):
    lines = [_by(values), "", *measured.markdown(values)]
    if distances := values.get("distances"):
        number, extractor = distances["num_samples"], distances["extractor"]["name"]
        lines += ["", f"Distances of {number:,} pictures, in the features of `{extractor}`."]
    if noise := measured.of_noise(values):
        lines += ["", f"Noise of the sounds' mean spectrum reaches {noise}."]
    if "texts" in values:
        lines += ["", f"N-grams of {values['num_samples']:,} texts; compare at the same number only."]
    return ["## What it reaches", "", *lines]


def _by(values):
    """What the numbers are of."""
    if "num_cells" not in values:
        return ABOUT.format(seen=_seen(values), split=values["split"])
    numbers = {"cells": values["num_cells"], "share": values["share"], "rows": values["num_rows"]}
    if values["trained_on"]:
        return HIDDEN.format(command="kgen evaluate", which=SEEN, **numbers)
    return HIDDEN.format(command=f"kgen evaluate --data {shown(values['data'])}", which=UNSEEN, **numbers)


def _seen(values):
    return f"{values['num_tokens']:,} tokens" if "texts" in values else f"{values['num_pictures']:,} examples"


def _limits(options, values):
    lines = ["It was trained on the data above and on nothing else, and knows nothing else.", *_size(options)]
    if "distances" in values and not values["distances"]["extractor"]["comparable"]:
        lines += ["Its distances are those of kgen's own extractor and do not compare with published FIDs."]
    lines += ["No server was run: what `assets.extra/` holds as answers, TensorFlow computed from the files."]
    return ["## Limits", "", *(f"- {line}" for line in lines), "", "Written by `kgen export --card`."]


def _size(options):
    """The one size of examples that a model knows."""
    shape = options["data_set"]["shape"]
    if columns := options["data_set"].get("columns"):
        return [f"It fills in rows of these {len(columns['names'])} columns, in this order and these units."]
    if sounds.is_sound(options["model"]):
        rate = options["data_set"]["sample_rate"]
        return [f"It makes sounds of {shape[0]:,} samples at {rate:,} Hz and of no other length or rate."]
    if len(shape) not in KINDS:
        return []
    size = " x ".join(map(str, shape))
    made = "It has seen" if data.is_paired(options) else "It makes"
    return [f"{made} {KINDS[len(shape)]} of {size} and of no other size."]
