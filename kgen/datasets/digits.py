"""scikit-learn's handwritten digits as a TFDS builder: real pictures that need no network."""

import numpy as np
import tensorflow_datasets as tfds
from sklearn.datasets import load_digits


class Digits(tfds.core.GeneratorBasedBuilder):
    """1,797 handwritten digits of 8 x 8 pixels; the values 0..16 are scaled to 0..255.

    Every fifth example (numbers 0, 5, 10, ...) belongs to `test` (360), the others to `train` (1,437).

    Reference: E. Alpaydin and C. Kaynak 1998, "Optical recognition of handwritten digits", UCI.
    """

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = tfds.features.FeaturesDict(
            {"image": tfds.features.Image(shape=(8, 8, 1)), "label": tfds.features.ClassLabel(num_classes=10)}
        )
        return tfds.core.DatasetInfo(
            builder=self,
            description="Handwritten digits of 8 x 8 pixels.",
            features=features,
            supervised_keys=("image", "label"),
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(False), "test": self._generate_examples(True)}

    def _generate_examples(self, test):
        digits = load_digits()
        pixels = np.round(digits.images * (255 / 16)).astype(np.uint8)[..., None]
        for i, (image, label) in enumerate(zip(pixels, digits.target, strict=True)):
            if (i % 5 == 0) == test:
                yield i, {"image": image, "label": int(label)}
