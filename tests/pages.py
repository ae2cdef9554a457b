"""The pages that people read: their links, commands and the names of kgen in them."""

import pathlib
import re

ROOT = pathlib.Path(__file__).parents[1]
LINK = re.compile(r'\]\(([^\s)]+)(?: "([^"]*)")?\)')


def pages():
    """Every page at the top, in docs and in the gallery of models."""
    return sorted(
        path for pattern in ("*.md", "docs/*.md", "saved_models/*.md") for path in ROOT.glob(pattern)
    )


def links(page):
    """Pairs (address, title or "") of a page."""
    return LINK.findall(page.read_text())


def missing(page):
    """Relative links of a page that lead nowhere."""
    targets = [address.split("#")[0] for address, _ in links(page) if "://" not in address]
    paths = [(page.parent / target).resolve() for target in targets if target]
    return [str(path) for path in paths if not path.exists()]


def unknown_names(page, package):
    """Dotted names of a package in a page that it has not."""
    names = set(re.findall(rf"\b{package.__name__}((?:\.\w+)+)", page.read_text()))
    return sorted(name for name in names if not _has(package, name[1:].split(".")))


def _has(thing, words):
    for word in words:
        if not hasattr(thing, word):
            return False
        thing = getattr(thing, word)
    return True


def blocks(page, language):
    """Texts of the fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.S)


def commands(page, program):
    """Lines of the bash blocks that begin with a program, without its name."""
    lines = "".join(blocks(page, "bash")).replace("\\\n", "").splitlines()
    return [line.removeprefix(f"{program} ") for line in lines if line.startswith(f"{program} ")]
