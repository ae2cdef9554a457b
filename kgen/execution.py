"""How training steps are run, as measured: with XLA or without, one to a call or many.

A step of narrow networks takes less time than the call that starts it.
"""

import tensorflow as tf

from kgen import replicas
from kgen.errors import invalid

STEPS = 20  # In one call, where a step is short.
NARROW = 256  # Units of a narrow network's widest layer.


def xla(model, wanted):
    """What `jit_compile` shall be.

    On CPU XLA speeds dense networks in float32, and narrow ones in bfloat16 too; on a GPU Keras chooses.

    Args:
        model: `GenerativeModel`.
        wanted: True, False or "auto".

    Returns:
        The same, "auto" only on a GPU.

    Raises:
        ValueError: for XLA with several replicas.
    """
    if wanted is True and replicas.count() > 1:
        raise invalid("jit_compile", "False with several replicas", jit_compile=wanted)
    if wanted != "auto":
        return wanted
    if replicas.count() > 1:
        return False
    if not _on_cpu():
        return wanted
    gains = {"float32": is_short, "bfloat16": is_narrow}.get(model.compute_dtype)
    return gains is not None and gains(model)


def steps_in_a_call(model, wanted, *lengths):
    """How many steps a call takes: what is wanted at most, and a divisor of these lengths.

    Args:
        model: `GenerativeModel`.
        wanted: positive integer, or "auto".
        lengths: steps of an epoch, and steps that a broken epoch has behind it.

    Returns:
        Positive integer.

    Raises:
        ValueError: for several steps with several replicas, which Keras's own loop cannot run.
    """
    if wanted not in ("auto", 1) and replicas.count() > 1:
        raise invalid("steps_per_execution", "1 with several replicas", steps_per_execution=wanted)
    if wanted == "auto":
        wanted = STEPS if is_short(model) and replicas.count() == 1 else 1
    return max(n for n in range(1, wanted + 1) if all(length % n == 0 for length in lengths))


def is_short(model):
    """Whether a step is short: no convolutions."""
    return not any("Conv" in type(layer).__name__ for layer in model._flatten_layers())


def is_narrow(model):
    """Whether the networks are dense and none of their layers is wide."""
    return is_short(model) and max(getattr(layer, "units", 0) for layer in model._flatten_layers()) <= NARROW


def is_looped(model):
    """Whether XLA shall compile all steps of a call as one loop: on CPU, for narrow networks."""
    return bool(model.jit_compile) and _on_cpu() and is_narrow(model)


def _on_cpu():
    return not tf.config.list_physical_devices("GPU")


def looped(model, single):
    """The function that `fit` calls: all steps of a call in one loop that XLA compiles.

    The program is the same for every number of steps up to 20, so that a run that goes on in the middle of an
    epoch, with other numbers of steps in a call, computes the same bits.

    Args:
        model: compiled `GenerativeModel` of one replica.
        single: Keras's train function, for data whose batches have no fixed shape.

    Returns:
        Function of an iterator of batches, which takes `model.steps_per_execution` steps and returns the logs.
    """
    count, names = model.steps_per_execution, []
    size = max(STEPS, count)

    @tf.function(jit_compile=True, autograph=False)
    def steps(batches, number):
        def step(i):
            batch = tf.nest.map_structure(lambda parts: parts[i], batches)
            names[:] = model.distribute_strategy.run(model.train_step, args=(batch,))
            return i + 1

        tf.while_loop(lambda i: i < number, step, [0])
        return model.terms.results(names)

    @tf.function(autograph=False)
    def call(iterator):
        batches = [iterator.get_next() for _ in range(count)]
        buffers = tf.nest.map_structure(lambda *parts: _buffer(parts, size), *batches)
        return steps(buffers, tf.constant(count))  # A tensor: it is no part of the program.

    def train_function(iterator):
        return call(iterator) if _has_fixed_shapes(iterator) else single(iterator)

    return train_function


def _buffer(batches, size):
    """Stacks batches and fills up with zeros: [size, batch, ...]."""
    stacked = tf.stack(batches)
    return tf.pad(stacked, [[0, size - len(batches)], *([[0, 0]] * (stacked.shape.rank - 1))])


def _has_fixed_shapes(iterator):
    specs = tf.nest.flatten(getattr(iterator, "element_spec", None))
    return all(isinstance(spec, tf.TensorSpec) and spec.shape.is_fully_defined() for spec in specs)
