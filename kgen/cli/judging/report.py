"""What is said of a run's model: losses, distances, modes, copies, and its discriminator's verdict."""

import numpy as np

import kgen
from kgen import pictures
from kgen.cli.judging import rows, sounds
from kgen.errors import invalid, one_of
from kgen.metrics import foreground
from kgen.metrics.report import DEFAULT, MEASURES, OF_FEATURES

COPIES = 1000  # Samples whose nearest training pictures are looked for.
SHEET = 64  # Pictures of a sheet of translations.
OF_PICTURES = (*MEASURES, "class_balance", "memorization")
NAMES = (*OF_PICTURES, "modes", "verdict", "truth", "motion", "sounds", "agreement")


def report(evidence, metrics=None, progress=None):
    """Numbers about a model.

    Args:
        evidence: a `kgen.cli.judging.evidence.Evidence`.
        metrics: names, of `NAMES`; None for those that are quick and mean something here.
        progress: function that is called with the name of each stage that is done, or None.

    Returns:
        dict of JSON values: model, data, data_b where there is one, split, shape, num_pictures, step, terms
        (name -> value); of pictures distances (see `kgen.metrics.evaluate`), memorization (see
        `kgen.metrics.memorization`) and, for features with classes, class_balance of the samples; of a mixture
        or of stacked pictures modes (see `kgen.metrics.mode_coverage` and `kgen.metrics.stacked_modes`) of
        samples and real; verdict (see `kgen.metrics.calibration`) of a discriminator that gives probabilities;
        of translations distances_ba, those of the other direction, and truth, how near they are to counterparts
        that are known; of clips motion (see `kgen.metrics.motion_distances`); of sounds with classes sounds, see
        `kgen.cli.judging.sounds`; of rows that name a class agreement, see `kgen.cli.judging.rows`.

    Raises:
        ValueError: an unknown metric, or one that means nothing for this model.
    """
    progress = progress or (lambda stage: None)
    metrics = chosen(evidence, metrics)
    values = _about(evidence)
    progress("terms")
    len(evidence.fake)
    progress("samples")
    distances = [name for name in metrics if name in MEASURES]
    for name, sets in evidence.compared().items() if distances else ():
        values[name] = kgen.metrics.evaluate(*sets, evidence.extractor, metrics=distances, progress=progress)
    for name in [name for name in metrics if name in SECTIONS]:
        values[name] = SECTIONS[name](evidence)
        progress(name)
    return values


def stages(evidence, metrics):
    """Names of the stages that `report` tells of, in order.

    Args:
        evidence: an `Evidence`.
        metrics: names, as `chosen` gives them.

    Returns:
        List of names; those of distances stand there for each direction of translations.
    """
    distances = [name for name in metrics if name in MEASURES]
    features = ["features"] if set(distances) & OF_FEATURES else []
    directions = 2 if evidence.model.PAIRED else 1
    sections = [name for name in metrics if name in SECTIONS]
    return ["terms", "samples", *directions * [*features, *distances], *sections]


def chosen(evidence, metrics):
    """The metrics that a report will hold.

    Args:
        evidence: an `Evidence`.
        metrics: names, or None for those that are quick and mean something here.

    Returns:
        List of names.

    Raises:
        ValueError: an unknown name, or one that means nothing for this model.
    """
    possible = _possible(evidence)
    if metrics is None:
        quick = (*DEFAULT, *SECTIONS)
        return [name for name in quick if name in possible]
    for name in metrics:
        one_of("metrics", name, NAMES)
        if name not in possible:
            these = f"of {', '.join(possible)} for this model and data" if possible else "none for this model"
            raise invalid("metrics", these, metrics=name)
    return list(dict.fromkeys(metrics))


def _possible(evidence):
    if evidence.model.MOVING:
        names = ["motion"]
    elif evidence.size:
        without = {"classifier_score", "class_balance"} if evidence.extractor == "random" else set()
        alien = not evidence.options["data_set"] or evidence.model.PAIRED
        without |= {"memorization"} if alien else set()
        names = [name for name in OF_PICTURES if name not in without]
    else:
        names = []
    names += ["modes"] if evidence.count_modes else []
    names += ["sounds"] if sounds.has_classes(evidence) else []
    names += ["agreement"] if rows.has_classes(evidence) else []
    names += ["truth"] if evidence.has_truth else []
    judged = getattr(evidence.model, "formula", None)
    known = judged is not None and judged.probability is not None and evidence.has_verdict
    return [*names, "verdict"] if known else names


