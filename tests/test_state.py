"""The training state on disk: whole or not at all, and damage is seen."""

import pathlib
import re
import subprocess
import sys
import warnings

import numpy as np
import pytest

from kgen import state

FILES = (state.ARRAYS, state.MANIFEST, state.SUMS)
RANDOM = np.random.default_rng(0)
ARRAYS = {
    "model/0": RANDOM.normal(size=(20, 3)).astype("float32"),
    "optimizer//1": np.array(7, "int64"),
    "flag": np.array([True, False]),
    "random": RANDOM.integers(0, 2**32, 2).astype("uint32"),
    "empty": np.zeros((0, 4), "float16"),
}
RECORD = {"step": 500, "callbacks": {"EarlyStopping-0": {"wait": 2, "best": 0.25}}, "data": None, "name": "é"}


def two_states(folder):
    for step in (500, 1000):
        state.write(folder, f"step-{step}", {**ARRAYS, "step": np.array(step)}, {**RECORD, "step": step})
    return folder / "step-1000"


def same(arrays, expected=ARRAYS):
    assert set(arrays) == set(expected)
    for name, value in expected.items():
        assert arrays[name].dtype == value.dtype
        np.testing.assert_array_equal(arrays[name], value)


def test_write_and_read(tmp_path):
    path = state.write(tmp_path / "a" / "b", "step-500", ARRAYS, RECORD)
    assert path == tmp_path / "a" / "b" / "step-500"
    arrays, record = state.read(path)
    same(arrays)
    assert record == RECORD
    assert sorted(f.name for f in path.iterdir()) == sorted(FILES)
    assert [f.name for f in path.parent.iterdir()] == ["step-500"]


def test_the_sums_are_those_of_sha256sum(tmp_path):
    path = state.write(tmp_path, "step-1", ARRAYS, RECORD)
    result = subprocess.run(["sha256sum", "-c", state.SUMS], cwd=path, capture_output=True, text=True)
    assert result.returncode == 0 and result.stdout.count("OK") == 2


def test_a_state_of_the_same_name_is_replaced(tmp_path):
    state.write(tmp_path, "step-1", ARRAYS, RECORD)
    path = state.write(tmp_path, "step-1", {"x": np.ones(3)}, {"step": 1})
    arrays, record = state.read(path)
    same(arrays, {"x": np.ones(3)})
    assert record == {"step": 1} and len(list(tmp_path.iterdir())) == 1


def test_the_newest_is_by_number_not_by_spelling(tmp_path):
    for step in (1000, 999, 90):
        state.write(tmp_path, f"step-{step}", {"x": np.array(step)}, {"step": step})
    path, arrays, record = state.newest(tmp_path)
    assert path.name == "step-1000" and arrays["x"] == 1000 and record == {"step": 1000}


def test_no_folder_has_no_state(tmp_path):
    assert state.newest(tmp_path / "absent") is None and state.names(tmp_path / "absent") == []
    assert state.newest(tmp_path) is None


# Damage.


def falls_back(folder, damaged):
    """The damaged state is named in one warning, and the previous one is returned whole."""
    with pytest.raises(state.DamagedState, match=f"Training state .*{damaged.name} is damaged: "):
        state.read(damaged)
    with pytest.warns(
        UserWarning, match=f"{re.escape(str(damaged))} is damaged: .* The previous one is used."
    ):
        path, arrays, record = state.newest(folder)
    assert path.name == "step-500" and record == RECORD
    same(arrays, {**ARRAYS, "step": np.array(500)})


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_file_is_detected(tmp_path, name, share):
    damaged = two_states(tmp_path)
    content = (damaged / name).read_bytes()
    (damaged / name).write_bytes(content[: int(share * len(content))])
    falls_back(tmp_path, damaged)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_or_longer_file_is_detected(tmp_path, name):
    damaged = two_states(tmp_path)
    content = (damaged / name).read_bytes()
    (damaged / name).write_bytes(b"x" + content)
    falls_back(tmp_path, damaged)
    (damaged / name).unlink()
    falls_back(tmp_path, damaged)
    (damaged / name).mkdir()
    falls_back(tmp_path, damaged)


