"""Kinds of data that belong together, each with a name: pictures, sounds, labels and vectors, as parts of one vector.

A modality is said by a plain tuple: ("picture", height, width, channels), ("sound", length, sample_rate),
("label", num_classes) or ("vector", length).
"""

import dataclasses
import keyword
from typing import ClassVar

import numpy as np
import tensorflow as tf

from kgen import inputs
from kgen.errors import integer_from, invalid, one_of, positive_integer

PNG_CHANNELS = (1, 3, 4)
TAKEN = ("seed", "latent")  # Inputs of a served model.
FULL = 2.0**15  # Of 16 bits: the integer that stands for 1.


class Modality:
    """Abstract base: what a modality is outside the networks and inside.

    Outside, examples have their natural form: [n, *shape]. Inside, each is `size` float32 numbers.

    Example:

    >>> modality = kgen.modalities.Label(3)
    >>> modality.form, modality.shape, modality.size
    (('label', 3), (), 3)
    """

    kind: ClassVar[str]
    dtype: ClassVar[tf.DType] = tf.float32  # Of the natural form.
    has_file: ClassVar[bool] = False  # Whether `file` makes files of examples.

    @property
    def form(self):
        """The tuple that says it."""
        return (self.kind, *dataclasses.astuple(self))

    @property
    def size(self):
        """Numbers of an example inside the networks."""
        return int(np.prod(self.shape))

    def _rows(self, x):
        """Numbers of each example side by side, [n, size]."""
        return tf.reshape(tf.cast(x, tf.float32), [-1 if x.shape[0] is None else x.shape[0], self.size])


@dataclasses.dataclass(frozen=True)
class Picture(Modality):
    """Pictures: uint8 or floats in [0, 1] outside, [-1, 1] inside.

    Args:
        height, width, channels: of a picture.

    Example:

    >>> picture = kgen.modalities.Picture(1, 2, 1)
    >>> picture.flat(np.array([[[[0], [255]]]], "uint8")).numpy().tolist()
    [[-1.0, 1.0]]
    """

    height: int
    width: int
    channels: int
    kind = "picture"

    @property
    def shape(self):
        """Of one example."""
        return (self.height, self.width, self.channels)

    def check(self, x, name):
        """Checks pictures [n, *shape] as `inputs.check_pictures` does."""
        inputs.check_pictures(x, self.shape, name)

    def flat(self, x):
        """Pictures as float32 [n, size] in [-1, 1]."""
        x = tf.convert_to_tensor(x)
        return self._rows(x) * (2.0 / 255.0 if x.dtype.is_integer else 2.0) - 1.0

    def natural(self, flat):
        """Rows [n, size] as pictures [n, *shape] in [0, 1]."""
        unit = tf.clip_by_value((tf.cast(flat, tf.float32) + 1.0) / 2.0, 0.0, 1.0)
        return tf.reshape(unit, [-1, *self.shape])

    @property
    def has_file(self):
        """Whether PNG knows so many channels."""
        return self.channels in PNG_CHANNELS

    def file(self, pictures):
        """PNG files, a string tensor [n], of pictures in [0, 1]."""
        pixels = tf.cast(tf.round(255.0 * pictures), tf.uint8)
        return tf.map_fn(tf.io.encode_png, pixels, fn_output_signature=tf.string)


@dataclasses.dataclass(frozen=True)
class Sound(Modality):
    """Waveforms: int16 or floats in [-1, 1] outside, floats inside.

    Args:
        length: samples of a sound.
        sample_rate: in Hz.

    Example:

    >>> kgen.modalities.Sound(2, 8000).flat(np.array([[-32768, 16384]], "int16")).numpy().tolist()
    [[-1.0, 0.5]]
    """

    length: int
    sample_rate: int
    kind = "sound"
    has_file = True

    @property
    def shape(self):
        """Of one example."""
        return (self.length,)

    def check(self, x, name):
        """Checks sounds [n, length] or [n, length, 1] as `inputs.check_sounds` does."""
        inputs.check_sounds(x, self.length, name)

    def flat(self, x):
        """Sounds as float32 [n, length] in [-1, 1]."""
        x = tf.convert_to_tensor(x)
        return self._rows(x) / (FULL if x.dtype.is_integer else 1.0)

    def natural(self, flat):
        """Rows as sounds [n, length] in [-1, 1]."""
        return tf.clip_by_value(tf.cast(flat, tf.float32), -1.0, 1.0)

    def file(self, sounds):
        """Wav files of 16 bits, a string tensor [n], of sounds in [-1, 1]."""

        def encoded(row):
            return tf.audio.encode_wav(row[:, None], self.sample_rate)

        return tf.map_fn(encoded, sounds, fn_output_signature=tf.TensorSpec([], tf.string))


