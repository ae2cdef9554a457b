import json
import shutil

import pytest

from kgen.cli import building, folder, main


@pytest.fixture
def run(runs, tmp_path):
    return shutil.copytree(runs / "vae", tmp_path / "vae")


def _change(run, **changes):
    options = json.loads((run / "options.json").read_text())
    (run / "options.json").write_text(json.dumps({**options, **changes}))


@pytest.mark.parametrize(
    "changes, hint",
    [
        ({"model": "os.system"}, "os.system"),
        ({"surprise": 1}, "surprise"),
        ({"precision": "float8"}, "float8"),
        ({"seed": "0"}, "seed"),
        ({"seed": True}, "seed"),
        ({"jitter": "0.1"}, "jitter"),
        ({"data_b": 3}, "data_b"),
        ({"arguments": {}}, "latent_dim"),
        ({"optimizers": {"optimizer": {"name": "os.system"}}}, "os.system"),
        (
            {"optimizers": {"optimizer": {"name": "adam", "learning_rate": {"class_name": "Lambda"}}}},
            "Lambda",
        ),
        ({"optimizers": {}}, "optimizers"),
    ],
)
def test_options_that_are_not_ours_are_refused(run, line, changes, hint):
    _change(run, **changes)
    assert hint in line("sample", run)


@pytest.mark.parametrize(
    "name, value", [("encoder", {"module": "os"}), ("activation", {"class_name": "x"}), ("encoder", "x")]
)
def test_networks_and_objects_in_options_are_refused(run, line, name, value):
    arguments = json.loads((run / "options.json").read_text())["arguments"]
    _change(run, arguments={**arguments, name: value})
    assert name in line("export", run, "--out", run / "x")


def test_options_of_runs_that_are_older_than_pairs(run):
    options = json.loads((run / "options.json").read_text())
    older = {name: value for name, value in options.items() if name not in folder.LATER}
    (run / "options.json").write_text(json.dumps(older))
    assert folder.read_options(run) == options
    assert building.load_run(run)[2]["step"] == 22


def test_damaged_and_oversized_options(run, line):
    (run / "options.json").write_text("{")
    assert "damaged" in line("evaluate", run)
    (run / "options.json").write_text(" " * (folder.LARGEST + 1))
    assert "too large" in line("evaluate", run)


def test_options_that_do_not_fit_the_state_name_what_differs(run, line):
    arguments = json.loads((run / "options.json").read_text())["arguments"]
    _change(run, arguments={**arguments, "latent_dim": 5})
    assert "latent_dim" in line("sample", run)


def test_a_missing_run_lists_those_beside_it(runs, line):
    assert line("sample", runs / "vea").endswith("gan, vae.")


def test_a_damaged_state_is_named_and_the_previous_one_used(run, tmp_path, capsys):
    newest = run / "state" / "step-000000022" / "arrays.npz"
    data = bytearray(newest.read_bytes())
    data[len(data) // 2] ^= 1
    newest.write_bytes(data)
    assert main(["sample", str(run), "--out", str(tmp_path / "a.png")]) == 0
    assert "step-000000022 is damaged" in capsys.readouterr().err
    assert building.load_run(run)[2]["step"] == 11


def test_without_a_whole_state(run, line):
    shutil.rmtree(run / "state")
    assert "no whole training state" in line("sample", run)


def test_the_lock_refuses_a_second_process(run, line):
    with folder.locked(run):
        assert "Another process" in line("train", "vae", "--out", run, "--resume")
    with folder.locked(run):
        pass
