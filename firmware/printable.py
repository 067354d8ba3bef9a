"""Text from outside (a recording, a policy, a board) as it may go to a terminal."""


def printable(text: str, longest: int | None = None, kept: str = "") -> str:
    """``text`` with everything escaped that moves a cursor, sets a colour or turns the writing round.

    ``longest``: characters, of which the rest is cut; ``kept``: what may pass beside the printable.

    >>> print(printable("\\x1b[2J21.5 °C\\n"))
    \\x1b[2J21.5 °C\\n
    >>> printable("x" * 100, longest=10)
    'xxxxxxxxxx...'
    """
    cut = text if longest is None or len(text) <= longest else f"{text[:longest]}..."
    return "".join(c if c.isprintable() or c in kept else ascii(c)[1:-1] for c in cut)
