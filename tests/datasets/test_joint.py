"""Several kinds of data at once: rows by place, by class or by nothing, exact to resume; bad sources in one line."""

import os
import pathlib

import numpy as np
import pytest
from PIL import Image

from kgen import datasets, sounds
from kgen.datasets import joint_sources, load, load_joint
from kgen.datasets.domains import edges, negative

PREPARED = pathlib.Path(os.environ.get("TFDS_DATA_DIR", "no such folder"))
needs_both = pytest.mark.skipif(
    not all((PREPARED / name).is_dir() for name in ("mnist", "spoken_digit")),
    reason="no mnist and spoken_digit in TFDS_DATA_DIR",
)


def write_wav(path, number):
    """A sound of four samples whose first is number / 1024."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sounds.write_wav(path, np.array([number, 1, 2, 3]) / 1024, 8000)


def write_picture(path, number):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((4, 4), number, np.uint8)).save(path)


@pytest.fixture
def folders(tmp_path):
    """Pictures and sounds that are their own numbers, of two classes: tens below 100 are high, above low."""
    for name, start, pictures, waves in (("high", 10, 7, 3), ("low", 110, 5, 2)):
        for k in range(pictures):
            write_picture(tmp_path / "pictures" / name / f"{k}.png", start + 10 * k)
        for k in range(waves):
            write_wav(tmp_path / "wavs" / name / f"{k}.wav", start + 10 * k)
    return {"picture": tmp_path / "pictures", "sound": tmp_path / "wavs", "label": None}


def small(folders, **options):
    return load_joint(folders, **{"batch_size": 3, "image_size": 4, "slice_length": 4, **options})


def numbers(dataset, steps, start=0):
    """Name -> what the rows show, [rows]: the numbers that pictures and sounds are."""
    batches = list(dataset.at(start).take(steps).as_numpy_iterator())
    found = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
    read = {
        "picture": lambda x: x[:, 0, 0, 0].astype(int),
        "sound": lambda x: np.round(x[:, 0] * 1024).astype(int),
        "label": lambda x: x,
    }
    return {name: read[name](found[name]) for name in found}


def test_rows_meet_by_class_and_all_of_the_largest_come_once(folders):
    dataset, about = small(folders, batch_size=4)
    assert (dataset.steps_per_epoch, about.num_examples, about.classes) == (3, 12, ("high", "low"))
    rows = numbers(dataset, 60)
    for epoch in rows["picture"].reshape(20, 12):
        assert sorted(epoch) == [*range(10, 71, 10), *range(110, 160, 10)]
    np.testing.assert_array_equal(rows["picture"] > 100, rows["label"])
    np.testing.assert_array_equal(rows["sound"] > 100, rows["label"])
    assert set(rows["sound"]) == {10, 20, 30, 110, 120}


def test_partners_are_drawn_anew_in_each_epoch_and_uniformly(folders):
    rows = numbers(small(folders, batch_size=12)[0], 100)
    of_one = rows["sound"][rows["picture"] == 40]
    counts = np.array([np.sum(of_one == sound) for sound in (10, 20, 30)])
    assert counts.sum() == 100 and np.all(np.abs(counts - 100 / 3) < 15)  # 3 standard deviations.
    shares = np.array([np.mean(rows["sound"] == sound) for sound in (10, 20, 30, 110, 120)])
    np.testing.assert_allclose(shares, np.array([7, 7, 7, 7.5, 7.5]) / 36, atol=0.04)


def test_a_partner_is_a_function_of_seed_epoch_and_example(folders):
    """Of neither the batch nor the order: in order, epoch 0 has the partners of epoch 0 shuffled."""
    by_three, by_five = (numbers(small(folders, batch_size=n, seed=3)[0], 60 // n) for n in (3, 5))
    for name in by_three:
        np.testing.assert_array_equal(by_three[name], by_five[name])
    in_order = numbers(small(folders, batch_size=12, seed=3, shuffle=False)[0], 1)
    first = {
        picture: sound for picture, sound in zip(by_three["picture"][:12], by_three["sound"], strict=False)
    }
    assert [first[picture] for picture in in_order["picture"]] == in_order["sound"].tolist()
    other = numbers(small(folders, batch_size=12, seed=4, shuffle=False)[0], 1)
    assert in_order["picture"].tolist() == other["picture"].tolist()
    assert in_order["sound"].tolist() != other["sound"].tolist()


@pytest.mark.parametrize("paired", [True, False])
def test_a_batch_is_a_function_of_seed_and_step(folders, paired):
    sources = folders if paired else {name: folders[name] for name in ("picture", "sound")}
    dataset, other = (small(sources, seed=5, paired=paired)[0] for _ in range(2))
    rows = numbers(dataset, 12)
    for step in (3, 11):
        again = numbers(other, 1, start=step)
        for name in rows:
            np.testing.assert_array_equal(again[name], rows[name][3 * step :][:3])
    finite = [len(batch["sound"]) for batch in dataset]
    assert finite == [3, 3, 3, 3]
    last = [len(b["picture"]) for b in small(sources, batch_size=5, paired=paired, shuffle=False)[0]]
    assert last == [5, 5, 2]


def test_kinds_shapes_and_ranges(folders):
    dataset, about = small(folders)
    assert about.modalities == {
        "picture": ("picture", 4, 4, 1),
        "sound": ("sound", 4, 8000),
        "label": ("label", 2),
    }
    assert about.shape == (4 * 4 + 4 + 2,) and list(about.modalities) == list(folders)
    kinds = {name: (spec.shape.as_list(), spec.dtype.name) for name, spec in dataset.element_spec.items()}
    assert kinds == {
        "picture": ([3, 4, 4, 1], "uint8"),
        "sound": ([3, 4], "float32"),
        "label": ([3], "int32"),
    }
    assert about.name == "pictures and wavs" and about.split == "train"


def test_names_of_one_data_set_are_paired_by_place():
    dataset, about = load_joint("a=digits,b=edges:digits,c=negative:digits,label", batch_size=50)
    assert about.num_examples == 1437 and about.name == "digits and edges of digits and negative of digits"
    single, _ = load("digits", batch_size=50, labels=True)
    for batch, (images, labels) in zip(dataset.take(2), single.take(2), strict=True):
        np.testing.assert_array_equal(batch["a"], images)
        np.testing.assert_array_equal(batch["b"], edges(images.numpy()))
        np.testing.assert_array_equal(batch["c"], negative(images.numpy()))
        np.testing.assert_array_equal(batch["label"], labels)


def test_a_data_set_under_two_names_meets_another_by_class(folders):
    """Both names of the folder show the same row, one whose class is that of the digit."""
    sources = {"a": folders["picture"], "sound": folders["sound"], "b": folders["picture"]}
    dataset, _ = small(sources, num_examples=9)
    for batch in dataset:
        np.testing.assert_array_equal(batch["a"], batch["b"])
        np.testing.assert_array_equal(batch["a"][:, 0, 0, 0] > 100, batch["sound"][:, 0] > 100 / 1024)


def test_unpaired_names_of_one_data_set_share_no_example():
    """CoGAN's two domains: outlines of digits that are never seen as they are."""
    whole = np.concatenate(list(load("digits", batch_size=1437, shuffle=False)[0].as_numpy_iterator()))
    dataset, about = load_joint("a=digits,b=edges:digits", batch_size=103, paired=False, seed=1)
    assert about.num_examples == 719 and about.classes == ()
    batches = list(dataset.at(0).take(7).as_numpy_iterator())
    shown = [np.concatenate([batch[name] for batch in batches])[:718] for name in "ab"]
    known = [whole[:718], edges(whole[718:])]
    assert {x.tobytes() for x in shown[0]} == {x.tobytes() for x in known[0]}
    assert {x.tobytes() for x in shown[1]} <= {x.tobytes() for x in known[1]}
    assert np.mean([(edges(x[None]) == y).all() for x, y in zip(*shown, strict=True)]) == 0


