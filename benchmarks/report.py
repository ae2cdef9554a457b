"""Makes benchmarks/RESULTS.md from benchmarks/results/*.json: python benchmarks/report.py

The sections, their quantities and what each is to reach stand here; a quantity that no record holds is
"not measured".
"""

import json
import math
import pathlib
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
ORIGIN = ("command", "seed", "date", "versions", "minutes", "cores")
HEAD = """# Results

Made by `python benchmarks/report.py` from the records in `results/`, one section for each; every record
holds the command, seed, date, versions and minutes of its run. To repeat one, install kgen with
`pip install .` and give its command in the root of the repository. Speeds are ratios of interleaved runs on
one machine, "x faster" the median over rounds of the peer's time by kgen's; times themselves differ from
machine to machine. In a table "speedup" the row is so many times faster than the column. Nothing here was
measured on a GPU unless its section says so.
"""


class Quantity(NamedTuple):
    """A number that a record may hold: its meaning, bounds to reach, and the published value beside it."""

    text: str
    at_least: float = -math.inf
    at_most: float = math.inf
    published: str = ""


class Section(NamedTuple):
    """A record that is expected: its heading, the command that makes it, and its quantities by name."""

    title: str
    command: str
    quantities: dict


CLASSES_KEPT = (
    ("accuracy", "the target's classifier is right about translated test digits", {"at_least": 0.97}),
    ("classes_kept", "classes of ten that are mostly taken for themselves", {"at_least": 10}),
)
NEARNESS = (
    ("psnr", "PSNR to the counterpart, dB", {}),
    ("pixel_agreement", "pixels that agree with the counterpart's", {}),
    ("intersection_over_union", "intersection over union of the foreground", {}),
)
NEIGHBOURS = (
    (
        "accuracy",
        "the target's classifier is right about translated test digits",
        {"published": "MNIST and USPS: CyCADA 95.6, 96.5 %, source only 82.2, 69.6 %"},
    ),
    CLASSES_KEPT[1],
)

