"""The columns of a table: what each holds, what was observed in it, and cells of text as numbers and back."""

import dataclasses

import numpy as np

from kgen.errors import invalid, nearest

MISSING = ("", "nan")  # Cells in lower case that stand for a missing one.
FEW = 20  # Different values from which on a column of whole numbers counts as a measured one.
MOST_CATEGORIES = 1000


@dataclasses.dataclass(frozen=True)
class Columns:
    """What the columns of a table are, and what was observed in them.

    Args:
        names: of the columns.
        categories: for each column the names of its categories, in the order of their codes 0, 1, ...; empty for
            a column of numbers.
        minimum: smallest observed number of each column, 0 of categories.
        span: largest observed number less the smallest, 0 of categories.
        whole: for each column whether fewer than 20 different numbers were observed, all of them whole.

    Example:

    >>> _, description = kgen.datasets.load_table(np.array([[1.0, np.nan], [3.0, 0.5]]), batch_size=2)
    >>> description.columns.minimum, description.columns.span
    ((1.0, 0.5), (2.0, 0.0))
    """

    names: tuple
    categories: tuple
    minimum: tuple = ()
    span: tuple = ()
    whole: tuple = ()

    @property
    def sizes(self):
        """Number of categories of each column, 0 of numbers: `categories` of a `kgen.GAIN`."""
        return tuple(len(names) for names in self.categories)

    def numbers(self, names, cells, lines):
        """Rows of text as numbers, in the columns of a trained model.

        Args:
            names: of the table's columns.
            cells: rows of strings.
            lines: number of each row, for messages.

        Returns:
            float64 array [rows, columns]: numbers and codes of categories, NaN where a cell is missing.

        Raises:
            ValueError: other columns, a cell that is no number, or an unknown category.
        """
        if tuple(names) != self.names:
            raise invalid("source", f"the columns {_listed(self.names)}", f"the columns {_listed(names)}")
        parts = [
            _codes(column, self.names[j], self.categories[j], lines)
            if self.categories[j]
            else _floats(column, self.names[j], lines)
            for j, column in enumerate(zip(*cells, strict=True))
        ]
        return np.stack(parts, axis=1)

    def text(self, column, value):
        """One value of a column as the text of a cell."""
        if self.categories[column]:
            return self.categories[column][int(value)]
        return str(int(value)) if value == int(value) else str(np.float32(value))


def typed(names, cells, lines, categorical=()):
    """The columns of a table of text that nothing is known about.

    A column in which no cell is a number holds categories, and so does a declared one.

    Args:
        names: of the columns.
        cells: rows of strings.
        lines: number of each row, for messages.
        categorical: names of columns of categories.

    Returns:
        `Columns` without what was observed.

    Raises:
        ValueError: a column in which some cells are numbers and others are not, an unknown declared name, or too
            many categories.
    """
    for name in categorical:
        if name not in names:
            error = invalid("categorical", f"names among {_listed(names)}", categorical=name)
            raise ValueError(f"{error} {nearest(str(name), names)}")
    columns = zip(names, zip(*cells, strict=True), strict=True)
    return Columns(tuple(names), tuple(_categories(*pair, lines, categorical) for pair in columns))


def _categories(name, column, lines, categorical):
    """Names of a column's categories, in order; none of numbers."""
    observed = [cell for cell in column if not is_missing(cell)]
    if name not in categorical and (not observed or any(map(is_number, observed))):
        return ()
    found = tuple(sorted(set(observed)))
    if len(found) > MOST_CATEGORIES:
        expected = f"at most {MOST_CATEGORIES} categories in a column; leave free text out"
        raise invalid("source", expected, f"{len(found)} in column {name!r}")
    return found


def observed(values, names=None, categories=None):
    """The `Columns` of rows of numbers.

    Args:
        values: float array [rows, columns], NaN where a cell is missing; codes in columns of categories.
        names: of the columns; numbers from 1 unless given.
        categories: for each column the names of its categories; none unless given.

    Returns:
        `Columns` with what was observed.

    Raises:
        ValueError: a column or a row without any cell, a number that is not finite, or another code than those
            of the categories.
    """
    width = values.shape[1]
    names = names or tuple(f"column {j + 1}" for j in range(width))
    categories = categories or ((),) * width
    check_observed(values, names)
    for j, known in enumerate(categories):
        check_codes(values[:, j], names[j], len(known))
    numeric = np.array([not known for known in categories])
    minimum = np.where(numeric, np.nanmin(values, axis=0), 0.0)
    span = np.where(numeric, np.nanmax(values, axis=0) - minimum, 0.0)
    whole = [bool(numeric[j]) and _is_whole(values[:, j]) for j in range(width)]
    return Columns(
        tuple(names), tuple(categories), tuple(minimum.tolist()), tuple(span.tolist()), tuple(whole)
    )


def check_observed(values, names, name="source"):
    """Refuses infinite numbers, and rows and columns in which nothing is observed.

    Args:
        values: float array [rows, ...], NaN where a cell is missing.
        names: of the columns, or None where they need not be observed.
        name: of the argument in messages.
    """
    flat = values.reshape([len(values), -1])
    if np.isinf(flat).any():
        row, column = np.argwhere(np.isinf(flat))[0]
        raise invalid(name, "finite numbers, or NaN for a missing one", f"infinity in row {row + 1}")
    missing = np.isnan(flat)
    if missing.all(axis=1).any():
        row = missing.all(axis=1).argmax() + 1
        raise invalid(name, "rows of which something is known; leave the others out", f"nothing in row {row}")
    if names is not None and missing.all(axis=0).any():
        column = names[missing.all(axis=0).argmax()]
        raise invalid(name, "columns of which something is known", f"nothing in {column!r}")


def check_codes(column, label, size, name="source"):
    """Refuses codes of categories other than 0 ... size - 1; numbers (size 0) are free."""
    known = column[~np.isnan(column)]
    wrong = known[(known != np.floor(known)) | (known < 0) | (known >= size)] if size else known[:0]
    if len(wrong):
        raise invalid(name, f"codes 0 ... {size - 1} of categories in {label!r}", code=float(wrong[0]))


def is_missing(cell):
    """Whether a cell is empty, or NaN in any case."""
    return cell.strip().lower() in MISSING


def _is_whole(column):
    known = np.unique(column[~np.isnan(column)])
    return len(known) < FEW and bool((known == np.floor(known)).all())


def is_number(cell):
    """Whether a cell reads as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _floats(column, name, lines):
    for line, cell in zip(lines, column, strict=True):
        if not (is_missing(cell) or is_number(cell)):
            expected = f"numbers in column {name!r}, unless it is declared categorical"
            raise invalid("source", expected, f"{cell!r} in line {line}")
    return np.array([np.nan if is_missing(cell) else float(cell) for cell in column])


def _codes(column, name, categories, lines):
    codes = {known: code for code, known in enumerate(categories)}
    for line, cell in zip(lines, column, strict=True):
        if not (is_missing(cell) or cell in codes):
            expected = f"one of the known categories {_listed(categories)} in column {name!r}"
            raise invalid("source", expected, f"{cell!r} in line {line}")
    return np.array([np.nan if is_missing(cell) else float(codes[cell]) for cell in column])


def _listed(words, most=8):
    """Some of the words, for a message of one line."""
    shown = ", ".join(map(repr, words[:most]))
    return shown if len(words) <= most else f"{shown} ... ({len(words)})"
