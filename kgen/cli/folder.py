"""A run's folder: what it holds, its lock, its options and its vocabulary, checked word by word when read."""

import contextlib
import fcntl
import json
import os
import pathlib

from kgen import datasets, state
from kgen.cli.settings import NETWORKS, OPTIMIZERS, PLAIN, constructor, optimizer_numbers, optimizer_slots
from kgen.models import MODELS

OPTIONS, HISTORY, MODEL, SAMPLES, LOGS, STATE = (
    "options.json",
    "history.csv",
    "model.keras",
    "samples",
    "logs",
    "state",
)
CURVES, LOCK, SAVED = "curves.png", ".lock", "saved_models"
VOCABULARY, PRETRAINING = "vocabulary.json", "pretraining"
LARGEST, LARGEST_VOCABULARY = 1_000_000, 64_000_000  # Bytes of options.json and vocabulary.json.
TEXT, NUMBER, MAYBE_NUMBER = (str,), (int,), (int, type(None))
FIELDS = {
    "model": TEXT,
    "data": TEXT,
    "data_b": (str, type(None)),
    "image_size": MAYBE_NUMBER,
    "batch_size": NUMBER,
    "seed": NUMBER,
    "epochs": NUMBER,
    "steps": MAYBE_NUMBER,
    "steps_per_epoch": NUMBER,
    "precision": TEXT,
    "jit": (bool, type(None)),
    "on_bad": TEXT,
    "jitter": (int, float),
    "augment": TEXT,
    "decay_epochs": NUMBER,
    "level": (str, type(None)),
    "sequence_length": MAYBE_NUMBER,
    "vocabulary_size": MAYBE_NUMBER,
    "sentences": (bool, type(None)),
    "pretrain_epochs": MAYBE_NUMBER,
    "pretrain_rounds": MAYBE_NUMBER,
    "metrics": TEXT,
    "watch": (str, type(None)),
    "categorical": (str, type(None)),
    "slice_length": MAYBE_NUMBER,
    "sample_rate": MAYBE_NUMBER,
    "frames": MAYBE_NUMBER,
    "arguments": (dict,),
    "optimizers": (dict,),
    "data_set": (dict,),
    "versions": (dict,),
}
LATER = {
    "data_b": None,
    "jitter": 0.0,
    "augment": "none",
    "decay_epochs": 0,
    "level": None,
    "sequence_length": None,
    "vocabulary_size": None,
    "sentences": None,
    "pretrain_epochs": None,
    "pretrain_rounds": None,
    "categorical": None,
    "slice_length": None,
    "sample_rate": None,
    "frames": None,
}  # Older runs have none of these.
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


def new(path):
    """A path that nothing stands at yet.

    Args:
        path: where something is to be written.

    Returns:
        pathlib.Path.

    Raises:
        FileExistsError: something is there.
    """
    path = pathlib.Path(path)
    if path.exists():
        raise FileExistsError(f"{path} exists. Choose an --out that does not.")
    return path


def holds_run(path):
    """Whether a folder holds a run.

    Args:
        path: of the folder.

    Returns:
        bool.
    """
    return any((pathlib.Path(path) / name).exists() for name in (OPTIONS, HISTORY, STATE, MODEL))


@contextlib.contextmanager
def locked(path):
    """Keeps other processes from training in a folder, which is made where it is missing.

    Args:
        path: of the folder.

    Raises:
        ValueError: another process trains there.
        OSError: a folder that cannot be written.
    """
    path = pathlib.Path(path)
    path.mkdir(parents=True, exist_ok=True)
    with open(path / LOCK, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"Another process is training in {path}. Choose another --out.") from None
        yield


def write_options(path, options):
    """Writes options.json, whole or not at all.

    Args:
        path: folder of the run.
        options: dict with the keys of `FIELDS`.
    """
    _write(path, OPTIONS, options)


def write_vocabulary(path, vocabulary):
    """Writes vocabulary.json, whole or not at all.

    Args:
        path: folder of the run.
        vocabulary: `kgen.datasets.Vocabulary`.
    """
    _write(path, VOCABULARY, vocabulary.get_config())


def _write(path, name, value):
    text = json.dumps(value, indent=1)
    aside = pathlib.Path(path) / f".{name}.{os.getpid()}"
    aside.write_text(text + "\n")
    aside.replace(pathlib.Path(path) / name)
    state.sync_folder(path)


