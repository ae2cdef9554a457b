import gc
import json
import os
import weakref
from importlib import resources

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_digits

import kgen
import kgen.metrics
from kgen.metrics.extractors import PACKAGED

WEIGHTS = resources.files("kgen.metrics").joinpath("weights")
PICTURES = np.random.default_rng(0).integers(0, 256, (5, 28, 28, 1)).astype("uint8")


def digits():
    """The held-out fifth of the digits as pictures and labels."""
    data = load_digits()
    return np.round(data.images[::5] * (255 / 16)).astype("uint8"), data.target[::5]


def test_digits_card_is_reproduced():
    extractor = kgen.metrics.get_extractor("kgen-digits-v1")
    assert extractor.accuracy(*digits()) == pytest.approx(extractor.card["test_accuracy"], abs=1e-9)
    assert extractor.card["test_accuracy"] >= 0.98


def test_mnist_card_is_reproduced():
    folder = os.environ.get("TFDS_DATA_DIR")
    if not folder or not os.path.isdir(os.path.join(folder, "mnist")):
        pytest.skip("MNIST is not under TFDS_DATA_DIR")
    import tensorflow_datasets as tfds

    test = tfds.as_numpy(tfds.load("mnist", split="test", batch_size=-1, download=False))
    extractor = kgen.metrics.get_extractor("kgen-mnist-v1")
    assert extractor.accuracy(test["image"], test["label"]) == pytest.approx(
        extractor.card["test_accuracy"], abs=2e-4
    )
    assert extractor.card["test_accuracy"] >= 0.992


@pytest.mark.parametrize("name", PACKAGED)
def test_packaged_files(name):
    assert len(WEIGHTS.joinpath(name + ".npz").read_bytes()) <= 500_000
    card = json.loads(WEIGHTS.joinpath(name + ".json").read_text())
    assert {"script", "seed", "date", "versions", "test_accuracy", "sha256"} <= set(card)
    description = kgen.metrics.get_extractor(name).describe()
    assert description["sha256"] == card["sha256"] and description["comparable"] is False
    assert "Inception" in description["why"] and json.dumps(description)


def test_features_are_alive():
    extractor = kgen.metrics.get_extractor("kgen-digits-v1")
    features = extractor.features(digits()[0])
    assert features.shape == (360, 64) and features.dtype == np.float32
    assert features.std(axis=0).min() > 0.01


@pytest.mark.parametrize("position", [0, 200, 5000, 200_000, -30])
def test_a_flipped_byte_is_refused(tmp_path, position):
    extractor = kgen.metrics.random_extractor()
    extractor.save(tmp_path / "copy")
    assert kgen.metrics.load_extractor(tmp_path / "copy").sha256 == extractor.sha256
    data = bytearray((tmp_path / "copy.npz").read_bytes())
    data[position] ^= 1
    (tmp_path / "copy.npz").write_bytes(data)
    with pytest.raises(ValueError, match="damaged"):
        kgen.metrics.load_extractor(tmp_path / "copy.npz")


def test_missing_files_and_names():
    with pytest.raises(FileNotFoundError, match="nowhere"):
        kgen.metrics.load_extractor("nowhere/at-all")
    with pytest.raises(ValueError, match="Received: extractor='kgen-mnist'"):
        kgen.metrics.get_extractor("kgen-mnist")


@pytest.mark.parametrize("name", ["kgen-mnist-v1", "random"])
def test_graph_eager_xla_and_batches_agree(name):
    extractor = kgen.metrics.get_extractor(name)
    expected = extractor(PICTURES).numpy()
    for function in (tf.function(extractor), tf.function(extractor, jit_compile=True)):
        np.testing.assert_allclose(function(tf.constant(PICTURES)), expected, atol=1e-4)
    np.testing.assert_allclose(extractor.features(PICTURES, batch_size=2), expected, atol=1e-5)
    np.testing.assert_allclose(extractor(PICTURES[..., 0] / np.float32(255)), expected, atol=1e-5)
    assert extractor(PICTURES[:0]).shape == (0, 64)


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1), (64, 48, 3), (7, 97, 1), (40, 40, 3)])
def test_random_reads_any_picture(shape):
    extractor = kgen.metrics.get_extractor("random")
    images = np.random.default_rng(1).random((3, *shape), "float32")
    features = extractor(images).numpy()
    assert features.shape == (3, 64) and np.isfinite(features).all()
    assert features.std(axis=0).max() > 1e-3


