"""Export, check and load, on a small model that keeps only the contract."""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgen import noise, serving
from kgen.serving import archive, batching, capi, comparison, examples, graph, verify

LIMIT = 16
TASKS = pathlib.Path("/proc/self/task")
SEED = {"seed": tf.TensorSpec([None, 2], tf.int32)}
PICTURES = {"images": tf.TensorSpec([None, 8, 8, 1], tf.float32)}


class Painter:
    """Dense layer and transposed convolution, beside a discriminator five times as heavy."""

    def __init__(self):
        layers = keras.layers
        self.generator = keras.Sequential(
            [
                keras.Input((6,)),
                layers.Dense(16),
                layers.BatchNormalization(),
                layers.Reshape((4, 4, 1)),
                layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="sigmoid"),
            ]
        )
        self.discriminator = keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                layers.Flatten(),
                layers.Dense(64),
                layers.Dense(1, activation="sigmoid"),
            ]
        )

    def from_latent(self, latent):
        return {"images": self.generator(latent, training=False)}

    def generate(self, seed):
        return self.from_latent(noise.normal(seed, (6,)))

    def png(self, seed):
        pictures = tf.cast(tf.round(255 * self.generate(seed)["images"]), tf.uint8)
        spec = tf.TensorSpec([], tf.string)
        return {"image_bytes": tf.map_fn(tf.io.encode_png, pictures, fn_output_signature=spec)}

    def discriminate(self, images):
        return {"probability": self.discriminator(images, training=False)[:, 0]}

    def encode(self, images):
        mean = tf.reduce_mean(images, axis=(1, 2))
        return {"z_mean": tf.cast(mean, tf.bfloat16), "z_log_var": tf.cast(2 * mean, tf.float16)}

    def signatures(self):
        return {
            "generate": (self.generate, SEED),
            "from_latent": (self.from_latent, {"latent": tf.TensorSpec([None, 6], tf.float32)}),
            "png": (self.png, SEED),
            "discriminate": (self.discriminate, PICTURES),
        }


class Served:
    """A model of one endpoint."""

    def __init__(self, function, specs=SEED, name="generate"):
        self.function, self.specs, self.name = function, specs, name

    def signatures(self):
        return {self.name: (self.function, self.specs)}


def first_seed_for_all(seed):
    first = tf.concat([seed, [[0, 0]]], 0)[0]
    return {"images": tf.random.stateless_normal([tf.shape(seed)[0], 4], first)}


def stateful_noise(seed):
    return {"images": tf.random.normal([tf.shape(seed)[0], 4])}


def compiled(seed):
    inner = tf.function(lambda x: tf.cast(x, tf.float32) * 2.0, jit_compile=True)
    return {"images": inner(seed)}


def python_function(seed):
    drawn = tf.py_function(lambda x: tf.cast(x, tf.float32), [seed], tf.float32)
    return {"images": tf.ensure_shape(drawn, [None, 2])}


def doubled(seed):
    return {"images": 2.0 * tf.cast(seed, tf.float32)}


@pytest.fixture(scope="module")
def painter():
    keras.utils.set_random_seed(3)
    model = Painter()
    model.generator.layers[1].moving_mean.assign(np.linspace(-1, 1, 16))
    return model


@pytest.fixture(scope="module")
def version(painter, tmp_path_factory):
    return serving.export(painter, tmp_path_factory.mktemp("models") / "painter", max_batch_size=LIMIT)


@pytest.fixture
def copy(version, tmp_path):
    return shutil.copytree(version, tmp_path / "painter" / "1")


def read(folder, name):
    return json.loads((folder / "assets.extra" / name).read_text())


def stored(folder):
    """Shapes of the variables in a SavedModel's checkpoint."""
    found = tf.train.list_variables(str(folder / "variables" / "variables"))
    return sorted(tuple(shape) for name, shape in found if name.endswith("VARIABLE_VALUE"))


