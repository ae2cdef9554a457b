"""Classification accuracy score: how well a classifier learns from generated pictures.

Reference: Ravuri & Vinyals 2019, arXiv 1905.10887.
"""

from kgen.errors import invalid
from kgen.metrics.classifier import train_classifier


def classification_accuracy_score(
    fake, fake_labels, real, real_labels, epochs=8, seed=0, reference=None, reference_labels=None
):
    """Accuracy on real pictures of a classifier that was trained on generated ones alone.

    mean_i [f(x_i) = y_i] over real (x, y), f from `kgen.metrics.train_classifier` on generated pictures and
    the classes they were asked for. Beside it, where a reference is given, the same classifier trained on as
    many real pictures, for as many updates.

    Args:
        fake: generated pictures, integers in 0..255 or floats in [0, 1], [n, H, W] or [n, H, W, C].
        fake_labels: integers from 0, [n].
        real: real pictures that the generator was not trained on, [m, ...].
        real_labels: integers from 0, [m].
        epochs: passes over the generated pictures.
        seed: integer; of the classifier's weights, order and shifts.
        reference: real training pictures, n or more, or None; the first n are used.
        reference_labels: integers from 0, one for each.

    Returns:
        dict of JSON values: classification_accuracy_score (in [0, 1]), reference_accuracy (None without a
        reference), num_samples, num_test, epochs and seed.

    Raises:
        ValueError: for counts that differ, labels that are no integers from 0, or too small a reference.

    Example:

    >>> x = np.zeros((64, 8, 8), "uint8")
    >>> x[::2] = 255
    >>> found = kgen.metrics.classification_accuracy_score(x, np.arange(64) % 2, x, np.arange(64) % 2, epochs=4)
    >>> found["num_samples"]
    64

    Reference: Ravuri & Vinyals 2019, section 3, arXiv 1905.10887 (there a ResNet-50 on ImageNet).
    """
    count = len(fake)
    for name, pictures, labels in (("fake", fake, fake_labels), ("real", real, real_labels)):
        if len(pictures) != len(labels):
            raise invalid(
                f"{name}_labels", "one label per picture", pictures=len(pictures), labels=len(labels)
            )
    if reference is not None and min(len(reference), len(reference_labels)) < count:
        raise invalid("reference", f"pictures and labels, {count} or more", pictures=len(reference))
    sets = [(fake, fake_labels)]
    sets += [] if reference is None else [(reference[:count], reference_labels[:count])]
    scores = [train_classifier(*pair, epochs=epochs, seed=seed).accuracy(real, real_labels) for pair in sets]
    return {
        "classification_accuracy_score": scores[0],
        "reference_accuracy": scores[1] if len(scores) > 1 else None,
        "num_samples": count,
        "num_test": len(real),
        "epochs": epochs,
        "seed": seed,
    }
