"""Modules of this package: loaded by a name that only the plan knows, and unloaded when their time is over."""

import gc
import sys

from .compat import MICROPYTHON


def load(name):
    """The module ``name`` of this package (``sensors.adc``): the build, not an import, puts it into the bundle."""
    package = __name__[: __name__.rfind(".")]
    return __import__(package + "." + name, None, None, ("",))


def collect_every(n):
    """Collects whenever ``n`` bytes were taken (-1: when nothing is left): waste that is left lying splits what is free
    into small pieces. Only on MicroPython, as ``unload``: a host has room."""
    if MICROPYTHON:
        gc.threshold(n)


def unload(name):
    """Takes a module of this package, or a folder with all that was loaded of it, out of the books, for the collector.

    What still runs goes on; who imports it again loads it again.
    """
    if MICROPYTHON:
        unload_below(name)
        _drop(__name__[: __name__.rfind(".") + 1] + name)


def unload_below(name):
    """The same for the modules in a folder, which stays."""
    if MICROPYTHON:
        start = __name__[: __name__.rfind(".") + 1] + name + "."
        for key in list(sys.modules):
            if key.startswith(start):
                _drop(key)


def _drop(key):
    """A folder knows the modules in it, too."""
    if sys.modules.pop(key, None):
        at = key.rfind(".")
        delattr(sys.modules[key[:at]], key[at + 1 :])
