"""What the README says, done."""

import csv
import json
import re
import shlex
import textwrap

import pytest

import kgen
import kgen.models
from kgen.cli import _parser, main
from tests.pages import ROOT, blocks, commands, links, missing, pages, unknown_names

README = ROOT / "README.md"
COMMANDS = commands(README, "kgen")
TO_BE_HAD = ("mnist", "spoken_digit", "tiny_shakespeare", "PHOTOS")  # Data to download, and large networks.
DRY = [c for c in COMMANDS if c.startswith("train") and "--resume" not in c]
DRY = [c for c in DRY if not any(name in c for name in TO_BE_HAD)]
MEASURED = re.compile(r'\[([\d.]+(?: ± [\d.]+)?)\]\((benchmarks/results/\w+\.json) "([^"]+)"\)')


def table():
    """Name on the command line -> cells of the models' table."""
    rows = [
        line.strip("| ").split(" | ") for line in README.read_text().splitlines() if "kgen/models/" in line
    ]
    return {row[1].split("`")[3]: row for row in rows if len(row) > 4}


def value(path, keys):
    """What a record holds under keys with ` > ` between them, and its command."""
    record = found = json.loads((ROOT / path).read_text())
    for key in keys.split(" > "):
        found = found[key]
    return found, record["command"]


def test_the_ten_lines_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = blocks(README, "python")[0]
    exec(code.replace("epochs=20", "epochs=1, steps_per_epoch=2, verbose=0"), {})
    assert len(code.splitlines()) == 10
    assert (tmp_path / "samples.png").stat().st_size > 500
    assert (tmp_path / "served" / "digits_dcgan" / "1" / "saved_model.pb").exists()


def test_the_options_combine():
    exec(blocks(README, "python")[1], {"kgen": kgen})


def test_the_two_methods_are_lsgans():
    lines = filter(None, blocks(README, "python")[2].splitlines())
    methods = textwrap.indent("\n".join(lines), "    ")
    assert methods in (ROOT / "kgen/models/lsgan.py").read_text().replace("\n\n", "\n")


def test_every_model_has_its_row():
    rows = table()
    assert set(rows) == set(kgen.models.MODELS)
    for name, model in kgen.models.MODELS.items():
        assert f"`kgen.{model.__name__}`](kgen/models/{model.__module__.split('.')[-1]}.py)" in rows[name][1]
        assert all(number in model_file(model) for number in re.findall(r"\[(\d+\.\d+)\]", rows[name][0]))


def model_file(model):
    return (ROOT / "kgen" / "models" / f"{model.__module__.split('.')[-1]}.py").read_text()


@pytest.mark.parametrize("name", kgen.models.MODELS)
def test_a_row_tells_what_its_records_hold(name):
    _, _, notebook, command, measured, published = (*table()[name], "")[:6]
    numbers = MEASURED.findall(measured)
    assert numbers or (measured == "not measured" and command.startswith(f"`kgen train {name} "))
    origins = [value(path, keys)[1] for _, path, keys in numbers]
    told = re.findall("`(python [^`]*)`", command)
    assert all(any(origin.startswith(one) for one in told) for origin in origins)
    assert all(any(origin.startswith(one) for origin in origins) for one in told)
    report = (ROOT / "benchmarks" / "RESULTS.md").read_text()
    for number in re.findall(r"\d+\.\d+(?: ± [\d.]+)?|\d+ ± [\d.]+", published):
        assert number.replace("±", "+-") in report


def test_every_measured_number_is_that_of_its_record():
    found = MEASURED.findall(README.read_text())
    assert len(found) == README.read_text().count("](benchmarks/results/") - 1  # The picture.
    for number, path, keys in found:
        held, _ = value(path, keys)
        told = number.replace("±", "+-")
        decimals = len(told.partition(".")[2])
        assert told == (held if isinstance(held, str) else f"{held:.{decimals}f}"), (path, keys)


def test_a_rows_notebook_is_about_its_model():
    for row in table().values():
        (name,) = re.findall(r"`(kgen\.\w+)`", row[1])
        for path in re.findall(r"\((notebooks/[^)]*)\)", row[2]):
            assert name in (ROOT / path).read_text(), f"{path}: {name}"


def test_every_promise_has_its_test():
    tests = [(path, title) for path, title in links(README) if title.startswith("test_")]
    assert len(tests) > 10
    for path, title in tests:
        assert f"def {title}(" in (ROOT / path).read_text()
    promises = README.read_text().split("## What is promised")[1].split("\n## ")[0].split("\n- ")[1:]
    assert all("[test](" in promise for promise in promises)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere_and_names_exist(page):
    assert not missing(page)
    assert page.name == "CHANGELOG.md" or not unknown_names(page, kgen)


@pytest.mark.parametrize("command", COMMANDS + re.findall("`kgen (train [^`-][^`]*)`", README.read_text()))
def test_commands_are_understood(command):
    assert _parser().parse_args(shlex.split(command)).run


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with what the README's commands train on."""
    monkeypatch.chdir(tmp_path)
    with open("PEOPLE.csv", "w", newline="") as file:
        csv.writer(file).writerows([("age", "town"), *((20 + i, "ab"[i % 2]) for i in range(200)), ("", "a")])
    (tmp_path / "LINES.txt").write_text("to be or not to be\nthat is the question\n" * 50)


@pytest.mark.parametrize("command", DRY)
def test_a_training_is_planned(command, desk, capsys, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    assert main([*shlex.split(command), "--dry-run"]) == 0, capsys.readouterr().err
    assert "plan" in capsys.readouterr().out and sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("command", [command for command in COMMANDS if command in ("models", "datasets")])
def test_lists_are_printed(command, capsys):
    assert main([command]) == 0
    assert len(capsys.readouterr().out.splitlines()) > 10


@pytest.mark.parametrize("command", [command for command in COMMANDS if "saved_models/" in command])
def test_a_model_of_the_gallery_answers(command, tmp_path, capsys):
    words = shlex.split(command.replace("saved_models/", f"{ROOT}/saved_models/"))
    assert main([*words, "--out", str(tmp_path / "grid.png")]) == 0, capsys.readouterr().err
    assert (tmp_path / "grid.png").stat().st_size > 500


def test_contributing_has_four_commands():
    page = ROOT / "CONTRIBUTING.md"
    assert len(re.findall(r"^\d\. .*\n?.*\n\n   ```bash", page.read_text(), re.M)) == 4
    assert all((ROOT / script).is_file() for script in re.findall(r"[\w/]+/\w+\.py", page.read_text()))
