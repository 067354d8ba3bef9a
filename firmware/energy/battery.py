"""Batteries by type, and what of one a board can use: down to which voltage it runs, and through which regulator."""

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

from ..boards import Board, Figure

BOOST = Figure(0.85, "estimated from boost converters for two cells (TPS61291, MCP1640)", 0.08)
"""Efficiency of a converter that is needed where the battery falls below what a board runs from."""
BOOST_MA = Figure(0.01, "estimated: 6 uA (TPS61291) to 19 uA (MCP1640) without a load", 0.5)
LINEAR_MA = Figure(0.002, "estimated: a regulator of 1 to 3 uA, where the battery is above what a board stands", 0.5)


@dataclass(frozen=True)
class Battery:
    """``mah``: capacity of a cell down to the end of its ``curve`` of (volts, share given); ``lost_a_year``: the share
    that goes by itself. ``full_v`` and ``mean_v`` are a cell's. ``shelf_years``: that makers promise, used or not."""

    name: str
    title: str
    cells: int
    full_v: float
    mean_v: float
    curve: tuple[tuple[float, float], ...]
    shelf_years: float
    mah: Figure
    lost_a_year: Figure

    def given_at(self, volts: float) -> float:
        """The share that it has given when all cells together have come down to so many volts."""
        cell = volts / self.cells
        points = [(self.full_v, 0.0), *self.curve]
        if cell <= points[-1][0]:
            return 1.0
        for (high, before), (low, behind) in pairwise(points):
            if cell >= low:
                return before + (behind - before) * max(0.0, (high - cell) / (high - low))
        return 1.0

    def holding(self, mwh: float) -> "Battery":
        """The same type with so many mWh."""
        return replace(self, title=f"{mwh:,g} mWh", mah=Figure(mwh / (self.cells * self.mean_v), "given"))


@dataclass(frozen=True)
class Feed:
    """How a board hangs on a battery. ``usable``: share of its capacity; ``direct``: the battery gives the board's own
    current, else its power, by ``efficiency``; ``quiescent``: mA of the regulator; ``how``: in words."""

    usable: float
    direct: bool
    efficiency: Figure
    quiescent: Figure
    how: str


WHOLE = Figure(1.0, "no regulator beside the board's own", 0.0)
NOTHING = Figure(0.0, "none", 0.0)


def feed(board: Board, battery: Battery) -> Feed:
    """What it takes to run ``board`` from ``battery``."""
    lowest = battery.cells * battery.curve[-1][0]
    if board.converter:
        return Feed(battery.given_at(board.least_v.value), False, WHOLE, NOTHING, "by the board's own converter")
    if battery.cells * battery.full_v > board.most_v.value:
        usable = battery.given_at(board.least_v.value + 0.1)
        return Feed(usable, True, WHOLE, LINEAR_MA, "by a linear regulator of 2 uA, which has to be added")
    if board.least_v.value > lowest and battery.given_at(board.least_v.value) < 0.8:
        return Feed(1.0, False, BOOST, BOOST_MA, "by a boost converter of 85 %, which has to be added")
    return Feed(battery.given_at(board.least_v.value), True, WHOLE, NOTHING, "without a regulator")


@cache
def batteries() -> dict[str, Battery]:
    """By the name that a policy gives them."""
    data = tomllib.loads((Path(__file__).parent / "batteries.toml").read_text())
    return {
        name: Battery(
            name,
            row["title"],
            row["cells"],
            row["full_v"],
            row["mean_v"],
            tuple((volts, share) for volts, share in row["curve"]),
            row["shelf_years"],
            Figure(**row["mah"]),
            Figure(**row["lost_a_year"]),
        )
        for name, row in data.items()
    }
