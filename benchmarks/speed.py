"""Times kgen's training step against the recipes that people copy: same networks, same batch, interleaved rounds.

    python benchmarks/speed.py FAMILY [--rounds N] [--steps N]

FAMILY is one of dense_gan, dense_vae, dcgan, wgan_gp, plane_gan, plane_wgan_gp, cyclegan_1, cyclegan_4, seqgan.

Out of the box means `compile()` without arguments, every promise of the contract switched on; "equal" means the
same precision, update rule and XLA setting as the peer. Compiled functions are timed after warm-up.
"""

import argparse
import importlib.util
import itertools
import time

import keras
import numpy as np
import peers
import peers_text
import tensorflow as tf
import timing

import kgen
from kgen.episode import Episode

BATCH = {
    "dense_gan": 128,
    "dense_vae": 128,
    "dcgan": 256,
    "wgan_gp": 64,
    "plane_gan": 128,
    "plane_wgan_gp": 128,
    "cyclegan_1": 1,
    "cyclegan_4": 4,
}
CRITIC_STEPS = 5
UPDATES = 10  # Of SeqGAN's discriminator in one call, beside one round of its generator.


def kgen_step(name, policy="float32", update="alternating", **options):
    """One of kgen's models, compiled and warmed up, as a callable for `timing.interleave`."""
    keras.config.set_dtype_policy(policy)
    try:
        model = MODELS[name](update)
    finally:
        keras.config.set_dtype_policy("float32")
    model.compile(**options)
    return peers.fit_step(model, _examples(name))


def _examples(name):
    """The batch of every step; for a CycleGAN a pair of them."""
    if name.startswith("cyclegan"):
        return peers.domains(BATCH[name])
    if name.startswith("plane"):
        return peers.points(BATCH[name])
    return np.round(255 * peers.pictures(BATCH[name])).astype("uint8")


def _dcgan(update):
    generator, discriminator = peers.tutorial_networks()
    return kgen.DCGAN(generator=generator, discriminator=discriminator, update=update)


MODELS = {
    "dense_gan": lambda update: kgen.GAN(update=update),
    "dense_vae": lambda update: kgen.VAE(latent_dim=peers.LATENT_DIM),
    "dcgan": _dcgan,
    "wgan_gp": lambda update: kgen.WGANGP(latent_dim=peers.LATENT_DIM, width=32, update=update),
    "plane_gan": lambda update: kgen.GAN((2,), latent_dim=2, hidden_units=(128, 128, 128), update=update),
    "plane_wgan_gp": lambda update: _plane_wgan_gp(),
    "cyclegan_1": lambda update: peers.cyclegan(),
    "cyclegan_4": lambda update: peers.cyclegan(),
}


def _plane_wgan_gp():
    generator, discriminator = peers.plane_networks()
    return kgen.WGANGP((2,), latent_dim=2, generator=generator, discriminator=discriminator)


