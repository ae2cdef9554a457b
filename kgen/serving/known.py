"""The reference models of this version of kgen, known by what their files hold; they run without being trusted.

`python -m kgen.serving.known saved_models` writes reference_models.json anew, from all versions in that folder.
"""

import hashlib
import json
import pathlib
import sys

from kgen.serving import graph

TABLE = pathlib.Path(__file__).with_name("reference_models.json")
CARD, PICTURE = "README.md", ".png"  # For people: beside the graph, and no part of it.


def digest(path):
    """SHA-256 over the names and contents of a version's files, without its card and the pictures beside it.

    Args:
        path: folder of a version, or of a model: its latest version.

    Returns:
        String of 64 hexadecimal digits.

    Raises:
        FileNotFoundError: there is no SavedModel.
    """
    folder = graph.version_directory(path)
    names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    sums = [(name, _sum(folder / name)) for name in names if not _is_for_people(name)]
    return hashlib.sha256(json.dumps(sums).encode()).hexdigest()


def is_known(path):
    """Whether a SavedModel is, byte for byte, a reference model of this version of kgen.

    Args:
        path: folder of a version, or of a model: its latest version.

    Returns:
        bool.

    Raises:
        FileNotFoundError: there is no SavedModel.
    """
    return digest(path) in json.loads(TABLE.read_text()).values()


def digests(folder):
    """Digests of all versions of all models in a folder.

    Args:
        folder: holds folders of models.

    Returns:
        Dict "name/version" -> digest, in order.
    """
    found = [model / str(number) for model in graph.models(folder) for number in graph.versions(model)]
    return {f"{version.parent.name}/{version.name}": digest(version) for version in found}


def _is_for_people(name):
    """Files at the top only: below it, a graph may read them."""
    return name == CARD or ("/" not in name and name.endswith(PICTURE))


def _sum(file):
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


if __name__ == "__main__":
    TABLE.write_text(json.dumps(digests(sys.argv[1]), indent=1) + "\n")
