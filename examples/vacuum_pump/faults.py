"""The faults of a vacuum pump's recording, and where each lies: alone, with a day of good operation on either side."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from motegate.firmware.errors import InputError

DAY = 24 * 60
GOOD_DAYS = 8
"""The recording's beginning, from which a gate learns, holds no fault."""
BETWEEN = DAY
CLEAR = 20
"""Minutes that a fault in idle keeps from the batches: the chamber is vented by then."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong, how far and for how long; a field that is not given leaves the recording as it is."""

    name: str
    regime: str  # "idle" or "batch"
    parent: str  # whose label is 1
    minutes: int = 120  # of a batch: from its start on, at most the whole of it
    pressure: float = 0.0  # mbar, added to the reading
    current: float = 0.0  # A, added to the reading
    noise: float = 1.0  # times the pressure transmitter's noise
    leak: float = 0.0  # mbar l/s, into the chamber
    speed: float = 1.0  # times the pumping speed
    missing: float = 0.0  # share of pressure readings that are empty
    spikes: float = 0.0  # share of pressure readings that are 200 mbar too low
    stuck: float = 0.0  # share of pressure readings that repeat the one before


WHOLE = DAY  # longer than any batch
OPEN = 1e9  # more than a pump can take away

FAULTS = (
    Fault("leak", "batch", "contextual", WHOLE, leak=7000.0),
    Fault("open_valve", "batch", "contextual", WHOLE, leak=OPEN),
    Fault("idle_low", "idle", "contextual", pressure=-300.0),
    Fault("idle_high", "idle", "contextual", pressure=30.0),
    Fault("idle_current", "idle", "contextual", current=0.3),
    Fault("noise", "idle", "intrinsic", noise=10.0),
    Fault("stuck", "idle", "intrinsic", stuck=1.0),
    Fault("missing", "idle", "intrinsic", missing=0.5),
    Fault("slow_pump", "batch", "contextual", speed=0.4),
    Fault("spikes", "idle", "intrinsic", spikes=0.1),
    Fault("batch_current", "batch", "contextual", WHOLE, current=1.0),
)
"""In the order in which they fit into three weeks."""


@dataclass(frozen=True)
class Episode:
    """A fault in the minutes from ``start`` to ``end`` of a recording."""

    fault: Fault
    start: int
    end: int


def place(faults: Sequence[Fault], batches: Sequence[tuple[int, int]], minutes: int) -> list[Episode]:
    """An episode each, as early as it may lie; ``batches`` are (start, end) in minutes, in order.

    InputError where the recording, of so many ``minutes``, is too short.
    """
    idles = [(end + CLEAR, start - CLEAR) for (_, end), (start, _) in pairwise(batches)]
    episodes = []
    earliest = GOOD_DAYS * DAY
    for fault in faults:
        if fault.regime == "batch":
            found = ((start, end) for start, end in batches if start >= earliest)
        else:
            starts = ((max(start, earliest), end) for start, end in idles)
            found = ((start, start + fault.minutes) for start, end in starts if start + fault.minutes <= end)
        start, end = next(found, (minutes, minutes))
        if end + BETWEEN > minutes:
            days = -(-(earliest + 2 * DAY) // DAY)
            raise InputError(f"{minutes / DAY:g} days have no room for the fault {fault.name}; try {days} or more")
        episodes.append(Episode(fault, start, min(end, start + fault.minutes)))
        earliest = end + BETWEEN
    return episodes
