"""What clients send and get: over HTTP, from many threads, in messages of limited size; and the page that says so."""

import http.server
import json
import math
import re
import threading
import time
import urllib.error
import urllib.request

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from kgen import noise, serving
from kgen.serving import graph, loaded, messages
from tests import gallery
from tests.stand_in import StandIn, handler

CLIENTS, REQUESTS, SECONDS = 8, 300, 120
LIMIT = 4  # Rows at a time, so that the longest request takes two turns.
BUSY = "mnist_dcgan" if "mnist_dcgan" in gallery.COMMITTED else "vae"


@pytest.fixture(scope="module")
def version(tmp_path_factory):
    return gallery.version(BUSY, tmp_path_factory.mktemp("toys"))


@pytest.fixture(scope="module")
def address(version):
    """A server of one model, in a thread."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler({"toy": StandIn(version)}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def post(url, body):
    """Status and JSON of the answer."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_a_request_over_http_is_answered_as_on_file(version, address):
    request = gallery.stored(version, "sample_request.json")["generate"]
    wanted = gallery.stored(version, "sample_response.json")["generate"]
    status, answer = post(f"{address}/v1/models/toy:predict", request)
    assert status == 200 and set(answer) == {"predictions"}
    np.testing.assert_allclose(answer["predictions"], wanted["predictions"], atol=1e-6)
    unnamed = {"instances": [row["seed"] for row in request["instances"]]}
    assert post(f"{address}/v1/models/toy:predict", unnamed) == (status, answer)


@pytest.mark.parametrize(
    ("name", "body", "status", "message"),
    [
        ("toy", {"signature_name": "paint", "instances": []}, 400, '"paint" not found'),
        ("toy", {"instances": [{"sed": [7, 0]}]}, 400, r"are \['sed'\], expected \['seed'\]"),
        ("toy", {"instances": [{"seed": [7.0, 0]}]}, 400, "Expected int32, received float64"),
        ("toy", {"inputs": {"seed": [[7, 0]]}}, 400, "instances"),
        ("toys", {"instances": [{"seed": [7, 0]}]}, 404, "Not found"),
    ],
)
def test_a_wrong_request_over_http_is_told(address, name, body, status, message):
    found, answer = post(f"{address}/v1/models/{name}:predict", body)
    assert found == status and re.search(message, answer["error"])


def requests(served, latent):
    """(signature, inputs, answer) of right requests, no row and many among them, and of wrong ones with None."""
    seeds = noise.rows(5, LIMIT + 2).numpy()
    sizes = ([0], [1, 2, 3], [], list(range(LIMIT + 2)))
    right = [("generate", {"seed": seeds[rows]}) for rows in sizes] + [("from_latent", {"latent": latent})]
    wrong = [
        ("generate", {}),
        ("generate", {"seeds": seeds}),
        ("generate", {"seed": seeds.astype("float32")}),
        ("generate", {"seed": seeds[:, :1]}),
        ("generate", {"seed": seeds.astype("int64") + 2**31}),
        ("from_latent", {"latent": latent, "seed": seeds}),
        ("from_latent", {"latent": latent[:, 1:]}),
        ("from_latent", {"latent": np.where(latent == latent[1, 0], np.nan, latent)}),
    ]
    answered = [(name, inputs, served[name](**inputs)["images"]) for name, inputs in right]
    return answered + [(*request, None) for request in wrong]


def client(served, choices, results):
    """Sends the chosen requests and notes for each whether the answer was the right one."""
    for name, inputs, wanted in choices:
        try:
            found = served[name](**inputs)["images"]
            results.append(wanted is not None and np.allclose(found, wanted, atol=1e-6))
        except ValueError as error:
            results.append(
                wanted is None and bool(re.match("Invalid (value|inputs) for .* Expected", str(error)))
            )


