"""The first look at data: what a model takes, checked on one batch before any work starts."""

import numbers

import keras
import numpy as np
import tensorflow as tf

from kgen.errors import invalid, positive_integer

PICTURES = ("pictures", "load", "image_size=...")  # What they are, and what loads them in another size.
CLIPS = ("clips", "load_clips", "frames=..., image_size=...")


def check_shape(image_shape):
    """The shape of one example as a tuple of positive integers.

    Args:
        image_shape: (height, width, channels), or one axis for vectors.

    Returns:
        The same as a tuple.

    Raises:
        ValueError: if it is anything else.

    Example:

    >>> kgen.inputs.check_shape([28, 28, 1])
    (28, 28, 1)
    """
    shape = tuple(image_shape) if isinstance(image_shape, (tuple, list)) else ()
    whole = all(isinstance(n, numbers.Integral) and not isinstance(n, bool) and n >= 1 for n in shape)
    if not whole or len(shape) in (0, 2):
        raise invalid("image_shape", "(height, width, channels), positive integers", image_shape=image_shape)
    return tuple(int(n) for n in shape)


def check_network(name, network, input_shape, output_shape):
    """Checks the shapes of a network of the user's own.

    Args:
        name: of the argument.
        network: a built Keras model.
        input_shape: of one example; a network may leave axes free.
        output_shape: of one example.

    Raises:
        ValueError: if it is no built Keras model, or takes or gives other shapes.

    Example:

    >>> network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    >>> kgen.inputs.check_network("generator", network, (2,), (3,))
    >>> kgen.inputs.check_network("generator", network, (2,), (4,))
    Traceback (most recent call last):
        ...
    ValueError: Invalid value for argument `generator`. Expected a network from (2,) to (4,). ...
    """
    if not isinstance(network, keras.Model) or not hasattr(network, "input_shape"):
        raise invalid(name, "a keras.Sequential or functional keras.Model with an Input", **{name: network})
    given = tuple(network.input_shape[1:]), tuple(network.output_shape[1:])
    if not (_fits(given[0], input_shape) and _fits(given[1], output_shape)):
        expected = f"a network from {tuple(input_shape)} to {tuple(output_shape)}"
        raise invalid(name, expected, input=given[0], output=given[1])


def _fits(given, wanted):
    return len(given) == len(wanted) and all(g in (None, w) for g, w in zip(given, wanted, strict=True))


def check_pictures(x, image_shape, name="x"):
    """Checks one batch of pictures, or of vectors where `image_shape` has one axis.

    Args:
        x: array or tensor [batch, height, width, channels], the channel axis may be missing where it is 1.
        image_shape: shape of one example as the model takes it; with four axes it is that of a clip.
        name: of the argument in messages.

    Raises:
        ValueError: wrong shape or type, an integer outside 0..255, a float outside [0, 1] or not finite, or an
            empty batch.

    Example:

    >>> kgen.inputs.check_pictures(np.zeros((2, 28, 28), "uint8"), (28, 28, 1))
    """
    x = np.asarray(x)
    kind, loader, sizes = CLIPS if len(image_shape) == 4 else PICTURES
    expected = f"{kind} of shape (batch, {', '.join(map(str, image_shape))})"
    if x.dtype.kind not in "uif" and x.dtype.name != "bfloat16":
        raise invalid(name, f"{expected}, integers 0..255 or floats in [0, 1]", dtype=str(x.dtype))
    if x.shape[1:] not in (tuple(image_shape), _without_channel(image_shape)):
        hint = f"; `kgen.datasets.{loader}(..., {sizes})` resizes" if len(x.shape) >= 3 else ""
        raise invalid(name, expected + hint, shape=x.shape)
    if len(x) == 0:
        raise invalid(name, "at least one example", shape=x.shape)
    check_finite(x, name)
    if len(image_shape) > 1:
        check_range(x, name)


