"""The contract's table: one row per model buys every promise."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import kgen


class Row(NamedTuple):
    """A model of toy size, its endpoints and the names that it logs."""

    make: Callable
    endpoints: tuple
    terms: tuple
    shape: tuple = (8, 8, 1)
    judged: bool = False  # Whether two replicas' evaluation and their Adam are compared too.
    labels: int | None = None  # Number of classes, where it trains on labels.
    few: bool = False  # Whether most labels are missing.
    sound: bool = False  # Whether it makes waveforms in [-1, 1] instead of numbers in [0, 1].
    answered: str = "images"  # What `generate` answers, as it is served.
    holes: bool = False  # Whether it fills in what is missing, and draws nothing from noise alone.
    modalities: tuple = ()  # Pairs (name, form) of several modalities; answers are then compared side by side.

    def data(self, number=64, seed=0):
        """What it trains on: pictures, and labels or None."""
        if self.modalities:
            draws = enumerate(self.modalities, start=seed)
            return {name: part(form, number, own_seed) for own_seed, (name, form) in draws}, None
        if self.holes:
            x = rows(number, self.shape, seed)
            return np.where(kgen.datasets.mcar(x.shape, 0.3, seed), x, np.nan), None
        y = None if self.labels is None else (np.arange(number) % self.labels).astype("int32")
        y = np.where(np.arange(number) % 5 == 0, y, -1) if self.few else y
        draw = waves if self.sound else clips if len(self.shape) == 4 else pictures
        return draw(number, self.shape, seed), y

    def answer(self, model, number, seed=None):
        """What a model makes of a seed: samples, or rows filled in."""
        if self.holes:
            return model.impute(self.data(number)[0], seed=seed)
        return self.numbers(model.generate(number, seed=seed))

    def numbers(self, made):
        """What was made as one array."""
        if not self.modalities:
            return made
        return kgen.modalities.join(kgen.modalities.parse(dict(self.modalities)), made).numpy()

    def spoilt(self, x):
        """Examples of which one number is not finite."""
        if self.modalities:
            first = self.modalities[0][0]
            return {**x, first: self._replace(modalities=()).spoilt(x[first])}
        bad = x.astype("float32") / 255
        bad[(3, 2, 2)[: bad.ndim]] = np.inf if self.holes else np.nan
        return bad


GAN_TERMS = ("discriminator_loss", "generator_loss", "real_loss", "fake_loss", "adversarial_loss")
GAN_ENDPOINTS = ("generate", "from_latent", "png", "discriminate")
ACGAN_TERMS = (*GAN_TERMS, "real_class_loss", "fake_class_loss", "class_loss")
INFOGAN_TERMS = (
    *GAN_TERMS,
    *(
        f"{player}_{code}_loss"
        for player in ("discriminator", "generator")
        for code in ("category", "continuous")
    ),
)
GAIN_TERMS = ("discriminator_loss", "generator_loss", "mask_loss", "adversarial_loss", "number_loss")
WAVEGAN_ENDPOINTS = ("generate", "from_latent", "wav", "discriminate")
VIDEOGAN_TERMS = (*GAN_TERMS, "real_picture_loss", "fake_picture_loss", "adversarial_picture_loss")
VIDEOGAN_ENDPOINTS = ("generate", "from_latent", "discriminate")
VAE_TERMS = ("loss", "reconstruction_loss", "kl_loss")
VAE_ENDPOINTS = ("generate", "from_latent", "png", "encode", "decode", "reconstruct")
DENSE = {"latent_dim": 4, "hidden_units": (16, 12)}
CONVOLUTIONAL = {"latent_dim": 4, "width": 4}


def _gan(**options):
    return Row(lambda **more: kgen.GAN((8, 8, 1), **{**DENSE, **options, **more}), GAN_ENDPOINTS, GAN_TERMS)


def _dcgan(**options):
    return Row(
        lambda **more: kgen.DCGAN((8, 8, 1), **{**CONVOLUTIONAL, **options, **more}), GAN_ENDPOINTS, GAN_TERMS
    )


def _family(model, terms=GAN_TERMS, **options):
    """A model by the shared pair of networks; the generator's second step comes within an epoch of four."""
    return Row(
        lambda **more: model((8, 8, 1), **{**CONVOLUTIONAL, "discriminator_steps": 2, **options, **more}),
        GAN_ENDPOINTS,
        terms,
    )


def _vae(terms=VAE_TERMS, **options):
    return Row(lambda **more: kgen.VAE((8, 8, 1), latent_dim=4, **{**options, **more}), VAE_ENDPOINTS, terms)


def _wavegan(**options):
    toy = {"slice_length": 128, "sample_rate": 8000, "latent_dim": 4, "width": 2, "discriminator_steps": 2}
    return Row(
        lambda **more: kgen.WaveGAN(**{**toy, **options, **more}),
        WAVEGAN_ENDPOINTS,
        (*GAN_TERMS, "penalty"),
        shape=(128,),
        sound=True,
        answered="audio",
    )


def _videogan(**options):
    toy = {"content_dim": 3, "motion_dim": 2, "width": 2, "discriminator_steps": 2}
    return Row(
        lambda **more: kgen.VideoGAN((4, 8, 8, 1), **{**toy, **options, **more}),
        VIDEOGAN_ENDPOINTS,
        VIDEOGAN_TERMS,
        shape=(4, 8, 8, 1),
        answered="video",
    )


def _joint(judges, endpoints, forms, **options):
    kinds = ("real", "fake", "adversarial")
    terms = ["_".join(filter(None, [kind, judge, "loss"])) for kind in kinds for judge in judges]
    toy = {"modalities": forms, "latent_dim": 4, "width": 2, "discriminator_steps": 2}
    return Row(
        lambda **more: kgen.JointGAN(**{**toy, **options, **more}),
        endpoints,
        ("discriminator_loss", "generator_loss", *terms),
        shape=(sum(part.size for part in kgen.modalities.parse(forms).values()),),
        sound=True,
        modalities=tuple(forms.items()),
    )


