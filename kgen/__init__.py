"""kgen: the classic generative models for TensorFlow and Keras."""

import contextlib
import os
import sys


@contextlib.contextmanager
def _silence():
    """Keeps TensorFlow's start-up chatter, which it writes to the file descriptor, off the terminal."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


if "tensorflow" not in sys.modules:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # Errors reach Python as exceptions.
    with _silence():
        import tensorflow

        tensorflow.config.list_physical_devices("GPU")

# ruff: noqa: E402
from kgen import (
    adversarial,
    base,
    callbacks,
    datasets,
    errors,
    inputs,
    language,
    latents,
    layers,
    losses,
    metrics,
    modalities,
    networks,
    noise,
    optimizers,
    oracle,
    pictures,
    sampling,
    serving,
    sounds,
    state,
)
from kgen.models.acgan import ACGAN
from kgen.models.conditional_gan import ConditionalGAN
from kgen.models.convolutional_language_model import ConvolutionalLanguageModel
from kgen.models.cyclegan import CycleGAN
from kgen.models.dcgan import DCGAN
from kgen.models.gain import GAIN
from kgen.models.gan import GAN
from kgen.models.infogan import InfoGAN
from kgen.models.joint_gan import JointGAN
from kgen.models.lsgan import LSGAN
from kgen.models.recurrent_language_model import RecurrentLanguageModel
from kgen.models.semi_supervised_gan import SemiSupervisedGAN
from kgen.models.seqgan import SeqGAN
from kgen.models.sngan import SNGAN
from kgen.models.vae import VAE
from kgen.models.videogan import VideoGAN
from kgen.models.wavegan import WaveGAN
from kgen.models.wgan import WGAN
from kgen.models.wgan_gp import WGANGP
from kgen.serving import export

__version__ = "0.1.0"

__all__ = [
    # Models.
    "ACGAN",
    "ConditionalGAN",
    "ConvolutionalLanguageModel",
    "CycleGAN",
    "DCGAN",
    "GAIN",
    "GAN",
    "InfoGAN",
    "JointGAN",
    "LSGAN",
    "RecurrentLanguageModel",
    "SNGAN",
    "SemiSupervisedGAN",
    "SeqGAN",
    "VAE",
    "VideoGAN",
    "WGAN",
    "WGANGP",
    "WaveGAN",
    # From a trained model to a served one.
    "export",
    # What they are made of.
    "adversarial",
    "base",
    "callbacks",
    "datasets",
    "errors",
    "inputs",
    "language",
    "latents",
    "layers",
    "losses",
    "metrics",
    "modalities",
    "networks",
    "noise",
    "optimizers",
    "oracle",
    "pictures",
    "sampling",
    "serving",
    "sounds",
    "state",
]
