import json
import re

import numpy as np

from kgen.cli import main
from kgen.cli.judging import estimating


def test_json_stands_alone_and_agrees_with_the_last_epoch(runs, capsys):
    capsys.readouterr()
    assert main(["evaluate", str(runs / "gan"), "--json"]) == 0
    captured = capsys.readouterr()
    result = json.loads(captured.out)
    assert captured.err == ""
    assert (result["split"], result["num_pictures"], result["step"]) == ("test", 360, 22)
    assert {"real_accuracy", "fake_accuracy", "discriminator_loss"} <= set(result["terms"])
    distances = result["distances"]
    assert distances["extractor"]["name"] == "kgen-digits-v1" and distances["num_samples"] == 360
    assert distances["frechet_distance"]["value"] > 5 * distances["frechet_distance"]["floor"] > 0
    assert sum(result["class_balance"]["counts"]) == 360


def test_the_losses_are_those_of_the_history(runs, capsys):
    from kgen.cli import history

    capsys.readouterr()
    assert main(["evaluate", str(runs / "vae"), "--json"]) == 0
    terms = json.loads(capsys.readouterr().out)["terms"]
    last = history.read(runs / "vae" / "history.csv")[-1]
    for name in ("loss", "kl_loss"):
        np.testing.assert_allclose(terms[name], float(last[f"val_{name}"]), rtol=1e-5)


def test_the_table_names_value_floor_and_features(runs, capsys):
    assert main(["evaluate", str(runs / "vae")]) == 0
    out = capsys.readouterr().out
    assert "real against real" in out and "kgen-digits-v1" in out and "not for comparison" in out


def test_other_data(runs, tmp_path, capsys, line):
    digits = np.random.default_rng(0).integers(0, 256, [40, 8, 8], "uint8")
    np.savez(tmp_path / "noise.npz", x=digits)
    capsys.readouterr()
    assert main(["evaluate", str(runs / "vae"), "--data", str(tmp_path / "noise.npz"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["split"] == "train" and result["distances"]["extractor"]["name"] == "random"
    assert result["distances"]["num_samples"] == 20
    np.savez(tmp_path / "colour.npz", x=np.zeros([8, 8, 8, 3], "uint8"))
    assert "(8, 8, 1)" in line("evaluate", runs / "vae", "--data", tmp_path / "colour.npz")


def test_metrics_by_name_alone(runs, capsys):
    capsys.readouterr()
    words = ["--metrics", "precision,verdict", "--num-samples", "50"]
    assert main(["evaluate", str(runs / "gan"), *words, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert set(result["distances"]) == {"num_samples", "seed", "floor", "extractor", "precision"}
    assert result["distances"]["num_samples"] == result["num_pictures"] == 50
    assert "class_balance" not in result and "memorization" not in result
    assert 0 <= result["verdict"]["real_accuracy"] <= 1


def test_it_says_how_long_it_will_take_and_writes_pictures(runs, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(estimating, "PILOT", 7)
    out = tmp_path / "report"
    assert main(["evaluate", str(runs / "gan"), "--num-samples", "60", "--out", str(out)]) == 0
    captured = capsys.readouterr()
    assert re.search(r"gan, about \d+ seconds", captured.err) and "12/12" in captured.err
    assert captured.out.startswith("gan on digits, 60 pictures of test")
    for word in ("memorization", "verdict", "coverage"):
        assert word in captured.out
    assert sorted(p.name for p in out.iterdir()) == ["calibration.png", "closest_pairs.png", "report.json"]
    assert json.loads((out / "report.json").read_text())["num_pictures"] == 60


def test_what_cannot_be_measured_is_said(runs, tmp_path, line):
    assert "Did you mean `precision`?" in line("evaluate", runs / "gan", "--metrics", "precison")
    assert "argument `metrics`" in line("evaluate", runs / "vae", "--metrics", "verdict")
    assert "from 2 to the 360" in line("evaluate", runs / "gan", "--num-samples", "361")
    assert "exists" in line("evaluate", runs / "gan", "--out", tmp_path)


def test_the_estimate_is_a_line_through_two_times():
    line = estimating._line
    assert line("samples", 3.0, 5.0, 10, 20, 100) == 5 + 0.2 * 80
    assert line("precision", 1.0, 4.0, 1, 2, 10) == 4 + 1.0 * 96  # The work is the square.
    assert line("memorization", 1.0, 4.0, 100, 400, 5000) == 4 + 0.01 * 600  # Of 1,000 at most.
    assert line("terms", 2.0, 1.5, 10, 20, 100) == 1.5  # Noise is no negative work.
