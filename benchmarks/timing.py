"""How benchmarks measure and what they leave behind: interleaved times, peak memory, records.

A record never holds a path or the name of a machine.
"""

import datetime
import importlib
import json
import os
import pathlib
import platform
import re
import resource
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
PACKAGES = ("tensorflow", "keras", "kgen")
ABSOLUTE_PATH = re.compile(r"(?<![\w./:])(?:/[\w.+-]+)*/([\w.+-]+)")
_start = time.monotonic()


def interleave(candidates, rounds=10, steps=20):
    """Times candidates in turn, so that a slow moment of the machine falls on all of them.

    In each round every candidate takes a block of steps, whose last result is waited for; the order turns
    from round to round.

    Args:
        candidates: dict name -> function of no argument that takes one step, warmed up, and returns a dict of
            scalars. If one call takes several steps, their number is its attribute `steps_per_call`.
        rounds: number of rounds.
        steps: steps of a block, rounded up to whole calls.

    Returns:
        Dict of `ms_per_step` (name -> median over rounds), `quartiles` (name -> the two others), `speedup`
        (a -> b -> median over rounds of b's time by a's: how many times faster a is), `rounds` and `steps`.
    """
    names, milliseconds = list(candidates), {name: [] for name in candidates}
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            milliseconds[name].append(_block(candidates[name], steps))
    return {
        "ms_per_step": {name: _quartiles(values)[1] for name, values in milliseconds.items()},
        "quartiles": {name: _quartiles(values)[::2] for name, values in milliseconds.items()},
        "speedup": {a: {b: _speedup(milliseconds, a, b) for b in names if b != a} for a in names},
        "rounds": rounds,
        "steps": steps,
    }


def _block(candidate, steps):
    steps_per_call = getattr(candidate, "steps_per_call", 1)
    calls = -(-steps // steps_per_call)
    start = time.perf_counter()
    for _ in range(calls):
        losses = candidate()
    [float(value) for value in losses.values()]
    return 1000 * (time.perf_counter() - start) / (calls * steps_per_call)


def _quartiles(values):
    values = values if len(values) > 1 else 2 * values
    return [round(value, 3) for value in statistics.quantiles(values, n=4, method="inclusive")]


def _speedup(milliseconds, a, b):
    return round(statistics.median(y / x for x, y in zip(milliseconds[a], milliseconds[b], strict=True)), 3)


def peak_memory(target, *arguments, steps=5):
    """Peak resident memory of a candidate, alone in a process of its own.

    Args:
        target: "module:function", found as this process finds modules; the function returns a candidate.
        *arguments: of that function; anything that JSON can hold.
        steps: calls of the candidate before memory is read.

    Returns:
        MiB of resident memory at the highest.

    Raises:
        subprocess.CalledProcessError: if that process fails.
    """
    line = [sys.executable, str(pathlib.Path(__file__).resolve()), target, json.dumps(arguments), str(steps)]
    paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
    environment = {**os.environ, "PYTHONPATH": paths}
    child = subprocess.run(line, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return float(child.stdout.split()[-1])


def _measure_memory(target, arguments, steps):
    module, function = target.split(":")
    candidate = getattr(importlib.import_module(module), function)(*json.loads(arguments))
    for _ in range(int(steps)):
        losses = candidate()
    [float(value) for value in losses.values()]
    return peak_resident()


def peak_resident():
    """MiB. Linux hands `ru_maxrss` down from the parent, so its own count of this program comes first."""
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1]) / 1024
    unit = 2**20 if platform.system() == "Darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def record(name, row, seed=0, minutes=None):
    """Writes benchmarks/results/NAME.json: the row, and all that it takes to repeat it.

    Args:
        name: of the file, and of the section of RESULTS.md.
        row: dict. `measured` (quantity -> number) fills the section's table, `pictures` (caption -> file name
            in results/) is shown, any other dict becomes a table, anything else a line.
        seed: of the run.
        minutes: that the run took; None for the age of this process.

    Returns:
        The path written.

    Raises:
        ValueError: if the row holds an absolute path.
    """
    if found := ABSOLUTE_PATH.search(json.dumps(row, default=float)):
        raise ValueError(f"Invalid value for argument `row`. Expected no absolute path. Received: {found[0]}")
    minutes = (time.monotonic() - _start) / 60 if minutes is None else minutes
    origin = {
        "command": command(sys.argv),
        "seed": seed,
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "versions": versions(),
        "minutes": round(minutes, 1),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
    }
    path = RESULTS / f"{name}.json"
    aside = path.with_suffix(f".{os.getpid()}")
    RESULTS.mkdir(parents=True, exist_ok=True)
    aside.write_text(json.dumps({**origin, **row}, indent=2, allow_nan=False, default=float) + "\n")
    aside.replace(path)
    return path


def recorded(name):
    """What benchmarks/results/NAME.json holds, an empty dict where there is no such file."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def command(argv):
    """The command line as one would type it in the repository: paths relative to it, or only their names."""
    words = [str(pathlib.Path(argv[0]).resolve()), *argv[1:]]
    words = [ABSOLUTE_PATH.sub(r"\1", word.replace(f"{ROOT}/", "")) for word in words]
    return " ".join(["python", *words])


def versions():
    """Dict of the versions of Python and of what the numbers depend on; PyTorch where it was used."""
    packages = (*PACKAGES, "torch") if "torch" in sys.modules else PACKAGES
    modules = {name: importlib.import_module(name) for name in packages}
    return {"python": platform.python_version(), **{name: modules[name].__version__ for name in packages}}


if __name__ == "__main__":
    print(_measure_memory(*sys.argv[1:]))
