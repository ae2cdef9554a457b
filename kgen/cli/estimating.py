"""How long an evaluation will take, from a small one."""

import time

from kgen.cli import judging

PILOT = 256  # Examples of the small evaluation.
PAIRS = ("kernel_distance", "precision", "recall", "density", "coverage")  # Their work grows with the square.


def estimate(evidence, metrics):
    """Seconds that `judging.report` will take.

    A small evaluation is run twice, once to warm up; each stage's time is then scaled to the whole.

    Args:
        evidence: a `judging.Evidence`.
        metrics: names, as `judging.chosen` gives them.

    Returns:
        Seconds, or None for an evaluation that is itself a small one.
    """
    wanted, few = evidence.description.num_examples, PILOT
    if wanted < 4 * few:
        return None
    for _ in range(2):
        seconds = _timed(evidence.smaller(few), metrics)
    return sum(spent * _work(stage, wanted) / _work(stage, few) for stage, spent in seconds.items())


def _timed(evidence, metrics):
    """Seconds of each stage of a report."""
    seconds, start = {}, time.monotonic()

    def done(stage):
        seconds[stage] = time.monotonic() - start - sum(seconds.values())

    judging.report(evidence, metrics, done)
    return seconds


def _work(stage, number):
    """How a stage's work grows with the number of examples, up to a factor."""
    if stage == "memorization":
        return min(number, judging.COPIES)
    return number**2 if stage in PAIRS else number
