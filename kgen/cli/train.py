"""Trains a model on pictures, clips, vectors, sounds or text, in a folder that the run can be resumed from.

The folder gets options.json (everything needed to repeat the run), history.csv (a row per epoch as it ends),
samples/ (a picture, a GIF of clips, a file of texts or of sounds per epoch, of pictures at the end a GIF), logs/
(TensorBoard), state/ (what --resume goes on from), of text vocabulary.json, pretraining/ with the same of a
pre-training, and at the end model.keras and curves.png.
"""

import argparse
import os
import pathlib
import re
import sys

import keras
import tensorflow as tf

import kgen
from kgen import pictures, state
from kgen.cli import clips, data, folder, history, joint, resuming, settings, sounds, suiting, texts
from kgen.cli.parser import one_of
from kgen.cli.planning import DEFAULTS, EPOCHS, EPOCHS_OF_PAIRS, defaults, make, told
from kgen.datasets.vocabulary import LEVELS, Vocabulary
from kgen.metrics.named import NAMES
from kgen.models import MODELS

SOURCES, IMAGES = ("data", "data_b"), ("pictures", "--image-size")


def add_arguments(parser):
    """Adds the options of `kgen train`; one that is not said is None, so that --resume can tell."""
    add = parser.add_argument
    add("model", metavar="MODEL", type=one_of("model", MODELS), help=", ".join(MODELS))
    add("--data", "--data-a", dest="data", metavar="SOURCE", help=DATA)
    add("--data-b", metavar="SOURCE", help=DATA_B)
    add("--image-size", type=int, metavar="PIXELS", help="side that pictures are resized and cropped to")
    add(
        "--epochs",
        type=int,
        metavar="N",
        help=f"passes over the data (default: {EPOCHS}; of pairs {EPOCHS_OF_PAIRS})",
    )
    add("--decay-epochs", type=int, metavar="N", help=DECAY_EPOCHS)
    add("--steps", type=int, metavar="N", help=STEPS)
    add("--batch-size", type=int, metavar="B", help=BATCH_SIZE)
    add("--seed", type=int, metavar="S", help="of weights, order and noise (default: 0)")
    add("--out", metavar="DIR", help="folder of the run (default: runs/MODEL-DATA-SEED)")
    add("--set", action="extend", nargs="+", metavar="NAME=VALUE", default=[], help=SET)
    add("--precision", choices=folder.PRECISIONS, help="of the networks (default: float32)")
    add("--jit", action=argparse.BooleanOptionalAction, help="XLA (default: what measures fastest)")
    add("--metrics", type=_metrics, metavar="NAME[,NAME...]", help=METRICS)
    add("--watch", choices=("warn", "stop", "restore"), help=WATCH)
    add(
        "--on-bad",
        choices=("error", "skip"),
        help="what an unreadable picture or sound leads to (default: error)",
    )
    add("--jitter", type=float, metavar="SHARE", help=JITTER)
    add("--augment", metavar="flip|none|...", help=AUGMENT)
    add("--categorical", metavar="NAME[,NAME...]", help=CATEGORICAL)
    add("--slice-length", type=int, metavar="N", help=SLICE_LENGTH)
    add("--sample-rate", type=int, metavar="HZ", help="of sounds (default: that of the data)")
    add("--frames", type=int, metavar="T", help=FRAMES)
    _add_options_of_text(add)
    add(
        "--resume",
        action="store_true",
        help="goes on with the run in DIR by its own options, --epochs may grow",
    )
    add("--reset-optimizer", action="store_true", help="with --resume: optimizers start anew, as --set says")
    add("--dry-run", action="store_true", help="prints the options and the plan, writes nothing")


def _add_options_of_text(add):
    add("--level", choices=LEVELS, help="for text: what a token is (default: char)")
    add("--sequence-length", type=int, metavar="N", help=SEQUENCE_LENGTH)
    add("--vocabulary-size", type=int, metavar="N", help="for text: most tokens, four reserved ones included")
    add("--sentences", action=argparse.BooleanOptionalAction, help=SENTENCES)
    add("--pretrain-epochs", type=int, metavar="N", help=PRETRAIN_EPOCHS)
    add("--pretrain-rounds", type=int, metavar="N", help=PRETRAIN_ROUNDS)


