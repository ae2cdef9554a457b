"""What all models of one player share: one optimiser, which is Keras's own."""

import keras

from kgen.base import GenerativeModel
from kgen.optimizers import check_learning_rate


class OnePlayerModel(GenerativeModel):
    """Abstract base of models that go down one loss; a subclass has `default_optimizer()`."""

    def compile(
        self, optimizer=None, metrics=None, steps_per_execution="auto", jit_compile="auto", run_eagerly=False
    ):
        """Chooses the optimiser; without arguments the model's own, `default_optimizer()`.

        Args:
            optimizer: Keras optimizer or its name; `global_clipnorm=` clips, with several replicas each its own share
                of the gradient.
            metrics: list of metrics of (real, generated) examples, such as `kgen.metrics.FrechetDistance()`, or
                `kgen.metrics.OracleNLL(oracle)` of tokens; of a language model also of (tokens, logits), such as
                `kgen.metrics.Perplexity()`.
            steps_per_execution: steps in one compiled call, at most; they divide the epoch. "auto" takes what
                measures fastest.
            jit_compile: XLA; "auto" takes what measures fastest for these networks on this device.
            run_eagerly: for debugging.

        Raises:
            ValueError: a learning rate that is not finite and positive, or options that exclude each other.
        """
        self._compile_arguments = {
            "optimizer": optimizer,
            "metrics": metrics,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
            "run_eagerly": run_eagerly,
        }
        with self.distribute_strategy.scope():
            optimizer = self.default_optimizer() if optimizer is None else keras.optimizers.get(optimizer)
            check_learning_rate("optimizer", optimizer)
            self.prepare(optimizer, metrics, steps_per_execution, jit_compile, run_eagerly)
            self.optimizer.build(self.trainable_variables)

    def optimizers(self):
        """Name of the one player -> its optimiser."""
        return {"": self.optimizer}
