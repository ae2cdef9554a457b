"""Scores of sounds: closed forms, tones that a classifier can tell, and noise that it cannot."""

import numpy as np
import pytest

from kgen import metrics, sounds
from kgen.metrics import hearing

RATE, LENGTH = 8000, 512
PITCHES = (300, 900, 2500)


def tones(number, seed):
    """Tones of three pitches, each of a loudness and a phase of its own, and their classes."""
    random = np.random.default_rng(seed)
    labels = np.arange(number) % len(PITCHES)
    pitch = np.array(PITCHES)[labels] * random.uniform(0.95, 1.05, number)
    phase, loudness = random.uniform(0, 6, (number, 1)), random.uniform(0.2, 0.8, (number, 1))
    return loudness * np.sin(2 * np.pi * pitch[:, None] * np.arange(LENGTH) / RATE + phase), labels


@pytest.fixture(scope="module")
def real():
    """Training and held-out tones, and a classifier of the former."""
    (train, labels), (held_out, _) = tones(256, 0), tones(30, 1)
    return train, held_out, metrics.train_sound_classifier(train, labels, RATE, epochs=25)


def test_the_classifier_tells_pitches(real):
    held_out, labels = tones(60, 2)
    assert real[2].accuracy(hearing.sound_pictures(held_out, RATE), labels) > 0.95


def test_pictures_are_of_one_scale():
    x = tones(3, 0)[0]
    alone = hearing.sound_pictures(0.1 * x[:1], RATE)
    assert np.array_equal(hearing.sound_pictures(np.stack([0.1 * x[0], x[1]])[..., None], RATE)[:1], alone)
    magnitude = sounds.log_mel(0.1 * x[:1], RATE).numpy()[0].T[::-1]
    expected = np.round(255 * np.clip((magnitude + 5) / 10, 0, 1))
    np.testing.assert_array_equal(alone[0, :, :, 0], expected)


def test_many_sounds_are_drawn_in_blocks(monkeypatch):
    x = tones(5, 0)[0]
    whole, noise = hearing.sound_pictures(x, RATE), metrics.random_phase(x, 2)
    monkeypatch.setattr(hearing, "BLOCK", 2)
    assert np.array_equal(hearing.sound_pictures(x, RATE), whole)
    np.testing.assert_allclose(metrics.random_phase(x, 2), noise, atol=1e-6)


@pytest.mark.parametrize("length", [16, 15])
def test_random_phase_has_the_mean_spectrum(length):
    x = np.random.default_rng(0).uniform(-0.05, 0.05, [7, length])
    found = metrics.random_phase(x, 3, seed=4)
    mean = np.abs(np.fft.rfft(x)).mean(axis=0)
    np.testing.assert_allclose(np.abs(np.fft.rfft(found)), np.tile(mean, [3, 1]), rtol=1e-4)
    assert np.abs(found[0] - found[1]).max() > 1e-3 and found.dtype == np.float32
    assert np.array_equal(found, metrics.random_phase(x, 3, seed=4))
    assert not np.array_equal(found, metrics.random_phase(x, 3, seed=5))
    assert np.abs(metrics.random_phase(100 * x, 3)).max() == 1


def test_scores_have_their_closed_forms(real):
    train, held_out, classifier = real
    own = metrics.sound_scores(held_out, train, held_out, RATE, classifier)
    assert own["score_ratio"] == 1 and own["frechet_distance"] == pytest.approx(0, abs=1e-6)
    pictures = hearing.sound_pictures(held_out, RATE) / 255
    assert own["classifier_score"] == pytest.approx(
        float(metrics.classifier_score(classifier.probabilities(pictures))), rel=1e-4
    )
    rows, others = (hearing.sound_pictures(x, RATE).reshape(len(x), -1) / 255 for x in (held_out, train))
    apart = np.linalg.norm(rows[:, None] - rows, axis=-1) + 1e9 * np.eye(len(rows))
    assert own["distance_within"] == pytest.approx(apart.min(axis=1).mean(), rel=1e-5)
    to_train = np.linalg.norm(rows[:, None] - others, axis=-1).min(axis=1)
    assert own["distance_to_train"] == pytest.approx(to_train.mean(), rel=1e-5)
    assert metrics.sound_scores(train, train, held_out, RATE, classifier)["distance_to_train"] == 0


def test_groups_are_averaged_and_a_rest_is_left_out(real):
    train, held_out, classifier = real
    parts = [metrics.sound_scores(train[i : i + 30], train, held_out, RATE, classifier) for i in (0, 30)]
    both = metrics.sound_scores(train[:75], train, held_out, RATE, classifier)
    assert both == pytest.approx({name: (parts[0][name] + parts[1][name]) / 2 for name in both})


def test_noise_and_copies_are_told_apart(real):
    train, held_out, classifier = real
    found = {
        name: metrics.sound_scores(x, train, held_out, RATE, classifier)
        for name, x in {
            "real": tones(30, 3)[0],
            "noise": metrics.random_phase(train, 30),
            "one": np.repeat(train[:1], 30, axis=0),
        }.items()
    }
    assert found["real"]["score_ratio"] > 0.9 and found["real"]["classifier_score"] > 2.5
    assert found["one"]["classifier_score"] == pytest.approx(1)
    assert found["one"]["distance_within"] == pytest.approx(0, abs=1e-4)
    for name in ("noise", "one"):
        assert found[name]["frechet_distance"] > 5 * found["real"]["frechet_distance"]
    assert found["noise"]["distance_to_train"] > 2 * found["real"]["distance_to_train"]


def test_bad_sounds_are_named(real):
    train, held_out, classifier = real
    with pytest.raises(ValueError, match="as many sounds as are held out"):
        metrics.sound_scores(train[:5], train, held_out, RATE, classifier)
    with pytest.raises(ValueError, match="as many sounds as are held out, two or more"):
        metrics.sound_scores(train, train, held_out[:1], RATE, classifier)
    with pytest.raises(ValueError, match="argument `x`"):
        metrics.random_phase(np.zeros([2, 3, 4]), 1)
    with pytest.raises(ValueError, match="argument `x`"):
        hearing.sound_pictures([[0.0, np.nan]], RATE)
    with pytest.raises(ValueError, match="argument `num_samples`"):
        metrics.random_phase(train, 0)
    with pytest.raises(ValueError, match="a classifier"):
        metrics.sound_scores(held_out, train, held_out, RATE, "random")
