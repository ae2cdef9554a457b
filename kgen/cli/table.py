"""Rows of words in columns."""


def lay_out(rows):
    """A table as text.

    Args:
        rows: list of tuples of strings, all of one length.

    Returns:
        One line per row; each column is as wide as its widest word.

    Example:

    >>> print(kgen.cli.table.lay_out([("a", "bcd"), ("efg", "h")]))
    a    bcd
    efg  h
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
