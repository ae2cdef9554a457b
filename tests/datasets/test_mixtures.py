"""The mixtures: their centres, their spread, their splits, and what every source promises."""

import numpy as np
import pytest

import kgen
from kgen import datasets
from kgen.datasets.mixtures import read_mixture

NAMES = ("ring", "grid")


def test_the_ring_has_eight_distinct_centres():
    centres, sd = datasets.mixture("ring")
    expected = [[np.cos(k * np.pi / 4), np.sin(k * np.pi / 4)] for k in range(8)]
    np.testing.assert_allclose(centres, expected, atol=1e-6)
    apart = np.linalg.norm(centres[:, None] - centres, axis=-1) + 9 * np.eye(8)
    np.testing.assert_allclose(apart.min(axis=1), 2 * np.sin(np.pi / 8), rtol=1e-6)
    assert sd == 0.01


def test_the_grid_has_every_pair():
    centres, sd = datasets.mixture("grid")
    found = {tuple(row) for row in centres.tolist()}
    assert found == {(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)} and len(centres) == 25
    assert sd == 0.05


def test_a_mixture_cannot_be_changed_from_outside():
    datasets.mixture("ring").centres[:] = 0
    assert datasets.mixture("ring").centres[0].tolist() == [1, 0]


@pytest.mark.parametrize("name", NAMES)
def test_points_are_normal_around_the_centre_of_their_label(name):
    centres, sd = datasets.mixture(name)
    points, labels, *_ = read_mixture(name)
    assert points.shape == (100_000, 2) and points.dtype == np.float32 and labels.dtype == np.int32
    z = (points - centres[labels]) / sd
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=4 / np.sqrt(100_000))
    np.testing.assert_allclose(np.cov(z.T), np.eye(2), atol=0.02)
    share = np.mean(np.linalg.norm(z, axis=1) < 3)
    assert share == pytest.approx(1 - np.exp(-4.5), abs=4 * np.sqrt(0.0111 * 0.9889 / 100_000))


@pytest.mark.parametrize("name", NAMES)
def test_all_modes_are_equally_likely(name):
    labels = read_mixture(name).labels
    modes = len(datasets.mixture(name).centres)
    counts = np.bincount(labels, minlength=modes)
    chi2 = np.sum((counts - 100_000 / modes) ** 2) / (100_000 / modes)
    assert len(counts) == modes and chi2 < modes + 4 * np.sqrt(2 * modes)


@pytest.mark.parametrize("name", NAMES)
def test_splits_are_independent_and_always_the_same(name):
    train, test, both = (read_mixture(name, split).images for split in ("train", "test", "all"))
    assert len(test) == 10_000 and len(both) == 110_000
    np.testing.assert_array_equal(both, np.concatenate([train, test]))
    assert not {row.tobytes() for row in train} & {row.tobytes() for row in test}
    for column in range(2):
        assert abs(np.corrcoef(train[:10_000, column], test[:, column])[0, 1]) < 0.05
    np.testing.assert_array_equal(read_mixture(name, "train[10:30]").images, train[10:30])
    np.testing.assert_array_equal(read_mixture(name).images, train)


FIRST_AND_LAST = {
    "ring": ([[-0.713951, 0.715264], [0.985106, 0.007492]], [3, 0]),
    "grid": ([[-2.016232, -0.108266], [-4.025158, -3.950459]], [7, 0]),
}


@pytest.mark.parametrize("name", NAMES)
def test_the_points_do_not_change_from_release_to_release(name):
    points, labels, *_ = read_mixture(name, "all")
    np.testing.assert_allclose(points[[0, -1]], FIRST_AND_LAST[name][0], atol=1e-6)
    assert labels[[0, -1]].tolist() == FIRST_AND_LAST[name][1]


@pytest.mark.parametrize("name, classes", [("ring", 8), ("grid", 25)])
def test_load_keeps_the_promises_of_every_source(name, classes):
    dataset, description = datasets.load(name, batch_size=1000, seed=3, labels=True)
    assert (description.name, description.split, description.shape) == (name, "train", (2,))
    assert description.classes == tuple(str(k) for k in range(classes))
    assert description.num_examples == 100_000 and len(description.fingerprint) == 64
    assert dataset.steps_per_epoch == 100
    points, labels = (np.concatenate(parts) for parts in zip(*dataset.as_numpy_iterator(), strict=True))
    stored = read_mixture(name)
    assert {row.tobytes() for row in points} == {row.tobytes() for row in stored.images}
    centres, sd = datasets.mixture(name)
    assert np.linalg.norm(points - centres[labels], axis=1).max() < 6 * sd
    again = next(iter(datasets.load(name, batch_size=1000, seed=3)[0].at(57))).numpy()
    np.testing.assert_array_equal(again, points[57_000:58_000])
    other = next(iter(datasets.load(name, batch_size=1000, seed=4)[0])).numpy()
    assert not np.array_equal(other, points[:1000])


def test_the_test_split_is_in_order_and_can_be_cut():
    dataset, description = datasets.load("ring", "test", batch_size=100, num_examples=250)
    assert [len(batch) for batch in dataset] == [100, 100, 50] and description.num_examples == 250
    np.testing.assert_array_equal(next(iter(dataset)), read_mixture("ring", "test").images[:100])


@pytest.mark.parametrize(
    "options, message",
    [
        ({"image_size": 8}, "`image_size`. Expected no size for vectors"),
        ({"image_size": 2}, "`image_size`. Expected no size for vectors"),
        ({"augment": "flip"}, "`augment`. Expected pictures to warp"),
        ({"split": "validation"}, "`split`. Expected one of 'train', 'test', 'all'"),
        ({"batch_size": 100_001}, "fewer than batch_size=100001"),
    ],
)
def test_options_without_a_meaning_end_in_one_line(options, message):
    with pytest.raises(ValueError, match=message) as caught:
        datasets.load("ring", **options)
    assert "\n" not in str(caught.value)


def test_other_names_are_refused_with_the_nearest():
    with pytest.raises(ValueError, match="Did you mean `ring`"):
        datasets.mixture("rings")
    with pytest.raises(ValueError, match="Perhaps use one of: ring"):
        datasets.load("rings")
    with pytest.raises(ValueError, match="grid is computed and needs none"):
        datasets.prepare("grid")


def test_a_folder_of_the_same_name_is_reached_by_its_path(tmp_path, monkeypatch):
    (tmp_path / "ring").mkdir()
    kgen.pictures.save_png(tmp_path / "ring" / "a.png", np.zeros([8, 8, 1]), min_side=8)
    monkeypatch.chdir(tmp_path)
    assert datasets.load("./ring", batch_size=1, image_size=8, shuffle=False)[1].shape == (8, 8, 1)
    assert datasets.load("ring")[1].shape == (2,)


def test_names_list_them_as_ready():
    known = {entry.name: entry for entry in datasets.names()}
    assert list(known)[:3] == ["digits", "ring", "grid"]
    assert known["ring"].prepared and known["grid"].prepared
