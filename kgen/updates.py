"""Who moves when: the three rules by which one step moves a discriminator and a generator.

Each rule is a function of (model, x, y), with x in the networks' range and y labels or None; it returns the
names of what was logged.
"""

from kgen import noise, replicas
from kgen.game import Game


def alternating(model, x, y):
    """D first, then G on fresh noise against the new D; Goodfellow 2014, algorithm 1, arXiv 1406.2661."""
    return model.turn(Game(model, x, y), "discriminator") + generator_turn(model, x, y)


def simultaneous(model, x, y):
    """One generator pass serves both players."""
    return model.turn(Game(model, x, y), "discriminator", "generator")


def split(model, x, y):
    """Each half of the batch trains one player: even rows D, odd rows G, whatever the number of replicas."""
    even, odd = slice(0, None, 2), slice(1, None, 2)
    with noise.current().narrowed(even):
        names = model.turn(Game(model, x[even], part(y, even)), "discriminator")
    with noise.current().narrowed(odd):
        return names + generator_turn(model, x[odd], part(y, odd))


def generator_turn(model, x, y, meet=Game):
    """The generator's move, in the steps in which it is due, in the game `meet(model, x, y)`."""
    due = model.generator_is_due()
    if due is True:
        return model.turn(meet(model, x, y), "generator")
    stream = noise.current()

    def move(seeds, x, *labels):
        with noise.drawing_from(noise.Stream(seeds, stream.draws)):
            names = model.turn(meet(model, x, *(labels or [None])), "generator")
            model.generator_names = tuple(names)

    replicas.conditionally(due, move, stream.seeds, x, *([] if y is None else [y]))
    return list(model.generator_names)  # One replica's function moves all of them, so the model remembers.


def part(y, rows):
    """Labels of some rows, None where there are no labels."""
    return None if y is None else y[rows]


RULES = {"alternating": alternating, "simultaneous": simultaneous, "split": split}
