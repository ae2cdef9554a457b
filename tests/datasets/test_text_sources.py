import pytest
import tensorflow_datasets as tfds

from kgen import datasets
from kgen.datasets.text_sources import read_texts


class Reviews(tfds.core.GeneratorBasedBuilder):
    """Three reviews to train on, one of them empty, and one other."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {"label": tfds.features.ClassLabel(names=["bad", "good"]), "text": tfds.features.Text()}
        features = tfds.features.FeaturesDict({"about": tfds.features.Text(), **features})
        return tfds.core.DatasetInfo(builder=self, features=features, disable_shuffling=True)

    def _split_generators(self, dl_manager):
        return {
            "test": self._generate_examples(["Dull."]),
            "train": self._generate_examples(["Née.", "", "B\nC"]),
        }

    def _generate_examples(self, texts):
        for i, text in enumerate(texts):
            yield i, {"about": "nothing", "label": 0, "text": text}


class Play(Reviews):
    """One text, cut by TFDS in the middle of a word."""

    def _split_generators(self, dl_manager):
        parts = {"train": "A tale told by an id", "test": "fury", "validation": "iot, full of\n"}
        return {split: self._generate_examples([text]) for split, text in parts.items()}


def write(root, **files):
    for name, text in files.items():
        path = root / (name.replace("__", "/") + ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)


def test_examples_of_tfds_are_sentences(tmp_path):
    Reviews(data_dir=tmp_path).download_and_prepare()
    texts = read_texts("reviews", "test", data_dir=tmp_path)
    assert texts.sentences and texts.parts == {"train": ["Née.", "B\nC"], "test": ["Dull."]}
    assert texts.part("test") == ["Dull."] and texts.part("train[1:]") == ["B\nC"]
    assert list(read_texts("reviews", "train", data_dir=tmp_path).parts) == ["train"]
    assert read_texts("reviews", "all", data_dir=tmp_path).part("all") == ["Née.", "B\nC", "Dull."]
    running = read_texts("reviews", "train", False, tmp_path)
    assert running.part("train") == "Née.\nB\nC\n" and not running.sentences


def test_one_text_cut_by_tfds_is_joined_and_cut_again(tmp_path):
    Play(data_dir=tmp_path).download_and_prepare()
    texts = read_texts("play", data_dir=tmp_path)
    assert texts.part("all") == "A tale told by an idiot, full of\nfury" and not texts.sentences
    assert texts.part("train") == "A tale told by an idiot, full of\n" and texts.part("test") == "fury"


def test_unknown_splits_of_tfds_are_refused_before_reading(tmp_path):
    Reviews(data_dir=tmp_path).download_and_prepare()
    with pytest.raises(ValueError, match="`split`. Expected one of 'test', 'train', 'all'"):
        read_texts("reviews", "validation", data_dir=tmp_path)


def test_a_data_set_without_text(tmp_path):
    with pytest.raises(ValueError, match="Expected a text data set .*'digits' with image, label"):
        read_texts("digits", data_dir=tmp_path)


def test_line_breaks_and_byte_order_marks(tmp_path):
    write(tmp_path, a=b"\xef\xbb\xbfone\r\ntwo\rthree \n")
    assert read_texts(tmp_path / "a.txt").part("all") == "one\ntwo\nthree \n"
    assert read_texts(tmp_path / "a.txt", sentences=True).part("all") == ["one", "two", "three"]


def test_files_of_a_folder_follow_each_other(tmp_path):
    write(tmp_path, b="second\n", a="first", c__d="third", c__e="", **{".hidden": "no"})
    texts = read_texts(tmp_path)
    assert texts.part("all") == "first\nsecond\nthird\n" and list(texts.parts) == ["train", "validation"]
    assert texts.part("train") == "first\nsecond\nthir"


@pytest.mark.parametrize("form", ["{}", "{}__part"])
def test_files_or_folders_may_be_splits(tmp_path, form):
    write(tmp_path, **{form.format("train"): "x y\n", form.format("test"): "z\n"})
    texts = read_texts(tmp_path, sentences=True)
    assert texts.parts == {"test": ["z"], "train": ["x y"]}
    with pytest.raises(ValueError, match="`split`"):
        texts.part("validation")


def test_own_splits_have_their_own_names(tmp_path):
    write(tmp_path, train="x y\n", validation="z\n")
    with pytest.raises(ValueError, match="`split`. Expected one of 'train', 'validation', 'all'"):
        read_texts(tmp_path).part("test")


def test_bytes_that_are_not_utf8_are_named(tmp_path):
    write(tmp_path, good="fine", odd=b"caf\xe9 au lait")
    for source in (tmp_path, tmp_path / "odd.txt"):
        with pytest.raises(
            ValueError, match=r"text in UTF-8. Received: byte 0xe9 at position 3 of .*odd.txt"
        ):
            datasets.load_text(source)


@pytest.mark.parametrize("sentences", [False, True])
def test_empty_files(tmp_path, sentences):
    write(tmp_path, nothing="")
    for split in ("train", "validation", "all"):
        with pytest.raises(ValueError, match=r"a text that is not empty. Received: .*nothing.txt"):
            datasets.load_text(tmp_path / "nothing.txt", split, sentences=sentences)


def test_missing_sources(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file .*none.txt"):
        read_texts(tmp_path / "none.txt")
    with pytest.raises(ValueError, match="`source`. Expected the name of a TFDS text data set, a text file"):
        read_texts("tiny_shakespare")
    with pytest.raises(ValueError, match="a folder with .txt files"):
        read_texts(tmp_path)
