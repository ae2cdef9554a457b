"""CycleGAN between two folders of photographs, by kgen's commands alone: trained, killed, resumed, served.

    python benchmarks/cyclegan_photographs.py [--steps 600] [--quick]

The folders hold pieces of scikit-learn's two photographs, a temple and a flower: 24 of 106 x 106 pixels and 15 of
142 x 128. One run trains at 64 x 64 with the paper's jitter and flips (Zhu 2017, arXiv 1703.10593). A second one of
the same command is killed half-way by SIGKILL and resumed. Then every array of the two last training states is
compared, bit for bit; the resumed run is exported and checked; a process that does not know kgen serves a picture of
97 x 131 by TensorFlow's loader, and `kgen translate` writes the same picture within a level.
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
from sklearn.datasets import load_sample_images

import kgen

NETWORKS = ("residual_blocks=3", "width=16", "discriminator_layers=2")
PIECES = {"temple": (4, 6), "flower": (3, 5)}
SERVE = """
import sys
import numpy as np
import tensorflow as tf
images = np.load(sys.argv[2])
serve = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
np.save(sys.argv[3], serve(images=tf.constant(images))["images"].numpy())
assert "kgen" not in sys.modules
"""


def folders(directory):
    """A folder of pieces of each photograph."""
    for (name, (rows, columns)), photograph in zip(PIECES.items(), load_sample_images().images, strict=True):
        (directory / name).mkdir()
        height, width = photograph.shape[0] // rows, photograph.shape[1] // columns
        for place in range(rows * columns):
            y, x = (place // columns) * height, (place % columns) * width
            piece = photograph[y : y + height, x : x + width]
            kgen.pictures.save_png(directory / name / f"{place:02d}.png", piece, min_side=1)
    return [str(directory / name) for name in PIECES]


def command(directory, sides, steps, out, *more):
    """`kgen train`, as words."""
    data = ["--data-a", sides[0], "--data-b", sides[1], "--image-size", "64"]
    length = ["--epochs", "10", "--steps", str(steps), "--set", *NETWORKS]
    return [*kgen_words(), "train", "cyclegan", *data, *length, "--out", str(directory / out), *more]


def served(directory, run, picture):
    """The picture's translation by the exported model in a fresh process, and largest difference of `translate`'s."""
    version = sorted((directory / "exported").iterdir())[-1]
    np.save(directory / "asked.npy", picture[None])
    kgen.pictures.save_png(directory / "asked.png", picture, min_side=1)
    line = [
        sys.executable,
        "-c",
        SERVE,
        str(version),
        *(str(directory / f"{n}.npy") for n in ("asked", "got")),
    ]
    subprocess.run(line, check=True, cwd=directory)
    answer = np.load(directory / "got.npy")[0]
    asked = ["translate", str(run), str(directory / "asked.png"), "--direction", "ab"]
    subprocess.run([*kgen_words(), *asked, "--out", str(directory / "out")], check=True)
    written = kgen.pictures.read_png(directory / "out" / "asked.png")
    return answer, int(np.abs(written.astype(int) - answer).max())


def main(name, steps, directory):
    """Everything, and the record."""
    sides, start = folders(directory), time.monotonic()
    whole, broken = directory / "whole", directory / "broken"
    subprocess.run(command(directory, sides, steps, "whole"), check=True)
    minutes = (time.monotonic() - start) / 60
    stored = killed(command(directory, sides, steps, "broken"), broken, steps // 2)
    subprocess.run(command(directory, sides, steps, "broken", "--resume"), check=True)
    export = ["export", str(broken), "--out", str(directory / "exported"), "--check"]
    subprocess.run([*kgen_words(), *export], check=True)
    picture = load_sample_images().images[0][100:197, 200:331]
    answer, difference = served(directory, broken, picture)
    pictures(name, broken, picture, answer)
    measured = {"training_minutes": minutes, "killed_after_state_of_step": stored, **compared(whole, broken)}
    shape = " x ".join(map(str, answer.shape))
    row = {
        "measured": {**measured, "served_and_translated_differ_by_levels": difference},
        "steps": steps,
        "served": f"a picture of 97 x 131 pixels gives {shape}, in a process without kgen",
        "pictures": {
            "after the last epoch: input, translation, cycle, identity, from a and from b": f"{name}.png",
            "the picture of 97 x 131 and its translation": f"{name}_served.png",
        },
    }
    timing.record(name, row)
    print(row, flush=True)


def pictures(name, run, picture, answer):
    """The last sheet of samples, and the served picture beside its input."""
    sheet = sorted((run / "samples").glob("epoch-*.png"))[-1]
    timing.RESULTS.joinpath(f"{name}.png").write_bytes(sheet.read_bytes())
    kgen.pictures.save_png(timing.RESULTS / f"{name}_served.png", np.concatenate([picture, answer], axis=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--quick", action="store_true", help="40 steps, a record of its own")
    given = parser.parse_args()
    name = "cyclegan_photographs" + ("_quick" if given.quick else "")
    with tempfile.TemporaryDirectory() as directory:
        main(name, 40 if given.quick else given.steps, pathlib.Path(directory))
