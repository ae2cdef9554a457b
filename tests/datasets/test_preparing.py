import socket
import time
from contextlib import nullcontext

import pytest
import tensorflow_datasets as tfds

from kgen import datasets
from kgen.datasets import preparing


@pytest.fixture
def no_proxy(monkeypatch):
    monkeypatch.setattr(preparing.urllib.request, "getproxies", dict)


def refuse(address, timeout):
    raise OSError("Network is unreachable")


def hang(address, timeout):
    time.sleep(6)
    raise OSError("timed out")


@pytest.mark.parametrize("network", [refuse, hang])
def test_no_network_gives_one_line_within_five_seconds(network, tmp_path, monkeypatch, no_proxy):
    monkeypatch.setattr(socket, "create_connection", network)
    start = time.monotonic()
    with pytest.raises(datasets.DatasetNotPrepared) as caught:
        datasets.load("cifar10", data_dir=tmp_path)
    assert time.monotonic() - start < 5
    message = str(caught.value)
    assert "\n" not in message and str(tmp_path) in message and "kgen datasets prepare cifar10" in message
    assert isinstance(caught.value, ConnectionError)


def test_prepare_needs_the_network_too(tmp_path, monkeypatch, no_proxy):
    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(datasets.DatasetNotPrepared, match="does not answer"):
        datasets.prepare("fashion_mnist", tmp_path)


def test_a_proxy_is_asked_instead_of_the_host(monkeypatch):
    asked = []
    monkeypatch.setattr(preparing.urllib.request, "getproxies", lambda: {"https": "http://gate:3128"})
    knock = lambda address, timeout: nullcontext(asked.append(address))  # noqa: E731
    monkeypatch.setattr(socket, "create_connection", knock)
    assert preparing._answers("example.org")
    assert asked == [("gate", 3128)]


@pytest.mark.parametrize("error", [OSError("Max retries exceeded\nmore"), ValueError("Wrong checksum\nmore")])
def test_failed_download_is_one_line(error, tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(preparing, "_answers", lambda host: True)
    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(datasets.DatasetNotPrepared, match="Cannot prepare 'mnist'") as caught:
        datasets.prepare("mnist", tmp_path)
    assert "\n" not in str(caught.value)


def test_prepare_of_digits_gives_their_folder(tmp_path):
    assert datasets.prepare("digits", tmp_path) == str(tmp_path / "digits" / "1.0.0")


@pytest.mark.parametrize("name, near", [("mnis", "mnist"), ("cifar", "cifar10"), ("digit", "digits")])
def test_unknown_name_gives_the_nearest(name, near, tmp_path):
    with pytest.raises(ValueError, match=f"source='{name}'. Perhaps .*{near}") as caught:
        datasets.load(name, data_dir=tmp_path)
    assert len(str(caught.value)) < 300


def test_unknown_configuration(tmp_path):
    with pytest.raises(ValueError, match="mnist/large") as caught:
        datasets.load("mnist/large", data_dir=tmp_path)
    assert "\n" not in str(caught.value)


def test_the_first_data_set_that_can_be_had_is_taken(tmp_path, monkeypatch, no_proxy):
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert datasets.first_available("fashion_mnist", "digits", data_dir=tmp_path) == "digits"
    with pytest.raises(datasets.DatasetNotPrepared, match="fashion_mnist"):
        datasets.first_available("cifar10", "fashion_mnist", data_dir=tmp_path)
    with pytest.raises(ValueError, match="at least one data set"):
        datasets.first_available()