@dataclasses.dataclass(frozen=True)
class Label(Modality):
    """Classes: integers outside, one-hot vectors or probabilities inside.

    Args:
        num_classes: at least two.

    Example:

    >>> label = kgen.modalities.Label(3)
    >>> label.flat(np.array([2])).numpy().tolist(), label.natural([[0.1, 0.6, 0.3]]).numpy().tolist()
    ([[0.0, 0.0, 1.0]], [1])
    """

    num_classes: int
    kind = "label"
    dtype = tf.int32

    @property
    def shape(self):
        """Of one example."""
        return ()

    @property
    def size(self):
        """Numbers of an example inside the networks."""
        return self.num_classes

    def check(self, x, name):
        """Checks labels [n] as `inputs.check_labels` does."""
        inputs.check_labels(x, self.num_classes, name=name)

    def flat(self, x):
        """Labels one-hot, float32 [n, num_classes]."""
        return tf.one_hot(x, self.num_classes)

    def natural(self, flat):
        """Probabilities [n, num_classes] as the likeliest class, int32 [n]."""
        return tf.argmax(flat, axis=1, output_type=tf.int32)


@dataclasses.dataclass(frozen=True)
class Vector(Modality):
    """Vectors of finite numbers, the same outside and inside.

    Args:
        length: of a vector.

    Example:

    >>> kgen.modalities.Vector(2).flat(np.array([[1, 2]])).numpy().tolist()
    [[1.0, 2.0]]
    """

    length: int
    kind = "vector"

    @property
    def shape(self):
        """Of one example."""
        return (self.length,)

    def check(self, x, name):
        """Checks vectors [n, length]."""
        inputs.check_pictures(x, self.shape, name)

    def flat(self, x):
        """Vectors as float32 [n, length]."""
        return self._rows(tf.convert_to_tensor(x))

    def natural(self, flat):
        """Vectors as they are, float32 [n, length]."""
        return tf.cast(flat, tf.float32)


KINDS = {cls.kind: cls for cls in (Picture, Sound, Label, Vector)}


def parse(modalities):
    """Reads a dictionary of modalities.

    Args:
        modalities: dict name -> tuple or list, two at least; a name is an identifier. The order is kept.

    Returns:
        Dict name -> `Modality`.

    Raises:
        ValueError: fewer than two, or one that is said wrongly.

    Example:

    >>> found = kgen.modalities.parse({"digit": ("picture", 8, 8, 1), "label": ["label", 10]})
    >>> [(name, modality.shape, modality.size) for name, modality in found.items()]
    [('digit', (8, 8, 1), 64), ('label', (), 10)]
    """
    if not isinstance(modalities, dict) or len(modalities) < 2:
        raise invalid("modalities", "a dict of two modalities or more", modalities=modalities)
    check_names("modalities", modalities)
    return {name: _one(name, form) for name, form in modalities.items()}


def check_names(argument, names):
    """Checks names of modalities.

    Args:
        argument: that holds them, for messages.
        names: anything to go through.

    Raises:
        ValueError: a name that is no identifier, or that of an input of a served model.

    Example:

    >>> kgen.modalities.check_names("modalities", ["picture", "label"])
    """
    for name in names:
        if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
            raise invalid(argument, "names that are identifiers, such as 'picture'", name=name)
        if name in TAKEN:
            expected = f"other names than {' and '.join(TAKEN)}, which requests use"
            raise invalid(argument, expected, name=name)


