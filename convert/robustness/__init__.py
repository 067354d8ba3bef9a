"""The robustness test: each parent's boundary conditions, pass or fail, on the int8 model that ships."""

from .accepted import accept, accepted, require
from .cases import Edge, Windows
from .robustness import FILE, Tested, every, judge, read, reopen, write

__all__ = [
    "FILE",
    "Edge",
    "Tested",
    "Windows",
    "accept",
    "accepted",
    "every",
    "judge",
    "read",
    "reopen",
    "require",
    "write",
]
