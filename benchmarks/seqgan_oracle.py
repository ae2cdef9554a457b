"""SeqGAN's synthetic experiment: what adversarial training adds to maximum likelihood, told by a known oracle.

    python benchmarks/seqgan_oracle.py likelihood  [--oracle FILE]            120 epochs, about 15 minutes
    python benchmarks/seqgan_oracle.py adversarial [--oracle FILE] [--seed N] from there, at a reduced budget
    python benchmarks/seqgan_oracle.py published   [--oracle FILE] [--rounds N]

The protocol of Yu 2017 (arXiv 1609.05473) and its code: an LSTM oracle with weights from N(0, 1), 5,000 tokens,
sequences of 20; FILE holds the authors' oracle, without it one is drawn. `adversarial` is reduced: 4 of 50 rounds for
the discriminator alone, then 100 of 200 rounds of one move of the generator and 100 of the discriminator's 4,680.
`published` is the whole protocol. All go on where they were interrupted; the state is kept in --state.

Every row holds the likelihood under the oracle, which rewards collapse, beside that of held-out sequences and the
likeness of the samples to each other.
"""

import argparse
import pathlib
import time

import numpy as np
import timing

import kgen

SAMPLES, LENGTH = 9984, 20  # As many as the authors' code draws.
TEMPERATURES = (1.0, 0.95, 0.9, 0.85, 0.8)
TOLD = [1, 5, 10, 15, 50, 100, 115, 120]  # Epochs at whose end the likelihood is told.
REDUCED, WHOLE = (
    (4, 100, 100),
    (50, 200, 4680),
)  # Rounds of D alone, rounds of both, moves of D in one of these.


def row(oracle, drawn, held_out=None):
    """What is told of sequences, and of the nats per token that their model gives to held-out ones."""
    return {
        "oracle_nll": float(kgen.metrics.oracle_nll(drawn, oracle)),
        "held_out_nll": held_out,
        "self_bleu_2": kgen.metrics.self_bleu(drawn, n=2),
        "distinct_2": kgen.metrics.distinct(drawn, n=2),
        "distinct_sequences": len(np.unique(drawn, axis=0)),
    }


def checked(oracle):
    """The scorer's own check: the oracle's sequences, and the same tokens in other places."""
    drawn = oracle.sample(SAMPLES, LENGTH, seed=7)
    shuffled = np.random.default_rng(0).permutation(drawn.ravel()).reshape(drawn.shape)
    return {"oracle": row(oracle, drawn), "its tokens shuffled": row(oracle, shuffled)}


def told(model, oracle, test, temperature=1.0):
    """The row of a model at a temperature."""
    texts = model.generate(SAMPLES, temperature=temperature, seed=1)
    drawn = np.array([text.split() for text in texts], "int32")
    nats = [nats_at(model, batch, temperature) for batch in test.as_numpy_iterator()]
    return row(oracle, drawn, float(np.concatenate(nats).mean()))


def nats_at(model, tokens, temperature):
    """-log p of tokens [batch, T + 1] behind the first, of the model whose logits are divided by a temperature."""
    return kgen.losses.token_nats(tokens[:, 1:], model(tokens[:, :-1]) / temperature).numpy()


def taught(data, oracle, test, state, epochs):
    """The generator after maximum likelihood, and the history of it."""
    model = kgen.SeqGAN(oracle.vocabulary_size, LENGTH, seed=0)
    model.compile(metrics=[kgen.metrics.OracleNLL(oracle)])
    kept = kgen.callbacks.TrainingState(state / "likelihood")
    told_at = [epoch for epoch in TOLD if epoch <= epochs]
    options = {"validation_data": test, "validation_freq": told_at, "callbacks": [kept], "verbose": 2}
    history = model.pretrain(data, epochs, 0, **options).history
    return model, dict(zip(told_at, history.get("val_oracle_nll", ()), strict=False))


