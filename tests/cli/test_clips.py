"""`kgen train videogan` on clips, and what its run writes."""

import json

import numpy as np
import pytest
from PIL import Image

import kgen
from kgen.cli import main

WORDS = [
    "--image-size",
    "8",
    "--frames",
    "3",
    "--epochs",
    "2",
    "--steps",
    "4",
    "--batch-size",
    "8",
    "--no-jit",
]
SET = ["--set", "width=2", "content_dim=3", "motion_dim=2"]


def size_of(path):
    with Image.open(path) as image:
        return getattr(image, "n_frames", 1), image.size


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder with a finished run on moving digits."""
    folder = tmp_path_factory.mktemp("clips")
    words = ["train", "videogan", "--data", "moving:digits", "--out", folder / "run", "--seed", "2"]
    assert main(list(map(str, [*words, *WORDS, *SET]))) == 0
    return folder


def test_a_run_keeps_what_clips_are(folder):
    options = json.loads((folder / "run" / "options.json").read_text())
    assert (options["data"], options["frames"], options["image_size"]) == ("moving:digits", 3, 8)
    assert options["arguments"]["image_shape"] == [3, 8, 8, 1] and options["data_set"]["shape"] == [
        3,
        8,
        8,
        1,
    ]
    names = sorted(path.name for path in (folder / "run" / "samples").iterdir())
    assert names == [f"epoch-00{n}.{end}" for n in range(3) for end in ("gif", "png")]
    header = (folder / "run" / "history.csv").read_text().splitlines()[0]
    assert "val_real_picture_loss" in header


def test_samples_are_gifs_and_a_strip(folder, line, capsys):
    out = folder / "made"
    words = ["sample", folder / "run", "--num-samples", "4", "--seed", "5"]
    capsys.readouterr()
    assert main(list(map(str, [*words, "--out", out]))) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert sorted(path.name for path in out.iterdir()) == [*(f"00{n}.gif" for n in range(4)), "strip.png"]
    assert size_of(out / "000.gif") == (3, (256, 256))
    assert main(list(map(str, [*words, "--out", folder / "all.gif"]))) == 0
    assert size_of(folder / "all.gif")[0] == 3
    first = (folder / "all.gif").read_bytes()
    assert (folder / "all.png").read_bytes() == (out / "strip.png").read_bytes()
    assert main(list(map(str, [*words, "--out", folder / "all.gif"]))) == 0
    assert (folder / "all.gif").read_bytes() == first
    assert "exists" in line(*words, "--out", out)
    assert "FILE.gif, or a folder" in line(*words, "--out", folder / "clips.png")
    assert "has no classes" in line(*words, "--labels", "1", "--out", folder / "other")
    assert "is for text" in line(*words, "--prompt", "a")


def test_an_exported_model_writes_the_same_clips(folder, capsys):
    saved = folder / "saved"
    assert main(["export", str(folder / "run"), "--out", str(saved), "--check", "--card"]) == 0
    assert "from_latent, generate" in capsys.readouterr().out
    card = (saved / "1" / "README.md").read_text()
    assert "| `speed_distance` |" in card and "16 samples of seed 0, a row for each clip." in card
    assert "kgen train videogan --image-size 8" in card and "--frames 3" in card
    words = ["sample", saved, "--trust", "--num-samples", "3", "--out", folder / "served"]
    assert main(list(map(str, words))) == 0
    with Image.open(folder / "served" / "strip.png") as image:
        served = np.asarray(image).astype(int)
    own = kgen.pictures.strip(kgen.cli.building.load_run(folder / "run")[0].generate(3, seed=0))
    step = served.shape[0] // own.shape[0]
    assert np.abs(served[::step, ::step] - own[..., 0]).max() <= 1


def test_a_run_is_judged_by_its_motion_and_goes_on(folder, capsys):
    capsys.readouterr()
    assert main(["evaluate", str(folder / "run"), "--json", "--num-samples", "64"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["split"] == "test" and values["num_pictures"] == 64 and values["shape"] == [3, 8, 8, 1]
    assert {"real_picture_loss", "real_accuracy"} <= set(values["terms"]) and "verdict" in values
    motion = values["motion"]
    assert motion["speed"]["value"] > motion["speed"]["floor"] > 0
    assert main(["evaluate", str(folder / "run"), "--metrics", "motion", "--num-samples", "64"]) == 0
    out = capsys.readouterr().out
    assert "64 clips of test" in out and "acceleration" in out and "real against real" in out
    assert main(["train", "videogan", "--out", str(folder / "run"), "--resume", "--epochs", "3"]) == 0
    assert (folder / "run" / "samples" / "epoch-003.gif").is_file()


def test_metrics_of_pictures_look_at_frames(tmp_path, capsys):
    words = ["train", "videogan", "--out", tmp_path / "run", "--metrics", "sliced_wasserstein", "--dry-run"]
    assert main(list(map(str, [*words, *WORDS, *SET]))) == 0
    told = capsys.readouterr().out
    assert "clips                    1,437 of 3 x 8 x 8 x 1" in told and "frames                   3" in told
    assert not (tmp_path / "run").exists()


def test_bad_words_are_named_in_one_line(line, tmp_path):
    out = tmp_path / "run"

    def refused(*words):
        return line("train", "videogan", "--out", out, *words)

    assert "argument `frames`" in refused("--frames", "1")
    assert "argument `image_shape`" in refused("--image-size", "7")
    assert "--image-size (and of clips --frames)" in refused("--set", "image_shape=3,8,8,1")
    assert "--level is for text" in refused("--level", "word")
    assert "--slice-length is for sounds" in refused("--slice-length", "64")
    assert "--augment is for pictures" in refused("--augment", "flip")
    assert "--frames is for clips" in line("train", "gan", "--frames", "3", "--out", out)
    (tmp_path / "none").mkdir()
    assert "There is no clip" in refused("--data", tmp_path / "none")
    (tmp_path / "none" / "a.gif").write_text("text")
    assert "Cannot read the clip" in refused("--data", tmp_path / "none")
    assert "argument `source`" in refused("--data", "digits")
    assert not out.exists()
