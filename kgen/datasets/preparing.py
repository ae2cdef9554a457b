"""TFDS builders that are ready to read: found, bundled, or downloaded where a network answers."""

import atexit
import contextlib
import difflib
import io
import os
import pathlib
import shutil
import socket
import tempfile
import threading
import urllib.parse
import urllib.request

from kgen.chatter import quiet
from kgen.datasets.mixtures import MIXTURES, is_mixture
from kgen.errors import invalid

PROBE_SECONDS = 3.0


class DatasetNotPrepared(ConnectionError):
    """A TFDS data set is not on this machine and cannot be fetched now.

    Example:

    >>> issubclass(kgen.datasets.DatasetNotPrepared, ConnectionError)
    True
    """


def prepare(name, data_dir=None):
    """Downloads and prepares a TFDS data set, unless it is there.

    Args:
        name: "digits" or a name that TFDS knows.
        data_dir: folder to prepare it in; the environment variable TFDS_DATA_DIR if None.

    Returns:
        Path of the prepared data set, a string.

    Raises:
        DatasetNotPrepared: if there is no network, or the download fails.
        ValueError: if the name is unknown.

    Example:

    >>> import pathlib
    >>> pathlib.Path(kgen.datasets.prepare("digits")).parts[-2:]
    ('digits', '1.0.0')
    """
    builder = find(name, data_dir)
    make_ready(builder, name, data_dir)
    return os.fspath(builder.data_dir)


def first_available(*names, data_dir=None):
    """The first of several data sets that is here or can be fetched now.

    Args:
        *names: at least one, as for `prepare`.
        data_dir: as for `prepare`.

    Returns:
        The name.

    Raises:
        DatasetNotPrepared: if none is.
        ValueError: without names, or for an unknown one.

    Example:

    >>> kgen.datasets.first_available("digits", "mnist")
    'digits'
    """
    if not names:
        raise invalid("names", "at least one data set", names=names)
    for name in names:
        try:
            prepare(name, data_dir)
        except DatasetNotPrepared as error:
            missing = error
        else:
            return name
    raise missing


def data_directory(data_dir=None):
    """`data_dir`, or the environment variable TFDS_DATA_DIR, or ~/tensorflow_datasets; a path."""
    chosen = data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets"
    return pathlib.Path(chosen).expanduser()


def is_known(name):
    """Whether kgen or TFDS has code for a data set of this name (configurations left out)."""
    if is_mixture(name):
        return True
    import tensorflow_datasets as tfds

    return name.split("/")[0].split(":")[0] in (*tfds.list_builders(with_community_datasets=False), "digits")


def find(name, data_dir):
    """The TFDS builder of a name; of the bundled digits it is ready to read."""
    if is_mixture(name):
        raise invalid("name", f"a data set to prepare, but {name} is computed and needs none", name=name)
    with quiet():
        return _digits(data_dir) if name == "digits" else _builder(name, data_dir)


def make_ready(builder, name, data_dir):
    """Downloads the builder's data unless they are there."""
    with quiet():
        if not builder.is_prepared():
            _download(builder, name, data_directory(data_dir))


def _builder(name, data_dir):
    import tensorflow_datasets as tfds

    try:
        return tfds.builder(name, data_dir=data_directory(data_dir))
    except tfds.core.DatasetNotFoundError:
        known = ["digits", *MIXTURES, *tfds.list_builders(with_community_datasets=False)]
        near = difflib.get_close_matches(name, known, 3)
        hint = f" Perhaps use one of: {', '.join(near)}." if near else ""
        expected = '"digits", "ring", "grid", the name of a TFDS image data set, a folder, or FILE.npz'
        raise ValueError(f"{invalid('source', expected, f'source={name!r}')}{hint}") from None
    except Exception as error:  # unknown configurations and versions have errors of many kinds and lines
        raise ValueError(f"TFDS cannot build {name!r}: {first_line(error)}") from None


def _digits(data_dir):
    """The builder of the bundled digits, prepared in the first place that has them or can be written to."""
    from kgen.datasets.digits import Digits

    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "kgen"
    for place in (data_directory(data_dir), cache, None):
        if place is None:
            place = tempfile.mkdtemp(prefix="kgen-")
            atexit.register(shutil.rmtree, place, ignore_errors=True)
        builder = Digits(data_dir=place)
        if builder.is_prepared() or (_writable(place) and _prepare_digits(builder)):
            return builder
    raise DatasetNotPrepared("The bundled digits need a folder to write to. Set TMPDIR to one.")


def _prepare_digits(builder):
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            builder.download_and_prepare()
    except OSError:  # no room, or another process was faster
        pass
    return builder.is_prepared()


def _writable(place):
    """Whether a folder can be made or written to; mode bits are heeded even for the superuser."""
    place = pathlib.Path(place).absolute()
    while not place.exists():
        place = place.parent
    return place.is_dir() and os.access(place, os.W_OK) and bool(place.stat().st_mode & 0o222)


def _download(builder, name, place):
    hosts = (urllib.parse.urlparse(url).hostname for url in builder.url_infos)
    host = next(filter(None, hosts), "storage.googleapis.com")
    if not _answers(host):
        raise DatasetNotPrepared(
            f"The data set {name!r} is not prepared in {place} (data_dir or TFDS_DATA_DIR), and {host} does "
            f'not answer. With a network, run: kgen datasets prepare {name}. Without one, "digits" works.'
        )
    try:
        builder.download_and_prepare()
    except Exception as error:  # downloads, checksums and missing packages fail in many ways
        raise DatasetNotPrepared(f"Cannot prepare {name!r} in {place}: {first_line(error)}") from error


def _answers(host):
    """Whether the host, or the proxy that leads to it, takes a connection; a dead resolver counts as no."""
    proxy = urllib.parse.urlparse(urllib.request.getproxies().get("https", ""))
    address = (proxy.hostname, proxy.port or 80) if proxy.hostname else (host, 443)
    answered = threading.Event()

    def knock():
        with contextlib.suppress(OSError), socket.create_connection(address, timeout=PROBE_SECONDS):
            answered.set()

    probe = threading.Thread(target=knock, daemon=True)
    probe.start()
    probe.join(PROBE_SECONDS)
    return answered.is_set()


def first_line(error):
    """The first line of an error's text, or its type."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
