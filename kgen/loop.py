"""Several training steps of a small model as one XLA program.

A step of small networks takes less time than the call that starts it.
"""

import tensorflow as tf

SIZE = 20  # Batches in one program's buffer.


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
    size = max(SIZE, count)

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