SLICE_LENGTH = f"""for wavegan and jointgan: samples of a sound, a power of two from 64 to 65536 (default:
{sounds.DEFAULTS["slice_length"]}, {joint.DEFAULTS["slice_length"]}); longer recordings are cropped, shorter ones end
in zeros"""
FRAMES = f"""for videogan: of a clip, from 2 up (default: {clips.DEFAULTS["frames"]}); of longer ones the first are
taken"""
SEQUENCE_LENGTH = """for text: tokens of a step, and of a text that is generated (default: 256 characters, 64 words; of
an oracle, and for seqgan, 20). lstm and convnet read running text in order, and carry what they have read to the next
step; seqgan reads windows of it in a random order"""
SENTENCES = "for text: each line of a file is a text of its own (default: where a TFDS set has many examples)"
PRETRAIN_EPOCHS = f"""for seqgan: of maximum likelihood before the game, whose discriminator moves
{texts.DISCRIMINATOR_STEPS} times per move of the generator, unless --set discriminator_steps=N (default:
{texts.DEFAULTS_OF_PRETRAINING["pretrain_epochs"]}; the authors' are 120, and 4680 moves)"""
PRETRAIN_ROUNDS = f"""for seqgan: then six epochs each of the discriminator alone (default:
{texts.DEFAULTS_OF_PRETRAINING["pretrain_rounds"]}; the authors' are 50)"""
DATA = """name of a data set, folder of pictures, or FILE.npz (default: digits); for lstm, convnet and seqgan a text
file, a folder of them, the name of a text data set, or oracle:FILE.npz (default: tiny_shakespeare); for cyclegan the
first kind of pictures, or a source of both: digits_pair:KIND[:SOURCE] of KIND colour, negative or edges (the default is
digits_pair:colour), cycle_gan/NAME, or a folder with trainA and trainB; for gain FILE.csv; for
wavegan spoken_digit (the default), speech_commands or a folder of wav files; for videogan moving:digits (the default),
moving:mnist or moving: before any other source of grey pictures, moving_mnist, or a folder of GIFs or of folders of
frames; for jointgan NAME=SOURCE,NAME=SOURCE and, where it is wanted, label: picture=mnist,sound=spoken_digit,label or
a=mnist,b=edges:mnist, whose rows are paired by class, and by place where they come of one data set (default:
picture=digits,outlines=edges:digits,label); for semi_supervised_gan also few_labels:NUMBER[:SOURCE], of whose training
pictures only NUMBER have a label"""
BATCH_SIZE = """examples per step (default: 128; of pairs 1; of text, sounds and several kinds of data 64, of clips 32);
of few_labels as many labelled ones beside them"""
DATA_B = "for cyclegan: the second kind of pictures"
DECAY_EPOCHS = """learning rates fall along a straight line to 0 over the last N epochs (default: 0; of pairs half of
all); --resume with more --epochs moves these N to the new end, and rates that have fallen are high again until then"""
JITTER = """for pairs: reads pictures larger by this share and cuts a random window out each time (default: 30/256 with
--image-size on folders and cycle_gan, as in the paper; else 0)"""
AUGMENT = """for pairs: flip mirrors half of the pictures; crop=0.1,rotation=10,scale=0.1 work too (default: flip
where --jitter has its default of 30/256, else none)"""
CATEGORICAL = "for gain: columns that hold categories though they look like numbers"
STEPS = """N training steps in all, cut into --epochs equal epochs; without --epochs, into as few as keep an
epoch within one pass over the data"""
SET = """constructor argument, or part of an optimizer: latent_dim=16, hidden_units=256,256, cell=gru (of lstm),
generator_optimizer=rmsprop, discriminator_learning_rate=1e-4 ..."""
METRICS = f"""after each epoch, over up to 2,000 pictures of the test split: of {", ".join(NAMES)}, or none
(default: frechet_distance on digits and mnist; on mixtures and stacked digits the modes covered); over held-out text
{", ".join(texts.METRICS)} (default: oracle_nll on an oracle's data)"""


WATCH = """tells when the training collapses, and warns, stops, or goes back to the last good epoch and stops
(adds diversity and, for two players, gradient norms and accuracies to the logs)"""


def _metrics(text):
    """A text of comma-separated metrics, "auto" or "none"."""
    for name in text.split(",") if text not in ("auto", "none") else ():
        one_of("metric", (*NAMES, *texts.METRICS))(name)
    return text


def run(arguments):
    """Trains as the command line says."""
    said = {name: getattr(arguments, name) for name in DEFAULTS if getattr(arguments, name) is not None}
    if arguments.reset_optimizer and not arguments.resume:
        raise ValueError("--reset-optimizer needs --resume.")
    resume = {"resume": arguments.resume, "reset_optimizer": arguments.reset_optimizer}
    train(arguments.model, said, arguments.set, arguments.out, dry_run=arguments.dry_run, **resume)


def train(model, said, pairs=(), out=None, resume=False, reset_optimizer=False, dry_run=False):
    """Trains a model in a folder, or goes on with the run there.

    Args:
        model: name of a model.
        said: dict of options, names as in `DEFAULTS`.
        pairs: words NAME=VALUE of `--set`.
        out: folder of the run, or None.
        resume: whether to go on with the run in `out`.
        reset_optimizer: whether the optimisers start anew.
        dry_run: prints the plan only.

    Returns:
        Path of the folder.

    Raises:
        ValueError: options that do not fit, a folder that holds a run or in which another process trains.
        OSError: a folder or data that cannot be had.
    """
    arguments, optimizers = settings.parse(model, pairs)
    suiting.check(model, said)
    said = {**said, **{name: data.place(said[name]) for name in SOURCES if name in said}}
    out = pathlib.Path(out or _default_folder({**defaults(model), "model": model, **said}))
    _refuse(out, resume)
    if resume:
        wanted = resuming.merged(
            folder.read_options(out), model, said, arguments, optimizers, reset_optimizer
        )
    else:
        if MODELS[model].PAIRED and "data_b" in said and "data" not in said:
            raise ValueError("--data-b needs --data-a.")
        own = {"arguments": arguments, "optimizers": optimizers}
        wanted = {"model": model, **defaults(model), **said, **own}
    plan = make(wanted, resume)
    print(f"kgen train {model}, into {out}\n{told(plan)}", flush=True)
    if not dry_run:
        with folder.locked(out):
            _refuse(out, resume)
            if isinstance(getattr(plan.model, "vocabulary", None), Vocabulary):
                folder.write_vocabulary(out, plan.model.vocabulary)
            folder.write_options(out, plan.options)
            _fit(plan, out, reset_optimizer)
            _finish(plan, out)
    return out


