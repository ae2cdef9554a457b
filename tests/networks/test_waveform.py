"""WaveGAN's networks: the paper's layers, at every length."""

import keras
import numpy as np
import pytest

from kgen.layers import PhaseShuffle, SpectralNormalization
from kgen.networks import waveform

LENGTHS = (4096, 8192, 16384, 32768, 65536)


@pytest.mark.parametrize("length", LENGTHS)
def test_every_length_has_networks(length):
    generator = waveform.generator(3, length, width=1, kernel_size=25)
    critic = waveform.discriminator((length, 1), width=1)
    assert generator.output_shape == (None, length) and critic.output_shape == (None, 1)
    assert generator.layers[1].output.shape[1:] == (16, 2 ** (len(waveform.strides(length)) - 1))
    assert np.prod(waveform.strides(length)) == length // 16


def test_the_papers_sizes():
    """Tables 3 and 4 with d = 64: the numbers of weights, layer by layer."""
    generator, critic = waveform.generator(100, 16384), waveform.discriminator((16384, 1))
    sizes = [1024, 512, 256, 128, 64, 1]
    kernels = [(25, b, a) for a, b in zip(sizes[:-1], sizes[1:], strict=True)]
    assert [tuple(v.shape) for v in generator.weights if len(v.shape) == 3] == kernels
    assert generator.layers[0].kernel.shape == (100, 16 * 1024)
    sizes = [1, 64, 128, 256, 512, 1024]
    kernels = [(25, a, b) for a, b in zip(sizes[:-1], sizes[1:], strict=True)]
    assert [tuple(v.shape) for v in critic.weights if len(v.shape) == 3] == kernels
    assert critic.layers[-2].kernel.shape == (16 * 1024, 1)


def test_phases_are_shuffled_behind_every_convolution_but_the_last():
    kinds = [type(layer).__name__ for layer in waveform.discriminator((4096, 1), width=1).layers]
    block = ["Conv1D", "Activation"]
    assert kinds == [*(3 * [*block, "PhaseShuffle"]), *block, "Flatten", "Dense", "Activation"]
    layers = waveform.discriminator((4096, 1), width=1, phase_shuffle=0).layers
    assert not any(isinstance(layer, PhaseShuffle) for layer in layers)


def test_outputs_are_sounds_and_scores_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    sound = waveform.generator(3, 64, width=2)(np.ones([2, 3], "float32"))
    assert sound.dtype == "float32" and sound.shape == (2, 64) and np.abs(sound).max() <= 1
    assert waveform.discriminator((64, 1), width=2)(sound[..., None]).dtype == "float32"


def test_options_of_a_discriminator():
    critic = waveform.discriminator(
        (64, 2), 3, width=2, spectral_normalization=True, minibatch_discrimination=2
    )
    assert sum(isinstance(layer, SpectralNormalization) for layer in critic.layers) == 2
    assert critic(np.zeros([4, 64, 2])).shape == (4, 3)


@pytest.mark.parametrize("length", [32, 100, 4097, 131072, True, 64.0])
def test_a_bad_length_is_named(length):
    with pytest.raises(ValueError, match="argument `slice_length`. Expected a power of two from 64"):
        waveform.strides(length)
