import os
import subprocess
import sys

import numpy as np
import pytest

from kgen import datasets

PIXELS = np.zeros((8, 4, 4), np.uint8)


def test_shuffle_is_for_training_unless_said():
    images = np.arange(70, dtype=np.uint8).reshape(70, 1, 1)
    for split, shuffle, ordered in (
        ("train", None, False),
        ("train[:90%]", None, False),
        ("test", None, True),
        ("train", False, True),
        ("test", True, False),
    ):
        dataset, _ = datasets.load(images, split, batch_size=30, shuffle=shuffle)
        seen = np.concatenate([batch.numpy().ravel() for batch in dataset]).tolist()
        assert (seen == sorted(seen)) == ordered
        assert len(seen) == (70 if ordered else 60)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"on_bad": "ignore"}, '`on_bad`. Expected "error" or "skip". Received: on_bad=\'ignore\''),
        ({"num_examples": 0}, "`num_examples`"),
        ({"image_size": 0}, "`image_size`"),
        ({"batch_size": 0}, "`batch_size`"),
        ({"augment": "turn=3"}, "`augment`"),
        ({"labels": True}, "arrays has no labels"),
        ({"split": "train["}, "`split`"),
        ({"split": "train[8:]"}, "data set is empty"),
        ({"batch_size": 9}, "8 examples, fewer than batch_size=9"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        datasets.load(PIXELS, **{"batch_size": 4, **options})


def test_a_path_that_is_missing_is_no_name():
    for source in ("./mnist", "photos/cats", "~/no such folder"):
        with pytest.raises(FileNotFoundError, match="There is no folder"):
            datasets.load(source)


def test_names(tmp_path):
    (tmp_path / "mnist" / "3.0.1").mkdir(parents=True)
    (tmp_path / "mnist" / "3.0.1" / "dataset_info.json").write_text("{}")
    known = {entry.name: entry for entry in datasets.names(tmp_path)}
    assert known["digits"].prepared and known["mnist"].prepared and not known["cifar10"].prepared
    assert all(entry.description for entry in known.values())


def test_import_leaves_tfds_alone():
    program = "import sys; import kgen.datasets; sys.exit('tensorflow_datasets' in sys.modules)"
    path = os.pathsep.join(sys.path)
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "PYTHONPATH": path})
