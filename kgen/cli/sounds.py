"""Sound on the command line: which models take it, its options and its data, and what is written of it."""

import numpy as np

import kgen
from kgen import noise, pictures
from kgen.cli import folder
from kgen.errors import invalid
from kgen.models import MODELS

OPTIONS = ("slice_length", "sample_rate")
OF_PICTURES = ("data_b", "image_size", "jitter", "augment", "metrics")
DEFAULTS = {"data": "spoken_digit", "batch_size": 64, "slice_length": 8192}
FOLDER, SHEET = "sounds", "sheet.png"  # Where samples go, unless said, and their picture there.


def is_sound(model):
    """Whether a model trains on sounds.

    Args:
        model: name of a model.

    Returns:
        bool.
    """
    return MODELS[model].AUDIBLE


def defaults(model):
    """Options of a new run of a model that trains on sounds, where they are not those of pictures.

    Args:
        model: name of a model.

    Returns:
        Dict, empty for other models.
    """
    return DEFAULTS if is_sound(model) else {}


def load(options, split, batch_size, **rest):
    """The sounds of a run's source, with labels where the model is told classes.

    Args:
        options: dict with model, data, arguments, slice_length and sample_rate.
        split: a split with or without a slice.
        batch_size: examples of a step.
        **rest: seed, shuffle, on_bad and num_examples; image_size is that of pictures.

    Returns:
        (dataset, description), as `kgen.datasets.load_sounds` gives them.

    Raises:
        ValueError: data without classes, where some are wanted, or with others.
    """
    rest.pop("image_size", None)
    form = {name: options[name] for name in OPTIONS}
    wanted = options["arguments"].get("num_classes") or 0
    try:
        found = kgen.datasets.load_sounds(
            options["data"], split, batch_size=batch_size, labels=wanted > 0, **form, **rest
        )
    except ValueError as error:
        if "argument `labels`" not in str(error):
            raise
        raise invalid("data", "sounds with labels where num_classes is set", data=options["data"]) from None
    number = len(found[1].classes)
    if wanted and number != wanted:
        raise invalid("num_classes", f"0, or the {number} classes of the data", num_classes=wanted)
    return found


def arguments(description):
    """Constructor arguments that the data decide.

    Args:
        description: `kgen.datasets.SoundDescription`.

    Returns:
        Dict of plain values.
    """
    return {"slice_length": description.shape[0], "sample_rate": description.sample_rate}


def folder_for(out):
    """The new folder that samples are written into.

    Args:
        out: path, or None for `sounds`.

    Returns:
        pathlib.Path of a folder that is not there.

    Raises:
        FileExistsError: it is there.
    """
    return folder.new(out or FOLDER)


def write(waves, sample_rate, out, columns=None):
    """Writes a wav file for each sound, and a picture of them all, into a new folder.

    Args:
        waves: float32 array [n, samples] in [-1, 1].
        sample_rate: in Hz.
        out: path of the folder.
        columns: sounds in a row of the picture, or None.
    """
    picture = kgen.sounds.sheet(waves, sample_rate, columns)
    write_files([kgen.sounds.wav_bytes(wave, sample_rate) for wave in waves], out)
    pictures.save_png(out / SHEET, picture)
    print(out)


def write_files(files, out):
    """Writes wav files 000.wav, 001.wav ... into a new folder.

    Args:
        files: list of bytes.
        out: path of the folder.
    """
    out.mkdir(parents=True)
    for number, data in enumerate(files):
        (out / f"{number:03d}.wav").write_bytes(data)


def write_of_saved_model(endpoint, number, seed, out, **label):
    """Writes wav files of a served model.

    Args:
        endpoint: its `wav`, a function of seed, and of label where it has classes.
        number: of the sounds.
        seed: of the samples.
        out: path of a new folder.
        **label: integer array [number].
    """
    files = endpoint(seed=noise.rows(seed, number).numpy(), **label)["audio_bytes"]
    write_files(list(np.asarray(files)), out)
    print(out)
