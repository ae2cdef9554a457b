"""A file of 10,000 sentences, by kgen's commands alone: trained word by word, killed, resumed, exported, served.

    python benchmarks/sentences.py [--data FILE] [--steps 1200] [--quick]

FILE has one sentence per line; without it, the first 10,000 lines of tiny Shakespeare that have four words or more are
written into one. One run trains an LSTM; a second one of the same command is killed half-way by SIGKILL and resumed.
Then every array of the two last training states is compared, bit for bit; the resumed run is exported and checked;
and a process that does not know kgen asks the exported model, by TensorFlow's loader, for the texts that Keras writes
for the same seeds, prompts and temperatures.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import timing
from interrupting import compared, kgen_words, killed

import kgen
from kgen.cli import building
from kgen.datasets.text_sources import read_texts

SENTENCES, ROWS, SEED = 10_000, 64, 3
SERVE = """
import sys
import numpy as np
import tensorflow as tf
asked = np.load(sys.argv[2])
serve = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
answer = serve(**{name: tf.constant(asked[name]) for name in asked.files})["text"].numpy()
np.save(sys.argv[3], np.array([text.decode() for text in answer]))
assert "kgen" not in sys.modules
"""


def sentences(path):
    """Writes lines of tiny Shakespeare."""
    lines = read_texts("tiny_shakespeare", "all").part("all").split("\n")
    chosen = [line for line in lines if len(line.split()) >= 4][:SENTENCES]
    path.write_text("\n".join(chosen) + "\n")
    return path


def command(data, steps, out, *more):
    """`kgen train`, as words."""
    kind = ["--level", "word", "--sentences", "--sequence-length", "20", "--vocabulary-size", "8000"]
    length = ["--epochs", "10", "--steps", str(steps)]
    return [*kgen_words(), "train", "lstm", "--data", str(data), *kind, *length, "--out", str(out), *more]


def requests(vocabulary):
    """Prompts, temperatures and row seeds; half of the rows have a prompt."""
    prompts = [""] * (ROWS // 2) + [vocabulary.tokens[i % 40] for i in range(ROWS // 2)]
    return {
        "prompt": np.array([prompt.encode() for prompt in prompts]),
        "temperature": np.linspace(0.0, 1.2, ROWS).astype("float32"),
        "seed": kgen.noise.rows(SEED, ROWS).numpy(),
    }


def served(directory, asked):
    """Texts of the exported model in a fresh process."""
    version = sorted((directory / "exported").iterdir())[-1]
    np.savez(directory / "asked.npz", **asked)
    places = [str(directory / name) for name in ("asked.npz", "got.npy")]
    subprocess.run([sys.executable, "-c", SERVE, str(version), *places], check=True, cwd=directory)
    return np.load(directory / "got.npy")


def written(run, asked):
    """The same texts by Keras."""
    model, *_ = building.load_run(run)
    texts = model.generate(
        ROWS,
        prompt=[prompt.decode() for prompt in asked["prompt"]],
        temperature=list(asked["temperature"]),
        seed=SEED,
    )
    return np.array([str(text) for text in texts])


def main(name, data, steps, directory):
    """Everything, and the record."""
    data, start = data or sentences(directory / "sentences.txt"), time.monotonic()
    whole, broken = directory / "whole", directory / "broken"
    subprocess.run(command(data, steps, whole), check=True)
    minutes = (time.monotonic() - start) / 60
    stored = killed(command(data, steps, broken), broken, steps // 2)
    subprocess.run(command(data, steps, broken, "--resume"), check=True)
    export = ["export", str(broken), "--out", str(directory / "exported"), "--check"]
    subprocess.run([*kgen_words(), *export], check=True)
    asked = requests(building.load_run(broken)[0].vocabulary)
    by_keras, by_server = written(broken, asked), served(directory, asked)
    measured = {"training_minutes": minutes, "killed_after_state_of_step": stored, **compared(whole, broken)}
    row = {
        "measured": {**measured, "texts": ROWS, "equal_texts": int(np.sum(by_keras == by_server))},
        "sentences": SENTENCES,
        "steps": steps,
        "texts at temperature 0 to 1.2, the last ones with a prompt": {
            str(i): str(by_server[i]) for i in (1, 10, 20, 30, 33, 40, 50, 60)
        },
    }
    timing.record(name, row)
    print(row, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=pathlib.Path, help="one sentence per line")
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--quick", action="store_true", help="40 steps, a record of its own")
    given = parser.parse_args()
    name = "sentences" + ("_quick" if given.quick else "")
    with tempfile.TemporaryDirectory() as folder:
        main(name, given.data, 40 if given.quick else given.steps, pathlib.Path(folder))
