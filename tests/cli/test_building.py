import keras
import numpy as np
import pytest

import kgen
from kgen.cli import building, settings

ARGUMENTS = {"latent_dim": 4, "hidden_units": [16]}


def _gan(**more):
    return building.construct("gan", building.resolve("gan", {**ARGUMENTS, **more}, (8, 8, 1), 5), "float32")


def test_defaults_are_the_models_own():
    model = _gan()
    described = building.compile_model("gan", model, {})
    assert described["generator_optimizer"]["name"] == "adam"
    assert described["generator_optimizer"]["learning_rate"] == 2e-4
    assert described["generator_optimizer"]["beta_1"] == 0.5
    assert model.seed == 5 and model.image_shape == (8, 8, 1)


def test_numbers_change_the_models_own_optimizer_and_names_replace_it():
    model = _gan()
    wanted = {"generator_optimizer": {"learning_rate": 1e-3}, "discriminator_optimizer": {"name": "sgd"}}
    building.compile_model("gan", model, wanted)
    generator, discriminator = model.generator_optimizer, model.discriminator_optimizer
    assert np.isclose(float(generator.learning_rate), 1e-3) and generator.beta_1 == 0.5
    assert isinstance(discriminator, keras.optimizers.SGD)
    assert np.isclose(float(discriminator.learning_rate), float(keras.optimizers.SGD().learning_rate))


@pytest.mark.parametrize("name", settings.OPTIMIZERS)
def test_a_description_makes_the_same_optimizer(name):
    first = building.compile_model("gan", _gan(), {"generator_optimizer": {"name": name}})
    assert building.compile_model("gan", _gan(), first) == first


@pytest.mark.parametrize("name", ["adam", "sgd", "lamb"])
def test_a_rate_that_falls_is_described_by_plain_numbers(name):
    given = {"generator_optimizer": {"name": name}, "discriminator_optimizer": {"learning_rate": 1e-3}}
    decay = {"generator_optimizer": (6, 4), "discriminator_optimizer": (0, 8)}
    plain, model = building.compile_model("gan", _gan(), given), _gan()
    assert building.compile_model("gan", model, given, decay=decay) == plain
    assert building.compile_model("gan", _gan(), plain, decay=decay) == plain
    rates = {slot: getattr(model, slot).get_config()["learning_rate"]["config"] for slot in decay}
    first = plain["generator_optimizer"]["learning_rate"]
    assert rates == {
        "generator_optimizer": {"initial": first, "steps_constant": 6, "steps_decay": 4},
        "discriminator_optimizer": {"initial": 1e-3, "steps_constant": 0, "steps_decay": 8},
    }


def test_rates_fall_by_each_players_own_updates():
    options = {
        "epochs": 10,
        "steps_per_epoch": 20,
        "decay_epochs": 4,
        "arguments": {"discriminator_steps": 5},
    }
    found = building.decays({**options, "model": "wgan"})
    assert found == {"generator_optimizer": (24, 16), "discriminator_optimizer": (120, 80)}
    assert building.decays({**options, "model": "vae", "arguments": {}}) == {"optimizer": (120, 80)}
    assert building.decays({**options, "model": "wgan", "decay_epochs": 0}) == {}


def test_precision_holds_for_the_model_only():
    model = building.construct("vae", building.resolve("vae", ARGUMENTS, (8, 8, 1), 0), "mixed_float16")
    assert model.dtype_policy.name == "mixed_float16" and keras.config.dtype_policy().name == "float32"
    described = building.compile_model("vae", model, {"optimizer": {"name": "rmsprop"}})
    assert described["optimizer"]["name"] == "rmsprop"
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)


def test_arguments_of_a_wrong_type_are_a_value_error():
    with pytest.raises(ValueError, match="high|GAN"):
        _gan(ema_momentum="high")


def test_a_loaded_run_generates_what_the_model_file_does(runs):
    model, options, manifest = building.load_run(runs / "gan")
    saved = keras.saving.load_model(runs / "gan" / "model.keras")
    np.testing.assert_array_equal(model.generate(4, seed=1), saved.generate(4, seed=1))
    assert manifest["step"] == 22 and options["seed"] == 3
    assert isinstance(model, kgen.GAN) and isinstance(model.generator_optimizer, keras.optimizers.RMSprop)
