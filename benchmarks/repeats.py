"""Runs of several seeds: which are missing, and the means of the others."""

import statistics


def missing(runs, keys, seeds):
    """(seed, key) of the runs that are not recorded.

    Args:
        runs: dict key -> {seed as text: quantities}.
        keys: what is run for each seed.
        seeds: integers.

    Returns:
        List, seed by seed.
    """
    return [(seed, key) for seed in seeds for key in keys if str(seed) not in runs.get(key, {})]


def summary(runs, spread):
    """Mean of each quantity over seeds, as text, with its spread where there are several.

    Args:
        runs: dict seed -> {quantity: number or None}.
        spread: function from a list of numbers to their spread.

    Returns:
        Dict quantity -> text.
    """
    rows = list(runs.values())
    columns = {key: [row[key] for row in rows if row[key] is not None] for key in rows[0]}
    return {key: _told(found, spread) if found else "none" for key, found in columns.items()}


def standard_error(found):
    """Of the mean of at least two numbers."""
    return statistics.stdev(found) / len(found) ** 0.5


def _told(found, spread):
    mean = statistics.mean(found)
    text = f"{mean:.3g}" if abs(mean) < 999.5 else f"{mean:.0f}"
    return f"{text} +- {spread(found):.2g}" if len(found) > 1 else text
