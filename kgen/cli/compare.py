"""Judges several runs alike and shows, in a table, what they reach and in which options they differ.

All runs are judged on the same number of held-out examples. Values compare among runs on the same data only.
"""

import json

from kgen.cli import evaluate
from kgen.cli.folder import read_options
from kgen.cli.table import lay_out

COMPARED = ("distances", "texts", "sounds")  # Parts of a report whose numbers have others beside them.
APART = ("data_set", "arguments", "optimizers", "versions")  # Options that hold others.


def add_arguments(parser):
    """Adds the options of `kgen compare`."""
    parser.add_argument("paths", metavar="RUN", nargs="+", help="folders of runs")
    evaluate.add_measures(parser)


def run(arguments):
    """Prints the table, or JSON."""
    options = {path: flat(read_options(path)) for path in arguments.paths}
    reports = {path: evaluate.judge(path, arguments)[1] for path in options}
    found = {"options": differing(options), "metrics": {path: numbers(own) for path, own in reports.items()}}
    if {"data", "data_b", "image_size"} & set(found["options"]):
        found["note"] = "The runs have different data: their values do not compare."
    print(json.dumps(found, indent=1) if arguments.json else told(list(options), found))


def flat(options):
    """A run's options as one level: arguments by their names, optimisers' numbers after their player's.

    Args:
        options: as of options.json.

    Returns:
        Dict name -> plain value.

    Example:

    >>> kgen.cli.compare.flat({"seed": 0, "optimizers": {"optimizer": {"name": "adam"}}})
    {'seed': 0, 'optimizer name': 'adam'}
    """
    plain = {name: value for name, value in options.items() if name not in APART}
    slots = options.get("optimizers", {}).items()
    rates = {f"{slot} {name}": value for slot, own in slots for name, value in own.items()}
    return plain | options.get("arguments", {}) | rates


def differing(options):
    """The options in which runs differ.

    Args:
        options: dict run -> {name: value}.

    Returns:
        Dict name -> {run: value}, None where a run has no such option.

    Example:

    >>> kgen.cli.compare.differing({"a": {"seed": 0, "width": 8}, "b": {"seed": 1, "width": 8}})
    {'seed': {'a': 0, 'b': 1}}
    """
    names = dict.fromkeys(name for own in options.values() for name in own)
    rows = {name: {run: own.get(name) for run, own in options.items()} for name in names}
    return {name: row for name, row in rows.items() if len(set(map(str, row.values()))) > 1}


def numbers(values):
    """The numbers of a report, on one level.

    Args:
        values: as `kgen.cli.evaluate.judge` gives them.

    Returns:
        Dict name -> number, or a dict of value and floor.
    """
    distances = {name: own for part in COMPARED for name, own in values.get(part, {}).items()}
    distances |= {f"{name}_ba": found for name, found in values.get("distances_ba", {}).items()}
    compared = {
        name: found for name, found in distances.items() if isinstance(found, dict) and "value" in found
    }
    rest = {"verdict": ("real_accuracy", "fake_accuracy"), "class_balance": ("entropy",)}
    chosen = {key: values[part][key] for part, keys in rest.items() for key in keys if part in values}
    return {
        "step": values["step"],
        **values["terms"],
        **compared,
        **chosen,
        **{name: found["value"] for name, found in values.get("truth", {}).items()},
        **values.get("modes", {}).get("samples", {}),
    }


def told(runs, found):
    """The comparison for people.

    Args:
        runs: their names.
        found: dict of options, metrics and perhaps a note.

    Returns:
        Text: a column for each run.
    """
    names = dict.fromkeys(name for own in found["metrics"].values() for name in own)
    rows = [("", *runs)]
    rows += [(name, *(str(own[run]) for run in runs)) for name, own in found["options"].items()]
    rows += [(name, *(_cell(found["metrics"][run].get(name)) for run in runs)) for name in names]
    return "\n".join([lay_out(rows), *filter(None, [found.get("note")])])


def _cell(value):
    if isinstance(value, dict):
        return f"{_cell(value['value'])} (floor {_cell(value['floor'])})"
    return "" if value is None else f"{value:.4g}"
