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
    judged: bool = False  # Whether two replicas' evaluation is compared too.


GAN_TERMS = ("discriminator_loss", "generator_loss", "real_loss", "fake_loss", "adversarial_loss")
GAN_ENDPOINTS = ("generate", "from_latent", "png", "discriminate")
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


def _vae(terms=VAE_TERMS, **options):
    return Row(lambda **more: kgen.VAE((8, 8, 1), latent_dim=4, **{**options, **more}), VAE_ENDPOINTS, terms)


ROWS = {
    "gan": _gan()._replace(judged=True),
    "gan-simultaneous-dropout-ema": _gan(update="simultaneous", dropout=0.3, ema_momentum=0.9),
    "gan-split-two-steps": _gan(update="split", discriminator_steps=2, normalization="batch", loss="minimax"),
    "dcgan": _dcgan(dropout=0.3, label_smoothing=0.1),
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


def pictures(number=64, shape=(8, 8, 1), seed=0):
    """Soft blobs in random places: uint8 pictures that are neither constant nor noise."""
    random = np.random.default_rng(seed)
    centre = random.uniform(2, np.array(shape[:2]) - 2, (number, 2))
    axes = np.meshgrid(*map(np.arange, shape[:2]), indexing="ij")
    square = sum((axis[None] - c[:, None, None]) ** 2 for axis, c in zip(axes, centre.T, strict=True))
    return np.repeat((255 * np.exp(-square / 6)).astype("uint8")[..., None], shape[2], axis=3)
