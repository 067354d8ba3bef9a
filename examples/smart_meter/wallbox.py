"""An electric car at a wallbox: some evenings, at full power until it has what it drove."""

from random import Random

import numpy as np

from .solar import PERIOD, days_of

EVENINGS = 0.55
"""The share of days on which it is plugged in."""
HOUR, HOURS_SPREAD = 18.5, 1.2
LEAST_KWH, MOST_KWH = 6.0, 25.0
"""30 to 130 km at 0.19 kWh/km."""
LOWEST = 0.97
"""Of the nominal power: the mains sags under it."""


def car(times: np.ndarray, kw: float, from_day: int, seed: int = 1) -> np.ndarray:
    """kW that the car draws in the quarter of an hour from each time on, float64[n]; 0 before ``from_day``.

    ``from_day`` counts from the day of the first time, 0. A session may run past midnight, and two never overlap.
    """
    draw = Random(f"{seed} car")
    drawn = np.zeros(len(times))
    since = (times - times[:1].astype("datetime64[D]")) / np.timedelta64(1, "h")
    quarter = PERIOD / np.timedelta64(1, "h")
    free = 0.0  # hours since the first midnight, until which the car charges
    for day in range(int(days_of(times)[-1]) + 1 if len(times) else 0):
        comes, arrival, energy = draw.random() < EVENINGS, draw.gauss(HOUR, HOURS_SPREAD), draw.uniform(0, 1)
        power = kw * draw.uniform(LOWEST, 1.0)
        start = max(free, 24 * day + arrival)
        if not comes or day < from_day:
            continue
        free = start + (LEAST_KWH + energy * (MOST_KWH - LEAST_KWH)) / power
        drawn += power * np.clip(np.minimum(since + quarter, free) - np.maximum(since, start), 0, None) / quarter
    return drawn
