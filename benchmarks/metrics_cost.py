"""What the metrics of features cost, 10,000 pictures against 10,000: seconds and memory once features are there.

    python benchmarks/metrics_cost.py [--num-samples 10000]

The features are normal numbers of 64 dimensions, as many as kgen's extractors have. Memory is what the process takes at
its highest beyond what it took before the first metric.
"""

import argparse
import time

import numpy as np
import timing

from kgen.metrics.report import DEFAULT, MEASURES, Seen

DIM = 64


def sets(num_samples):
    """Two sets whose features are known."""
    generator = np.random.default_rng(0)
    known = [Seen(None, None), Seen(None, None)]
    for seen in known:
        seen.features = generator.normal(size=(num_samples, DIM)).astype("float32")
    return known


def main(num_samples):
    """Measures each metric once, and records."""
    real, fake = sets(num_samples)
    before, seconds = timing.peak_resident(), {}
    for name in DEFAULT:
        start = time.perf_counter()
        float(MEASURES[name](real, fake)["value"])
        seconds[name] = round(time.perf_counter() - start, 2)
    measured = {
        "seconds": round(sum(seconds.values()), 1),
        "mebibytes": round(timing.peak_resident() - before),
    }
    row = {"measured": measured, "seconds by metric": seconds, "num_samples": num_samples, "features": DIM}
    timing.record("metrics_cost", row)
    print(row)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--num-samples", type=int, default=10_000)
    main(parser.parse_args().num_samples)
