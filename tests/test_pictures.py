"""Pictures: every pixel, every duration, every refusal."""

import io

import numpy as np
import pytest
from PIL import Image

from kgen import pictures


def test_grid_places_every_picture():
    images = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones([1, 2, 3, 1], np.uint8)
    sheet = pictures.grid(images, columns=3, pad=1)
    assert sheet.shape == (2 * 3 + 1, 3 * 4 + 1, 1) and sheet.dtype == np.uint8
    for index in range(5):
        row, column = divmod(index, 3)
        assert (sheet[1 + 3 * row : 3 + 3 * row, 1 + 4 * column : 4 + 4 * column] == index).all()
    lines = np.full(sheet.shape, True)
    for row, column in np.ndindex(2, 3):
        lines[1 + 3 * row : 3 + 3 * row, 1 + 4 * column : 4 + 4 * column] = (row, column) == (1, 2)
    assert (sheet[lines] == pictures.RULE).all()


def test_grid_scales_floats_and_keeps_colour():
    images = np.linspace(0, 1, 4 * 2 * 2 * 3, dtype=np.float32).reshape([4, 2, 2, 3])
    sheet = pictures.grid(images, pad=0)
    assert sheet.shape == (4, 4, 3)
    np.testing.assert_array_equal(sheet[:2, 2:], np.round(images[1] * 255))
    assert sheet.min() == 0 and sheet.max() == 255


def test_grid_takes_pictures_without_channels():
    assert pictures.grid(np.zeros([7, 8, 8])).shape == (28, 28, 1)


@pytest.mark.parametrize(
    "images, message",
    [
        (np.zeros([8, 8]), "Received: shape=\\(8, 8\\)"),
        (np.zeros([0, 8, 8, 1]), "none of them empty"),
        (np.zeros([2, 8, 8, 2]), "1 or 3 channels"),
        (np.full([2, 8, 8, 1], 1.5), "floats in \\[0, 1\\]"),
        (np.full([2, 8, 8, 1], -0.1), "floats in \\[0, 1\\]"),
        (np.full([2, 8, 8, 1], np.nan), "floats in \\[0, 1\\]"),
        (np.zeros([2, 8, 8, 1], np.int64), "Received: dtype='int64'"),
    ],
)
def test_grid_refuses_what_is_no_picture(images, message):
    with pytest.raises(ValueError, match=message):
        pictures.grid(images)


def test_a_strip_has_a_row_for_each_clip_and_a_column_for_each_frame():
    clips = np.arange(6, dtype=np.uint8).reshape(2, 3, 1, 1, 1) * np.ones([2, 3, 4, 5, 1], np.uint8)
    strip = pictures.strip(clips, pad=0)
    assert strip.shape == (2 * 4, 3 * 5, 1)
    np.testing.assert_array_equal(strip[::4, ::5, 0], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(pictures.strip(clips[..., 0], pad=0), strip)


def test_a_moving_grid_shows_the_same_frame_of_all_clips():
    clips = np.arange(6, dtype=np.uint8).reshape(2, 3, 1, 1, 1) * np.ones([2, 3, 4, 5, 1], np.uint8)
    moving = pictures.moving_grid(clips, columns=2, pad=0)
    assert [frame[0, ::5, 0].tolist() for frame in moving] == [[0, 3], [1, 4], [2, 5]]
    for broken in (clips[0, 0], clips[:0]):
        with pytest.raises(ValueError, match="argument `clips`"):
            pictures.moving_grid(broken)


@pytest.mark.parametrize("arguments", [{"columns": 0}, {"columns": 2.0}, {"pad": -1}])
def test_grid_refuses_bad_layout(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"argument `{name}`"):
        pictures.grid(np.zeros([2, 8, 8, 1]), **arguments)


@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 1), (5, 4, 3)])
def test_png_is_lossless(shape):
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    read = np.asarray(Image.open(io.BytesIO(pictures.png_bytes(image))))
    np.testing.assert_array_equal(read, image.reshape(read.shape))
    assert pictures.png_bytes(image) == pictures.png_bytes(image / 255)


def test_save_png_enlarges_small_pictures_by_a_whole_factor(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, [9, 12, 1], np.uint8)
    pictures.save_png(tmp_path / "small.png", image, min_side=20)
    read = np.asarray(Image.open(tmp_path / "small.png"))
    assert read.shape == (27, 36)
    np.testing.assert_array_equal(read[::3, ::3], image[..., 0])
    np.testing.assert_array_equal(read[2::3, 2::3], image[..., 0])


def test_save_png_leaves_large_and_long_pictures_alone(tmp_path):
    for shape in ((300, 256), (10, 2000)):
        pictures.save_png(tmp_path / "large.png", np.zeros(shape))
        assert Image.open(tmp_path / "large.png").size == shape[::-1]


