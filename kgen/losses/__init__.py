"""Every formula once: pure functions of logits, pictures or latent statistics, in nats.

Each returns one value per example, [batch], unless it says otherwise; the caller averages.
"""

from kgen.losses.adversarial import (
    ADVERSARIAL,
    AdversarialLoss,
    fake_cross_entropy,
    formula,
    hinge_fake,
    hinge_generator,
    hinge_real,
    least_squares_fake,
    least_squares_generator,
    least_squares_real,
    minimax,
    non_saturating,
    real_cross_entropy,
    top_k_weights,
    wasserstein_fake,
    wasserstein_generator,
    wasserstein_real,
)
from kgen.losses.classes import class_cross_entropy
from kgen.losses.distances import DISTANCES, absolute_distance, squared_distance
from kgen.losses.imputation import imputation_adversarial, mask_cross_entropy, observed_mean
from kgen.losses.language import mean_over_tokens, token_nats
from kgen.losses.likelihood import (
    bernoulli_log_density,
    gaussian_kl,
    gaussian_log_density,
    log_mean_exp,
)
from kgen.losses.penalties import (
    dragan_points,
    gradient_norm,
    gradient_penalty,
    r1_penalty,
)
from kgen.losses.policy import policy_gradient
from kgen.losses.regularizers import (
    feature_matching,
    historical_average,
    weight_penalty,
)
from kgen.losses.semi_supervised import (
    implicit_fake_logit,
    supervised_cross_entropy,
    unlabelled_weights,
)

__all__ = [
    "ADVERSARIAL",
    "AdversarialLoss",
    "DISTANCES",
    "absolute_distance",
    "bernoulli_log_density",
    "class_cross_entropy",
    "dragan_points",
    "fake_cross_entropy",
    "feature_matching",
    "formula",
    "gaussian_kl",
    "gaussian_log_density",
    "gradient_norm",
    "gradient_penalty",
    "hinge_fake",
    "hinge_generator",
    "hinge_real",
    "historical_average",
    "implicit_fake_logit",
    "imputation_adversarial",
    "least_squares_fake",
    "least_squares_generator",
    "least_squares_real",
    "log_mean_exp",
    "mask_cross_entropy",
    "mean_over_tokens",
    "minimax",
    "non_saturating",
    "observed_mean",
    "policy_gradient",
    "r1_penalty",
    "real_cross_entropy",
    "squared_distance",
    "supervised_cross_entropy",
    "token_nats",
    "top_k_weights",
    "unlabelled_weights",
    "wasserstein_fake",
    "wasserstein_generator",
    "wasserstein_real",
    "weight_penalty",
]
