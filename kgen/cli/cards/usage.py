"""How an exported model is used: commands, a call, and its endpoints, in Markdown."""

import re
import shlex

from kgen.cli.cards import specimen

VALUES = {"seed": "[[0, 0], [0, 1]]", "label": "[0, 1]", "prompt": '["", ""]', "temperature": "[1.0, 1.0]"}
MASK = "`values` and `mask` have a row for each row of the table: a cell whose mask is 0 is filled in, one of 1 stays."
TRUST = "Versions that kgen does not know by their SHA-256 sum need `--trust` there: they are programs."
ANSWERS = "`assets.extra/` of a version holds a request for each endpoint, and its answer."
DOCKER = """docker run -p 8501:8501 -v "$PWD"/{place}:{target} \\
  -e MODEL_NAME={name} tensorflow/serving"""


def fenced(text, language=""):
    """Text as a block of Markdown, whatever it holds.

    Args:
        text: string.
        language: name behind the fence.

    Returns:
        List of lines.

    Example:

    >>> from kgen.cli.cards.usage import fenced
    >>> fenced("kgen models", "bash")
    ['```bash', 'kgen models', '```']
    """
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return [f"{fence}{language}", *text.splitlines(), fence]


def commands(title, model, endpoints):
    """How to sample, call and serve a model.

    Args:
        title: name of the exported model.
        model: the model.
        endpoints: as `kgen.serving.endpoints` gives them.

    Returns:
        List of lines.
    """
    name, place = next(iter(endpoints)), f"saved_models/{title}"
    takes = endpoints[name]["inputs"]
    lines = []
    if name == "generate":
        lines += [*fenced(f"kgen sample {shlex.quote(place)} {_words(model, takes)}", "bash"), "", TRUST, ""]
    said = ", ".join(f"{argument}={VALUES.get(argument, argument)}" for argument in takes)
    lines += [MASK, ""] if "mask" in takes else []
    lines += [*fenced(f'kgen.serving.load("{place}")["{name}"]({said})', "python"), "", ANSWERS, ""]
    return ["## Use", "", *lines, *fenced(_docker(title, place), "bash")]


def _docker(title, place):
    return DOCKER.format(
        place=shlex.quote(place), target=shlex.quote(f"/models/{title}"), name=shlex.quote(title)
    )


def _words(model, takes):
    """Options of `kgen sample` that give the samples of the card."""
    if "prompt" in takes:
        return f"--num-samples {specimen.TEXTS}"
    labels = f" --labels {','.join(map(str, range(model.num_classes)))}" if "label" in takes else ""
    return f"--num-samples {specimen.number_of(model)}{labels}"


def table(endpoints):
    """What each endpoint takes and gives.

    Args:
        endpoints: as `kgen.serving.endpoints` gives them.

    Returns:
        List of lines.
    """
    rows = [
        f"| `{name}` | {_told(own['inputs'])} | {_told(own['outputs'])} |" for name, own in endpoints.items()
    ]
    first = f"`serving_default` is `{next(iter(endpoints))}`; n is any number of rows."
    return ["## Endpoints", "", "| name | inputs | outputs |", "|---|---|---|", *rows, "", first]


def _told(specs):
    return "<br>".join(f"`{name}`: {spec.dtype.name} {_shape(spec.shape)}" for name, spec in specs.items())


def _shape(shape):
    """Sizes, n for that of the batch, any for others that are free."""
    if shape.rank is None:
        return "[n, ...]"
    return f"[{', '.join(['n', *('any' if size is None else str(size) for size in shape[1:])])}]"