SECTIONS = {
    "speed_dense_gan": Section(
        "Speed: dense GAN, MNIST, batch 128, alternating",
        "python benchmarks/speed.py dense_gan",
        {
            "float32_vs_keras_io": Quantity("float32, x faster than keras.io", at_least=1.2),
            "bfloat16_vs_keras_io": Quantity("mixed_bfloat16, x faster than keras.io", at_least=1.7),
            "equal_vs_keras_io": Quantity("at equal precision and XLA, x faster than keras.io"),
            "float32_vs_torch": Quantity("float32, x faster than PyTorch eager"),
        },
    ),
    "speed_dense_vae": Section(
        "Speed: dense VAE, MNIST, batch 128",
        "python benchmarks/speed.py dense_vae",
        {
            "float32_vs_plain": Quantity("float32, x faster than a plain fit", at_least=1.3),
            "equal_vs_plain": Quantity("at equal precision and XLA, x faster than a plain fit"),
        },
    ),
    "speed_dcgan": Section(
        "Speed: DCGAN with the tutorial's networks, MNIST, batch 256",
        "python benchmarks/speed.py dcgan",
        {
            "simultaneous_vs_tutorial": Quantity("simultaneous, x faster than the tutorial", at_least=0.97),
            "alternating_vs_keras_io": Quantity("alternating, x faster than keras.io", at_least=1.0),
            "bfloat16_vs_tutorial": Quantity("mixed_bfloat16, x faster than the tutorial", at_least=1.45),
            "bfloat16_vs_keras_io": Quantity("mixed_bfloat16, x faster than keras.io", at_least=1.45),
            "equal_vs_tutorial": Quantity("at equal precision, rule and XLA, x faster than the tutorial"),
            "equal_vs_keras_io": Quantity("at equal precision, rule and XLA, x faster than keras.io"),
            "alternating_vs_torch": Quantity("alternating, x faster than PyTorch eager"),
            "memory_vs_tutorial": Quantity("peak memory by the tutorial's", at_most=1.1),
            "pipeline_share": Quantity("cost of the data pipeline by a training step's", at_most=0.03),
        },
    ),
    **{
        f"speed_{family}": Section(
            f"Speed: {title}, five critic steps and one of the generator",
            f"python benchmarks/speed.py {family}",
            {
                "float32_vs_keras_io": Quantity("float32, x faster than keras.io", at_least=1.1),
                "bfloat16_vs_keras_io": Quantity("mixed_bfloat16, x faster than keras.io", at_least=1.4),
                "equal_vs_keras_io": Quantity("at equal precision and XLA, x faster than keras.io"),
            },
        )
        for family, title in (
            ("wgan_gp", "WGAN-GP of width 32, MNIST, batch 64"),
            ("plane_wgan_gp", "WGAN-GP in the plane, 3 x 128 units, batch 128"),
        )
    },
    **{
        f"speed_cyclegan_{batch}": Section(
            f"Speed: CycleGAN, 64 x 64 pictures, six residual blocks of width 64, batch {batch}",
            f"python benchmarks/speed.py cyclegan_{batch} --rounds 9 --steps 5",
            {
                "float32_vs_tutorial": Quantity("float32, x faster than the tutorial", at_least=1.15),
                "bfloat16_vs_tutorial_bfloat16": Quantity(
                    "mixed_bfloat16, x faster than the tutorial in mixed_bfloat16", at_least=1.4
                ),
                "bfloat16_vs_tutorial": Quantity("mixed_bfloat16, x faster than the tutorial in float32"),
                "memory_vs_tutorial": Quantity("float32, peak memory by the tutorial's", at_most=1.0),
                "memory_vs_tutorial_bfloat16": Quantity(
                    "mixed_bfloat16, peak memory by the tutorial's", at_most=1.0
                ),
            },
        )
        for batch in (1, 4)
    },
    "speed_plane_gan": Section(
        "Speed: GAN in the plane, 3 x 128 units, batch 128, alternating",
        "python benchmarks/speed.py plane_gan",
        {
            "float32_vs_keras_io": Quantity("float32, x faster than keras.io"),
            "bfloat16_vs_keras_io": Quantity("mixed_bfloat16, x faster than keras.io"),
            "equal_vs_keras_io": Quantity("at equal precision and XLA, x faster than keras.io"),
        },
    ),
    "speed_seqgan": Section(
        "Speed: SeqGAN, 5,000 tokens, sequences of 20, batch 64, 16 roll-outs, against plain Keras in float32",
        "python benchmarks/speed.py seqgan --rounds 7 --steps 1",
        {
            "discriminator_vs_plain": Quantity(
                "D's update, 32 new sequences drawn for it on both sides, x faster than plain Keras",
                at_least=3.0,
            ),
            "discriminator_given_vs_plain": Quantity(
                "D's update alone, the 64 sequences given on both sides, x faster than plain Keras"
            ),
            "drawn_vs_plain_given": Quantity(
                "D's update with drawing, x faster than plain Keras's without drawing"
            ),
            "round_vs_plain": Quantity(
                "a round of roll-outs with G's update, x faster than plain Keras, one roll-out at a time",
                at_least=3.0,
            ),
            "bfloat16_discriminator_vs_plain": Quantity(
                "mixed_bfloat16, D's update with drawing on both sides, x faster"
            ),
            "bfloat16_round_vs_plain": Quantity("mixed_bfloat16, a round, x faster"),
        },
    ),
    **{
        f"vae_mnist_{run}": Section(
            f"{title}: negative log-likelihood, MNIST, dynamic binarisation, 784-200-200-50",
            f"python benchmarks/vae_mnist.py {run}",
            {
                "nats": Quantity(
                    "nats a picture, 5,000 importance samples", at_most=bound, published=published
                ),
                "training_minutes": Quantity(
                    "minutes of training on two cores, others at work", at_most=60.0
                ),
            },
        )
        for run, title, bound, published in (
            ("vae", "VAE, k = 1, 100 epochs", 90.5, "86.76 after 3,280 epochs"),
            ("iwae", "IWAE, k = 5, 100 epochs", 90.5, "85.54 after 3,280 epochs"),
            ("hour", "IWAE, k = 5, within one hour", 88.0, "85.54 after 3,280 epochs"),
        )
    },
    "dcgan_mnist": Section(
        "DCGAN against the tutorial's DCGAN, MNIST, 20 minutes of wall time each",
        "python benchmarks/dcgan_mnist.py",
        {
            f"{who}_{metric}": Quantity(f"{text}, {words}")
            for who, text in (("kgen", "kgen"), ("tutorial", "tutorial"), ("real", "real against real"))
            for metric, words in (
                ("frechet_distance", "Frechet distance"),
                ("kernel_distance", "kernel distance"),
                ("class_balance", "class balance of the samples"),
            )
        },
    ),
    "modes": Section(
        "Modes covered in the plane after 10,000 generator steps, three seeds",
        "python benchmarks/modes.py",
        {},
    ),
    "loss_grid": Section(
        "Losses against stabilisers: DCGAN on MNIST, 3,000 generator steps",
        "python benchmarks/loss_grid.py",
        {},
    ),
    **{
        f"semi_supervised_mnist_100_labels_{epochs}_epochs{kind}": Section(
            f"Semi-supervised MNIST, 100 labels, {epochs} epochs{words}",
            f"python benchmarks/semi_supervised_mnist.py --labels 100 --epochs {epochs} --seeds {seeds}{option}",
            {
                "errors": Quantity(
                    "errors of 10,000", at_most=bound, published="93 +- 6.5 after 300 epochs, ten seeds"
                ),
                "supervised_errors": Quantity("errors of the same network on the 100 labels alone"),
                "training_minutes": Quantity("minutes of training on two cores, others at work"),
            },
        )
        for epochs, seeds, bound, kind, words, option in (
            (60, "0 1 2", 150.0, "_dai", ", the optimisers of Dai 2017", " --optimizers dai"),
            (60, "0 1", 150.0, "", ", the authors' optimisers", ""),
            (100, "0", math.inf, "", ", the authors' optimisers", ""),
        )
    },
    "gain_spam": Section(
        "Missing data: Spam, 20 % missing completely at random, the authors' protocol",
        "python benchmarks/gain_tables.py spam --data spam.csv",
        {
            "rmse": Quantity(
                "error of imputed cells, mean over seeds",
                at_most=0.0528,
                published="paper 0.0513 +- 0.0016; authors' code 0.0528 +- 0.0009",
            ),
            "non_finite": Quantity("runs that are not finite", at_most=0, published="authors' code 2 of 10"),
            "seconds": Quantity("seconds for 10,000 steps without compiling, median", at_most=10.0),
            "seeds": Quantity("seeds", at_least=10),
        },
    ),
    "gain_breast_cancer": Section(
        "Missing data: breast cancer, 20 % missing completely at random, the same protocol",
        "python benchmarks/gain_tables.py breast_cancer",
        {
            "rmse": Quantity("error of imputed cells, mean over seeds"),
            "non_finite": Quantity("runs that are not finite", at_most=0),
            "seconds": Quantity("seconds for 10,000 steps without compiling, median"),
            "seeds": Quantity("seeds", at_least=10),
        },
    ),
    "gain_mnist": Section(
        "Missing data: MNIST with a quarter of the pixels missing, GAIN's convolutional pair",
        "python benchmarks/gain_mnist.py",
        {
            "gain_rmse": Quantity("error of the missing pixels in [0, 1], GAIN"),
            "neighbours_rmse": Quantity("by the mean of the observed neighbours in 3 x 3 pixels"),
            "pixel_means_rmse": Quantity("by each pixel's observed mean"),
            "training_minutes": Quantity("minutes of training"),
        },
    ),
    "video_mnist": Section(
        "VideoGAN on moving MNIST, 12 frames of 32 x 32, one hour",
        "python benchmarks/video_mnist.py",
        {
            "speed": Quantity(
                "Wasserstein distance of the centroid's speed to that of test clips, pixels per frame"
            ),
            "acceleration": Quantity("the same of its acceleration"),
            "same_class": Quantity("clips all of whose frames get the same class"),
            "mode_share": Quantity("frames of a clip that get its most frequent class"),
            "content_held_same_class": Quantity("contents that keep their class in four motions"),
            "motion_held_correlation": Quantity("correlation of the ways of two contents under one motion"),
            "motion_changed_correlation": Quantity("of two contents under two motions"),
            "classifier_accuracy": Quantity("the classifier of frames is right about held-out real ones"),
            "training_minutes": Quantity("minutes of training, others at work", at_most=65.0),
        },
    ),
    "sound_digits": Section(
        "WaveGAN on spoken digits, 4,096 samples at 8 kHz, one hour",
        "python benchmarks/sound_digits.py",
        {
            "score_ratio": Quantity(
                "inception score by that of held-out recordings, in the classifier's classes",
                published="about 0.54 on SC09: 4.53 of 8.47",
            ),
            "classifier_score": Quantity("inception score, of at most 10"),
            "frechet_distance": Quantity("Frechet distance to held-out recordings, in its features"),
            "floor": Quantity("the same of training recordings"),
            "frechet_by_noise": Quantity(
                "Frechet distance by that of noise of the mean spectrum", at_most=1.0
            ),
            "score_by_noise": Quantity("inception score by that of this noise", at_least=1.0),
            "distance_to_train": Quantity("mean distance to the nearest training recording"),
            "distance_within": Quantity("mean distance to the nearest other sample"),
            "classifier_accuracy": Quantity(
                "the classifier is right about held-out recordings", at_least=0.9
            ),
            "training_minutes": Quantity("minutes of training, others at work", at_most=65.0),
        },
    ),
    "joint_digits": Section(
        "JointGAN: picture, sound and label of the same digit from one code, MNIST and spoken digits",
        "python benchmarks/joint_digits.py",
        {
            "picture_sound": Quantity(
                "samples whose picture and sound show the same digit, by two classifiers"
            ),
            "shuffled_picture_sound": Quantity("the same of sounds of other samples"),
            "held_out_picture_sound": Quantity("the same of held-out pictures and recordings of one class"),
            "picture_label": Quantity("samples whose picture shows the label"),
            "sound_label": Quantity("samples whose sound shows the label"),
            "all": Quantity("samples whose three parts agree"),
            **{
                f"{part}_entropy": Quantity(f"entropy of the samples' {words}, nats; ln 10 = 2.303")
                for part, words in (
                    ("picture", "digits as pictures"),
                    ("sound", "digits as sounds"),
                    ("label", "labels"),
                )
            },
            "training_minutes": Quantity("minutes of training, others at work"),
        },
    ),
    **{
        f"cogan_mnist_{task}": Section(
            f"CoGAN on MNIST and {words}, unpaired, 5,000 steps: pictures of one code against the truth",
            f"python benchmarks/cogan_mnist.py {task}",
            {
                "pixel_agreement": Quantity(f"pixels that agree with the true {task} of the first picture"),
                "shuffled_pixel_agreement": Quantity("the same of shuffled pairs"),
                "intersection_over_union": Quantity("intersection over union of the foreground"),
                "shuffled_intersection_over_union": Quantity("the same of shuffled pairs"),
                "class_entropy": Quantity("entropy of the first pictures' classes, nats; ln 10 = 2.303"),
                "frechet_distance": Quantity("Frechet distance of the first pictures to test pictures"),
                "floor": Quantity("that of training pictures"),
                "training_minutes": Quantity("minutes of training, others at work, pauses among them"),
            },
        )
        for task, words in (("edges", "outlines"), ("negative", "negatives"))
    },
    "pacgan_modes": Section(
        "Packing in the plane: PacGAN's networks and metric, 40,000 of its 400,000 iterations",
        "python benchmarks/pacgan_modes.py",
        {},
    ),
    "stacked_mnist": Section(
        "Packing on stacked MNIST: D = 1/4 G, 20,000 of PacGAN's 500,000 iterations",
        "python benchmarks/stacked_mnist.py",
        {},
    ),
    "parzen_mnist": Section(
        "Parzen window of the dense GAN on MNIST: historical, no measure of quality",
        "python benchmarks/parzen_mnist.py",
        {
            "log_likelihood": Quantity("log likelihood of the test pictures, nats", published="225 +- 2"),
            "standard_error": Quantity("its standard error over test pictures"),
            "sigma": Quantity("width of the window"),
            "real_log_likelihood": Quantity("log likelihood by 10,000 training pictures in place of samples"),
            "real_standard_error": Quantity("its standard error"),
            "real_sigma": Quantity("its window"),
            "training_minutes": Quantity("minutes of training on two cores, others at work"),
        },
    ),
    **{
        f"conditional_mnist{suffix}": Section(
            f"Conditional DCGAN on MNIST, {how}: what classifiers learn from 10,000 samples",
            f"python benchmarks/conditional_mnist.py{option}",
            {
                "nearest_neighbour_error": Quantity(
                    "1-NN error, trained on samples, tested on real pictures"
                ),
                "real_error": Quantity("1-NN error, trained on as many real pictures"),
                "all_real_error": Quantity("1-NN error, trained on all 60,000 real pictures"),
                "classification_accuracy_score": Quantity("accuracy of a network trained on samples"),
                "reference_accuracy": Quantity("accuracy of the network trained on as many real pictures"),
                "training_minutes": Quantity("minutes of training on two cores, others at work"),
            },
        )
        for suffix, how, option in (
            ("", "classes as planes", ""),
            ("_projection", "classes by projection", " --conditioning projection"),
        )
    },
    "augmentation_mnist": Section(
        "Augmentation: what a conditional GAN of n digits of MNIST does for a classifier of the same n",
        "python benchmarks/augmentation_mnist.py",
        {
            f"{arm}_{number}": Quantity(f"accuracy by {number} {text}")
            for number in (100, 500, 1000)
            for arm, text in (
                ("real", "real pictures alone"),
                ("classical", "real pictures, shifted and turned"),
                ("real_and_generated", "real and as much weight of generated pictures"),
                ("generated_only", "pictures' GAN, generated pictures alone"),
            )
        }
        | {"gan_minutes": Quantity("minutes of the longest training of a GAN, others at work")},
    ),
    **{
        f"cyclegan_mnist_{name}": Section(
            f"CycleGAN, MNIST {words}, 32 x 32, unpaired",
            f"python benchmarks/cyclegan_mnist.py {task}",
            {
                f"{key}_{way}": Quantity(f"{text}, {way[0]} to {way[1]}", **bounds)
                for way in ("ab", "ba")
                for key, text, bounds in quantities
            }
            | {"training_minutes": Quantity("minutes of training, others at work", at_most=30.0)},
        )
        for name, task, words, quantities in (
            ("edges", "edges", "(a) and outlines (b)", (*CLASSES_KEPT, *NEARNESS)),
            (
                "edges_16000_steps",
                "edges --steps 16000",
                "(a) and outlines (b), twice the steps",
                (*CLASSES_KEPT, *NEARNESS),
            ),
            ("colour", "colour", "(a) and tinted negatives (b)", (*CLASSES_KEPT, *NEARNESS)),
            ("digits", "digits", "(a) and scikit-learn's digits (b)", NEIGHBOURS),
        )
    },
    "cyclegan_photographs": Section(
        "CycleGAN on two folders of photographs: killed, resumed, served",
        "python benchmarks/cyclegan_photographs.py",
        {
            "training_minutes": Quantity("minutes of the uninterrupted training"),
            "killed_after_state_of_step": Quantity("step of the last state before SIGKILL"),
            "arrays": Quantity("arrays of the training state"),
            "equal_arrays": Quantity("of them equal bit for bit after the resumed run"),
            "served_and_translated_differ_by_levels": Quantity(
                "levels of 255 between the served picture and `kgen translate`", at_most=1
            ),
        },
    ),
    "language_model_kinds": Section(
        "Language models: an LSTM and convolutions of about as many parameters, Shakespeare's characters",
        "python benchmarks/language_model_kinds.py",
        {"convolution_vs_lstm": Quantity("a step of the convolutions, x faster than the LSTM's")}
        | {
            f"{kind}_{name}": Quantity(f"{who}: {text}")
            for name, text in (
                ("parameters", "parameters"),
                ("nats", "lowest validation nats per character"),
                ("steps", "steps to the target"),
                ("minutes", "minutes to the target, at the interleaved speed"),
                ("decades_initial", "log10 of the gradient norm 200-249 places back by that of 0-9, before"),
                ("decades_trained", "the same after training"),
                ("reach_initial", "farthest place back whose norm is 1 % of the largest, before training"),
                ("reach_trained", "the same after training"),
            )
            for kind, who in (("lstm", "LSTM"), ("convolution", "convolutions"))
        },
    ),
    "seqgan_likelihood": Section(
        "SeqGAN's oracle: the scorer, maximum likelihood, lower temperatures; 9,984 sequences of 20 tokens",
        "python benchmarks/seqgan_oracle.py likelihood --oracle FILE",
        {
            "oracle": Quantity("the oracle's own sequences, nats a token", 5.72, 5.78),
            "shuffled": Quantity("their tokens in other places", 10.25, 10.35),
            "likelihood": Quantity(
                "maximum likelihood, 120 epochs", at_most=9.12, published="9.038; 9.071 in the authors' log"
            ),
            "training_minutes": Quantity("minutes of training on one core, others at work"),
        },
    ),
    **{
        f"seqgan_{phase}": Section(
            f"SeqGAN against its oracle, {words}",
            f"python benchmarks/seqgan_oracle.py {phase} --oracle FILE --seed N",
            {
                f"{key}_{seed}": quantity
                for seed in seeds
                for key, quantity in (
                    (
                        "drop",
                        Quantity(
                            f"by how much the nats a token fall under the oracle, seed {seed}",
                            at_least=0.0,
                            published="0.30; 0.39 in the authors' log, after 200 rounds of 4,680",
                        ),
                    ),
                    ("largest_drop", Quantity(f"the most on the way, after every tenth of it, seed {seed}")),
                    ("training_minutes", Quantity(f"minutes of it on one core, others at work, seed {seed}")),
                    ("minutes_of_a_round", Quantity(f"minutes of a round of both, seed {seed}")),
                )
            },
        )
        for phase, words, seeds in (
            ("adversarial", "100 rounds of 100 moves of the discriminator, from the same generator", (0, 1)),
            ("published", "the whole protocol: 50 rounds of the discriminator alone, 200 of both", (0,)),
        )
    },
    **{
        f"shakespeare_{kind}": Section(
            f"Tiny Shakespeare, {words}: a full pass over the 111,540 held-out characters",
            f"python benchmarks/shakespeare.py {kind}",
            {
                "nats_per_token": Quantity(
                    "nats a character", at_most=1.65, published="nanoGPT's CPU preset: 1.88"
                ),
                "bits_per_character": Quantity("bits a character"),
                "training_minutes": Quantity("minutes of training on one core, others at work", at_most=25.0),
            },
        )
        for kind, words in (("lstm", "LSTM"), ("convnet", "causal convolutions"))
    },
    "nanogpt": Section(
        "nanoGPT's CPU preset beside them, on one core: its README's 2,000 iterations, and as long as ours",
        "python benchmarks/nanogpt.py CHECKOUT",
        {
            "nats_per_token": Quantity(
                "nats a character, windows of 64 end to end", published="1.88 after 2,000 iterations"
            ),
            "nats_per_token_overlapping": Quantity("the same, windows that overlap by half"),
            "minutes": Quantity("minutes of the longest training, evaluations included"),
        },
    ),
    "sentences": Section(
        "10,000 sentences of a file, word by word: killed, resumed, served",
        "python benchmarks/sentences.py",
        {
            "training_minutes": Quantity("minutes of the uninterrupted training"),
            "killed_after_state_of_step": Quantity("step of the last state before SIGKILL"),
            "arrays": Quantity("arrays of the training state"),
            "equal_arrays": Quantity("of them equal bit for bit after the resumed run"),
            "texts": Quantity("texts that were asked for, at temperatures from 0 to 1.2"),
            "equal_texts": Quantity("of them the same from Keras and from the exported model"),
        },
    ),
    "metrics_cost": Section(
        "Metrics of features, 10,000 pictures against 10,000",
        "python benchmarks/metrics_cost.py",
        {
            "seconds": Quantity("seconds of all six on two cores, others at work", at_most=60.0),
            "mebibytes": Quantity("MiB beyond what there was before", at_most=1024.0),
        },
    ),
}


