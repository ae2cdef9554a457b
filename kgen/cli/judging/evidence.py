"""What a model is judged by: held-out examples, training ones, and as many samples or translations."""

import functools

import numpy as np

import kgen
from kgen.cli import clips, data, joint
from kgen.datasets.domains import DOMAINS, is_domain_pair, parse_domain_pair
from kgen.errors import invalid

PICTURES = 5000  # Real pictures at most, and as many samples, unless a number is said.


def evidence_of(model, *args):
    """The `Evidence` that suits a model: `Translations` for one that trains on pairs, `Rows` for several kinds of data.

    Args:
        model: compiled model.
        *args: of `Evidence`.

    Returns:
        `Evidence`.
    """
    return (Translations if model.PAIRED else Rows if model.JOINT else Evidence)(model, *args)


class Evidence:
    """What a model is judged by: held-out examples, training ones, and as many samples; each loaded when asked for.

    Args:
        model: compiled model.
        options: of its run; data_set is None where the data are not those it was trained on.
        step: training steps behind it.
        num_samples: number of held-out examples and of samples; None for up to 5,000 pictures, 2,500 vectors or
            1,000 clips.

    Raises:
        ValueError: data that do not fit the model, or fewer of them than `num_samples`.
    """

    def __init__(self, model, options, step, num_samples=None):
        self.model, self.options, self.step = model, options, step
        self.size = data.size(model.image_shape)
        usual = clips.JUDGED if model.MOVING else PICTURES if self.size else data.POINTS
        limit = num_samples or usual
        held_out, self.description = data.held_out(options, self.size, limit)
        self.is_held_out = held_out is not None
        if not self.is_held_out:
            held_out, self.description = data.in_order(options, self.size, limit)
        if self.description.shape != model.example_shape:
            expected = f"examples of shape {model.example_shape}"
            raise invalid("data", expected, shape=self.description.shape)
        if num_samples and not 2 <= num_samples <= self.description.num_examples:
            expected = f"from 2 to the {self.description.num_examples} of {self.description.split}"
            raise invalid("num_samples", expected, num_samples=num_samples)
        self.dataset, self.limit = held_out, limit
        self.train = functools.cache(self._train)

    def smaller(self, num_samples):
        """The same with fewer examples; the training pictures are shared."""
        small = type(self)(self.model, self.options, self.step, num_samples)
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
        return data.extractor(self.options) or "random"

    def compared(self):
        """Section of a report -> generated pictures, held-out ones, and others (or None) for the floor."""
        few = (self.options, self.size, self.limit)
        reference = data.pictures_of(data.in_order(*few)[0]) if self.is_held_out else None
        return {"distances": (self.fake, self.real, reference)}

    @functools.cached_property
    def count_modes(self):
        """Function that counts the modes of examples, where the source has modes that are known, or None."""
        if mixture := data.mixture(self.options):
            return lambda points: kgen.metrics.mode_coverage(points, *mixture)
        if extractor := data.stacked_extractor(self.options):
            return lambda pictures: kgen.metrics.stacked_modes(pictures, extractor)
        return None

    has_truth = False
    has_verdict = True  # Where the discriminator gives probabilities.

    @functools.cached_property
    def probabilities(self):
        """The discriminator's, of being real: of the real examples, and of samples with the same labels."""
        labels = {} if self.labels is None else {"labels": self.labels}
        wanted = {name: value for name, value in labels.items() if name in self.model.CONDITIONS}
        fake = (
            self.model.generate(len(self.real), seed=self.options["seed"], **wanted) if wanted else self.fake
        )
        return tuple(self.model.discriminate(examples, **wanted) for examples in (self.real, fake))


class Translations(Evidence):
    """The same of a model that translates: its samples are translations of side a, the real pictures side b.

    Args:
        *args: of `Evidence`; `num_samples` counts the pictures of the larger side.
    """

    labels = count_modes = None

    @functools.cached_property
    def sides(self):
        """Held-out pictures of a and of b."""
        return data.sides_of(self.dataset, self.description)

    @property
    def real(self):
        """Held-out pictures of b."""
        return self.sides[1]

    @functools.cached_property
    def fake(self):
        """Translations of a into b."""
        return self.model.translate(self.sides[0], "ab")

    def compared(self):
        """Translations in both directions."""
        few = (self.options, self.size, self.limit)
        others = data.sides_of(*data.in_order(*few)) if self.is_held_out else (None, None)
        back = self.model.translate(self.sides[1], "ba")
        return {
            "distances": (self.fake, self.sides[1], others[1]),
            "distances_ba": (back, self.sides[0], others[0]),
        }

    @property
    def has_truth(self):
        """Whether the pictures' counterparts are known."""
        return is_domain_pair(self.options["data"])

    def counterparts(self):
        """Direction -> translations, their true counterparts, and the colours of these (paper, ink)."""
        source, split = self.options["data"], "test" if self.is_held_out else "train"
        truth = kgen.datasets.pair_truth(source, split, self.size, num_examples=self.limit)
        colours = _colours(parse_domain_pair(source)[0])
        return {
            "ab": (self.model.translate(truth.a, "ab"), truth.b, colours),
            "ba": (self.model.translate(truth.b, "ba"), truth.a, (0.0, 1.0)),
        }


class Rows(Evidence):
    """The same of a model of several kinds of data: dicts name -> examples.

    Args:
        *args: of `Evidence`; `num_samples` counts rows.

    Raises:
        ValueError: other kinds of data than the model's.
    """

    labels = count_modes = None

    def __init__(self, model, *args):
        super().__init__(model, *args)
        wanted = {name: part.form for name, part in model.modalities.items()}
        if self.description.modalities != wanted:
            raise invalid("data", f"{wanted}", f"{self.description.modalities}")

    @functools.cached_property
    def real(self):
        """Held-out rows."""
        return joint.rows_of(self.dataset, self.description.num_examples)

    @functools.cached_property
    def fake(self):
        """As many rows of samples."""
        return self.model.generate(self.description.num_examples, seed=self.options["seed"])

    @property
    def has_verdict(self):
        """Whether a discriminator sees whole rows."""
        return self.model.paired

    @functools.cached_property
    def probabilities(self):
        """The discriminator's, of being real: of held-out rows, and of samples."""
        return tuple(self.model.discriminate(rows) for rows in (self.real, self.fake))


def _colours(kind):
    """What becomes of black paper and white ink; outlines are white on black."""
    if kind == "edges":
        return 0.0, 1.0
    flat = np.array([0, 255], "uint8").reshape(2, 1, 1, 1)
    return tuple(DOMAINS[kind](flat)[:, 0, 0] / 255)
