import json
import shutil

import numpy as np
import pytest

import kgen
from kgen.cli import building, history, main
from kgen.cli.cards import page, specimen
from tests.cli.toy import text_options, train


def test_a_run_writes_what_it_promises(texts):
    names = {path.name for path in (texts / "lstm").iterdir()}
    assert names >= {"options.json", "vocabulary.json", "history.csv", "model.keras", "samples", "curves.png"}
    samples = {path.name for path in (texts / "lstm" / "samples").iterdir()}
    assert samples == {"epoch-000.txt", "epoch-001.txt", "epoch-002.txt"}
    assert (texts / "lstm" / "samples" / "epoch-001.txt").read_text().count("\n---\n") == 3
    options = json.loads((texts / "lstm" / "options.json").read_text())
    assert options["level"] == "char" and options["sentences"] is False and options["image_size"] is None
    assert options["arguments"]["vocabulary"] == "vocabulary.json"
    curves = history.curves(texts / "lstm" / "history.csv")
    assert list(curves["val_bits_per_character"]) == [1, 2]


def test_pretraining_has_a_folder_of_its_own(texts):
    run = texts / "seqgan"
    assert len(history.read(run / "pretraining" / "history.csv")) == 2 + 6
    assert len(history.read(run / "history.csv")) == 2
    lines = (run / "samples" / "epoch-002.txt").read_text().splitlines()
    assert len(lines) == 4 and "---" not in lines
    assert int(building.load_run(run)[0].adversarial_steps) == 2 * 2


@pytest.mark.parametrize(
    "model, crashes", [("lstm", [2]), pytest.param("seqgan", [5, 10], marks=pytest.mark.slow)]
)
def test_broken_and_resumed(texts, tmp_path, monkeypatch, model, crashes):
    """Breaks off at the ends of epochs, counted through pre-training, before their states are stored."""
    run, words = tmp_path / "run", text_options(model, texts / "poem.txt")
    seen, ends = [], history.HistoryFile.on_epoch_end

    def end(self, epoch, logs=None):
        number = epoch + 1 + (8 if model == "seqgan" and "pretraining" not in str(self.path) else 0)
        if number in crashes and number not in seen:
            seen.append(number)
            raise RuntimeError("broken")
        ends(self, epoch, logs)

    monkeypatch.setattr(history.HistoryFile, "on_epoch_end", end)
    for resume in [[], *[["--resume"]] * (len(crashes) - 1)]:
        with pytest.raises(RuntimeError, match="broken"):
            train(model, run, *words, *resume)
    assert main(["train", model, "--out", str(run), "--resume"]) == 0
    assert seen == crashes
    resumed, whole = (building.load_run(path)[0] for path in (run, texts / model))
    for name, player in resumed.optimizers().items():
        for variable, expected in zip(player.variables, whole.optimizers()[name].variables, strict=True):
            np.testing.assert_array_equal(variable, expected)
    for variable, expected in zip(resumed.variables, whole.variables, strict=True):
        np.testing.assert_array_equal(variable, expected)
    for path in ("history.csv", *(["pretraining/history.csv"] if model == "seqgan" else [])):
        assert (run / path).read_text() == (texts / model / path).read_text()


def test_texts_are_printed_as_the_model_writes_them(texts, tmp_path, capsys):
    run = shutil.copytree(texts / "lstm", tmp_path / "lstm")  # Without the text that it was trained on.
    words = [
        "--prompt",
        "the ",
        "--temperature",
        "0.8",
        "--top-k",
        "5",
        "--length",
        "9",
        "--num-samples",
        "2",
    ]
    assert main(["sample", str(run), *words, "--seed", "7"]) == 0
    out = capsys.readouterr().out
    options = {"prompt": "the ", "temperature": 0.8, "top_k": 5, "length": 9, "seed": 7}
    expected = building.load_run(run)[0].generate(2, **options)
    assert out == f"{expected[0]}\n---\n{expected[1]}\n"
    assert main(["sample", str(run), *words, "--seed", "7", "--out", str(tmp_path / "a.txt")]) == 0
    assert (tmp_path / "a.txt").read_text() == out


