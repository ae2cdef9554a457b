"""Pictures of samples and of training: grids, strips of clips, scatter plots, GIFs, curves, PNG bytes.

Pictures come in as uint8, or as floats in [0, 1], and go out as uint8. Files appear whole or not at all.
"""

import io
import math
import os
import pathlib

import numpy as np
from PIL import Image

from kgen.errors import invalid, positive_integer

RULE = 96  # grey of the lines between the cells of a grid
TOGETHER = 8  # losses in one panel at most
MARGIN = 0.2  # of the range of the points, on every side of a scatter plot


def grid(images, columns=None, pad=1):
    """Lays pictures out in rows, as one picture.

    Args:
        images: uint8, or floats in [0, 1], [n, height, width, channels], channels 1 or 3 (or no such axis).
        columns: pictures a row; None for the squarest grid, ceil(sqrt(n)).
        pad: pixels between pictures, and around them all.

    Returns:
        uint8 array [rows * (height + pad) + pad, columns * (width + pad) + pad, channels].

    Raises:
        ValueError: for another shape, dtype or range.

    Example:

    >>> kgen.pictures.grid(np.zeros([10, 8, 8, 1])).shape
    (28, 37, 1)
    """
    cells = _pixels("images", images, rank=4)
    n, height, width, channels = cells.shape
    columns = math.ceil(math.sqrt(n)) if columns is None else columns
    positive_integer("columns", columns)
    if not (isinstance(pad, int) and pad >= 0):
        raise invalid("pad", "an integer of at least 0", pad=pad)
    rows = math.ceil(n / columns)
    canvas = np.full([rows, columns, height + pad, width + pad, channels], RULE, np.uint8)
    canvas.reshape([-1, *canvas.shape[2:]])[:n, pad:, pad:] = cells
    sheet = np.concatenate(np.concatenate(canvas, axis=1), axis=1)
    return np.pad(sheet, [(0, pad), (0, pad), (0, 0)], constant_values=RULE)


def strip(clips, pad=1):
    """Lays clips out as one picture: a row for each, its frames from left to right.

    Args:
        clips: uint8, or floats in [0, 1], [n, frames, height, width, channels], channels 1 or 3 (or no such axis).
        pad: pixels between frames, and around them all.

    Returns:
        uint8 array [n * (height + pad) + pad, frames * (width + pad) + pad, channels].

    Raises:
        ValueError: for another shape, dtype or range.

    Example:

    >>> kgen.pictures.strip(np.zeros([2, 5, 8, 8, 1])).shape
    (19, 46, 1)
    """
    clips = _clips(clips)
    return grid(clips.reshape([-1, *clips.shape[2:]]), columns=clips.shape[1], pad=pad)


def moving_grid(clips, columns=None, pad=1):
    """Lays clips out in rows and columns, a picture for each frame: what `save_gif` takes.

    Args:
        clips: as for `strip`.
        columns: clips a row; None for the squarest grid.
        pad: pixels between clips, and around them all.

    Returns:
        List of uint8 arrays, one for each frame, as `grid` gives them.

    Raises:
        ValueError: for another shape, dtype or range.

    Example:

    >>> [frame.shape for frame in kgen.pictures.moving_grid(np.zeros([4, 2, 8, 8, 1]))]
    [(19, 19, 1), (19, 19, 1)]
    """
    clips = _clips(clips)
    return [grid(clips[:, frame], columns, pad) for frame in range(clips.shape[1])]


