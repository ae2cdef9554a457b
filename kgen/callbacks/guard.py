"""A watch on steps that are skipped because a number is not finite."""

import keras

from kgen.errors import positive_integer


class NonFiniteGuard(keras.callbacks.Callback):
    """Stops a training run whose steps are skipped again and again.

    The step itself refuses an update with a non-finite gradient and counts it; this callback reads the count.
    A few in a row are the way in which float16 finds its loss scale.

    Args:
        patience: skipped steps in a row after which `fit` ends.

    Raises:
        FloatingPointError: out of `fit`, naming the count and the step.

    Example:

    >>> kgen.callbacks.NonFiniteGuard(patience=5).patience
    5
    """

    def __init__(self, patience=25):
        super().__init__()
        positive_integer("patience", patience)
        self.patience = patience
        self._in_a_row = 0

    def on_train_begin(self, logs=None):
        self._in_a_row, self._seen = 0, self._counts()

    def on_train_batch_end(self, batch, logs=None):
        steps, skipped = (now - before for now, before in zip(self._counts(), self._seen, strict=True))
        self._in_a_row = skipped + (self._in_a_row if skipped == steps else 0)
        self._seen = self._counts()
        if self._in_a_row >= self.patience:
            raise FloatingPointError(
                f"{self._in_a_row} training steps in a row had a picture or a gradient that is not finite and "
                f"were skipped, the last at step {self._seen[0]}. The weights are those of the last good step. "
                "Lower the learning rate, or look for bad values in the data."
            )

    def _counts(self):
        return int(self.model.step.numpy()), int(self.model.skipped_steps.numpy())
