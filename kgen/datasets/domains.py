"""Second domains of grey pictures, by functions that are known, so that a translation can be measured."""

import numpy as np

from kgen.datasets.checks import chunks
from kgen.datasets.sizing import allocate
from kgen.errors import invalid, one_of

PREFIX = "digits_pair:"
TINT = (255, 176, 64)


def negative(images):
    """The negative, y = 255 - x.

    Args:
        images: uint8 array.

    Returns:
        uint8 array of the same shape.

    Example:

    >>> kgen.datasets.domains.negative(np.array([0, 250], "uint8")).tolist()
    [255, 5]
    """
    return 255 - images


def edges(images):
    """The outlines, by the magnitude of Sobel's gradient.

    y = min(255, sqrt(g_x^2 + g_y^2) / 4), where g_x is the correlation with [1 2 1]^T [-1 0 1] and g_y with
    its transpose; pixels outside repeat the nearest one. A straight step from 0 to v shows v.

    Args:
        images: uint8 array [N, H, W, C].

    Returns:
        uint8 array of the same shape.

    Example:

    >>> picture = np.array([[0, 0, 80, 80]] * 3, "uint8").reshape(1, 3, 4, 1)
    >>> kgen.datasets.domains.edges(picture)[0, 1, :, 0].tolist()
    [0, 80, 80, 0]
    """
    result, first = allocate(images.shape), 0
    for chunk in chunks(images):
        padded = np.pad(chunk.astype(np.float32), ((0, 0), (1, 1), (1, 1), (0, 0)), "edge")
        gradient = np.hypot(_difference(_smooth(padded, 1), 2), _difference(_smooth(padded, 2), 1)) / 4
        result[first : first + len(chunk)] = np.minimum(255, np.round(gradient))
        first += len(chunk)
    return result


def _smooth(x, axis):
    before, here, after = (x.take(range(i, x.shape[axis] - 2 + i), axis) for i in range(3))
    return before + 2 * here + after


def _difference(x, axis):
    before, after = (x.take(range(i, x.shape[axis] - 2 + i), axis) for i in (0, 2))
    return after - before


def colour(images):
    """The negative, tinted: y_c = (255 - x) t_c / 255 with the orange t = (255, 176, 64).

    Args:
        images: uint8 array [N, H, W, 1].

    Returns:
        uint8 array [N, H, W, 3].

    Example:

    >>> kgen.datasets.domains.colour(np.array([[[[0]], [[255]]]], "uint8")).tolist()
    [[[[255, 176, 64]], [[0, 0, 0]]]]
    """
    tinted = allocate((*images.shape[:-1], len(TINT)))
    for channel, tint in enumerate(TINT):
        shades = np.round((255 - np.arange(256)) * tint / 255).astype(np.uint8)
        tinted[..., channel] = shades[images[..., 0]]
    return tinted


DOMAINS = {"negative": negative, "edges": edges, "colour": colour}


def is_domain_pair(source):
    """Whether a source asks for grey pictures and their images under a known function.

    Args:
        source: anything.

    Returns:
        bool.
    """
    return isinstance(source, str) and source.startswith(PREFIX)


def parse_domain_pair(source):
    """Reads "digits_pair:edges" or "digits_pair:edges:mnist".

    Args:
        source: such a text.

    Returns:
        Name of the function and source of the grey pictures, "digits" if none is given.

    Raises:
        ValueError: if there is no such function.

    Example:

    >>> kgen.datasets.domains.parse_domain_pair("digits_pair:edges:mnist")
    ('edges', 'mnist')
    """
    kind, _, base = source.removeprefix(PREFIX).partition(":")
    one_of("source", PREFIX + kind, [PREFIX + domain for domain in DOMAINS])
    return kind, base or "digits"


def both_domains(examples, kind):
    """Each picture and its counterpart, in order.

    Args:
        examples: `Examples` of grey pictures, uint8.
        kind: "negative", "edges" or "colour".

    Returns:
        Pair of `Examples` with as many channels.

    Raises:
        ValueError: for vectors, colour or floats.
    """
    images = examples.images
    if images.dtype != np.uint8 or images.shape[-1] != 1:
        about = {examples.name: images.shape[1:], "dtype": str(images.dtype)}
        raise invalid("source", "grey 8-bit pictures to derive a second domain from", **about)
    other = DOMAINS[kind](images)
    other = examples._replace(images=other, name=f"{kind} of {examples.name}")
    return examples._replace(images=with_channels(images, other.images.shape[-1])), other


def with_channels(images, channels):
    """Pictures [N, H, W, channels]; a single channel is repeated."""
    if images.shape[-1] == channels:
        return images
    repeated = allocate((*images.shape[:-1], channels), images.dtype)
    repeated[...] = images
    return repeated
