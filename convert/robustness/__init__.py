"""The robustness test: each parent's boundary conditions, pass or fail, on the int8 model that ships."""

from .accepted import accept, accepted, require
from .cases import Edge, Windows, cases
from .robustness import FILE, Tested, judge, read, reopen, write

__all__ = [
    "FILE",
    "Edge",
    "Tested",
    "Windows",
    "accept",
    "accepted",
    "cases",
    "judge",
    "read",
    "reopen",
    "require",
    "write",
]
