"""What every model of kgen is: a `keras.Model` with a contract for data, steps, saving and resuming."""

import inspect
import math
import numbers
import secrets
from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from kgen import inputs, noise, replicas, serving
from kgen.datasets import from_arrays
from kgen.errors import invalid, nearest, positive_integer
from kgen.losses import weight_penalty
from kgen.run import Run
from kgen.terms import Terms

CHUNK = 256  # Samples that `generate` draws at a time.
CALL = 20  # Steps run in one call where a step is short.
EVALUATION = -1  # The step whose noise judges a model.


class GenerativeModel(keras.Model):
    """Abstract base of every model.

    A subclass stores its constructor's arguments under their own names and builds its networks there. It
    supplies `learn(x, y)`, one training step made of calls of `minimize`; `judge(x, y)`, the terms of a
    validation batch with its samples; `sample(seeds)`; `signatures()`; `optimizers()`; `compile`.

    Args:
        image_shape: shape of one example (height, width, channels); one axis for vectors.
        pixel_range: (low, high) of the pictures inside the networks; outside they are in [0, 1].
        seed: of the run; noise in a training step is f(seed, step, row of the global batch).
        name: of the model.
    """

    def __new__(cls, *args, **kwargs):
        parameters = inspect.signature(cls.__init__).parameters
        if unknown := [name for name in kwargs if name not in parameters]:
            raise TypeError(
                f"{cls.__name__} has no argument `{unknown[0]}`. {nearest(unknown[0], parameters)}"
            )
        instance = super().__new__(cls, *args, **kwargs)
        bound = inspect.signature(cls.__init__).bind(instance, *args, **kwargs)
        vars(instance)["_arguments"] = dict(list(bound.arguments.items())[1:])
        return instance

    def __init__(self, image_shape, pixel_range=(0.0, 1.0), seed=0, name=None):
        super().__init__(name=name)
        self.image_shape = inputs.check_shape(image_shape)
        self.pixel_range = _increasing("pixel_range", pixel_range)
        self.seed = _seed(seed)
        self.step = self._counter("step")
        self.skipped_steps = self._counter("skipped_steps")
        self._rows_judged = self._counter("rows_judged")
        self._finite = self.add_weight(
            name="finite", shape=(), initializer="ones", trainable=False, autocast=False
        )
        self.terms = Terms()
        self._judges = []
        seeds = tf.TensorSpec([None, 2], tf.int32)
        self._sample = tf.function(self.sample, input_signature=[seeds], autograph=False)
        self.built = True

    def _counter(self, name):
        return self.add_weight(name=name, shape=(), dtype="int64", initializer="zeros", trainable=False)

    def build(self, input_shape=None):
        self.built = True

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Keras's private hook, which under a strategy would build again what a constructor has built."""

    # Configuration: the constructor's arguments, and the precision the networks were built in.

    def get_config(self):
        arguments = {k: keras.saving.serialize_keras_object(v) for k, v in self._arguments.items()}
        return {"name": self.name, "dtype": self.dtype_policy.name, **arguments}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        arguments = {k: keras.saving.deserialize_keras_object(v, custom_objects) for k, v in config.items()}
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(arguments.pop("dtype", before))
        try:
            return cls(**arguments)
        finally:
            keras.config.set_dtype_policy(before)

    def save_own_variables(self, store):
        super().save_own_variables(store)
        for index, state in enumerate(self._seed_states()):
            store[f"seed_{index}"] = state.numpy()

    def load_own_variables(self, store):
        for index, state in enumerate(self._seed_states()):
            state.assign(store[f"seed_{index}"])
        super().load_own_variables({k: store[k] for k in store.keys() if not k.startswith("seed_")})

    def _seed_states(self):
        return [v for v in self.variables if v.name == "seed_generator_state"]

    # Compiling.

    def prepare(self, optimizer, metrics, steps_per_execution, jit_compile, run_eagerly):
        """Compiles what does not depend on the number of players.

        Args:
            optimizer: Keras's own, or None where the model keeps its optimisers itself.
            metrics, steps_per_execution, jit_compile, run_eagerly: as in `compile`.
        """
        if bad := [m for m in metrics or [] if not isinstance(m, keras.metrics.Metric)]:
            raise invalid("metrics", "metrics such as kgen.metrics.FrechetDistance()", metrics=bad)
        self._judges = list(metrics or [])
        self._steps_per_execution_wanted = steps_per_execution
        super().compile(
            optimizer=optimizer,
            steps_per_execution=1 if steps_per_execution == "auto" else steps_per_execution,
            jit_compile=self._jit(jit_compile) if not run_eagerly else False,
            run_eagerly=run_eagerly,
        )

    def _jit(self, wanted):
        """XLA as measured: on CPU it speeds dense networks and slows convolutions; on a GPU Keras chooses."""
        if wanted == "auto" and replicas.count() > 1:
            return False
        if wanted == "auto" and not tf.config.list_physical_devices("GPU"):
            return self._is_short()
        if wanted is True and replicas.count() > 1:
            raise invalid("jit_compile", "False with several replicas", jit_compile=wanted)
        return wanted

    def _is_short(self):
        return not any("Conv" in type(layer).__name__ for layer in self._flatten_layers())

    def _steps_in_a_call(self, steps, batch):
        """Steps per call; they divide the epoch, and what a broken epoch has behind it."""
        wanted = self._steps_per_execution_wanted
        if wanted == "auto":
            wanted = CALL if self._is_short() and replicas.count() == 1 else 1
        return max(n for n in range(1, wanted + 1) if steps % n == 0 and batch % n == 0)

    def get_compile_config(self):
        return {k: keras.saving.serialize_keras_object(v) for k, v in self._compile_arguments.items()}

    def compile_from_config(self, config):
        self.compile(**{k: keras.saving.deserialize_keras_object(v) for k, v in config.items()})

    # Data.

    def look(self, x):
        """Checks one batch before any work starts, and learns the names of the terms from it."""
        inputs.check_pictures(x, self.image_shape)
        if len(x) % replicas.count():
            raise invalid("batch_size", f"a multiple of the {replicas.count()} replicas", batch_size=len(x))

    def _declare(self, batch):
        x, y = self._unpack(tf.nest.map_structure(lambda part: tf.convert_to_tensor(part)[:2], batch))
        with noise.stream(self.seed, EVALUATION, _rows(x)):
            names = self.judge(x, y)[0]
        with self.distribute_strategy.scope():
            self.terms.declare(names)

    def _dataset(self, x, y, batch_size, shuffle):
        if isinstance(x, tf.data.Dataset):
            return x
        if isinstance(x, tuple) and len(x) == 2 and y is None:
            x, y = x
        if not hasattr(x, "shape"):
            raise invalid("x", "an array or a tf.data.Dataset of batches", x=type(x).__name__)
        inputs.check_pictures(x, self.image_shape)
        return from_arrays(x, y, batch_size=batch_size or 32, seed=self.seed, shuffle=shuffle)

    def _unpack(self, data):
        """Pictures in the networks' range with their channel axis, and labels or None."""
        x, y = (*data, None)[:2] if isinstance(data, (tuple, list)) else (data, None)
        x = tf.convert_to_tensor(x)
        scale = 255.0 if x.dtype.is_integer else 1.0
        x = tf.reshape(
            tf.cast(x, tf.float32) / scale, [-1 if x.shape[0] is None else x.shape[0], *self.image_shape]
        )
        low, high = self.pixel_range
        return low + (high - low) * x, y

    @staticmethod
    def to_png(images):
        """PNG bytes, a string tensor [batch], of pictures [batch, height, width, channels] in [0, 1]."""
        pixels = tf.cast(tf.round(images * 255.0), tf.uint8)
        return tf.map_fn(tf.io.encode_png, pixels, fn_output_signature=tf.string)

    def to_pictures(self, x):
        """Pictures in [0, 1] from the networks' range."""
        low, high = self.pixel_range
        return tf.clip_by_value((tf.cast(x, tf.float32) - low) / (high - low), 0.0, 1.0)

    # Training.

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_data=None,
        initial_epoch=0,
        steps_per_epoch=None,
        validation_batch_size=None,
        validation_steps=None,
        validation_freq=1,
        shuffle=True,
    ):
        """Trains, or goes on with a training that a `kgen.callbacks.TrainingState` has stored.

        Args:
            x: pictures, as an array or as a data set of batches x or (x, labels).
            y: labels, with an array.
            batch_size: with an array, 32 unless given.
            epochs, verbose, callbacks, initial_epoch, steps_per_epoch: as in `keras.Model.fit`.
            validation_data: like `x`, or a tuple (x, y) of arrays.
            validation_batch_size: with arrays, `batch_size` unless given.
            validation_steps, validation_freq: as in `keras.Model.fit`.
            shuffle: whether arrays are shuffled; a data set has its own order.

        Returns:
            One `keras.callbacks.History`, of the whole run where it was resumed.

        Raises:
            ValueError: data that do not fit the model, before the first step.
        """
        self._assert_compile_called("fit")
        positive_integer("epochs", epochs)
        data = self._dataset(x, y, batch_size, shuffle)
        inputs.check_length(data, steps_per_epoch)
        steps = steps_per_epoch or int(data.cardinality())
        self._first_look(data)
        options = {"validation_steps": validation_steps, "validation_freq": validation_freq}
        if validation_data is not None:
            size = validation_batch_size or batch_size
            options["validation_data"] = self._dataset(validation_data, None, size, shuffle=False)
        progress = {"add_progbar": verbose != 0, "verbose": verbose, "epochs": epochs, "steps": steps}
        run = Run(self, callbacks, data, add_history=True, **progress)
        return self._go(run, data, initial_epoch, epochs, steps, options)

    def _go(self, run, data, epoch, epochs, steps, options):
        """From the beginning, or the rest of the broken epoch and then the others."""
        epoch, batch = run.position(epoch)
        self._take_steps(self._steps_in_a_call(steps, batch))
        if batch and epoch < epochs:
            run.unfinished = True
            self._epochs(run, data, epoch, epoch + 1, steps - batch, options)
            run.unfinished, epoch = False, epochs if self.stop_training else epoch + 1
        return self._epochs(run, data, epoch, epochs, steps, options)

    def _take_steps(self, steps_in_a_call):
        changed = steps_in_a_call != self.steps_per_execution
        self.steps_per_execution = steps_in_a_call
        self.make_train_function(force=changed)

    def _epochs(self, run, data, epoch, epochs, steps, options):
        data = data.at(int(self.step.numpy())) if hasattr(data, "at") else data.repeat()
        return super().fit(
            data,
            initial_epoch=epoch,
            epochs=epochs,
            steps_per_epoch=steps,
            callbacks=run,
            shuffle=False,
            **options,
        )

    def _first_look(self, data):
        batch = inputs.first_batch(data)
        self.look(np.asarray(inputs.pictures_of(batch)))
        self._declare(batch)

    def train_step(self, data):
        """One step: it happens as a whole, or where a gradient is not finite, not at all."""
        x, y = self._unpack(data)
        state = self._state()
        before = [tf.convert_to_tensor(v) for v in state]
        self._finite.assign(1.0)
        with noise.stream(self.seed, self.step, _rows(x)):
            names = self.learn(x, y)
        failed = tf.convert_to_tensor(self._finite) < 0.5
        replicas.conditionally(failed, lambda *values: _assign(state, values), *before)
        self.step.assign_add(1)
        self.skipped_steps.assign_add(tf.cast(failed, tf.int64))
        return self.terms.results(names)

    def _state(self):
        """What a step may change: weights, statistics, optimisers; no counters, random state or loss scales."""
        own = [self.step, self.skipped_steps, self._rows_judged, self._finite, *self._seed_states()]
        kept = {id(v) for v in own} | {id(v) for o in self.optimizers().values() for v in _loss_scale(o)}
        moving = [*self.variables, *(v for o in self.optimizers().values() for v in o.variables)]
        return [v for v in moving if id(v) not in kept]

    def minimize(self, *moves):
        """Computes the players' losses on one tape, then moves each player down its own.

        Args:
            *moves: one `Move` per player.

        Returns:
            Names of what was logged.
        """
        with tf.GradientTape(persistent=len(moves) > 1, watch_accessed_variables=False) as tape:
            tape.watch([v.value for move in moves for v in move.variables])
            terms = [move.terms() for move in moves]
            losses = [
                m.optimizer.scale_loss(t[m.total] / replicas.count())
                for m, t in zip(moves, terms, strict=True)
            ]
        gradients = [
            tape.gradient(loss, [v.value for v in m.variables]) for m, loss in zip(moves, losses, strict=True)
        ]
        failed = replicas.any_replica(~all_finite(gradients))
        self._finite.assign(tf.where(failed, 0.0, tf.convert_to_tensor(self._finite)))
        for move, own in zip(moves, gradients, strict=True):
            move.optimizer.apply(agreed(own, move.variables, failed), move.variables)
        logged = {name: value for own in terms for name, value in own.items()}
        self.terms.update(logged, tf.where(failed, 0.0, 1.0))
        return list(logged)

    # Evaluating and sampling.

    def test_step(self, data):
        """Terms of one validation batch, always on the same noise; metrics are updated here only."""
        x, y = self._unpack(data)
        terms, fake = self._judge((x, y))
        for metric in self._judges:
            metric.update_state(self.to_pictures(x), fake)
        return self.terms.update(terms, _rows(x))

    def _judge(self, batch):
        x, y = batch
        start = self._rows_judged * replicas.count()
        self._rows_judged.assign_add(tf.cast(_rows(x), tf.int64))
        with noise.stream(self.seed, EVALUATION, _rows(x), start):
            return self.judge(x, y)

    def reset_metrics(self):
        super().reset_metrics()
        self._rows_judged.assign(0)

    @property
    def metrics(self):
        return [*self.terms.trackers.values(), *self._judges]

    def get_metrics_result(self):
        return self.terms.results(self.terms.trackers)

    def evaluate(self, x=None, y=None, batch_size=None, return_dict=False, **kwargs):
        """The terms on held-out data, and the compiled metrics, always on the same noise.

        Args:
            x, y, batch_size: data, as in `fit`.
            return_dict: whether names come with the values.
            **kwargs: `verbose`, `steps` and `callbacks`, as in `keras.Model.evaluate`.

        Returns:
            Dict name -> float, or the list of its values.

        Raises:
            ValueError: data that do not fit the model.
        """
        self._assert_compile_called("evaluate")
        data = self._dataset(x, y, batch_size, shuffle=False)
        if not kwargs.get("_use_cached_eval_dataset"):
            self._first_look(data)
        logs = super().evaluate(data, return_dict=True, **kwargs)
        logs |= {metric.name: float(metric.result()) for metric in self._judges}
        return logs if return_dict else list(logs.values())

    def predict(self, x, batch_size=None, **kwargs):
        """The forward pass `call` over many examples; none in, none out.

        Args:
            x: array, or data set of batches.
            batch_size: with an array, 32 unless given.
            **kwargs: as in `keras.Model.predict`.

        Returns:
            Array [n, ...].

        Raises:
            ValueError: inputs that do not fit the model.
        """
        if isinstance(x, tf.data.Dataset):
            self.check_inputs(inputs.first_batch(x))
        elif len(x) == 0:
            return np.asarray(self(tf.zeros([1, *np.shape(x)[1:]]), training=False))[:0]
        else:
            self.check_inputs(np.asarray(x))
        return super().predict(x, batch_size=batch_size, **kwargs)

    def generate(self, num_samples=16, seed=None):
        """New samples; sample i is a function of (seed, i) alone.

        Args:
            num_samples: how many.
            seed: integer in [0, 2**31); a new one is drawn when None.

        Returns:
            float32 array [num_samples, *image_shape], pictures in [0, 1].

        Raises:
            ValueError: bad arguments.
        """
        positive_integer("num_samples", num_samples)
        seed = secrets.randbits(31) if seed is None else _seed(seed)
        chunks = [(i, min(CHUNK, num_samples - i)) for i in range(0, num_samples, CHUNK)]
        return np.concatenate([self._sample(noise.rows(seed, size, start)).numpy() for start, size in chunks])

    def export(self, filepath, format="tf_saved_model", **kwargs):
        """Writes the SavedModel that `kgen.export` writes; other formats are Keras's own.

        Args:
            filepath: folder of the versions.
            format: "tf_saved_model", or another format of `keras.Model.export`.
            **kwargs: of `kgen.export`, or of `keras.Model.export`.

        Returns:
            Path of the new version.
        """
        if format != "tf_saved_model":
            return super().export(filepath, format=format, **kwargs)
        return serving.export(self, filepath, **kwargs)


