"""The training state on disk: one folder a moment, written aside, synced, renamed, with its checksums.

The promise holds on local POSIX file systems: a crash at any moment leaves every finished folder whole.
"""

import hashlib
import json
import os
import pathlib
import shutil
import warnings

import numpy as np

ARRAYS, MANIFEST, SUMS = "arrays.npz", "manifest.json", "SHA256SUMS"


class DamagedState(ValueError):
    """A stored training state that does not match its checksums.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = kgen.state.write(folder, "step-5", {"bias": np.ones(2)}, {"step": 5})
    ...     (path / "manifest.json").unlink()
    ...     kgen.state.read(path)
    Traceback (most recent call last):
        ...
    kgen.state.DamagedState: Training state ...step-5 is damaged: ...
    """


def write(directory, name, arrays, record):
    """Writes one state, all of it or nothing.

    Args:
        directory: folder of all states.
        name: of this state, such as "step-500"; one that exists is replaced.
        arrays: dict name -> array.
        record: JSON-able dict, the manifest; `sha256sum -c SHA256SUMS` checks both.

    Returns:
        Path of the finished folder.

    Raises:
        OSError: if the disk is full or the folder cannot be written; nothing half-written is left.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = kgen.state.write(folder, "step-5", {"bias": np.ones(2)}, {"step": 5})
    ...     sorted(file.name for file in path.iterdir())
    ['SHA256SUMS', 'arrays.npz', 'manifest.json']
    """
    directory, final = pathlib.Path(directory), pathlib.Path(directory) / name
    aside = directory / f".{name}.tmp-{os.getpid()}"
    try:
        aside.mkdir(parents=True, exist_ok=True)
        with open(aside / ARRAYS, "wb") as file:
            np.savez(file, **arrays)
            _sync(file)
        _write_text(aside / MANIFEST, json.dumps(record, indent=1))
        _write_text(aside / SUMS, "".join(f"{sha256(aside / f)}  {f}\n" for f in (ARRAYS, MANIFEST)))
        _publish(aside, final)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    sync_folder(directory)
    return final


def _publish(aside, final):
    """Renames the finished folder; one that it replaces stays findable until then."""
    replaced = final.with_name(f"{final.name}-replaced")
    if final.exists():
        shutil.rmtree(replaced, ignore_errors=True)
        os.rename(final, replaced)
    os.rename(aside, final)
    shutil.rmtree(replaced, ignore_errors=True)


def read(path):
    """Reads one state after verifying its checksums.

    Args:
        path: folder that `write` returned.

    Returns:
        (arrays, manifest): dict name -> array, and the manifest.

    Raises:
        DamagedState: if anything is missing, truncated or changed.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = kgen.state.write(folder, "step-5", {"bias": np.ones(2)}, {"step": 5})
    ...     kgen.state.read(path)
    ({'bias': array([1., 1.])}, {'step': 5})
    """
    path = pathlib.Path(path)
    try:
        sums = dict(line.split("  ")[::-1] for line in (path / SUMS).read_text().splitlines())
        damaged = [name for name in (ARRAYS, MANIFEST) if sums.get(name) != sha256(path / name)]
        if damaged:
            raise DamagedState(f"the checksum of {damaged[0]} is not the one in {SUMS}")
        with np.load(path / ARRAYS, allow_pickle=False) as stored:
            return dict(stored), json.loads((path / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise DamagedState(f"Training state {path} is damaged: {error}") from error


def newest(directory):
    """The newest whole state; damaged ones are named in a warning and passed over.

    Args:
        directory: folder of all states.

    Returns:
        (path, arrays, manifest), or None where there is no whole state.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = [kgen.state.write(folder, f"step-{n}", {}, {"step": n}) for n in (9, 10)]
    ...     path, arrays, manifest = kgen.state.newest(folder)
    >>> path.name, manifest
    ('step-10', {'step': 10})
    """
    for path in sorted(names(directory), key=_step, reverse=True):
        try:
            return path, *read(path)
        except DamagedState as error:
            warnings.warn(f"{error}. The previous one is used.", stacklevel=2)
    return None


def names(directory):
    """Folders of the finished states, "step-N", in no order.

    Args:
        directory: folder of all states.

    Returns:
        List of paths; empty where the folder does not exist.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = kgen.state.write(folder, "step-5", {}, {"step": 5})
    ...     kgen.state.names(folder) == [path]
    True
    """
    return list(pathlib.Path(directory).glob("step-*"))


def prune(directory, keep):
    """Removes all but the newest states, and what crashed processes have left half-written.

    Args:
        directory: folder of all states.
        keep: how many stay.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = [kgen.state.write(folder, f"step-{n}", {}, {"step": n}) for n in (8, 9, 10)]
    ...     kgen.state.prune(folder, keep=2)
    ...     sorted(path.name for path in kgen.state.names(folder))
    ['step-10', 'step-9']
    """
    old = sorted(names(directory), key=_step, reverse=True)[keep:]
    for path in [*old, *pathlib.Path(directory).glob(".*.tmp-*")]:
        shutil.rmtree(path, ignore_errors=True)


def sha256(path):
    """SHA-256 of a file, as hexadecimal digits.

    Args:
        path: of the file.

    Returns:
        String of 64 digits.

    Example:

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     size = pathlib.Path(folder, "abc").write_bytes(b"abc")
    ...     kgen.state.sha256(pathlib.Path(folder, "abc"))
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(path):
    """Makes a rename in this folder last through a power cut.

    Args:
        path: of the folder.

    Example:

    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     os.mkdir(f"{folder}/aside")
    ...     os.rename(f"{folder}/aside", f"{folder}/final")
    ...     kgen.state.sync_folder(folder)
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_text(path, text):
    with open(path, "w") as file:
        file.write(text)
        _sync(file)


def _sync(file):
    file.flush()
    os.fsync(file.fileno())


def _step(path):
    """Step of a state's folder; one that is being replaced comes before the new one of the same step."""
    _, number, *replaced = path.name.split("-")
    return (int(number) if number.isdigit() else -1, not replaced)