def read_vocabulary(path):
    """Reads vocabulary.json as data: tokens, their level, and whether texts are sentences.

    Args:
        path: folder of the run.

    Returns:
        `kgen.datasets.Vocabulary`.

    Raises:
        FileNotFoundError: if it is missing.
        ValueError: it is not as `kgen train` writes it.
    """
    file = pathlib.Path(path) / VOCABULARY
    config = _read(file, LARGEST_VOCABULARY)
    if not isinstance(config, dict) or set(config) != {"tokens", "level", "sentences"}:
        raise ValueError(f"{file} is not as `kgen train` writes it: expected tokens, level and sentences.")
    if not isinstance(config["tokens"], list) or not isinstance(config["sentences"], bool):
        raise ValueError(f"{file} is not as `kgen train` writes it: expected a list of tokens.")
    return datasets.Vocabulary(**config)


def _read(file, largest):
    """A file of JSON."""
    if file.stat().st_size > largest:
        raise ValueError(f"{file} is too large: more than {largest:,} bytes.")
    try:
        return json.loads(file.read_text())
    except ValueError as error:
        raise ValueError(f"{file} is damaged: {error}") from error


def read_options(path):
    """Reads options.json as data: known names and plain values, nothing else.

    Args:
        path: folder of the run.

    Returns:
        Dict with the keys of `FIELDS`.

    Raises:
        FileNotFoundError: there is no run; the message lists those beside it.
        ValueError: it is not as `kgen train` writes it.
    """
    file = pathlib.Path(path) / OPTIONS
    if not file.is_file():
        raise FileNotFoundError(f"There is no run in {path}.{_beside(pathlib.Path(path))}")
    options = _read(file, LARGEST)
    options = {**LATER, **options} if isinstance(options, dict) else options
    if problem := _problem(options):
        raise ValueError(f"{file} is not as `kgen train` writes it: {problem}.")
    return options


def _beside(path):
    runs = sorted(p.parent.name for p in path.parent.glob(f"*/{OPTIONS}"))
    return f" Runs in {path.parent}: {', '.join(runs[:20])}." if runs else ""


def _problem(options):
    """What is wrong with options read from a file, in words, or None."""
    if not isinstance(options, dict) or set(options) != set(FIELDS):
        found = set(options) if isinstance(options, dict) else set()
        return f"expected the keys {', '.join(FIELDS)}; differing: {', '.join(sorted(found ^ set(FIELDS)))}"
    for name, kinds in FIELDS.items():
        if not isinstance(options[name], kinds) or (isinstance(options[name], bool) and bool not in kinds):
            return f"{name} has the value {options[name]!r}"
    if options["model"] not in MODELS:
        return f"there is no model {options['model']!r}"
    if options["precision"] not in PRECISIONS:
        return f"there is no precision {options['precision']!r}"
    return _wrong_arguments(options) or _wrong_optimizers(options)


def _wrong_arguments(options):
    arguments, known = options["arguments"], constructor(options["model"])
    if set(arguments) != set(known):
        return (
            f"arguments differ from those of this version: {', '.join(sorted(set(arguments) ^ set(known)))}"
        )
    for name, value in arguments.items():
        parts = _parts(name, value)
        if not all(isinstance(part, PLAIN) for part in parts) or (name in NETWORKS and value is not None):
            return f"the argument {name} has the value {value!r}"
    return None


def _parts(name, value):
    """The plain values that an argument is made of; of modalities those of each."""
    if name == "modalities" and isinstance(value, dict):
        return [part for form in value.values() for part in _parts("", form)]
    return value if isinstance(value, list) else [value]


def _wrong_optimizers(options):
    optimizers = options["optimizers"]
    if set(optimizers) != set(optimizer_slots(options["model"])):
        return f"optimizers are {', '.join(optimizers)}"
    for slot, numbers in optimizers.items():
        name = numbers.get("name") if isinstance(numbers, dict) else None
        if name not in OPTIMIZERS or set(numbers) - {"name", *optimizer_numbers(name)}:
            return f"{slot} is {numbers!r}"
        if not all(
            isinstance(value, (int, float, type(None))) for key, value in numbers.items() if key != "name"
        ):
            return f"{slot} is {numbers!r}"
    return None
