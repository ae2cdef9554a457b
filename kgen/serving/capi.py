"""Runs a SavedModel through TensorFlow's C API, without importing TensorFlow for Python.

The loader and the session are the ones that tensorflow_model_server links; XLA is switched off as the server
does. Run as a program it reads a plan from the standard input and writes the answers to the standard output,
both as JSON: {"path", "cases": [{"feeds": [...], "fetches": [...]}]} -> {"answers": [...]}.
"""

import base64
import contextlib
import ctypes
import importlib.util
import json
import math
import pathlib
import sys

STRING = 7
WIDTHS = {1: 4, 2: 8, 3: 4, 4: 1, 5: 2, 6: 1, 9: 8, 10: 1, 14: 2, 17: 2, 19: 2, 22: 4, 23: 8}
TSTRING_BYTES = 24
DISABLE_XLA = "_ZN10tensorflow21DisableXlaCompilationEv"
POINTERS = """TF_NewStatus TF_NewGraph TF_NewSessionOptions TF_LoadSessionFromSavedModel TF_AllocateTensor
TF_TensorData TF_GraphOperationByName TF_StringGetDataPointer""".split()


class Output(ctypes.Structure):
    """TF_Output: an operation and the index of its output."""

    _fields_ = [("operation", ctypes.c_void_p), ("index", ctypes.c_int)]


def library(folder=None):
    """TensorFlow's C library, from its Python package unless a folder is named.

    Raises:
        FileNotFoundError: no library there.
    """
    folder = folder or importlib.util.find_spec("tensorflow").submodule_search_locations[0]
    files = sorted(pathlib.Path(folder).glob("libtensorflow_cc*"))
    if not files:
        raise FileNotFoundError(f"TensorFlow's C library (libtensorflow_cc) is missing in {folder}.")
    tf = ctypes.CDLL(str(files[0]))
    for name in POINTERS:
        getattr(tf, name).restype = ctypes.c_void_p
    for name in ("TF_TensorByteSize", "TF_StringGetSize"):
        getattr(tf, name).restype = ctypes.c_size_t
    for name in ("TF_Dim", "TF_Message", "TF_Version"):
        getattr(tf, name).restype = ctypes.c_int64 if name == "TF_Dim" else ctypes.c_char_p
    return tf


def disable_xla(tf):
    """Switches XLA off, as tensorflow_model_server does; False where the library hides the switch."""
    switch = getattr(tf, DISABLE_XLA, None)
    if switch is not None:
        switch()
    return switch is not None


def _status(tf, status):
    """The error of a status as a dict, or None; frees the status."""
    code, message = tf.TF_GetCode(status), tf.TF_Message(status).decode(errors="replace")
    tf.TF_DeleteStatus(status)
    return {"code": code, "error": message.strip().splitlines()[0] if message else ""} if code else None


def load(tf, path):
    """Graph and session of the SavedModel under the tag `serve`.

    Raises:
        ValueError: TensorFlow cannot load it.
    """
    graph, status = ctypes.c_void_p(tf.TF_NewGraph()), ctypes.c_void_p(tf.TF_NewStatus())
    options, tags = ctypes.c_void_p(tf.TF_NewSessionOptions()), (ctypes.c_char_p * 1)(b"serve")
    session = tf.TF_LoadSessionFromSavedModel(options, None, str(path).encode(), tags, 1, graph, None, status)
    failure = _status(tf, status)
    if failure:
        raise ValueError(f"Damaged SavedModel: {failure['error']}")
    return graph, ctypes.c_void_p(session)


def _output(tf, graph, name):
    operation, _, index = name.partition(":")
    return Output(tf.TF_GraphOperationByName(graph, operation.encode()), int(index or 0))


def _tensor(tf, value):
    """TF_Tensor of {"dtype", "shape", "data"}; "repeat" copies the data along the first axis."""
    repeat = value.get("repeat", 1)
    shape = [value["shape"][0] * repeat, *value["shape"][1:]]
    if value["dtype"] == STRING:
        return _strings(tf, shape, [base64.b64decode(part) for part in value["data"]] * repeat)
    data = base64.b64decode(value["data"]) * repeat
    if len(data) != math.prod(shape) * WIDTHS[value["dtype"]]:
        raise ValueError(f"A value of shape {shape} has {len(data)} bytes.")
    tensor = _allocated(tf, value["dtype"], shape, len(data))
    if data:
        ctypes.memmove(tf.TF_TensorData(tensor), data, len(data))
    return tensor


