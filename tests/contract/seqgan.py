"""The contract's rows of SeqGAN: a language model with two players."""

import kgen
from tests.contract.text import ENDPOINTS, LENGTH, WORDS, TextRow

SMALL = {
    "sequence_length": LENGTH,
    "units": 6,
    "embedding_dim": 4,
    "discriminator_embedding_dim": 4,
    "widths": (1, 2, 3, 20),
    "filters": (3, 4, 5, 7),
    "rollouts": 2,
    "discriminator_steps": 2,
}
TERMS = (
    "discriminator_loss",
    "real_loss",
    "fake_loss",
    "discriminator_regularization",
    "generator_loss",
    "policy_gradient",
    "reward",
)


def _row(vocabulary, **options):
    def make(**more):
        return kgen.SeqGAN(vocabulary, **{**SMALL, **options, **more})

    return TextRow(make, (*ENDPOINTS, "discriminate"), TERMS, judged=True)


SEQGAN = {
    "seqgan-numbers": _row(8),
    "seqgan-delayed": _row(WORDS, rollout="delayed", policy_loss="mean", discriminator_steps=1),
}
