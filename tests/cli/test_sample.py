import json

import numpy as np
from PIL import Image

import kgen
from kgen.cli import building, main
from kgen.serving import known


def test_the_same_seed_gives_the_same_bytes(runs, tmp_path):
    files = [tmp_path / name for name in ("a.png", "b.png", "c.png")]
    for file, seed in zip(files, (7, 7, 8), strict=True):
        words = ["--num-samples", "9", "--seed", str(seed), "--out", str(file)]
        assert main(["sample", str(runs / "gan"), *words]) == 0
    first, same, other = (file.read_bytes() for file in files)
    assert first == same != other


def test_the_grid_is_that_of_the_model(runs, tmp_path):
    assert main(["sample", str(runs / "gan"), "--num-samples", "4", "--out", str(tmp_path / "a.png")]) == 0
    expected = kgen.pictures.grid(building.load_run(runs / "gan")[0].generate(4, seed=0))
    found = np.asarray(Image.open(tmp_path / "a.png"))
    factor = len(found) // len(expected)
    np.testing.assert_array_equal(found[::factor, ::factor], expected[..., 0])


def test_a_saved_model_runs_by_trust_only(runs, tmp_path, line):
    saved, picture = tmp_path / "saved", tmp_path / "a.png"
    assert main(["export", str(runs / "vae"), "--out", str(saved)]) == 0
    assert "--trust" in line("sample", saved, "--out", picture)
    assert not picture.exists()
    assert main(["sample", str(saved), "--trust", "--out", str(picture)]) == 0
    assert main(["sample", str(saved / "1"), "--trust", "--out", str(tmp_path / "b.png")]) == 0
    assert main(["sample", str(runs / "vae"), "--out", str(tmp_path / "c.png")]) == 0
    a, b, c = (np.asarray(Image.open(tmp_path / f"{name}.png"), int) for name in "abc")
    assert np.abs(a - b).max() == 0 and np.abs(a - c).max() <= 1


def test_a_reference_model_runs_as_long_as_no_bit_has_changed(runs, tmp_path, monkeypatch, line):
    saved, out = tmp_path / "saved", tmp_path / "a.png"
    assert main(["export", str(runs / "vae"), "--out", str(saved)]) == 0
    monkeypatch.setattr(known, "TABLE", tmp_path / "table.json")
    known.TABLE.write_text(json.dumps({"digits_vae/1": known.digest(saved)}))
    assert main(["sample", str(saved), "--num-samples", "4", "--out", str(out)]) == 0
    file = saved / "1" / "variables" / "variables.data-00000-of-00001"
    data = bytearray(file.read_bytes())
    data[100] ^= 1
    file.write_bytes(data)
    assert "--trust" in line("sample", saved, "--out", tmp_path / "b.png")


def test_model_files_are_never_loaded(runs, line):
    assert "foreign code" in line("sample", runs / "vae" / "model.keras")


def test_bad_numbers_and_places(runs, tmp_path, line):
    assert "num_samples=0" in line("sample", runs / "vae", "--num-samples", "0")
    assert "seed" in line("sample", runs / "vae", "--seed", "-1", "--out", tmp_path / "a.png")
    assert "nowhere" in line("sample", runs / "vae", "--out", tmp_path / "nowhere" / "a.png")
