"""Errors: the argument, what was expected, what was received."""

import numpy as np
import pytest

from kgen import errors


def test_the_message_has_the_houses_form():
    error = errors.invalid("latent_dim", "a positive integer", latent_dim=0)
    assert type(error) is ValueError
    assert str(error) == (
        "Invalid value for argument `latent_dim`. Expected a positive integer. Received: latent_dim=0."
    )


def test_several_received_values_keep_their_order_and_quotes():
    message = str(errors.invalid("x", "finite numbers", shape=(2, 3), dtype="uint8"))
    assert message.endswith("Received: shape=(2, 3), dtype='uint8'.")


@pytest.mark.parametrize("word, hint", [("dcgna", "`dcgan`"), ("vea", "`vae`"), ("gan_", "`gan`")])
def test_the_nearest_word_is_offered(word, hint):
    assert errors.nearest(word, ["gan", "dcgan", "vae"]) == f"Did you mean {hint}?"


def test_without_a_near_word_all_are_listed_in_order():
    words = ["vae", "gan", "_hidden", "self", "kwargs"]
    assert errors.nearest("zzzzzz", words) == "Choose from: gan, vae."


@pytest.mark.parametrize("value", [0, -1, 1.0, "3", None, True, [2]])
def test_positive_integer_refuses(value):
    with pytest.raises(ValueError) as caught:
        errors.positive_integer("width", value)
    assert str(caught.value) == (
        f"Invalid value for argument `width`. Expected a positive integer. Received: width={value!r}."
    )


@pytest.mark.parametrize("value", [1, 2**40])
def test_positive_integer_accepts(value):
    assert errors.positive_integer("width", value) is None


def test_received_arrays_are_shown():
    assert "Received: x=array([1, 2])" in str(errors.invalid("x", "one number", x=np.array([1, 2])))
