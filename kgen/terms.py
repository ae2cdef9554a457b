"""The named terms of a step, averaged over the epoch."""

import keras
import tensorflow as tf

ACCURACIES = ("accuracy", "real_accuracy", "fake_accuracy", "real_class_accuracy", "fake_class_accuracy")
DIRECTIONS = {**dict.fromkeys(ACCURACIES, "up"), "elbo": "up", "reward": "up"}


class Terms:
    """One running mean per name; hidden from Keras's savers, since an average is no part of a model."""

    def __init__(self):
        self.trackers = {}

    def declare(self, names):
        """Makes the running means; call it inside the strategy's scope.

        Args:
            names: of the terms, in the order in which they are logged.
        """
        for name in names:
            if name not in self.trackers:
                self.trackers[name] = keras.metrics.Mean(name=name)
                self.trackers[name]._direction = DIRECTIONS.get(name, "down")

    def update(self, terms, weight):
        """Adds one batch's terms; a batch of weight zero leaves no trace, even where its terms are NaN.

        Args:
            terms: dict name -> scalar tensor.
            weight: scalar, the number of examples.

        Returns:
            Dict name -> mean so far.
        """
        with tf.init_scope():
            self.declare(terms)
        weight = tf.cast(weight, tf.float32)
        for name, value in terms.items():
            value = tf.where(weight > 0, tf.cast(value, tf.float32), 0.0)
            self.trackers[name].update_state(value, sample_weight=weight)
        return self.results(terms)

    def results(self, names):
        """Means of these names so far."""
        return {name: self.trackers[name].result() for name in names}