def test_check_finds_every_answer_equal_to_keras(version, painter):
    report = serving.check(version.parent, painter)
    assert report["signatures"] == ["from_latent", "generate", "png", "serving_default"]
    assert report["warmup_records"] == 4 and report["tolerance"] == 1e-6 and report["max_batch_size"] == LIMIT
    assert report["xla_disabled"] and report["tensorflow"] == tf.__version__
    assert set(report["max_difference"]) == {"session", "rows", "merged", "model"}
    assert max(report["max_difference"].values()) <= 1e-6
    assert json.loads(json.dumps(report)) == report


def test_check_notices_that_the_model_has_learnt_since(version):
    keras.utils.set_random_seed(4)
    with pytest.raises(ValueError, match="against the model itself"):
        serving.check(version, Painter())


def test_check_notices_another_model(version):
    with pytest.raises(ValueError, match="no signature"):
        serving.check(version, Served(doubled))


def test_names_types_and_shapes_are_those_declared(version):
    signatures = graph.signatures(graph.meta_graph(version))
    inputs, outputs = signatures["serving_default"]
    assert inputs["seed"][1] == tf.TensorSpec([None, 2], tf.int32, "seed")
    assert outputs["images"][1] == tf.TensorSpec([None, 8, 8, 1], tf.float32, "images")
    assert signatures["png"][1]["image_bytes"][1].dtype == tf.string
    assert read(version, "endpoints.json")["serving_default"] == "generate"


def test_half_precision_outputs_become_float32(painter, tmp_path):
    folder = serving.export(Served(painter.encode, PICTURES, "encode"), tmp_path / "m")
    outputs = graph.signatures(graph.meta_graph(folder))["encode"][1]
    assert {name: spec.dtype for name, (_, spec) in outputs.items()} == {
        "z_mean": tf.float32,
        "z_log_var": tf.float32,
    }
    report = serving.check(folder)
    assert report["tolerance"] == 2e-2 and set(read(folder, "sample_response.json")) == {"encode"}
    assert set(read(folder, "sample_response.json")["encode"]["predictions"][0]) == {"z_mean", "z_log_var"}


def test_weights_are_stored_once_and_only_those_needed(version, painter, tmp_path):
    generator = sorted(tuple(w.shape) for w in painter.generator.weights)
    assert stored(version) == generator
    data = (version / "variables" / "variables.data-00000-of-00001").stat().st_size
    needed = 4 * sum(int(np.prod(shape)) for shape in generator)
    assert needed < data < needed + 4 * sum(int(np.prod(w.shape)) for w in painter.discriminator.weights)
    judge = serving.export(painter, tmp_path / "judge", endpoints=["discriminate", "generate"])
    assert stored(judge) == sorted(generator + [tuple(w.shape) for w in painter.discriminator.weights])
    assert read(judge, "endpoints.json")["serving_default"] == "discriminate"


def test_nothing_but_signatures_is_exposed(version):
    loaded = tf.saved_model.load(str(version))
    polymorphic = tf.types.experimental.PolymorphicFunction
    assert not [name for name in dir(loaded) if isinstance(getattr(loaded, name), polymorphic)]


def test_versions_count_up_and_are_never_overwritten(tmp_path):
    (tmp_path / "m" / "000004").mkdir(parents=True)
    (tmp_path / "m" / "notes").mkdir()
    first = serving.export(Served(doubled), tmp_path / "m")
    before = (first / "saved_model.pb").read_bytes()
    second = serving.export(Served(doubled), tmp_path / "m")
    assert (first.name, second.name) == ("5", "6") and (first / "saved_model.pb").read_bytes() == before
    assert sorted(child.name for child in (tmp_path / "m").iterdir()) == ["000004", "5", "6", "notes"]
    assert serving.version_directory(tmp_path / "m") == second


def test_a_version_taken_in_the_meantime_is_left_alone(tmp_path, monkeypatch):
    taken = serving.export(Served(doubled), tmp_path / "m")
    real, stale = graph.versions, [[]]
    monkeypatch.setattr(graph, "versions", lambda path: stale.pop() if stale else real(path))
    marker = (taken / "saved_model.pb").stat().st_ino
    assert serving.export(Served(doubled), tmp_path / "m").name == "2"
    assert (taken / "saved_model.pb").stat().st_ino == marker


