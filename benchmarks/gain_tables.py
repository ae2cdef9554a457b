"""Error of imputed cells on tables of which a fifth is taken away at random, by GAIN and by scikit-learn.

    python benchmarks/gain_tables.py spam --data FILE.csv [--seeds 0 1 ...] [--iterations 10000] [--quick]
    python benchmarks/gain_tables.py breast_cancer

The protocol of Yoon 2018 (arXiv 1806.02920) by the authors' code: 20 % of the cells missing completely at random, one
mask for each seed; the model trains on all incomplete rows, batches of 128, hint rate 0.9, alpha 100, Adam(1e-3),
10,000 iterations, and fills in the same rows; root mean square error of the missing cells, each column scaled by the
complete data. No column of these tables has so few different numbers that the authors' code would round it. On the
same masks scikit-learn's imputers, columns scaled by what is observed. Spam is UCI's spambase without its class, a
CSV file of 4,601 rows and 57 columns with a header; breast cancer is scikit-learn's, 569 rows and 30 columns. A
seed that is recorded is not run again.
"""

import argparse
import math
import statistics
import time
import warnings

import keras
import numpy as np
import timing
from repeats import missing, summary
from sklearn.datasets import load_breast_cancer
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.preprocessing import MinMaxScaler

import kgen
from kgen.datasets.table import read_table

RATE, BATCH, EPOCH = 0.2, 128, 100
IMPUTERS = {
    "mean": lambda seed: SimpleImputer(),
    "nearest neighbours": lambda seed: KNNImputer(),
    "iterative, 10 rounds": lambda seed: IterativeImputer(max_iter=10, random_state=seed),
}
PUBLISHED = "paper 0.0513 +- 0.0016; the authors' code 0.0528 +- 0.0009, 2 of 10 runs not finite"


class Clock(keras.callbacks.Callback):
    """Seconds at the end of each epoch; the first one compiles."""

    def __init__(self):
        super().__init__()
        self.times = []

    def on_epoch_end(self, epoch, logs=None):
        self.times.append(time.perf_counter())


def complete(name, path):
    """The whole table, float64 [rows, columns]."""
    return load_breast_cancer().data if name == "breast_cancer" else read_table(path).values


def gain(rows, seed, iterations):
    """Rows filled in by GAIN, and what training took."""
    keras.utils.set_random_seed(seed)
    model, clock, start = kgen.GAIN(rows.shape[1], seed=seed), Clock(), time.perf_counter()
    model.compile()
    lengths = {"epochs": iterations // EPOCH, "steps_per_epoch": EPOCH}
    model.fit(rows, batch_size=BATCH, verbose=0, callbacks=[clock], **lengths)
    running = (clock.times[-1] - clock.times[0]) / (iterations - EPOCH) * iterations
    seconds = {"seconds": clock.times[-1] - start, "seconds_without_compiling": running}
    return model.impute(rows, seed=seed), {**seconds, "skipped_steps": int(model.skipped_steps)}


def scikit_learn(name, rows, seed):
    """Rows filled in by one of scikit-learn's imputers, and what it took."""
    start, scaler = time.perf_counter(), MinMaxScaler()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # The iterative imputer does not converge in ten rounds.
        filled = IMPUTERS[name](seed).fit_transform(scaler.fit_transform(rows))
    return scaler.inverse_transform(filled), {"seconds": time.perf_counter() - start}


def judged(true, method, seed, iterations):
    """The error of one method on one mask; None where it is not finite."""
    mask = kgen.datasets.mcar(true.shape, RATE, seed)
    rows = np.where(mask, true, np.nan)
    filled, about = gain(rows, seed, iterations) if method == "gain" else scikit_learn(method, rows, seed)
    rmse = kgen.metrics.imputation_rmse(true, filled, mask)
    rounded = {key: round(value, 2) for key, value in about.items()}
    return {"rmse": rmse if math.isfinite(rmse) else None, **rounded}


def record(key, runs, iterations):
    """Writes all runs so far, and their summary by method."""
    ours = list(runs.get("gain", {}).values())
    errors = [run["rmse"] for run in ours if run["rmse"] is not None]
    measured = {"non_finite": len(ours) - len(errors)}
    if errors:
        measured |= {"rmse": statistics.mean(errors), "seeds": len(ours)}
        measured["seconds"] = statistics.median(run["seconds_without_compiling"] for run in ours)
    table = {
        method: {"seeds": len(found), **summary(found, statistics.stdev)} for method, found in runs.items()
    }
    row = {"measured": measured, "mean +- standard deviation over seeds": table, "iterations": iterations}
    seeds = ", ".join(sorted({seed for found in runs.values() for seed in found}, key=int))
    timing.record(key, {**row, "published, Spam": PUBLISHED, "runs": runs}, seed=seeds)
    return measured


def main(name, path, seeds, iterations, quick):
    """Runs what is not recorded yet for as many iterations."""
    key = f"gain_{name}" + ("_quick" if quick else "")
    known = timing.recorded(key)
    runs = known.get("runs", {}) if known.get("iterations") == iterations else {}
    true = complete(name, path)
    for seed, method in missing(runs, ["gain", *IMPUTERS], seeds):
        runs.setdefault(method, {})[str(seed)] = judged(true, method, seed, iterations)
        print(method, seed, runs[method][str(seed)], flush=True)
        print(record(key, runs, iterations), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", choices=("spam", "breast_cancer"))
    parser.add_argument("--data", metavar="FILE.csv", help="of Spam")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(10)))
    parser.add_argument("--iterations", type=int, default=10_000)
    parser.add_argument("--quick", action="store_true", help="300 iterations, one seed, a record of its own")
    given = parser.parse_args()
    if given.table == "spam" and not given.data:
        parser.error("spam needs --data FILE.csv")
    if given.quick:
        main(given.table, given.data, given.seeds[:1], 300, True)
    else:
        main(given.table, given.data, given.seeds, given.iterations, False)
