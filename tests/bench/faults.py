"""Faults at random: whether the loop lives through them, and what they cost."""

import os
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.device_sim.board import faults

TITLE = "Faults at random"
BOARDS, WINDOWS, FAULTS = 10, 100_000, 2_000
HEAD = """`python -m tests.bench faults`: ten boards of as many seeds on the real VM, the board's drivers over a
simulated converter; their resets are carried out by importing everything anew.

| | |
| --- | --- |"""


def run() -> str:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        boards = list(pool.map(_board, range(1, BOARDS + 1)))
    seen: Counter[str] = Counter()
    for board in boards:
        seen.update({key: value for key, value in board.items() if isinstance(value, int)})
    kinds = sum((Counter(board["faults"]) for board in boards), Counter())
    listed = ", ".join(f"{name} {count:,}" for name, count in sorted(kinds.items()))
    rows = {
        "windows": seen["windows"],
        "faults, each of up to 31 records": f"{kinds.total():,} ({listed})",
        "windows with a verdict, or commissioning": seen["judged"],
        "windows that failed": seen["failed"],
        "windows in no count": seen["windows"] - seen["judged"] - seen["failed"],
        "resets after an exception nobody foresaw": seen["resets"],
        "resets by the watchdog": seen["bites"],
        "faults without a reset, after which the first whole window had its verdict": seen["recovered"],
        "anything that must not be": sum(len(board["wrong"]) for board in boards),
        "bytes of heap less than when that start had settled, at most": max(board["lost"] for board in boards),
    }
    return "\n".join([HEAD, *(f"| {name} | {n if isinstance(n, str) else f'{n:,}'} |" for name, n in rows.items())])


def _board(seed: int) -> dict:
    with tempfile.TemporaryDirectory(prefix="motegate-faults-") as folder:
        return faults.campaign(Path(folder), WINDOWS, FAULTS, seed)