def report(results=HERE / "results", path=HERE / "RESULTS.md"):
    """Writes the report.

    Args:
        results: folder of the records.
        path: Markdown file to write.

    Returns:
        Its text.
    """
    files = sorted(file for file in pathlib.Path(results).glob("*.json") if not file.stem.endswith("_quick"))
    records = {file.stem: json.loads(file.read_text()) for file in files}
    names = [*SECTIONS, *(name for name in records if name not in SECTIONS)]
    text = "\n".join([HEAD, *(section(name, records.get(name)) for name in names)])
    pathlib.Path(path).write_text(text)
    return text


def section(name, row):
    """Markdown of one record, or of one that is missing (None)."""
    title, command, quantities = SECTIONS.get(name, Section(name, "", {}))
    row = row or {"command": command}
    lines = [f"## {title}", "", *_comparison(quantities, row.get("measured", {})), _origin(row), ""]
    for key, value in row.items():
        if key not in (*ORIGIN, "measured", "pictures", "runs"):
            lines += [*_plain(key.replace("_", " "), value), ""]
    lines += [f"![{caption}](results/{file})\n" for caption, file in row.get("pictures", {}).items()]
    return "\n".join(lines)


def _comparison(quantities, measured):
    """The table of a section: what was measured, beside what is to be reached and what others published."""
    names = [*quantities, *(name for name in measured if name not in quantities)]
    if not names:
        return []
    rows = ["| quantity | measured | to reach | reached | published |", "|---|---|---|---|---|"]
    for name in names:
        quantity, value = quantities.get(name, Quantity(name.replace("_", " "))), measured.get(name)
        cells = [quantity.text, _number(value), *_verdict(quantity, value), quantity.published]
        rows.append(_cells(cells))
    return [*rows, ""]


