"""What every model of kgen is: a `keras.Model` with a contract for data, steps, saving and resuming."""

import inspect
import numbers
import secrets

import keras
import numpy as np
import tensorflow as tf

from kgen import execution, inputs, noise, replicas, serving
from kgen.datasets import from_arrays
from kgen.errors import invalid, nearest, positive_integer
from kgen.run import Run
from kgen.serving import png
from kgen.step import all_finite, assign, exposed, minimize, num_rows
from kgen.terms import Terms

CHUNK = 256  # Samples that `generate` draws at a time.
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

    Example:

    >>> model = kgen.GAN((2,), latent_dim=3, hidden_units=(4,))
    >>> isinstance(model, kgen.base.GenerativeModel), model.get_config()["latent_dim"]
    (True, 3)
    """

    CONDITIONS = {}  # What `sample` takes beside seeds: name -> tf.TensorSpec.
    NEEDS_LABELS = False  # Whether it trains on (x, labels) only.
    MISSING_LABELS = False  # Whether it learns from the label -1, which stands for an unknown one.
    MAX_PNG_PIXELS = 2**22  # Of a picture in a request; CycleGAN of width 64 takes 3.3 GB for so many.
    PAIRED = False  # Whether it trains on pairs (a, b) of batches of two kinds.
    TABULAR = False  # Whether it trains on tables with missing cells.
    AUDIBLE = False  # Whether it trains on sounds.
    MOVING = False  # Whether it trains on clips.
    JOINT = False  # Whether it trains on dicts of several modalities.

    def __new__(cls, *args, **kwargs):
        signature = cls.constructor()
        if unknown := [name for name in kwargs if name not in signature.parameters]:
            raise TypeError(
                f"{cls.__name__} has no argument `{unknown[0]}`. {nearest(unknown[0], signature.parameters)}"
            )
        instance = super().__new__(cls, *args, **kwargs)
        vars(instance)["_arguments"] = dict(signature.bind(*args, **kwargs).arguments)
        return instance

    @classmethod
    def suited(cls, image_shape):
        """Constructor arguments that suit examples of a shape where the defaults do not, dict name -> value."""
        return {}

    @classmethod
    def constructor(cls):
        """The constructor's arguments, those that `**options` hands to its base by name included.

        Returns:
            An `inspect.Signature` without `self`.
        """
        owner = next(c for c in cls.__mro__ if "__init__" in vars(c))
        own = list(inspect.signature(owner.__init__).parameters.values())[1:]
        if own and own[-1].kind is inspect.Parameter.VAR_KEYWORD:
            above, taken = (
                inspect.signature(owner.__base__.__init__).parameters.values(),
                {p.name for p in own},
            )
            own[-1:] = [p for p in above if p.kind is p.KEYWORD_ONLY and p.name not in taken]
        return inspect.Signature(own)

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
        self.first_examples = self.first_labels = None  # Of the data looked at last.
        self._judges = []
        specs = [tf.TensorSpec([None, 2], tf.int32), *self.CONDITIONS.values()]
        self._sample = tf.function(self.sample, input_signature=specs, autograph=False)
        self.built = True

    @property
    def is_picture(self):
        """Whether an example is a picture, and no vector."""
        return len(self.image_shape) > 1

    @property
    def example_shape(self):
        """Shape of one example as data sets of its kind yield it."""
        return self.image_shape

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
            jit_compile=execution.xla(self, jit_compile) if not run_eagerly else False,
            run_eagerly=run_eagerly,
        )

    def get_compile_config(self):
        return {k: keras.saving.serialize_keras_object(v) for k, v in self._compile_arguments.items()}

    def compile_from_config(self, config):
        self.compile(**{k: keras.saving.deserialize_keras_object(v) for k, v in config.items()})

    # Data.

    def look(self, x, y=None):
        """Checks one batch before any work starts."""
        self.check_examples(x)
        self.check_labels(y)
        number = inputs.count(x)
        if number % replicas.count():
            raise invalid("batch_size", f"a multiple of the {replicas.count()} replicas", batch_size=number)

    def check_examples(self, x, name="x"):
        """Checks a batch of examples, or all of them, under the name of their argument."""
        inputs.check_pictures(x, self.image_shape, name)

    def check_labels(self, y):
        """Checks the labels of a batch or of all examples; a model without labels takes any."""

    def _declare(self, batch):
        names = self.declared(batch)
        with self.distribute_strategy.scope():
            self.terms.declare(names)

    def declared(self, batch):
        """Names of all that steps of training and of validation log, found on two examples of a batch."""
        x, y = self._unpack(tf.nest.map_structure(_first_two, batch))
        with noise.stream(self.seed, EVALUATION, num_rows(x)):
            return list(self.judge(x, y)[0])

    def _dataset(self, x, y, batch_size, shuffle):
        if isinstance(x, tf.data.Dataset):
            return x
        if isinstance(x, tuple) and len(x) == 2 and y is None:
            x, y = x
        if not hasattr(x, "shape") and not (self.JOINT and isinstance(x, dict)):
            raise invalid("x", "an array or a tf.data.Dataset of batches", x=type(x).__name__)
        self.check_examples(x)
        self.check_labels(y)
        return self.arranged(x, y, batch_size, shuffle)

    def arranged(self, x, y, batch_size, shuffle):
        """The data set of checked arrays; see `fit`."""
        return from_arrays(x, y, batch_size=batch_size or 32, seed=self.seed, shuffle=shuffle)

    def _unpack(self, data):
        """Pictures in the networks' range with their channel axis, and labels or None."""
        x, y = (*data, None)[:2] if isinstance(data, (tuple, list)) else (data, None)
        return self.fitted(x), y

    def fitted(self, x):
        """A batch of examples in the networks' range, with the channel axis that it may lack."""
        x = self.from_pictures(x)
        return tf.reshape(x, [-1 if x.shape[0] is None else x.shape[0], *self.image_shape])

    def from_pictures(self, x):
        """Pictures of any size, integers in 0..255 or floats in [0, 1], in the networks' range; vectors as they are."""
        x = self.unit(x)
        low, high = self.pixel_range
        return low + (high - low) * x if self.is_picture else x

    @staticmethod
    def unit(x):
        """Integers in 0..255 as floats in [0, 1]; floats as they are."""
        x = tf.convert_to_tensor(x)
        return tf.cast(x, tf.float32) / (255.0 if x.dtype.is_integer else 1.0)

    @staticmethod
    def to_png(images):
        """PNG bytes, a string tensor [batch], of pictures [batch, height, width, channels] in [0, 1]."""
        pixels = tf.cast(tf.round(images * 255.0), tf.uint8)
        return tf.map_fn(tf.io.encode_png, pixels, fn_output_signature=tf.string)

    @property
    def fits_png(self):
        """Whether an example is a picture in grey or in colour."""
        return len(self.image_shape) == 3 and self.image_shape[-1] in png.CHANNELS

    def through_png(self, function, data):
        """PNG files [batch], each of its own size, through a function of uint8 pictures; see `png.mapped`."""
        return png.mapped(function, data, self.image_shape[-1], self.MAX_PNG_PIXELS)

    def to_pictures(self, x):
        """Pictures in [0, 1] from the networks' range; vectors as they are."""
        low, high = self.pixel_range
        if not self.is_picture:
            return tf.cast(x, tf.float32)
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
        steps = int(data.cardinality()) if steps_per_epoch is None else steps_per_epoch
        inputs.check_batch_size(self._first_look(data), self._flatten_layers())
        options = {"validation_freq": validation_freq}
        if validation_data is not None:
            size = validation_batch_size or batch_size
            options["validation_data"] = self._held_out(validation_data, None, size, validation_steps)
            pictures, labels = inputs.first_batch(options["validation_data"])
            self.check_examples(pictures, "validation_data")
            self.check_labels(labels)
        progress = {"add_progbar": verbose != 0, "verbose": verbose, "epochs": epochs, "steps": steps}
        run = Run(self, callbacks, data, add_history=True, **progress)
        try:
            return self._go(run, data, initial_epoch, epochs, steps, options)
        finally:
            run.close()

    def _go(self, run, data, epoch, epochs, steps, options):
        """From the beginning, or the rest of the broken epoch and then the others."""
        if int(self.step.numpy()) == 0:
            with self.distribute_strategy.scope():
                self._take_over(data, steps)
        epoch, batch = run.position(epoch)
        self._take_steps(execution.steps_in_a_call(self, self._steps_per_execution_wanted, steps, batch))
        if batch and epoch < epochs:
            run.unfinished = True
            self._epochs(run, data, epoch, epoch + 1, steps - batch, options)
            run.unfinished, epoch = False, epochs if self.stop_training else epoch + 1
        return self._epochs(run, data, epoch, epochs, steps, options)

    def _take_over(self, data, steps):
        """What weights start from that only the data can tell, before the first step of a new model: nothing."""

    def make_train_function(self, force=False):
        if self.train_function is None or force:
            super().make_train_function(force=True)
            if execution.is_looped(self):
                self.train_function = execution.looped(self, self.train_function)

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
        """Checks the first batch; its number of examples."""
        x, y = inputs.first_batch(data)
        self.look(x, y)
        self.first_examples, self.first_labels = x, y
        self._declare((x, y))
        return inputs.count(x)

    def train_step(self, data):
        """One step: it happens as a whole, or where a gradient is not finite, not at all."""
        x, y = self._unpack(data)
        state = exposed(self)
        before = [tf.convert_to_tensor(v) for v in state]
        self._finite.assign(1.0)
        self.fail_if(replicas.any_replica(~all_finite([x])))
        with noise.stream(self.seed, self.step, num_rows(x)):
            names = self.learn(x, y)
        failed = self.failed()
        replicas.conditionally(failed, lambda *values: assign(state, values), *before)
        self.step.assign_add(1)
        self.skipped_steps.assign_add(tf.cast(failed, tf.int64))
        return self.terms.results(names)

    def failed(self):
        """Whether something in this step, or in the last one, was not finite; a scalar bool tensor."""
        return tf.convert_to_tensor(self._finite) < 0.5

    def fail_if(self, failed):
        """Remembers, until the end of the step, that a picture or a gradient was not finite."""
        failed = failed | self.failed()
        self._finite.assign(tf.where(failed, 0.0, 1.0))
        return failed

    def early_movers(self):
        """Players that move before the step's last verdict, and are moved back where it is a bad one."""
        return []

    def passing(self):
        """Variables that a run has to store and a model does not, such as what it carries between batches."""
        return []

    def bookkeeping(self):
        """Variables that count or draw, which a failed step does not take back."""
        return [self.step, self.skipped_steps, self._rows_judged, self._finite, *self._seed_states()]

    def minimize(self, *moves):
        """Moves each player down its own losses, computed on one tape; see `kgen.step.minimize`."""
        return minimize(self, moves)

    # Evaluating and sampling.

    def test_step(self, data):
        """Terms of one validation batch, always on the same noise; metrics are updated here only."""
        x, y = self._unpack(data)
        terms, fake = self._judge((x, y))
        for metric in self._judges:
            metric.update_state(self.real_pictures(x, y), fake)
        return self.terms.update(terms, num_rows(x))

    def real_pictures(self, x, y):
        """Real pictures in [0, 1] that the samples of `judge(x, y)` are compared with by metrics."""
        return self.to_pictures(x)

    def _judge(self, batch):
        x, y = batch
        start = self._rows_judged * replicas.count()
        self._rows_judged.assign_add(tf.cast(num_rows(x), tf.int64))
        with noise.stream(self.seed, EVALUATION, num_rows(x), start):
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
        data = self._held_out(x, y, batch_size, kwargs.pop("steps", None))
        if not kwargs.get("_use_cached_eval_dataset"):
            self._first_look(data)
        logs = super().evaluate(data, return_dict=True, **kwargs)
        logs |= {metric.name: float(metric.result()) for metric in self._judges}
        return logs if return_dict else [logs[m.name] for m in self.metrics if m.name in logs]

    def _held_out(self, x, y, batch_size, steps):
        """Data to go through once; the first `steps` batches, since Keras would fill its last call up."""
        data = self._dataset(x, y, batch_size, shuffle=False)
        if steps is not None:
            positive_integer("steps", steps)
            return data.take(steps)
        if data.cardinality() == tf.data.INFINITE_CARDINALITY:
            raise invalid("x", "data with an end, or a number of steps", x="an endless data set")
        return data

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
            self.check_inputs(inputs.first_batch(x)[0])
        elif len(x) == 0:
            one = np.zeros([1, *np.shape(x)[1:]], getattr(x, "dtype", "float32"))
            self.check_inputs(one)
            return tf.nest.map_structure(lambda part: np.asarray(part)[:0], self(one, training=False))
        else:
            self.check_inputs(np.asarray(x))
        return super().predict(x, batch_size=batch_size, **kwargs)

    def generate(self, num_samples=16, seed=None, **conditions):
        """New samples; sample i is a function of (seed, i) and its conditions alone.

        Args:
            num_samples: how many.
            seed: integer in [0, 2**31); a new one is drawn when None.
            **conditions: where the model has some, such as `labels`: one value, or one for each sample.

        Returns:
            float32 array [num_samples, *image_shape], pictures in [0, 1].

        Raises:
            ValueError: bad arguments.
        """
        seeds = self.row_seeds(num_samples, seed)
        arguments = [seeds, *self.fill(seeds, conditions)]
        chunks = [[a[i : i + CHUNK] for a in arguments] for i in range(0, num_samples, CHUNK)]
        made = [self._sample(*chunk) for chunk in chunks]
        return tf.nest.map_structure(lambda *parts: np.concatenate([part.numpy() for part in parts]), *made)

    def row_seeds(self, num_samples, seed=None):
        """Row seeds [seed, i], int32 [num_samples, 2], of a new seed where it is None; bad numbers raise."""
        positive_integer("num_samples", num_samples)
        return noise.rows(secrets.randbits(31) if seed is None else _seed(seed), num_samples)

    def fill(self, seeds, conditions):
        """Checks what `generate` was given, and draws from the seeds what it was not.

        Args:
            seeds: int32 row seeds [num_samples, 2].
            conditions: dict name -> value.

        Returns:
            List of one tensor [num_samples, ...] per condition of the model, in order.
        """
        if unknown := [name for name in conditions if name not in self.CONDITIONS]:
            raise TypeError(f"{type(self).__name__}.generate has no argument `{unknown[0]}`.")
        return []

    def showcase(self, num_samples):
        """What a sheet of samples shows: how many, under which conditions, in how many columns.

        Args:
            num_samples: wanted.

        Returns:
            (num_samples, conditions, columns or None).
        """
        return num_samples, {}, None

    def sheet(self, num_samples, seed):
        """A sheet of samples, the same for the same seed: pictures, and in how many columns they belong.

        Args:
            num_samples: wanted.
            seed: integer in [0, 2**31).

        Returns:
            (float32 array [n, *image_shape], columns or None).
        """
        num_samples, conditions, columns = self.showcase(num_samples)
        return self.generate(num_samples, seed=seed, **conditions), columns

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


def _first_two(part):
    """Two examples of a batch's part, None of None."""
    return None if part is None else tf.convert_to_tensor(part)[:2]


def _seed(seed):
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral) or not 0 <= seed < 2**31:
        raise invalid("seed", "an integer in [0, 2**31)", seed=seed)
    return int(seed)


def _increasing(name, pair):
    low, high = (float(number) for number in pair)
    if not low < high:
        raise invalid(name, "two numbers, the smaller one first", **{name: pair})
    return low, high
