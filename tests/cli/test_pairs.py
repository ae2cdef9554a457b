"""Models that train on pairs, by the command line."""

import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

import kgen
from kgen.cli import building, compare, data, history, main
from kgen.cli.cards import page
from tests.cli.toy import train

RNG = np.random.default_rng(0)
TERMS = {"cycle_a_loss", "cycle_b_loss", "identity_a_loss", "adversarial_ab_loss", "real_accuracy"}
PHOTOGRAPHS = {"jitter": 30 / 256, "augment": "flip"}


def pictures(folder, count=3, shape=(20, 24, 3)):
    """A folder of PNG pictures."""
    folder.mkdir(parents=True)
    for i in range(count):
        Image.fromarray(RNG.integers(0, 256, shape, np.uint8)).save(folder / f"{i}.png")
    return folder


@pytest.fixture
def folders(tmp_path):
    return pictures(tmp_path / "apples"), pictures(tmp_path / "oranges")


# Training.


def test_a_run_writes_its_options_and_a_sheet_per_epoch(paired):
    options = json.loads((paired / "options.json").read_text())
    wanted = {
        "data": "digits_pair:colour",
        "data_b": None,
        "jitter": 0.0,
        "augment": "none",
        "decay_epochs": 1,
    }
    assert {name: options[name] for name in wanted} == wanted
    assert options["data_set"]["sides"] == [719, 718]
    assert options["optimizers"]["generator_optimizer"]["learning_rate"] == 2e-4
    names = sorted(path.name for path in (paired / "samples").iterdir())
    assert names == ["epoch-000.png", "epoch-001.png", "epoch-002.png", "training.gif"]
    for epoch in range(3):
        sheet = kgen.pictures.read_png(paired / "samples" / f"epoch-00{epoch}.png")
        factor = len(sheet) // (8 * 9 + 1)
        rows = sheet[::factor, ::factor][1:, 1:].reshape(8, 9, 8, 9, 3)[:, :8, :, :8]  # [8, side, 8, side, 3]
        assert (rows[:, :, 0] == rows[:, :, 0, :, :1]).all()  # Side a is grey,
        assert (rows[:, 0, 4, 0] == [255, 176, 64]).all()  # b is black on orange,
        assert (rows[:, :, 1] != rows[:, :, 0]).any()  # and translations are something else.


def test_a_run_that_was_killed_ends_as_a_whole_one(paired, tmp_path):
    run = shutil.copytree(paired, tmp_path / "run")
    shutil.rmtree(run / "state" / "step-000000008")
    assert train("cyclegan", run, "--resume") == 0
    resumed, whole = (building.load_run(path)[0] for path in (run, paired))
    assert history.curves(run / "history.csv") == history.curves(paired / "history.csv")
    for one, other in zip(_variables(resumed), _variables(whole), strict=True):
        np.testing.assert_array_equal(one, other)


def _variables(model):
    optimizers = model.optimizers().values()
    return [v.numpy() for owner in (model, *optimizers) for v in owner.variables]


def test_rates_of_a_loaded_run_have_fallen(paired):
    for optimizer in building.load_run(paired)[0].optimizers().values():
        rate = optimizer.get_config()["learning_rate"]["config"]
        assert rate == {"initial": 2e-4, "steps_constant": 4, "steps_decay": 4}
        assert int(optimizer.iterations) == 8 and float(optimizer.learning_rate) == 0


def test_more_epochs_move_the_decay_to_their_end(paired, capsys, line):
    words = ["train", "cyclegan", "--out", str(paired), "--resume"]
    capsys.readouterr()
    assert main([*words, "--epochs", "5", "--dry-run"]) == 0
    assert "5 epochs of 4 steps, learning rates fall to 0 in the last 1\n" in capsys.readouterr().out
    assert "--decay-epochs was 1, now 2" in line(*words, "--decay-epochs", "2")
    assert "--decay-epochs 1" in line(*words, "--reset-optimizer")


