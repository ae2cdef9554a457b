"""Modalities by closed forms: what is joined comes back, and each error is one line that names it."""

import numpy as np
import pytest
import tensorflow as tf

from kgen import modalities

FORMS = {
    "digit": ("picture", 2, 3, 1),
    "voice": ["sound", 4, 8000],
    "label": ("label", 3),
    "place": ("vector", 2),
}


def examples(number=2):
    """The same numbers for all pictures and all sounds."""
    return {
        "digit": np.tile(np.array([0, 51, 255] * 2, "uint8").reshape(1, 2, 3, 1), [number, 1, 1, 1]),
        "voice": np.tile(np.array([-32768, -16384, 0, 16384], "int16"), [number, 1]),
        "label": np.arange(number, dtype="int32") % 3,
        "place": np.tile(np.array([5.0, -7.0], "float32"), [number, 1]),
    }


def test_parse_keeps_order_form_shape_and_size():
    parts = modalities.parse(FORMS)
    assert list(parts) == list(FORMS)
    assert [part.form for part in parts.values()] == [tuple(form) for form in FORMS.values()]
    assert [part.kind for part in parts.values()] == ["picture", "sound", "label", "vector"]
    assert [part.shape for part in parts.values()] == [(2, 3, 1), (4,), (), (2,)]
    assert [part.size for part in parts.values()] == [6, 4, 3, 2]


def test_join_lays_the_parts_side_by_side_in_the_networks_range():
    flat = modalities.join(modalities.parse(FORMS), examples()).numpy()
    assert flat.shape == (2, 15) and flat.dtype == np.float32
    picture, sound, place = [-1, -0.6, 1] * 2, [-1, -0.5, 0, 0.5], [5, -7]
    np.testing.assert_allclose(flat[0], [*picture, *sound, 1, 0, 0, *place], atol=1e-6)
    np.testing.assert_allclose(flat[1], [*picture, *sound, 0, 1, 0, *place], atol=1e-6)


def test_split_is_the_way_back():
    parts, given = modalities.parse(FORMS), examples()
    found = modalities.split(parts, modalities.join(parts, given))
    np.testing.assert_allclose(found["digit"], given["digit"] / 255.0, atol=1e-6)
    np.testing.assert_array_equal(found["voice"], given["voice"] / 2.0**15)
    np.testing.assert_array_equal(found["label"], given["label"])
    np.testing.assert_array_equal(found["place"], given["place"])
    assert found["label"].dtype == tf.int32


def test_floats_and_a_channel_axis_are_taken_too():
    parts, given = modalities.parse(FORMS), examples()
    other = {
        **given,
        "digit": (given["digit"] / 255.0)[..., 0],
        "voice": (given["voice"] / 2.0**15)[..., None],
    }
    modalities.check(parts, other)
    np.testing.assert_allclose(modalities.join(parts, other), modalities.join(parts, given), atol=1e-6)


def test_what_a_network_overshoots_is_clipped():
    parts = modalities.parse({"digit": ("picture", 1, 1, 1), "voice": ("sound", 1, 8000)})
    found = modalities.split(parts, tf.constant([[-3.0, 2.0]]))
    assert (found["digit"].numpy().item(), found["voice"].numpy().item()) == (0.0, 1.0)


@pytest.mark.parametrize(
    "forms, message",
    [
        ({"a": ("label", 3)}, "two modalities"),
        ([("label", 3)] * 2, "two modalities"),
        ({"a b": ("label", 3), "c": ("label", 3)}, "identifiers"),
        ({"class": ("label", 3), "c": ("label", 3)}, "identifiers"),
        ({"seed": ("label", 3), "c": ("label", 3)}, "other names than seed"),
        ({"a": ("pictur", 8, 8, 1), "b": ("label", 3)}, "Did you mean `picture`"),
        ({"a": ("picture", 8, 8), "b": ("label", 3)}, "'picture', height, width, channels"),
        ({"a": ("sound", 64, 0), "b": ("label", 3)}, "positive integer"),
        ({"a": ("label", 1), "b": ("label", 3)}, "at least 2"),
        ({"a": "label", "b": ("label", 3)}, "a tuple such as"),
    ],
)
def test_a_modality_said_wrongly_is_refused_in_one_line(forms, message):
    with pytest.raises(ValueError, match="modalities") as error:
        modalities.parse(forms)
    assert message in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"digit": np.zeros((2, 3, 3, 1), "uint8")}, r"x\['digit'\]"),
        ({"voice": np.full((2, 4), 1.5)}, r"x\['voice'\]"),
        ({"label": np.array([0, 3])}, r"x\['label'\]"),
        ({"place": np.array([[0, np.nan]] * 2)}, r"x\['place'\]"),
        ({"label": np.array([0, 1, 2])}, "label=3"),
        ({"other": np.zeros(2)}, "Expected a dict with 'digit', 'voice', 'label', 'place'"),
    ],
)
def test_examples_that_do_not_fit_are_refused_by_name(change, message):
    with pytest.raises(ValueError, match=message) as error:
        modalities.check(modalities.parse(FORMS), {**examples(), **change})
    assert "\n" not in str(error.value)


def test_a_missing_modality_is_refused():
    with pytest.raises(ValueError, match="a dict with"):
        modalities.check(modalities.parse(FORMS), {"digit": examples()["digit"]})
