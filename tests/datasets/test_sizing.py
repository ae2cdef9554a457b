import numpy as np
import pytest

from kgen import datasets
from kgen.datasets import sizing


def test_shorter_side_fits_and_the_centre_is_kept():
    wide = np.zeros((1, 4, 12, 2), np.uint8)
    wide[:, :, 4:8] = 200
    assert (sizing.resize(wide, (4, 4)) == 200).all()
    assert sizing.resize(wide, None) is wide


def test_shrinking_is_antialiased():
    checkers = np.indices((1, 16, 16, 1)).sum(0).astype(np.uint8) % 2 * 255
    assert np.abs(sizing.resize(checkers, (4, 4)).astype(int) - 128).max() <= 2


def test_floats_stay_floats_in_range():
    steps = np.zeros((1, 8, 8, 1), np.float32)
    steps[:, :, 4:] = 1
    resized = sizing.resize(steps, (16, 16))
    assert resized.dtype == np.float32 and resized.min() == 0 and resized.max() == 1
    assert len(np.unique(resized)) > 3


def test_large_arrays_are_mapped(monkeypatch):
    monkeypatch.setattr(sizing, "MEMORY_LIMIT", 1000)
    room = sizing.allocate((10, 11, 11, 1))
    assert isinstance(room, np.memmap) and isinstance(room[:4], np.memmap)
    room[:] = 7
    assert (room == 7).all()
    assert not isinstance(sizing.allocate((10, 10)), np.memmap)


def test_no_room_is_said(monkeypatch):
    monkeypatch.setattr(sizing, "MEMORY_LIMIT", 0)
    with pytest.raises(OSError, match="set TMPDIR"):
        sizing.allocate((10**15,))


def test_load_resizes_arrays():
    dataset, description = datasets.load(np.zeros((8, 10, 20), np.uint8), batch_size=4, image_size=(6, 5))
    assert description.shape == dataset.element_spec.shape[1:] == (6, 5, 1)
    with pytest.raises(ValueError, match="no size for vectors"):
        datasets.load(np.zeros((8, 10)), batch_size=4, image_size=6)
