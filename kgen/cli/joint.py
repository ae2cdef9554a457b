"""Several kinds of data on the command line: which models take them, their data, and what is written of them."""

import numpy as np

import kgen
from kgen import noise, pictures
from kgen.callbacks.joint_samples import DRAWN, drawn, numbers_of, table
from kgen.cli import folder, sounds
from kgen.cli.settings import constructor
from kgen.datasets.joint_sources import is_joint, parse_joint, split_domain, write_joint
from kgen.errors import invalid
from kgen.models import MODELS

OPTIONS = ("slice_length", "sample_rate")
OF_PICTURES = ("data_b", "jitter", "augment", "metrics", "watch")
DEFAULTS = {"data": "picture=digits,outlines=edges:digits,label", "batch_size": 64, "slice_length": 4096}
FOLDER, TABLE = (
    "rows",
    "rows.csv",
)  # Where samples go, unless said, and the table of labels and vectors there.


def takes_several(model):
    """Whether a model trains on several kinds of data at once.

    Args:
        model: name of a model.

    Returns:
        bool.
    """
    return MODELS[model].JOINT


def defaults(model):
    """Options of a new run of a model of several kinds of data, where they are not those of pictures.

    Args:
        model: name of a model.

    Returns:
        Dict, empty for other models.
    """
    return DEFAULTS if takes_several(model) else {}


def check(model, said):
    """Refuses data of several names for a model of one kind, and of one name for a model of several.

    Args:
        model: name of a model.
        said: dict of the options that were said.

    Raises:
        ValueError: data of the other form.
    """
    source = said.get("data")
    if is_joint(source) and not takes_several(model):
        raise invalid("data", "one source; several under names are for jointgan", data=source)
    if source and takes_several(model):
        parse_joint(source)


def each(source, change):
    """A source changed, or each of several.

    Args:
        source: as of --data.
        change: function from a source to another.

    Returns:
        String.

    Example:

    >>> kgen.cli.joint.each("a=mnist,b=edges:mnist,label", str.upper)
    'a=MNIST,b=edges:MNIST,label'
    """
    if not is_joint(source):
        return change(source)
    return write_joint({name: own and _changed(own, change) for name, own in parse_joint(source).items()})


def sources_of(source):
    """The single sources of a run, each once.

    Args:
        source: as of --data.

    Returns:
        List of texts.

    Example:

    >>> kgen.cli.joint.sources_of("a=mnist,b=edges:mnist,c=digits,label")
    ['mnist', 'digits']
    """
    if not is_joint(source):
        return [source]
    sources = filter(None, parse_joint(source).values())
    return list(dict.fromkeys(split_domain(own)[1] for own in sources))


def _changed(source, change):
    domain, base = split_domain(source)
    return f"{domain}:{change(base)}" if domain else change(base)


def load(options, split, batch_size, **rest):
    """The rows of a run's sources.

    Args:
        options: dict with model, data, arguments, image_size, slice_length and sample_rate.
        split: a split with or without a slice.
        batch_size: rows of a step.
        **rest: seed, shuffle, on_bad and num_examples; the size of pictures is that of the options.

    Returns:
        (dataset, description), as `kgen.datasets.load_joint` gives them.
    """
    rest["image_size"] = options["image_size"]
    form = {name: options[name] for name in OPTIONS}
    usual = constructor(options["model"])["paired"]
    paired = options["arguments"].get("paired", usual)
    return kgen.datasets.load_joint(options["data"], split, batch_size, paired=paired, **form, **rest)


def arguments(description):
    """Constructor arguments that the data decide.

    Args:
        description: `kgen.datasets.JointDescription`.

    Returns:
        Dict of plain values.
    """
    return {"modalities": plain(description.modalities)}


def plain(modalities):
    """What modalities are, as JSON gives it back.

    Args:
        modalities: dict name -> tuple.

    Returns:
        Dict name -> list.
    """
    return {name: list(form) for name, form in modalities.items()}


def told(about):
    """What the rows are, for people.

    Args:
        about: data_set of a run's options.

    Returns:
        String.
    """
    parts = ", ".join(f"{name} ({_told(*form)})" for name, form in about["modalities"].items())
    return f"{about['num_examples']:,} of {parts}"


def _told(kind, *numbers):
    if kind == "sound":
        return f"{numbers[0]:,} samples at {numbers[1]:,} Hz"
    if kind == "label":
        return f"{numbers[0]} classes"
    return " x ".join(map(str, numbers)) + ("" if kind == "picture" else " numbers")


