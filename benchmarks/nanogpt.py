"""nanoGPT's CPU preset on tiny Shakespeare's characters, judged as kgen's models are: over the whole held-out tenth.

    python benchmarks/nanogpt.py CHECKOUT [--iterations 2000 12000] [--data SOURCE]

CHECKOUT is a clone of github.com/karpathy/nanoGPT, in which nothing is changed; it needs PyTorch, which is no
dependency of kgen. Its own prepare.py cuts the text and its own train.py trains, by the command of its README ("I only
have a macbook"). The best checkpoint reads the held-out characters in windows of 64, its whole context: end to end,
as it was trained, and overlapping by half, so that all but the first 32 characters have a context of 32 at least.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np
import timing
import torch

from kgen.datasets.text_sources import read_texts

CONTEXT = 64
PRESET = {
    "device": "cpu",
    "compile": "False",
    "eval_iters": 20,
    "log_interval": 100,
    "block_size": CONTEXT,
    "batch_size": 12,
    "n_layer": 4,
    "n_head": 4,
    "n_embd": 128,
    "dropout": 0.0,
}


def prepared(checkout, source, folder):
    """A copy of nanoGPT beside its own data of the text."""
    copy = folder / "nanoGPT"
    shutil.copytree(checkout, copy, ignore=shutil.ignore_patterns(".git"))
    place = copy / "data" / "shakespeare_char"
    (place / "input.txt").write_text(whole(source))
    (place / "requests.py").write_text("")  # prepare.py imports it, and needs it only without input.txt.
    subprocess.run([sys.executable, "prepare.py"], cwd=place, check=True)
    return copy


def whole(source):
    """The text, its parts joined again."""
    return read_texts(source, "all").part("all")


def trained(copy, iterations):
    """Runs train.py; minutes, and its own last estimate of the held-out nats."""
    options = {**PRESET, "max_iters": iterations, "lr_decay_iters": iterations}
    words = [f"--{name}={value}" for name, value in options.items()]
    line = [sys.executable, "train.py", "config/train_shakespeare_char.py", *words]
    start = time.monotonic()
    told = subprocess.run(line, cwd=copy, check=True, stdout=subprocess.PIPE, text=True).stdout
    return (time.monotonic() - start) / 60, min(map(float, re.findall(r"val loss ([\d.]+)", told)))


def model_of(copy):
    """The network of the best checkpoint."""
    sys.path.insert(0, str(copy))
    from model import GPT, GPTConfig

    kept = torch.load(copy / "out-shakespeare-char" / "ckpt.pt", weights_only=False)
    network = GPT(GPTConfig(**kept["model_args"]))
    network.load_state_dict(kept["model"])
    return network.eval()


@torch.no_grad()
def nats(network, ids, stride):
    """Mean -log p of ids behind the first, in windows that go on by `stride`; each is counted once."""
    total = 0.0
    for start in range(0, len(ids) - 1, stride):
        row = torch.from_numpy(ids[start : start + CONTEXT + 1].astype("int64"))[None]
        logits, _ = network(row[:, :-1], row[:, 1:])
        terms = torch.nn.functional.cross_entropy(logits[0], row[0, 1:], reduction="none")
        known = CONTEXT - stride if start else 0  # The window before has counted these.
        total += float(terms[known:].sum())
    return total / (len(ids) - 1)


def main(arguments):
    """All lengths of training, and the record."""
    torch.manual_seed(0)
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        copy = prepared(arguments.checkout, arguments.data, pathlib.Path(folder))
        ids = np.fromfile(copy / "data" / "shakespeare_char" / "val.bin", "uint16")
        for iterations in arguments.iterations:
            minutes, estimate = trained(copy, iterations)
            network = model_of(copy)
            found = {
                "nats_per_token": nats(network, ids, CONTEXT),
                "nats_per_token_overlapping": nats(network, ids, CONTEXT // 2),
            }
            own = {"nanogpt's own estimate": estimate, "minutes": minutes}
            rows[f"{iterations} iterations"] = {**found, **own}
    parameters = sum(parameter.numel() for parameter in network.parameters())
    row = {"measured": rows[f"{arguments.iterations[-1]} iterations"], "rows": rows, "parameters": parameters}
    timing.record("nanogpt", {**row, "held_out_characters": len(ids)}, seed=1337)
    print(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkout", type=pathlib.Path)
    parser.add_argument("--iterations", type=int, nargs="+", default=[2000, 12000])
    parser.add_argument("--data", default="tiny_shakespeare")
    main(parser.parse_args())