@pytest.mark.parametrize("name", [state.ARRAYS, state.MANIFEST])
def test_one_changed_bit_of_the_data_is_detected(tmp_path, name):
    damaged = two_states(tmp_path)
    content = (damaged / name).read_bytes()
    for position in sorted({*range(0, len(content), max(1, len(content) // 60)), len(content) - 1}):
        (damaged / name).write_bytes(flipped(content, position, position % 8))
        with pytest.raises(state.DamagedState, match=f"the checksum of {name}"):
            state.read(damaged)
    falls_back(tmp_path, damaged)


def test_one_changed_bit_of_the_sums_never_gives_other_data(tmp_path):
    damaged = two_states(tmp_path)
    content = (damaged / state.SUMS).read_bytes()
    detected = 0
    for position in range(len(content)):
        (damaged / state.SUMS).write_bytes(flipped(content, position, position % 8))
        try:
            same(state.read(damaged)[0], {**ARRAYS, "step": np.array(1000)})
        except state.DamagedState:
            detected += 1
    assert detected >= len(content) - 2  # The two ends of line may become another kind of end.


def flipped(content, position, bit):
    return content[:position] + bytes([content[position] ^ 1 << bit]) + content[position + 1 :]


def test_with_every_state_damaged_there_is_none(tmp_path):
    two_states(tmp_path)
    for path in state.names(tmp_path):
        (path / state.ARRAYS).write_bytes(b"")
    with pytest.warns(UserWarning) as caught:
        assert state.newest(tmp_path) is None
    assert ["step-1000" in str(caught[0].message), "step-500" in str(caught[1].message)] == [True, True]


def test_nothing_that_can_run_code_is_loaded(tmp_path):
    path = state.write(tmp_path, "step-1", {"x": np.array([{"a": 1}], dtype=object)}, {})
    with pytest.raises(state.DamagedState):
        state.read(path)


# Interrupted and failing writes.


def test_an_interrupted_write_is_ignored(tmp_path):
    whole = two_states(tmp_path)
    aside = tmp_path / ".step-1500.tmp-999999"
    aside.mkdir()
    (aside / state.ARRAYS).write_bytes((whole / state.ARRAYS).read_bytes()[:100])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert state.newest(tmp_path)[0] == whole
    state.write(tmp_path, "step-1500", ARRAYS, RECORD)
    assert state.newest(tmp_path)[0].name == "step-1500"


@pytest.mark.parametrize("moment", ["savez", "sync", "text", "rename"])
@pytest.mark.parametrize("name", ["step-1000", "step-1500"])
def test_a_failing_write_leaves_the_old_states_whole(tmp_path, monkeypatch, moment, name):
    two_states(tmp_path)

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    places = {"savez": (np, "savez"), "sync": (state.os, "fsync"), "text": (state, "_write_text")}
    monkeypatch.setattr(*places.get(moment, (state.os, "rename")), full)
    with pytest.raises(OSError, match="No space left"):
        state.write(tmp_path, name, {"x": np.ones(2)}, {})
    monkeypatch.undo()
    assert not list(tmp_path.glob(".*")) and len(state.names(tmp_path)) == 2
    same(state.newest(tmp_path)[1], {**ARRAYS, "step": np.array(1000)})


FULL_DISK = """
import importlib.util, pathlib, resource, sys
import numpy as np
spec = importlib.util.spec_from_file_location("state", sys.argv[1])
state = importlib.util.module_from_spec(spec)
spec.loader.exec_module(state)
folder = pathlib.Path(sys.argv[2])
state.write(folder, "step-1", {"x": np.arange(10)}, {"step": 1})
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    state.write(folder, "step-2", {"x": np.zeros(100_000)}, {"step": 2})
except OSError as error:
    print(type(error).__name__, sorted(f.name for f in folder.iterdir()), state.newest(folder)[2])
"""


def test_a_file_that_the_system_cuts_short_leaves_the_old_state_whole(tmp_path):
    """The kernel itself refuses to write on, as it does where a disk is full."""
    command = [sys.executable, "-c", FULL_DISK, state.__file__, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.stdout.strip() == "OSError ['step-1'] {'step': 1}", result.stderr


KILLED = """
import importlib.util, os, pathlib, signal, sys
import numpy as np
spec = importlib.util.spec_from_file_location("state", sys.argv[1])
state = importlib.util.module_from_spec(spec)
spec.loader.exec_module(state)
folder, moment = pathlib.Path(sys.argv[2]), int(sys.argv[3])
state.write(folder, "step-1", {"x": np.arange(10)}, {"step": 1})
state.write(folder, "step-2", {"x": np.arange(20)}, {"step": 2})
calls = 0
def watch(frame, event, arg):
    global calls
    if event in ("call", "c_call"):
        calls += 1
        if calls == moment:
            os.kill(os.getpid(), signal.SIGKILL)
sys.setprofile(watch)
state.write(folder, sys.argv[4], {"x": np.arange(30)}, {"step": 3})
sys.setprofile(None)
print(calls)
"""


def killed(folder, moment, name):
    command = [sys.executable, "-c", KILLED, state.__file__, str(folder), str(moment), name]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("name", ["step-3", "step-2"])
@pytest.mark.filterwarnings("ignore:Training state")
def test_a_kill_at_any_moment_leaves_a_whole_newest_state(tmp_path, name):
    """Killed at calls spread over one write; a state that is written again must not be lost either."""
    total = int(killed(tmp_path / "whole", 0, name).stdout)
    for moment in [*np.linspace(1, total, 6, dtype=int), *range(total - 40, total, 5)]:
        folder = tmp_path / f"{moment}"
        assert killed(folder, moment, name).returncode == -9
        found = state.newest(folder)
        assert found is not None and found[2]["step"] >= 2, f"killed at call {moment}"
        assert len(found[1]["x"]) == 10 * found[2]["step"]


# Pruning.


@pytest.mark.parametrize("keep", [1, 2, 5])
def test_prune_keeps_the_newest(tmp_path, keep):
    for step in (5, 10, 100):
        state.write(tmp_path, f"step-{step}", {"x": np.array(step)}, {"step": step})
    (tmp_path / "best").mkdir()
    state.prune(tmp_path, keep)
    assert sorted(f.name for f in tmp_path.iterdir() if f.name != "best") == sorted(
        ["step-5", "step-10", "step-100"][-keep:]
    )
    assert (tmp_path / "best").is_dir() and state.newest(tmp_path)[2] == {"step": 100}


def test_sha256_of_known_bytes(tmp_path):
    path = pathlib.Path(tmp_path / "abc")
    path.write_bytes(b"abc")
    assert state.sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
