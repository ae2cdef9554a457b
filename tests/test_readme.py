"""What the README says, done."""

import pathlib
import re

ROOT = pathlib.Path(__file__).parents[1]


def test_the_ten_lines_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)[1]
    exec(code.replace("epochs=20", "epochs=1, steps_per_epoch=2, verbose=0"), {})
    assert (tmp_path / "samples.png").stat().st_size > 500
    assert (tmp_path / "saved_models" / "digits_dcgan" / "1" / "saved_model.pb").exists()


def test_every_model_has_its_row():
    import kgen.models

    readme = (ROOT / "README.md").read_text()
    assert all(f"| `{name}` |" in readme for name in kgen.models.MODELS)