def cycle(step):
    """As many of kgen's steps as the recipe takes in one: five of the critic, one of the generator."""

    def several():
        for _ in range(max(1, CRITIC_STEPS // step.steps_per_call)):
            logs = step()
        return logs

    several.steps_per_call = max(1, step.steps_per_call // CRITIC_STEPS)
    return several


def _against_keras_io(name, peer, wrap=lambda step: step):
    """Candidates and ratios of a family whose peer is one of keras.io's recipes."""
    candidates = {
        "keras_io": peers.make(peer, BATCH[name]),
        "kgen": wrap(kgen_step(name)),
        "kgen_equal": wrap(kgen_step(name, jit_compile=False, steps_per_execution=1)),
        "kgen_bfloat16": wrap(kgen_step(name, "mixed_bfloat16")),
    }
    ratios = {
        "float32_vs_keras_io": ("kgen", "keras_io"),
        "bfloat16_vs_keras_io": ("kgen_bfloat16", "keras_io"),
        "equal_vs_keras_io": ("kgen_equal", "keras_io"),
    }
    return candidates, ratios


def dense_gan():
    """Candidates and the ratios that are reported."""
    candidates, ratios = _against_keras_io("dense_gan", "keras_io_dense")
    candidates |= _torch("torch_dense", BATCH["dense_gan"])
    return candidates, ratios | {"float32_vs_torch": ("kgen", "torch")}


def dense_vae():
    """Candidates and the ratios that are reported."""
    candidates = {
        "plain": peers.make("plain_vae", BATCH["dense_vae"]),
        "kgen": kgen_step("dense_vae"),
        "kgen_equal": kgen_step("dense_vae", jit_compile=False, steps_per_execution=1),
    }
    return candidates, {"float32_vs_plain": ("kgen", "plain"), "equal_vs_plain": ("kgen_equal", "plain")}


def dcgan():
    """Candidates and the ratios that are reported."""
    candidates = {
        "tutorial": peers.make("tutorial_dcgan", BATCH["dcgan"]),
        "keras_io": peers.make("keras_io_dcgan", BATCH["dcgan"]),
        "kgen": kgen_step("dcgan"),
        "kgen_simultaneous": kgen_step("dcgan", update="simultaneous"),
        "kgen_bfloat16": kgen_step("dcgan", "mixed_bfloat16"),
        "kgen_bfloat16_simultaneous": kgen_step("dcgan", "mixed_bfloat16", "simultaneous"),
        **_torch("torch_dcgan", BATCH["dcgan"]),
    }
    ratios = {
        "simultaneous_vs_tutorial": ("kgen_simultaneous", "tutorial"),
        "alternating_vs_keras_io": ("kgen", "keras_io"),
        "bfloat16_vs_tutorial": ("kgen_bfloat16_simultaneous", "tutorial"),
        "bfloat16_vs_keras_io": ("kgen_bfloat16", "keras_io"),
        "equal_vs_tutorial": ("kgen_simultaneous", "tutorial"),
        "equal_vs_keras_io": ("kgen", "keras_io"),
        "alternating_vs_torch": ("kgen", "torch"),
    }
    return candidates, ratios


def cyclegan(name):
    """Candidates and the ratios that are reported; the tutorial in bfloat16 has Keras's global policy."""
    peer = {f"tutorial{end}": peers.make(f"tutorial_cyclegan{end}", BATCH[name]) for end in ("", "_bfloat16")}
    ours = {"kgen": kgen_step(name), "kgen_bfloat16": kgen_step(name, "mixed_bfloat16")}
    ratios = {
        "float32_vs_tutorial": ("kgen", "tutorial"),
        "bfloat16_vs_tutorial_bfloat16": ("kgen_bfloat16", "tutorial_bfloat16"),
        "bfloat16_vs_tutorial": ("kgen_bfloat16", "tutorial"),
    }
    return peer | ours, ratios


def seqgan():
    """Candidates and the ratios that are reported; a batch of D is 32 real and 32 new sequences on both sides.

    "drawn": the 32 new ones are drawn for the update; "given": they are given. A round is 64 new sequences, 16
    roll-outs from each of their 19 beginnings, and the generator's update.
    """
    plain, rows = peers_text.PlainSeqGan(), tf.constant(peers_text.sequences())
    real, new = rows[::2, 1:], rows[1::2, 1:]
    candidates = {
        "plain_drawn": repeated(lambda: plain.drawing_step(real)),
        "plain_given": repeated(lambda: plain.discriminator_step(real, new)),
        "plain_round": plain.generator_round,
        "kgen_drawn": repeated(seqgan_step("discriminator")),
        "kgen_given": repeated(seqgan_step("discriminator", _judge_the_given)),
        "kgen_round": seqgan_step("adversarial", _write_and_be_judged),
        "bfloat16_drawn": repeated(seqgan_step("discriminator", policy="mixed_bfloat16")),
        "bfloat16_round": seqgan_step("adversarial", _write_and_be_judged, "mixed_bfloat16"),
    }
    for name in ("plain_drawn", "plain_given", "plain_round"):
        candidates[name]()
    ratios = {
        "discriminator_vs_plain": ("kgen_drawn", "plain_drawn"),
        "discriminator_given_vs_plain": ("kgen_given", "plain_given"),
        "drawn_vs_plain_given": ("kgen_drawn", "plain_given"),
        "round_vs_plain": ("kgen_round", "plain_round"),
        "bfloat16_discriminator_vs_plain": ("bfloat16_drawn", "plain_drawn"),
        "bfloat16_round_vs_plain": ("bfloat16_round", "plain_round"),
    }
    return candidates, ratios


def seqgan_step(stage, learn=None, policy="float32"):
    """A step of kgen's SeqGAN in one of its stages, or of a part `learn(model, tokens)` of it alone."""
    keras.config.set_dtype_policy(policy)
    try:
        model = kgen.SeqGAN(peers_text.VOCABULARY, peers_text.LENGTH)
    finally:
        keras.config.set_dtype_policy("float32")
    model.stage = stage
    if learn:
        model.learn = lambda tokens, y: learn(model, tokens)
    model.compile()
    return peers.fit_step(model, peers_text.sequences(), steps=1)


def _judge_the_given(model, tokens):
    """D's move, the batch's other sequences in place of new ones."""
    return model.turn(Episode(model, tokens[::2], fake=tokens[1::2, 1:]), "discriminator")


def _write_and_be_judged(model, tokens):
    """G's move with its roll-outs, without D's that follows it."""
    return model.turn(Episode(model, tokens), "generator")


def repeated(step):
    """Several steps as one call."""

    def several():
        for _ in range(UPDATES):
            logs = step()
        return logs

    several.steps_per_call = UPDATES
    return several


def _torch(name, batch_size):
    if importlib.util.find_spec("torch") is None:
        return {}
    import peers_torch

    return {"torch": peers_torch.make(name, batch_size)}


def pipeline_milliseconds(batches=200):
    """Time that MNIST's data pipeline takes for a batch, alone."""
    data, _ = kgen.datasets.load("mnist", batch_size=BATCH["dcgan"])
    iterator = iter(data.at(0))
    for _ in itertools.islice(iterator, 20):
        pass
    start = time.perf_counter()
    for _ in itertools.islice(iterator, batches):
        pass
    return 1000 * (time.perf_counter() - start) / batches


FAMILIES = {
    "dense_gan": dense_gan,
    "dense_vae": dense_vae,
    "dcgan": dcgan,
    "wgan_gp": lambda: _against_keras_io("wgan_gp", "keras_io_wgan_gp", cycle),
    "plane_gan": lambda: _against_keras_io("plane_gan", "keras_io_plane"),
    "plane_wgan_gp": lambda: _against_keras_io("plane_wgan_gp", "keras_io_plane_wgan_gp", cycle),
    "cyclegan_1": lambda: cyclegan("cyclegan_1"),
    "cyclegan_4": lambda: cyclegan("cyclegan_4"),
    "seqgan": seqgan,
}
PEAKS = {  # Quantity -> (arguments of `kgen_step`, peer).
    "dcgan": {"memory_vs_tutorial": (("dcgan", "float32", "simultaneous"), "tutorial_dcgan")},
    **{
        name: {
            "memory_vs_tutorial": ((name,), "tutorial_cyclegan"),
            "memory_vs_tutorial_bfloat16": ((name, "mixed_bfloat16"), "tutorial_cyclegan_bfloat16"),
        }
        for name in ("cyclegan_1", "cyclegan_4")
    },
}


def measure(name, rounds, steps):
    """Times one family and records it."""
    candidates, ratios = FAMILIES[name]()
    found = timing.interleave(candidates, rounds, steps)
    measured = {
        key: found["speedup"][a][b] for key, (a, b) in ratios.items() if a in candidates and b in candidates
    }
    if name == "dcgan":
        measured |= {"pipeline_share": round(pipeline_milliseconds() / found["ms_per_step"]["kgen"], 5)}
    for quantity, (ours, peer) in PEAKS.get(name, {}).items():
        kgen_peak = timing.peak_memory("speed:kgen_step", *ours)
        peer_peak = timing.peak_memory("peers:make", peer, BATCH[name])
        measured |= {quantity: round(kgen_peak / peer_peak, 3)}
        found.setdefault("peak_memory_MiB", {})[quantity] = f"{kgen_peak:.0f} by {peer_peak:.0f}"
    timing.record(f"speed_{name}", {"measured": measured, **found})
    print(measured, found["ms_per_step"], flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=20)
    arguments = parser.parse_args()
    measure(arguments.family, arguments.rounds, arguments.steps)
