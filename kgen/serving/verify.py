"""Checks a SavedModel as a server would use it: fresh process, merged requests, warm-up."""

import json

import tensorflow as tf

from kgen.serving import batching, examples, graph, process
from kgen.serving.comparison import HALF_TOLERANCE, ROWS_TOLERANCE, TOLERANCE, compare

# Rows of the sample request that travel together: all, none, one alone, two in another order.
BATCHES = ((0, 1, 2), (), (2,), (2, 0))
CLIENTS = ((0,), (1, 2), (2,))
WARMUP_ROWS = "of the warm-up"
INVALID_ARGUMENT = 3


def check(path, model=None):
    """Runs every signature as a server does and compares with the answers written at export.

    A fresh process loads the SavedModel by TensorFlow's C API, XLA switched off, and answers the sample
    request, parts of it down to no row, one row too many, and the warm-up records. Then three clients'
    requests are merged and padded by the server's batching kernel. Answers agree with those of the model to the
    same batch when |a - b| <= 1e-6 max(1, max |b|); with those on file, which another processor may have
    computed, and a row with itself in other batches, when <= 1e-5 (kernels add up in another order); all when
    <= 2e-2 where the graph computes in half precision; PNG pictures within a level.

    Args:
        path: folder of a version, or of a model: its latest version.
        model: the model it was exported from, to compare with too.

    Returns:
        Report, a dict that JSON can hold.

    Raises:
        FileNotFoundError: there is no SavedModel.
        ValueError: it is damaged, holds a forbidden operation, or any answer differs.

    Example::

        kgen.serving.check("saved_models/digits", model)["max_difference"]

    It takes seconds. An example that does not:

    >>> kgen.serving.check("no/such/folder")
    Traceback (most recent call last):
    ...
    FileNotFoundError: No SavedModel in no/such/folder: saved_model.pb is missing.
    """
    folder = graph.version_directory(path)
    meta = graph.meta_graph(folder)
    forbidden = graph.forbidden_operations(folder)
    if forbidden:
        raise ValueError(f"Forbidden operations in {folder}: {'; '.join(forbidden)}.")
    tolerance = HALF_TOLERANCE if graph.half_precision(meta.graph_def) else TOLERANCE
    about, signatures = _read(folder, examples.DESCRIPTION), graph.signatures(meta)
    samples = {name: _sample(folder, name, *tensors) for name, tensors in signatures.items()}
    limit = about["max_batch_size"]
    report, answers = _serve(folder, signatures, samples, limit)
    differences = _check_answers(answers, samples, tolerance)
    differences["merged"] = _check_merged(folder, samples, limit, tolerance)
    if model is not None:
        functions = {**model.signatures()}
        functions["serving_default"] = functions.get(about["serving_default"])
        differences["model"] = _check_model(functions, answers, samples, tolerance)
    fixed = {"path": str(folder), "signatures": sorted(signatures), "tolerance": tolerance}
    return {**fixed, "max_batch_size": limit, **report, "max_difference": differences}


def _read(folder, name):
    file = folder / examples.FOLDER / name
    if not file.is_file():
        raise FileNotFoundError(f"{file} is missing: the check needs what kgen.export writes there.")
    try:
        return json.loads(file.read_text())
    except ValueError as error:
        raise ValueError(f"Damaged file {file}: {error}") from error


def _sample(folder, name, inputs, outputs):
    """Request and expected answer, as dicts of name to NumPy array."""
    own = _read(folder, examples.DESCRIPTION)["serving_default"] if name == "serving_default" else name
    rows = _read(folder, examples.REQUEST)[own]["instances"]
    answers = _read(folder, examples.RESPONSE)[own]["predictions"]
    return tuple(
        examples.from_rest(values, {key: spec for key, (_, spec) in tensors.items()})
        for values, tensors in ((rows, inputs), (answers, outputs))
    )