def test_a_failed_export_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="RandomStandardNormal"):
        serving.export(Served(stateful_noise), tmp_path / "m")
    assert list((tmp_path / "m").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"endpoints": ["generat"]}, "generat'\\]. Did you mean `generate`"),
        ({"endpoints": []}, "`endpoints`"),
        ({"max_batch_size": 3}, "Received: max_batch_size=3"),
        ({"max_batch_size": 8.0}, "`max_batch_size`"),
    ],
)
def test_wrong_arguments_are_named(painter, tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        serving.export(painter, tmp_path / "m", **arguments)
    assert not (tmp_path / "m").exists()


def test_a_file_in_the_way_is_named(painter, tmp_path):
    (tmp_path / "m").write_text("")
    with pytest.raises(ValueError, match="`path`"):
        serving.export(painter, tmp_path / "m")


@pytest.mark.parametrize(
    "function", [lambda seed: {"mean": tf.reduce_mean(seed)}, lambda seed: {"rows": tf.constant([1, 2])}]
)
def test_outputs_without_a_batch_axis_are_refused(tmp_path, function):
    with pytest.raises(ValueError, match="first axis"):
        serving.export(Served(function), tmp_path / "m")


def test_too_many_rows_are_refused_and_as_many_as_stated_are_not(version):
    loaded = tf.saved_model.load(str(version))
    generate = loaded.signatures["generate"]
    assert generate(seed=noise.rows(1, LIMIT))["images"].shape == (LIMIT, 8, 8, 1)
    message = rf"at most {LIMIT} rows. Received:\] \[{LIMIT + 1}\]"
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        generate(seed=noise.rows(1, LIMIT + 1))


def test_no_rows_pass_convolutions_that_lose_an_empty_shape(tmp_path):
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(64, 5, strides=2, padding="same", activation=keras.ops.leaky_relu),
            layers.Conv2D(128, 5, strides=2, padding="same", activation=keras.ops.leaky_relu),
            layers.GlobalAveragePooling2D(),
        ]
    )
    specs = {"images": tf.TensorSpec([None, 28, 28, 1], tf.float32)}
    model = Served(lambda images: {"features": network(images, training=False)}, specs, "features")
    folder = serving.export(model, tmp_path / "m")
    assert serving.check(folder, model)["signatures"] == ["features", "serving_default"]
    assert serving.load(folder)["features"](images=np.zeros([0, 28, 28, 1]))["features"].shape == (0, 128)


def test_a_broken_number_stays_in_its_row(version):
    loaded = tf.saved_model.load(str(version))
    served = loaded.signatures["from_latent"]
    latent = np.array(noise.normal(noise.rows(1, 3), (6,)))
    clean = served(latent=tf.constant(latent))["images"].numpy()
    latent[1, 0] = np.nan
    broken = served(latent=tf.constant(latent))["images"].numpy()
    assert np.isnan(broken[1]).any()
    np.testing.assert_allclose(broken[[0, 2]], clean[[0, 2]], atol=1e-6)


def test_sample_request_is_a_rest_body_and_its_answer_follows(version, painter):
    request, response = read(version, "sample_request.json"), read(version, "sample_response.json")
    assert set(request) == set(response) == {"generate", "from_latent", "png"}
    assert request["generate"] == {
        "signature_name": "generate",
        "instances": [{"seed": [7, 0]}, {"seed": [8, 1]}, {"seed": [9, 2]}],
    }
    seeds = tf.constant([row["seed"] for row in request["png"]["instances"]], tf.int32)
    wanted = painter.generate(seeds)["images"].numpy()
    np.testing.assert_allclose(np.array(response["generate"]["predictions"]), wanted, atol=1e-6)
    picture = tf.io.decode_png(base64.b64decode(response["png"]["predictions"][1]["b64"])).numpy()
    np.testing.assert_allclose(picture / 255, wanted[1], atol=0.51 / 255)


