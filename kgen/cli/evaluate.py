"""Judges a run's model on held-out data: losses, and distances or modes beside what real data reach."""

import json

import kgen
from kgen.cli import data
from kgen.cli.building import load_run
from kgen.errors import invalid

PICTURES = 5000  # Real pictures at most, and as many samples.
MEASURES = ("frechet_distance", "kernel_distance", "precision", "recall", "density", "coverage")


def add_arguments(parser):
    """Adds the options of `kgen evaluate`."""
    parser.add_argument("path", metavar="RUN", help="folder of a run")
    parser.add_argument("--data", metavar="SOURCE", help="other data than the run's own")
    parser.add_argument("--json", action="store_true", help="prints JSON and nothing else")


def run(arguments):
    """Prints the report, as a table or as JSON."""
    model, options, manifest = load_run(arguments.path)
    if arguments.data:
        options = {**options, "data": data.place(arguments.data)}
    result = {"run": str(arguments.path), **report(model, options, manifest["step"])}
    print(json.dumps(result, indent=1) if arguments.json else table(result))


def report(model, options, step):
    """Losses and distances of a model on its data's test split, or else on its training data.

    Args:
        model: compiled model.
        options: of its run.
        step: training steps behind it.

    Returns:
        Dict of JSON values: model, data, split, num_pictures, step, terms (name -> value); of pictures
        distances (see `kgen.metrics.evaluate`) and, for features with classes, class_balance of the samples;
        of a mixture modes (see `kgen.metrics.mode_coverage`) of samples and real.

    Raises:
        ValueError: data that do not fit the model.
    """
    size = data.size(model.image_shape)
    limit = PICTURES if size else data.POINTS
    held_out, description = data.held_out(options, size, limit)
    trained, about = data.in_order(options, size, limit)
    description = description or about
    if description.shape != model.image_shape:
        raise invalid("data", f"examples of shape {model.image_shape}", shape=description.shape)
    terms = model.evaluate(held_out or trained, return_dict=True, verbose=0)
    return {
        "model": options["model"],
        "data": options["data"],
        "split": description.split,
        "num_pictures": description.num_examples,
        "step": step,
        "terms": {name: float(value) for name, value in terms.items()},
        **(_distances if size else _modes)(model, options, held_out, trained),
    }


def _distances(model, options, held_out, trained):
    """The floor compares held-out with training pictures, or two halves of the latter."""
    real = data.pictures_of(held_out or trained)
    reference = data.pictures_of(trained) if held_out else None
    fake = model.generate(len(real), seed=options["seed"])
    packaged = data.EXTRACTORS.get(options["data"])
    extractor = packaged or "random"
    found = {"distances": kgen.metrics.evaluate(fake, real, reference, extractor)}
    if packaged:
        found["class_balance"] = kgen.metrics.class_balance(extractor, fake)
    return found


def _modes(model, options, held_out, trained):
    """The modes that samples cover, beside as many held-out points; nothing of vectors of another source."""
    mixture, real = data.mixture(options), data.pictures_of(held_out or trained)
    if mixture is None:
        return {}
    sets = {"samples": model.generate(len(real), seed=options["seed"]), "real": real}
    return {"modes": {name: kgen.metrics.mode_coverage(points, *mixture) for name, points in sets.items()}}


def table(result):
    """The report for people.

    Args:
        result: as `report` gives it.

    Returns:
        Text of several lines.
    """
    kind = "pictures" if "distances" in result else "vectors"
    seen = f"{result['num_pictures']} {kind} of {result['split']}"
    lines = [f"{result['model']} on {result['data']}, {seen}, step {result['step']}"]
    lines += [f"  {name:24} {value:.4f}" for name, value in result["terms"].items()]
    if "modes" in result:
        lines += _table_of_modes(**result["modes"])
    if "distances" in result:
        lines += _table_of_distances(result["distances"], result.get("class_balance"))
    return "\n".join(lines)


def _table_of_modes(samples, real):
    return [f"  {name:24} {_told(samples[name])}   real points: {_told(real[name])}" for name in samples]


def _told(value):
    return "none" if value is None else f"{value:.4g}"


def _table_of_distances(distances, balance):
    lines, extractor = [], distances["extractor"]
    for name in MEASURES:
        value, floor = (_told(distances[name][key]) for key in ("value", "floor"))
        lines.append(f"  {name:24} {value}   real against real: {floor}")
    if balance:
        lines.append(
            f"  {'class entropy':24} {balance['entropy']:.4f}   at most: {balance['max_entropy']:.4f}"
        )
    why = (
        "" if extractor["comparable"] else f"; not for comparison with published numbers: {extractor['why']}"
    )
    return [*lines, f"  distances of {distances['num_samples']} pictures in {extractor['name']}{why}"]