def _about(evidence):
    terms = evidence.model.evaluate(evidence.dataset, return_dict=True, verbose=0)
    second = evidence.options["data_b"]
    return {
        "model": evidence.options["model"],
        "data": evidence.options["data"],
        **({"data_b": second} if second else {}),
        "split": evidence.description.split,
        "shape": list(evidence.description.shape),
        "num_pictures": evidence.description.num_examples,
        "step": evidence.step,
        "terms": {name: float(value) for name, value in terms.items()},
    }


def _class_balance(evidence):
    return kgen.metrics.class_balance(evidence.extractor, evidence.fake)


def _modes(evidence):
    """The modes that samples cover, beside as many held-out examples."""
    sets = {"samples": evidence.fake, "real": evidence.real}
    return {name: evidence.count_modes(examples) for name, examples in sets.items()}


def _memorization(evidence):
    return kgen.metrics.memorization(**_copying(evidence), extractor=evidence.extractor)


def _copying(evidence):
    """Samples, training and held-out pictures; without a test split, half the training pictures for the last."""
    held_out, train = evidence.real[:COPIES], evidence.train()
    if not evidence.is_held_out:
        held_out, train = train[1::2][:COPIES], train[::2]
    return {"fake": evidence.fake[:COPIES], "train": train, "held_out": held_out}


def _verdict(evidence):
    return kgen.metrics.calibration(*evidence.probabilities)


def _truth(evidence):
    """How near translations are to their counterparts, beside counterparts of other pictures."""
    found, random = {}, np.random.default_rng(evidence.options["seed"])
    for way, (made, real, colours) in evidence.counterparts().items():
        shuffled = real[random.permutation(len(real))]
        for name, measure in NEARNESS.items():
            values = {"value": measure(made, real, colours), "shuffled": measure(shuffled, real, colours)}
            found[f"{name}_{way}"] = values
    return found


def _motion(evidence):
    """How far motion is from that of real clips, beside other real clips."""
    fake, real, reference = evidence.compared()["distances"]
    fake, real, reference = (
        (fake, real, reference) if reference is not None else (fake, real[::2], real[1::2])
    )
    value, floor = (kgen.metrics.motion_distances(clips, real) for clips in (fake, reference))
    return {name: {"value": value[name], "floor": floor[name]} for name in value}


def _of_masks(measure):
    return lambda made, real, colours: measure(foreground(made, *colours), foreground(real, *colours))


NEARNESS = {
    "psnr": lambda made, real, colours: kgen.metrics.peak_signal_to_noise(made, real),
    "pixel_agreement": _of_masks(kgen.metrics.pixel_agreement),
    "intersection_over_union": _of_masks(kgen.metrics.intersection_over_union),
}
SECTIONS = {
    "class_balance": _class_balance,
    "memorization": _memorization,
    "modes": _modes,
    "verdict": _verdict,
    "truth": _truth,
    "motion": _motion,
    "sounds": sounds.judged,
    "agreement": rows.judged,
}


def drawn(evidence, values):
    """Pictures that belong to a report.

    Args:
        evidence: an `Evidence`.
        values: what `report` said of it.

    Returns:
        Dict name -> uint8 array: closest_pairs and calibration, of what the report holds; the sheet of translations.
    """
    found = {}
    if evidence.model.PAIRED:
        found["translations"] = pictures.grid(*evidence.model.sheet(SHEET, evidence.options["seed"]))
    if "memorization" in values:
        sets, pairs = _copying(evidence), values["memorization"]["pixels"]["closest"]
        found["closest_pairs"] = kgen.metrics.closest_pairs(sets["fake"], sets["train"], pairs)
    if "verdict" in values:
        curve = {name: values["verdict"][name] for name in ("mean_probability", "share_real", "weight")}
        found["calibration"] = pictures.reliability(**curve)
    return found