def test_sentences_are_printed_one_per_line(texts, capsys):
    assert main(["sample", str(texts / "seqgan"), "--num-samples", "3", "--prompt", "the x"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and all(text.startswith("the x") for text in lines)


def test_bad_samples_give_one_line(texts, runs, tmp_path, line):
    run = texts / "lstm"
    assert "prompt" in line("sample", run, "--prompt", "ROMEO:") and "'R'" in line(
        "sample", run, "--prompt", "R"
    )
    assert "temperature=-1.0" in line("sample", run, "--temperature", "-1")
    assert "(0, 1]" in line("sample", run, "--top-p", "0") and "(0, 1]" in line(
        "sample", run, "--top-p", "1.1"
    )
    assert "top_k=0" in line("sample", run, "--top-k", "0")
    assert "--labels is for pictures" in line("sample", run, "--labels", "1")
    (tmp_path / "a.txt").write_text("mine")
    assert "exists" in line("sample", run, "--out", tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == "mine"
    assert "--prompt is for text" in line("sample", runs / "vae", "--prompt", "a")


@pytest.mark.parametrize(
    "text, words, hint",
    [
        (b"", [], "not empty"),
        (b"ab", [], "sequence_length=256"),
        (b"ab\xff" * 999, [], "0xff at position 2"),
        (b"abc" * 999, ["--vocabulary-size", "0"], "vocabulary_size=0"),
        (b"abc" * 999, ["--image-size", "8"], "--image-size is for pictures"),
        (b"abc" * 999, ["--watch", "warn"], "--watch is for pictures"),
        (b"abc" * 999, ["--metrics", "precision"], "precision is for pictures"),
        (b"abc" * 999, ["--metrics", "oracle_nll"], "oracle:FILE.npz"),
        (b"abc" * 999, ["--pretrain-epochs", "1"], "pre-training"),
        (b"abc" * 999, ["--set", "vocabulary=3"], "--vocabulary-size"),
        (None, [], "no file"),
    ],
)
def test_bad_text_gives_one_line(tmp_path, line, text, words, hint):
    file = tmp_path / "text.txt"
    if text is not None:
        file.write_bytes(text)
    assert hint in line("train", "lstm", "--data", file, "--out", tmp_path / "run", *words)
    assert not (tmp_path / "run").exists()


def test_options_of_text_are_refused_for_pictures(line):
    assert "--level is for text" in line("train", "gan", "--level", "word")
    assert "perplexity is for text" in line("train", "gan", "--metrics", "perplexity")
    assert "--decay-epochs" in line("train", "seqgan", "--decay-epochs", "1")
    assert "pretrain_rounds=-1" in line("train", "seqgan", "--pretrain-rounds", "-1")


def test_evaluation_judges_all_held_out_text(texts, capsys):
    assert main(["evaluate", str(texts / "lstm"), "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    whole = (texts / "poem.txt").read_text()
    assert values["num_tokens"] == len(whole) - len(whole) * 9 // 10
    nats, bits = (values["terms"][name] for name in ("nats_per_token", "bits_per_character"))
    assert (
        nats > 1
        and np.isclose(nats / np.log(2), bits)
        and set(values["texts"]) == {"distinct_1", "distinct_2"}
    )
    assert main(["evaluate", str(texts / "seqgan"), "--num-samples", "4"]) == 0
    assert "self_bleu_4" in capsys.readouterr().out


def test_export_is_checked_and_writes(texts, tmp_path, capsys, line):
    saved = str(tmp_path / "saved")
    assert main(["export", str(texts / "lstm"), "--out", saved, "--check"]) == 0
    assert "log_likelihood" in capsys.readouterr().out
    words = ["--prompt", "the ", "--num-samples", "1", "--temperature", "0"]
    written = []
    for path in ([saved, "--trust"], [str(texts / "lstm")]):
        assert main(["sample", *path, *words]) == 0
        written.append(capsys.readouterr().out)
    assert written[0] == written[1] and written[0].startswith("the ")
    assert "--top-k needs a run" in line("sample", saved, "--trust", "--top-k", "2")


def test_an_oracle_judges_what_learns_from_it(tmp_path, capsys):
    np.savez(tmp_path / "oracle.npz", **kgen.oracle.Oracle.random(20, 4, 4, seed=1).weights)
    words = [
        "--data",
        f"oracle:{tmp_path}/oracle.npz",
        "--epochs",
        "1",
        "--steps",
        "2",
        "--sequence-length",
        "5",
    ]
    assert train("convnet", tmp_path / "run", *words) == 0
    (row,) = history.read(tmp_path / "run" / "history.csv")
    assert 0 < float(row["val_oracle_nll"]) < 10
    assert building.load_run(tmp_path / "run")[0].vocabulary.size == 20
    assert main(["sample", str(tmp_path / "run"), "--num-samples", "2", "--prompt", "3 4"]) == 0
    assert all(text.startswith("3 4 ") for text in capsys.readouterr().out.splitlines()[-2:])


def test_a_vocabulary_that_is_not_ours_is_refused(texts, tmp_path, line):
    run = shutil.copytree(texts / "lstm", tmp_path / "lstm")
    whole = json.loads((run / "vocabulary.json").read_text())
    for broken in ({}, {**whole, "tokens": "abc"}, {**whole, "tokens": ["ab"]}, {**whole, "level": "byte"}):
        (run / "vocabulary.json").write_text(json.dumps(broken))
        line("sample", run)
    (run / "vocabulary.json").write_text(json.dumps({**whole, "tokens": whole["tokens"][::-1]}))
    assert "vocabulary" in line("sample", run)


def test_a_card_of_text_shows_texts(texts):
    model, files = page.of_run(texts / "lstm", "poems")
    text = files["README.md"].decode()
    assert list(files) == ["README.md"] and "```text\n" in text
    assert all(line in text.splitlines() for line in specimen.text(model).splitlines())
    assert "source: `poem.txt`" in text and "see the data set's own page" in text and str(texts) not in text
    found = text.split("## What it reaches")[1].split("\n## ")[0]
    assert "`bits_per_character`" in found and "held-out text |" in found
    assert "`prompt`: string [n]" in text and "--num-samples 4\n" in text
