"""Sample requests, their answers, and warm-up records, in the formats of TensorFlow Serving."""

import base64
import json

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from kgen import noise
from kgen.serving import png

SAMPLE_ROWS, FREE_SIDE = 3, 8  # Rows of a request, and pixels along a side of any length, more in a file's.
TEXT = ("to", "be", "or", "not", "to", "be")
FOLDER = "assets.extra"
REQUEST, RESPONSE = "sample_request.json", "sample_response.json"
WARMUP, DESCRIPTION = "tf_serving_warmup_requests", "endpoints.json"
# Field numbers of tensorflow.serving.PredictionLog, PredictLog, PredictRequest and ModelSpec.
PREDICT_LOG, LOG_REQUEST, MODEL_SPEC, INPUTS, SPEC_NAME, SPEC_SIGNATURE = 6, 1, 1, 2, 1, 3


def sample_inputs(specs, num_rows=SAMPLE_ROWS):
    """Rows that differ: row seeds, normal latents, bytes, PNG files, texts, other numbers in [0, 1).

    Args:
        specs: dict of input name to tf.TensorSpec.
        num_rows: rows of the request.

    Returns:
        Dict of input name to NumPy array.
    """
    seeds = noise.rows(7, num_rows) + tf.range(num_rows)[:, None] * [[1, 0]]
    return {name: _sample(name, spec, seeds) for name, spec in specs.items()}


def _sample(name, spec, seeds):
    shape = [size or FREE_SIDE for size in spec.shape[1:]]
    if name == "seed":
        return seeds.numpy()
    if name == png.NAME:
        return np.array([_file(row, seeds[row : row + 1]) for row in range(len(seeds))], object)
    if spec.dtype.is_floating:
        draw = noise.normal if "latent" in name else noise.uniform
        return tf.cast(draw(seeds, shape), spec.dtype).numpy()
    if spec.dtype == tf.uint8:
        return tf.cast(256.0 * noise.uniform(seeds, shape), tf.uint8).numpy()
    if spec.dtype == tf.string:
        return np.array([" ".join(TEXT[:i]).encode() for i in range(seeds.shape[0])], object)
    return np.zeros([seeds.shape[0], *shape], spec.dtype.as_numpy_dtype)


def _file(row, seed):
    """A PNG of noise in colour, each row's of another size."""
    pixels = noise.uniform(seed, [FREE_SIDE + row, FREE_SIDE + 2 * row, 3])[0]
    return tf.io.encode_png(tf.cast(256.0 * pixels, tf.uint8)).numpy()


def rest_request(signature, inputs):
    """Body of a REST predict request in row format."""
    return {"signature_name": signature, "instances": _instances(inputs)}


def rest_response(outputs):
    """Body of the REST answer in row format: the name of a single output is left out."""
    rows = _instances(outputs)
    return {"predictions": [next(iter(row.values())) for row in rows] if len(outputs) == 1 else rows}


def _instances(arrays):
    columns = {name: [_json_value(name, row) for row in array] for name, array in arrays.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _json_value(name, row):
    """Lists of numbers, float32 by the shortest decimal that reads back equal; texts; `..._bytes` as base64."""
    row = np.asarray(
        row, object if isinstance(row, bytes) else None
    )  # NumPy's own bytes lose zeros at the end.
    if row.dtype.kind in "OS":
        binary = name.endswith("_bytes")
        return {"b64": base64.b64encode(row.item()).decode()} if binary else row.item().decode()
    if row.dtype == np.float32:
        return np.reshape([float(str(number)) for number in row.ravel()], row.shape).tolist()
    return row.tolist()


def from_rest(rows, specs):
    """NumPy arrays of a REST request's instances or a REST answer's predictions.

    Args:
        rows: list of one value or one dict per row.
        specs: dict of name to tf.TensorSpec.

    Returns:
        Dict of name to NumPy array; strings are bytes in an object array.
    """
    if not rows or not (isinstance(rows[0], dict) and set(rows[0]) == set(specs)):
        rows = [{next(iter(specs)): row} for row in rows]
    return {name: _array([row[name] for row in rows], spec) for name, spec in specs.items()}


def _array(rows, spec):
    if spec.dtype == tf.string:
        return np.array([_bytes(row) for row in rows], object)
    return np.asarray(rows, spec.dtype.as_numpy_dtype)


def _bytes(value):
    return base64.b64decode(value["b64"]) if isinstance(value, dict) else value.encode()


def write_json(path, value):
    """Writes one JSON file."""
    path.write_text(json.dumps(value) + "\n")


def write_warmup(path, name, requests):
    """Writes a TFRecord file of PredictionLog messages.

    Args:
        path: the file.
        name: name of the served model.
        requests: list of (signature, dict of input name to NumPy array).
    """
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, inputs in requests:
            writer.write(_prediction_log(name, signature, inputs))


def _prediction_log(name, signature, inputs):
    spec = _field(SPEC_NAME, name.encode()) + _field(SPEC_SIGNATURE, signature.encode())
    request = _field(MODEL_SPEC, spec)
    for key, array in inputs.items():
        tensor = tf.make_tensor_proto(array).SerializeToString()
        request += _field(INPUTS, _field(1, key.encode()) + _field(2, tensor))
    return _field(PREDICT_LOG, _field(LOG_REQUEST, request))


def _field(number, payload):
    """Wire form of a length-delimited protobuf field."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value):
    low = value & 0x7F
    return bytes([low]) if value < 0x80 else bytes([low | 0x80]) + _varint(value >> 7)


def read_warmup(path):
    """Requests of a warm-up file.

    Args:
        path: the file.

    Returns:
        List of (signature, dict of input name to NumPy array).

    Raises:
        ValueError: the file is damaged.
    """
    try:
        records = list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator())
        return [_predict_request(record) for record in records]
    except (tf.errors.OpError, KeyError, IndexError, ValueError) as error:
        raise ValueError(f"Damaged warm-up file {path}: {str(error).splitlines()[0]}") from error


def _predict_request(record):
    request = dict(_fields(dict(_fields(record))[PREDICT_LOG]))[LOG_REQUEST]
    spec = dict(_fields(dict(_fields(request))[MODEL_SPEC]))
    entries = [dict(_fields(entry)) for number, entry in _fields(request) if number == INPUTS]
    tensors = {entry[1].decode(): tensor_pb2.TensorProto.FromString(entry[2]) for entry in entries}
    return spec[SPEC_SIGNATURE].decode(), {name: tf.make_ndarray(tensor) for name, tensor in tensors.items()}


def _fields(message):
    """(number, payload) of each length-delimited field of a protobuf message."""
    place = 0
    while place < len(message):
        tag, place = _read_varint(message, place)
        size, place = _read_varint(message, place)
        yield tag >> 3, message[place : place + size]
        place += size


def _read_varint(message, place):
    value = shift = 0
    while message[place] & 0x80:
        value, shift, place = value | (message[place] & 0x7F) << shift, shift + 7, place + 1
    return value | message[place] << shift, place + 1
