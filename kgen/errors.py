"""The form of every error message: the argument, what was expected, what was received."""

import difflib


def invalid(argument, expected, **received):
    """A ValueError in the house's form.

    Args:
        argument: name of the argument.
        expected: what it should have been, in words.
        **received: what was received, by name.

    Returns:
        The ValueError, to be raised by the caller.

    Example:

    >>> print(kgen.errors.invalid("latent_dim", "a positive integer", latent_dim=0))
    Invalid value for argument `latent_dim`. Expected a positive integer. Received: latent_dim=0
    """
    values = ", ".join(f"{name}={value!r}" for name, value in received.items())
    return ValueError(f"Invalid value for argument `{argument}`. Expected {expected}. Received: {values}")


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
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise invalid(name, "a positive integer", **{name: value})
