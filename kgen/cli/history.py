"""history.csv: a row per epoch, written as it ends, none twice and none lost when a run is resumed."""

import csv
import io
import os
import pathlib

import keras


class HistoryFile(keras.callbacks.Callback):
    """Writes the logs of every epoch into a file that is whole at any moment.

    A resumed run repeats the epoch it was killed in; its row replaces the old one.

    Args:
        path: of the file.

    Example:

    >>> kgen.cli.history.HistoryFile("runs/a/history.csv").path.name
    'history.csv'
    """

    def __init__(self, path):
        super().__init__()
        self.path = pathlib.Path(path)

    def on_epoch_end(self, epoch, logs=None):
        earlier = [row for row in read(self.path) if int(row["epoch"]) <= epoch]
        row = {"epoch": epoch + 1, **{name: float(value) for name, value in (logs or {}).items()}}
        _write(self.path, [*earlier, row])


def read(path):
    """Rows of a history.

    Args:
        path: of the file.

    Returns:
        List of dicts name -> string, one per epoch; empty where there is no file.
    """
    if not pathlib.Path(path).is_file():
        return []
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def curves(path):
    """The numbers of a history.

    Args:
        path: of the file.

    Returns:
        Dict name -> {epoch: float}.
    """
    rows = read(path)
    names = [name for name in (rows[0] if rows else ()) if name != "epoch"]
    return {name: {int(row["epoch"]): float(row[name]) for row in rows} for name in names}


def _write(path, rows):
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(dict.fromkeys(name for row in rows for name in row)), restval="nan")
    writer.writeheader()
    writer.writerows(rows)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with open(aside, "w", newline="") as file:
        file.write(buffer.getvalue())
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
