"""Text on the command line: which models take it, its options and its data, and how they are told."""

import kgen
from kgen.cli.folder import VOCABULARY
from kgen.datasets.text import ORACLE
from kgen.errors import integer_from, invalid
from kgen.language import LanguageModel
from kgen.metrics.named import NAMES
from kgen.models import MODELS

OPTIONS = ("level", "sequence_length", "vocabulary_size", "sentences")
PRETRAINING = ("pretrain_epochs", "pretrain_rounds")
OF_PICTURES = ("data_b", "image_size", "on_bad", "jitter", "augment", "watch")
METRICS = ("perplexity", "oracle_nll")
DEFAULTS = {"data": "tiny_shakespeare", "batch_size": 64}
DEFAULTS_OF_PRETRAINING = {"sequence_length": 20, "pretrain_epochs": 20, "pretrain_rounds": 2}
DISCRIMINATOR_STEPS = 50  # Of seqgan; with the authors' 4,680 a short run would hardly move its generator.
HELD_OUT = 2000  # Sentences that an epoch ends with; of running text all that is held out.
WINDOWS = 4  # Of each row of held-out text at least, so that few characters lack what stands before them.
SPLITS = ("test", "validation")


def is_text(model):
    """Whether a model trains on text.

    Args:
        model: name of a model.

    Returns:
        bool.
    """
    return issubclass(MODELS[model], LanguageModel)


def is_pretrained(model):
    """Whether a model has a pre-training.

    Args:
        model: name of a model.

    Returns:
        bool.
    """
    return hasattr(MODELS[model], "pretrain")


def is_oracle(source):
    """Whether a source is an oracle's file.

    Args:
        source: as of --data.

    Returns:
        bool.
    """
    return source.startswith(ORACLE)


def defaults(model):
    """Options of a new run of a model that trains on text, where they are not those of pictures.

    Args:
        model: name of a model.

    Returns:
        Dict, empty for other models.
    """
    own = DEFAULTS if is_text(model) else {}
    return {**own, **(DEFAULTS_OF_PRETRAINING if is_pretrained(model) else {})}


def check(model, said):
    """Refuses stages that a model has none of, and metrics of other data.

    Args:
        model: name of a model.
        said: dict of the options that were said.

    Raises:
        ValueError: naming the first of them, or a pre-training of negative length.
    """
    for name in said:
        flag = f"--{name.replace('_', '-')}"
        if not is_pretrained(model) and name in PRETRAINING:
            raise ValueError(f"{flag} is for a pre-training, which {model} has none of.")
        if is_pretrained(model) and name == "decay_epochs":
            raise ValueError(f"{flag} does not fit {model}, whose optimizers move in stages.")
    for name in [name for name in PRETRAINING if name in said]:
        integer_from(0, name, said[name])
    alien = [
        name for name in said.get("metrics", "").split(",") if name in (NAMES if is_text(model) else METRICS)
    ]
    if alien:
        raise ValueError(
            f"--metrics {alien[0]} is for {'pictures' if is_text(model) else 'text'}, not for {model}."
        )


def training(options):
    """The training data of a run: running text in order, so that its context is carried; sentences shuffled.

    Args:
        options: dict with model, data, batch_size, seed and `OPTIONS`.

    Returns:
        (dataset, description), as `kgen.datasets.load_text` gives them.

    Raises:
        ValueError: options that do not fit, or a text that is empty, not in UTF-8 or shorter than a window.
        FileNotFoundError: if the file is missing.
    """
    apart = is_pretrained(options["model"]) or is_oracle(options["data"]) or options["sentences"]
    dataset, description = _load(options, "train", shuffle=bool(apart))
    if not apart and not description.contiguous:  # Sentences, as only the data could say.
        dataset, description = _load(options, "train", shuffle=True)
    length, number = description.sequence_length, description.num_tokens
    if number < length and description.contiguous:
        raise invalid("data", f"a text of at least sequence_length={length} tokens", f"{number} to train on")
    return dataset, description


