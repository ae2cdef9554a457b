"""Networks of several modalities: a trunk that all share, and for each modality layers of its own.

Inside, an example of all modalities is one vector, its parts side by side; see `kgen.modalities`.

Reference: Liu & Tuzel 2016, sections 3 and 4, arXiv 1606.07536.
"""

import itertools
import math

import keras
from keras import ops

from kgen.errors import invalid
from kgen.networks import convolutional, dense, waveform

SMALLEST = 8  # Pixels along a side that strided convolutions take.


def generator(
    latent_dim,
    modalities,
    trunk_units=256,
    width=32,
    normalization="batch",
    kernel_regularizer=None,
    name="generator",
):
    """Codes [batch, latent_dim] to examples of all modalities [batch, sum of the sizes].

    Two dense layers are the trunk, which every head reads: pictures grow by strided transposed convolutions, sounds by
    WaveGAN's, labels are a softmax, vectors linear.

    Args:
        latent_dim: length of the code.
        modalities: dict name -> `kgen.modalities.Modality`.
        trunk_units: of each layer of the trunk, and of the hidden layer of labels and vectors.
        width: channels of a picture's head at half resolution, and of a sound's last hidden layer.
        normalization: "batch", "layer" or None, in the trunk and in all heads but those of sounds.
        kernel_regularizer: of every kernel.
        name: of the network.

    Returns:
        A functional `keras.Model`; its output is float32.

    Raises:
        ValueError: a picture with a side below 8, or a sound whose length is no power of two from 64 to 65,536.

    Example:

    >>> parts = kgen.modalities.parse({"picture": ("picture", 8, 8, 1), "label": ("label", 3)})
    >>> kgen.networks.joint.generator(4, parts, trunk_units=8, width=2).output_shape
    (None, 67)
    """
    form = {"normalization": normalization, "kernel_regularizer": kernel_regularizer}
    hidden = {"hidden_units": (trunk_units,), "activation": "relu", **form}
    trunk = dense.decoder(latent_dim, (trunk_units,), output_activation="relu", name="trunk", **hidden)
    code = keras.Input((latent_dim,))
    shared = trunk(code)
    heads = [_head(part, trunk_units, width, hidden, part_name) for part_name, part in modalities.items()]
    made = [ops.reshape(head(shared), (-1, math.prod(head.output_shape[1:]))) for head in heads]
    return keras.Model(code, ops.concatenate(made, axis=1), name=name)


def _head(modality, units, width, hidden, name):
    """What makes one modality of the trunk's output."""
    form = {key: hidden[key] for key in ("normalization", "kernel_regularizer")}
    if modality.kind == "picture":
        check_sides(modality, name)
        return convolutional.decoder(units, modality.shape, width, name=name, **form)
    if modality.kind == "sound":
        del form["normalization"]
        return waveform.generator(units, modality.length, width, name=name, **form)
    ending = "softmax" if modality.kind == "label" else None
    return dense.decoder(units, (modality.size,), output_activation=ending, name=name, **hidden)


def check_sides(modality, name):
    """Checks that a picture is not too small for strided convolutions.

    Args:
        modality: a `kgen.modalities.Picture`.
        name: of the modality.

    Raises:
        ValueError: a side below 8.

    Example:

    >>> kgen.networks.joint.check_sides(kgen.modalities.Picture(8, 8, 1), "picture")
    """
    if min(modality.height, modality.width) < SMALLEST:
        raise invalid("modalities", f"pictures with sides of at least {SMALLEST}", **{name: modality.form})


