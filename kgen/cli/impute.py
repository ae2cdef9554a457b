"""Fills in what is missing in a CSV file, by the model of a run.

The file has the columns that the run was trained on. Cells that are there are copied as they are, letter by letter;
an existing file is never overwritten.
"""

import csv
import io
import pathlib

import numpy as np

from kgen.cli import data
from kgen.cli.building import load_run
from kgen.cli.folder import read_options
from kgen.datasets import Columns
from kgen.datasets.table import read_table


def add_arguments(parser):
    """Adds the options of `kgen impute`."""
    parser.add_argument("path", metavar="RUN", help="folder of a run of gain")
    parser.add_argument("table", metavar="FILE.csv", help="a header, and rows with empty cells or NaN")
    parser.add_argument("--out", required=True, metavar="FILLED.csv", help="file to write, a new one")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the noise (default: 0)")


def run(arguments):
    """Writes the filled table, and says how many cells were filled in."""
    columns, out = columns_of(arguments.path), pathlib.Path(arguments.out)
    if out.exists():
        raise FileExistsError(f"{out} exists. Choose another --out.")
    if not out.absolute().parent.is_dir():
        raise FileNotFoundError(f"There is no folder for --out {out}.")
    table = read_table(arguments.table, columns=columns)
    filled = load_run(arguments.path)[0].impute(table.values, seed=arguments.seed)
    text = filled_text(table, filled)
    with open(out, "x", newline="", encoding="utf-8") as file:
        file.write(text)
    print(f"Written to {out}: {len(filled)} rows, {int(np.isnan(table.values).sum())} cells filled in")


def columns_of(path):
    """The columns that a run was trained on.

    Args:
        path: folder of the run.

    Returns:
        `kgen.datasets.Columns`, without what was observed.

    Raises:
        FileNotFoundError: if there is no run.
        ValueError: a run of another model, or options that are not as `kgen train` writes them.
    """
    options = read_options(path)
    if not data.is_table(options):
        raise ValueError(
            f"{path} is a run of {options['model']}, which fills in nothing. Expected one of gain."
        )
    found = options["data_set"].get("columns", {})
    names, categories = (found.get(key) for key in ("names", "categories"))
    lists = [names, categories, *(categories if isinstance(categories, list) else [])]
    if not all(isinstance(part, list) for part in lists) or len(names) != len(categories):
        raise ValueError(f"{path} holds no columns as `kgen train` writes them.")
    return Columns(tuple(map(str, names)), tuple(tuple(map(str, part)) for part in categories))


def filled_text(table, filled):
    """A table as CSV: cells that were there as they were read, the others as the model filled them in.

    Args:
        table: `kgen.datasets.table.Table` of a file.
        filled: array [rows, columns].

    Returns:
        String.
    """
    missing, text = np.isnan(table.values), io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns.names)
    for cells, holes, values in zip(table.cells, missing, filled, strict=True):
        row = zip(cells, holes, values, strict=True)
        writer.writerow([table.columns.text(j, v) if hole else cell for j, (cell, hole, v) in enumerate(row)])
    return text.getvalue()