def check_sounds(x, length, name="x"):
    """Checks one batch of waveforms.

    Args:
        x: array or tensor [batch, length] or [batch, length, 1].
        length: samples of a waveform.
        name: of the argument in messages.

    Raises:
        ValueError: wrong shape or type, a float outside [-1, 1] or not finite, or an empty batch.

    Example:

    >>> kgen.inputs.check_sounds(np.zeros((2, 64), "int16"), 64)
    """
    x = np.asarray(x)
    expected = f"sounds of shape (batch, {length})"
    if x.dtype.kind != "f" and x.dtype.name not in ("int16", "bfloat16"):
        raise invalid(name, f"{expected}, floats in [-1, 1] or int16", dtype=str(x.dtype))
    if x.shape[1:] not in ((length,), (length, 1)):
        hint = "; `kgen.datasets.load_sounds(..., slice_length=...)` crops"
        raise invalid(name, expected + hint, shape=x.shape)
    if len(x) == 0:
        raise invalid(name, "at least one example", shape=x.shape)
    check_finite(x, name)
    low, high = float(x.min()), float(x.max())
    if x.dtype.kind != "i" and not -1 <= low <= high <= 1:
        raise invalid(name, "floats in [-1, 1], or int16", minimum=low, maximum=high)


def check_range(x, name="x"):
    """Checks that integers are in 0..255 and floats in [0, 1].

    Args:
        x: array.
        name: of the argument in messages.

    Raises:
        ValueError: for any other number.

    Example:

    >>> kgen.inputs.check_range(np.array([0.0, 1.0]))
    >>> kgen.inputs.check_range(np.array([0.0, 1.5]))
    Traceback (most recent call last):
        ...
    ValueError: Invalid value for argument `x`. Expected floats in [0, 1], or integers in 0..255. ...
    """
    top = 255 if x.dtype.kind in "iu" else 1
    low, high = x.min(), x.max()
    if low < 0 or high > top:
        expected = "integers in 0..255" if top == 255 else "floats in [0, 1], or integers in 0..255"
        raise invalid(name, expected, minimum=float(low), maximum=float(high))


def check_finite(x, name="x"):
    """Checks that every number is finite.

    Args:
        x: array of any shape; the first axis is the batch.
        name: of the argument in messages.

    Raises:
        ValueError: naming the first example that holds NaN or infinity.

    Example:

    >>> kgen.inputs.check_finite(np.array([[0.0, 1.0]]))
    >>> kgen.inputs.check_finite(np.array([[0.0, np.nan]]))
    Traceback (most recent call last):
        ...
    ValueError: Invalid value for argument `x`. Expected finite numbers, but the value at index (0, 1) is nan. ...
    """
    x = np.asarray(x, "float32") if np.asarray(x).dtype.kind not in "iu" else np.zeros(1)
    if not np.isfinite(x).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
        raise invalid(name, f"finite numbers, but the value at index {index} is {x[index]}", shape=x.shape)


def check_latents(z, latent_dim, name="latent"):
    """Checks one batch of latent codes.

    Args:
        z: array [batch, latent_dim].
        latent_dim: length of a code.
        name: of the argument in messages.

    Raises:
        ValueError: wrong shape, or numbers that are not finite.

    Example:

    >>> kgen.inputs.check_latents(np.zeros((2, 8)), 8)
    >>> kgen.inputs.check_latents(np.zeros((2, 4)), 8)
    Traceback (most recent call last):
        ...
    ValueError: Invalid value for argument `latent`. Expected codes of shape (batch, 8). Received: shape=(2, 4).
    """
    z = np.asarray(z)
    if z.ndim != 2 or z.shape[1] != latent_dim:
        raise invalid(name, f"codes of shape (batch, {latent_dim})", shape=z.shape)
    check_finite(z, name)


def check_tokens(x, vocabulary_size, name="x", shortest=2):
    """Checks one batch of rows of tokens.

    Args:
        x: integer array or tensor [batch, T].
        vocabulary_size: V; ids are 0 ... V - 1.
        name: of the argument in messages.
        shortest: tokens of a row, at least; a start and a token to predict.

    Raises:
        ValueError: wrong shape or type, an id outside the vocabulary, or an empty batch.

    Example:

    >>> kgen.inputs.check_tokens(np.array([[2, 4, 5]]), 6)
    """
    x = np.asarray(x)
    expected = f"rows of tokens, integers [batch, T] with T of at least {shortest}"
    if x.dtype.kind not in "iu":
        raise invalid(name, f"strings, or {expected}", dtype=str(x.dtype))
    if x.ndim != 2 or x.shape[1] < shortest:
        raise invalid(name, expected, shape=x.shape)
    if len(x) == 0:
        raise invalid(name, "at least one example", shape=x.shape)
    if x.min() < 0 or x.max() >= vocabulary_size:
        expected = f"ids in 0..{vocabulary_size - 1}, those of the model's vocabulary"
        raise invalid(name, expected, minimum=int(x.min()), maximum=int(x.max()))