def test_texts_are_json_strings_and_other_bytes_base64():
    texts = np.array([b"to be", "bé\n".encode(), b""], object)
    arrays = {"text": texts, "image_bytes": np.array([b"\x89PNG\0\0", b"\xff", b""], object)}
    specs = {name: tf.TensorSpec([None], tf.string) for name in arrays}
    rows = json.loads(json.dumps(examples.rest_request("both", arrays)))["instances"]
    assert [row["text"] for row in rows] == ["to be", "bé\n", ""]
    assert all(set(row["image_bytes"]) == {"b64"} for row in rows)
    for name, array in examples.from_rest(rows, specs).items():
        assert array.dtype == object and array.tolist() == arrays[name].tolist()
    alone = examples.rest_response({"text": texts})["predictions"]
    assert alone == ["to be", "bé\n", ""]
    assert examples.from_rest(alone, {"text": specs["text"]})["text"].tolist() == texts.tolist()


def test_a_fresh_process_is_fed_strings(tmp_path):
    """Lookup tables of a `vocabulary` go with the functions that use them."""
    vocabulary = tf.Module()
    keys, values = tf.constant(["to", "be"]), tf.constant([1, 2])
    vocabulary.table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), 0)

    class Reader:
        def __init__(self):
            self.vocabulary = vocabulary

        def signatures(self):
            words = {"text": tf.TensorSpec([None], tf.string)}
            return {"read": (lambda text: {"id": vocabulary.table[text], "text": text + "!"}, words)}

    version = serving.export(Reader(), tmp_path / "m")
    assert serving.check(version, Reader())["max_difference"]["session"] == 0
    answer = serving.load(version)["read"](text=["be", "no", "to", ""])
    assert answer["id"].tolist() == [2, 0, 1, 0]
    assert answer["text"].tolist() == [b"be!", b"no!", b"to!", b"!"]


def test_warmup_records_read_back(tmp_path):
    requests = [
        ("generate", {"seed": np.arange(6, dtype=np.int32).reshape(3, 2)}),
        ("both", {"latent": np.ones([1, 200], np.float32), "text": np.array([b"a", b""], object)}),
    ]
    examples.write_warmup(tmp_path / "records", "digits", requests)
    for (name, inputs), (read_name, read_inputs) in zip(
        requests, examples.read_warmup(tmp_path / "records"), strict=True
    ):
        assert read_name == name and set(read_inputs) == set(inputs)
        for key, array in inputs.items():
            np.testing.assert_array_equal(read_inputs[key], array)


def test_warmup_records_are_those_of_tensorflow_serving(version):
    api = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2")
    file = str(version / "assets.extra" / "tf_serving_warmup_requests")
    logs = [api.PredictionLog.FromString(r) for r in tf.data.TFRecordDataset(file).as_numpy_iterator()]
    requests = {log.predict_log.request.model_spec.signature_name: log.predict_log.request for log in logs}
    assert set(requests) == {"generate", "from_latent", "png", "serving_default"}
    assert {request.model_spec.name for request in requests.values()} == {"painter"}
    np.testing.assert_array_equal(tf.make_ndarray(requests["png"].inputs["seed"]), [[7, 0], [8, 1], [9, 2]])


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (compiled, "XLA"),
        (stateful_noise, r"RandomStandardNormal \(keeps a state"),
        (python_function, "Python function"),
    ],
)
def test_forbidden_operations_are_found_by_export_and_by_check(tmp_path, monkeypatch, function, message):
    with pytest.raises(ValueError, match=message):
        serving.export(Served(function), tmp_path / "m")
    with monkeypatch.context() as patch:
        patch.setattr(graph, "forbidden_operations", lambda path: [])
        folder = serving.export(Served(function), tmp_path / "m")
    assert serving.forbidden_operations(folder)
    with pytest.raises(ValueError, match=message):
        serving.check(folder)


def test_a_newer_operation_is_named(tmp_path):
    plain = tf.function(doubled).get_concrete_function(**SEED)
    tf.saved_model.save(tf.Module(), str(tmp_path / "m"), signatures=plain)
    model = graph.saved_model_pb2.SavedModel.FromString((tmp_path / "m" / "saved_model.pb").read_bytes())
    node = model.meta_graphs[0].graph_def.node.add(name="new", op="DecodeWebP")
    model.meta_graphs[0].graph_def.node.add(name="own", op="MyCustomOp")
    (tmp_path / "m" / "saved_model.pb").write_bytes(model.SerializeToString())
    found = serving.forbidden_operations(tmp_path / "m")
    assert f"graph: {node.op} (newer than TensorFlow {serving.OLDEST_SERVER})" in found
    assert f"graph: MyCustomOp (unknown to TensorFlow {tf.__version__})" in found


