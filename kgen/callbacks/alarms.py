"""What can go wrong while two players learn, and how to say it in plain words."""

from collections.abc import Callable
from typing import NamedTuple

RISING = 1.2  # Samples that differ more than ever, by this factor, are on their way.


class Limits(NamedTuple):
    """What is still well: the smallest diversity, the largest accuracy and share of skipped steps."""

    diversity: float
    accuracy: float
    skipped: float


class Alarm(NamedTuple):
    """One thing that can go wrong."""

    title: str
    holds: Callable  # (checks so far, limits) -> whether it is so at the last check.
    finding: Callable  # (checks in a row at which it was so, since when) -> what was measured.
    remedies: dict  # Number of players -> what to do.


def spell(alarm, checks, limits):
    """The last checks in a row at which an alarm holds.

    Args:
        alarm: `Alarm`.
        checks: list of dicts, the measurements so far.
        limits: `Limits`.

    Returns:
        The end of the list, maybe empty.
    """
    start = len(checks)
    while start > 0 and alarm.holds(checks[:start], limits):
        start -= 1
    return checks[start:]


def words(alarm, checks, players):
    """What is happening, since when, and what to do.

    Args:
        alarm: `Alarm`.
        checks: those in a row at which it holds.
        players: number of the model's players.

    Returns:
        String.
    """
    finding = alarm.finding(checks, f"since epoch {checks[0]['epoch']}")
    return f"{alarm.title}: {finding}. {alarm.remedies[players]}"


def _alike(checks, limits):
    *earlier, now = (check["diversity"] for check in checks)
    return now < limits.diversity and not (earlier and now > RISING * max(earlier))


def _apart(checks, limits):
    return not checks[-1]["diversity"] * limits.diversity <= 1  # NaN too.


def _wins(checks, limits):
    return checks[-1].get("accuracy", 0.0) >= limits.accuracy


def _skipped(checks, limits):
    return checks[-1]["skipped_steps"] > limits.skipped * checks[-1]["steps"]


def _diversity(checks, since):
    return f"diversity {100 * checks[-1]['diversity']:.3g} % of real data's {since}"


def _separated(checks, since):
    share = 100 * sum(check["accuracy"] for check in checks) / len(checks)
    ratio = f"{checks[-1]['gradient_norm_ratio']:.2g} times as long as the generator's"
    return f"it separates {share:.1f} % of samples {since}, and its gradient is {ratio}"


def _counted(checks, since):
    skipped, steps = (sum(check[name] for check in checks) for name in ("skipped_steps", "steps"))
    return f"{skipped} of {steps} {since}, because a picture or a gradient was not finite"


def _either(remedy):
    return {1: remedy, 2: remedy}


ALARMS = (
    Alarm(
        "the samples are alike",
        _alike,
        _diversity,
        {
            1: "Try a smaller beta, or a larger latent_dim.",
            2: "Try packing=2, minibatch_discrimination=50, a Wasserstein loss with a penalty, or lower learning "
            "rates.",
        },
    ),
    Alarm("the samples fly apart", _apart, _diversity, _either("Try lower learning rates.")),
    Alarm(
        "the discriminator wins",
        _wins,
        _separated,
        {
            2: 'Try a lower learning rate for the discriminator, penalty="r1", spectral_normalization=True or, '
            'where data are few, augment="translation".'
        },
    ),
    Alarm(
        "steps are skipped",
        _skipped,
        _counted,
        _either("Look for bad values in the data, or try lower learning rates."),
    ),
)
