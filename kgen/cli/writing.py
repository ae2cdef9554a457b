"""Texts that a run or an exported model writes, on the terminal or in a file."""

import pathlib

import numpy as np

from kgen import noise
from kgen.callbacks.text_samples import BETWEEN, joined
from kgen.errors import invalid

NUM_SAMPLES = 4
OPTIONS = ("prompt", "temperature", "top_k", "top_p", "length")
SERVED = ("prompt", "temperature")
OF_PICTURES = ("labels",)


def refuse(arguments, names, why):
    """Refuses options that were said and mean nothing here.

    Args:
        arguments: of the command.
        names: of the options.
        why: how the sentence goes on.

    Raises:
        ValueError: naming the first of them.
    """
    for name in names:
        if getattr(arguments, name) is not None:
            raise ValueError(f"--{name.replace('_', '-')} {why}.")


def write_of_run(model, arguments):
    """Writes texts of a run's model.

    Args:
        model: a language model.
        arguments: of `kgen sample`.

    Raises:
        ValueError: bad options, or a prompt with unknown tokens.
        FileExistsError: a file that would be overwritten.
    """
    _check(arguments)
    said = {name: getattr(arguments, name) for name in OPTIONS if getattr(arguments, name) is not None}
    texts = model.generate(arguments.num_samples or NUM_SAMPLES, seed=arguments.seed, **said)
    _write(joined(texts, model.vocabulary), arguments.out)


def write_of_saved_model(endpoint, arguments):
    """Writes texts of a served model, with lines of `---` between them.

    Args:
        endpoint: function of prompt, temperature and seed.
        arguments: of `kgen sample`.

    Raises:
        ValueError: options that a served model does not take.
        FileExistsError: a file that would be overwritten.
    """
    _check(arguments)
    why = "needs a run: an exported model takes a prompt and a temperature"
    refuse(arguments, [name for name in OPTIONS if name not in SERVED], why)
    number = arguments.num_samples or NUM_SAMPLES
    temperature = 1.0 if arguments.temperature is None else arguments.temperature
    if not 0 <= temperature < np.inf:
        raise invalid("temperature", "a number in [0, inf)", temperature=temperature)
    told = {"prompt": [arguments.prompt or ""] * number, "temperature": np.float32([temperature] * number)}
    texts = endpoint(seed=noise.rows(arguments.seed, number).numpy(), **told)["text"]
    _write(BETWEEN.join(text.decode() for text in np.asarray(texts)), arguments.out)


def _check(arguments):
    """Refuses what is for pictures, and a file that is there already."""
    refuse(arguments, OF_PICTURES, f"is for pictures, and {arguments.path} writes text")
    if arguments.out and pathlib.Path(arguments.out).exists():
        raise FileExistsError(f"--out {arguments.out} exists. Choose a file that does not.")


def _write(text, out):
    if not out:
        print(text)
        return
    with open(out, "x", encoding="utf-8") as file:
        file.write(text + "\n")
    print(out)
