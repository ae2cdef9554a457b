"""Two tiny runs that the tests of the verbs share."""

import pytest

from kgen.cli import main
from tests.cli.toy import text_options, train


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """Folder with the finished runs "vae" and "gan", of two epochs each."""
    folder = tmp_path_factory.mktemp("runs")
    assert train("vae", folder / "vae", "--epochs", "2") == 0
    assert train("gan", folder / "gan", "--epochs", "2", "--seed", "3") == 0
    return folder


@pytest.fixture(scope="session")
def paired(tmp_path_factory):
    """Folder of a finished run of a toy CycleGAN: two epochs of four steps, the second at a falling rate."""
    folder = tmp_path_factory.mktemp("paired") / "run"
    assert train("cyclegan", folder, "--epochs", "2", "--steps", "8", "--batch-size", "2") == 0
    return folder


@pytest.fixture(scope="session")
def texts(tmp_path_factory):
    """Folder with poem.txt and the finished runs "lstm" (characters) and "seqgan" (words), of two epochs each."""
    folder = tmp_path_factory.mktemp("texts")
    poem = folder / "poem.txt"
    poem.write_text("\n".join(f"the {a} {b} a {c} ." for a in "xyz" for b in "uvw" for c in "rs") + "\n" * 2)
    for model in ("lstm", "seqgan"):
        assert train(model, folder / model, *text_options(model, poem)) == 0
    return folder


@pytest.fixture
def line(capsys):
    """Function that gives the one line on stderr of a command that must end with exit code 2."""

    def refused(*words):
        capsys.readouterr()
        assert main(list(map(str, words))) == 2
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1 and lines[0].startswith("kgen: "), lines
        return lines[0]

    return refused