def _one(name, form):
    """The modality of one tuple."""
    argument = f"modalities[{name!r}]"
    if not isinstance(form, (tuple, list)) or not form:
        raise invalid(argument, "a tuple such as ('label', 10)", **{name: form})
    kind, *numbers = form
    one_of(argument, kind, tuple(KINDS))
    fields = [field.name for field in dataclasses.fields(KINDS[kind])]
    if len(numbers) != len(fields):
        raise invalid(argument, f"({kind!r}, {', '.join(fields)})", **{name: form})
    for number in numbers:
        positive_integer(argument, number)
    if kind == "label":
        integer_from(2, argument, *numbers)
    return KINDS[kind](*map(int, numbers))


def check(modalities, examples, name="x"):
    """Checks examples of all modalities, as many of each.

    Args:
        modalities: dict name -> `Modality`.
        examples: dict name -> array [n, ...].
        name: of the argument in messages.

    Raises:
        ValueError: a missing or unknown name, other examples than the modality's, or different numbers of them.

    Example:

    >>> parts = kgen.modalities.parse({"a": ("vector", 2), "b": ("label", 3)})
    >>> kgen.modalities.check(parts, {"a": np.zeros([4, 2]), "b": np.zeros([5], int)})
    Traceback (most recent call last):
        ...
    ValueError: Invalid value for argument `x`. Expected as many examples of each modality. Received: a=4, b=5.
    """
    if not isinstance(examples, dict) or set(examples) != set(modalities):
        received = list(examples) if isinstance(examples, dict) else type(examples).__name__
        raise invalid(name, f"a dict with {', '.join(map(repr, modalities))}", **{name: received})
    for part, modality in modalities.items():
        modality.check(examples[part], f"{name}[{part!r}]")
    lengths = {part: len(examples[part]) for part in modalities}
    if len(set(lengths.values())) > 1:
        raise invalid(name, "as many examples of each modality", **lengths)


def join(modalities, examples):
    """Examples of all modalities side by side.

    Args:
        modalities: dict name -> `Modality`.
        examples: dict name -> array or tensor [n, ...] in its natural form.

    Returns:
        float32 tensor [n, sum of the sizes].

    Example:

    >>> parts = kgen.modalities.parse({"a": ("vector", 2), "b": ("label", 3)})
    >>> kgen.modalities.join(parts, {"a": np.array([[5, 7]]), "b": np.array([1])}).numpy().tolist()
    [[5.0, 7.0, 0.0, 1.0, 0.0]]
    """
    return tf.concat([modality.flat(examples[name]) for name, modality in modalities.items()], axis=1)


def parts(modalities, flat):
    """What `join` has joined, cut again.

    Args:
        modalities: dict name -> `Modality`.
        flat: tensor [n, sum of the sizes].

    Returns:
        Dict name -> tensor [n, size].

    Example:

    >>> parts = kgen.modalities.parse({"a": ("vector", 2), "b": ("label", 3)})
    >>> kgen.modalities.parts(parts, tf.zeros([1, 5]))["b"].shape
    TensorShape([1, 3])
    """
    cut = tf.split(flat, [modality.size for modality in modalities.values()], axis=1)
    return dict(zip(modalities, cut, strict=True))


def split(modalities, flat):
    """What `join` has joined, in its natural form; see `parts`.

    Args:
        modalities: dict name -> `Modality`.
        flat: tensor [n, sum of the sizes].

    Returns:
        Dict name -> tensor [n, ...].

    Example:

    >>> parts = kgen.modalities.parse({"a": ("vector", 2), "b": ("label", 3)})
    >>> found = kgen.modalities.split(parts, tf.constant([[5.0, 7.0, 0.1, 0.6, 0.3]]))
    >>> found["a"].numpy().tolist(), found["b"].numpy().tolist()
    ([[5.0, 7.0]], [1])
    """
    return {name: modalities[name].natural(part) for name, part in parts(modalities, flat).items()}
