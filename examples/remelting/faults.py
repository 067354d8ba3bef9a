"""The melts that fail: what goes wrong in each, and in which melt it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from motegate.firmware.errors import InputError

DAY = 24 * 60
GOOD_DAYS = 16
"""The recording's beginning, on which a gate is commissioned, holds no fault."""
SETTLED = 60
"""Minutes of a melt before its fault begins."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong for so many ``minutes`` of a melt, and how far; a field that is not given leaves it as it is."""

    name: str
    minutes: int
    resistance: float = 0.0  # milliohm, added
    growth: float = 0.0  # milliohm, added by the fault's end
    swing: float = 1.0  # times the resistance's wandering
    current: float = 1.0  # times the current
    melted: float = 1.0  # times the melt rate
    pressure: float = 0.0  # mbar, added
    shorts: float = 0.0  # share of minutes in which drops short the bath
    stuck: bool = False  # the load cells repeat their last value


FAULTS = (
    Fault("shallow_electrode", 120, resistance=0.9, swing=4.0),  # it nearly leaves the slag, and arcs
    Fault("deep_electrode", 150, resistance=-1.2),
    Fault("slag_loss", 180, growth=2.0),  # the skin on the mould takes the bath away
    Fault("argon_leak", 150, pressure=-30.0),
    Fault("cracked_electrode", 90, melted=0.6),  # a piece falls: heat goes into it
    Fault("drop_shorts", 120, shorts=0.15),
    Fault("stuck_load_cell", 150, stuck=True),
    Fault("tap_changer", 120, current=0.85),  # the transformer is a step too low
)


@dataclass(frozen=True)
class Episode:
    """A fault in the minutes from ``start`` to ``end`` of a recording."""

    fault: Fault
    start: int
    end: int


def place(faults: Sequence[Fault], melts: Sequence[tuple[int, int]], seed: int, days: int) -> list[Episode]:
    """Each fault in a melt of its own, (start, end) in minutes, spread over those behind the good days, in an order and
    at places that the seed draws. InputError where there are too few melts."""
    draw = Random(f"{seed} faults")
    able = [melt for melt in melts if melt[0] >= GOOD_DAYS * DAY]
    if len(able) < 3 * len(faults):
        raise InputError(
            f"{days} days have {len(able)} melts behind the first {GOOD_DAYS} days; {len(faults)} faults need "
            f"{3 * len(faults)}: try {GOOD_DAYS + 4 * len(faults)} days or more"
        )
    episodes = []
    order = draw.sample(list(faults), len(faults))
    for k, fault in enumerate(order):
        first, last = k * len(able) // len(faults), (k + 1) * len(able) // len(faults)
        start, end = able[draw.randrange(first, last - 1)]
        begin = start + SETTLED + draw.randrange(0, max(1, end - start - SETTLED - fault.minutes))
        episodes.append(Episode(fault, begin, min(end, begin + fault.minutes)))
    return episodes