def _default_folder(options):
    sources = [options[name] for name in SOURCES if options[name]]
    name = re.sub(r"[^\w.-]+", "-", "-".join(joint.each(source, _stem) for source in sources))
    return pathlib.Path("runs", f"{options['model']}-{name}-{options['seed']}")


def _stem(source):
    file = texts.oracle_file(source)
    return pathlib.Path(file).stem if os.path.exists(file) else file


def _refuse(out, resume):
    if not resume and folder.holds_run(out):
        raise ValueError(f"{out} holds a run. Go on with it by --resume, or choose another --out.")


def _fit(plan, out, reset_optimizer):
    options = plan.options
    lengths = {"epochs": options["epochs"], "steps_per_epoch": options["steps_per_epoch"]}
    try:
        _pretrain(plan, out, reset_optimizer)
        callbacks = _callbacks(plan, out, reset_optimizer)
        plan.model.fit(plan.dataset, validation_data=plan.validation, callbacks=callbacks, **lengths)
    except (KeyboardInterrupt, SystemExit):
        print(f"\nStopped. Go on with: kgen train {options['model']} --out {out} --resume", file=sys.stderr)
        raise
    except tf.errors.ResourceExhaustedError:
        kind, other = ("texts", "--sequence-length") if texts.is_text(options["model"]) else IMAGES
        size = f"batch_size={options['batch_size']} and {kind} of {options['data_set']['shape']}"
        raise ValueError(f"Not enough memory for {size}. Choose a smaller --batch-size or {other}.") from None


def _pretrain(plan, out, reset_optimizer):
    """What comes before `fit`, in a folder of its own, unless it is done or not wanted."""
    lengths = [plan.options[name] for name in texts.PRETRAINING]
    if not any(lengths) or state.newest(out / folder.STATE):
        return
    callbacks = _callbacks(plan, out / folder.PRETRAINING, reset_optimizer)
    plan.model.pretrain(plan.dataset, *lengths, validation_data=plan.validation, callbacks=callbacks)


def _callbacks(plan, out, reset_optimizer):
    judged = plan.validation is not None and any(m.name == "frechet_distance" for m in plan.model.metrics)
    monitor = "val_frechet_distance" if judged else None
    watch = plan.options["watch"]
    return [
        *_samples(plan, out),
        *([kgen.callbacks.CollapseWatchdog(action=watch)] if watch else []),
        history.HistoryFile(out / folder.HISTORY),
        keras.callbacks.TensorBoard(str(out / folder.LOGS), write_graph=False),
        kgen.callbacks.NonFiniteGuard(),
        kgen.callbacks.TrainingState(out / folder.STATE, monitor=monitor, reset_optimizer=reset_optimizer),
    ]


def _samples(plan, out):
    """What shows samples: pictures, points, clips, sounds, texts or several; nothing of tables."""
    places = {"seed": plan.options["seed"], "log_dir": out / folder.LOGS}
    if data.is_table(plan.options):
        return []
    if texts.is_text(plan.options["model"]):
        return [kgen.callbacks.TextSamples(out / folder.SAMPLES, **places)]
    if sounds.is_sound(plan.options["model"]):
        return [kgen.callbacks.SoundSamples(out / folder.SAMPLES, **places)]
    if clips.is_clip(plan.options["model"]):
        return [kgen.callbacks.ClipSamples(out / folder.SAMPLES, **places)]
    if joint.takes_several(plan.options["model"]):
        return [kgen.callbacks.JointSamples(out / folder.SAMPLES, **places)]
    vectors = len(plan.model.image_shape) == 1
    real = data.some_points(plan.options) if vectors else None
    return [kgen.callbacks.Samples(out / folder.SAMPLES, real=real, **places)]


def _finish(plan, out):
    """The model as one file, the curves, and what was written where."""
    aside = out / f".{os.getpid()}-{folder.MODEL}"
    plan.model.save(aside)
    aside.replace(out / folder.MODEL)
    title = (
        f"{plan.options['model']} on {joint.each(plan.options['data'], lambda path: pathlib.Path(path).name)}"
    )
    pictures.save_curves(out / folder.CURVES, history.curves(out / folder.HISTORY), title=title)
    print(f"Written to {out}: {', '.join(sorted(p.name for p in out.iterdir() if p.name[0] != '.'))}")
