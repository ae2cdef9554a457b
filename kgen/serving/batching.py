"""Requests merged and padded by the batching kernel that tensorflow_model_server uses."""

import threading
import uuid

import tensorflow as tf

ROWS, WAIT_MICROS, ATTEMPTS = 8, 200_000, 10


def merged_answers(function, requests, num_rows=ROWS):
    """Answers to requests that arrive at once and are computed as one padded batch.

    Args:
        function: concrete function of a SavedModel's signature.
        requests: list of dicts of input name to NumPy array, together at most `num_rows` rows.
        num_rows: rows of the merged batch; the kernel repeats a row to fill it.

    Returns:
        List of dicts of output name to NumPy array, one per request.

    Raises:
        ValueError: a request fails, or they cannot be merged.
    """
    names, outputs = list(requests[0]), sorted(function.structured_outputs)
    serve = _batched(function, names, outputs, num_rows)
    for _ in range(ATTEMPTS):
        answers = _all_at_once(serve, [[tf.constant(r[name]) for name in names] for r in requests])
        if all(int(answer[-1][0]) == num_rows for answer in answers):
            return [{k: v.numpy() for k, v in zip(outputs, answer[:-1], strict=True)} for answer in answers]
    raise ValueError(f"The batching kernel did not merge {len(requests)} requests in {ATTEMPTS} attempts.")


def _batched(function, names, outputs, num_rows):
    """The signature behind a queue; its last output is the number of rows computed together."""
    specs = [function.structured_input_signature[1][name] for name in names]

    @tf.function(input_signature=specs, autograph=False)
    def merged(*tensors):
        answer, rows = function(**dict(zip(names, tensors, strict=True))), tf.shape(tensors[0])[0]
        return [*(answer[name] for name in outputs), tf.fill([rows], rows)]

    computed = merged.get_concrete_function()

    def queued(*tensors):
        # One scheduler for all queues of so many rows: its thread wakes a thousand times a second, for ever.
        return tf.raw_ops.BatchFunction(
            in_tensors=tensors,
            captured_tensors=computed.captured_inputs,
            f=computed,
            num_batch_threads=1,
            max_batch_size=num_rows,
            batch_timeout_micros=WAIT_MICROS,
            allowed_batch_sizes=[num_rows],
            Tout=[output.dtype for output in computed.outputs],
            shared_name=f"kgen_{num_rows}",
            batching_queue=uuid.uuid4().hex,
        )

    return tf.function(queued, input_signature=specs, autograph=False).get_concrete_function()


def _all_at_once(serve, requests):
    """Answers in the order of the requests, each sent from a thread of its own."""
    answers, failures = [None] * len(requests), []

    def send(place, request):
        try:
            answers[place] = serve(*request)
        except tf.errors.OpError as error:
            failures.append(error)

    threads = [threading.Thread(target=send, args=item) for item in enumerate(requests)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise ValueError(f"Merged requests fail: {_cause(failures[0])}")
    return answers


def _cause(error):
    """Last line of an error that tells what happened, not where."""
    lines = [line.strip() for line in error.message.splitlines()]
    return [line for line in lines if line and not line.startswith("[[")][-1]