def test_many_clients_get_their_own_answers_or_a_clear_refusal(version, monkeypatch):
    monkeypatch.setattr(loaded, "_limit", lambda folder: LIMIT)
    served, results, random = serving.load(version), [], np.random.default_rng(1)
    known = requests(served, gallery.samples(version)["from_latent"][0]["latent"])
    chosen = [[known[i] for i in random.integers(len(known), size=REQUESTS)] for _ in range(CLIENTS)]
    threads = [threading.Thread(target=client, args=(served, c, results), daemon=True) for c in chosen]
    for thread in threads:
        thread.start()
    end = time.monotonic() + SECONDS
    for thread in threads:
        thread.join(max(0, end - time.monotonic()))
    assert not any(thread.is_alive() for thread in threads)
    assert len(results) == CLIENTS * REQUESTS and all(results)
    assert np.array_equal(served["generate"](**known[0][1])["images"], known[0][2])


def size(values, field):
    """Bytes of an output's message as the server writes it: numbers in the field of their type."""
    shape = tf.TensorShape(values.shape).as_proto()
    dtype = tf.as_dtype(values.dtype).as_datatype_enum
    return tensor_pb2.TensorProto(dtype=dtype, tensor_shape=shape, **{field: values.ravel()}).ByteSize()


@pytest.mark.parametrize(
    ("shape", "dtype", "field", "number"),
    [
        ((28, 28, 1), "float32", "float_val", 0.5),
        ((28, 28, 3), "uint8", "int_val", 255),
        ((2,), "int32", "int_val", -1),
    ],
)
def test_as_many_rows_as_told_fit_a_message(shape, dtype, field, number):
    limit = 200_000
    rows = serving.rows_per_message([tf.TensorSpec([None, *shape], dtype)], limit)
    fits, does_not = (
        size(np.full((n, *shape), number, dtype), field) for n in (rows, rows + 1 + 1024 // math.prod(shape))
    )
    assert fits + 100 <= limit < does_not


def test_sixty_four_digits_fit_a_message():
    pictures = tf.TensorSpec([None, 28, 28, 1], tf.float32)
    assert size(np.zeros([64, 28, 28, 1], "float32"), "float_val") < messages.LIMIT == 4 * 1024**2
    assert serving.rows_per_message([pictures]) == 1337


@pytest.mark.parametrize(
    "spec", [tf.TensorSpec([None], tf.string), tf.TensorSpec([None, None, None, 1], tf.uint8)]
)
def test_rows_of_no_fixed_size_are_not_counted(spec):
    assert serving.rows_per_message([tf.TensorSpec([None, 2], tf.float32), spec]) is None


@pytest.mark.parametrize("limit", [0, 1023, 4e6, True])
def test_a_wrong_limit_is_named(limit):
    with pytest.raises(ValueError, match="`limit`. Expected an integer of at least 1024"):
        serving.rows_per_message([], limit)


def test_the_page_and_the_configuration_name_every_model():
    present = [file.parts[-3] for file in gallery.FOLDER.glob("*/*/saved_model.pb")]
    assert set(present) <= set(gallery.MODELS)
    page, served = gallery.PAGE.read_text(), (gallery.FOLDER / "models.config").read_text()
    assert served == serving.config(gallery.FOLDER)
    assert all(f"[{name}]({name}/1/README.md)" in page for name in gallery.MODELS)
    for name in gallery.COMMITTED:
        (row,) = [line for line in page.splitlines() if f"[{name}]" in line]
        folder = serving.version_directory(gallery.FOLDER / name)
        assert set(re.findall(r"`(\w+)`", row)) == set(gallery.stored(folder, "sample_request.json"))


def test_the_page_shows_the_answers_on_file():
    page = gallery.PAGE.read_text()
    assert gallery.filled(page) == page


def test_batches_of_the_server_are_no_larger_than_the_models_take():
    (largest,) = re.findall(
        r"max_batch_size \{ value: (\d+) \}", (gallery.FOLDER / "batching.config").read_text()
    )
    for name in gallery.COMMITTED:
        folder = serving.version_directory(gallery.FOLDER / name)
        taken = gallery.stored(folder, "endpoints.json")["max_batch_size"]
        assert int(largest) <= taken
        for _, outputs in graph.signatures(graph.meta_graph(folder)).values():
            rows = serving.rows_per_message([spec for _, spec in outputs.values()])
            fits = rows is None or rows >= taken
            assert fits or f"{rows} rows of `{name}`" in gallery.PAGE.read_text(), (name, rows)
