"""What a board has done, or is going to do, in numbers that do not depend on the board."""

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

PIECE_MS = 4000
"""Of a light sleep where a watchdog is armed (firmware/device/clock.py)."""
LONGEST_MS = 1_800_000


@dataclass(frozen=True)
class Work:
    """Over ``seconds``: ``records`` of ``channels``, and ``windows`` of ``length`` slots with ``cells`` (dimensions
    of a channel) and classifiers of ``macs`` together. ``sent``: bytes on the line. ``written``: bytes of files.
    ``watched``: drift alarms are on. ``fed``: a watchdog is armed.

    ``sensor_ma`` is drawn always, ``switched_ma`` for ``warm_up_ms`` before each record and while it is taken.
    ``gate_bytes``: what a deep sleep keeps of the gate; ``kept_in_flash``: it is written to a file."""

    seconds: float
    period_ms: int
    records: float
    channels: int
    windows: float
    length: int
    cells: int
    classifiers: int
    macs: int
    sent: float
    written: float = 0.0
    watched: bool = False
    fed: bool = False
    sensor_ma: float = 0.0
    switched_ma: float = 0.0
    warm_up_ms: int = 0
    gate_bytes: int = 0
    kept_in_flash: bool = False

    def but(self, **changes) -> "Work":
        return replace(self, **changes)

    @property
    def pieces(self) -> float:
        """Light sleeps."""
        return self.records * -(-self.period_ms // (PIECE_MS if self.fed else LONGEST_MS))

    def sample_cycles(self) -> float:
        """Of an RP2040: a record's readings, and its slot."""
        c = cycles()
        return self.records * (c["sample"] + c["sample_channel"] * self.channels + c["slot"])

    def quality_cycles(self) -> float:
        """Of an RP2040: a window from its scan to its action."""
        c = cycles()
        scan = c["scan"] + self.channels * (c["scan_channel"] + c["scan_slot"] * self.length)
        judged = c["cell"] * self.cells + c["classifier"] * self.classifiers + c["mac"] * self.macs
        return self.windows * (c["step"] + scan + judged + c["action"])

    def following_cycles(self) -> float:
        """Of an RP2040: what comes behind a window's action: the reference follows, drift is looked for."""
        c = cycles()
        return self.windows * (c["follow"] + c["follow_channel"] * self.channels + (c["watch"] if self.watched else 0))

    def frame_cycles(self) -> float:
        """Of an RP2040: what is sent is written and summed."""
        c = cycles()
        return c["byte"] * self.sent + c["frame"] * self.windows

    def start_cycles(self) -> float:
        """Of an RP2040: a start of the gate, of the kind that follows a deep sleep; one a window."""
        c = cycles()
        return (c["start"] + c["start_channel"] * self.channels) * self.windows


@cache
def cycles() -> dict[str, float]:
    """cycles.toml."""
    data = tomllib.loads((Path(__file__).parent / "cycles.toml").read_text())
    return {name: float(value) for name, value in data["cycles"].items()}
