"""The bundle: everything that a board gets."""

from . import gate_size, mpy, waiting
from .bundle import Bundle, build, day_of
from .modules import device_tree

__all__ = [
    "Bundle",
    "build",
    "day_of",
    "device_tree",
    "gate_size",
    "mpy",
    "waiting",
]
