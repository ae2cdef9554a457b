"""An argument parser that answers a misspelt word with one line and the nearest right one."""

import argparse
import itertools

from kgen.errors import nearest


class Parser(argparse.ArgumentParser):
    """`argparse.ArgumentParser` without abbreviations, whose errors are ValueErrors.

    Args:
        **kwargs: of `argparse.ArgumentParser`.
    """

    def __init__(self, **kwargs):
        self.options = []
        self.verbs = ()
        super().__init__(allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs)

    def add_argument(self, *names, **kwargs):
        action = super().add_argument(*names, **kwargs)
        self.options += action.option_strings
        return action

    def parse_known_args(self, args=None, namespace=None):
        own = list(itertools.takewhile(lambda word: word.startswith("-"), args)) if self.verbs else args
        for word in own:
            self._check_option(word.split("=")[0])
        verb = args[len(own)] if len(own) < len(args) else None
        if verb and verb not in self.verbs:
            self.error(f"There is no command {verb!r}. {nearest(verb, self.verbs)}")
        return super().parse_known_args(args, namespace)

    def _check_option(self, word):
        if word.startswith("--") and word not in self.options:
            self.error(f"There is no option {word} of `{self.prog}`. {nearest(word, self.options)}")

    def error(self, message):
        raise ValueError(f"{message[0].upper()}{message[1:]}{'' if message[-1] in '.?' else '.'}")


def one_of(kind, words):
    """A type for `add_argument` that takes one of these words.

    Args:
        kind: what the words name.
        words: the words.

    Returns:
        Function from a word to the same word.
    """

    def check(word):
        if word not in words:
            raise argparse.ArgumentTypeError(f"there is no {kind} {word!r}. {nearest(word, words)}")
        return word

    return check