def test_files_are_written_whole_and_alone(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"before")
    with pytest.raises(ValueError, match="`image`"):
        pictures.save_png(path, np.full([8, 8], 2.0))
    assert path.read_bytes() == b"before"
    pictures.save_png(path, np.zeros([8, 8]))
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="folder that exists.*missing"):
        pictures.save_png(tmp_path / "missing" / "a.png", np.zeros([8, 8]))


def durations(path):
    with Image.open(path) as gif:
        milliseconds = []
        for frame in range(gif.n_frames):
            gif.seek(frame)
            milliseconds.append(gif.info["duration"])
        return milliseconds, gif.info.get("loop")


def test_gif_keeps_time_where_frames_repeat(tmp_path):
    frames = [np.full([8, 8, 1], value, np.uint8) for value in (0, 0, 0, 90, 90, 255)]
    pictures.save_gif(tmp_path / "a.gif", frames, seconds_per_frame=0.2, last_seconds=1.5)
    assert durations(tmp_path / "a.gif") == ([600, 400, 1500], 0)


def test_gif_of_equal_frames_keeps_time(tmp_path):
    pictures.save_gif(tmp_path / "a.gif", np.zeros([5, 8, 8]), seconds_per_frame=0.2, last_seconds=1.0)
    milliseconds, _ = durations(tmp_path / "a.gif")
    assert sum(milliseconds) == 1800


def test_gif_shows_its_frames_enlarged_and_in_colour(tmp_path):
    frames = [np.full([8, 8, 3], colour, np.uint8) for colour in ([250, 10, 10], [10, 10, 250])]
    pictures.save_gif(tmp_path / "a.gif", frames)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.size == (256, 256) and gif.n_frames == 2
        for index, frame in enumerate(frames):
            gif.seek(index)
            np.testing.assert_allclose(np.asarray(gif.convert("RGB"))[0, 0], frame[0, 0], atol=8)


def test_gif_refuses_bad_frames_and_times(tmp_path):
    with pytest.raises(ValueError, match="`frames`.*all of one shape"):
        pictures.save_gif(tmp_path / "a.gif", [np.zeros([8, 8]), np.zeros([8, 9])])
    with pytest.raises(ValueError, match="`frames`.*at least one"):
        pictures.save_gif(tmp_path / "a.gif", [])
    for name in ("seconds_per_frame", "last_seconds"):
        with pytest.raises(ValueError, match=name):
            pictures.save_gif(tmp_path / "a.gif", [np.zeros([8, 8])], **{name: 0})


HISTORY = {
    "generator_loss": [2.0, 1.5, 1.2],
    "val_generator_loss": [2.1, 1.7, 1.6],
    "discriminator_loss": [1.0, 1.2, 1.3],
    "frechet_distance": [9.0, None, 4.0],
    "val_frechet_distance": [9.5, float("nan"), 5.0],
}


def test_losses_share_a_panel_and_val_joins_its_quantity():
    panels = pictures._panels(pictures._curves(HISTORY))
    assert list(panels) == ["Losses", "Frechet distance"]
    assert list(panels["Losses"]) == ["generator_loss", "val_generator_loss", "discriminator_loss"]
    assert list(panels["Frechet distance"]) == ["frechet_distance", "val_frechet_distance"]


def test_many_losses_have_a_panel_each():
    """CycleGAN's eleven in one panel were hidden by their legend."""
    history = {f"{prefix}{k}_loss": [1.0] for k in range(9) for prefix in ("", "val_")}
    panels = pictures._panels(pictures._curves(history))
    assert len(panels) == 9 and list(panels["3 loss"]) == ["3_loss", "val_3_loss"]
    assert list(pictures._panels(pictures._curves(dict(list(history.items())[:16])))) == ["Losses"]


def test_the_three_forms_of_history_are_one():
    lists = {"loss": [3.0, 2.0], "kl_loss": [1.0, 0.5]}
    rows = [{"loss": 3.0, "kl_loss": 1.0}, {"loss": 2.0, "kl_loss": 0.5}]
    epochs = {"loss": {1: 3.0, 2: 2.0}, "kl_loss": {1: 1.0, 2: 0.5}}
    assert pictures._curves(lists) == pictures._curves(rows) == pictures._curves(epochs) == epochs


def test_curves_are_drawn_without_pyplots_global_state(tmp_path):
    from matplotlib import pyplot

    pictures.save_curves(tmp_path / "a.png", {"loss": [2.0, 1.0]})
    assert pyplot.get_fignums() == []
    pictures.save_curves(tmp_path / "b.png", HISTORY)
    narrow, wide = (np.asarray(Image.open(tmp_path / name).convert("RGB")) for name in ("a.png", "b.png"))
    assert wide.shape[1] == 2 * narrow.shape[1]
    assert len(np.unique(wide.reshape([-1, 3]), axis=0)) > 20


