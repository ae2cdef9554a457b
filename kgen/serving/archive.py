"""Writes a model's endpoints as a SavedModel for TensorFlow Serving."""

import errno
import os
import pathlib
import shutil
import uuid

import tensorflow as tf

from kgen.chatter import quiet
from kgen.errors import invalid, nearest
from kgen.serving import examples, extra_files, graph, png

SMALLEST_LIMIT = 4


def export(model, path, endpoints=None, max_batch_size=1024, beside=None):
    """Writes the next numbered version of a model for tensorflow_model_server.

    The version appears whole or not at all: it is written aside under a name the server skips, then renamed.
    Beside the graph, `assets.extra` holds a sample request and its answer, warm-up records that the server
    replays as it loads, and endpoints.json. The files need no Keras and no kgen to be served.

    Args:
        model: anything with `signatures()`: dict of name to (function, dict of input name to tf.TensorSpec).
            The first axis of every input and output is the batch. Lookup tables of the functions belong to a
            `tf.Module` that is its `vocabulary`.
        path: folder of the model, made where it is missing.
        endpoints: names of the signatures to write, the first as `serving_default` too. Default: all but
            "discriminate".
        max_batch_size: rows above which a request is refused, at least 4; a server that merges requests
            must not merge more.
        beside: dict of relative file name to bytes that appear in the folder with the version, such as
            {"README.md": b"..."}; a server reads none of them.

    Returns:
        pathlib.Path of the version, `path/<number>`.

    Raises:
        ValueError: an unknown endpoint, a wrong limit, a file beside that leaves the folder or has the name
            of a SavedModel's own, or a graph that a stock server does not run.

    Example:

    >>> import tempfile
    >>> model = kgen.GAN((2,), hidden_units=(4,))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     version = kgen.export(model, f"{folder}/points", ["generate"])
    ...     print(version.relative_to(folder), sorted(kgen.serving.load(version)))
    points/1 ['generate', 'serving_default']

    Reference: TensorFlow Serving, "SignatureDefs" and "SavedModel Warmup".
    """
    extra_files.check(beside or {})
    chosen, path = _choose(model.signatures(), endpoints), pathlib.Path(path)
    _check_limit(max_batch_size)
    check_place(path)
    functions = {name: _trace(name, *chosen[name], max_batch_size) for name in chosen}
    aside = path / f".tmp-{uuid.uuid4().hex}"
    aside.mkdir(parents=True)
    try:
        tables = getattr(model, "vocabulary", None)
        _write(functions, aside, path.resolve().name, max_batch_size, tables)
        extra_files.write(beside or {}, aside)
        return _publish(aside, path)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def check_place(path):
    """Refuses a path that is something else than a folder."""
    if path.exists() and not path.is_dir():
        raise invalid("path", "a folder", path=str(path))


def endpoints(model):
    """What an export of a model will serve, before anything is written.

    Args:
        model: as of `export`.

    Returns:
        Dict of endpoint to {"inputs": ..., "outputs": ...}, each a dict of name to tf.TensorSpec.

    Example:

    >>> model = kgen.VAE((8, 8, 1), hidden_units=(4,), latent_dim=2)
    >>> kgen.serving.endpoints(model)["decode"]["outputs"]["images"].shape
    TensorShape([None, 8, 8, 1])
    """
    found = {}
    for name, pair in _choose(model.signatures(), None).items():
        outputs = _trace(name, *pair, SMALLEST_LIMIT).structured_outputs
        specs = {key: tf.TensorSpec(value.shape, value.dtype, key) for key, value in outputs.items()}
        found[name] = {"inputs": pair[1], "outputs": specs}
    return found


def _choose(signatures, endpoints):
    if endpoints is None:
        endpoints = [name for name in signatures if name != "discriminate"]
    for name in endpoints:
        if name not in signatures:
            error = invalid("endpoints", f"names among {sorted(signatures)}", endpoints=endpoints)
            raise ValueError(f"{error} {nearest(name, signatures)}")
    if not endpoints:
        raise invalid("endpoints", "at least one name", endpoints=endpoints)
    return {name: signatures[name] for name in endpoints}


def _check_limit(limit):
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < SMALLEST_LIMIT:
        raise invalid("max_batch_size", f"an integer of at least {SMALLEST_LIMIT}", max_batch_size=limit)