def test_other_models_decay_where_it_is_wanted(tmp_path, capsys, line):
    assert train("vae", tmp_path / "a", "--epochs", "9", "--decay-epochs", "3", "--dry-run") == 0
    out = capsys.readouterr().out
    assert "9 epochs of 11 steps, learning rates fall to 0 in the last 3" in out and "jitter" not in out
    words = ("train", "vae", "--out", tmp_path / "a", "--epochs", "3", "--dry-run", "--decay-epochs")
    assert "at most the 3 epochs" in line(*words, "4")
    assert "at least 0" in line(*words, "-1")


def _plan(capsys, *words):
    """The lines of a plan by their names."""
    capsys.readouterr()
    assert train("cyclegan", "run", "--dry-run", *map(str, words)) == 0
    rows = [row.split(maxsplit=1) for row in capsys.readouterr().out.splitlines()[1:]]
    return {row[0]: row[1] for row in rows}


def test_photographs_are_varied_as_in_the_paper(folders, capsys):
    sources = ("--data-a", folders[0], "--data-b", folders[1], "--image-size", "16")
    plan = _plan(capsys, *sources)
    assert (float(plan["jitter"]), plan["augment"]) == tuple(PHOTOGRAPHS.values())
    assert plan["pictures"] == "3 and 3 of 16 x 16 x 3"
    assert plan["plan"] == "200 epochs of 3 steps, learning rates fall to 0 in the last 100"
    plan = _plan(capsys, *sources, "--jitter", "0", "--augment", "none")
    assert (plan["jitter"], plan["augment"]) == ("0.0", "none")
    for words in (sources[:4], ("--image-size", "16")):
        plan = _plan(capsys, *words)
        assert (plan["jitter"], plan["augment"]) == ("0.0", "none")


def test_networks_suit_the_size(tmp_path, capsys):
    for size, expected in ((28, (6, 1)), (64, (6, 2)), (128, (6, 3)), (256, (9, 3))):
        suited = kgen.CycleGAN.suited((size, size, 3))
        assert (suited["residual_blocks"], suited["discriminator_layers"]) == expected
    capsys.readouterr()
    assert main(["train", "cyclegan", "--dry-run", "--out", str(tmp_path / "a"), "--set", "width=2"]) == 0
    out = capsys.readouterr().out
    assert "residual_blocks=6, width=2, discriminator_layers=1" in out and "cyclegan, into" in out


def test_places_are_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(pictures(tmp_path / "grey").parent)
    place = data.place
    assert place("digits_pair:edges:grey") == f"digits_pair:edges:{tmp_path / 'grey'}"
    assert place("digits_pair:edges") == "digits_pair:edges"
    assert place("digits_pair:edges:digits") == "digits_pair:edges:digits"
    assert place("cycle_gan/facades") == "cycle_gan/facades"


# What makes no sense.


@pytest.mark.parametrize(
    "words, hint",
    [
        (["cyclegan", "--data", "digits"], "second source for cyclegan"),
        (["cyclegan", "--data", "digits_pair:color"], "digits_pair:colour"),
        (["cyclegan", "--data-b", "digits"], "--data-b needs --data-a"),
        (["cyclegan", "--watch", "warn"], "--watch"),
        (["cyclegan", "--jitter", "0.1"], "image_size"),
        (["cyclegan", "--jitter", "-1", "--image-size", "8"], "jitter"),
        (["cyclegan", "--augment", "flop"], "augment"),
        (["cyclegan", "--image-size", "10"], "multiples of 4"),
        (["cyclegan", "--epochs", "3", "--decay-epochs", "4"], "at most the 3 epochs"),
        (["cyclegan", "--set", "generator_ab=x"], "Python"),
        (["cyclegan", "--set", "generator_learning_rate=-1.0"], "positive"),
        (["gan", "--data-b", "digits"], "gan does not train on pairs"),
        (["gan", "--data", "digits_pair:colour"], "one data set"),
        (["gan", "--jitter", "0.1"], "--jitter and --augment are for pairs, on which gan does not train"),
    ],
)
def test_bad_words_give_one_line(line, tmp_path, words, hint):
    assert hint in line("train", *words, "--dry-run", "--out", tmp_path / "run")


