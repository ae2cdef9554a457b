"""What a model makes, for its card: a picture, or texts."""

import kgen
from kgen import pictures
from kgen.callbacks.text_samples import joined
from kgen.cli import data

PICTURES, SOUNDS, CLIPS, TEXTS, SEED = 64, 16, 16, 4, 0  # As `kgen sample` draws them with its own seed.
PAIRS = "Columns: pictures of a, these as b, back as a, and a as a (identity); then the same from b."


def number_of(model):
    """How many samples a card shows.

    Args:
        model: a model that draws or translates something.

    Returns:
        Integer; of a model with classes as many of each.
    """
    return model.showcase(SOUNDS if model.AUDIBLE else CLIPS if model.MOVING else PICTURES)[0]


def picture(model, options):
    """Samples as one picture: pictures, points, sounds, clips, or the sheet of translations; a row for each class.

    Args:
        model: of pictures, vectors, sounds, clips or pairs; one of pairs has looked at some.
        options: of its run.

    Returns:
        uint8 array [height, width, channels].
    """
    samples, columns = model.sheet(number_of(model), SEED)
    if model.AUDIBLE:
        return kgen.sounds.sheet(samples, model.sample_rate, columns)
    if model.MOVING:
        return pictures.strip(samples)
    if samples.ndim == 2:
        return pictures.scatter(samples, data.some_points(options) if data.mixture(options) else None)
    return pictures.grid(samples, columns)


def caption(model):
    """What the picture shows.

    Args:
        model: as of `picture`.

    Returns:
        String.
    """
    if model.PAIRED:
        return PAIRS
    rows = ", a row for each class" if "labels" in model.CONDITIONS else ""
    rows = ", a row for each clip" if model.MOVING else rows
    return f"{number_of(model)} samples of seed {SEED}{rows}."


def text(model):
    """Texts of a language model.

    Args:
        model: a language model.

    Returns:
        String.
    """
    return joined(model.generate(TEXTS, seed=SEED), model.vocabulary)
