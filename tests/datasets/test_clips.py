"""Clips of folders and of TFDS: frames in their order, and one clear line for what is no clip."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from kgen import datasets, pictures
from kgen.datasets import load_clips


def frames(number, shade=0, side=8):
    """Grey pictures, frame t with t + 1 bright columns in the upper half, below them a shade."""
    clip = np.full([number, side, side, 1], 40 * shade, np.uint8)
    for t in range(number):
        clip[t, : side // 2] = 0
        clip[t, : side // 2, : t + 1] = 255
    return clip


def gif(path, clip):
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures.save_gif(path, clip, 0.1, 0.1, min_side=1)


def folder_of(path, clip, name="frame{}.png"):
    path.mkdir(parents=True, exist_ok=True)
    for t, picture in enumerate(clip):
        pictures.save_png(path / name.format(t), picture, min_side=1)


def all_of(dataset):
    parts = list(dataset.as_numpy_iterator())
    return (
        tuple(map(np.concatenate, zip(*parts, strict=True)))
        if isinstance(parts[0], tuple)
        else np.concatenate(parts)
    )


def test_a_gif_is_a_clip(tmp_path):
    for shade in range(3):
        gif(tmp_path / f"{shade}.gif", frames(6, shade))
    (tmp_path / "notes.txt").write_text("left aside, as among pictures")
    dataset, about = load_clips(tmp_path, frames=4, batch_size=3, shuffle=False)
    wanted = np.stack([frames(6, shade)[:4] for shade in range(3)])
    np.testing.assert_array_equal(all_of(dataset), wanted)
    assert (about.name, about.shape, about.classes) == (tmp_path.name, (4, 8, 8, 1), ())


def test_frames_of_a_folder_are_in_natural_order(tmp_path):
    for shade in range(2):
        folder_of(tmp_path / f"clip{shade}", frames(11, shade, side=12))
    x = all_of(load_clips(tmp_path, frames=11, batch_size=2, shuffle=False)[0])
    np.testing.assert_array_equal(x, np.stack([frames(11, shade, side=12) for shade in range(2)]))


def test_folders_are_splits_and_classes(tmp_path):
    for split, number in (("train", 4), ("test", 2)):
        for place in range(number):
            gif(tmp_path / split / "ab"[place % 2] / f"{place}.gif", frames(3, place))
    dataset, about = load_clips(tmp_path, frames=3, batch_size=4, labels=True, shuffle=False)
    x, y = all_of(dataset)
    shades = x[:, 0, -1, 0, 0] // 40
    assert about.classes == ("a", "b") and (y == shades % 2).all() and sorted(shades) == [0, 1, 2, 3]
    assert load_clips(tmp_path, "test", frames=3)[1].num_examples == 2
    assert load_clips(tmp_path, "train[:50%]", frames=3, batch_size=2)[1].num_examples == 2


def test_colour_stays_and_sizes_become_one(tmp_path):
    clip = np.zeros([3, 8, 8, 3], np.uint8)
    clip[..., 0], clip[1, :4] = 255, 0
    folder_of(tmp_path / "red", clip)
    folder_of(tmp_path / "large", frames(3, 2, side=16))
    with pytest.raises(ValueError, match="`image_size`.*several sizes.*large.*16 x 16.*red.*8 x 8"):
        load_clips(tmp_path, frames=3, batch_size=1)
    dataset, about = load_clips(tmp_path, frames=3, image_size=8, batch_size=2, shuffle=False)
    assert about.shape == (3, 8, 8, 3)
    np.testing.assert_array_equal(all_of(dataset)[1], clip)


def still(path):
    gif(path / "still.gif", frames(1))


def short(path):
    gif(path / "short.gif", frames(2))


def text(path):
    (path / "text.gif").write_text("no picture at all")


def nothing(path):
    (path / "nothing.gif").write_bytes(b"")


def two_sizes(path):
    folder_of(path / "mixed", frames(2))
    folder_of(path / "mixed", frames(1, side=9), "last{}.png")


def damaged(path):
    folder_of(path / "damaged", frames(3))
    (path / "damaged" / "frame1.png").write_text("no picture")


BAD = {
    still: "Cannot use the clip .*still.gif: it has one frame, fewer than frames=3.",
    short: "Cannot use the clip .*short.gif: it has 2 frames, fewer than frames=3.",
    text: "Cannot read the clip .*text.gif: cannot identify image file",
    nothing: "Cannot read the clip .*nothing.gif: it is empty .zero bytes.",
    two_sizes: "Cannot use the clip .*mixed: its frames have several sizes, 8 x 8 and 9 x 9.",
    damaged: "Cannot read the picture .*frame1.png",
}


@pytest.mark.parametrize("make", BAD, ids=lambda make: make.__name__)
def test_a_bad_clip_is_named_or_skipped(make, tmp_path):
    make(tmp_path)
    with pytest.raises(ValueError, match=BAD[make]) as caught:
        load_clips(tmp_path, frames=3, batch_size=1)
    assert "\n" not in str(caught.value) and 'on_bad="skip"' in str(caught.value)
    good = (gif, tmp_path / "good.gif") if list(tmp_path.glob("*.gif")) else (folder_of, tmp_path / "good")
    good[0](good[1], frames(3, 1))
    with pytest.warns(UserWarning, match="Left out 1 clips, the first: " + BAD[make]):
        dataset, about = load_clips(tmp_path, frames=3, batch_size=1, on_bad="skip", shuffle=False)
    assert (about.num_examples, about.num_skipped) == (1, 1)
    np.testing.assert_array_equal(all_of(dataset)[0], frames(3, 1))


def test_a_folder_without_clips_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        load_clips(tmp_path / "none")
    with pytest.raises(
        ValueError, match="There is no clip in .*. Expected files named .gif, or a folder of frames"
    ):
        load_clips(tmp_path)
    folder_of(tmp_path, frames(3))  # Pictures, but no folder of their own.
    with pytest.raises(ValueError, match="There is no clip in"):
        load_clips(tmp_path)
    text(tmp_path)
    with (
        pytest.warns(UserWarning),
        pytest.raises(ValueError, match="There is no clip in .* that can be used"),
    ):
        load_clips(tmp_path, on_bad="skip")


def test_labels_need_classes(tmp_path):
    gif(tmp_path / "a.gif", frames(3))
    with pytest.raises(ValueError, match="argument `labels`. Expected False"):
        load_clips(tmp_path, frames=3, batch_size=1, labels=True)


class Waves(tfds.core.GeneratorBasedBuilder):
    """Twenty clips in one split, as `moving_mnist` has them."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {"image_sequence": tfds.features.Video(shape=(5, 8, 8, 1))}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"test": self._generate_examples()}

    def _generate_examples(self):
        for number in range(20):
            clip = frames(5)
            clip[:, -1, 0] = number
            yield number, {"image_sequence": clip}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    Waves(data_dir=folder).download_and_prepare()
    return folder


