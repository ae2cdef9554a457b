"""Files beside a graph: they appear with the version, and never where a SavedModel has its own."""

import pytest
import tensorflow as tf

import kgen
from kgen.serving import extra_files


class Doubled:
    """One endpoint."""

    started = False

    def signatures(self):
        self.started = True
        return {"generate": (lambda seed: {"y": 2 * seed}, {"seed": tf.TensorSpec([None, 2], tf.int32)})}


def test_they_are_published_with_the_version(tmp_path, monkeypatch):
    files = {"README.md": b"# a", "pictures/deep/a.png": b"\x89PNG\0"}
    seen, publish = [], kgen.serving.archive._publish

    def look(aside, path):
        seen.append({name: (aside / name).read_bytes() for name in files})
        return publish(aside, path)

    monkeypatch.setattr(kgen.serving.archive, "_publish", look)
    version = kgen.export(Doubled(), tmp_path / "m", beside=files)
    assert seen == [files] == [{name: (version / name).read_bytes() for name in files}]
    assert [path.name for path in (tmp_path / "m").iterdir()] == ["1"]
    assert (kgen.serving.load(version)["generate"](seed=[[3, 4]])["y"] == [[6, 8]]).all()


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "/a", "a/../../b", "../a", "a//b", "./a", "a/", "a\\b", "a\0", 3),
        *("saved_model.pb", "SAVED_MODEL.PB", "variables", "variables/a", "assets/a", "assets.extra/a.json"),
        *("fingerprint.pb", "keras_metadata.pb", "saved_model.pbtxt"),
    ],
)
def test_names_that_are_not_theirs_are_refused_before_work_starts(tmp_path, name):
    model = Doubled()
    with pytest.raises(ValueError, match="`beside`"):
        kgen.export(model, tmp_path / "m", beside={"README.md": b"", name: b""})
    assert not model.started and not (tmp_path / "m").exists()


@pytest.mark.parametrize("files", [{"a": b"", "a/b": b""}, {"a": "text"}, {"a": None}])
def test_contents_are_bytes_of_one_file_each(files):
    with pytest.raises(ValueError, match="`beside`"):
        extra_files.check(files)
