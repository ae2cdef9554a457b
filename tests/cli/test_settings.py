import pytest

from kgen.cli import settings
from kgen.models import MODELS


@pytest.mark.parametrize(
    "word, expected",
    [
        ("latent_dim=7", {"latent_dim": 7}),
        ("hidden_units=64,32", {"hidden_units": (64, 32)}),
        ("hidden_units=64", {"hidden_units": (64,)}),
        ("pixel_range=-1,1", {"pixel_range": (-1, 1)}),
        ("dropout=0", {"dropout": 0}),
        ("ema_momentum=0.9", {"ema_momentum": 0.9}),
        ("normalization=batch", {"normalization": "batch"}),
        ("normalization=None", {"normalization": None}),
    ],
)
def test_values_have_the_type_of_the_default(word, expected):
    assert settings.parse("gan", [word]) == (expected, {})


@pytest.mark.parametrize(
    "word",
    [
        "latent_dim=3.5",
        "latent_dim=many",
        "latent_dim=True",
        "dropout=much",
        "update=3",
        "latent_dim={}",
        "a",
        "=3",
    ],
)
def test_values_of_another_type_are_refused(word):
    with pytest.raises(ValueError):
        settings.parse("gan", [word])


def test_optimizers_by_name_and_number():
    words = ["generator_optimizer=RMSprop", "generator_rho=0.8", "discriminator_learning_rate=1e-4"]
    assert settings.parse("gan", words)[1] == {
        "generator_optimizer": {"name": "rmsprop", "rho": 0.8},
        "discriminator_optimizer": {"learning_rate": 1e-4},
    }
    assert settings.parse("vae", ["optimizer=sgd", "momentum=0.9"])[1] == {
        "optimizer": {"name": "sgd", "momentum": 0.9}
    }
    with pytest.raises(ValueError, match="generator_beta_1|generator_rho"):
        settings.parse("gan", ["generator_optimizer=rmsprop", "generator_beta_1=0.5"])
    with pytest.raises(ValueError, match="number"):
        settings.parse("gan", ["generator_beta_1=high"])


def test_every_constructor_argument_is_reached_or_has_a_reason():
    for model in MODELS:
        reached = set(settings.settable(model))
        assert set(settings.constructor(model)) == reached | (
            set(settings.ELSEWHERE) & set(settings.constructor(model))
        )
