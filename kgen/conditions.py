"""What `generate` of a language model is told, checked: one value, or one for each text."""

import math

import numpy as np

from kgen.errors import invalid, number_in, positive_integer


def of_each_text(name, value, num_samples):
    """A condition as a list of one value, or of one for each text.

    Args:
        name: "prompt", "temperature", "top_k", "top_p" or "length".
        value: one value, or a list, tuple or array of them.
        num_samples: how many texts there are.

    Returns:
        List of 1 or num_samples values.

    Raises:
        ValueError: another number of values, or one that is out of range.

    Example:

    >>> kgen.conditions.of_each_text("temperature", [0, 0.8], 2)
    [0, 0.8]
    """
    values = list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value]
    if len(values) not in (1, num_samples):
        raise invalid(name, f"one value, or {num_samples} of them", f"{len(values)} of them")
    for each in values:
        CHECKS[name](name, each)
    return values


def _text(name, value):
    if not isinstance(value, str):
        raise invalid(name, "a string, or one for each sample", **{name: value})


def _temperature(name, value):
    number_in(name, value, 0, math.inf)


def _share(name, value):
    try:
        number_in(name, value, math.ulp(0.0), math.nextafter(1.0, 2.0))
    except ValueError:
        raise invalid(name, "a number in (0, 1]", **{name: value}) from None


CHECKS = {
    "prompt": _text,
    "temperature": _temperature,
    "top_k": positive_integer,
    "top_p": _share,
    "length": positive_integer,
}