def test_unpaired_sources_have_orders_of_their_own(folders):
    sources = {name: folders[name] for name in ("picture", "sound")}
    dataset, about = small(sources, paired=False, batch_size=12)
    assert about.num_examples == 12
    rows = numbers(dataset, 50)
    for turn in rows["sound"][:600].reshape(120, 5):
        assert sorted(turn) == [10, 20, 30, 110, 120]
    for epoch in rows["picture"].reshape(50, 12):
        assert len(set(epoch)) == 12
    same = np.mean((rows["picture"] > 100) == (rows["sound"] > 100))
    assert same == pytest.approx(5 / 12 * 2 / 5 + 7 / 12 * 3 / 5, abs=0.06)


def test_vectors_are_a_kind_too():
    points = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    images = np.arange(4, dtype="uint8").reshape(4, 1, 1, 1)
    sources = {"picture": (images, np.array([0, 1, 2, 1])), "numbers": (points, np.array([0, 1, 2, 0, 1, 2]))}
    dataset, about = load_joint(sources, batch_size=6)
    assert about.modalities == {"picture": ("picture", 1, 1, 1), "numbers": ("vector", 3)}
    for batch in dataset.at(0).take(4).as_numpy_iterator():
        place = [np.flatnonzero((points == row).all(axis=1))[0] for row in batch["numbers"]]
        np.testing.assert_array_equal(np.array([0, 1, 2, 1])[batch["picture"].ravel()], np.array(place) % 3)


