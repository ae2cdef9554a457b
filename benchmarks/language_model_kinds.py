"""The two kinds of language models side by side, a recurrent and a convolutional one, on Shakespeare's characters.

    python benchmarks/language_model_kinds.py [--steps 1000] [--every 50] [--target 2.0] [--rounds 10] [--quick]

Two layers of LSTM of 256 units, the library's default, and dilated causal convolutions with its defaults but for the
number of channels, with which both have about as many parameters. Both train on the same batches, 32 windows of 256
characters, by Adam(2e-3) with gradients clipped to a norm of 5, and both are judged on the whole validation text, whose
256 characters at a time go on from what is carried.

Two claims about convolutions can be judged by the record: that they train faster, by interleaved steps and by the steps
and minutes to the target; and that their gradients neither vanish nor explode, by the gradient norm of the last of 513
characters of the validation text,

    g(k) = mean over 16 texts of ||d (-log p(y_T | y_<T)) / d e(y_{T-1-k})||, k = 0 ... 511,

e the embedding, before training and after it. Convolutions see 253 characters, so that their g is zero from k = 253.
"""

import argparse
import math
import time

import keras
import numpy as np
import peers
import tensorflow as tf
import timing
from matplotlib.figure import Figure

import kgen

SEED, BATCH, LENGTH, CONTEXT, TEXTS = 0, 32, 256, 512, 16
KINDS = {
    "lstm": kgen.RecurrentLanguageModel,
    "convolution": lambda *args, **options: kgen.ConvolutionalLanguageModel(*args, channels=160, **options),
}
SHOWN = (0, 1, 2, 4, 8, 16, 32, 64, 128, 252, 253, 511)
NEAR, FAR = slice(0, 10), slice(200, 250)  # Places back that are compared.


def build(kind, vocabulary):
    """A new model of a kind, compiled as the library does by itself."""
    keras.utils.set_random_seed(SEED)
    model = KINDS[kind](vocabulary, sequence_length=LENGTH, seed=SEED)
    model.compile()
    return model


def read(split, length, batch_size):
    """The data set of a split, and its vocabulary."""
    options = {"level": "char", "sequence_length": length, "batch_size": batch_size, "seed": SEED}
    data, description = kgen.datasets.load_text("tiny_shakespeare", split, **options)
    return data, description.vocabulary


def speed(vocabulary, rows, rounds, steps):
    """Interleaved steps of both kinds on one batch."""
    candidates = {kind: peers.fit_step(build(kind, vocabulary), rows, steps=2) for kind in KINDS}
    return timing.interleave(candidates, rounds, steps)


def gradient_norms(model, rows):
    """g(k), float64 array [T], of rows of tokens [n, T + 1]; every place reads from a table row of its own.

    In double precision, since the squares of small norms have no place in single.
    """
    network, places = model.network, tf.reshape(tf.range(rows[:, :-1].size), rows[:, :-1].shape)

    @tf.function(autograph=False)
    def norms():
        weights, state = network.values(tf.float64), network.zero_state(len(rows), tf.float64)
        embedded = network.embed(weights, rows[:, :-1])
        table = tf.reshape(embedded, [-1, embedded.shape[-1]])
        with tf.GradientTape() as tape:
            tape.watch(table)
            logits, _ = network.read(weights | {"embedding": table}, places, state)
            nats = tf.reduce_sum(kgen.losses.token_nats(rows[:, -1:], logits[:, -1:]))
        gradient = tf.reshape(tf.convert_to_tensor(tape.gradient(nats, table)), embedded.shape)
        return tf.reduce_mean(tf.norm(gradient, axis=-1), axis=0)

    return norms().numpy()[::-1]


def train(model, data, held_out, steps, every):
    """Validation nats per character by step, and the minutes of training up to there."""
    nats, minutes, spent = {}, {}, 0.0
    for last in range(every, steps + 1, every):
        start = time.monotonic()
        model.fit(data, steps_per_epoch=every, verbose=0)
        spent += time.monotonic() - start
        nats[last] = round(model.evaluate(held_out, return_dict=True, verbose=0)["nats_per_token"], 4)
        minutes[last] = round(spent / 60, 3)
        print(last, nats[last], minutes[last], flush=True)
    return {"nats": nats, "minutes": minutes}


