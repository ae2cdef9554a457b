"""Pairs of sources: unpaired, complete, exact to resume; and one clear line for each kind of bad input."""

import os
import pathlib
import warnings

import keras
import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

import kgen
from kgen.datasets import load, load_pair, pair_truth

PREPARED = pathlib.Path(os.environ.get("TFDS_DATA_DIR", "no such folder"))
needs_mnist = pytest.mark.skipif(not (PREPARED / "mnist").is_dir(), reason="no mnist in TFDS_DATA_DIR")
RNG = np.random.default_rng(0)
A = np.arange(30, dtype="uint8").reshape(-1, 1, 1)  # Pictures that are their own numbers.
B = np.arange(100, 112, dtype="uint8").reshape(-1, 1, 1)


def drawn(dataset, steps, start=0):
    """The numbers that both sides show, [rows] each."""
    batches = [(a.numpy().ravel(), b.numpy().ravel()) for a, b in dataset.at(start).take(steps)]
    return [np.concatenate(side).astype(int) for side in zip(*batches, strict=True)]


def pictures(folder, count, shape=(40, 50, 3)):
    """A folder of JPEG pictures, each of another size."""
    folder.mkdir(parents=True)
    for i in range(count):
        pixels = RNG.integers(0, 256, (shape[0] + i, shape[1] + 2 * i, *shape[2:]), np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.jpg")
    return folder


@pytest.fixture
def folders(tmp_path):
    return pictures(tmp_path / "apples", 5), pictures(tmp_path / "oranges", 3)


def test_the_larger_side_comes_once_an_epoch_the_smaller_one_in_permutations():
    dataset, description = load_pair(A, B, batch_size=5, seed=3)
    assert dataset.steps_per_epoch == 6 and description.num_examples == 30
    a, b = drawn(dataset, 18)
    for epoch in a.reshape(3, 30):
        assert sorted(epoch) == list(range(30))
    for turn in b[:84].reshape(7, 12):
        assert sorted(turn) == list(range(100, 112))
    assert len({tuple(epoch) for epoch in a.reshape(3, 30)}) == 3
    assert len({tuple(turn) for turn in b[:84].reshape(7, 12)}) == 7


def test_the_smaller_side_may_be_a():
    a, b = drawn(load_pair(B, A, batch_size=5)[0], 6)
    assert set(a) == set(range(100, 112)) and sorted(b) == list(range(30))


def test_sides_of_one_size_have_independent_orders():
    dataset = load_pair(A, A + 100, batch_size=30, seed=1)[0]
    sides = [side.reshape(20, 30) for side in drawn(dataset, 20)]
    orders = np.concatenate([sides[0], sides[1] - 100])
    agreeing = [np.sum(orders[i] == orders[j]) for i in range(40) for j in range(i)]
    assert np.mean(agreeing) == pytest.approx(1, abs=0.15)  # Random orders meet once; +-0.04 is one sd.
    assert max(agreeing) < 10


def test_a_batch_is_a_function_of_seed_and_step():
    options = {"batch_size": 7, "seed": 5, "augment": "flip"}
    dataset = load_pair(A, B, **options)[0]
    a, b = drawn(dataset, 20)
    for step in (1, 4, 13, 19):
        again = drawn(load_pair(A, B, **options)[0], 1, start=step)
        np.testing.assert_array_equal(again, [a[7 * step :][:7], b[7 * step :][:7]])
    other = drawn(load_pair(A, B, batch_size=7, seed=6)[0], 20)
    assert (a != other[0]).any() and (b != other[1]).any()


def test_the_orders_do_not_depend_on_the_batch_size_or_the_other_side():
    a, b = drawn(load_pair(A, B, batch_size=3)[0], 20)
    by_ten = drawn(load_pair(A, B, batch_size=10)[0], 6)
    np.testing.assert_array_equal(by_ten, [a, b])
    np.testing.assert_array_equal(drawn(load_pair(A, B[:5], batch_size=3)[0], 20)[0], a)


def test_in_order_the_smaller_side_repeats_and_the_last_batch_is_smaller():
    dataset, _ = load_pair(A, B, "test", batch_size=8)
    batches = list(dataset)
    assert [len(a) for a, b in batches] == [len(b) for a, b in batches] == [8, 8, 8, 6]
    a, b = drawn(dataset, 8)
    np.testing.assert_array_equal(a, np.tile(np.arange(30), 2))
    np.testing.assert_array_equal(b[:30], 100 + np.arange(30) % 12)
    np.testing.assert_array_equal(b[30:], b[:30])


def test_no_batch_is_small_when_shuffled():
    dataset = load_pair(A, B, batch_size=8)[0]
    assert [len(b) for a, b in dataset] == [8, 8, 8]
    assert dataset.element_spec[1].shape == (8, 1, 1, 1)
    a = drawn(dataset, 15)[0]
    assert sorted(a[:30]) == sorted(a[30:60]) == list(range(30))


def test_the_description_tells_each_side_apart():
    about = load_pair(A, B)[1]
    assert isinstance(about, kgen.datasets.Description) and about.name == "arrays"
    assert about.a.num_examples == 30 and about.b.num_examples == 12 and about.shape == (1, 1, 1)
    assert about.a.fingerprint == load(A, batch_size=1)[1].fingerprint
    prints = {load_pair(*sides)[1].fingerprint for sides in ((A, B), (B, A), (A, B[:-1]), (A[1:], B))}
    assert len(prints) == 4 and about.fingerprint in prints
    assert load_pair(A, B, seed=9)[1] == about
    assert load_pair(A, B, num_examples=20)[1].a.num_examples == 20


def test_folders_of_any_sizes(folders):
    dataset, about = load_pair(*folders, batch_size=2, image_size=(24, 32))
    assert about.name == "apples and oranges" and about.num_examples == 5 and about.shape == (24, 32, 3)
    assert dataset.steps_per_epoch == 2 and dataset.element_spec[0].shape == (2, 24, 32, 3)
    single = load(folders[1], "train", batch_size=3, image_size=(24, 32), shuffle=False)[0]
    expected = next(iter(single)).numpy()
    shown = np.concatenate([b.numpy() for _, b in load_pair(*folders, image_size=(24, 32))[0].take(3)])
    assert sorted(x.tobytes() for x in shown) == sorted(x.tobytes() for x in expected)


def test_the_papers_layout_of_one_folder(tmp_path):
    for name, count in (("trainA", 4), ("trainB", 2), ("testA", 3), ("testB", 1)):
        pictures(tmp_path / "fruit" / name, count)
    about = load_pair(tmp_path / "fruit", image_size=16)[1]
    assert (about.a.num_examples, about.b.num_examples, about.name) == (4, 2, "trainA and trainB")
    about = load_pair(str(tmp_path / "fruit"), split="test[:2]", image_size=16, batch_size=2)[1]
    assert (about.a.num_examples, about.b.num_examples) == (2, 1)
    with pytest.raises(FileNotFoundError, match="no folder .*validationA"):
        load_pair(tmp_path / "fruit", split="validation")


def test_cycle_gan_of_tfds(tmp_path, monkeypatch):
    builder = tfds.builder("cycle_gan/facades", data_dir=tmp_path)

    def examples(self, path, label):
        for i in range({"A": 4, "B": 2}[label]):
            yield i, {"image": np.full((30 + i, 40, 3), path + i, np.uint8), "label": label}

    def splits(self, manager):
        names = ("trainA", "trainB", "testA", "testB")
        return {name: self._generate_examples(50 * i, name[-1]) for i, name in enumerate(names)}

    monkeypatch.setattr(type(builder), "_generate_examples", examples)
    monkeypatch.setattr(type(builder), "_split_generators", splits)
    builder.download_and_prepare()
    dataset, about = load_pair("cycle_gan/facades", data_dir=tmp_path, image_size=16, jitter=0.5)
    assert (about.name, about.split, about.shape) == ("cycle_gan/facades", "trainA and trainB", (16, 16, 3))
    a, b = (np.concatenate([batch[side][:, 0, 0, 0] for batch in dataset]) for side in range(2))
    assert sorted(a) == [0, 1, 2, 3] and sorted(b) == [50, 50, 51, 51]
    test = load_pair("cycle_gan/facades", split="test[:2]", data_dir=tmp_path, num_examples=1)[1]
    assert (test.split, test.a.num_examples) == ("testA[:2] and testB[:2]", 1)


def test_npz_files_and_sources_by_name(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=A, x_test=A[:4])
    np.savez(tmp_path / "b.npz", x_train=B, x_test=B[:3])
    about = load_pair(tmp_path / "a.npz", str(tmp_path / "b.npz"))[1]
    assert (about.name, about.a.num_examples, about.b.num_examples) == ("a and b", 30, 12)
    about = load_pair("digits", RNG.integers(0, 256, (20, 9, 9), np.uint8), image_size=12)[1]
    assert about.name == "digits and arrays" and about.a.num_examples == 1437
    points = load_pair("ring", "grid", batch_size=4)[0]
    assert [x.shape for x in next(iter(points))] == [(4, 2), (4, 2)]


def test_windows_are_pieces_of_the_larger_picture():
    big = RNG.integers(0, 256, (6, 12, 15, 3), np.uint8)
    dataset, about = load_pair(big, big + 1, batch_size=3, image_size=(8, 10), jitter=0.5)
    assert about.shape == about.a.shape == (8, 10, 3)
    pieces = np.lib.stride_tricks.sliding_window_view(big, (8, 10), axis=(1, 2))  # [6, 5, 6, 3, 8, 10]
    pieces = np.moveaxis(pieces, 3, -1).reshape(-1, 8, 10, 3)
    where = {piece.tobytes(): i % 30 for i, piece in enumerate(pieces)}
    sides = [np.concatenate([batch[side] for batch in dataset.at(0).take(200)]) for side in range(2)]
    places = np.array([where[piece.tobytes()] for piece in sides[0]])
    others = np.array([where[(piece - 1).tobytes()] for piece in sides[1]])
    counts = np.bincount(places, minlength=30)
    assert 5 <= counts.min() and counts.max() <= 40  # Expected 20, sd 4.4.
    assert np.abs(np.corrcoef(places // 6, places % 6)[0, 1]) < 0.15
    assert np.mean(places == others) < 0.1


def test_the_papers_jitter_reads_286_for_256():
    picture = RNG.integers(0, 256, (2, 286, 286, 1), np.uint8)
    options = {"image_size": 256, "jitter": 30 / 256, "augment": "flip"}
    dataset, about = load_pair(picture, 255 - picture, **options)
    a, b = next(iter(dataset))
    assert about.shape == (256, 256, 1) and a.shape == b.shape == (1, 256, 256, 1)
    assert about.a.fingerprint == load(picture, batch_size=1)[1].fingerprint
    again = next(iter(load_pair(picture, 255 - picture, **options)[0].at(0)))[0]
    np.testing.assert_array_equal(a, again)


def test_flips_are_drawn_for_each_side():
    ramp = np.arange(4, dtype="uint8").reshape(1, 1, 4, 1).repeat(20, axis=0)
    dataset = load_pair(ramp, ramp + 8, batch_size=20, augment="flip")[0]
    batches = [(a.numpy()[:, 0, 0, 0] > 0, b.numpy()[:, 0, 0, 0] > 8) for a, b in dataset.at(0).take(20)]
    a, b = (np.concatenate(side) for side in zip(*batches, strict=True))
    assert 150 < a.sum() < 250 and 150 < b.sum() < 250 and 150 < (a == b).sum() < 250


@pytest.mark.parametrize("kind, channels", [("negative", 1), ("edges", 1), ("colour", 3)])
def test_domain_pairs_hold_disjoint_halves(kind, channels):
    dataset, about = load_pair(f"digits_pair:{kind}", image_size=16, shuffle=False, batch_size=719)
    a, b = (x.numpy() for x in next(iter(dataset)))
    base = np.concatenate(list(load("digits", image_size=16, batch_size=719, shuffle=False)[0]))
    assert a.shape == (719, 16, 16, channels) and about.b.num_examples == 718
    assert about.name == f"digits and {kind} of digits"
    np.testing.assert_array_equal(a, np.repeat(base[::2], channels, axis=-1))
    function = getattr(kgen.datasets.domains, kind)
    np.testing.assert_array_equal(b[:718], function(base[1::2]))
    np.testing.assert_array_equal(b[718], b[0])


@pytest.mark.parametrize("kind", ["negative", "edges", "colour"])
def test_truth_is_aligned_and_not_in_the_training_data(kind):
    truth = pair_truth(f"digits_pair:{kind}:digits", image_size=16)
    test, labels = next(iter(load("digits", "test", batch_size=360, labels=True, image_size=16)[0]))
    np.testing.assert_array_equal(truth.a[..., :1], test)
    np.testing.assert_array_equal(truth.b, getattr(kgen.datasets.domains, kind)(test.numpy()))
    np.testing.assert_array_equal(truth.labels, labels)
    assert truth.classes == tuple("0123456789") and truth.a.shape == truth.b.shape
    train = load_pair(f"digits_pair:{kind}", image_size=16, batch_size=719)[0]
    shown = {x.tobytes() for x in next(iter(train))[1].numpy()}
    assert not shown & {x.tobytes() for x in truth.b}


def test_domain_pairs_of_other_sources(tmp_path):
    pictures(tmp_path / "grey" / "train", 6, (20, 20))
    pictures(tmp_path / "grey" / "test", 2, (20, 20))
    source = f"digits_pair:edges:{tmp_path / 'grey'}"
    about = load_pair(source, image_size=16, num_examples=2, batch_size=2)[1]
    assert about.name == "grey and edges of grey" and about.a.num_examples == about.b.num_examples == 2
    truth = pair_truth(source, image_size=16, num_examples=1)
    assert truth.a.shape == (1, 16, 16, 1) and truth.labels is None
    assert load_pair("digits_pair:negative", split="test")[1].a.num_examples == 180


@needs_mnist
def test_mnist_and_its_edges():
    about = load_pair("digits_pair:edges:mnist", num_examples=500, image_size=32, batch_size=16)[1]
    assert about.a.num_examples == about.b.num_examples == 500 and about.shape == (32, 32, 1)


def test_grey_and_colour_mixed_become_colour(tmp_path, folders):
    grey = pictures(tmp_path / "grey", 3, (40, 50))
    with pytest.warns(UserWarning, match="grey is grey and apples colour: both are given in colour"):
        dataset, about = load_pair(grey, folders[0], image_size=16)
    a = next(iter(dataset))[0].numpy()
    assert about.shape == (16, 16, 3) and (a == a[..., :1]).all()
    with pytest.warns(UserWarning, match="digits is grey"):
        assert load_pair(folders[0], "digits", image_size=16)[1].b.shape == (16, 16, 3)


def test_the_same_pictures_twice_are_a_warning(tmp_path, folders):
    (tmp_path / "link").symlink_to(folders[0])
    for other in (folders[0], tmp_path / "link"):
        with pytest.warns(UserWarning, match="Both sides hold the same pictures: apples"):
            load_pair(folders[0], other, image_size=16)


def test_text_files_among_pictures_are_left_out_with_a_warning(folders):
    (folders[1] / "notes.txt").write_text("no picture")
    with pytest.warns(UserWarning, match="1 of 4 files in .*oranges are no pictures .*: notes.txt") as caught:
        assert load_pair(*folders, image_size=16)[1].b.num_examples == 3
    assert len(caught) == 1


def test_small_pictures_are_enlarged_with_a_warning(folders):
    with pytest.warns(UserWarning, match="are smaller than 48 x 43 and are enlarged, .* 0.jpg") as caught:
        load_pair(*folders, image_size=(36, 40), jitter=0.2)
    assert [str(warning.message)[:6] for warning in caught] == ["3 of 5", "3 of 3"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_pair(*folders, image_size=40)


def test_damaged_pictures(folders):
    (folders[1] / "text.jpg").write_text("no picture")
    with pytest.raises(ValueError, match="Cannot read the picture .*text.jpg"):
        load_pair(*folders, image_size=16)
    with pytest.warns(UserWarning, match="Skipped 1 unreadable"):
        about = load_pair(*folders, image_size=16, on_bad="skip")[1]
    assert (about.num_skipped, about.a.num_skipped, about.b.num_examples) == (1, 0, 3)
    with pytest.raises(ValueError, match="more than max_pixels=100"):
        load_pair(*folders, image_size=16, max_pixels=100)


def test_missing_sides_are_named_before_any_picture_is_decoded(tmp_path, folders, monkeypatch):
    monkeypatch.setattr(kgen.datasets.pairs, "read_source", lambda *_, **__: pytest.fail("work began"))
    (tmp_path / "empty").mkdir()
    (tmp_path / "half" / "trainA").mkdir(parents=True)
    for b, error, message in (
        (tmp_path / "empty", ValueError, "There is no picture in .*empty"),
        (tmp_path / "missing", FileNotFoundError, "There is no folder .*missing"),
        ("zebras", ValueError, "a folder, or FILE.npz. Received: source='zebras'"),
        (None, ValueError, "`b`. Expected a second source, unless a is .*trainB"),
    ):
        with pytest.raises(error, match=message) as caught:
            load_pair(folders[0], b, image_size=16)
        assert "\n" not in str(caught.value)
    with pytest.raises((ValueError, FileNotFoundError), match="trainA"):
        load_pair(tmp_path / "half")
    with pytest.raises(ValueError, match="no picture in .*empty"):
        load_pair(f"digits_pair:edges:{tmp_path / 'empty'}")


@pytest.mark.parametrize(
    "sides, options, message",
    [
        (
            (A, B.repeat(2, axis=1)),
            {},
            "`image_size`. Expected one size for both sides.*a=.1, 1, 1., b=.2, 1, 1",
        ),
        ((A, B / 255), {}, "`b`. Expected the type of a.*a='uint8', b='float32'"),
        ((A[..., None].repeat(2, -1), B[..., None].repeat(3, -1)), {}, "`b`. Expected as many channels as a"),
        (("ring", "digits"), {}, "`b`. Expected the type of a"),
        ((A, B), {"batch_size": 31}, "30 examples, fewer than batch_size=31"),
        ((A, B), {"jitter": 0.1}, "`image_size`. Expected the size of the windows"),
        ((A, B), {"jitter": -0.1, "image_size": 1}, "`jitter`. Expected a number in"),
        ((A, B), {"seed": -1}, "`seed`"),
        ((A, B), {"augment": "turn=3"}, "`augment`"),
        ((A, B), {"on_bad": "ignore"}, "`on_bad`"),
        ((A, B), {"num_examples": 0}, "`num_examples`"),
        ((A, B), {"split": "train[40:]"}, "data set is empty"),
        ((A, None), {}, "`b`. Expected a second source"),
        (("digits_pair:edge", None), {}, "`source`.*'digits_pair:edges'.*Did you mean `digits_pair:edges`"),
        (("digits_pair:edges:ring", None), {}, "`source`. Expected grey 8-bit pictures"),
        (("digits_pair:edges", "digits"), {}, "`source`. Expected one data set"),
    ],
)
def test_bad_arguments(sides, options, message):
    with pytest.raises(ValueError, match=message) as caught:
        load_pair(*sides, **options)
    assert "\n" not in str(caught.value)


def test_only_pairs_have_truth_and_only_load_pair_has_pairs():
    with pytest.raises(ValueError, match="`source`. Expected digits_pair:KIND"):
        pair_truth("digits")
    with pytest.raises(ValueError, match="load_pair"):
        load("digits_pair:edges")


def test_keras_trains_on_pairs_and_resumes_by_step():
    dataset = load_pair("digits_pair:negative", batch_size=8)[0]
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(dataset.at(0), steps_per_epoch=3, epochs=2, shuffle=False, verbose=0)
    later = [x.numpy() for x in next(iter(dataset.at(500)))]
    np.testing.assert_array_equal(later, [x.numpy() for x in next(iter(dataset.at(499).skip(1)))])
