"""Which SavedModels run without being trusted."""

import json
import pathlib
import runpy
import shutil
import sys

import pytest

import kgen
from kgen.serving import known

SAVED = pathlib.Path(__file__).parents[2] / "saved_models"
COMMITTED = sorted(file.parent for file in SAVED.glob("*/[0-9]*/saved_model.pb"))
PARTS = ("saved_model.pb", "variables/variables.data-00000-of-00001", "assets.extra/endpoints.json")


def flip(file):
    """Changes one bit in the middle of a file."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """A version of a toy model with a card."""
    model = kgen.GAN((2,), latent_dim=2, hidden_units=(3,))
    files = {"README.md": b"# toy", "samples.png": b"PNG", "notes/a.png": b"PNG"}
    return kgen.export(model, tmp_path_factory.mktemp("saved_models") / "toy", beside=files)


@pytest.fixture
def copy(toy, tmp_path, monkeypatch):
    """A copy of it, where it is the one reference model."""
    monkeypatch.setattr(known, "TABLE", tmp_path / "table.json")
    known.TABLE.write_text(json.dumps({"toy/1": known.digest(toy)}))
    return shutil.copytree(toy, tmp_path / "other" / "1")


def test_a_copy_is_known_whatever_its_card_says(copy):
    (copy / "README.md").write_text("# another title")
    (copy / "samples.png").unlink()
    (copy / "sheet.png").touch()
    assert known.is_known(copy) and known.is_known(copy.parent)


@pytest.mark.parametrize("name", [*PARTS, "notes/a.png"])
def test_one_changed_bit_makes_it_unknown(copy, name):
    flip(copy / name)
    assert not known.is_known(copy)


@pytest.mark.parametrize("name", ["assets/table.png", "saved_model.pbtxt", "variables/README.md", "a.PNG"])
def test_one_file_more_makes_it_unknown(copy, name):
    (copy / name).parent.mkdir(exist_ok=True)
    (copy / name).touch()
    assert not known.is_known(copy)


def test_names_and_contents_do_not_run_together(copy):
    (copy / "notes" / "a.png").rename(copy / "notes" / "b.png")
    assert not known.is_known(copy)


def test_the_latest_version_counts(copy):
    shutil.copytree(copy, copy.parent / "2")
    flip(copy.parent / "2" / "saved_model.pb")
    assert known.is_known(copy) and not known.is_known(copy.parent)


def test_maintainers_write_the_table_by_one_command(toy, tmp_path, monkeypatch):
    """On a copy of the package's file, so that its own table stays."""
    package = tmp_path / "known.py"
    shutil.copy(known.__file__, package)
    folder = toy.parents[1]
    (folder / "models.config").touch()
    monkeypatch.setattr(sys, "argv", ["known", str(folder)])
    runpy.run_path(str(package), run_name="__main__")
    table = json.loads((tmp_path / "reference_models.json").read_text())
    assert table == known.digests(folder) == {"toy/1": known.digest(toy)}


def test_the_table_is_that_of_the_committed_models():
    assert json.loads(known.TABLE.read_text()) == (known.digests(SAVED) if SAVED.is_dir() else {})


@pytest.mark.parametrize("version", COMMITTED, ids=lambda version: f"{version.parent.name}-{version.name}")
def test_committed_models_are_known_and_changed_ones_are_not(version, tmp_path):
    assert known.is_known(version)
    for name in PARTS[:2]:
        changed = shutil.copytree(version, tmp_path / name.replace("/", "-") / "1")
        flip(changed / name)
        assert not known.is_known(changed)
