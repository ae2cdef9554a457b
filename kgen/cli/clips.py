"""Clips on the command line: which models take them, their options and their data, and what is written of them."""

import pathlib

import numpy as np

import kgen
from kgen import noise, pictures
from kgen.callbacks.clip_samples import SECONDS
from kgen.cli import folder
from kgen.datasets.folder import EXTENSIONS
from kgen.errors import invalid
from kgen.models import MODELS

OPTIONS = ("frames",)
OF_PICTURES = ("data_b", "jitter", "augment")
DEFAULTS = {"data": "moving:digits", "batch_size": 32, "frames": 12}
HELD_OUT, JUDGED = 256, 1000  # Clips that an epoch ends with, and that a run is judged by, at most.
FOLDER, STRIP, GIF = "clips", "strip.png", ".gif"


def is_clip(model):
    """Whether a model trains on clips.

    Args:
        model: name of a model.

    Returns:
        bool.
    """
    return MODELS[model].MOVING


def defaults(model):
    """Options of a new run of a model that trains on clips, where they are not those of pictures.

    Args:
        model: name of a model.

    Returns:
        Dict, empty for other models.
    """
    return DEFAULTS if is_clip(model) else {}


def load(options, split, **rest):
    """The clips of a run's source.

    Args:
        options: dict with data, data_b and frames.
        split: a split with or without a slice.
        **rest: batch_size, image_size, seed, shuffle, on_bad and num_examples.

    Returns:
        (dataset, description), as `kgen.datasets.load_clips` gives them.
    """
    return kgen.datasets.load_clips(options["data"], split, frames=options["frames"], **rest)


def place_for(out):
    """Where samples are written: FILE.gif, or a new folder.

    Args:
        out: path, or None for the folder `clips`.

    Returns:
        pathlib.Path.

    Raises:
        FileExistsError: a folder that is there.
        ValueError: a picture of another kind.
    """
    path = pathlib.Path(out or FOLDER)
    if _is_gif(path) and not path.is_dir():
        return path
    if path.suffix.lower() in EXTENSIONS:
        raise invalid("out", "FILE.gif, or a folder", out=str(out))
    return folder.new(path)


def write(clips, out):
    """Writes clips: as one GIF in which they move beside each other, or as a GIF each in a new folder; and a strip.

    Args:
        clips: float32 array [n, frames, height, width, channels] in [0, 1].
        out: path as of `place_for`. The strip of FILE.gif is FILE.png.
    """
    if _is_gif(out):
        _save(out, pictures.moving_grid(clips))
        strip = out.with_suffix(".png")
    else:
        out.mkdir(parents=True)
        for number, clip in enumerate(clips):
            _save(out / f"{number:03d}{GIF}", clip)
        strip = out / STRIP
    pictures.save_png(strip, pictures.strip(clips))
    print(out)


def _is_gif(path):
    return path.suffix.lower() == GIF


def _save(path, frames):
    pictures.save_gif(path, frames, SECONDS, SECONDS)


def write_of_saved_model(endpoint, number, seed, out):
    """Writes clips of a served model.

    Args:
        endpoint: its `generate`, a function of seed.
        number: of the clips.
        seed: of the samples.
        out: path as of `place_for`.
    """
    write(np.asarray(endpoint(seed=noise.rows(seed, number).numpy())["video"]), out)
