"""Distances to known counterparts, by hand and against other people's code."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import jaccard_score

import kgen
from kgen.metrics import (
    foreground,
    intersection_over_union,
    peak_signal_to_noise,
    pixel_agreement,
)

RNG = np.random.default_rng(0)
A, B = RNG.integers(0, 256, (2, 5, 7, 6, 3)).astype("uint8")


def test_psnr_is_tensorflows_mean_over_pictures():
    wanted = tf.image.psnr(A, B, max_val=255).numpy().mean()
    assert peak_signal_to_noise(A, B) == pytest.approx(wanted, rel=1e-6)
    assert peak_signal_to_noise(A / 255, B / 255) == pytest.approx(wanted, rel=1e-6)


def test_equal_pictures_are_as_far_apart_as_rounding():
    assert peak_signal_to_noise(A, A) == pytest.approx(10 * np.log10(12 * 255**2))


def test_foreground_is_what_is_nearer_to_the_ink():
    paper, ink = np.array([1, 0.7, 0.25]), np.zeros(3)
    near = np.linalg.norm(A / 255 - ink, axis=-1) < np.linalg.norm(A / 255 - paper, axis=-1)
    assert (foreground(A, paper, ink) == near).all() and 0 < near.mean() < 1
    assert (foreground(A, ink, paper) == ~near).all()


def test_agreement_and_union_are_scikit_learns():
    fake, real = foreground(A, 0, 1), foreground(B, 0, 1)
    pairs = zip(fake.reshape(5, -1), real.reshape(5, -1), strict=True)
    assert intersection_over_union(fake, real) == pytest.approx(
        np.mean([jaccard_score(r, f) for f, r in pairs])
    )
    assert pixel_agreement(fake, real) == pytest.approx(np.mean(fake == real))
    empty = np.zeros_like(fake)
    assert intersection_over_union(empty, empty) == 1 and intersection_over_union(empty, real) == 0


def test_blank_paper_agrees_with_most_pixels_and_has_no_union():
    truth = kgen.datasets.pair_truth("digits_pair:edges")
    real = foreground(truth.b, 0, 1)
    blank = np.zeros_like(real)
    assert pixel_agreement(blank, real) > 0.5 and intersection_over_union(blank, real) < 0.05


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: peak_signal_to_noise(A, B[:2]), "argument `fake`"),
        (lambda: peak_signal_to_noise(A[:0], B[:0]), "argument `fake`"),
        (lambda: peak_signal_to_noise(A / 100, B / 255), "argument `images`"),
        (lambda: foreground(A, 0.5, 0.5), "argument `ink`"),
        (lambda: pixel_agreement(A[..., 0] > 9, B[:, :2, :, 0] > 9), "argument `fake`"),
    ],
)
def test_bad_input_is_one_clear_line(call, words):
    with pytest.raises(ValueError, match=words) as error:
        call()
    assert "\n" not in str(error.value)