def _serve(folder, signatures, samples, limit):
    """What a fresh process is, and its answers by (signature, rows); replays the warm-up on the way."""
    warmup = _warmup(folder, signatures)
    cases = [(name, rows, _take(samples[name][0], rows)) for name in samples for rows in BATCHES]
    cases += [(name, WARMUP_ROWS, inputs) for name, inputs in warmup]
    plans = [process.case(*signatures[name], inputs) for name, _, inputs in cases]
    plans += [process.case(*signatures[name], _take(samples[name][0], (0,)), limit + 1) for name in samples]
    served = process.answer({"path": str(folder), "cases": plans})
    answers = {}
    for (name, rows, _), result in zip(cases, served["answers"], strict=False):
        if "error" in result:
            raise ValueError(f"{_place(name, rows)} fails: {result['error']}")
        values = map(process.array, result["values"])
        answers[name, rows] = dict(zip(signatures[name][1], values, strict=True))
    for name, result in zip(samples, served["answers"][len(cases) :], strict=True):
        if result.get("code") != INVALID_ARGUMENT:
            raise ValueError(f"Signature {name!r} does not refuse {limit + 1} rows.")
    report = {key: served[key] for key in ("tensorflow", "xla_disabled")}
    return {**report, "warmup_records": len(warmup)}, answers


def _place(name, rows):
    return f"Signature {name!r}, rows {rows if rows == WARMUP_ROWS else list(rows)} in a fresh process"


def _warmup(folder, signatures):
    file = folder / examples.FOLDER / examples.WARMUP
    requests = examples.read_warmup(file)
    if {name for name, _ in requests} != set(signatures):
        raise ValueError(f"Damaged warm-up file {file}: expected a record for each of {sorted(signatures)}.")
    return requests


def _take(arrays, rows):
    return {name: array[list(rows)] for name, array in arrays.items()}


def _check_answers(answers, samples, tolerance):
    """The sample request's answer is the one on file, and its rows are the same in other batches."""
    worst, allowed = {"session": 0.0, "rows": 0.0}, max(ROWS_TOLERANCE, tolerance)
    for name, (_, outputs) in samples.items():
        for rows in BATCHES:
            kind = "session" if rows == BATCHES[0] else "rows"
            difference = compare(answers[name, rows], _take(outputs, rows), allowed, _place(name, rows))
            worst[kind] = max(worst[kind], difference)
    return worst


def _check_merged(folder, samples, limit, tolerance):
    """Three clients at once through the batching kernel: each must get what it gets alone."""
    with tf.device("CPU:0"):
        loaded = tf.saved_model.load(str(folder))
    worst, allowed = 0.0, max(ROWS_TOLERANCE, tolerance)
    for name, (inputs, outputs) in samples.items():
        requests = [_take(inputs, rows) for rows in CLIENTS]
        answers = batching.merged_answers(loaded.signatures[name], requests, min(batching.ROWS, limit))
        for rows, answer in zip(CLIENTS, answers, strict=True):
            place = f"Signature {name!r}, rows {list(rows)} merged with other requests"
            worst = max(worst, compare(answer, _take(outputs, rows), allowed, place))
    return worst


def _graph(function, specs):
    """The model's function as one graph for any batch, whose kernels are fused as they are in a server."""
    return tf.function(function, autograph=False, jit_compile=False).get_concrete_function(**specs)


def _check_model(functions, answers, samples, tolerance):
    """The fresh process against the model's own functions, called on the CPU with the same batch."""
    missing = [name for name in samples if functions.get(name) is None]
    if missing:
        raise ValueError(f"The model has no signature {missing}; the SavedModel is not an export of it.")
    worst = 0.0
    own = {name: _graph(*functions[name]) for name in samples}
    for name, rows in [(name, rows) for name in samples for rows in BATCHES if rows]:
        with tf.device("CPU:0"):
            tensors = {key: tf.constant(value) for key, value in _take(samples[name][0], rows).items()}
            made = own[name](**tensors)
        numbers = {key: tf.cast(v, tf.float32) if v.dtype.is_floating else v for key, v in made.items()}
        wanted = {key: value.numpy() for key, value in numbers.items()}
        place = f"{_place(name, rows)}, against the model itself"
        worst = max(worst, compare(answers[name, rows], wanted, tolerance, place))
    return worst
