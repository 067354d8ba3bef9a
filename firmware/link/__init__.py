"""The line to a board: its port, its raw REPL, its frames; flashing it and watching it."""

from . import flash, monitor
from .decoder import Decoder, Frame, Text
from .flash import put
from .frames import Error, Health, Hello, Model, Recovered, Regimes, Verdict, encode
from .patience import CLOCKS, clock_of, patient

__all__ = [
    "CLOCKS",
    "Decoder",
    "Error",
    "Frame",
    "Health",
    "Hello",
    "Model",
    "Recovered",
    "Regimes",
    "Text",
    "Verdict",
    "clock_of",
    "encode",
    "flash",
    "monitor",
    "patient",
    "put",
]
