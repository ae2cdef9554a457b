"""One paper, one file; here the names by which the command line knows the models."""

from kgen.models.dcgan import DCGAN
from kgen.models.gan import GAN
from kgen.models.vae import VAE

MODELS = {"gan": GAN, "dcgan": DCGAN, "vae": VAE}
