"""The device on the host: ring and scan in NumPy, everything behind them the device's own code, and the one judge."""

from . import engine, judge, ring, scan
from .before_after import before_after
from .engine import Engine, with_bins
from .gate import HostGate
from .judge import Panel, Trained, Verdicts, judge_as_device
from .scan import measure

__all__ = [
    "Engine",
    "HostGate",
    "Panel",
    "Trained",
    "Verdicts",
    "before_after",
    "engine",
    "judge",
    "judge_as_device",
    "measure",
    "ring",
    "scan",
    "with_bins",
]
