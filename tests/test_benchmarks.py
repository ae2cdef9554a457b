"""Benchmarks: the recipes' networks, times told apart, honest records and an honest report."""

import json
import pathlib
import sys

import numpy as np
import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "benchmarks"))

import cogan_mnist  # noqa: E402
import joint_digits  # noqa: E402
import language_model_kinds  # noqa: E402
import peers  # noqa: E402
import peers_text  # noqa: E402
import repeats  # noqa: E402
import report  # noqa: E402
import timing  # noqa: E402

CANDIDATE = """
import numpy as np

def make(mebibytes):
    block = np.ones([mebibytes, 2**20], np.uint8)
    return lambda: {"loss": float(block[0, 0])}
"""


class Clock:
    """Time that passes only while a candidate works; all work takes twice as long after the first round."""

    def __init__(self):
        self.now, self.calls = 0.0, []

    def candidate(self, name, seconds_per_step, steps_per_call=1):
        def step():
            self.calls.append(name)
            slowness = 2.0 if len(self.calls) > 5 else 1.0
            self.now += slowness * seconds_per_step * steps_per_call
            return {"loss": 1.0}

        step.steps_per_call = steps_per_call
        return step


def test_interleave_takes_turns_and_medians(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timing.time, "perf_counter", lambda: clock.now)
    slow, fast = clock.candidate("slow", 0.03), clock.candidate("fast", 0.01, steps_per_call=2)
    times = timing.interleave({"slow": slow, "fast": fast}, rounds=3, steps=3)
    assert clock.calls == 3 * ["slow"] + 4 * ["fast"] + 6 * ["slow"] + 2 * ["fast"]
    assert times["ms_per_step"] == {"slow": pytest.approx(60), "fast": pytest.approx(20)}
    assert times["quartiles"] == {"slow": pytest.approx([45, 60]), "fast": pytest.approx([15, 20])}
    assert times["speedup"] == {"slow": {"fast": pytest.approx(0.333)}, "fast": {"slow": pytest.approx(3)}}


def test_peak_memory_is_the_candidates_own(tmp_path, monkeypatch):
    (tmp_path / "candidate.py").write_text(CANDIDATE)
    monkeypatch.syspath_prepend(tmp_path)
    ballast = np.ones([400, 2**20], np.uint8)
    small, large = (timing.peak_memory("candidate:make", size) for size in (1, 150))
    assert 140 < large - small < 160
    assert small < ballast.nbytes / 2**20


@pytest.fixture
def results(tmp_path, monkeypatch):
    import kgen

    monkeypatch.setattr(kgen, "__version__", "1.2.3", raising=False)
    monkeypatch.setattr(timing, "RESULTS", tmp_path)
    return tmp_path


def test_a_record_tells_how_it_came_about_and_not_where(results, monkeypatch):
    script = str(timing.ROOT / "benchmarks" / "speed.py")
    monkeypatch.setattr(sys, "argv", [script, "dcgan", "--data=/somewhere/else/digits.npz", "--steps", "3"])
    row = {"measured": {"alternating_vs_keras_io": np.float32(1.5)}}
    path = timing.record("speed_dcgan", row, seed=4, minutes=2)
    row = json.loads(path.read_text())
    assert row["command"] == "python benchmarks/speed.py dcgan --data=digits.npz --steps 3"
    assert row["seed"] == 4 and row["minutes"] == 2 and row["measured"] == {"alternating_vs_keras_io": 1.5}
    assert set(row["versions"]) >= {"python", "tensorflow", "keras"} and row["versions"]["kgen"] == "1.2.3"
    assert row["cores"] >= 1
    assert [file.name for file in results.iterdir()] == ["speed_dcgan.json"]


def test_a_record_refuses_absolute_paths(results):
    for text in ("/somewhere/else", "in /somewhere", "--out=/somewhere"):
        with pytest.raises(ValueError, match="no absolute path.*/somewhere"):
            timing.record("a", {"note": text})
    timing.record("a", {"note": "ms/step, kgen / peer, https://keras.io/examples"})


def test_report_compares_with_what_is_to_be_reached(tmp_path):
    origin = {"command": "python benchmarks/speed.py dense_gan", "seed": 0, "date": "2025-01-01 10:00 UTC"}
    origin |= {"versions": {"python": "3.11"}, "minutes": 2.0, "cores": 2}
    measured = {"float32_vs_keras_io": 1.25, "bfloat16_vs_keras_io": 1.5, "extra": 3}
    row = {**origin, "measured": measured, "speedup": {"a": {"b": 2.0}, "b": {"a": 0.5}}, "rounds": 9}
    (tmp_path / "speed_dense_gan.json").write_text(json.dumps(row))
    (tmp_path / "other.json").write_text(json.dumps({**origin, "pictures": {"kgen": "kgen.png"}}))
    text = report.report(tmp_path, tmp_path / "RESULTS.md")
    assert (tmp_path / "RESULTS.md").read_text() == text
    assert "| float32, x faster than keras.io | 1.25 | >= 1.2 | yes |  |" in text
    assert "| mixed_bfloat16, x faster than keras.io | 1.5 | >= 1.7 | **no** |  |" in text
    assert "| float32, x faster than PyTorch eager | not measured |  |  |  |" in text
    assert "| extra | 3 |" in text and "| speedup | b | a |" in text and "| a | 2 |  |" in text
    assert (
        "| nats a picture, 5,000 importance samples | not measured | <= 90.5 |  | 86.76 after 3,280 epochs |"
        in text
    )
    assert "## other" in text and "![kgen](results/kgen.png)" in text and "rounds: 9" in text


