"""Files that lie beside the graph in a version's folder, such as a card and its picture."""

import pathlib

from kgen.errors import invalid

OWNED = (
    *("saved_model.pb", "saved_model.pbtxt", "saved_model.cpb", "fingerprint.pb", "keras_metadata.pb"),
    *("variables", "assets", "assets.extra"),
)  # What TensorFlow, Keras and `kgen.export` write there themselves.


def check(files):
    """Refuses files that would leave the folder, or lie where a SavedModel has its own.

    Args:
        files: dict of relative file name, with slashes, to bytes.

    Raises:
        ValueError: naming the first of them.

    Example:

    >>> kgen.serving.extra_files.check({"README.md": b"# digits", "pictures/samples.png": b""})
    """
    for name, content in files.items():
        if not _is_inside(name):
            raise invalid("beside", "names of files within the folder", name=name)
        if pathlib.PurePosixPath(name).parts[0].lower() in OWNED:
            raise invalid("beside", "names that no SavedModel has itself", name=name)
        if above := [str(path) for path in pathlib.PurePosixPath(name).parents if str(path) in files]:
            raise invalid("beside", "names of which none is a folder of another", names=[above[0], name])
        if not isinstance(content, bytes):
            raise invalid("beside", "bytes of each file", **{str(name): type(content).__name__})


def _is_inside(name):
    """Whether a name is relative, written in one way only, and goes up nowhere."""
    if not isinstance(name, str) or "\0" in name or "\\" in name:
        return False
    path = pathlib.PurePosixPath(name)
    return str(path) == name and bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def write(files, folder):
    """Writes the files into a folder.

    Args:
        files: dict that `check` takes.
        folder: pathlib.Path.
    """
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
