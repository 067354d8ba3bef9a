"""How a long piece of work says how far it is."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""``progress(what, done, total)``; total 0 when nobody knows it."""


def silent(what: str, done: int, total: int) -> None:
    """For work that nobody watches."""
