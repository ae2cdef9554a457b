"""Consumers that others wrote give the numbers of TensorFlow's own loader, which export wrote beside the graph.

TensorFlow's C API is asked by `kgen.serving.check`; the contract does so for toys.
"""

import json
import pathlib
import re
import subprocess
import sys

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
import tf2onnx.convert
import tf2onnx.optimizer
from tensorflow.core.framework import types_pb2

from kgen import serving
from kgen.serving import examples, graph
from kgen.serving.comparison import ROWS_TOLERANCE, compare
from tests import gallery
from tests.stand_in import StandIn

OPSET = 18
# ONNX has no operation that reads or writes a file of a picture or a sound, or splits a text into characters.
EXEMPT = re.compile(r"\w+_bytes|text|prompt")
SHOWN = re.compile(r"(in|out)puts\['(\w+)'\] tensor_info:\s+dtype: (\w+)\s+shape: (.*)")


@pytest.fixture(scope="module", params=[*gallery.TOYS, *gallery.COMMITTED])
def version(request, tmp_path_factory):
    """Folder of a model's version."""
    return gallery.version(request.param, tmp_path_factory.mktemp("toys"))


def strings(signature):
    """Names of the tensors of a signature that hold strings."""
    return {name for part in signature for name, (_, spec) in part.items() if spec.dtype == tf.string}


def by_onnx_runtime(signature, specs, names, arrays):
    """A signature's answer by ONNX Runtime, which refuses what tf2onnx writes of operations it does not know.

    Outputs go by their order: tf2onnx takes an output that is called as an input for a cycle.
    """

    def ordered(*given):
        answer = signature(**dict(zip(specs, given, strict=True)))
        return [answer[name] for name in names]

    typed = list(specs.values())
    served = tf.function(ordered, input_signature=typed, autograph=False)
    model, _ = tf2onnx.convert.from_function(served, input_signature=typed, opset=OPSET)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return dict(zip(names, session.run(None, arrays), strict=True))


def test_onnx_runtime_answers_as_tensorflow(version, monkeypatch):
    # Most of a conversion's time goes into this; ONNX Runtime optimises for itself.
    monkeypatch.setattr(tf2onnx.optimizer, "_get_optimizers", dict)
    loaded, samples = tf.saved_model.load(str(version)), gallery.samples(version)
    signatures = graph.signatures(graph.meta_graph(version))
    assert all(map(EXEMPT.fullmatch, set.union(*map(strings, signatures.values()))))
    for name in [name for name in samples if name != "serving_default" and not strings(signatures[name])]:
        inputs, outputs = signatures[name]
        arrays, wanted = samples[name]
        specs = {key: spec for key, (_, spec) in inputs.items()}
        answer = by_onnx_runtime(loaded.signatures[name], specs, list(outputs), arrays)
        compare(answer, wanted, 1e-5, f"{name} by ONNX Runtime")
        assert max(np.std(value.astype(float)) for value in wanted.values()) > 1e-3, name


def saved_model_cli(verb, folder, *arguments):
    """What the program prints; it takes seconds to start, so that one model is enough."""
    program = str(pathlib.Path(sys.executable).with_name("saved_model_cli"))
    command = [program, verb, "--dir", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def declared(tensors, side):
    """(in or out, name, type, shape) of endpoints.json, spelt as the program prints them."""
    for name, tensor in tensors.items():
        shape = ", ".join("-1" if size is None else str(size) for size in tensor["shape"])
        kind = types_pb2.DataType.Name(tf.as_dtype(tensor["dtype"]).as_datatype_enum)
        yield side, name, kind, f"({shape})"


@pytest.mark.parametrize("version", ["vae"], indirect=True)
def test_saved_model_cli_shows_what_is_declared(version):
    parts = re.split(r"signature_def\['(\w+)'\]:", saved_model_cli("show", version, "--all"))
    found = {name: set(SHOWN.findall(text)) for name, text in zip(parts[1::2], parts[2::2], strict=True)}
    endpoints = gallery.stored(version, "endpoints.json")["endpoints"]
    assert set(found) - {"__saved_model_init_op"} == set(endpoints)
    for name, endpoint in endpoints.items():
        assert found[name] == {*declared(endpoint["inputs"], "in"), *declared(endpoint["outputs"], "out")}


@pytest.mark.parametrize("version", ["vae"], indirect=True)
def test_saved_model_cli_runs_rows_as_keras(version, tmp_path):
    seeds, model = gallery.samples(version)["generate"][0]["seed"], gallery.shaken("vae")
    np.save(tmp_path / "seed.npy", seeds)
    chosen = ["--tag_set", "serve", "--signature_def", "generate", "--outdir", str(tmp_path)]
    saved_model_cli("run", version, *chosen, "--inputs", f"seed={tmp_path / 'seed.npy'}")
    images = {"images": np.load(tmp_path / "images.npy")}
    compare(images, {"images": model.sample(tf.constant(seeds)).numpy()}, 1e-6, "saved_model_cli")


def test_rest_requests_on_file_are_answered_as_on_file(version):
    model, signatures = StandIn(version), graph.signatures(graph.meta_graph(version))
    requests, answers = (gallery.stored(version, f"sample_{part}.json") for part in ("request", "response"))
    for name, request in requests.items():
        status, body = model.predict(json.dumps(request))
        assert status == 200, body
        specs = {key: spec for key, (_, spec) in signatures[name][1].items()}
        found, wanted = (
            examples.from_rest(rows["predictions"], specs) for rows in (json.loads(body), answers[name])
        )
        compare(found, wanted, ROWS_TOLERANCE, name)


@pytest.mark.parametrize("name", gallery.COMMITTED)
def test_a_process_without_python_tensorflow_serves_what_is_committed(name):
    report = serving.check(gallery.FOLDER / name)
    assert report["xla_disabled"] and report["max_difference"]["session"] <= ROWS_TOLERANCE
