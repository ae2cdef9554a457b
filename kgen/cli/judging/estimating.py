"""How long an evaluation will take, from two small ones."""

import time

from kgen.cli.judging import report

PILOT = 256  # Examples of the smaller one.
LARGER = 4  # How many times as many the other has.
PAIRS = ("kernel_distance", "precision", "recall", "density", "coverage")  # Their work grows with the square.


def estimate(evidence, metrics):
    """Seconds that `report.report` will take.

    Each stage takes a + b w seconds for work w, found by two small evaluations after one that warms up.

    Args:
        evidence: a `kgen.cli.judging.evidence.Evidence`.
        metrics: names, as `report.chosen` gives them.

    Returns:
        Seconds, or None for an evaluation that is itself a small one.
    """
    wanted, few, more = evidence.description.num_examples, PILOT, LARGER * PILOT
    if wanted < 2 * more:
        return None
    _timed(evidence.smaller(few), metrics)
    first, second = (_timed(evidence.smaller(number), metrics) for number in (few, more))
    return sum(_line(stage, first[stage], second[stage], few, more, wanted) for stage in second)


def _line(stage, first, second, few, more, wanted):
    """The straight line through two times of a stage, at the work that is wanted."""
    low, high, far = (_work(stage, number) for number in (few, more, wanted))
    slope = max(second - first, 0.0) / (high - low)
    return second + slope * (far - high)


def _timed(evidence, metrics):
    """Seconds of each stage of a report."""
    seconds, start = {}, time.monotonic()

    def done(stage):
        last = time.monotonic() - start - sum(seconds.values())
        seconds[stage] = seconds.get(stage, 0.0) + last  # Of both directions, where there are two.

    report.report(evidence, metrics, done)
    return seconds


def _work(stage, number):
    """How a stage's work grows with the number of examples, up to a factor."""
    if stage == "memorization":
        return min(number, report.COPIES)
    return number**2 if stage in PAIRS else number