def scatter(samples, real=None, limits=None, size=480):
    """Draws points in the plane, samples over real ones; the same points give the same picture.

    Args:
        samples: finite numbers [n, dim], dim at least 2; the first two are drawn.
        real: points drawn below them in grey, [m, dim], or None.
        limits: (low, high) of both axes, or ((low, high), (low, high)); None for the range of `real`, or else
            of `samples`, and a fifth of it on every side. Points outside are not drawn.
        size: pixels of a side.

    Returns:
        uint8 array [size, size, 3].

    Raises:
        ValueError: for other shapes, numbers that are not finite, or a limit that is not above the other.

    Example:

    >>> kgen.pictures.scatter([[0.0, 1.0], [1.0, 0.0]], size=200).shape
    (200, 200, 3)
    """
    positive_integer("size", size)
    samples = _points("samples", samples)
    real = None if real is None else _points("real", real)
    frame = _limits(limits, samples if real is None else real)
    axis, drawn = _plane(size, *frame, (0.1, 0.07, 0.87, 0.9))
    if real is not None:
        axis.plot(*real.T, ".", color="0.7", markersize=4, label="real")
    axis.plot(*samples.T, ".", color="C3", markersize=3, label="generated")
    axis.legend(loc="upper right", fontsize="small")
    return drawn()


def reliability(mean_probability, share_real, weight, size=480):
    """Draws a discriminator's calibration: the share of real examples over what it said of them.

    Args:
        mean_probability: of being real, by bin.
        share_real: share of real examples, by bin.
        weight: of the bins, in [0, 1]; the area of a point.
        size: pixels of a side.

    Returns:
        uint8 array [size, size, 3].

    Example:

    >>> kgen.pictures.reliability([0.2, 0.9], [0.25, 0.7], [0.5, 0.5], size=200).shape
    (200, 200, 3)
    """
    positive_integer("size", size)
    axis, drawn = _plane(size, (-0.03, 1.03), (-0.03, 1.03), (0.13, 0.11, 0.84, 0.86))
    axis.plot([0, 1], [0, 1], "--", color="0.7", label="calibrated")
    axis.plot(mean_probability, share_real, "-", color="C3")
    axis.scatter(
        mean_probability, share_real, [20 + 400 * w for w in weight], color="C3", label="discriminator"
    )
    axis.set(xlabel="probability of being real, as said", ylabel="share of real examples")
    axis.legend(loc="upper left", fontsize="small")
    return drawn()


def png_bytes(image, min_side=1):
    """One picture as the bytes of a PNG file, lossless.

    Args:
        image: uint8, or floats in [0, 1], [height, width, channels], channels 1 or 3 (or no such axis).
        min_side: as for `save_png`.

    Returns:
        bytes.

    Example:

    >>> kgen.pictures.png_bytes(np.zeros([8, 8, 1]))[1:4]
    b'PNG'
    """
    buffer = io.BytesIO()
    _pillow(_enlarge(_pixels("image", image, rank=3), min_side)).save(buffer, "PNG")
    return buffer.getvalue()


def save_png(path, image, min_side=256):
    """Writes a picture as PNG; a small one is enlarged by a whole factor, so that its pixels can be seen.

    Args:
        path: file to write, in a folder that exists.
        image: as for `png_bytes`.
        min_side: pixels that the shorter side gets at least, unless the longer would exceed 8 times as many.

    Raises:
        FileNotFoundError: where the folder of `path` is missing.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kgen.pictures.save_png(f"{folder}/black.png", np.zeros([8, 8, 1]))
    ...     print(kgen.pictures.read_png(f"{folder}/black.png").shape)
    (256, 256, 1)
    """
    write_file(path, png_bytes(image, min_side))


