"""The bundle: everything that a board gets."""

from . import mpy
from .bundle import Bundle, build
from .modules import device_tree

__all__ = [
    "Bundle",
    "build",
    "device_tree",
    "mpy",
]