def check_length(dataset, steps_per_epoch):
    """Checks that a data set's length is known, and not zero.

    Args:
        dataset: a `tf.data.Dataset`.
        steps_per_epoch: integer or None.

    Raises:
        ValueError: empty, endless or of unknown length without `steps_per_epoch`.

    Example:

    >>> kgen.inputs.check_length(tf.data.Dataset.range(4), None)
    >>> kgen.inputs.check_length(tf.data.Dataset.range(4).repeat(), None)
    Traceback (most recent call last):
        ...
    ValueError: Invalid value for argument `x`. Expected a data set of known length ...
    """
    length = int(dataset.cardinality())
    if steps_per_epoch is not None:
        positive_integer("steps_per_epoch", steps_per_epoch)
    if length == 0:
        raise invalid("x", "a data set with at least one batch", batches=0)
    if length < 0 and steps_per_epoch is None:
        kind = "endless" if length == tf.data.INFINITE_CARDINALITY else "of unknown length"
        remedy = "`fit(steps_per_epoch=...)` or `dataset.apply(tf.data.experimental.assert_cardinality(n))`"
        raise invalid("x", f"a data set of known length (use {remedy})", x=f"a data set {kind}")


def check_batch_size(num_examples, layers):
    """Checks that a training batch can be normalised where a network does so.

    Args:
        num_examples: in the batch.
        layers: of the networks.

    Raises:
        ValueError: one example, whose batch statistics say nothing.

    Example:

    >>> kgen.inputs.check_batch_size(2, [keras.layers.BatchNormalization()])
    >>> kgen.inputs.check_batch_size(1, [keras.layers.BatchNormalization()])
    Traceback (most recent call last):
        ...
    ValueError: Invalid value for argument `batch_size`. Expected at least 2 with batch normalization. ...
    """
    normalized = any(isinstance(layer, keras.layers.BatchNormalization) for layer in layers)
    if normalized and num_examples < 2:
        raise invalid("batch_size", "at least 2 with batch normalization", batch_size=num_examples)


def first_batch(dataset):
    """The first batch of a data set.

    Args:
        dataset: an iterable of batches x, (x,) or (x, labels).

    Returns:
        (x, labels), arrays, x a dict of them where it is a dict; labels are None where there are none.

    Raises:
        ValueError: if there is none.

    Example:

    >>> kgen.inputs.first_batch([(np.zeros(2), np.array([3, 1])), (np.ones(2), np.array([0, 2]))])
    (array([0., 0.]), array([3, 1]))
    """
    for batch in dataset:
        x, y = (*batch, None)[:2] if isinstance(batch, (tuple, list)) else (batch, None)
        x = {name: np.asarray(part) for name, part in x.items()} if isinstance(x, dict) else np.asarray(x)
        return x, None if y is None else np.asarray(y)
    raise invalid("x", "a data set with at least one batch", batches=0)


def count(x):
    """Number of examples in a batch.

    Args:
        x: array, or dict name -> array.

    Returns:
        Integer.

    Example:

    >>> kgen.inputs.count({"a": np.zeros([4, 2]), "b": np.zeros([4])})
    4
    """
    return len(next(iter(x.values()))) if isinstance(x, dict) else len(x)


def check_labels(y, num_classes, missing=False, name="y"):
    """Checks the labels of a batch.

    Args:
        y: array [batch], or None.
        num_classes: classes are 0 ... num_classes - 1.
        missing: whether -1 stands for a label that is not known.
        name: of the argument in messages.

    Raises:
        ValueError: no labels, another shape or type, or a label outside the classes.

    Example:

    >>> kgen.inputs.check_labels(np.array([0, 9]), 10)
    """
    low = -1 if missing else 0
    expected = f"integer labels in {low}..{num_classes - 1}, one for each example"
    if y is None:
        raise invalid(name, expected, **{name: None})
    y = np.asarray(y)
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise invalid(name, expected, shape=y.shape, dtype=str(y.dtype))
    if len(y) and (y.min() < low or y.max() >= num_classes):
        raise invalid(name, expected, minimum=int(y.min()), maximum=int(y.max()))


def _without_channel(image_shape):
    return tuple(image_shape[:-1]) if len(image_shape) > 1 and image_shape[-1] == 1 else tuple(image_shape)
