"""The numbers of a report, each beside what real data reach, as rows of a table."""

from typing import NamedTuple

from kgen.metrics.report import MEASURES


class Row(NamedTuple):
    """A number, and the one that it is to be compared with, of what."""

    name: str
    value: float | None
    floor: float | None = None
    of: str = ""


def rows(values):
    """All numbers of a report.

    Args:
        values: as `kgen.cli.evaluate.judge` gives them.

    Returns:
        List of `Row`.

    Example:

    >>> found = {"terms": {"loss": 0.5}, "texts": {"bleu_4": {"value": 0.2, "floor": 0.3}}}
    >>> from kgen.cli.cards.measured import rows
    >>> rows(found)[1]
    Row(name='bleu_4', value=0.2, floor=0.3, of='held-out text')
    """
    found = _cells(values["terms"]) if "num_cells" in values else _alone(values["terms"])
    for name in [name for name in TOLD if name in values]:
        found += TOLD[name](values[name])
    if "distances_ba" in values:
        found += [row._replace(name=f"{row.name}_ba") for row in _distances(values["distances_ba"])]
    return found


def _alone(terms):
    return [Row(name, value) for name, value in terms.items()]


def _cells(terms):
    """Of cells that were hidden, each kind beside what the simplest way reaches on the same cells."""
    ways = {
        "imputation_rmse": ("mean_rmse", "each column's mean"),
        "category_accuracy": ("most_frequent_accuracy", "each column's most frequent"),
    }
    kept = {name: way for name, way in ways.items() if name in terms}
    return [Row(name, terms[name], terms[simple], of) for name, (simple, of) in kept.items()]


def _distances(found):
    names = [name for name in MEASURES if name in found]
    return [Row(name, found[name]["value"], found[name]["floor"], "real against real") for name in names]


def _texts(found):
    return [Row(name, own["value"], own["floor"], "held-out text") for name, own in found.items()]


def _modes(found):
    return [Row(name, value, found["real"][name], "real points") for name, value in found["samples"].items()]


def _truth(found):
    return [Row(name, own["value"], own["shuffled"], "shuffled pairs") for name, own in found.items()]


def _motion(found):
    names = {
        "speed": "speed_distance",
        "acceleration": "acceleration_distance",
        "empty_frames": "empty_frames",
    }
    return [
        Row(name, found[key]["value"], found[key]["floor"], "real against real")
        for key, name in names.items()
    ]


def _sounds(found):
    """Each number with that of real sounds: held-out ones, but for the Frechet distance of training ones to them."""
    compared = [(name, own) for name, own in found.items() if name != "classifier_accuracy"]
    accuracy = Row("classifier_accuracy", found["classifier_accuracy"])
    return [*(Row(name, own["value"], own["floor"], "real sounds") for name, own in compared), accuracy]


def _agreement(found):
    return [
        Row(f"class_shown_in_{name}", own["value"], own["floor"], "held-out rows")
        for name, own in found.items()
    ]


def _class_balance(found):
    return [Row("class_entropy", found["entropy"], found["max_entropy"], "the most there can be")]


def _memorization(found):
    """Shares that lie closer to a training picture than any held-out one."""
    fresh = 1 / (found["num_held_out"] + 1)
    spaces = {name: found[name]["share_within_closest_real"] for name in SPACES if found[name]}
    return [Row(f"memorization_in_{name}", share, fresh, "fresh pictures") for name, share in spaces.items()]


def _verdict(found):
    names = {"real_accuracy": "verdict_on_real", "fake_accuracy": "verdict_on_generated"}
    accuracies = [Row(name, found[key], 0.5, "guessing") for key, name in names.items()]
    return [*accuracies, Row("calibration_error", found["error"], 0.0, "a calibrated discriminator")]


SPACES = ("pixels", "features")
TOLD = {
    "modes": _modes,
    "distances": _distances,
    "truth": _truth,
    "motion": _motion,
    "sounds": _sounds,
    "agreement": _agreement,
    "class_balance": _class_balance,
    "memorization": _memorization,
    "verdict": _verdict,
    "texts": _texts,
}


def of_noise(values):
    """What noise with the mean spectrum of a run's sounds reaches.

    Args:
        values: as of `rows`.

    Returns:
        Names and numbers in one line, "" of other data than sounds.

    Example:

    >>> from kgen.cli.cards.measured import of_noise
    >>> of_noise({"sounds": {"classifier_accuracy": 0.9, "frechet_distance": {"random_phase": 12.5}}})
    '`frechet_distance` 12.5'
    """
    found = {name: own for name, own in values.get("sounds", {}).items() if name != "classifier_accuracy"}
    return ", ".join(f"`{name}` {_number(own['random_phase'])}" for name, own in found.items())


def markdown(values):
    """The numbers of a report as a table in Markdown.

    Args:
        values: as of `rows`.

    Returns:
        List of lines.

    Example:

    >>> from kgen.cli.cards.measured import markdown
    >>> print("\\n".join(markdown({"terms": {"loss": 0.5}})))
    | metric | this model | floor | of |
    |---|---|---|---|
    | `loss` | 0.5 |  |  |
    """
    body = [
        f"| `{row.name}` | {_number(row.value)} | {_number(row.floor) if row.of else ''} | {row.of} |"
        for row in rows(values)
    ]
    return ["| metric | this model | floor | of |", "|---|---|---|---|", *body]


def _number(value):
    return "none" if value is None else f"{value:.4g}"
