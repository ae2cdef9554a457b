"""Columns as networks read and write them, against NumPy and SciPy."""

import numpy as np
import scipy.special
import tensorflow as tf

import kgen

NAN = np.nan
SIZES = (0, 3, 0)


def coding(**about):
    made = kgen.layers.ColumnCoding(SIZES)
    made.observe(**{"minimum": [10.0, 0.0, 5.0], "span": [4.0, 0.0, 0.0], "whole": [1, 0, 0], **about})
    return made


def test_rows_are_scaled_by_what_was_observed_and_categories_are_blocks():
    coded, mask = coding().encode(tf.constant([[11.0, 2.0, 5.0], [NAN, 0.0, 6.0], [14.0, NAN, NAN]]))
    expected = [[0.25, 0, 0, 1, 0], [0, 1, 0, 0, 1], [1, 0, 0, 0, 0]]
    np.testing.assert_allclose(coded, expected)
    np.testing.assert_array_equal(mask, [[1, 1, 1], [0, 1, 1], [1, 0, 0]])
    np.testing.assert_array_equal(coding().widened(mask)[2], [1, 0, 0, 0, 0])


def test_logits_become_sigmoids_and_softmaxes():
    logits = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
    expected = scipy.special.expit(logits)
    expected[:, 1:4] = scipy.special.softmax(logits[:, 1:4], axis=1)
    np.testing.assert_allclose(coding().activate(tf.constant(logits)), expected, rtol=1e-5)
    plain = kgen.layers.ColumnCoding((0, 0))
    np.testing.assert_allclose(
        plain.activate(tf.constant(logits[:, :2])), scipy.special.expit(logits[:, :2]), rtol=1e-5
    )


def test_decoding_gives_units_likeliest_categories_and_whole_numbers_where_asked():
    coded = tf.constant([[0.4, 0.1, 0.7, 0.2, 0.9], [1.0, 0.5, 0.3, 0.2, 0.0]])
    np.testing.assert_allclose(coding().decode(coded), [[11.6, 1, 5], [14, 0, 5]], rtol=1e-6)
    np.testing.assert_allclose(coding().decode(coded, rounding=True), [[12, 1, 5], [14, 0, 5]], rtol=1e-6)


def test_without_columns_any_shape_is_coded():
    pictures = np.array([[[0.2], [NAN]]], "float32")[None]
    coded, mask = kgen.layers.ColumnCoding(()).encode(tf.constant(pictures))
    np.testing.assert_allclose(coded, np.nan_to_num(pictures))
    np.testing.assert_array_equal(mask[0, 0, :, 0], [1, 0])


def test_a_wide_row_survives_there_and_back():
    values = np.array([[10.5, 1.0, 5.0], [13.0, 2.0, 5.0]], "float32")
    made = coding()
    np.testing.assert_allclose(made.decode(made.encode(tf.constant(values))[0]), values)
