"""MoCoGAN's generator: one content in all frames, a path of codes, one network for all pictures."""

import keras
import numpy as np
import pytest

from kgen.networks import convolutional, motion


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru(noise, start, kernel, recurrent, bias):
    """Cho's cell by hand, the reset gate behind the product: h_t of one clip [frames, units]."""
    found, h = [], start
    for e in noise:
        (az, ar, an), (bz, br, bn) = np.split(e @ kernel + bias, 3), np.split(h @ recurrent, 3)
        z, r = sigmoid(az + bz), sigmoid(ar + br)
        h = z * h + (1 - z) * np.tanh(an + r * bn)
        found.append(h)
    return np.array(found)


def test_codes_are_the_content_and_a_recurrent_path():
    layer = motion.MotionCodes(frames=4, motion_dim=2)
    latent = np.random.default_rng(0).normal(size=(3, 5 + 2 + 8)).astype("float32")
    codes = layer(latent).numpy().reshape(3, 4, 7)
    layer.bias.assign(np.linspace(-1, 1, 6))
    codes = layer(latent).numpy().reshape(3, 4, 7)
    weights = [v.numpy() for v in (layer.kernel, layer.recurrent_kernel, layer.bias)]
    for row, found in zip(latent, codes, strict=True):
        np.testing.assert_array_equal(found[:, :5], np.tile(row[:5], [4, 1]))
        np.testing.assert_allclose(found[:, 5:], gru(row[7:].reshape(4, 2), row[5:7], *weights), atol=1e-6)


def test_a_frame_depends_on_the_noise_before_it_only():
    layer = motion.MotionCodes(frames=4, motion_dim=2)
    latent = np.random.default_rng(0).normal(size=(1, 13)).astype("float32")
    other = latent.copy()
    other[:, 3 + 2 + 4 :] += 1.0  # e_3 and e_4.
    changed = np.abs(layer(latent) - layer(other)).reshape(4, 5).max(axis=1) > 1e-6
    assert changed.tolist() == [False, False, True, True]


def test_every_frame_is_drawn_by_one_network_from_its_own_code():
    network = motion.generator(3, 2, (4, 8, 8, 1), width=2)
    codes, pictures, clips = network.layers
    latent = np.random.default_rng(1).normal(size=(2, 13)).astype("float32")
    found = network(latent).numpy()
    np.testing.assert_allclose(found.reshape(8, 8, 8, 1), pictures(codes(latent)), atol=1e-6)
    assert found.shape == (2, 4, 8, 8, 1) and found.dtype == np.float32


def test_the_generator_survives_a_file_and_a_copy(tmp_path):
    network = motion.generator(3, 2, (4, 8, 8, 1), width=2, kernel_regularizer=keras.regularizers.L2(0.5))
    latent = np.random.default_rng(1).normal(size=(2, 13)).astype("float32")
    network.save(tmp_path / "g.keras")
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    for other in (keras.saving.load_model(tmp_path / "g.keras"), copy):
        np.testing.assert_array_equal(network(latent), other(latent))
        assert float(other.layers[0].kernel_regularizer.l2) == 0.5


def test_the_codes_stay_precise_in_half_precision():
    keras.config.set_dtype_policy("mixed_float16")
    network = motion.generator(3, 2, (4, 8, 8, 1), width=2)
    codes = network.layers[0](np.full((1, 13), 1 / 3, "float32"))
    assert codes.dtype == "float32" and codes[0, 0] == np.float32(1 / 3)
    assert network(np.zeros((1, 13), "float32")).dtype == "float32"


FRAMES = [((16, 64, 64, 3), [13, 10, 7, 4]), ((12, 32, 32, 1), [9, 6, 3]), ((4, 16, 17, 1), [1, 1])]


@pytest.mark.parametrize("shape, left", FRAMES, ids=[str(shape) for shape, _ in FRAMES])
def test_along_time_kernels_cover_four_frames_or_what_is_left(shape, left):
    """The paper's 16 frames of 64 x 64: 4 x 4 x 4 kernels, strides (1, 2, 2), no padding along time."""
    network = convolutional.encoder(shape, width=2, kernel_size=4, time=True)
    layers = [layer for layer in network.layers if "Conv3D" in type(layer).__name__]
    assert [layer.output.shape[1] for layer in layers] == left
    before = [shape[0], *left]
    assert [layer.kernel_size for layer in layers] == [(min(4, frames), 4, 4) for frames in before[:-1]]
    assert all(layer.strides == (1, 2, 2) for layer in layers)
    assert [layer.output.shape[2] for layer in layers] == [shape[1] // 2 ** (n + 1) for n in range(len(left))]
    assert network(np.zeros((2, *shape), "float32")).shape == (2, 1)


def test_order_in_time_is_seen():
    network = convolutional.encoder((4, 8, 8, 1), width=2, kernel_size=4, time=True)
    x = np.random.default_rng(0).normal(size=(1, 4, 8, 8, 1)).astype("float32")
    assert abs(float((network(x) - network(x[:, ::-1]))[0, 0])) > 1e-7
