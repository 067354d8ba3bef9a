"""Faults at random: whether the loop lives through them, and what they cost."""

import tempfile
from pathlib import Path

from tests.device_sim.board import faults

TITLE = "Faults at random"
WINDOWS, FAULTS = 1_000_000, 20_000
HEAD = """`python -m tests.bench faults`: the real VM, the board's drivers over a simulated converter; its resets are
carried out by importing everything anew.

| | |
| --- | --- |"""


def run() -> str:
    with tempfile.TemporaryDirectory(prefix="motegate-faults-") as folder:
        seen = faults.campaign(Path(folder), WINDOWS, FAULTS)
    total = sum(seen["faults"].values())
    kinds = ", ".join(f"{name} {count:,}" for name, count in sorted(seen["faults"].items()))
    rows = {
        "windows": seen["windows"],
        "faults, each of up to 31 records": f"{total:,} ({kinds})",
        "windows with a verdict, or commissioning": seen["judged"],
        "windows that failed": seen["failed"],
        "windows in no count": seen["windows"] - seen["judged"] - seen["failed"],
        "resets after an exception nobody foresaw": seen["resets"],
        "resets by the watchdog": seen["bites"],
        "faults without a reset, after which the first whole window had its verdict": seen["recovered"],
        "anything that must not be": len(seen["wrong"]),
        "bytes of heap less than when that start had settled, at most": seen["lost"],
    }
    return "\n".join([HEAD, *(f"| {name} | {n if isinstance(n, str) else f'{n:,}'} |" for name, n in rows.items())])
