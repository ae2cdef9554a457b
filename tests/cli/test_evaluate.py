import json

import numpy as np

from kgen.cli import main


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
