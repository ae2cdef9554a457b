import numpy as np
import pytest
from PIL import Image

from kgen.cli import building, main
from tests.cli.test_pairs import RNG, pictures
from tests.cli.toy import train


@pytest.fixture
def source(tmp_path):
    """A folder with pictures of several sizes, forms and colours, and with another folder."""
    root = tmp_path / "pictures"
    (root / "inner").mkdir(parents=True)
    Image.fromarray(RNG.integers(0, 256, (97, 131, 3), np.uint8)).save(root / "large.png")
    Image.fromarray(RNG.integers(0, 256, (5, 30), np.uint8)).save(root / "inner" / "grey.small.gif")
    turned = Image.fromarray(RNG.integers(0, 256, (16, 12, 3), np.uint8))
    exif = turned.getexif()
    exif[0x0112] = 6  # To be turned by 90 degrees.
    turned.save(root / "turned.png", exif=exif)
    clear = RNG.integers(0, 256, (9, 9, 4), np.uint8)
    Image.fromarray(clear).save(root / "clear.png")
    return root


def written(out):
    return {str(path.relative_to(out)): np.asarray(Image.open(path)) for path in out.rglob("*.png")}


def test_a_folder_of_any_sizes(paired, source, tmp_path, capsys):
    (source / "notes.txt").write_text("no picture")
    out = tmp_path / "new" / "out"
    assert main(["translate", str(paired), str(source), "--out", str(out)]) == 0
    captured = capsys.readouterr()
    assert "4/4" in captured.out and f"Written to {out}: 4 of 4 pictures" in captured.out
    assert "1 of 5 files" in captured.err and "notes.txt" in captured.err
    shapes = {name: pixels.shape for name, pixels in written(out).items()}
    assert shapes == {
        "large.png": (97, 131, 3),
        "inner/grey.small.png": (5, 30, 3),
        "turned.png": (12, 16, 3),
        "clear.png": (9, 9, 3),
    }
    model, large = building.load_run(paired)[0], np.asarray(Image.open(source / "large.png"))
    expected = np.round(255 * model.translate(large[None])[0])
    assert np.abs(written(out)["large.png"] - expected).max() <= 1
    grey = np.asarray(Image.open(source / "inner" / "grey.small.gif").convert("RGB"))
    expected = np.round(255 * model.translate(grey[None])[0])
    assert np.abs(written(out)["inner/grey.small.png"] - expected).max() <= 1


def test_one_picture_and_the_way_back(paired, source, tmp_path):
    picture, out = source / "large.png", tmp_path / "out"
    assert main(["translate", str(paired), str(picture), "--direction", "ba", "--out", str(out)]) == 0
    (found,) = written(out).values()
    expected = building.load_run(paired)[0].translate(np.asarray(Image.open(picture))[None], "ba")[0]
    assert np.abs(found - np.round(255 * expected)).max() <= 1


def test_nothing_is_overwritten_and_no_two_names_become_one(paired, source, tmp_path, line):
    out = tmp_path / "out"
    (out / "inner").mkdir(parents=True)
    (out / "inner" / "grey.small.png").write_text("mine")
    assert "grey.small.png exists (1 of 4 do)" in line("translate", paired, source, "--out", out)
    assert [path.name for path in out.iterdir()] == ["inner"]
    assert (out / "inner" / "grey.small.png").read_text() == "mine"
    assert "exists" in line("translate", paired, source, "--out", source)
    pictures(tmp_path / "twins")
    Image.new("L", (9, 9)).save(tmp_path / "twins" / "1.jpg")
    found = line("translate", paired, tmp_path / "twins", "--out", tmp_path / "new")
    assert "1.jpg" in found and "1.png" in found and not (tmp_path / "new").exists()


def test_unreadable_pictures(paired, source, tmp_path, line, capsys):
    (source / "bad.png").write_text("no picture")
    out = tmp_path / "out"
    found = line("translate", paired, source, "--out", out)
    assert "bad.png" in found and "--on-bad skip" in found and not out.exists()
    half = (source / "large.png").read_bytes()
    (source / "half.png").write_bytes(half[: len(half) // 2])
    words = ["--out", str(out), "--on-bad", "skip"]
    assert main(["translate", str(paired), str(source), *words]) == 0
    captured = capsys.readouterr()
    assert "Skipped 2 unreadable pictures" in captured.err and "4 of 6 pictures" in captured.out
    (source / "bad.png").unlink()
    assert "half.png" in line("translate", paired, source / "half.png", "--out", tmp_path / "other")


def test_grey_models_make_grey_pictures(source, tmp_path):
    run, out = tmp_path / "run", tmp_path / "out"
    words = ("--data", "digits_pair:negative", "--epochs", "1", "--steps", "1", "--set", "pool_size=0")
    assert train("cyclegan", run, *words, "--metrics", "frechet_distance") == 0
    assert main(["translate", str(run), str(source), "--out", str(out)]) == 0
    assert {pixels.shape for pixels in written(out).values()} == {(97, 131), (5, 30), (12, 16), (9, 9)}


def test_what_makes_no_sense_ends_in_one_line(paired, runs, source, tmp_path, line):
    out = ("--out", tmp_path / "out")
    assert "There is no picture or folder" in line("translate", paired, tmp_path / "nowhere", *out)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("no picture")
    assert "no picture in" in line("translate", paired, tmp_path / "empty", *out)
    assert "no picture in" in line("translate", paired, tmp_path / "empty" / "notes.txt", *out)
    assert "run of gan" in line("translate", runs / "gan", source, *out)
    assert "There is no run" in line("translate", tmp_path, source, *out)
    assert "'ac'" in line("translate", paired, source, "--direction", "ac", *out)
    assert "--out" in line("translate", paired, source)
    assert "kgen translate" in line("sample", paired)
    assert not (tmp_path / "out").exists()
