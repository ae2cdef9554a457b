"""`kgen train jointgan` on pictures, sounds and labels, and what its run writes."""

import csv
import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import kgen
from kgen.cli import building, joint, main
from kgen.cli.cards import measured
from kgen.cli.judging import rows
from tests.contract.table import waves

WORDS = [*("--epochs", "2", "--steps", "4", "--batch-size", "8"), *("--slice-length", "64", "--no-jit")]
SET = ["--set", "width=2", "latent_dim=4", "trunk_units=8"]


def write_data(folder):
    """Pictures of 8 x 8 in two classes and splits, and half as many sounds of the same classes."""
    draw = np.random.default_rng(0)
    for place, wave in enumerate(waves(24, (64,), 0)):
        part = ("test" if place % 4 == 0 else "train", "ab"[place // 2 % 2])
        for kind in ("pictures", "wavs"):
            folder.joinpath(kind, *part).mkdir(parents=True, exist_ok=True)
        pixels = draw.integers(0, 256, (8, 8), np.uint8)
        Image.fromarray(pixels).save(folder.joinpath("pictures", *part, f"{place}.png"))
        if place % 3:
            kgen.sounds.write_wav(folder.joinpath("wavs", *part, f"{place}.wav"), wave, 8000)
    return f"picture={folder}/pictures,sound={folder}/wavs,label"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder with data and the folder of a finished run."""
    folder = tmp_path_factory.mktemp("joint")
    words = ["train", "jointgan", "--data", write_data(folder), "--out", folder / "run", "--image-size", "8"]
    assert main(list(map(str, [*words, *WORDS, *SET]))) == 0
    return folder


def test_a_run_keeps_what_its_data_are(folder):
    options = json.loads((folder / "run" / "options.json").read_text())
    assert options["data"] == f"picture={folder}/pictures,sound={folder}/wavs,label"
    known = {"picture": ["picture", 8, 8, 1], "sound": ["sound", 64, 8000], "label": ["label", 2]}
    assert options["arguments"]["modalities"] == options["data_set"]["modalities"] == known
    assert (options["data_set"]["shape"], options["data_set"]["num_examples"]) == ([64 + 64 + 2], 18)
    names = sorted(path.name for path in (folder / "run" / "samples").iterdir())
    ends = (".csv", "-picture.png", "-sound.png", "-sound.wav")
    assert names == sorted(f"epoch-00{n}{end}" for n in range(3) for end in ends)
    header = (folder / "run" / "history.csv").read_text().splitlines()[0]
    assert "val_real_loss" in header and "adversarial_sound_loss" in header


def test_samples_are_a_file_of_each_kind(folder, line, capsys):
    out = folder / "made"
    words = ["sample", folder / "run", "--num-samples", "4", "--seed", "5"]
    capsys.readouterr()
    assert main(list(map(str, [*words, "--out", out]))) == 0
    assert capsys.readouterr().out.strip() == str(out)
    files = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    assert files == ["picture.png", "rows.csv", "sound.png", *(f"sound/00{n}.wav" for n in range(4))]
    wanted = building.load_run(folder / "run")[0].generate(4, seed=5)
    for number, wave in enumerate(wanted["sound"]):
        assert (out / "sound" / f"00{number}.wav").read_bytes() == kgen.sounds.wav_bytes(wave, 8000)
    with open(out / "rows.csv", newline="") as file:
        assert [int(row["label"]) for row in csv.DictReader(file)] == wanted["label"].tolist()
    assert "exists" in line(*words, "--out", out)
    assert "has no classes" in line(*words, "--labels", "1", "--out", folder / "other")
    assert "is for text" in line(*words, "--prompt", "a")


def test_an_exported_model_writes_the_same_rows(folder, capsys):
    saved, out = folder / "saved", folder / "served"
    assert main(["export", str(folder / "run"), "--out", str(saved), "--check", "--card"]) == 0
    assert "files, from_latent, generate" in capsys.readouterr().out
    card = (saved / "1" / "README.md").read_text()
    assert "picture=pictures,sound=wavs,label" in card and str(folder) not in card
    assert "From left to right: `picture`, `sound`. `label`, place by place: " in card
    assert "sound (64 samples at 8,000 Hz)" in card and card.count("see the data set's own page") == 1
    words = ["sample", saved, "--trust", "--out", out, "--num-samples", "3", "--seed", "2"]
    assert main(list(map(str, words))) == 0
    files = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    assert files == ["picture.png", "rows.csv", *(f"sound/00{n}.wav" for n in range(3))]
    own = building.load_run(folder / "run")[0].generate(3, seed=2)
    for number in range(3):
        heard, rate = kgen.sounds.read_wav(out / "sound" / f"00{number}.wav")
        np.testing.assert_allclose(heard[:, 0], own["sound"][number], atol=4e-5)
        assert rate == 8000
    assert (out / "rows.csv").read_text().splitlines()[1:] == [f"{n},{k}" for n, k in enumerate(own["label"])]


def test_a_run_is_judged_by_its_losses_and_goes_on(folder, line, capsys):
    capsys.readouterr()
    assert main(["evaluate", str(folder / "run"), "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert (values["split"], values["num_pictures"]) == ("test", 6)
    assert {"real_loss", "fake_picture_loss"} <= set(values["terms"])
    assert "verdict" in values and "distances" not in values
    assert main(["evaluate", str(folder / "run")]) == 0
    assert "6 rows of test" in capsys.readouterr().out
    assert "of verdict for this model" in line("evaluate", folder / "run", "--metrics", "frechet_distance")
    assert "argument `data`" in line("evaluate", folder / "run", "--data", "picture=digits,label")
    assert main(["train", "jointgan", "--out", str(folder / "run"), "--resume", "--epochs", "3"]) == 0
    assert (folder / "run" / "samples" / "epoch-003-sound.wav").is_file()
    other = line("train", "jointgan", "--out", folder / "run", "--resume", "--data", "a=digits,label")
    assert "--data was picture=" in other


def test_agreement_by_hand(monkeypatch):
    """Classes seen 0 0 1 2 where rows name 0 1 1 2: three of four; shuffled 2/4 1/4 + 1/4 2/4 + 1/4 1/4."""
    parts = kgen.modalities.parse(
        {"a": ("picture", 8, 8, 1), "b": ("picture", 8, 8, 1), "kind": ("label", 10)}
    )
    shown = {"fake": [0, 0, 1, 2], "real": [1, 1, 1, 1]}
    monkeypatch.setattr(rows, "_seen", lambda extractor, x: np.array(shown[x]))
    evidence = SimpleNamespace(
        model=SimpleNamespace(modalities=parts, JOINT=True, paired=True),
        options={"data": "a=digits,b=edges:digits,label"},
        fake={"a": "fake", "kind": np.array([0, 1, 1, 2])},
        real={"a": "real", "kind": np.array([1, 1, 0, 2])},
    )
    assert rows.has_classes(evidence)
    found = rows.judged(evidence)
    assert found == {"a": {"value": 0.75, "floor": 0.5, "shuffled": 0.3125}}
    assert measured.rows({"terms": {}, "agreement": found}) == [
        measured.Row("class_shown_in_a", 0.75, 0.5, "held-out rows")
    ]
    evidence.options["data"] = "a=fashion_mnist,label"
    assert not rows.has_classes(evidence)


def test_a_classifier_sees_the_classes_of_digits():
    test = next(iter(kgen.datasets.load("digits", "test", labels=True, batch_size=64, shuffle=False)[0]))
    seen = rows._seen("kgen-digits-v1", test[0].numpy())
    assert np.mean(seen == test[1].numpy()) > 0.9


def test_sheets_stand_side_by_side():
    parts = kgen.modalities.parse({"a": ("picture", 8, 8, 3), "b": ("picture", 16, 16, 1), "c": ("label", 2)})
    examples = {"a": np.zeros([4, 8, 8, 3]), "b": np.zeros([4, 16, 16, 1]), "c": np.zeros([4], "int32")}
    found = joint.sheet_of(parts, examples)
    assert found.shape == (35, 19 + 35, 3) and found[19:, :19].min() == 255
    np.testing.assert_array_equal(found[:, 19:, :1], kgen.pictures.grid(examples["b"]))
    assert joint.sheet_of({"c": parts["c"]}, examples) is None


def test_unpaired_pictures_are_cogans(tmp_path, capsys, line):
    words = ["train", "jointgan", "--data", "a=digits,b=edges:digits", "--out", tmp_path / "run"]
    words += ["--epochs", "1", "--steps", "2", "--batch-size", "8", "--no-jit"]
    assert main([*map(str, words), "--set", "paired=False", "width=2", "latent_dim=4"]) == 0
    assert "719 of a (8 x 8 x 1), b (8 x 8 x 1)" in capsys.readouterr().out
    assert main(["evaluate", str(tmp_path / "run"), "--num-samples", "8"]) == 0
    assert "verdict" not in capsys.readouterr().out
    assert "none for this model" in line("evaluate", tmp_path / "run", "--metrics", "verdict")
    assert main(["sample", str(tmp_path / "run"), "--out", str(tmp_path / "made")]) == 0
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["a.png", "b.png"]


@pytest.mark.parametrize(
    "value", [{"a": [{"class_name": "x"}, 8]}, {"a": {"b": {}}}, {"picture": ["picture", 8]}, 3]
)
def test_other_modalities_in_options_are_refused(folder, line, tmp_path, value):
    options = json.loads((folder / "run" / "options.json").read_text())
    options["arguments"]["modalities"] = value
    (tmp_path / "options.json").write_text(json.dumps(options))
    assert "modalities" in line("sample", tmp_path)


def test_the_default_is_bundled(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "jointgan", "--dry-run", *SET]) == 0
    told = capsys.readouterr().out
    assert "runs/jointgan-picture-digits-outlines-edges-digits-label-0" in told
    assert "1,437 of picture (8 x 8 x 1), outlines (8 x 8 x 1), label (10 classes)" in told
    assert not any(tmp_path.iterdir())


def test_bad_words_are_named_in_one_line(folder, line, tmp_path):
    out = tmp_path / "run"

    def refused(*words):
        return line("train", "jointgan", "--out", out, *words)

    assert "two names or more" in refused("--data", "a=digits")
    assert "NAME=SOURCE" in refused("--data", "digits")
    assert "grey 8-bit" in refused("--data", "a=ring,b=edges:ring")
    assert "as many classes" in refused("--data", "a=ring,b=grid")
    assert "--metrics is for pictures" in refused("--metrics", "frechet_distance")
    assert "--watch is for pictures" in refused("--watch", "warn")
    assert "--augment is for pictures" in refused("--augment", "flip")
    assert "--level is for text" in refused("--level", "word")
    assert "--frames is for clips" in refused("--frames", "3")
    assert "--set does not reach modalities" in refused("--set", "modalities=3")
    assert "sample_rate" in refused("--sample-rate", "3")
    assert "the class belongs" in refused("--set", "paired=False")
    assert "pictures of one shape" in refused("--data", "a=digits,b=ring", "--set", "paired=False")
    assert "--slice-length is for sounds" in line("train", "gan", "--slice-length", "64", "--out", out)
    assert "jointgan" in line("train", "gan", "--data", "a=digits,b=digits", "--out", out)
    assert not out.exists()