ROWS = {
    "gan": _gan()._replace(judged=True),
    "gan-simultaneous-dropout-ema": _gan(update="simultaneous", dropout=0.3, ema_momentum=0.9),
    "gan-split-two-steps": _gan(update="split", discriminator_steps=2, normalization="batch", loss="minimax"),
    "dcgan": _dcgan(dropout=0.3, label_smoothing=0.1),
    "lsgan": _family(kgen.LSGAN, discriminator_steps=1),
    "sngan": _family(kgen.SNGAN),
    "wgan": _family(kgen.WGAN),
    "wgan_gp": _family(kgen.WGANGP, (*GAN_TERMS, "penalty")),
    "conditional_gan": _family(kgen.ConditionalGAN, num_classes=3)._replace(labels=3),
    "conditional_gan-projection": _family(
        kgen.ConditionalGAN,
        num_classes=3,
        conditioning="projection",
        spectral_normalization=True,
        loss="hinge",
    )._replace(labels=3),
    "acgan": _family(kgen.ACGAN, ACGAN_TERMS, num_classes=3)._replace(labels=3),
    "infogan": _family(kgen.InfoGAN, INFOGAN_TERMS, num_categories=3, discriminator_steps=1),
    "semi_supervised_gan": Row(
        lambda **more: kgen.SemiSupervisedGAN(
            (8, 8, 1),
            **{"latent_dim": 4, "hidden_units": (16,), "num_classes": 3, "generator_units": (16,), **more},
        ),
        (*GAN_ENDPOINTS, "classify"),
        ("discriminator_loss", "generator_loss", "supervised_loss", "real_loss", "fake_loss", "feature_loss"),
        labels=3,
        few=True,
    ),
    "gain": Row(
        lambda **more: kgen.GAIN((5,), **more), ("impute",), GAIN_TERMS, (5,), judged=True, holes=True
    ),
    "gain-pictures-paper": Row(
        lambda **more: kgen.GAIN((8, 8, 1), **{"width": 2, "hint": "paper", **more}),
        ("impute",),
        GAIN_TERMS,
        holes=True,
    ),
    "wavegan": _wavegan(),
    "wavegan-classes": _wavegan(num_classes=3)._replace(labels=3),
    "videogan": _videogan(judged_frames=2, ema_momentum=0.9),
    "jointgan": _joint(
        ("", "picture", "sound", "label"),
        ("generate", "from_latent", "files", "discriminate"),
        {"picture": ("picture", 8, 8, 1), "sound": ("sound", 64, 8000), "label": ("label", 3)},
        trunk_units=8,
    )._replace(judged=True),
    "jointgan-unpaired": _joint(
        ("a", "b"),
        ("generate", "from_latent", "files"),
        {"a": ("picture", 8, 8, 1), "b": ("picture", 8, 8, 1)},
        paired=False,
        ema_momentum=0.9,
    ),
    "vae": _vae(hidden_units=(16, 12))._replace(judged=True),
    "vae-convolutional-gaussian": _vae(
        network="convolutional", width=4, likelihood="gaussian", normalization="batch"
    ),
    "iwae": _vae(
        ("loss", "importance_weighted_loss"), hidden_units=(16,), importance_samples=3, binarization="dynamic"
    ),
}


def state(model):
    """Variables that a step may change: the model's but its counters, and the optimisers'."""
    counters = {id(v) for v in model.bookkeeping()}
    optimizers = [v for o in model.optimizers().values() for v in o.variables]
    return [v for v in (*model.variables, *optimizers) if id(v) not in counters]


def part(form, number, seed):
    """Examples of one modality."""
    if form[0] == "label":
        return (np.arange(number) % form[1]).astype("int32")
    return waves(number, form[1:2], seed) if form[0] == "sound" else pictures(number, form[1:], seed)


def rows(number, shape, seed):
    """Complete float32 examples in [0, 1]: pictures, or vectors whose numbers depend on the first."""
    if len(shape) == 3:
        return (pictures(number, shape, seed) / 255).astype("float32")
    u = np.random.default_rng(seed).uniform(size=(number, 2))
    return (u[:, :1] * np.linspace(0.5, 1.0, shape[0]) * (0.9 + 0.1 * u[:, 1:])).astype("float32")


def waves(number, shape, seed):
    """Tones of random pitch and phase that die away: float32 in [-1, 1]."""
    random = np.random.default_rng(seed)
    pitch, phase = random.uniform(0.2, 1.0, (number, 1)), random.uniform(0, 6, (number, 1))
    time = np.arange(shape[0])
    return (0.9 * np.exp(-time / 60) * np.sin(pitch * time + phase)).astype("float32")


def clips(number, shape, seed):
    """Blobs that move by one pixel per frame to the right, and in again at the left: uint8."""
    first = pictures(number, shape[1:], seed)
    return np.stack([np.roll(first, frame, axis=2) for frame in range(shape[0])], axis=1)


def pictures(number=64, shape=(8, 8, 1), seed=0):
    """Soft blobs in random places: uint8 pictures that are neither constant nor noise."""
    random = np.random.default_rng(seed)
    centre = random.uniform(2, np.array(shape[:2]) - 2, (number, 2))
    axes = np.meshgrid(*map(np.arange, shape[:2]), indexing="ij")
    square = sum((axis[None] - c[:, None, None]) ** 2 for axis, c in zip(axes, centre.T, strict=True))
    return np.repeat((255 * np.exp(-square / 6)).astype("uint8")[..., None], shape[2], axis=3)