def read_png(path):
    """Reads a picture that `save_png` wrote.

    Args:
        path: of the file.

    Returns:
        uint8 array [height, width, channels].

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kgen.pictures.save_png(f"{folder}/row.png", np.array([[0.0, 0.2, 1.0]]), min_side=1)
    ...     print(kgen.pictures.read_png(f"{folder}/row.png")[0, :, 0].tolist())
    [0, 51, 255]
    """
    with Image.open(path) as image:
        pixels = np.asarray(image)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def save_gif(path, frames, seconds_per_frame=0.25, last_seconds=2.0, min_side=256):
    """Writes frames of one size as an endless GIF that rests on its last frame.

    Args:
        path: file to write, in a folder that exists.
        frames: at least one picture, each as for `png_bytes`.
        seconds_per_frame: how long a frame stays; GIF counts in hundredths.
        last_seconds: how long the last frame stays.
        min_side: as for `save_png`.

    Raises:
        ValueError: without frames, or for frames of several sizes.
        FileNotFoundError: where the folder of `path` is missing.

    Example:

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kgen.pictures.save_gif(f"{folder}/fade.gif", [np.zeros([8, 8, 1]), np.ones([8, 8, 1])])
    ...     print(pathlib.Path(folder, "fade.gif").read_bytes()[:6])
    b'GIF89a'
    """
    frames = [_enlarge(_pixels("frames", frame, rank=3), min_side) for frame in frames]
    if len(shapes := {frame.shape for frame in frames}) != 1:
        raise invalid("frames", "at least one picture, all of one shape", shapes=sorted(shapes))
    for name, value in (("seconds_per_frame", seconds_per_frame), ("last_seconds", last_seconds)):
        if not 0.01 <= value <= 600:
            raise invalid(name, "seconds in [0.01, 600]", **{name: value})
    seconds = [seconds_per_frame] * (len(frames) - 1) + [last_seconds]
    milliseconds = [10 * round(100 * value) for value in seconds]
    first, *others = [_pillow(frame) for frame in frames]
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=milliseconds, loop=0)
    write_file(path, buffer.getvalue())


def save_curves(path, history, title="Training"):
    """Draws the record of a training run: one panel of losses up to eight, one for each other quantity.

    A quantity and its `val_` counterpart share a panel and a colour; the latter is dashed.

    Args:
        path: PNG file to write, in a folder that exists.
        history: dict name -> values, one per epoch; or dict name -> {epoch: value}, epochs from 1; or one
            dict name -> value per epoch. None and NaN leave gaps.
        title: heading of the picture.

    Raises:
        ValueError: for a history without values.
        FileNotFoundError: where the folder of `path` is missing.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kgen.pictures.save_curves(f"{folder}/loss.png", {"loss": [2.0, 1.0], "val_loss": [2.5, None]})
    ...     print(kgen.pictures.read_png(f"{folder}/loss.png").dtype)
    uint8
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = _panels(_curves(history))
    columns = min(3, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure = Figure(figsize=(5.5 * columns, 3.6 * rows + 0.4), dpi=110, layout="constrained")
    figure.suptitle(title, fontweight="bold")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, (heading, curves) in zip(axes, panels.items(), strict=False):
        _draw(axis, heading, curves)
    for axis in axes[len(panels) :]:
        axis.remove()
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer)
    write_file(path, buffer.getvalue())


def _plane(size, x_limits, y_limits, room):
    """An axis in a square picture, and a function that gives its pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(size / 100, size / 100), dpi=100)
    axis = figure.add_axes(room, xlim=x_limits, ylim=y_limits)
    axis.tick_params(labelsize="small")

    def drawn():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return np.array(canvas.buffer_rgba())[..., :3]

    return axis, drawn


def _curves(history):
    """Every form of history as dict name -> {epoch: value}."""
    if not isinstance(history, dict):
        rows = list(history)
        names = dict.fromkeys(name for row in rows for name in row)
        history = {name: [row.get(name) for row in rows] for name in names}
    curves = {}
    for name, values in history.items():
        points = values if isinstance(values, dict) else dict(enumerate(values, start=1))
        curves[name] = {epoch: float("nan" if value is None else value) for epoch, value in points.items()}
    if not any(math.isfinite(value) for points in curves.values() for value in points.values()):
        raise invalid("history", "a finite value of at least one name", history=history)
    return curves


def _panels(curves):
    """Panels as dict heading -> {name: points}: losses first, together if they are few, then other quantities."""
    losses = {name.removeprefix("val_") for name in curves if name.endswith("loss")}
    together = losses if len(losses) <= TOGETHER else set()
    panels = {}
    for name in sorted(curves, key=lambda name: not name.endswith("loss")):
        base = name.removeprefix("val_")
        heading = "Losses" if base in together else base.replace("_", " ").capitalize()
        panels.setdefault(heading, {})[name] = curves[name]
    return panels


