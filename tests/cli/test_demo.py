import pytest

from kgen.cli import demo, main

WRITTEN = """vae/samples/training.gif dcgan/samples/training.gif vae/curves.png dcgan/curves.png
vae/traversal.png vae/reconstructions.png vae/model.keras dcgan/model.keras
saved_models/digits_vae/1/saved_model.pb saved_models/digits_dcgan/1/saved_model.pb"""


def test_a_small_demo_writes_all_that_it_lists(tmp_path, monkeypatch, capsys):
    length = {"image_size": 16, "epochs": 1, "steps": 2, "jit": False}
    monkeypatch.setattr(demo, "VAE_OPTIONS", length)
    monkeypatch.setattr(demo, "VAE_SETTINGS", ["hidden_units=16", "latent_dim=8"])
    monkeypatch.setattr(demo, "DCGAN_OPTIONS", length)
    monkeypatch.setattr(demo, "DCGAN_SETTINGS", ["width=4", "latent_dim=4"])
    out = tmp_path / "demo"
    assert main(["demo", "--out", str(out)]) == 0
    assert all((out / name).is_file() for name in WRITTEN.split())
    assert "Try next" in capsys.readouterr().out


def test_a_folder_with_something_in_it_is_refused(tmp_path, line):
    (tmp_path / "mine").write_text("")
    assert str(tmp_path) in line("demo", "--out", tmp_path)
    assert "mine" in line("demo", "--out", tmp_path / "mine")


@pytest.mark.slow
def test_the_demo_learns(tmp_path, capsys):
    assert main(["demo", "--out", str(tmp_path / "demo")]) == 0
    distances = [
        line.split()[1] for line in capsys.readouterr().out.splitlines() if "  frechet_distance" in line
    ]
    vae, dcgan = map(float, distances)
    assert vae < 6 and dcgan < 4
