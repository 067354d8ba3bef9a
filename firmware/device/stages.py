"""Start-up in stages: a module that only one stage needs is imported by it and forgotten after it.

So the heap never holds reading, hashing and checking at the same time as what they were for.
"""

import gc
import sys

from .compat import MICROPYTHON


def collect_every(n):
    """Collects whenever ``n`` bytes were taken (-1: when nothing is left): waste that is left lying splits what is free
    into small pieces. Only on MicroPython, as ``forget``: a host has room."""
    if MICROPYTHON:
        gc.threshold(n)


def forget(*names):
    """Takes modules of this package out of its books, for the collector; one that is wanted again is loaded again."""
    if MICROPYTHON:
        package = __name__[: __name__.rfind(".")]
        for name in names:
            if sys.modules.pop(package + "." + name, None):
                at = name.rfind(".")
                delattr(sys.modules[package + ("." + name[:at] if at >= 0 else "")], name[at + 1 :])