def test_xla_is_off_in_the_fresh_process(tmp_path, monkeypatch):
    monkeypatch.setattr(graph, "forbidden_operations", lambda path: [])
    folder = serving.export(Served(compiled), tmp_path / "m")
    with pytest.raises(ValueError, match="XLA compilation disabled"):
        serving.check(folder)


def test_one_seed_for_all_is_found_alone_and_merged(tmp_path):
    folder = serving.export(Served(first_seed_for_all), tmp_path / "m")
    with pytest.raises(ValueError, match=r"rows \[2\] in a fresh process: 'images' differs"):
        serving.check(folder)
    signature = graph.signatures(graph.meta_graph(folder))["generate"]
    samples = {"generate": verify._sample(folder, "generate", *signature)}
    with pytest.raises(ValueError, match="merged with other requests: 'images' differs"):
        verify._check_merged(folder, samples, LIMIT, 1e-6)


def test_merged_requests_travel_together(version):
    loaded = tf.saved_model.load(str(version))
    generate = loaded.signatures["generate"]
    requests = [{"seed": noise.rows(seed, 2).numpy()} for seed in (1, 2, 3)]
    answers = batching.merged_answers(generate, requests)
    for request, answer in zip(requests, answers, strict=True):
        alone = generate(seed=tf.constant(request["seed"]))["images"].numpy()
        np.testing.assert_allclose(answer["images"], alone, atol=1e-6)


@pytest.mark.skipif(not TASKS.is_dir(), reason="counts threads as Linux lists them")
def test_checks_leave_one_thread_in_all(version):
    loaded = tf.saved_model.load(str(version))
    requests = [{"seed": noise.rows(seed, 2).numpy()} for seed in (1, 2, 3)]
    for _ in range(3):
        batching.merged_answers(loaded.signatures["generate"], requests)
    names = [(task / "comm").read_text() for task in TASKS.iterdir() if (task / "comm").exists()]
    assert sum(name.startswith("batch_threads") for name in names) == 1


@pytest.mark.parametrize("levels", [1, 2])
def test_pictures_may_round_by_one_level(levels):
    picture = np.arange(64, dtype=np.uint8).reshape(8, 8, 1)
    a, b = (np.array([tf.io.encode_png(x).numpy()], object) for x in (picture, picture + np.uint8(levels)))
    if levels == 1:
        assert comparison.compare({"png": a}, {"png": b}, 1e-6, "here") == 0.0
    else:
        with pytest.raises(ValueError, match="here: 'png' differs by inf"):
            comparison.compare({"png": a}, {"png": b}, 1e-6, "here")


@pytest.mark.parametrize("change, same", [((1, 1), True), ((2, 5), False), ((0, 0), True)])
def test_sounds_within_a_level_are_equal(change, same):
    levels = np.arange(-4, 4, dtype="int16")

    def wav(steps, rate=8000):
        moved = (levels + np.array([0, 0, *steps, 0, 0, 0, 0], "int16")).astype("float32") / 2**15
        return np.array([tf.audio.encode_wav(moved[:, None], rate).numpy()], object)

    a, b = wav((0, 0)), wav(change)
    if same:
        assert comparison.compare({"audio_bytes": a}, {"audio_bytes": b}, 1e-6, "here") == 0.0
    else:
        with pytest.raises(ValueError, match="here: 'audio_bytes' differs by inf"):
            comparison.compare({"audio_bytes": a}, {"audio_bytes": b}, 1e-6, "here")
    for other in (wav((0, 0), 8001), np.array([a[0][:-2]], object), np.array([a[0][:-1]], object)):
        with pytest.raises(ValueError, match="differs by inf"):
            comparison.compare({"audio_bytes": a}, {"audio_bytes": other}, 1e-6, "here")


@pytest.mark.parametrize(
    ("got", "message"), [([[np.nan]], "differs by nan"), ([[2.1]], "0.05"), ([[2.0], [2.0]], "shape")]
)
def test_numbers_that_differ_are_named(got, message):
    with pytest.raises(ValueError, match=message):
        comparison.compare({"x": np.array(got)}, {"x": np.array([[2.0]])}, 1e-6, "here")


