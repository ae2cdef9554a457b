"""One paper, one file; here the names by which the command line knows the models."""

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

MODELS = {
    "gan": GAN,
    "dcgan": DCGAN,
    "lsgan": LSGAN,
    "sngan": SNGAN,
    "wgan": WGAN,
    "wgan_gp": WGANGP,
    "conditional_gan": ConditionalGAN,
    "acgan": ACGAN,
    "infogan": InfoGAN,
    "semi_supervised_gan": SemiSupervisedGAN,
    "cyclegan": CycleGAN,
    "gain": GAIN,
    "wavegan": WaveGAN,
    "videogan": VideoGAN,
    "jointgan": JointGAN,
    "vae": VAE,
    "lstm": RecurrentLanguageModel,
    "convnet": ConvolutionalLanguageModel,
    "seqgan": SeqGAN,
}
