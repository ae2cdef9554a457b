"""Stands in for TensorFlow Serving's REST interface: row format, and its rules for what JSON may hold.

It shares no code with what writes the sample requests, so that these are read by somebody else.

Reference: TensorFlow Serving, "RESTful API" and tensorflow_serving/util/json_tensor.cc.
"""

import base64
import http.server
import json

import numpy as np
import tensorflow as tf

from kgen import serving
from kgen.serving import graph

DEFAULT = "serving_default"


class StandIn:
    """One model behind `POST /v1/models/NAME:predict`."""

    def __init__(self, folder):
        self.functions = serving.load(folder)
        tensors = graph.signatures(graph.meta_graph(folder))
        self.inputs = {
            name: {key: s for key, (_, s) in found.items()} for name, (found, _) in tensors.items()
        }

    def predict(self, body):
        """Status and body of the answer to the body of a request."""
        try:
            request = json.loads(body)
            name = request.get("signature_name", DEFAULT)
            if name not in self.inputs:
                raise ValueError(f'Serving signature name: "{name}" not found in signature def')
            outputs = self.functions[name](**tensors(request["instances"], self.inputs[name]))
        except (ValueError, KeyError, TypeError) as error:
            return 400, json.dumps({"error": str(error)})
        return 200, json.dumps({"predictions": predictions(outputs)})


def tensors(instances, specs):
    """Arrays of the inputs; the name of a single input may be left out."""
    rows = [row if isinstance(row, dict) and set(row) != {"b64"} else {min(specs): row} for row in instances]
    for row in rows:
        if set(row) != set(specs):
            raise ValueError(f"The keys of a row are {sorted(row)}, expected {sorted(specs)}.")
    return {name: _array([row[name] for row in rows], spec.dtype) for name, spec in specs.items()}


def _array(values, dtype):
    """Integers must be written without a point; bytes are base64, texts are texts."""
    if dtype == tf.string:
        return np.array(
            [base64.b64decode(v["b64"]) if isinstance(v, dict) else v.encode() for v in values], object
        )
    found = np.array(values)
    if dtype.is_integer and found.dtype.kind != "i":
        raise ValueError(f"Expected {dtype.name}, received {found.dtype.name}.")
    return found.astype(dtype.as_numpy_dtype)


def predictions(outputs):
    """Rows of the answer; the name of a single output is left out, and of what ends in _bytes is base64."""
    columns = {name: [_value(name, row) for row in array] for name, array in outputs.items()}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [row[min(columns)] for row in rows] if len(columns) == 1 else rows


def _value(name, row):
    if isinstance(row, bytes):
        return {"b64": base64.b64encode(row).decode()} if name.endswith("_bytes") else row.decode()
    return row.tolist()


def handler(models):
    """Class that answers HTTP requests by a dict of name to StandIn."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            name = self.path.removeprefix("/v1/models/").removesuffix(":predict")
            body = self.rfile.read(int(self.headers["Content-Length"]))
            known = self.path == f"/v1/models/{name}:predict" and name in models
            status, answer = (
                models[name].predict(body) if known else (404, json.dumps({"error": "Not found."}))
            )
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_):
            """Nothing on the standard error."""

    return Handler
