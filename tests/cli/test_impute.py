"""`kgen train gain` on a CSV file, and `kgen impute`."""

import csv
import json

import numpy as np
import pytest

import kgen
from kgen.cli import main, suiting
from kgen.cli.cards import page, specimen
from kgen.cli.judging import tables

NAN = np.nan

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
    assert "say --card too" in line("export", run, "--data", path, "--out", tmp_path / "card")
    assert "fills in none" in line(
        "export", runs / "gan", "--card", "--data", path, "--out", tmp_path / "card"
    )
    assert "not for tables" in line("evaluate", run, "--num-samples", 4)
    assert "--hide is for tables" in line("evaluate", runs / "gan", "--hide", 0.1)
    assert "which fills in nothing" in line("impute", runs / "gan", path, "--out", tmp_path / "x.csv")
    assert "a CSV file, on which gain trains" in line("train", "gain", "--out", tmp_path / "a")
    assert "--watch" in line(
        "train", "gain", "--data", path, "--watch", "warn", "--batch-size", 8, "--out", tmp_path / "a"
    )


def test_hidden_cells_are_judged_beside_the_simplest_way(table, tmp_path, capsys):
    path, run = table
    assert main(["evaluate", str(run), "--hide", "0.4"]) == 0
    told = capsys.readouterr().out
    assert "24 rows that it was trained on" in told and "mean_rmse" in told and "saw these cells" in told
    other = write(tmp_path / "other.csv", number=40, holes=False)
    assert main(["evaluate", str(run), "--data", str(other), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert not found["trained_on"] and found["num_rows"] == 40 and found["share"] == 0.2
    hidden = ~kgen.datasets.mcar((40, 3), 0.2, found_seed(run))
    assert found["num_cells"] == hidden.sum()
    sizes = np.array([float(row[0]) for row in rows_of(other)[1:]])
    off = (sizes - sizes[~hidden[:, 0]].mean()) / np.ptp(sizes)
    assert found["terms"]["mean_rmse"] == pytest.approx(np.sqrt(np.mean(off[hidden[:, 0]] ** 2)), rel=1e-5)
    assert main(["compare", str(run), str(run)]) == 0 and "category_accuracy" in capsys.readouterr().out


def test_a_card_shows_rows_and_judges_by_others(table, tmp_path):
    other = write(tmp_path / "other.csv", number=40, holes=False)
    model, files = page.of_run(table[1], tmp_path / "people", str(other))
    values = tables.judge(table[1], source=other)
    text, examples = files["README.md"].decode(), values["examples"]
    assert list(files) == ["README.md"] and model.TABULAR and str(tmp_path) not in text
    assert "| size | town | code |" in text and specimen.rows(examples)[2] in text
    assert [len(examples[name]) for name in ("was", "left", "filled")] == [tables.EXAMPLES] * 3
    assert examples["was"] == rows_of_text(other)[1:5]
    reached = text.split("## What it reaches")[1]
    assert "`kgen evaluate --data other.csv`: 20% of the known cells of 40 rows" in reached
    assert "had not seen" in reached and "saw these cells" not in reached
    terms = values["terms"]
    accuracy = f"{terms['category_accuracy']:.4g} | {terms['most_frequent_accuracy']:.4g}"
    assert f"| `category_accuracy` | {accuracy} | each column's most frequent |" in reached
    assert "24 of 3 columns" in text and "`town` (0: `Oslo, N`, 1: `Rome`)" in text
    assert '["impute"](values=values, mask=mask, seed=[[0, 0], [0, 1]])' in text and "whose mask is 0" in text
    own = page.files("people", model, options_of(table[1]), tables.judge(table[1]))["README.md"].decode()
    assert "By `kgen evaluate`: " in own and "saw these cells" in own


def rows_of_text(path):
    """Rows with numbers as a model writes them."""
    return [[f"{float(cell):g}" if "." in cell else cell for cell in row] for row in rows_of(path)]


def options_of(run):
    return json.loads((run / "options.json").read_text())


def test_cells_that_are_filled_in_are_bold():
    examples = {"was": [["1", "", "a|b"]], "left": [["1", "", ""]], "filled": [["1", "2", "c"]]}
    found = specimen.rows({"columns": ["x", "y", "z|"], **examples})
    assert found == ["| x | y | z\\| |", "| --- | --- | --- |", "| 1 | **2** | **c** (a\\|b) |"]


def found_seed(run):
    return options_of(run)["seed"]


def test_terms_by_hand():
    """Numbers 0 ... 4 with 4 hidden, a hole beside it; categories of which one of two hidden ones is right."""
    values = np.array([[0.0, 1], [np.nan, 1], [2, 0], [4, 1]])
    hidden = np.array([[0, 1], [0, 0], [0, 0], [1, 1]], bool)
    filled = np.array([[0.0, 0], [9, 1], [2, 0], [3, 1]])
    found = tables.terms(values, filled, np.array([1.0, 0.0]), hidden, (0, 2))
    assert found == pytest.approx(
        {
            "imputation_rmse": 0.25,
            "mean_rmse": 0.75,
            "category_accuracy": 0.5,
            "most_frequent_accuracy": 0.0,
        },
        rel=1e-6,
    )


def test_middles_need_a_known_cell():
    columns = kgen.datasets.Columns(("a", "b"), ((), ("x", "y")))
    assert tables.middles(np.array([[1.0, 1], [2, 1], [NAN, 0]]), columns).tolist() == [1.5, 1]
    with pytest.raises(ValueError, match="column='b'"):
        tables.middles(np.array([[1.0, NAN]]), columns)


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