def test_other_names_are_named():
    with pytest.raises(ValueError, match=r"outputs are \['y'\], expected \['x'\]"):
        comparison.compare({"y": np.zeros(1)}, {"x": np.zeros(1)}, 1e-6, "here")


def change_answer(folder, difference):
    """Adds to a number of the answer on file."""
    file = folder / "assets.extra" / "sample_response.json"
    response = json.loads(file.read_text())
    response["generate"]["predictions"][1][0][0][0] += difference
    file.write_text(json.dumps(response))


def test_a_tampered_answer_is_found(copy):
    change_answer(copy, 5e-5)
    with pytest.raises(ValueError, match="'images' differs by 5e-05, allowed 1e-05"):
        serving.check(copy)


def test_the_answer_of_another_processor_is_told_and_accepted(copy):
    change_answer(copy, 4e-6)
    assert serving.check(copy)["max_difference"]["session"] == pytest.approx(4e-6, abs=1e-6)


@pytest.mark.parametrize("name", ["sample_response.json", "tf_serving_warmup_requests"])
def test_damaged_examples_are_named(copy, name):
    (copy / "assets.extra" / name).write_bytes(b"{damaged")
    with pytest.raises(ValueError, match=name):
        serving.check(copy)


@pytest.mark.parametrize("act", [serving.check, serving.load, serving.forbidden_operations])
def test_a_missing_or_unreadable_saved_model_is_one_line(copy, tmp_path, act):
    with pytest.raises(FileNotFoundError, match="No SavedModel in"):
        act(tmp_path / "nowhere")
    (copy / "saved_model.pb").write_bytes(b"\xff" * 100)
    with pytest.raises(ValueError, match="Damaged SavedModel") as error:
        act(copy)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("act", [serving.check, serving.load])
def test_truncated_weights_are_one_line(copy, act):
    file = copy / "variables" / "variables.data-00000-of-00001"
    os.truncate(file, 20)
    with pytest.raises(ValueError, match="Damaged SavedModel") as error:
        act(copy)
    assert "\n" not in str(error.value)


def test_the_fresh_process_imports_no_tensorflow():
    code = f"import runpy, sys; runpy.run_path({capi.__file__!r}); print('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_served_answers_need_no_keras(version):
    code = (
        "import sys; sys.modules['keras'] = None; import tensorflow as tf; "
        f"m = tf.saved_model.load({str(version)!r}); "
        "print(m.signatures['generate'](seed=tf.constant([[7, 0]]))['images'].shape)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(1, 8, 8, 1)"


def test_loaded_functions_answer_any_batch(version, painter):
    generate = serving.load(version.parent)["generate"]
    many = noise.rows(5, 3 * LIMIT + 1).numpy()
    np.testing.assert_allclose(
        generate(seed=many)["images"], painter.generate(tf.constant(many))["images"], atol=1e-6
    )
    assert generate(seed=np.zeros([0, 2], np.int32))["images"].shape == (0, 8, 8, 1)


@pytest.mark.parametrize(
    ("name", "inputs", "message"),
    [
        ("from_latent", {"latent": np.zeros([2, 5])}, r"shape \(None, 6\). Received: shape \(2, 5\)"),
        ("from_latent", {"latent": [[np.nan] * 6]}, "finite"),
        ("from_latent", {"latent": np.zeros([2, 6], int)}, "Expected float32. Received: int64"),
        ("generate", {"seed": [[1.0, 2.0]]}, "Expected int32. Received: float64"),
        ("generate", {"seed": [[2**31, 0]]}, "fit int32"),
        ("generate", {"seeds": [[1, 0]]}, r"Expected \['seed'\]. Received: \['seeds'\]"),
    ],
)
def test_loaded_functions_name_what_is_wrong(version, name, inputs, message):
    with pytest.raises(ValueError, match=message):
        serving.load(version)[name](**inputs)


def test_names_of_the_smallest_limit_hold(tmp_path):
    folder = serving.export(Served(doubled), tmp_path / "m", max_batch_size=archive.SMALLEST_LIMIT)
    assert serving.check(folder)["max_difference"]["merged"] == 0.0