class Move(NamedTuple):
    """One player's part of a step."""

    player: str
    losses: Callable
    networks: list
    optimizer: keras.optimizers.Optimizer

    @property
    def variables(self):
        return [v for network in self.networks for v in network.trainable_variables]

    @property
    def total(self):
        """Name under which the sum of the terms is logged."""
        return total_name(self.player)

    def terms(self):
        """The sum of the player's terms, regularisers included, then the terms."""
        return totalled(self.player, self.losses(), self.variables)


def total_name(player):
    """Name under which a player's loss is logged; a model with one player has a plain "loss"."""
    return f"{player}_loss" if player else "loss"


def totalled(player, terms, variables):
    """Averages the terms, adds the networks' own regularisers, and puts the sum in front.

    Args:
        player: name of the player, "" where there is one only.
        terms: dict name -> tensor, one value per example or a scalar.
        variables: the player's Keras variables.

    Returns:
        Dict name -> scalar float32 tensor.
    """
    terms = {name: tf.reduce_mean(tf.cast(value, tf.float32)) for name, value in terms.items()}
    penalty = weight_penalty(variables)
    if penalty is not None:
        terms["_".join(filter(None, [player, "regularization"]))] = penalty
    return {total_name(player): tf.add_n(list(terms.values())), **terms}