def _trace(name, function, specs, limit):
    """Concrete function that refuses more than `limit` rows before any work.

    An empty batch of numbers travels as one row that is cut off again: for no rows, oneDNN's convolutions
    return their input's shape and the next layer fails. No file is empty, and files are read one by one.
    """

    def bounded(**inputs):
        num_rows = tf.shape(next(iter(inputs.values())))[0]
        message = f"Invalid batch for {name}. Expected at most {limit} rows. Received:"
        with tf.control_dependencies([tf.debugging.Assert(num_rows <= limit, [message, num_rows])]):
            started = tf.identity if png.NAME in inputs else _at_least_one_row
            inputs = {key: started(value) for key, value in inputs.items()}
        outputs = {key: _servable(value) for key, value in function(**inputs).items()}
        _check_batch_axis(name, outputs)
        return {key: value[:num_rows] for key, value in outputs.items()}

    specs = {key: tf.TensorSpec(spec.shape, spec.dtype, key) for key, spec in specs.items()}
    _check_batch_axis(name, specs)
    return tf.function(bounded, autograph=False, jit_compile=False).get_concrete_function(**specs)


def _check_batch_axis(name, tensors):
    shapes = {key: x.shape for key, x in tensors.items() if x.shape.rank is not None}
    fixed = [key for key, shape in shapes.items() if shape.rank == 0 or shape[0] is not None]
    if fixed:
        raise ValueError(f"Signature {name!r}: the first axis of {fixed} must be a batch of any size.")


def _at_least_one_row(x):
    missing = tf.cast(tf.shape(x)[0] < 1, tf.int32)
    return tf.concat([x, tf.zeros(tf.concat([[missing], tf.shape(x)[1:]], 0), x.dtype)], 0)


def _servable(x):
    """JSON of TensorFlow Serving knows no half precision."""
    return tf.cast(x, tf.float32) if x.dtype in (tf.bfloat16, tf.float16) else tf.convert_to_tensor(x)


def _write(functions, folder, name, limit, tables):
    module = tf.Module()
    module.tables = tables
    module.weights = list({id(v): v for function in functions.values() for v in function.variables}.values())
    default = next(iter(functions))
    signatures = {"serving_default": functions[default], **functions}
    with quiet("tensorflow"):
        tf.saved_model.save(module, str(folder), signatures=signatures)
    forbidden = graph.forbidden_operations(folder)
    if forbidden:
        raise ValueError(f"The model cannot be served: {'; '.join(forbidden)}.")
    _write_examples(folder, name, default, limit)


def _write_examples(folder, name, default, limit):
    """Samples of what the files on disk answer on a CPU, as a server does."""
    with tf.device("CPU:0"):
        loaded = tf.saved_model.load(str(folder))
    served = graph.signatures(graph.meta_graph(folder))
    specs = {key: {k: spec for k, (_, spec) in inputs.items()} for key, (inputs, _) in served.items()}
    inputs = {key: examples.sample_inputs(specs[key]) for key in served}
    extra, own = folder / examples.FOLDER, [key for key in served if key != "serving_default"]
    extra.mkdir()
    examples.write_warmup(extra / examples.WARMUP, name, list(inputs.items()))
    requests, responses = {}, {}
    for key in own:
        with tf.device("CPU:0"):
            answer = loaded.signatures[key](**{k: tf.constant(v) for k, v in inputs[key].items()})
        requests[key] = examples.rest_request(key, inputs[key])
        responses[key] = examples.rest_response({k: v.numpy() for k, v in answer.items()})
    examples.write_json(extra / examples.REQUEST, requests)
    examples.write_json(extra / examples.RESPONSE, responses)
    examples.write_json(extra / examples.DESCRIPTION, _description(served, default, limit))


def _description(served, default, limit):
    endpoints = {
        name: {"inputs": _shapes(inputs), "outputs": _shapes(outputs)}
        for name, (inputs, outputs) in served.items()
    }
    return {
        "serving_default": default,
        "max_batch_size": limit,
        "oldest_server": graph.OLDEST_SERVER,
        "tensorflow": tf.__version__,
        "endpoints": endpoints,
    }


def _shapes(tensors):
    return {k: {"dtype": spec.dtype.name, "shape": spec.shape.as_list()} for k, (_, spec) in tensors.items()}


def _publish(aside, path):
    """Renames the finished folder to the next free number."""
    for entry in [*aside.rglob("*"), aside]:
        _sync(entry)
    while True:
        target = path / str(max(graph.versions(path), default=0) + 1)
        try:
            os.rename(aside, target)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        else:
            _sync(path)
            return target


def _sync(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