def rows_of(dataset, number):
    """All rows of a data set, side by side.

    Args:
        dataset: a finite data set of dicts of batches.
        number: of rows at most.

    Returns:
        Dict name -> array [n, ...].
    """
    batches = list(dataset.as_numpy_iterator())
    return {name: np.concatenate([batch[name] for batch in batches])[:number] for name in batches[0]}


# What is written.


def folder_for(out):
    """The new folder that samples are written into.

    Args:
        out: path, or None for `rows`.

    Returns:
        pathlib.Path of a folder that is not there.

    Raises:
        FileExistsError: it is there.
    """
    return folder.new(out or FOLDER)


def sheet_of(modalities, examples):
    """Pictures and sounds of the same rows, side by side as one picture.

    Args:
        modalities: dict name -> modality, of a model.
        examples: dict name -> array [n, ...], as the model generates them.

    Returns:
        uint8 array [height, width, channels], or None of labels and vectors.
    """
    sheets = drawn_of(modalities, examples).values()
    height, channels = (max((sheet.shape[axis] for sheet in sheets), default=0) for axis in (0, 2))
    fitted = [_fitted(sheet, height, channels) for sheet in sheets]
    return np.concatenate(fitted, axis=1) if fitted else None


def drawn_of(modalities, examples):
    """Pictures of what can be drawn.

    Args:
        modalities, examples: as of `sheet_of`.

    Returns:
        Dict name -> uint8 array [height, width, channels].
    """
    sheets = {name: drawn(modality, examples[name]) for name, modality in modalities.items()}
    return {name: sheet for name, sheet in sheets.items() if sheet is not None}


def _fitted(sheet, height, channels):
    """A sheet on white down to a height, in as many channels."""
    whole = np.pad(sheet, [(0, height - len(sheet)), (0, 0), (0, 0)], constant_values=255)
    return np.broadcast_to(whole, (*whole.shape[:2], channels))


def write(modalities, examples, out):
    """Writes rows into a new folder, and prints its path.

    Pictures become a grid, NAME.png; sounds wav files NAME/000.wav ..., and their waveforms NAME.png; labels and
    vectors a table, rows.csv; pictures that PNG does not show NAME.npy.

    Args:
        modalities: dict name -> modality, of a model.
        examples: dict name -> array [n, ...], as the model generates them.
        out: path of the folder.
    """
    waves = {}
    for name, modality in modalities.items():
        if modality.kind == "sound":
            waves[name] = [kgen.sounds.wav_bytes(wave, modality.sample_rate) for wave in examples[name]]
    sheets = drawn_of(modalities, examples)
    bare = {n: examples[n] for n, part in modalities.items() if part.kind == "picture" and n not in sheets}
    _write_files(sheets, waves, numbers_of(modalities, examples), bare, out)


def write_of_saved_model(serve, number, seed, out):
    """Writes rows of a served model; see `write`. There are no pictures of waveforms.

    Args:
        serve: dict of its endpoints, with `generate`, and `files` where something is a file.
        number: of rows.
        seed: of the samples.
        out: path of a new folder.
    """
    seeds = noise.rows(seed, number).numpy()
    found = {name: np.asarray(value) for name, value in serve["generate"](seed=seeds).items()}
    files = serve["files"](seed=seeds) if "files" in serve else {}
    pictured = {name: x for name, x in found.items() if x.ndim == 4}
    shown = {name: pictures.grid(x) for name, x in pictured.items() if x.shape[-1] in DRAWN}
    bare = {name: x for name, x in pictured.items() if name not in shown}
    heard = [name for name in found if f"{name}_bytes" in files and name not in pictured]
    waves = {name: list(np.asarray(files[f"{name}_bytes"])) for name in heard}
    numbers = {name: x for name, x in found.items() if name not in (*pictured, *heard)}
    _write_files(shown, waves, numbers, bare, out)


def _write_files(sheets, waves, numbers, bare, out):
    out.mkdir(parents=True)
    for name, sheet in sheets.items():
        pictures.save_png(out / f"{name}.png", sheet)
    for name, files in waves.items():
        sounds.write_files(files, out / name)
    for name, x in bare.items():
        np.save(out / f"{name}.npy", x)
    if numbers:
        (out / TABLE).write_text(table(numbers))
    print(out)
