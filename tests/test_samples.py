"""The Samples callback: a grid of pictures, a scatter plot of vectors."""

import numpy as np
import pytest
from PIL import Image

from kgen import callbacks, pictures


class Drawer:
    """Stands for a model: its samples move right by one a call."""

    def __init__(self, image_shape):
        self.image_shape = image_shape
        self.calls = []

    def sheet(self, num_samples, seed):
        self.calls.append((num_samples, seed))
        vectors = np.random.default_rng(seed).normal(size=(num_samples, *self.image_shape))
        return (vectors + len(self.calls) if len(self.image_shape) == 1 else np.abs(vectors) / 9), None


def run(callback, model, epochs=2):
    callback.set_model(model)
    callback.on_train_begin()
    for epoch in range(epochs):
        callback.on_epoch_end(epoch)
    callback.on_train_end()
    return [pictures.read_png(path) for path in sorted(callback.directory.glob("epoch-*.png"))]


def test_vectors_become_points_over_the_real_ones_in_one_frame(tmp_path):
    real = np.random.default_rng(1).normal(size=(30, 2))
    model = Drawer((2,))
    frames = run(callbacks.Samples(tmp_path, num_samples=40, seed=5, real=real), model)
    assert model.calls == [(40, 5)] * 3
    base = np.random.default_rng(5).normal(size=(40, 2))
    for index, frame in enumerate(frames):
        np.testing.assert_array_equal(frame, pictures.scatter(base + index + 1, real))
    border = [frame[-35:] for frame in frames]  # The numbers of the x axis.
    assert not np.array_equal(frames[0], frames[2]) and np.array_equal(border[0], border[2])
    with Image.open(tmp_path / "training.gif") as gif:
        assert gif.size == (480, 480) and gif.n_frames == 3


def test_limits_may_be_said(tmp_path):
    frames = run(callbacks.Samples(tmp_path, num_samples=4, limits=(-9, 9)), Drawer((3,)), epochs=0)
    expected = np.random.default_rng(0).normal(size=(4, 3)) + 1
    np.testing.assert_array_equal(frames[0], pictures.scatter(expected, limits=(-9, 9)))


@pytest.mark.parametrize("shape, number", [((2,), 2500), ((4, 4, 1), 64)])
def test_as_many_as_one_can_see(tmp_path, shape, number):
    model = Drawer(shape)
    (frame,) = run(callbacks.Samples(tmp_path), model, epochs=0)
    assert model.calls == [(number, 0)]
    assert frame.shape[-1] == (3 if len(shape) == 1 else 1)


def test_num_samples_is_checked(tmp_path):
    with pytest.raises(ValueError, match="`num_samples`"):
        callbacks.Samples(tmp_path, num_samples=0)
