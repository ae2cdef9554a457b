"""Language models of tiny Shakespeare's characters, over a full pass of the 111,540 held-out ones.

    python benchmarks/shakespeare.py lstm|convnet [--epochs N] [--data SOURCE]

The split is nanoGPT's, the first nine tenths to train on. Streams of 32 rows by 128 characters are read in order, so
that context is carried from batch to batch, in training as in the evaluation; Adam, its rate falling by a cosine to
zero, gradients clipped to a norm of 5. The model is the default one. SOURCE may be any text file instead.
"""

import argparse
import pathlib
import time

import keras
import timing

import kgen

SEED, BATCH, LENGTH, RATE = 0, 32, 128, 2e-3
KINDS = {
    "lstm": (kgen.RecurrentLanguageModel, 14),
    "convnet": (kgen.ConvolutionalLanguageModel, 24),
}


class Clock(keras.callbacks.Callback):
    """Minutes since the first step at the end of each epoch, evaluations included."""

    def __init__(self):
        super().__init__()
        self.minutes, self.start = [], time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        self.minutes.append((time.monotonic() - self.start) / 60)


def loaded(source, split, vocabulary=None):
    """Streams of a text, in order."""
    options = {"sequence_length": LENGTH, "batch_size": BATCH, "seed": SEED, "shuffle": False}
    return kgen.datasets.load_text(source, split, level="char", vocabulary=vocabulary, **options)


def curve(history, minutes):
    """Of each epoch, minutes and nats per character of both parts."""
    columns = (minutes, history["nats_per_token"], history["val_nats_per_token"])
    rows = [
        dict(zip(("minutes", "training", "held_out"), row, strict=True)) for row in zip(*columns, strict=True)
    ]
    return {f"epoch {i}": row for i, row in enumerate(rows, 1)}


def main(kind, epochs, source, state):
    """Trains, evaluates and records one kind."""
    train, description = loaded(source, "train")
    test, held_out = loaded(source, "validation", description.vocabulary)
    build, usual = KINDS[kind]
    epochs = epochs or usual
    model, clock = build(description.vocabulary, sequence_length=500, seed=SEED), Clock()
    rate = keras.optimizers.schedules.CosineDecay(RATE, epochs * train.steps_per_epoch)
    model.compile(keras.optimizers.Adam(rate, global_clipnorm=5.0))
    kept = kgen.callbacks.TrainingState(state / kind)
    history = model.fit(
        train, epochs=epochs, validation_data=test, callbacks=[kept, clock], verbose=2
    ).history
    found = model.evaluate(test, return_dict=True, verbose=0)
    state.mkdir(parents=True, exist_ok=True)
    model.save(state / f"{kind}.keras")
    measured = {name: found[name] for name in ("nats_per_token", "bits_per_character")}
    row = {
        "measured": {**measured, "training_minutes": clock.minutes[-1]},
        "held_out_characters": held_out.num_tokens,
        "training_characters": description.num_tokens,
        "parameters": model.count_params(),
        "epochs": epochs,
        "learning_rate": RATE,
        "sample": repr(model.generate(1, prompt="ROMEO:", temperature=0.8, seed=SEED)[0]),
        "curve": curve(history, clock.minutes),
    }
    timing.record(f"shakespeare_{kind}", row, seed=SEED, minutes=clock.minutes[-1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--data", default="tiny_shakespeare")
    parser.add_argument("--state", type=pathlib.Path, default=pathlib.Path("runs/shakespeare"))
    arguments = parser.parse_args()
    main(arguments.kind, arguments.epochs, arguments.data, arguments.state)
