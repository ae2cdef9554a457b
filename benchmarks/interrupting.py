"""Trainings by kgen's command line that are killed and resumed, and how their states compare."""

import signal
import subprocess
import sys
import time

import numpy as np

import kgen


def kgen_words():
    """The command `kgen` of this environment."""
    return [sys.executable, "-m", "kgen"]


def killed(line, folder, step):
    """Runs a training until it has stored this step and made a few more, then kills it; the newest state's step.

    Args:
        line: words of the command.
        folder: that the run writes to.
        step: that is stored at least.

    Returns:
        Integer.

    Raises:
        RuntimeError: if the training ended before.
    """
    child = subprocess.Popen(line, stdout=subprocess.DEVNULL)
    while child.poll() is None and _stored(folder) < step:
        time.sleep(0.2)
    time.sleep(0.5)
    child.send_signal(signal.SIGKILL)
    if child.wait() != -signal.SIGKILL:
        raise RuntimeError("The training ended before it was killed; ask for more --steps.")
    return _stored(folder)


def _stored(folder):
    """The step of the newest state, 0 before there is one."""
    return max((int(path.name.split("-")[1]) for path in folder.glob("state/step-*")), default=0)


def compared(first, second):
    """Number of arrays of two runs' last states, and how many of them are equal bit for bit.

    Args:
        first, second: folders of the runs.

    Returns:
        Dict of `arrays` and `equal_arrays`.
    """
    (_, ours, _), (_, theirs, _) = (kgen.state.newest(folder / "state") for folder in (first, second))
    equal = [ours[key].tobytes() == theirs[key].tobytes() for key in ours if key in theirs]
    return {"arrays": len(ours), "equal_arrays": int(np.sum(equal))}
