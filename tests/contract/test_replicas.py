"""Two replicas on logical CPUs give the one-replica update, for every row of the table."""

import json
import pathlib
import subprocess
import sys

import pytest

from tests.contract.table import ROWS

TOLERANCE = {"sgd": 1e-6, "adam": 1e-5}


@pytest.fixture(scope="module")
def differences():
    root = pathlib.Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "tests.contract.replicas"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=1500,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


PAIRS = [(name, o) for name, row in ROWS.items() for o in TOLERANCE if o == "sgd" or row.judged]


@pytest.mark.parametrize("name, optimizer", PAIRS)
def test_two_replicas_equal_one(differences, name, optimizer):
    weights, logs = differences[name][optimizer]
    assert weights < TOLERANCE[optimizer]
    assert logs < 1e-3
