"""JointGAN: pictures, sounds, labels and vectors that belong together, from one latent code; unpaired, the CoGAN.

Reference: Liu & Tuzel 2016, arXiv 1606.07536.
"""

import keras
import numpy as np
import tensorflow as tf

from kgen import inputs, losses, modalities
from kgen.adversarial import AdversarialModel
from kgen.datasets.arrays import Examples
from kgen.datasets.stream import check, describe, order, pipeline, reader
from kgen.errors import invalid, one_of, positive_integer
from kgen.networks import coupled, joint

NORMALIZATIONS = ("batch", "layer", None)


@keras.saving.register_keras_serializable("kgen")
class JointGAN(AdversarialModel):
    """Generative adversarial network of several modalities at once.

    min_G max_D sum over judges j of E[log D_j(x_j)] + E[log(1 - D_j(G(z)_j))]: one judge sees the tuple of all
    modalities, and one each of them alone; a modality's encoder serves both. G trains by the non-saturating form. A
    trunk, which all modalities share, reads z ~ N(0, I); each has a head of its own. D is spectrally normalised:
    without, the judge of the tuple wins, and pictures collapse.

    With paired=False it is the coupled GAN, for pictures of one shape whose rows have nothing to do with each other:
    no judge sees the tuple, the generators share all layers but the last, the discriminators all but the first.
    Pictures of one code then belong together because they come of the same features.

    It trains on dicts name -> examples, as arrays or as batches of `kgen.datasets.load_joint`: pictures are uint8 or
    floats in [0, 1], sounds int16 or floats in [-1, 1], labels integers, vectors floats of about unit size.
    `generate` gives such dicts. Batch normalisation in G, LeakyReLU 0.2 in D, Adam(2e-4, beta_1=0.5).

    Args:
        modalities: dict name -> ("picture", height, width, channels), sides of at least 8; ("sound", length,
            sample_rate), the length a power of two from 64 to 65,536; ("label", num_classes); or ("vector", length).
        latent_dim: length of z.
        width: channels of pictures at half resolution and of sounds next to the waveform, in both networks.
        trunk_units: of the trunk's layers, and features of each modality that the judge of the tuple reads.
        paired: whether the examples of a row belong together.
        normalization: of G: "batch", "layer" or None; sounds have none.
        discriminator_normalization: of D: the same.
        kernel_regularizer: of every kernel; a network's penalty joins its own player's loss.
        loss: "non_saturating", "minimax", "least_squares", "hinge" or "wasserstein", of all judges.
        label_smoothing: one-sided; real examples have the target 1 - label_smoothing.
        generator: a network of your own, [batch, latent_dim] to all modalities side by side, [batch, total]: pictures
            and sounds in [-1, 1], labels as probabilities.
        discriminator: a network of your own, [batch, packing total] to logits: of the tuple, where paired, and of each
            modality.
        spectral_normalization: of D; False beside a discriminator of your own.
        **options: of `AdversarialModel`. A penalty looks at the sum of all logits; feature_matching, top_k and augment
            have no meaning for several judges.

    Raises:
        ValueError: for arguments out of range, or networks of other shapes.

    Example:

    >>> digits = {"picture": ("picture", 8, 8, 1), "label": ("label", 10)}
    >>> model = kgen.JointGAN(digits, latent_dim=4, width=2, trunk_units=8)
    >>> {name: part.shape for name, part in model.generate(3, seed=0).items()}
    {'picture': (3, 8, 8, 1), 'label': (3,)}

    Reference: Liu & Tuzel 2016, eq. 2 and sections 3 and 4, arXiv 1606.07536.
    """

    JOINT = True

    def __init__(
        self,
        modalities,
        latent_dim=64,
        width=32,
        trunk_units=256,
        paired=True,
        normalization="batch",
        discriminator_normalization=None,
        kernel_regularizer=None,
        loss="non_saturating",
        label_smoothing=0.0,
        generator=None,
        discriminator=None,
        spectral_normalization=True,
        **options,
    ):
        self.paired, self.modalities = _checked(modalities, paired)
        total = sum(part.size for part in self.modalities.values())
        options["spectral_normalization"] = spectral_normalization
        super().__init__((total,), latent_dim, (-1.0, 1.0), **options)
        _check_options(self)
        for name, value in (("width", width), ("trunk_units", trunk_units)):
            positive_integer(name, value)
        for name, value in (
            ("normalization", normalization),
            ("discriminator_normalization", discriminator_normalization),
        ):
            one_of(name, value, NORMALIZATIONS)
        self.loss, self.label_smoothing = loss, label_smoothing
        self.formula = losses.formula(loss, label_smoothing)
        form = {"width": width, "kernel_regularizer": kernel_regularizer}
        form |= {"trunk_units": trunk_units} if paired else {}
        self.generator = generator or self._built.generator(
            latent_dim, self.modalities, normalization=normalization, **form
        )
        self.discriminator = discriminator or self._built.discriminator(
            self.modalities,
            self.packing,
            normalization=discriminator_normalization,
            **{k: v for k, v in self.discriminator_form.items() if k != "num_outputs"},
            **form,
        )
        self.finish()

    @property
    def _built(self):
        """The module of the networks that it builds itself."""
        return joint if self.paired else coupled

    @property
    def judges(self):
        """Names of D's logits: "" of the tuple, and those of the modalities."""
        return (("",) if self.paired else ()) + tuple(self.modalities)

    @property
    def num_outputs(self):
        """Of the discriminator."""
        return len(self.judges)

    # The step.

    def discriminator_loss(self, game):
        real = self._of_each("real", self.formula.real(game.real_logits))
        return real | self._of_each("fake", self.formula.fake(game.fake_logits))

    def generator_loss(self, game):
        return self._of_each("adversarial", self.formula.generator(game.fake_logits))

    def _of_each(self, kind, values):
        """A term for each judge, by name, of values [batch, judges]."""
        named = zip(self.judges, tf.unstack(values, axis=1), strict=True)
        return {"_".join(filter(None, [kind, judge, "loss"])): value for judge, value in named}

    def judge(self, x, y):
        """Terms of a validation batch, all judges' accuracies, and the samples' pictures, in inference mode."""
        terms, made = super().judge(x, y)
        return terms, self.shown(made)

    def real_pictures(self, x, y):
        """Those of the first modality of pictures: metrics of pictures compare these."""
        return self.shown(super().real_pictures(x, y))

    def shown(self, examples):
        """Of a dict of examples the first pictures; without pictures the first examples that are no labels."""
        kinds = {part.kind: name for name, part in reversed(self.modalities.items())}
        shown = next((kinds[kind] for kind in ("picture", "sound", "vector") if kind in kinds), None)
        return examples[shown or next(iter(examples))]

    # From dicts to vectors, and back.

    def check_examples(self, x, name="x"):
        """Checks a dict of examples, as many of each modality."""
        modalities.check(self.modalities, x, name)

    def check_labels(self, y):
        if y is not None:
            raise invalid("y", "None, since a label is one of the modalities", y=type(y).__name__)

    def fitted(self, x):
        """Examples of all modalities side by side, [batch, total] in the networks' range."""
        return modalities.join(self.modalities, x)

    def to_pictures(self, x):
        """The way back: dict name -> examples, pictures in [0, 1], sounds in [-1, 1], labels as classes."""
        return modalities.split(self.modalities, x)

    def arranged(self, x, y, batch_size, shuffle):
        """A dict of arrays as a data set of dicts, in an order that is a function of (seed, step)."""
        x = {name: np.asarray(x[name]) for name in self.modalities}
        examples = Examples(next(iter(x.values())), None, (), "arrays", "train" if shuffle else "all")
        number, batch_size = inputs.count(x), batch_size or 32
        check(examples, batch_size, self.seed, shuffle, None)
        rows = {name: reader(part) for name, part in x.items()}

        def batch(step):
            index, _ = order(step, number, batch_size, self.seed, shuffle)
            return {name: read(index) for name, read in rows.items()}

        steps = number // batch_size if shuffle else -(-number // batch_size)
        return pipeline(batch, steps, describe(examples), None)

    # Using it.

    def sheet(self, num_samples, seed):
        """The samples' first pictures; see `shown`."""
        return self.shown(self.generate(num_samples, seed=seed)), None

    def discriminate(self, x, labels=None, batch_size=256):
        """The verdict on each tuple; see `AdversarialModel`.

        Args:
            x: dict name -> examples [n, ...].
            labels: None.
            batch_size: examples at a time, a multiple of `packing`.

        Returns:
            float32 array [n], or [ceil(n / packing)].

        Raises:
            ValueError: examples that do not fit the model, or a model of unpaired rows.
        """
        self.check_labels(labels)
        if not self.paired:
            raise invalid("x", "a model of paired rows: no judge of an unpaired one sees them", paired=False)
        self.check_examples(x)
        starts = range(0, inputs.count(x), batch_size)
        parts = [{name: part[i : i + batch_size] for name, part in x.items()} for i in starts]
        return np.concatenate([next(iter(self.verdict(part).values())).numpy() for part in parts])

    def sample(self, seeds):
        """Examples of row seeds.

        Args:
            seeds: int32 row seeds [batch, 2].

        Returns:
            Dict name -> tensor [batch, ...].
        """
        return super().sample(seeds)

    def signatures(self):
        """The endpoints of the served model: one output for each modality, by its name, and files of them."""
        seed = {"seed": tf.TensorSpec([None, 2], tf.int32)}
        latent = {"latent": tf.TensorSpec([None, self.latent_dim], tf.float32)}
        parts = {name: tf.TensorSpec([None, *p.shape], p.dtype) for name, p in self.modalities.items()}
        found = {
            "generate": (lambda seed: self.sample(seed), seed),
            "from_latent": (lambda latent: self.call(latent), latent),
            "files": (lambda seed: self._files(self.sample(seed)), seed),
            "discriminate": (lambda **examples: self.verdict(examples), parts),
        }
        absent = {
            "files": not any(part.has_file for part in self.modalities.values()),
            "discriminate": not self.paired or self.packing > 1,
        }
        return {name: endpoint for name, endpoint in found.items() if not absent.get(name)}

    def _files(self, examples):
        """PNG files of pictures and wav files of sounds, NAME_bytes -> string tensor [batch]."""
        kept = {name: part for name, part in self.modalities.items() if part.has_file}
        return {f"{name}_bytes": part.file(examples[name]) for name, part in kept.items()}


def _checked(forms, paired):
    """Whether rows are paired, and the modalities; unpaired ones are pictures of one shape."""
    if not isinstance(paired, bool):
        raise invalid("paired", "True or False", paired=paired)
    parts = modalities.parse(forms)
    if not paired and (len(set(parts.values())) > 1 or next(iter(parts.values())).kind != "picture"):
        raise invalid("modalities", "pictures of one shape where paired=False", modalities=forms)
    for name, part in parts.items():
        if part.kind == "picture":
            joint.check_sides(part, name)
    return paired, parts


def _check_options(model):
    """Refuses what has no meaning for several judges."""
    for name in ("feature_matching", "top_k"):
        if getattr(model, name):
            raise invalid(name, "none, since there are several judges", **{name: getattr(model, name)})