def _verdict(quantity, value):
    if math.isinf(quantity.at_least) and math.isinf(quantity.at_most):
        return "", ""
    bound = f">= {quantity.at_least:g}" if math.isfinite(quantity.at_least) else f"<= {quantity.at_most:g}"
    if value is None:
        return bound, ""
    return bound, "yes" if quantity.at_least <= value <= quantity.at_most else "**no**"


def _origin(row):
    """How the numbers came about, in one line."""
    words = [f"`{row['command']}`"] if row.get("command") else []
    if "date" in row:
        software = ", ".join(f"{package} {version}" for package, version in row["versions"].items())
        words += [f"seed {row['seed']}", row["date"], software]
        words += [f"{row['minutes']} minutes", f"{row['cores']} cores"]
    return " · ".join(words)


def _plain(title, value):
    """Anything else that a record holds: a dict of dicts or a dict as a table, the rest as a line."""
    if not isinstance(value, dict):
        return [f"{title}: {_number(value)}"]
    if not all(isinstance(item, dict) for item in value.values()):
        rows = [[name, _number(item)] for name, item in value.items()]
        return [_cells([title, ""]), _cells(["---"] * 2), *map(_cells, rows)]
    columns = list(dict.fromkeys(column for item in value.values() for column in item))
    rows = [[name, *(_number(item[c]) if c in item else "" for c in columns)] for name, item in value.items()]
    return [_cells([title, *columns]), _cells(["---"] * (1 + len(columns))), *map(_cells, rows)]


def _cells(words):
    return f"| {' | '.join(words)} |"


def _number(value):
    if value is None:
        return "not measured"
    if isinstance(value, list):
        return ", ".join(map(_number, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    report()