def _draw(axis, heading, curves):
    colours = {}
    for name, points in curves.items():
        colour = colours.setdefault(name.removeprefix("val_"), f"C{len(colours) % 10}")
        style, face = ("--", "white") if name.startswith("val_") else ("-", colour)
        epochs = sorted(points)
        marker = {"marker": "o" if len(epochs) <= 30 else None, "markersize": 4, "markerfacecolor": face}
        axis.plot(epochs, [points[epoch] for epoch in epochs], style, color=colour, label=name, **marker)
    axis.set(title=heading, xlabel="epoch")
    axis.set_xlim(0.5, max(max(points, default=1) for points in curves.values()) + 0.5)
    axis.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    axis.grid(alpha=0.3)
    axis.legend(fontsize="small")


def _points(name, value):
    """The first two coordinates of points, float64 [n, 2]."""
    points = np.asarray(value)
    if points.ndim != 2 or points.shape[1] < 2 or not len(points) or points.dtype.kind not in "uif":
        raise invalid(name, "numbers [n, dim], n at least 1, dim at least 2", shape=points.shape)
    if not np.isfinite(points).all():
        raise invalid(name, "finite numbers", first_bad_row=int(np.argwhere(~np.isfinite(points))[0, 0]))
    return points[:, :2].astype("float64")


def _limits(limits, points):
    """[[x low, x high], [y low, y high]]."""
    if limits is None:
        low, high = points.min(axis=0), points.max(axis=0)
        margin = np.where(high > low, MARGIN * (high - low), 1.0)
        return np.stack([low - margin, high + margin], axis=1)
    pairs = np.asarray(limits, "float64")
    if pairs.shape not in ((2,), (2, 2)) or not np.isfinite(pairs).all():
        raise invalid("limits", "(low, high), or such a pair for each axis", limits=limits)
    pairs = np.broadcast_to(pairs, (2, 2))
    if not (pairs[:, 0] < pairs[:, 1]).all():
        raise invalid("limits", "low below high", limits=limits)
    return pairs


def _clips(clips):
    """Clips with a channel axis."""
    clips = np.asarray(clips)
    clips = clips[..., None] if clips.ndim == 4 else clips
    if clips.ndim != 5 or not clips.size:
        raise invalid(
            "clips", "shape [n, frames, height, width, channels], none of them empty", shape=clips.shape
        )
    return clips


def _pixels(name, value, rank):
    """Pictures of any accepted form as uint8 with a channel axis."""
    value = np.asarray(value)
    value = value[..., None] if value.ndim == rank - 1 else value
    if value.ndim != rank or value.shape[-1] not in (1, 3) or not value.size:
        shape = "[n, height, width, channels]" if rank == 4 else "[height, width, channels]"
        raise invalid(name, f"shape {shape} with 1 or 3 channels, none of them empty", shape=value.shape)
    if value.dtype == np.uint8:
        return value
    if value.dtype.kind != "f":
        raise invalid(name, "uint8, or floats in [0, 1]", dtype=str(value.dtype))
    if not (value.min() >= 0 and value.max() <= 1):
        raise invalid(name, "floats in [0, 1]", lowest=float(value.min()), highest=float(value.max()))
    return np.round(value.astype(np.float32) * 255).astype(np.uint8)


def _enlarge(image, min_side):
    positive_integer("min_side", min_side)
    height, width = image.shape[:2]
    wanted, limit = math.ceil(min_side / min(height, width)), 8 * min_side // max(height, width)
    factor = max(1, min(wanted, limit))
    return image.repeat(factor, axis=0).repeat(factor, axis=1)


def _pillow(image):
    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def write_file(path, data):
    """Writes aside and renames, so that a reader never meets half a file.

    Args:
        path: file to write, in a folder that exists.
        data: bytes.

    Raises:
        FileNotFoundError: where the folder of `path` is missing.

    Example:

    >>> import os, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kgen.pictures.write_file(f"{folder}/note.txt", b"whole")
    ...     print(os.listdir(folder), pathlib.Path(folder, "note.txt").read_bytes())
    ['note.txt'] b'whole'
    """
    path = pathlib.Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(str(invalid("path", "a file in a folder that exists", path=str(path))))
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_bytes(data)
    aside.replace(path)