def test_bad_folders_give_one_line(line, tmp_path, folders):
    (tmp_path / "empty").mkdir()
    (tmp_path / "half" / "trainA").mkdir(parents=True)

    def refused(*words):
        return line("train", "cyclegan", "--out", tmp_path / "run", "--image-size", "8", *words)

    first = ("--data-a", folders[0])
    assert "no picture in" in refused(*first, "--data-b", tmp_path / "empty")
    assert f"There is no folder {tmp_path / 'missing'}" in refused(*first, "--data-b", tmp_path / "missing")
    assert "second source" in refused(*first)
    assert "trainA" in refused("--data", tmp_path / "half")
    (folders[1] / "text.png").write_text("no picture")
    assert "text.png" in refused(*first, "--data-b", folders[1])
    assert not (tmp_path / "run").exists()


def _warned(capsys, *words):
    """The lines on stderr of a plan that can be made."""
    capsys.readouterr()
    assert train("cyclegan", "run", "--dry-run", "--data-a", *map(str, words)) == 0
    return [row for row in capsys.readouterr().err.splitlines() if row.startswith("kgen: ")]


def test_what_is_odd_about_folders_is_a_warning(folders, tmp_path, capsys):
    first, second = folders
    (row,) = _warned(capsys, first, "--data-b", first, "--image-size", "8")
    assert "Both sides hold the same pictures: apples" in row
    (second / "notes.txt").write_text("no picture")
    (row,) = _warned(capsys, first, "--data-b", second, "--image-size", "8")
    assert "1 of 4 files" in row and "notes.txt" in row
    (second / "notes.txt").unlink()
    grey = pictures(tmp_path / "grey", shape=(20, 24))
    (row,) = _warned(capsys, grey, "--data-b", first, "--image-size", "8")
    assert "grey is grey and apples colour: both are given in colour" in row
    rows = _warned(capsys, first, "--data-b", second, "--image-size", "24")
    assert [row[:22] for row in rows] == ["kgen: warning: 3 of 3 "] * 2
    assert all("smaller than 27 x 27 and are enlarged" in row for row in rows)
    (second / "text.png").write_text("no picture")
    (row,) = _warned(capsys, first, "--data-b", second, "--image-size", "8", "--on-bad", "skip")
    assert "Skipped 1 unreadable" in row


# Judging.


@pytest.fixture(scope="module")
def report(paired):
    """What `kgen evaluate --json` says, and the folder of its pictures."""
    out = paired.parent / "report"
    assert main(["evaluate", str(paired), "--num-samples", "40", "--json", "--out", str(out)]) == 0
    return json.loads((out / "report.json").read_text()), out


def test_both_directions_are_compared_with_real_pictures(report):
    values, out = report
    assert (values["split"], values["num_pictures"], values["shape"]) == ("test", 40, [8, 8, 3])
    assert TERMS <= set(values["terms"]) and np.isfinite(list(values["terms"].values())).all()
    for name in ("distances", "distances_ba"):
        found = values[name]["frechet_distance"]
        assert values[name]["num_samples"] == 40 and found["value"] > 3 * found["floor"] > 0
    assert values["distances"]["frechet_distance"] != values["distances_ba"]["frechet_distance"]
    assert not {"memorization", "modes", "verdict"} & set(values)
    sheet = kgen.pictures.read_png(out / "translations.png")
    assert sheet.shape[0] == sheet.shape[1] and sheet.shape[0] % 73 == 0


