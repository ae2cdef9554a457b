"""Asks a fresh process, which runs capi.py, for a SavedModel's answers."""

import base64
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import tensorflow as tf


def case(inputs, outputs, arrays, repeat=1):
    """One run of a signature, in the form that capi.py reads.

    Args:
        inputs: dict of input name to (tensor name, tf.TensorSpec).
        outputs: dict of output name to (tensor name, tf.TensorSpec).
        arrays: dict of input name to NumPy array; strings are bytes in an object array.
        repeat: times that the rows are repeated.

    Returns:
        Dict of JSON values.
    """
    feeds = [
        {
            "name": inputs[name][0],
            "dtype": inputs[name][1].dtype.as_datatype_enum,
            "shape": list(values.shape),
            "data": _data(values),
            "repeat": repeat,
        }
        for name, values in arrays.items()
    ]
    return {"feeds": feeds, "fetches": [name for name, _ in outputs.values()]}


def _data(values):
    """Base64 of an array's bytes, a list of them for strings."""
    if values.dtype == object:
        return [base64.b64encode(part).decode() for part in values.flat]
    return base64.b64encode(values.tobytes()).decode()


def answer(plan):
    """Answers of capi.py, run as a program that imports no TensorFlow, on the CPU.

    Args:
        plan: {"path": folder of the version, "cases": list of `case`}.

    Returns:
        {"tensorflow": version, "xla_disabled": bool, "answers": list}, see `capi.run`.

    Raises:
        ValueError: the SavedModel cannot be loaded, or the process died.
    """
    program = pathlib.Path(__file__).with_name("capi.py")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-P", str(program)]
    done = subprocess.run(command, input=json.dumps(plan), capture_output=True, text=True, env=environment)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise ValueError(f"The fresh process that serves {plan['path']} died: {reason}")
    found = json.loads(done.stdout)
    if "error" in found:
        raise ValueError(f"{found['error']} ({plan['path']})")
    return found


def array(value):
    """NumPy array of one of capi.py's values; strings are bytes in an object array."""
    shape, data = value["shape"], value["data"]
    if isinstance(data, list):
        return np.array([base64.b64decode(part) for part in data], object).reshape(shape)
    dtype = tf.as_dtype(value["dtype"]).as_numpy_dtype
    return np.frombuffer(base64.b64decode(data), dtype).reshape(shape)