def numbers(split, place, **options):
    """Numbers of the clips of a split, in order."""
    options = {"frames": 4, "batch_size": 2, "data_dir": place, "shuffle": False, **options}
    return all_of(load_clips("waves", split, **options)[0])[:, 0, -1, 0, 0].tolist()


def test_of_a_single_split_the_last_tenth_is_held_out(place):
    train, test = numbers("train", place), numbers("test", place)
    assert len(train) == 18 and len(test) == 2
    assert sorted(train + test) == list(range(20)) and numbers("all", place) == train + test
    assert numbers("train[3:7]", place) == train[3:7] and numbers("all[-4:]", place) == (train + test)[-4:]
    assert numbers("train", place, num_examples=5) == train[:5]
    x = all_of(load_clips("waves", "test", frames=4, data_dir=place)[0])
    assert x.shape == (2, 4, 8, 8, 1)
    np.testing.assert_array_equal(x[0, :, :4], frames(4)[:, :4])
    assert load_clips("waves", "test", frames=4, image_size=6, data_dir=place)[1].shape == (4, 6, 6, 1)


def test_bad_requests_of_tfds_are_named(place, tmp_path):
    with pytest.raises(ValueError, match="argument `frames`. Expected at most the 5 of a clip of waves"):
        load_clips("waves", frames=6, data_dir=place)
    with pytest.raises(ValueError, match="argument `split`"):
        load_clips("waves", "validation", frames=4, data_dir=place)
    with pytest.raises(ValueError, match="argument `source`. Expected a data set of clips"):
        load_clips("digits", data_dir=tmp_path)


def test_arrays_of_clips_stream_like_pictures():
    clips = np.stack([frames(4, shade) for shade in range(6)])
    dataset = datasets.from_arrays(clips, batch_size=4, shuffle=False)
    np.testing.assert_array_equal(all_of(dataset), clips)
    assert dataset.description.shape == (4, 8, 8, 1)
    with pytest.raises(ValueError, match=r"floats in \[0, 1\]"):
        datasets.from_arrays(clips.astype("float32"))
