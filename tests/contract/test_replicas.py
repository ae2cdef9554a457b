"""Two replicas on logical CPUs give the one-replica update, for every row of the table."""

import functools
import json
import pathlib
import subprocess
import sys

import pytest

from tests.contract.table import ROWS

# Plain, dropout and a moving average, batch normalisation, masks, one player; the program of the rest is slow.
CORE = ("gan", "gan-simultaneous-dropout-ema", "gan-split-two-steps", "gain", "vae")
REST = tuple(name for name in ROWS if name not in CORE)
TOLERANCE = {"sgd": 1e-6, "adam": 1e-5}
PAIRS = [(name, o) for name, row in ROWS.items() for o in TOLERANCE if o == "sgd" or row.judged]


@functools.cache
def measured(names):
    """The program's end for these rows, in one process; run once, also where it fails."""
    root = pathlib.Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-m", "tests.contract.replicas", *names],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=1500,
    )


def check(names, name, optimizer):
    done = measured(names)
    assert done.returncode == 0, done.stderr[-3000:]
    weights, logs = json.loads(done.stdout.splitlines()[-1])[name][optimizer]
    assert weights < TOLERANCE[optimizer]
    assert logs < 1e-3


@pytest.mark.parametrize("name, optimizer", [pair for pair in PAIRS if pair[0] in CORE])
def test_two_replicas_equal_one(name, optimizer):
    check(CORE, name, optimizer)


@pytest.mark.slow
@pytest.mark.parametrize("name, optimizer", [pair for pair in PAIRS if pair[0] in REST])
def test_two_replicas_equal_one_for_the_rest(name, optimizer):
    check(REST, name, optimizer)
