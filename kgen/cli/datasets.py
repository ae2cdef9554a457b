"""Lists the data sets that have a name, or prepares one of them."""

import kgen
from kgen.cli.parser import one_of
from kgen.cli.table import lay_out


def add_arguments(parser):
    """Adds `prepare NAME`."""
    parser.add_argument(
        "action", nargs="?", metavar="prepare", type=one_of("action", ["prepare"]), help="downloads NAME"
    )
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="any image or text data set of TensorFlow Datasets"
    )


def run(arguments):
    """Prints a line per data set, or where the prepared one is."""
    if arguments.action and not arguments.name:
        raise ValueError("`kgen datasets prepare` needs the NAME of a data set, such as mnist.")
    if arguments.action:
        print(kgen.datasets.prepare(arguments.name))
        return
    rows = [
        (known.name, "yes" if known.prepared else "no", known.description) for known in kgen.datasets.names()
    ]
    print(lay_out([("NAME", "PREPARED", "WHAT IT IS"), *rows]))
    print("Also: any other image data set of TensorFlow Datasets, a folder of pictures, FILE.npz.")
    print(
        "Text: tiny_shakespeare, imdb_reviews, ag_news_subset, a text file, a folder of them, oracle:FILE.npz."
    )
    print("Clips: moving:SOURCE, moving_mnist, a folder of GIFs or of folders of frames.")
    print("Few labels: few_labels:100:mnist keeps 100 labels, drawn by --seed; few_labels:NUMBER[:SOURCE].")
    print(
        "Several kinds: picture=mnist,sound=spoken_digit,label; a=mnist,b=edges:mnist (or negative:, colour:)."
    )
    print("Pairs: digits_pair:colour, :negative or :edges, cycle_gan/NAME, a folder with trainA and trainB.")