def test_the_tutorials_networks_have_its_sizes():
    generator, discriminator = peers.tutorial_networks()
    assert generator.count_params() == 2_330_944 and discriminator.count_params() == 212_865
    assert generator.output_shape == (None, 28, 28, 1) and discriminator.output_shape == (None, 1)


def test_the_dense_networks_have_the_sources_sizes():
    generator, discriminator = peers.dense_networks()
    sizes = [100, 1024, 1024, 784], [784, 1024, 1024, 1]
    for network, widths in zip((generator, discriminator), sizes, strict=True):
        assert network.count_params() == sum((a + 1) * b for a, b in zip(widths, widths[1:], strict=False))


@pytest.mark.parametrize("name", ["tutorial_dense", "keras_io_dense", "plain_vae"])
def test_a_peers_step_trains(name):
    step = peers.make(name, 8)
    first = {key: float(value) for key, value in step().items()}
    last = {key: float(value) for key, value in step().items()}
    assert np.isfinite([*first.values(), *last.values()]).all()
    assert all(first[key] != last[key] for key in first)


TOY_CYCLE = {"residual_blocks": 1, "width": 2, "discriminator_layers": 1, "pool_size": 0}


@pytest.fixture
def toy_cyclegan(monkeypatch):
    import kgen

    monkeypatch.setattr(peers, "CYCLE_SHAPE", (8, 8, 3))
    monkeypatch.setattr(peers, "cyclegan", lambda: kgen.CycleGAN((8, 8, 3), **TOY_CYCLE))


@pytest.mark.parametrize("name", ["tutorial_cyclegan", "tutorial_cyclegan_bfloat16"])
def test_the_cyclegan_tutorials_step_trains(name, toy_cyclegan):
    step = peers.make(name, 2)
    first, last = [{key: float(value) for key, value in step().items()} for _ in range(2)]
    assert list(first) == ["g_loss", "f_loss", "x_loss", "y_loss"]
    assert all(np.isfinite(value) and value != last[key] for key, value in first.items())
    assert peers.keras.config.dtype_policy().name == "float32"


def test_the_tutorials_networks_and_losses_are_kgens(toy_cyclegan):
    model = peers.cyclegan()
    recipe = peers.TutorialCycleGan(
        *(
            [peers.plain(getattr(model, f"{kind}_{name}")) for name in names]
            for kind, names in (("generator", ("ab", "ba")), ("discriminator", "ab"))
        )
    )
    kinds = {type(layer) for network in recipe.networks for layer in network.layers}
    assert {kind.__module__.split(".")[0] for kind in kinds} == {"keras", "peers"}
    theirs = ("generator_ab", "generator_ba", "discriminator_a", "discriminator_b")
    for network, name in zip(recipe.networks, theirs, strict=True):
        network.set_weights(getattr(model, name).get_weights())
    x, y = [value / np.float32(127.5) - 1 for value in peers.domains(2)]
    game, found = model.meet(x, y), recipe._losses(x, y)
    moves = model.discriminator_loss(game) | model.generator_loss(game)
    terms = {name: float(np.mean(value)) for name, value in moves.items()}
    cycle = terms["cycle_a_loss"] + terms["cycle_b_loss"]
    expected = {
        "g_loss": terms["adversarial_ab_loss"] + cycle + terms["identity_b_loss"],
        "f_loss": terms["adversarial_ba_loss"] + cycle + terms["identity_a_loss"],
        "x_loss": terms["real_a_loss"] + terms["fake_a_loss"],
        "y_loss": terms["real_b_loss"] + terms["fake_b_loss"],
    }
    assert {name: float(value) for name, value in found.items()} == pytest.approx(expected, rel=1e-5)


TOY_TEXT = {"VOCABULARY": 7, "LENGTH": 5, "BATCH": 4, "ROLLOUTS": 2, "WIDTHS": (1, 3), "FILTERS": (3, 2)}


@pytest.fixture
def toy_seqgan(monkeypatch):
    for name, value in TOY_TEXT.items():
        monkeypatch.setattr(peers_text, name, value)
    return peers_text.PlainSeqGan()


def test_the_plain_seqgan_has_kgens_networks(toy_seqgan):
    import kgen

    model = kgen.SeqGAN(7, sequence_length=5, widths=(1, 3), filters=(3, 2))
    assert toy_seqgan.generator.count_params() == model.network.count_params()
    names = ("embedding", "kernel_1", "bias_1", "kernel_3", "bias_3", "gate_kernel", "gate_bias")
    names += ("transform_kernel", "transform_bias", "output_kernel", "output_bias")
    by_name = {variable.name: variable.numpy() for variable in model.discriminator.weights}
    toy_seqgan.discriminator.set_weights([by_name[name] for name in names])
    tokens = peers_text.sequences()[:, 1:]
    np.testing.assert_allclose(toy_seqgan.reward(tokens), model.reward(tokens), rtol=1e-5)