def all_finite(gradients):
    """Whether every number of a nest of gradients is finite, as a scalar bool tensor."""
    checks = [tf.reduce_all(tf.math.is_finite(g)) for g in tf.nest.flatten(gradients) if g is not None]
    return tf.reduce_all(tf.stack(checks))


def agreed(gradients, variables, failed):
    """Gradients on which all replicas agree: zero where missing, and a NaN everywhere if any replica has one.

    A loss-scaling optimiser looks at the first replica only; the NaN tells it to lower its scale.
    """
    gradients = [
        tf.zeros_like(v.value) if g is None else g for g, v in zip(gradients, variables, strict=True)
    ]
    if replicas.count() > 1:
        gradients[-1] += tf.cast(tf.where(failed, math.nan, 0.0), gradients[-1].dtype)
    return gradients


def check_learning_rate(name, optimizer):
    """Raises a ValueError unless the optimiser's learning rate is finite and positive."""
    rate = optimizer.learning_rate
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        return
    value = float(keras.ops.convert_to_numpy(rate))
    if not (math.isfinite(value) and value > 0):
        raise invalid(name, "an optimizer with a finite, positive learning rate", learning_rate=value)


def _seed(seed):
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral) or not 0 <= seed < 2**31:
        raise invalid("seed", "an integer in [0, 2**31)", seed=seed)
    return int(seed)


def _increasing(name, pair):
    low, high = (float(number) for number in pair)
    if not low < high:
        raise invalid(name, "two numbers, the smaller one first", **{name: pair})
    return low, high


def _loss_scale(optimizer):
    own = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    return [optimizer.step_counter, optimizer.dynamic_scale] if own else []


def _rows(x):
    return tf.shape(x)[0] if x.shape[0] is None else x.shape[0]


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
