"""The tutorials: what is stored was run from top to bottom, and each runs now, in its fast path.

`KGEN_FAST=1` shortens every training to a few steps on the bundled digits. To run one as it is stored:
`jupyter execute --inplace notebooks/02_dcgan.ipynb`.
"""

import pathlib

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = pathlib.Path(__file__).parents[1] / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
LARGEST = 1_500_000  # Bytes of a stored notebook.
HOME = "https://github.com/YOUR_ACCOUNT/kgen"
COLAB = "https://colab.research.google.com/github/YOUR_ACCOUNT/kgen/blob/main/notebooks/"


def code(notebook):
    """Code cells that are not empty."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def faults(notebook):
    """What is wrong with the outputs of a stored notebook."""
    cells = code(notebook)
    counts = [cell.execution_count for cell in cells]
    kinds = [output for cell in cells for output in cell.outputs]
    found = ["not run in order, once each"] if counts != list(range(1, len(cells) + 1)) else []
    found += [f"{output.ename}: {output.evalue}" for output in kinds if output.output_type == "error"]
    texts = [output.text for output in kinds if output.output_type == "stream"]
    return found + [line for text in texts for line in text.splitlines() if line.startswith("Traceback")]


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request):
    return request.param


def test_ten_are_numbered_in_reading_order():
    assert [path.name[:3] for path in PATHS[:10]] == [f"{number:02d}_" for number in range(1, 11)]


def test_stored_outputs_are_those_of_one_run(path):
    assert faults(nbformat.read(path, 4)) == []
    assert path.stat().st_size < LARGEST


def test_a_reader_finds_title_button_and_installation(path):
    first, *_ = cells = nbformat.read(path, 4).cells
    assert first.cell_type == "markdown" and first.source.startswith("# ")
    assert f"{COLAB}{path.name}" in first.source
    assert any(f"kgen @ git+{HOME}" in cell.source for cell in cells if cell.cell_type == "code")


@pytest.mark.parametrize("spoil", ["execution_count", "error", "stream"])
def test_faults_are_found(spoil):
    output = {
        "execution_count": [],
        "error": [nbformat.v4.new_output("error", ename="ValueError", evalue="wrong", traceback=[])],
        "stream": [nbformat.v4.new_output("stream", text="Traceback (most recent call last):\n")],
    }[spoil]
    count = None if spoil == "execution_count" else 1
    cell = nbformat.v4.new_code_cell("1 + 1", execution_count=count, outputs=output)
    assert len(faults(nbformat.v4.new_notebook(cells=[cell]))) == 1


def test_the_fast_path_runs(path, tmp_path, monkeypatch):
    monkeypatch.setenv("KGEN_FAST", "1")
    monkeypatch.setenv("PYTHONPATH", str(FOLDER.parent), prepend=":")
    notebook = nbformat.read(path, 4)
    for cell in code(notebook):
        cell.execution_count, cell.outputs = None, []
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert faults(notebook) == []