def played(model, data, test, state, budget):
    """Trains the discriminator alone, then both; the curve of the second part, and the minutes of a round of it."""
    alone, rounds, _ = budget
    first, second = (kgen.callbacks.TrainingState(state / name) for name in ("discriminator", "adversarial"))
    model.pretrain(data, 0, alone, callbacks=[first], verbose=2)
    every = max(1, rounds // 10)
    options = {"validation_data": test, "validation_freq": every, "callbacks": [second], "verbose": 2}
    start, length = time.monotonic(), model.discriminator_steps
    history = model.fit(data, epochs=rounds, steps_per_epoch=length, **options).history
    curve = dict(zip(range(every, rounds + 1, every), history["val_oracle_nll"], strict=False))
    return curve, (time.monotonic() - start) / 60 / rounds


def likelihood(arguments, oracle, data, test):
    """The record of maximum likelihood: the scorer's check, the curve, lower temperatures."""
    start = time.monotonic()
    model, curve = taught(data, oracle, test, arguments.state, arguments.epochs)
    minutes = (time.monotonic() - start) / 60
    rows = checked(oracle)
    rows |= {f"temperature {t:g}": told(model, oracle, test, t) for t in TEMPERATURES}
    measured = {"oracle": rows["oracle"]["oracle_nll"], "training_minutes": minutes}
    measured["shuffled"] = rows["its tokens shuffled"]["oracle_nll"]
    measured["likelihood"] = rows["temperature 1"]["oracle_nll"]
    return {"measured": measured, "rows": rows, "oracle_nll_after_epoch": curve, "epochs": arguments.epochs}


def adversarial(arguments, oracle, data, test, budget):
    """The record of one seed: before, after, and the curve between."""
    taught_one, _ = taught(data, oracle, test, arguments.state, arguments.epochs)
    model = kgen.SeqGAN(oracle.vocabulary_size, LENGTH, discriminator_steps=budget[2], seed=arguments.seed)
    model.network.set_weights(taught_one.network.get_weights())
    model.compile(metrics=[kgen.metrics.OracleNLL(oracle)])
    before, start = told(model, oracle, test), time.monotonic()
    curve, of_a_round = played(
        model, data, test, arguments.state / f"{arguments.phase}_{arguments.seed}", budget
    )
    minutes, after = (time.monotonic() - start) / 60, told(model, oracle, test)
    drop = before["oracle_nll"] - after["oracle_nll"]
    times = {"minutes": minutes, "minutes_of_a_round": of_a_round}
    return {"before": before, "after": after, "drop": drop, "curve": curve, **times}


def summary(run):
    """Quantities of one seed."""
    lowest = min(run["curve"].values())
    return {
        "drop": run["drop"],
        "largest_drop": run["before"]["oracle_nll"] - lowest,
        "training_minutes": run["minutes"],
        "minutes_of_a_round": run["minutes_of_a_round"],
    }


def joined(name, seed, run, budget):
    """The record with one more seed."""
    runs = {**timing.recorded(name).get("runs", {}), str(seed): run}
    measured = {
        f"{name}_{key}": value for key, one in sorted(runs.items()) for name, value in summary(one).items()
    }
    rows = {
        f"{when}, seed {key}": one[when] for key, one in sorted(runs.items()) for when in ("before", "after")
    }
    curves = {f"oracle_nll_after_round_seed_{key}": one["curve"] for key, one in sorted(runs.items())}
    words = ("rounds of the discriminator alone", "rounds of both", "moves of the discriminator in a round")
    return {
        "measured": measured,
        "budget": dict(zip(words, budget, strict=True)),
        "rows": rows,
        **curves,
        "runs": runs,
    }


def main(arguments):
    """One phase, and its record."""
    oracle = (
        kgen.oracle.Oracle.load(arguments.oracle) if arguments.oracle else kgen.oracle.Oracle.random(seed=0)
    )
    arguments.state.mkdir(parents=True, exist_ok=True)
    if not arguments.oracle:
        arguments.oracle = arguments.state / "oracle.npz"
        np.savez(arguments.oracle, **oracle.weights)
    source = f"oracle:{arguments.oracle}"
    data, _ = kgen.datasets.load_text(source, "train", seed=arguments.seed)
    test, _ = kgen.datasets.load_text(source, "test")
    if arguments.phase == "likelihood":
        record = likelihood(arguments, oracle, data, test)
        timing.record("seqgan_likelihood", record, seed=0, minutes=record["measured"]["training_minutes"])
        return
    alone, rounds, moves = REDUCED if arguments.phase == "adversarial" else WHOLE
    budget = (arguments.alone or alone, arguments.rounds or rounds, arguments.moves or moves)
    name = f"seqgan_{arguments.phase}"
    run = adversarial(arguments, oracle, data, test, budget)
    timing.record(name, joined(name, arguments.seed, run, budget), arguments.seed, run["minutes"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("phase", choices=("likelihood", "adversarial", "published"))
    parser.add_argument("--oracle", help="file of an oracle's weights; one is drawn if it is not given")
    parser.add_argument("--seed", type=int, default=0, help="of the adversarial phase")
    parser.add_argument("--epochs", type=int, default=120, help="of maximum likelihood")
    parser.add_argument("--alone", type=int, help="rounds of the discriminator alone")
    parser.add_argument("--rounds", type=int, help="of both players")
    parser.add_argument("--moves", type=int, help="of the discriminator in a round")
    parser.add_argument("--state", type=pathlib.Path, default=pathlib.Path("runs/seqgan_oracle"))
    main(parser.parse_args())
