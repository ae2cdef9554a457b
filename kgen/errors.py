"""The form of every error message: the argument, what was expected, what was received."""

import difflib
import numbers


def invalid(argument, expected, text="", **received):
    """A ValueError in the house's form.

    Args:
        argument: name of the argument.
        expected: what it should have been, in words.
        text: what was received, in words.
        **received: what was received, by name.

    Returns:
        The ValueError, to be raised by the caller.

    Example:

    >>> print(kgen.errors.invalid("latent_dim", "a positive integer", latent_dim=0))
    Invalid value for argument `latent_dim`. Expected a positive integer. Received: latent_dim=0.
    """
    values = ", ".join(filter(None, [text, *(f"{name}={value!r}" for name, value in received.items())]))
    return ValueError(f"Invalid value for argument `{argument}`. Expected {expected}. Received: {values}.")


def nearest(word, words):
    """A hint at the right spelling.

    Args:
        word: what was written.
        words: the words that exist.

    Returns:
        One sentence.

    Example:

    >>> kgen.errors.nearest("dcgna", ["gan", "dcgan", "vae"])
    'Did you mean `dcgan`?'
    """
    words = [w for w in words if not w.startswith("_") and w not in ("self", "kwargs")]
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return f"Did you mean `{close[0]}`?" if close else f"Choose from: {', '.join(sorted(words))}."


def positive_integer(name, value):
    """Raises a ValueError unless the value is an integer of at least 1.

    Args:
        name: of the argument.
        value: to be checked.

    Raises:
        ValueError: if it is anything else.

    Example:

    >>> kgen.errors.positive_integer("units", 8)
    >>> kgen.errors.positive_integer("units", 0)
    Traceback (most recent call last):
        ...
    ValueError: Invalid value for argument `units`. Expected a positive integer. Received: units=0.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
        raise invalid(name, "a positive integer", **{name: value})


def integer_from(low, name, value):
    """Raises a ValueError unless the value is an integer of at least `low`.

    Args:
        low: smallest integer allowed.
        name: of the argument.
        value: to be checked.

    Raises:
        ValueError: if it is anything else.

    Example:

    >>> kgen.errors.integer_from(2, "width", 2)
    >>> kgen.errors.integer_from(2, "width", 1)
    Traceback (most recent call last):
        ...
    ValueError: Invalid value for argument `width`. Expected an integer of at least 2. Received: width=1.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < low:
        raise invalid(name, f"an integer of at least {low}", **{name: value})


def number_in(name, value, low, high):
    """Raises a ValueError unless low <= value < high.

    Args:
        name: of the argument.
        value: to be checked.
        low: smallest number allowed.
        high: number that is too large.

    Raises:
        ValueError: if it is anything else.

    Example:

    >>> kgen.errors.number_in("rate", 0.5, 0, 1)
    >>> kgen.errors.number_in("rate", 1.0, 0, 1)
    Traceback (most recent call last):
        ...
    ValueError: Invalid value for argument `rate`. Expected a number in [0, 1). Received: rate=1.0.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not low <= value < high:
        raise invalid(name, f"a number in [{low}, {high})", **{name: value})


def one_of(name, value, choices):
    """Raises a ValueError with the nearest choice unless the value is one of them.

    Args:
        name: of the argument.
        value: to be checked.
        choices: the values that exist.

    Raises:
        ValueError: if it is anything else.

    Example:

    >>> kgen.errors.one_of("loss", "hinge", ["hinge", "wasserstein"])
    >>> kgen.errors.one_of("loss", "hing", ["hinge", "wasserstein"])
    Traceback (most recent call last):
        ...
    ValueError: Invalid value for argument `loss`. Expected one of ... Did you mean `hinge`?
    """
    if not isinstance(value, (str, type(None))) or value not in choices:
        hint = nearest(value, [c for c in choices if c]) if isinstance(value, str) else ""
        error = invalid(name, "one of " + ", ".join(map(repr, choices)), **{name: value})
        raise ValueError(f"{error} {hint}".strip())
