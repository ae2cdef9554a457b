"""Image data sets of TensorFlow Datasets, the bundled digits among them."""

import numpy as np

from kgen.chatter import quiet
from kgen.datasets.arrays import Examples
from kgen.datasets.preparing import find, first_line, make_ready
from kgen.datasets.sizing import allocate, resize
from kgen.errors import invalid

FREE_SIZE = (64, 64)


def read_tfds(name, split="train", size=None, data_dir=None, num_examples=None):
    """Decodes an image data set of TFDS, which is downloaded first if it must be.

    Args:
        name: "digits", or a name that `tfds.builder` knows, such as "mnist" or "cycle_gan/facades".
        split: a split of TFDS, with or without a slice.
        size: (height, width) to resize to; 64 x 64 where the pictures have no fixed size.
        data_dir: folder of prepared data sets; the environment variable TFDS_DATA_DIR if None.
        num_examples: use only so many.

    Returns:
        `Examples`: uint8 [N, H, W, C].

    Raises:
        DatasetNotPrepared: if it is not prepared and there is no network.
        ValueError: if the name or split is unknown or there are no images in it.
    """
    builder = find(name, data_dir)
    image, label = _features(builder)
    make_ready(builder, name, data_dir)
    shape = builder.info.features[image].shape
    size = size or (FREE_SIZE if None in shape[:2] else shape[:2])
    total = count(builder, split)
    total = total if num_examples is None else min(total, num_examples)
    images, labels = allocate((total, *size, shape[2] or 3)), np.zeros(total, np.int32)
    start = 0
    for batch in batches(builder, split, [image, *label], 1 if None in shape else 1024, total):
        end = start + len(batch[image])
        images[start:end] = resize(batch[image], size)
        labels[start:end] = batch[label[0]] if label else 0
        start = end
    labelled = label and total and labels.min() >= 0
    classes = tuple(builder.info.features[label[0]].names) if labelled else ()
    return Examples(images, labels if labelled else None, classes, name, split)


def _features(builder):
    """Names of the picture and (a list of none or one) the class among the features."""
    import tensorflow_datasets as tfds

    features = builder.info.features
    features = dict(features) if isinstance(features, tfds.features.FeaturesDict) else {}
    images = [key for key, feature in features.items() if isinstance(feature, tfds.features.Image)]
    image = "image" if "image" in images else next(iter(images), None)
    if image is None or features[image].np_dtype != np.uint8:
        about = f"{builder.name!r} with {', '.join(features) or 'features of another kind'}"
        raise invalid("source", "an image data set (a feature of 8-bit pictures)", about)
    return image, [key for key in ("label",) if isinstance(features.get(key), tfds.features.ClassLabel)]


def count(builder, split):
    """Number of examples of a split, with or without a slice; what is no split is a ValueError."""
    try:
        return builder.info.splits[split].num_examples
    except Exception as error:  # KeyError, ValueError or AssertionError, by the kind of mistake
        known = ", ".join(repr(name) for name in builder.info.splits)
        expected = f"one of {known}, or a slice such as 'train[:1000]'"
        raise ValueError(f"{invalid('split', expected, f'split={split!r}')} {first_line(error)}") from None


def batches(builder, split, keys, batch_size, total):
    """Dictionaries of arrays, in the order of the files, each time the same."""
    import tensorflow_datasets as tfds

    with quiet():
        dataset = builder.as_dataset(
            split=split,
            decoders=tfds.decode.PartialDecoding(dict.fromkeys(keys, True)),
            read_config=tfds.ReadConfig(try_autocache=False, interleave_cycle_length=1),
        )
        yield from tfds.as_numpy(dataset.take(total).batch(batch_size))