def _allocated(tf, dtype, shape, num_bytes):
    sides = (ctypes.c_int64 * len(shape))(*shape)
    return ctypes.c_void_p(tf.TF_AllocateTensor(dtype, sides, len(shape), ctypes.c_size_t(num_bytes)))


def _strings(tf, shape, parts):
    """TF_Tensor of strings; the copies of longer ones live as long as the process."""
    if len(parts) != math.prod(shape):
        raise ValueError(f"A value of shape {shape} has {len(parts)} strings.")
    tensor = _allocated(tf, STRING, shape, TSTRING_BYTES * len(parts))
    for place, part in zip(_places(tf, tensor, len(parts)), parts, strict=True):
        tf.TF_StringInit(place)
        tf.TF_StringCopy(place, part, ctypes.c_size_t(len(part)))
    return tensor


def _places(tf, tensor, number):
    """Addresses of a tensor's strings."""
    start = tf.TF_TensorData(tensor)
    return [ctypes.c_void_p(start + TSTRING_BYTES * i) for i in range(number)]


def _value(tf, tensor):
    """{"dtype", "shape", "data"} of a TF_Tensor; data are base64, a list of them for strings."""
    shape = [tf.TF_Dim(tensor, axis) for axis in range(tf.TF_NumDims(tensor))]
    start, dtype = tf.TF_TensorData(tensor), tf.TF_TensorType(tensor)
    if dtype == STRING:
        places = _places(tf, tensor, math.prod(shape))
        parts = [ctypes.string_at(tf.TF_StringGetDataPointer(p), tf.TF_StringGetSize(p)) for p in places]
        data = [base64.b64encode(part).decode() for part in parts]
    else:
        size = tf.TF_TensorByteSize(tensor)
        data = base64.b64encode(ctypes.string_at(start, size) if size else b"").decode()
    return {"dtype": dtype, "shape": shape, "data": data}


def run(tf, graph, session, feeds, fetches):
    """Values of the named tensors, or the error's code and first line.

    Args:
        tf: `library()`.
        graph: graph of `load`.
        session: session of `load`.
        feeds: list of {"name", "dtype", "shape", "data"}.
        fetches: list of tensor names.

    Returns:
        {"values": list of {"dtype", "shape", "data"}} or {"code", "error"}.
    """
    sources = (Output * len(feeds))(*(_output(tf, graph, feed["name"]) for feed in feeds))
    targets = (Output * len(fetches))(*(_output(tf, graph, name) for name in fetches))
    tensors = [_tensor(tf, feed) for feed in feeds]
    given = (ctypes.c_void_p * len(feeds))(*(tensor.value for tensor in tensors))
    taken, status = (ctypes.c_void_p * len(fetches))(), ctypes.c_void_p(tf.TF_NewStatus())
    tf.TF_SessionRun(
        session, None, sources, given, len(feeds), targets, taken, len(fetches), None, 0, None, status
    )
    failure = _status(tf, status)
    values = None if failure else [_value(tf, ctypes.c_void_p(tensor)) for tensor in taken]
    for tensor in (*tensors, *(ctypes.c_void_p(t) for t in taken if t)):
        tf.TF_DeleteTensor(tensor)
    return failure or {"values": values}


def main():
    """Answers the plan on the standard input."""
    plan = json.load(sys.stdin)
    tf = library(plan.get("library"))
    answer = {"xla_disabled": disable_xla(tf), "tensorflow": tf.TF_Version().decode()}
    try:
        graph, session = load(tf, plan["path"])
        answer["answers"] = [run(tf, graph, session, c["feeds"], c["fetches"]) for c in plan["cases"]]
    except ValueError as error:
        answer["error"] = str(error)
    with contextlib.suppress(BrokenPipeError):
        json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
