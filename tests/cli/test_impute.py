"""`kgen train gain` on a CSV file, and `kgen impute`."""

import csv
import json

import numpy as np
import pytest

from kgen.cli import main, suiting

KNOWN = {1: ("Oslo, N", "Rome"), 2: ("0", "1", "2")}
WORDS = ["--epochs", "2", "--steps", "8", "--batch-size", "8", "--no-jit", "--set", "hidden_units=6,6"]


def write(path, number=24, holes=True):
    """A CSV file of a number, a category with a comma, and a code."""
    random = np.random.default_rng(0)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["size", "town", "code"])
        for row in range(number):
            u = random.uniform()
            cells = [f"{10 * u:.3f}", "Oslo, N" if u < 0.5 else "Rome", str(int(3 * u))]
            if holes and row % 3:
                cells[row % 3 - 1 if row % 2 else 2] = "" if row % 4 else "NaN"
            writer.writerow(cells)
    return path


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A CSV file and the folder of a finished run on it."""
    folder = tmp_path_factory.mktemp("tables")
    path = write(folder / "rows.csv")
    words = ["train", "gain", "--data", path, "--categorical", "code", "--out", folder / "run", *WORDS]
    assert main(list(map(str, words))) == 0
    return path, folder / "run"


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.reader(file))


def test_a_run_keeps_its_columns(table):
    options = json.loads((table[1] / "options.json").read_text())
    about = options["data_set"]["columns"]
    assert about == {
        "names": ["size", "town", "code"],
        "categories": [[], ["Oslo, N", "Rome"], ["0", "1", "2"]],
    }
    assert options["arguments"]["categories"] == [0, 2, 3] and options["categorical"] == "code"
    assert (table[1] / "model.keras").exists() and not (table[1] / "samples").exists()


def test_missing_cells_are_filled_and_the_others_copied(table, tmp_path, capsys):
    path, run = table
    out = tmp_path / "filled.csv"
    assert main(["impute", str(run), str(path), "--out", str(out)]) == 0
    before, after = rows_of(path), rows_of(out)
    assert before[0] == after[0] and len(before) == len(after)
    filled = 0
    for old, new in zip(before[1:], after[1:], strict=True):
        for column, (a, b) in enumerate(zip(old, new, strict=True)):
            if a not in ("", "NaN"):
                assert a == b
                continue
            filled += 1
            assert b in KNOWN[column] if column else 0 <= float(b) <= 10
    assert f"24 rows, {filled} cells filled in" in capsys.readouterr().out and filled > 5
    again = tmp_path / "again.csv"
    assert main(["impute", str(run), str(path), "--out", str(again)]) == 0
    assert again.read_bytes() == out.read_bytes()


def test_nothing_is_overwritten_and_misfits_are_refused(table, tmp_path, line):
    path, run = table
    kept = tmp_path / "kept.csv"
    kept.write_text("mine")
    assert "exists" in line("impute", run, path, "--out", kept)
    assert kept.read_text() == "mine"
    assert "no folder" in line("impute", run, path, "--out", tmp_path / "a" / "b.csv")
    new = tmp_path / "new.csv"
    for text, words in (
        ("size,town,code\n1,Bonn,1\n", "'Bonn' in line 2"),
        ("size,town\n1,Rome\n", "the columns 'size', 'town'"),
        ("size,town,code\nbig,Rome,1\n", "'big' in line 2"),
        ("size,town,code\n", "at least one row"),
    ):
        bad = tmp_path / "bad.csv"
        bad.write_text(text)
        assert words in line("impute", run, bad, "--out", new)
    assert not new.exists()


def test_verbs_of_other_models_say_what_to_do(table, line, runs, tmp_path):
    path, run = table
    assert "kgen impute" in line("sample", run)
    assert "imputation_rmse" in line("evaluate", run)
    assert "which fills in nothing" in line("impute", runs / "gan", path, "--out", tmp_path / "x.csv")
    assert "a CSV file, on which gain trains" in line("train", "gain", "--out", tmp_path / "a")
    assert "--watch" in line(
        "train", "gain", "--data", path, "--watch", "warn", "--batch-size", 8, "--out", tmp_path / "a"
    )


def test_a_run_goes_on_and_is_exported(table, tmp_path, capsys):
    run = str(table[1])
    assert main(["train", "gain", "--out", run, "--resume", "--epochs", "3"]) == 0
    assert main(["export", run, "--out", str(tmp_path / "served")]) == 0
    assert (tmp_path / "served" / "1" / "saved_model.pb").exists()


@pytest.mark.parametrize(
    ("model", "option", "value"),
    [("gain", "image_size", 8), ("gain", "jitter", 0.1), ("dcgan", "categorical", "a")],
)
def test_options_of_another_kind_of_data_are_refused(model, option, value):
    with pytest.raises(ValueError, match=f"--{option.replace('_', '-')} is for"):
        suiting.check(model, {option: value})