def test_translations_are_compared_with_their_counterparts(paired, report):
    truth, model = report[0]["truth"], building.load_run(paired)[0]
    assert len(truth) == 6 and all(set(own) == {"value", "shuffled"} for own in truth.values())
    known = kgen.datasets.pair_truth("digits_pair:colour", num_examples=40)
    for direction, x, y in (("ab", known.a, known.b), ("ba", known.b, known.a)):
        made, y = model.translate(x, direction).astype("float64"), y / 255
        psnr = np.mean(-10 * np.log10(np.mean((made - y) ** 2, axis=(1, 2, 3))))
        assert truth[f"psnr_{direction}"]["value"] == pytest.approx(psnr, abs=1e-4)
    paper, ink = np.array([255, 176, 64]) / 255, np.zeros(3)  # In b, by hand.
    nearer = [
        np.linalg.norm(x - ink, axis=-1) < np.linalg.norm(x - paper, axis=-1)
        for x in (model.translate(known.a, "ab"), known.b / 255)
    ]
    agreement = np.mean(nearer[0] == nearer[1])
    assert truth["pixel_agreement_ab"]["value"] == pytest.approx(agreement, abs=1e-3)
    assert truth["intersection_over_union_ba"]["shuffled"] < 0.6


def test_the_table_and_the_comparison_tell_of_both_directions(paired, report, capsys):
    capsys.readouterr()
    words = ["--num-samples", "40", "--metrics", "truth,precision"]
    assert main(["compare", str(paired), *words]) == 0
    rows = {row.split()[0] for row in capsys.readouterr().out.splitlines()}
    assert {"psnr_ab", "psnr_ba", "precision", "precision_ba", "cycle_a_loss"} <= rows
    assert compare.numbers(report[0])["psnr_ab"] == report[0]["truth"]["psnr_ab"]["value"]
    assert main(["evaluate", str(paired), *words]) == 0
    captured = capsys.readouterr()
    assert "back from b to a:" in captured.out and "shuffled pairs:" in captured.out
    assert "7/7" in captured.err


def test_other_pairs_and_what_cannot_be_measured(paired, tmp_path, capsys, line):
    sources = [pictures(tmp_path / name, 8) for name in ("apples", "oranges")]
    words = ("evaluate", paired, "--data-a", sources[0], "--data-b", sources[1], "--metrics")
    capsys.readouterr()
    assert main([*map(str, words), "sliced_wasserstein", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert [values["data"], values["data_b"]] == list(map(str, sources))
    assert values["split"] == "train" and values["distances_ba"]["num_samples"] == 4
    assert "argument `metrics`" in line(*words, "truth")
    assert "argument `metrics`" in line("evaluate", paired, "--metrics", "memorization")
    assert "second source" in line("evaluate", paired, "--data", "digits")
    assert "--data-b needs --data-a" in line("evaluate", paired, "--data-b", "digits")


# Its card, and what it is exported as.


def test_a_card_of_pairs_shows_translations_and_both_directions(paired, tmp_path, line):
    model, files = page.of_run(paired, "edges")
    kgen.export(model, tmp_path / "edges", endpoints=["translate_ab"], beside=files)
    assert "translate_ab. In Python: kgen.serving.load(" in line("sample", tmp_path / "edges")
    text = files["README.md"].decode()
    found = text.split("## What it reaches")[1].split("\n## ")[0]
    for name in ("`frechet_distance_ba`", "`psnr_ab`", "`psnr_ba`", "shuffled pairs"):
        assert name in found
    assert "kgen sample" not in text and 'kgen.serving.load("saved_models/edges")["translate_ab"]' in text
    assert "719 and 718 of 8 x 8 x 3" in text and "CC BY 4.0" in text
    expected = kgen.pictures.grid(*model.sheet(64, 0))
    drawn = np.asarray(Image.open(io.BytesIO(files["samples.png"])))
    factor = len(drawn) // len(expected)
    np.testing.assert_array_equal(drawn[::factor, ::factor], expected)