def test_the_plain_seqgan_completes_and_trains(toy_seqgan):
    real = peers_text.tf.constant(peers_text.sequences()[:, 1:])
    assert np.array_equal(toy_seqgan.complete(real, 3)[:, :3], real[:, :3])
    values = peers_text.tf.function(toy_seqgan.values)(real).numpy()
    np.testing.assert_allclose(values[:, -1], toy_seqgan.reward(real), rtol=1e-5)
    assert values.shape == (4, 5) and (0 < values).all() and (values < 1).all()
    for network, move in (
        (toy_seqgan.generator, toy_seqgan.generator_round),
        (toy_seqgan.discriminator, lambda: toy_seqgan.drawing_step(real[:2])),
    ):
        before = network.get_weights()
        assert all(np.isfinite(float(loss)) for loss in move().values())
        assert all((old != new).any() for old, new in zip(before, network.get_weights(), strict=True))


def test_gradient_norms_are_told_by_place():
    """A model that weighs places by hand: the norm at k back is that of its finite difference."""
    import kgen

    model = kgen.RecurrentLanguageModel(6, units=4, num_layers=1, embedding_dim=3)
    rows = np.random.default_rng(0).integers(0, 6, [2, 6], "int32")
    norms = language_model_kinds.gradient_norms(model, rows)
    weights, places = model.network.values(), np.arange(10).reshape(2, 5)
    table = weights["embedding"].numpy()[rows[:, :-1].ravel()]

    def nats(table):
        read = model.network.read({**weights, "embedding": table}, places, model.network.zero_state(2))
        return kgen.losses.token_nats(rows[:, -1], read[0][:, -1]).numpy()

    for back in (0, 3):
        slopes = np.zeros([2, 3])
        for row in range(2):
            for i in range(3):
                step = np.zeros_like(table)
                step[5 * row + 4 - back, i] = 0.01
                slopes[row, i] = (nats(table + step) - nats(table - step))[row] / 0.02
        assert norms[back] == pytest.approx(np.linalg.norm(slopes, axis=1).mean(), rel=0.02)


def test_a_fit_step_counts_its_steps():
    model = peers.KerasIoGan(*peers.dense_networks())
    optimizers = peers.keras.optimizers.Adam(), peers.keras.optimizers.Adam()
    model.compile(*optimizers, steps_per_execution=3)
    step = peers.fit_step(model, peers.pictures(4))
    before = int(optimizers[0].iterations)
    step()
    assert step.steps_per_call == 3 and int(optimizers[0].iterations) == before + 3


def test_repeats_are_summed_up_and_the_missing_ones_told():
    runs = {"a": {"0": {"modes": 8, "kl": None}, "1": {"modes": 6, "kl": 0.5}}}
    assert repeats.missing(runs, ["a", "b"], [0, 1]) == [(0, "b"), (1, "b")]
    found = repeats.summary(runs["a"], repeats.standard_error)
    assert found == {"modes": "7 +- 1", "kl": "0.5"}


def test_parts_of_a_sample_that_agree_are_counted():
    classes = {
        "picture": np.array([0, 1, 2, 3]),
        "sound": np.array([0, 1, 5, 0]),
        "label": np.array([0, 6, 2, 7]),
    }
    expected = {"picture_sound": 0.5, "picture_label": 0.5, "sound_label": 0.25, "all": 0.25}
    assert joint_digits.agreement(classes) == expected
    same = dict.fromkeys(classes, np.arange(4))
    assert joint_digits.agreement(joint_digits.shuffled(same)) == dict.fromkeys(expected, 0.0)
    assert joint_digits.entropy(np.array([3, 3, 7, 7])) == pytest.approx(np.log(2))


@pytest.mark.parametrize("task", cogan_mnist.PAPER)
def test_true_counterparts_agree_and_blank_ones_miss_the_foreground(task):
    pictures = np.zeros([3, 28, 28, 1], "uint8")
    for row, left in enumerate((2, 11, 20)):
        pictures[row, 6:22, left : left + 6] = 255
    truth = cogan_mnist.counterparts(task, pictures)
    assert np.array_equal(truth, cogan_mnist.counterparts(task, pictures / np.float32(255)))
    made = {"a": pictures / np.float32(255), "b": truth / np.float32(255)}
    found = cogan_mnist.rows(task, made, pictures)
    assert found["cogan"] == {"pixel_agreement": 1.0, "intersection_over_union": 1.0}
    assert found["blank"]["intersection_over_union"] == found["shuffled"]["intersection_over_union"] == 0
    assert 0.5 < found["blank"]["pixel_agreement"] < 1


def test_a_quick_record_is_no_part_of_the_report(results, tmp_path):
    timing.record("modes_quick", {"measured": {"modes": 8}})
    assert "modes quick" not in report.report(results, tmp_path / "RESULTS.md").lower().replace("_", " ")
