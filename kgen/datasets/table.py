"""Tables with missing cells, from CSV files and arrays, as the data set that a model of missing data trains on."""

import csv
import dataclasses
import os
import pathlib
import typing

import numpy as np

from kgen.datasets.arrays import Examples
from kgen.datasets.columns import Columns, is_number, observed, typed
from kgen.datasets.stream import Description, stream
from kgen.errors import invalid

AHEAD = 40  # Batches that are ready: a step of a table's small networks is over before the next one would be.


@dataclasses.dataclass(frozen=True)
class TableDescription(Description):
    """What a table is; see `Description`.

    Args:
        columns: its `Columns`.

    Example:

    >>> _, about = kgen.datasets.load_table([[1.0, np.nan], [2.5, 3.0]], batch_size=2)
    >>> about.shape, about.columns.names, about.columns.span
    ((2,), ('column 1', 'column 2'), (1.5, 0.0))
    """

    columns: Columns = None


class Table(typing.NamedTuple):
    """A table as it was read."""

    values: np.ndarray  # float64 [rows, columns], codes in columns of categories, NaN where a cell is missing
    columns: Columns
    cells: list | None  # Rows of strings, None of an array of numbers.
    name: str


def load_table(source, categorical=(), batch_size=128, seed=0, shuffle=True):
    """Loads a table with missing cells as the data set that a `kgen.GAIN` trains on.

    A CSV file has a header; a cell that is empty or NaN is missing. A column in which no cell is a number holds
    categories, and so does one that is declared; the others hold numbers. A category is its place in the sorted
    list of those that were observed. The order is a function of (seed, step): see `from_arrays`.

    Args:
        source: path of a CSV file in UTF-8, or an array [rows, columns]: floats with NaN where one is missing, or
            strings.
        categorical: names of columns that hold categories though they look like numbers; of an array's columns
            "column 1", "column 2" and so on.
        batch_size: rows per step.
        seed: integer in [0, 2**31).
        shuffle: whether to shuffle, which also drops the remainder of the last epoch.

    Returns:
        Pair (dataset, `TableDescription`): a `tf.data.Dataset` of float32 batches [batch, columns], NaN where a
        cell is missing, with the attributes that `from_arrays` gives.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: an empty file, a row of another length, a cell that is no number, a row or a column in which
            every cell is missing.

    Example:

    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp(), "people.csv")
    >>> _ = file.write_text("age,town\\n31,Rome\\n,Oslo\\n28,\\n")
    >>> dataset, description = kgen.datasets.load_table(file, batch_size=3, shuffle=False)
    >>> next(iter(dataset)).numpy().tolist()
    [[31.0, 1.0], [nan, 0.0], [28.0, nan]]
    >>> description.columns.categories, description.columns.minimum
    (((), ('Oslo', 'Rome')), (28.0, 0.0))
    """
    table = read_table(source, categorical)
    dataset = stream_table(table.values, table.columns, batch_size, seed, shuffle, table.name)
    return dataset, dataset.description


def read_table(source, categorical=(), columns=None):
    """The rows of a table.

    Args:
        source, categorical: as in `load_table`.
        columns: the `Columns` of a trained model, which the table must have; of these rows one may be all missing.

    Returns:
        `Table`; its columns are those given, else what was observed.
    """
    if not isinstance(source, str | os.PathLike):
        return _read_array(np.asarray(source), tuple(categorical), columns)
    path = pathlib.Path(source).expanduser()
    names, cells, lines = read_csv(path)
    return _table(names, cells, lines, tuple(categorical), columns, path.stem)


def _read_array(array, categorical, columns):
    if array.ndim != 2 or not array.size:
        raise invalid("source", "a table [rows, columns] that is not empty", shape=array.shape)
    names = columns.names if columns else tuple(f"column {j + 1}" for j in range(array.shape[1]))
    if array.dtype.kind in "iufb" and not categorical:
        values = array.astype(np.float64)
        return Table(values, columns or observed(values, names), None, "table")
    cells = [["" if cell is None else str(cell) for cell in row] for row in array.tolist()]
    return _table(names, cells, range(1, len(cells) + 1), categorical, columns, "table")


def _table(names, cells, lines, categorical, columns, name):
    kinds = columns or typed(names, cells, lines, categorical)
    values = kinds.numbers(names, cells, lines)
    return Table(values, columns or observed(values, kinds.names, kinds.categories), cells, name)


def read_csv(path):
    """Header and rows of a CSV file.

    Args:
        path: of the file.

    Returns:
        (names, cells, lines): the header, rows of strings, and the line in which each row ends.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no table.
    """
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            rows = [(row, reader.line_num) for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise invalid("source", "a CSV file in UTF-8", f"{path} ({error})") from None
    if len(rows) < 2:
        raise invalid("source", "a header and at least one row", f"{path} with {len(rows)} lines")
    names = [name.strip() for name in rows[0][0]]
    _check_header(path, names)
    for row, line in rows[1:]:
        if len(row) != len(names):
            raise invalid("source", f"{len(names)} cells in each row", f"{len(row)} in line {line} of {path}")
    return names, [row for row, _ in rows[1:]], [line for _, line in rows[1:]]


def _check_header(path, names):
    if all(map(is_number, names)):
        raise invalid("source", "names of the columns in the first line", f"numbers in {path}")
    if twice := [name for name in names if names.count(name) > 1]:
        raise invalid("source", "columns of different names", f"{twice[0]!r} twice in {path}")


def stream_table(values, columns, batch_size, seed, shuffle=True, name="table"):
    """The data set of rows; see `load_table`.

    Args:
        values: array [rows, ...], NaN where something is missing: of a table, or pictures.
        columns: its `Columns`, None of pictures.
        batch_size, seed, shuffle: as in `load_table`.
        name: name in the description.

    Returns:
        `tf.data.Dataset` with the attributes that `from_arrays` gives.
    """
    examples = Examples(values.astype(np.float32), None, (), name, "train" if shuffle else "all")
    made = stream(examples, batch_size, seed, shuffle, None, False)

    def at(step):
        return made.at(step).prefetch(AHEAD)

    dataset = at(0).take(made.steps_per_epoch)
    dataset.at, dataset.steps_per_epoch = at, made.steps_per_epoch
    dataset.description = TableDescription(**vars(made.description), columns=columns)
    return dataset
