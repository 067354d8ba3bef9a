"""The line to a board: its port, its raw REPL, its frames; flashing it and watching it."""

from . import commands, flash, monitor
from .decoder import Decoder, Frame, Text
from .flash import put
from .frames import Ack, Adapt, Drift, Error, Health, Hello, Model, Recovered, Regimes, Verdict, Window, encode, stamp
from .patience import CLOCKS, clock_of, patient
from .transport import RawRepl, connect, send

__all__ = [
    "CLOCKS",
    "Ack",
    "Adapt",
    "Decoder",
    "Drift",
    "Error",
    "Frame",
    "Health",
    "Hello",
    "Model",
    "RawRepl",
    "Recovered",
    "Regimes",
    "Text",
    "Verdict",
    "Window",
    "clock_of",
    "commands",
    "connect",
    "encode",
    "flash",
    "monitor",
    "patient",
    "put",
    "send",
    "stamp",
]
