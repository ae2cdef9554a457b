"""What is said of a run of tables: known cells are hidden, filled in again, and compared with what they were."""

import numpy as np

import kgen
from kgen.cli.building import load_run
from kgen.cli.impute import columns_of
from kgen.datasets.table import read_table
from kgen.errors import invalid

SHARE = 0.2  # Of the cells that are hidden, unless said.
EXAMPLES, SHOWN = 4, 6  # Rows and columns at most that are shown as they were, hidden and filled in.


def judge(path, share=None, source=None):
    """Loads a run of tables and judges it on cells that are hidden completely at random, by the run's seed.

    Args:
        path: folder of the run.
        share: of the cells that are hidden, in (0, 1); None for 0.2.
        source: CSV file of other rows than the run's own, or None.

    Returns:
        dict of JSON values: run, model, data, trained_on (whether these are the rows of training), num_rows,
        num_cells (hidden ones), share, step, terms: those of `terms`, and examples: those of `examples`.

    Raises:
        ValueError: bad numbers, other columns, or too few known cells.
    """
    share = SHARE if share is None else share
    model, options, manifest = load_run(path)
    table = read_table(source or options["data"], columns=columns_of(path))
    visible = kgen.datasets.mcar(table.values.shape, share, options["seed"])
    shown = np.where(visible, table.values, np.nan)
    hidden = np.isnan(shown) & ~np.isnan(table.values)
    plain = middles(shown, table.columns)
    if not hidden.any():
        raise invalid("share", "one that hides a known cell", share=share)
    filled = model.impute(shown, seed=options["seed"])
    return {
        "run": str(path),
        "model": options["model"],
        "data": str(source or options["data"]),
        "trained_on": source is None,
        "num_rows": len(shown),
        "num_cells": int(hidden.sum()),
        "share": share,
        "step": manifest["step"],
        "terms": terms(table.values, filled, plain, hidden, table.columns.sizes),
        "examples": examples(table.columns, was=table.values, left=shown, filled=filled),
    }


def middles(shown, columns):
    """The mean of each column of numbers, the most frequent code of each column of categories.

    Args:
        shown: float array [rows, columns], NaN where nothing is known.
        columns: `kgen.datasets.Columns`.

    Returns:
        float64 array [columns].

    Raises:
        ValueError: a column of which nothing is known.
    """
    known = [column[~np.isnan(column)] for column in shown.T]
    for name, cells in zip(columns.names, known, strict=True):
        if not len(cells):
            raise invalid("data", "cells of each column that stay known", column=name)
    pairs = zip(known, columns.sizes, strict=True)
    return np.array([np.bincount(x.astype(int)).argmax() if size else x.mean() for x, size in pairs])


def examples(columns, **tables):
    """The first cells of several tables of the same columns, as text.

    Args:
        columns: `kgen.datasets.Columns`.
        **tables: name -> float array [rows, columns], NaN where nothing is known.

    Returns:
        Dict of lists: columns, the names; and for each table its rows of strings, "" where nothing is known.
    """
    names = list(columns.names[:SHOWN])
    found = {name: table[:EXAMPLES, : len(names)].tolist() for name, table in tables.items()}

    def texts(row):
        return ["" if np.isnan(value) else columns.text(j, value) for j, value in enumerate(row)]

    return {"columns": names, **{name: [texts(row) for row in rows] for name, rows in found.items()}}


def terms(values, filled, plain, hidden, sizes):
    """How far the hidden cells are from what they were.

    Args:
        values: float array [rows, columns], NaN where nothing is known.
        filled: the same, filled in.
        plain: [columns], what the simplest way fills in.
        hidden: bool array, the cells that are judged.
        sizes: for each column its number of categories, 0 for numbers.

    Returns:
        Dict of floats: imputation_rmse and mean_rmse of numbers, category_accuracy and most_frequent_accuracy of
        categories, each only where such cells are hidden.
    """
    complete, simple = np.where(np.isnan(values), plain, values), np.where(hidden, plain, values)
    numbers = np.asarray(sizes) == 0
    found = {}
    for kind, names, measure in (
        (numbers, ("imputation_rmse", "mean_rmse"), kgen.metrics.imputation_rmse),
        (~numbers, ("category_accuracy", "most_frequent_accuracy"), _share_right),
    ):
        if hidden[:, kind].any():
            for name, ways in zip(names, (filled, simple), strict=True):
                found[name] = float(measure(complete[:, kind], ways[:, kind], ~hidden[:, kind]))
    return found


def _share_right(true, imputed, mask):
    return np.mean((true == imputed)[~mask])


def table(values):
    """The report for people.

    Args:
        values: as `judge` gives them.

    Returns:
        Text of several lines.
    """
    which = "that it was trained on" if values["trained_on"] else "of another file"
    lines = [
        f"{values['model']} on {values['data']}, {values['num_rows']:,} rows {which}, step {values['step']}"
    ]
    lines += [f"  {name:26} {value:.4f}" for name, value in values["terms"].items()]
    lines.append(f"  {values['num_cells']:,} known cells hidden, {values['share']:.0%} of all at random")
    if values["trained_on"]:
        lines.append("  training saw these cells; --data FILE.csv judges rows that it did not see")
    return "\n".join(lines)
