"""Changes to a source's text at places that its syntax tree names: everything else, lines included, stays as it is."""

from collections.abc import Iterable

Edit = tuple[int, int, int, str]
"""Line, from 1; first column and the one behind the last, in bytes (as ast counts them); the new text."""


def edited(text: str, edits: Iterable[Edit]) -> str:
    """``text`` with those places, which do not overlap, replaced.

    >>> edited("a = b\\n", [(1, 0, 1, "long"), (1, 4, 5, "c")])
    'long = c\\n'
    """
    lines = [line.encode() for line in text.splitlines(keepends=True)]
    for line, column, end, new in sorted(set(edits), reverse=True):
        row = lines[line - 1]
        lines[line - 1] = row[:column] + new.encode() + row[end:]
    return b"".join(lines).decode()