def test_a_text_is_a_dict():
    text = " picture = digits , b=edges:digits,label"
    sources = {"picture": "digits", "b": "edges:digits", "label": None}
    assert joint_sources.parse_joint(text) == joint_sources.parse_joint(sources) == sources
    assert joint_sources.parse_joint(joint_sources.write_joint(sources)) == sources
    assert joint_sources.is_joint(text) and joint_sources.is_joint("label,a=digits")
    assert not any(map(joint_sources.is_joint, ("digits", "few_labels:100:mnist", "a b=c", 3, "label")))
    assert load_joint(text)[1] == load_joint(sources)[1]


def test_num_examples_counts_rows(folders):
    dataset, about = small(folders, num_examples=8, shuffle=False, batch_size=8)
    rows = numbers(dataset, 1)
    assert about.num_examples == 8 and len(rows["picture"]) == 8
    assert set(rows["sound"]) <= {10, 20, 30, 110, 120}


def test_the_fingerprint_knows_what_is_shown(folders):
    known = small(folders)[1]
    assert small(folders, batch_size=5, seed=9)[1] == known
    pair = {name: folders[name] for name in ("picture", "sound")}
    prints = {small(pair)[1].fingerprint, small(pair, paired=False)[1].fingerprint, known.fingerprint}
    write_wav(folders["sound"] / "high" / "0.wav", 15)
    assert len(prints) == 3 and small(folders)[1].fingerprint not in prints


def test_classes_of_other_names_or_orders(folders, tmp_path):
    other = {"picture": folders["picture"], "sound": tmp_path / "renamed"}
    (tmp_path / "wavs").rename(tmp_path / "renamed")
    (tmp_path / "renamed" / "low").rename(tmp_path / "renamed" / "quiet")
    with pytest.warns(UserWarning, match="renamed have other names.*: low meets quiet"):
        small(other)
    examples = datasets.arrays.Examples(np.zeros([3, 1]), np.array([0, 0, 1]), ("b", "a"), "swapped", "train")
    first = examples._replace(classes=("a", "b"))
    groups = [joint_sources.Group(one, None, {}) for one in (first, examples)]
    assert joint_sources.agree(groups)[1].examples.labels.tolist() == [1, 1, 0]


