"""Models to serve: toys that have every kind of endpoint between them, and the committed ones.

Run as a program it writes the sample answers into the page of the committed models.
"""

import json
import pathlib

import keras

import kgen
from kgen import serving
from kgen.serving import graph, verify
from tests.contract.table import ROWS
from tests.contract.text import TEXT

FOLDER = pathlib.Path(__file__).parents[1] / "saved_models"
PAGE = FOLDER / "README.md"
MODELS = """mnist_dcgan mnist_conditional_gan mnist_vae mnist_semi_supervised_gan mnist_edges_cyclegan
shakespeare_lstm digits_gan digits_dcgan
breast_cancer_gain digits_joint spoken_digit_wavegan digits_video""".split()
COMMITTED = [name for name in MODELS if serving.versions(FOLDER / name)]
BEGIN, END = "<!-- answers: made by `python -m tests.gallery` -->\n", "<!-- end of the answers -->\n"
LONGEST_LIST, LONGEST_TEXT = 3, 60


def _cyclegan():
    return kgen.CycleGAN((8, 8, 3), width=2, residual_blocks=1, discriminator_layers=1)


TOYS = {
    "vae": ROWS["vae-convolutional-gaussian"].make,
    "conditional_gan": ROWS["conditional_gan"].make,
    "semi_supervised_gan": ROWS["semi_supervised_gan"].make,
    "gain": ROWS["gain"].make,
    "cyclegan": _cyclegan,
    "lstm": TEXT["lstm"].make,
}


def shaken(name):
    """A toy whose answers vary: at first its networks are nearly constant."""
    keras.utils.set_random_seed(1)
    model = TOYS[name]()
    for variable in model.trainable_variables:
        variable.assign_add(0.3 * keras.random.normal(variable.shape))
    return model


def version(name, folder):
    """Folder of a committed model's latest version, or of a toy's that is exported to `folder`."""
    if name in COMMITTED:
        return serving.version_directory(FOLDER / name)
    return serving.export(shaken(name), folder / name)


def samples(folder):
    """Dict of signature to the stored request and answer, each a dict of name to NumPy array."""
    tensors = graph.signatures(graph.meta_graph(folder))
    return {name: verify._sample(folder, name, *tensors[name]) for name in tensors}


def stored(folder, name):
    """A JSON file beside the graph."""
    return json.loads((folder / "assets.extra" / name).read_text())


def answers():
    """The last row of a request and of its answer, as Markdown, for each endpoint by its name and inputs."""
    pairs = {}
    for name in COMMITTED:
        folder = serving.version_directory(FOLDER / name)
        requests, responses = (stored(folder, f"sample_{part}.json") for part in ("request", "response"))
        for endpoint, request in requests.items():
            row, answer = request["instances"][-1], responses[endpoint]["predictions"][-1]
            pair = {"signature_name": endpoint, "instances": [row]}, {"predictions": [answer]}
            pairs.setdefault((endpoint, *sorted(row)), (name, pair))
    return "".join(_shown(key[0], *pairs[key]) for key in sorted(pairs))


def _shown(endpoint, name, pair):
    lines = [json.dumps(_short(part), ensure_ascii=False) for part in pair]
    return "\n".join(["", f"`{endpoint}`, to `/v1/models/{name}:predict`", "", "```json", *lines, "```", ""])


def _short(value):
    """The beginning of long lists and texts, four digits of numbers."""
    if isinstance(value, dict):
        return {key: _short(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_short(part) for part in value[:LONGEST_LIST]] + ["..."] * (len(value) > LONGEST_LIST)
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return value[:LONGEST_TEXT] + "..."
    return float(f"{value:.4g}") if isinstance(value, float) else value


def filled(page):
    """The page with its answers."""
    before, rest = page.split(BEGIN)
    return before + BEGIN + answers() + ("\n" if COMMITTED else "") + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