def discriminator(
    modalities,
    packing=1,
    trunk_units=256,
    width=32,
    normalization=None,
    kernel_regularizer=None,
    spectral_normalization=False,
    minibatch_discrimination=0,
    name="discriminator",
):
    """Examples of all modalities [batch, packing * sum of the sizes] to logits [batch, 1 + modalities].

    Each modality has an encoder: one of its outputs is the logit of this modality by itself, the others are features.
    Of the features of all, a dense network makes the logit of the tuple, which stands first.

    Args:
        modalities: dict name -> `kgen.modalities.Modality`.
        packing: examples that are judged together, side by side.
        trunk_units: features of each modality, units of the hidden layer that joins them, and of that of labels and
            vectors.
        width: channels of a picture's encoder at half resolution, and of a sound's first layer.
        normalization: "batch", "layer" or None, in all encoders but those of sounds, never in the first layer.
        kernel_regularizer: of every kernel.
        spectral_normalization: whether every layer is spectrally normalised.
        minibatch_discrimination: kernels of a `MinibatchDiscrimination` before the tuple's logit; 0 for none.
        name: of the network.

    Returns:
        A functional `keras.Model`; its output is float32.

    Example:

    >>> parts = kgen.modalities.parse({"picture": ("picture", 8, 8, 1), "label": ("label", 3)})
    >>> network = kgen.networks.joint.discriminator(parts, trunk_units=8, width=2)
    >>> network.input_shape, network.output_shape
    ((None, 67), (None, 3))
    """
    form = {"normalization": normalization, "kernel_regularizer": kernel_regularizer}
    form |= {"spectral_normalization": spectral_normalization}
    joined = keras.Input((packing * sum(part.size for part in modalities.values()),))
    readings = [
        _encoder(part, shown.shape[1:], trunk_units, width, form, part_name)(shown)
        for (part_name, part), shown in zip(modalities.items(), cut(joined, modalities, packing), strict=True)
    ]
    features = ops.leaky_relu(ops.concatenate([reading[:, 1:] for reading in readings], axis=1), 0.2)
    judge = {"hidden_units": (trunk_units,), "minibatch_discrimination": minibatch_discrimination, **form}
    together = dense.encoder(features.shape[1:], **judge, name="tuple")(features)
    logits = ops.concatenate([together, *(reading[:, :1] for reading in readings)], axis=1)
    return keras.Model(joined, logits, name=name)


def _encoder(modality, shape, units, width, form, name):
    """What reads one modality: a logit, and features."""
    if modality.kind == "picture":
        return convolutional.encoder(shape, 1 + units, width, name=name, **form)
    if modality.kind == "sound":
        form = {key: value for key, value in form.items() if key != "normalization"}
        return waveform.discriminator(shape, 1 + units, width, name=name, **form)
    return dense.encoder(shape, 1 + units, (units,), name=name, **form)


def cut(joined, modalities, packing):
    """The parts of joined examples as networks read them, those of a pack side by side along the last axis.

    Args:
        joined: symbolic tensor [batch, packing * sum of the sizes].
        modalities: dict name -> `kgen.modalities.Modality`.
        packing: examples in a row.

    Returns:
        List of tensors: pictures [batch, height, width, packing * channels], sounds [batch, length, packing], labels
        and vectors [batch, packing * size].

    Example:

    >>> parts = kgen.modalities.parse({"sound": ("sound", 3, 8000), "label": ("label", 2)})
    >>> sound, label = kgen.networks.joint.cut(np.arange(10.0)[None], parts, packing=2)
    >>> sound.numpy().tolist(), label.numpy().tolist()
    ([[[0.0, 5.0], [1.0, 6.0], [2.0, 7.0]]], [[3.0, 4.0, 8.0, 9.0]])
    """
    sizes = [part.size for part in modalities.values()]
    examples = ops.reshape(joined, (-1, packing, sum(sizes)))
    parts = ops.split(examples, list(itertools.accumulate(sizes))[:-1], axis=2)
    return [
        _side_by_side(x, packing, _shape(part)) for x, part in zip(parts, modalities.values(), strict=True)
    ]


def _shape(modality):
    """Of one example inside the networks, with an axis of channels."""
    return {"picture": modality.shape, "sound": (*modality.shape, 1)}.get(modality.kind, (modality.size,))


def _side_by_side(x, packing, shape):
    """[batch, packing, size] to [batch, *shape] with `packing` times as many channels."""
    *sides, channels = shape
    x = ops.moveaxis(ops.reshape(x, (-1, packing, *shape)), 1, -2)
    return ops.reshape(x, (-1, *sides, packing * channels))