def test_random_is_a_function_of_its_seed():
    kernel = kgen.metrics.get_extractor("random").weights[0]
    np.testing.assert_array_equal(kernel, kgen.metrics.random_extractor(0).weights[0])
    other = kgen.metrics.get_extractor("random-7")
    assert other.name == "random-7" and not np.allclose(kernel, other.weights[0])
    assert kernel.var() == pytest.approx(2 / 27, rel=0.2)
    assert other.sha256 != kgen.metrics.get_extractor("random").sha256


def test_random_has_no_classes():
    with pytest.raises(ValueError, match="a classifier"):
        kgen.metrics.class_balance("random", PICTURES)


def test_train_classifier_saves_and_loads(tmp_path):
    data = load_digits()
    images, part = data.images.astype("float32") / 16, np.arange(1797) % 5 == 0
    seen = images[~part]
    held = weakref.ref(seen)
    trained = kgen.metrics.train_classifier(seen, data.target[~part], epochs=12, seed=3)
    del seen
    gc.collect()
    assert held() is None  # A training keeps no pictures.
    assert trained.accuracy(images[part], data.target[part]) > 0.9
    trained.save(tmp_path / "digits")
    loaded = kgen.metrics.load_extractor(tmp_path / "digits")
    np.testing.assert_array_equal(loaded(images[:4]), trained(images[:4]))
    metric = kgen.metrics.FrechetDistance(trained)
    assert metric.from_config(metric.get_config()).extractor.sha256 == trained.sha256
    np.testing.assert_allclose(trained.probabilities(images[:9]).sum(axis=1), 1, atol=1e-5)


def test_folding_keeps_the_network():
    from kgen.metrics.classifier import _folded, _network
    from kgen.metrics.convolutional import ConvolutionalExtractor

    network = _network((20, 30, 3), 5, seed=1)
    generator = np.random.default_rng(0)
    network.set_weights([generator.uniform(0.05, 0.3, w.shape) for w in network.get_weights()])
    images = generator.random((4, 20, 30, 3), "float32")
    extractor = ConvolutionalExtractor("folded", _folded(network), (20, 30, 3))
    expected = keras.ops.softmax(network(images, training=False))
    np.testing.assert_allclose(extractor.probabilities(images), expected, atol=1e-4)


@pytest.mark.parametrize(
    "images, labels",
    [
        (np.zeros((4, 8, 8)), np.zeros(3, int)),
        (np.zeros((4, 8, 8)), np.zeros(4, int)),
        (np.zeros((4, 8, 8)), np.ones(4)),
        (np.zeros((4, 8, 8)), np.array([-1, 0, 1, 2])),
        (np.zeros((4, 8)), np.arange(4)),
        (np.zeros((0, 8, 8)), np.arange(0)),
        (np.full((4, 8, 8), 2.0), np.arange(4)),
    ],
)
def test_train_classifier_checks(images, labels):
    with pytest.raises(ValueError, match="Invalid value for argument"):
        kgen.metrics.train_classifier(images, labels)


def test_resize_agrees_with_tensorflow():
    images = np.random.default_rng(2).random((2, 28, 20, 3), "float32")
    for size in ((8, 8), (64, 50), (28, 7)):
        expected = tf.image.resize(images, size, antialias=True)
        np.testing.assert_allclose(kgen.metrics.preprocessing.resize(images, size), expected, atol=1e-5)


def test_inception(monkeypatch):
    from kgen.metrics.inception import InceptionExtractor

    extractor = InceptionExtractor(weights=None)
    assert tf.function(extractor)(PICTURES[:1]).shape == (1, 2048) and extractor.describe()["dim"] == 2048

    def offline(**options):
        raise OSError("URL fetch failure\nlong tale")

    monkeypatch.setattr(keras.applications, "InceptionV3", offline)
    with pytest.raises(ValueError, match="cannot be had here: URL fetch failure$"):
        kgen.metrics.get_extractor("inception_v3")