@pytest.mark.parametrize("history", [{}, {"loss": []}, {"loss": [None, float("nan")]}, []])
def test_curves_refuse_an_empty_history(tmp_path, history):
    with pytest.raises(ValueError, match="`history`"):
        pictures.save_curves(tmp_path / "a.png", history)


def reddish(picture):
    """Pixels of generated points, [size, size] bool; the legend's corner is left out."""
    red, green, blue = np.moveaxis(picture.astype(int), -1, 0)
    found = (red > 150) & (green < 110) & (blue < 110)
    found[: len(found) // 6, len(found) // 2 :] = False
    return found


def greyish(picture):
    spread = picture.max(axis=-1).astype(int) - picture.min(axis=-1)
    return (spread == 0) & (abs(picture[..., 0].astype(int) - 178) < 4)


def place(mask):
    """Centre of the marked pixels as (x, y) in [0, 1] from the bottom left of the frame."""
    rows, columns = np.nonzero(mask)
    side = len(mask)
    return (columns.mean() / side - 0.1) / 0.87, (1 - rows.mean() / side - 0.07) / 0.9


@pytest.mark.parametrize("point", [(0.25, 0.5), (-0.6, -0.9), (-0.1, 0.9)])
def test_scatter_puts_a_point_where_it_is(point):
    picture = pictures.scatter([point], limits=(-1, 1), size=400)
    assert picture.shape == (400, 400, 3) and picture.dtype == np.uint8
    np.testing.assert_allclose(place(reddish(picture)), (np.array(point) + 1) / 2, atol=0.01)


def test_scatter_draws_samples_over_real_points():
    points = np.random.default_rng(0).normal(size=(50, 2))
    alone = pictures.scatter(points[:1], points, limits=(-4, 4))
    assert reddish(alone).sum() > 0 and greyish(alone).sum() > 100
    covered = pictures.scatter(points, points, limits=(-4, 4))
    assert reddish(covered).sum() > 20 * reddish(alone).sum()
    assert greyish(covered).sum() < greyish(alone).sum() / 2


def test_the_frame_is_that_of_the_real_points():
    real = np.array([[-1.0, 0.0], [1.0, 10.0]])
    frame = pictures._limits(None, real)
    np.testing.assert_allclose(frame, [[-1.4, 1.4], [-2, 12]])
    inside, outside = ([[0.0, 5.0]], [[0.0, 5.0], [50.0, -70.0]])
    np.testing.assert_array_equal(pictures.scatter(inside, real), pictures.scatter(outside, real))
    np.testing.assert_allclose(pictures._limits(None, np.array([[3.0, 4.0]])), [[2, 4], [3, 5]])
    np.testing.assert_allclose(pictures._limits((0, 2), real), [[0, 2], [0, 2]])
    np.testing.assert_allclose(pictures._limits(((0, 2), (1, 3)), real), [[0, 2], [1, 3]])


def test_scatter_is_deterministic_and_leaves_pyplot_alone():
    from matplotlib import pyplot

    points = np.random.default_rng(0).normal(size=(500, 3)).astype("float32")
    first, second = (pictures.png_bytes(pictures.scatter(points, points[:9])) for _ in range(2))
    assert first == second and pyplot.get_fignums() == []
    assert first == pictures.png_bytes(pictures.scatter(points[:, :2], points[:9, :2]))
    assert first != pictures.png_bytes(pictures.scatter(points + 0.1, points[:9]))


@pytest.mark.parametrize(
    "arguments, name",
    [
        ({"samples": np.zeros([3])}, "samples"),
        ({"samples": np.zeros([3, 1])}, "samples"),
        ({"samples": np.zeros([0, 2])}, "samples"),
        ({"samples": [["a", "b"]]}, "samples"),
        ({"samples": [[0.0, np.nan]]}, "samples"),
        ({"real": np.zeros([3])}, "real"),
        ({"real": [[np.inf, 0.0]]}, "real"),
        ({"limits": (1, 1)}, "limits"),
        ({"limits": (2, 1)}, "limits"),
        ({"limits": (0, np.inf)}, "limits"),
        ({"limits": (0, 1, 2)}, "limits"),
        ({"size": 0}, "size"),
    ],
)
def test_scatter_refuses_what_it_cannot_draw(arguments, name):
    with pytest.raises(ValueError, match=f"argument `{name}`"):
        pictures.scatter(**{"samples": np.zeros([3, 2]), **arguments})
