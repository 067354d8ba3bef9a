"""What a bundle runs on here: the unix VM, and the emulated Pico."""

from . import emulated
from .unix import Running, World, launch, plan_of

__all__ = [
    "Running",
    "World",
    "emulated",
    "launch",
    "plan_of",
]
