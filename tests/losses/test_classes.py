import numpy as np
import scipy.special

import kgen


def test_class_cross_entropy_is_minus_the_log_probability_of_the_label():
    logits = np.random.default_rng(0).normal(size=(5, 4)).astype("float32") * 3
    labels = np.array([3, 0, 2, 2, 1])
    expected = -np.log(scipy.special.softmax(logits.astype("float64"), axis=1))[np.arange(5), labels]
    np.testing.assert_allclose(kgen.losses.class_cross_entropy(logits, labels), expected, rtol=1e-5)


def test_it_neither_overflows_nor_vanishes():
    logits = np.array([[1000.0, 0.0], [-1000.0, 0.0]], "float32")
    np.testing.assert_allclose(kgen.losses.class_cross_entropy(logits, np.array([1, 0])), [1000.0, 1000.0])
