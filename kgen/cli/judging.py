"""What is said of a run's model: losses, distances, modes, copies, and its discriminator's verdict."""

import functools

import kgen
from kgen import pictures
from kgen.cli import data
from kgen.errors import invalid, one_of
from kgen.metrics.report import DEFAULT, MEASURES

PICTURES = 5000  # Real pictures at most, and as many samples, unless a number is said.
COPIES = 1000  # Samples whose nearest training pictures are looked for.
OF_PICTURES = (*MEASURES, "class_balance", "memorization")
NAMES = (*OF_PICTURES, "modes", "verdict")


class Evidence:
    """What a model is judged by: held-out examples, training ones, and as many samples; each loaded when asked for.

    Args:
        model: compiled model.
        options: of its run; data_set is None where the data are not those it was trained on.
        step: training steps behind it.
        num_samples: number of held-out examples and of samples; None for up to 5,000 pictures, 2,500 vectors.

    Raises:
        ValueError: data that do not fit the model, or fewer of them than `num_samples`.
    """

    def __init__(self, model, options, step, num_samples=None):
        self.model, self.options, self.step = model, options, step
        self.size = data.size(model.image_shape)
        limit = num_samples or (PICTURES if self.size else data.POINTS)
        held_out, self.description = data.held_out(options, self.size, limit)
        self.is_held_out = held_out is not None
        if not self.is_held_out:
            held_out, self.description = data.in_order(options, self.size, limit)
        if self.description.shape != model.image_shape:
            expected = f"examples of shape {model.image_shape}"
            raise invalid("data", expected, shape=self.description.shape)
        if num_samples and not 2 <= num_samples <= self.description.num_examples:
            expected = f"from 2 to the {self.description.num_examples} of {self.description.split}"
            raise invalid("num_samples", expected, num_samples=num_samples)
        self.dataset, self.limit = held_out, limit
        self.train = functools.cache(self._train)

    def smaller(self, num_samples):
        """The same with fewer examples; the training pictures are shared."""
        small = Evidence(self.model, self.options, self.step, num_samples)
        small.train = self.train
        return small

    @functools.cached_property
    def real(self):
        """Examples [n, *image_shape]: of the test split, where there is one."""
        return data.pictures_of(self.dataset)

    @functools.cached_property
    def labels(self):
        """Their labels [n], or None."""
        return data.labels_of(self.dataset)

    def _train(self):
        """All training pictures, loaded once."""
        return data.pictures_of(data.in_order(self.options, self.size, None)[0])

    @functools.cached_property
    def fake(self):
        """As many samples as real examples, float32."""
        return self.model.generate(len(self.real), seed=self.options["seed"])

    @functools.cached_property
    def extractor(self):
        """Name of the features in which pictures of this source are compared."""
        return data.EXTRACTORS.get(self.options["data"], "random")

    @functools.cached_property
    def count_modes(self):
        """Function that counts the modes of examples, where the source has modes that are known, or None."""
        if mixture := data.mixture(self.options):
            return lambda points: kgen.metrics.mode_coverage(points, *mixture)
        if extractor := data.stacked_extractor(self.options):
            return lambda pictures: kgen.metrics.stacked_modes(pictures, extractor)
        return None

    @functools.cached_property
    def probabilities(self):
        """The discriminator's, of being real: of the real examples, and of samples with the same labels."""
        labels = {} if self.labels is None else {"labels": self.labels}
        wanted = {name: value for name, value in labels.items() if name in self.model.CONDITIONS}
        fake = (
            self.model.generate(len(self.real), seed=self.options["seed"], **wanted) if wanted else self.fake
        )
        return tuple(self.model.discriminate(examples, **wanted) for examples in (self.real, fake))


def report(evidence, metrics=None, progress=None):
    """Numbers about a model.

    Args:
        evidence: an `Evidence`.
        metrics: names, of `NAMES`; None for those that are quick and mean something here.
        progress: function that is called with the name of each stage that is done, or None.

    Returns:
        dict of JSON values: model, data, split, shape, num_pictures, step, terms (name -> value); of pictures
        distances (see `kgen.metrics.evaluate`), memorization (see `kgen.metrics.memorization`) and, for
        features with classes, class_balance of the samples; of a mixture or of stacked pictures modes (see
        `kgen.metrics.mode_coverage` and `kgen.metrics.stacked_modes`) of samples and real; and verdict (see
        `kgen.metrics.calibration`) of a discriminator that gives probabilities.

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
    if distances:
        values["distances"] = _distances(evidence, distances, progress)
    for name in [name for name in metrics if name in SECTIONS]:
        values[name] = SECTIONS[name](evidence)
        progress(name)
    return values


def stages(metrics):
    """Names of the stages that `report` tells of, in order.

    Args:
        metrics: names, as `chosen` gives them.

    Returns:
        List of names.
    """
    distances = [name for name in metrics if name in MEASURES]
    features = ["features"] if distances else []
    return ["terms", "samples", *features, *distances, *(name for name in metrics if name in SECTIONS)]


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
            raise invalid("metrics", f"of {', '.join(possible)} for this model and data", metrics=name)
    return list(dict.fromkeys(metrics))


def _possible(evidence):
    if evidence.size:
        without = {"classifier_score", "class_balance"} if evidence.extractor == "random" else set()
        without |= set() if evidence.options["data_set"] else {"memorization"}
        names = [name for name in OF_PICTURES if name not in without]
    else:
        names = []
    names += ["modes"] if evidence.count_modes else []
    judged = getattr(evidence.model, "formula", None)
    return [*names, "verdict"] if judged is not None and judged.probability is not None else names


def _about(evidence):
    terms = evidence.model.evaluate(evidence.dataset, return_dict=True, verbose=0)
    return {
        "model": evidence.options["model"],
        "data": evidence.options["data"],
        "split": evidence.description.split,
        "shape": list(evidence.description.shape),
        "num_pictures": evidence.description.num_examples,
        "step": evidence.step,
        "terms": {name: float(value) for name, value in terms.items()},
    }


def _distances(evidence, metrics, progress):
    """The floor compares held-out with training pictures, or two halves of the latter."""
    reference = None
    if evidence.is_held_out:
        reference = data.pictures_of(data.in_order(evidence.options, evidence.size, evidence.limit)[0])
    sets = (evidence.fake, evidence.real, reference, evidence.extractor)
    return kgen.metrics.evaluate(*sets, metrics=metrics, progress=progress)


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


SECTIONS = {
    "class_balance": _class_balance,
    "memorization": _memorization,
    "modes": _modes,
    "verdict": _verdict,
}


def drawn(evidence, values):
    """Pictures that belong to a report.

    Args:
        evidence: an `Evidence`.
        values: what `report` said of it.

    Returns:
        Dict name -> uint8 array: closest_pairs and calibration, of what the report holds.
    """
    found = {}
    if "memorization" in values:
        sets, pairs = _copying(evidence), values["memorization"]["pixels"]["closest"]
        found["closest_pairs"] = kgen.metrics.closest_pairs(sets["fake"], sets["train"], pairs)
    if "verdict" in values:
        curve = {name: values["verdict"][name] for name in ("mean_probability", "share_real", "weight")}
        found["calibration"] = pictures.reliability(**curve)
    return found
