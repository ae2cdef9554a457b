"""Loads a SavedModel as plain functions that refuse bad requests before TensorFlow sees them."""

import functools
import json

import numpy as np
import tensorflow as tf

from kgen.serving import examples, graph

CHUNK_ROWS = 1024


def load(path):
    """Signatures of a SavedModel as functions from NumPy arrays to NumPy arrays.

    Safe to call from many threads: names, types, shapes and numbers are checked in Python, because a call
    that TensorFlow rejects can block every other thread. Longer batches are computed in chunks. A SavedModel
    is a program: load only what you trust.

    Args:
        path: folder of a version, or of a model: its latest version.

    Returns:
        Dict of signature name to function; it takes the inputs as keyword arguments and returns a dict of
        output name to NumPy array.

    Raises:
        FileNotFoundError: there is no SavedModel.
        ValueError: it is damaged.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = kgen.export(kgen.GAN((8, 8, 1), hidden_units=(4,)), folder, ["generate"])
    ...     generate = kgen.serving.load(folder)["generate"]
    ...     print(generate(seed=[[7, 0], [7, 1]])["images"].shape)
    (2, 8, 8, 1)
    """
    folder = graph.version_directory(path)
    served = graph.signatures(graph.meta_graph(folder))
    try:
        loaded = tf.saved_model.load(str(folder))
    except (tf.errors.OpError, OSError, ValueError, KeyError, IndexError) as error:
        raise ValueError(f"Damaged SavedModel {folder}: {str(error).strip().splitlines()[0]}") from error
    limit = _limit(folder)
    return {
        name: functools.partial(_answer, loaded, name, {k: spec for k, (_, spec) in inputs.items()}, limit)
        for name, (inputs, _) in served.items()
    }


def _limit(folder):
    description = folder / examples.FOLDER / examples.DESCRIPTION
    return json.loads(description.read_text())["max_batch_size"] if description.is_file() else CHUNK_ROWS


def _answer(loaded, signature, specs, limit, /, **inputs):
    if set(inputs) != set(specs):
        raise ValueError(
            f"Invalid inputs for {signature}. Expected {sorted(specs)}. Received: {sorted(inputs)}."
        )
    arrays = {name: _checked(name, _known(name, inputs), spec) for name, spec in specs.items()}
    num_rows = {len(array) for array in arrays.values()}
    if len(num_rows) > 1:
        raise ValueError(
            f"Invalid inputs for {signature}. Expected equal batches. Received: {sorted(num_rows)} rows."
        )
    parts = []
    for start in range(0, max(1, num_rows.pop()), limit):
        rows = {name: tf.constant(array[start : start + limit]) for name, array in arrays.items()}
        parts.append(loaded.signatures[signature](**rows))
    return {name: np.concatenate([part[name].numpy() for part in parts]) for name in parts[0]}


def _known(name, inputs):
    """An input; values that a mask says are missing may be NaN, and count as 0."""
    if name != "values" or np.shape(inputs.get("mask")) != np.shape(inputs[name]):
        return inputs[name]
    return np.where(np.asarray(inputs["mask"]) == 0, np.float32(0), inputs[name])


def _checked(name, value, spec):
    """The value as an array of the input's type, if it is one without loss."""
    wanted = np.dtype(spec.dtype.as_numpy_dtype)
    array = np.asarray(value, object if spec.dtype == tf.string else None)
    if not spec.shape.is_compatible_with(array.shape):
        raise _invalid(name, f"an array of shape {tuple(spec.shape)}", f"shape {array.shape}")
    if spec.dtype == tf.string:
        return _strings(name, array)
    kinds = "iu" if wanted.kind in "iu" else wanted.kind
    if array.dtype.kind not in kinds and array.size:
        raise _invalid(name, spec.dtype.name, array.dtype.name)
    if wanted.kind == "f" and not np.isfinite(array).all():
        raise _invalid(name, "finite numbers", "NaN or infinity")
    cast = array.astype(wanted)
    if wanted.kind in "iu" and (cast != array).any():
        raise _invalid(name, f"numbers that fit {spec.dtype.name}", f"up to {array.max()}")
    return cast


def _strings(name, array):
    for item in array.flat:
        if not isinstance(item, (bytes, str)):
            raise _invalid(name, "bytes", type(item).__name__)
    return array


def _invalid(name, expected, received):
    return ValueError(f"Invalid value for input `{name}`. Expected {expected}. Received: {received}.")