def test_bad_files_are_left_out_and_counted(folders):
    (folders["sound"] / "high" / "9.wav").write_bytes(b"")
    with pytest.raises(ValueError, match="it is empty"):
        small(folders)
    with pytest.warns(UserWarning, match="Left out 1 sounds"):
        assert small(folders, on_bad="skip")[1].num_skipped == 1


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        ("digits", "NAME=SOURCE"),
        ("a=digits", "two names or more"),
        ("a=digits,a=digits", "names that differ"),
        ("a=digits,b=", "NAME=SOURCE"),
        ("a=digits,class=digits", "identifiers"),
        ({"a b": "digits", "b": "digits"}, "identifiers"),
        ({"a": None, "b": None, "c": "digits"}, "one at most of the class"),
        (["digits", "digits"], "a dict name -> source"),
        ("a=digits,b=edges:", "edges: and a source"),
        ("a=ring,b=edges:ring", "grey 8-bit pictures"),
        ("a=digits,b=grid", "as many classes.*10 of digits, 25 of grid"),
        ("a=digits,b=digits_pair:edges", "one data set"),
        ("a=digits,b=few_labels:100:digits", "few_labels:NUMBER"),
        ("a=digits,b=no_such_data", "no_such_data"),
    ],
)
def test_bad_sources_are_named_in_one_line(sources, told):
    with pytest.raises(ValueError, match=told) as error:
        load_joint(sources)
    assert "\n" not in str(error.value)


def test_data_that_do_not_fit_each_other(folders, tmp_path):
    for file in (folders["sound"] / "low").iterdir():
        file.rename(folders["sound"] / "high" / f"_{file.name}")
    with pytest.raises(ValueError, match="as many classes.*2 of pictures, 1 of wavs"):
        small(folders)
    points = (np.zeros([3, 2], "float32"), np.array([0, 0, 1]))
    images = np.zeros([4, 1, 1, 1], "uint8")
    with pytest.raises(ValueError, match="each class in arrays. Received: none of class '1'"):
        load_joint(
            {"a": (images, np.array([0, 1, 2, 2])), "b": (points[0], np.array([0, 0, 2]))}, batch_size=2
        )
    with pytest.raises(ValueError, match="data sets with labels.*arrays without labels"):
        load_joint({"a": images, "b": points}, batch_size=2)
    with pytest.raises(ValueError, match="pictures, sounds or vectors"):
        load_joint({"a": np.zeros([2, 3, 4, 4, 1], "uint8"), "b": points}, batch_size=2, paired=False)
    write_wav(folders["picture"] / "high" / "a.wav", 3)
    with pytest.raises(ValueError, match="not of both"):
        small(folders)
    with pytest.raises(FileNotFoundError, match="no folder"):
        load_joint(f"a=digits,b={tmp_path}/none")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"paired": 1}, "`paired`"),
        ({"paired": False}, "`paired`.*the class belongs"),
        ({"slice_length": 0}, "`slice_length`"),
        ({"sample_rate": 3}, "`sample_rate`"),
        ({"batch_size": 0}, "`batch_size`"),
        ({"seed": -1}, "`seed`"),
        ({"split": "none"}, "`split`"),
        ({"num_examples": 0}, "`num_examples`"),
        ({"on_bad": "no"}, "`on_bad`"),
        ({"image_size": 0}, "`image_size`"),
        ({"num_examples": 9, "batch_size": 10}, "fewer than batch_size=10"),
    ],
)
def test_bad_options_are_named(options, told):
    with pytest.raises(ValueError, match=told):
        load_joint("picture=digits,label", **options)


@needs_both
def test_digits_that_are_seen_and_heard():
    dataset, about = load_joint("picture=mnist,sound=spoken_digit,label", "test", batch_size=300)
    assert about.modalities == {
        "picture": ("picture", 28, 28, 1),
        "sound": ("sound", 4096, 8000),
        "label": ("label", 10),
    }
    assert about.num_examples == 10_000
    batch = next(iter(dataset))
    heard, said = datasets.load_sounds(split="test", slice_length=4096, batch_size=300, labels=True)
    waves, labels = next(iter(heard))
    known = {wave.tobytes(): label for wave, label in zip(waves.numpy(), labels.numpy(), strict=True)}
    assert [known[wave.tobytes()] for wave in batch["sound"].numpy()] == batch["label"].numpy().tolist()