def run(kind, vocabulary, data, held_out, context, steps, every):
    """One kind: its training, and its gradients before and after."""
    model = build(kind, vocabulary)
    norms = {"initial": gradient_norms(model, context).tolist()}
    found = train(model, data, held_out, steps, every)
    norms["trained"] = gradient_norms(model, context).tolist()
    return {"parameters": model.count_params(), **found, "norms": norms}


def summary(kind, found, target, milliseconds):
    """Quantities of one kind; those of a target that was not reached are missing."""
    reached = [step for step, nats in found["nats"].items() if nats <= target][:1]
    quantities = {"parameters": found["parameters"], "nats": min(found["nats"].values())}
    for step in reached:
        quantities |= {"steps": step, "minutes": round(step * milliseconds / 60_000, 2)}
    for state, norms in found["norms"].items():
        quantities[f"decades_{state}"] = round(math.log10(np.mean(norms[FAR]) / np.mean(norms[NEAR])), 2)
        quantities[f"reach_{state}"] = int(np.flatnonzero(np.array(norms) >= 0.01 * max(norms))[-1])
    return {f"{kind}_{name}": value for name, value in quantities.items()}


def table(runs):
    """The gradient norms at some places back, as text."""
    return {
        f"{kind}, {state}": {f"{k} back": f"{norms[k]:.1e}" for k in SHOWN}
        for kind, found in runs.items()
        for state, norms in found["norms"].items()
    }


def draw_norms(path, runs):
    """Gradient norms over the places back, on a logarithmic scale; none where they are zero."""
    figure = Figure(figsize=(10, 3.8), dpi=110, layout="constrained")
    for axis, state in zip(figure.subplots(1, 2, sharey=True), ("initial", "trained"), strict=True):
        for kind, found in runs.items():
            norms = np.array(found["norms"][state])
            axis.semilogy(np.where(norms > 0, norms, np.nan), label=kind)
        axis.set(title=state, xlim=(0, CONTEXT), xlabel="places back", ylabel="gradient norm")
        axis.grid(alpha=0.3)
        axis.legend(fontsize="small")
    figure.savefig(path)


def draw_nats(path, runs, milliseconds):
    """Validation nats over steps, and over minutes at the interleaved speed."""
    figure = Figure(figsize=(10, 3.8), dpi=110, layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for kind, found in runs.items():
        steps, nats = list(found["nats"]), list(found["nats"].values())
        left.plot(steps, nats, label=kind)
        right.plot([step * milliseconds[kind] / 60_000 for step in steps], nats, label=kind)
    left.set(xlabel="steps", ylabel="validation nats per character")
    right.set(xlabel="minutes at the interleaved speed")
    for axis in (left, right):
        axis.grid(alpha=0.3)
        axis.legend(fontsize="small")
    figure.savefig(path)


def main(name, steps, every, target, rounds, texts):
    """Measures, trains, draws and records."""
    data, vocabulary = read("train", LENGTH, BATCH)
    held_out, _ = read("validation", LENGTH, 64)
    context = next(iter(read("validation", CONTEXT, texts)[0])).numpy()
    times = speed(vocabulary, next(iter(data)).numpy(), rounds, 5)
    milliseconds = times["ms_per_step"]
    runs = {kind: run(kind, vocabulary, data, held_out, context, steps, every) for kind in KINDS}
    measured = {"convolution_vs_lstm": times["speedup"]["convolution"]["lstm"]}
    for kind, found in runs.items():
        measured |= summary(kind, found, target, milliseconds[kind])
    pictures = {"gradient norms": f"{name}_gradients.png", "validation": f"{name}_validation.png"}
    draw_norms(timing.RESULTS / pictures["gradient norms"], runs)
    draw_nats(timing.RESULTS / pictures["validation"], runs, milliseconds)
    row = {"measured": measured, **times, "target": target, "gradient norm": table(runs)}
    timing.record(name, row | {"pictures": pictures, "runs": runs}, seed=SEED)
    print(measured, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument(
        "--every", type=int, default=50, help="steps between two looks at the validation text"
    )
    parser.add_argument("--target", type=float, default=2.0, help="validation nats per character")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--quick", action="store_true", help="10 steps, two texts, a record of its own")
    given = parser.parse_args()
    if given.quick:
        main("language_model_kinds_quick", 10, 5, 3.5, 2, 2)
    else:
        main("language_model_kinds", given.steps, given.every, given.target, given.rounds, TEXTS)