def held_out(options, vocabulary, limit=HELD_OUT):
    """The held-out text of a run's source, in order.

    Args:
        options: dict with data, batch_size, seed, sequence_length and sentences.
        vocabulary: of the model.
        limit: most sentences, or None for all.

    Returns:
        (dataset, description), or (None, None) where nothing is held out.
    """
    few = f"[:{limit}]" if limit and (options["sentences"] or is_oracle(options["data"])) else ""
    for split in SPLITS:
        try:
            return _in_order(options, split + few, vocabulary)
        except ValueError as error:
            if "argument `split`" not in str(error):
                raise
    return None, None


def _in_order(options, split, vocabulary):
    """A split in order; of running text in no more rows than have some windows each."""
    found, description = _load(options, split, False, vocabulary)
    rows = max(1, description.num_tokens // (WINDOWS * description.sequence_length))
    if description.contiguous and rows < options["batch_size"]:
        return _load({**options, "batch_size": rows}, split, False, vocabulary)
    return found, description


def _load(options, split, shuffle, vocabulary=None):
    names = ("sequence_length",) if vocabulary else OPTIONS
    known = isinstance(vocabulary, kgen.datasets.Vocabulary)
    given = {name: options[name] for name in (*names, "batch_size", "seed")}
    given["vocabulary"] = vocabulary if known else None
    return kgen.datasets.load_text(options["data"], split, shuffle=shuffle, **given)


def found(options, description):
    """The options of text as the data decide them.

    Args:
        options: dict with data.
        description: `kgen.datasets.TextDescription`.

    Returns:
        Dict of some of `OPTIONS`.
    """
    own = {"level": description.level, "sequence_length": description.sequence_length}
    return own | {"sentences": None if is_oracle(options["data"]) else description.sentences}


def arguments(model, description):
    """Constructor arguments that the data decide.

    Args:
        model: name of a model.
        description: `kgen.datasets.TextDescription`.

    Returns:
        Dict of plain values; the vocabulary is that of the run's folder, or a number.
    """
    vocabulary = VOCABULARY if description.vocabulary else description.vocabulary_size
    return {"vocabulary": vocabulary, "sequence_length": description.sequence_length, **suited(model)}


def suited(model):
    """Constructor arguments that suit a short run of text where the defaults do not.

    Args:
        model: name of a model.

    Returns:
        Dict name -> value.
    """
    return {"discriminator_steps": DISCRIMINATOR_STEPS} if is_pretrained(model) else {}


def about(description):
    """What a run stores of its data.

    Args:
        description: `kgen.datasets.TextDescription`.

    Returns:
        Dict of plain values.
    """
    names = ("name", "num_examples", "num_tokens", "num_unknown", "num_cut", "vocabulary_size", "fingerprint")
    return {"shape": list(description.shape), **{name: getattr(description, name) for name in names}}


def metrics(options):
    """What is measured after each epoch beside the nats: what was asked for, else an oracle's opinion.

    Args:
        options: dict with data and metrics.

    Returns:
        List of metrics.

    Raises:
        ValueError: an oracle's opinion of other data.
    """
    oracle = is_oracle(options["data"])
    usual = "oracle_nll" if oracle else "none"
    asked = (usual if options["metrics"] == "auto" else options["metrics"]).split(",")
    if "oracle_nll" in asked and not oracle:
        raise invalid("metrics", f"oracle_nll on {ORACLE}FILE.npz only", data=options["data"])
    made = {"oracle_nll": lambda: kgen.metrics.OracleNLL(oracle_file(options["data"]))}
    made["perplexity"] = lambda: kgen.metrics.Perplexity(padding=None if oracle else 0)
    return [made[name]() for name in asked if name != "none"]


def oracle_file(source):
    """The file of an oracle.

    Args:
        source: as of --data.

    Returns:
        Its path.
    """
    return source.removeprefix(ORACLE)


def told(data_set):
    """The data for people.

    Args:
        data_set: as `about` gives it.

    Returns:
        One line.
    """
    number, size = data_set["num_tokens"], data_set["vocabulary_size"]
    rows = f"{data_set['num_examples']:,} rows of {data_set['shape'][0] - 1}"
    parts = [f"{number:,} tokens in {rows}", f"vocabulary of {size:,}"]
    parts += [f"{data_set['num_unknown']:,} unknown"] if data_set["num_unknown"] else []
    parts += [f"{data_set['num_cut']:,} sentences cut"] if data_set["num_cut"] else []
    return ", ".join(parts)
