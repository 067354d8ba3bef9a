"""A household's load, appliance by appliance.

A house of four with electric hot water at night and some electric heating, much as the one of UCI's "Individual
household electric power consumption" (Hebrail and Berard 2012), whose appliances and means guided the numbers:

- standby and a fridge, whose compressor runs a third of the time, more in summer;
- electric heaters, on or off, in the hours in which somebody is up: the longer, the colder it is outside. The weather
  has a season, days and hours;
- hot water at night; light from dusk to bedtime; a television in the evening;
- kettle, oven and hob at mealtimes, which the weekend has later and more of; laundry and dishes some days; this and
  that while somebody is at home, which is all day on some days and hardly at all on others;
- holidays: two weeks in summer, one in winter, some weekends. Only standby and fridge are left then.

Every appliance draws from a generator of its own, so that a change in one changes no other.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import numpy as np

from .solar import PERIOD, sun

SLOT = 15  # minutes
SLOTS = 96  # a day
LATITUDE = 48.8
ROOM = 16.0
"""degC outside up to which it is heated: three below the thermostat, since people and sun warm the rooms too."""
HEATERS, KW_PER_DEGREE = 2.2, 0.12
AT_HOME, OUT = 0.4, 0.12
"""The share of working days on which somebody stays at home, and of all days on which nobody does before night."""
AWAKE, LEAVES, RETURNS, NIGHT, ASLEEP = 6.5, 9.0, 17.0, 21.5, 23.0  # hours
VOLTS, VOLTS_PER_KW = 240.5, -1.2


@dataclass(frozen=True)
class Day:
    """A day as the appliances see it."""

    date: date
    first: int  # its first minute in the recording
    away: bool
    back: float  # the hour from which on somebody is there again
    busy: float  # 0..1

    @property
    def free(self) -> bool:
        return self.date.weekday() >= 5

    def up(self, hour: float) -> bool:
        """Whether somebody is at home and awake."""
        return not self.away and (AWAKE <= hour < LEAVES or self.back <= hour < ASLEEP)

    @property
    def summer(self) -> float:
        """-1 in mid-January to 1 in mid-July."""
        return -math.cos(2 * math.pi * (self.date.timetuple().tm_yday - 15) / 365)


Use = Callable[[float, float, float], None]
"""(minute, minutes, kW): an appliance runs."""


def times(days: int, start: date) -> np.ndarray:
    """datetime64[s][n] of the quarters of an hour."""
    return np.datetime64(start, "s") + np.arange(days * SLOTS) * PERIOD


def load(days: int = 365, seed: int = 1, start: date = date(2025, 1, 1)) -> np.ndarray:
    """The household's mean load in each quarter of an hour from ``start`` on, kW, float64[days * 96]."""
    kw_minutes = np.zeros(days * SLOTS)

    def use(minute: float, minutes: float, kw: float) -> None:
        end = min(minute + minutes, days * SLOTS * SLOT)
        while minute < end:
            until = min(end, (minute // SLOT + 1) * SLOT)
            kw_minutes[int(minute // SLOT)] += kw * (until - minute)
            minute = until

    calendar = calendar_of(days, seed, start)
    for appliance in (fridge, hot_water, meals, chores, this_and_that, evening):
        draw = Random(f"{seed} {appliance.__name__}")
        for day in calendar:
            appliance(day, draw, use)
    up = np.array([day.up(slot / 4) for day in calendar for slot in range(SLOTS)])
    heat, lit = heating(calendar, up, seed), light(times(days, start), up, seed)
    return kw_minutes / SLOT + standby(days, seed) + heat + lit


def calendar_of(days: int, seed: int, start: date) -> list[Day]:
    """The calendar, with the household's holidays."""
    draw = Random(f"{seed} holidays")
    empty: set[date] = set()
    for year in range(start.year, (start + timedelta(days)).year + 1):
        summer = date(year, 7, 10) + timedelta(draw.randrange(35))
        winter = date(year, 2, 8) + timedelta(draw.randrange(20))
        empty |= {summer + timedelta(i) for i in range(14)} | {winter + timedelta(i) for i in range(7)}
        for week in range(53):
            if draw.random() < 0.1:
                saturday = date.fromisocalendar(year, min(week + 1, 52), 6)
                empty |= {saturday, saturday + timedelta(1)}
    found = []
    for i in range(days):
        each, stays, out = start + timedelta(i), draw.random() < AT_HOME, draw.random() < OUT
        back = NIGHT if out else LEAVES if stays or each.weekday() >= 5 else RETURNS
        found.append(Day(each, i * SLOTS * SLOT, each in empty, back, draw.random()))
    return found


def standby(days: int, seed: int) -> np.ndarray:
    draw = Random(f"{seed} standby")
    return np.array([0.11 + draw.gauss(0, 0.006) for _ in range(days * SLOTS)])


def heating(calendar: list[Day], up: np.ndarray, seed: int) -> np.ndarray:
    """On for the share of the quarters of an hour that makes up for what the outside lacks."""
    draw = Random(f"{seed} heating")
    weather, found = draw.gauss(0, 3), []
    for day in calendar:
        weather = 0.75 * weather + 2.5 * draw.gauss(0, 1)
        for slot in range(SLOTS):
            outside = 11.5 + 8 * day.summer + weather + 3 * math.cos((slot / 4 - 15) * math.pi / 12)
            on = draw.random() < KW_PER_DEGREE * (ROOM - outside) / HEATERS
            found.append(HEATERS * draw.uniform(0.6, 1.0) * on)
    return np.where(up, found, 0.0)


def light(at: np.ndarray, up: np.ndarray, seed: int) -> np.ndarray:
    """While it is dark and somebody is up."""
    draw = Random(f"{seed} light")
    dark = sun(at, LATITUDE) < 0.05
    return np.where(dark & up, [draw.uniform(0.1, 0.35) for _ in at], 0.0)


def fridge(day: Day, draw: Random, use: Use) -> None:
    minute = draw.uniform(0, 40)
    while minute < SLOTS * SLOT:
        on, off = draw.gauss(15 + 2 * day.summer, 1), draw.gauss(29 - 3 * day.summer, 2)
        use(day.first + minute, on, 0.13)
        minute += on + off


def hot_water(day: Day, draw: Random, use: Use) -> None:
    start, kwh = draw.gauss(30, 10), draw.uniform(2.0, 5.0)
    if not day.away:
        use(day.first + max(0.0, start), 60 * kwh / 2.0, 2.0)


def meals(day: Day, draw: Random, use: Use) -> None:
    breakfast = draw.gauss(8.2, 0.3) if day.free else draw.gauss(7.0, 0.2)
    lunch, dinner, tea = draw.gauss(12.6, 0.4), draw.gauss(19.1, 0.5), draw.uniform(15, 18)
    cooks, bakes, drinks = draw.random(), draw.random(), draw.random()
    if day.up(breakfast):
        use(day.first + 60 * breakfast, draw.uniform(3, 6), 2.2)
        use(day.first + 60 * breakfast + 8, draw.uniform(2, 4), 1.0)
    if day.up(lunch) and cooks < (0.8 if day.free else 0.5):
        use(day.first + 60 * lunch, draw.uniform(20, 40), draw.uniform(1.0, 2.0))
    if day.up(tea) and drinks < 0.7:
        use(day.first + 60 * tea, 4, 2.2)
    if day.up(dinner):
        use(day.first + 60 * dinner, draw.uniform(25, 45), draw.uniform(1.2, 2.2))
        if bakes < 0.3:
            use(day.first + 60 * dinner - 20, draw.uniform(35, 60), 1.5)


def chores(day: Day, draw: Random, use: Use) -> None:
    washes, dries, dishes = draw.random(), draw.random(), draw.random()
    wash, dish = draw.gauss(10.5, 0.8) if day.free else draw.gauss(18.0, 0.8), draw.gauss(20.6, 0.5)
    if day.up(wash) and washes < (0.75 if day.free else 0.3):
        use(day.first + 60 * wash, 22, 2.0)
        use(day.first + 60 * wash + 22, 60, 0.25)
        if dries < 0.4:
            use(day.first + 60 * wash + 95, 55, 2.2)
    if day.up(dish) and dishes < 0.65:
        use(day.first + 60 * dish, 18, 2.0)
        use(day.first + 60 * dish + 50, 14, 2.0)


def this_and_that(day: Day, draw: Random, use: Use) -> None:
    for _ in range(14):
        hour, minutes, kw, chance = draw.uniform(7, 23), draw.uniform(5, 50), draw.uniform(0.2, 2.0), draw.random()
        if day.up(hour) and chance < day.busy:
            use(day.first + 60 * hour, minutes, kw)


def evening(day: Day, draw: Random, use: Use) -> None:
    start, end, kw = draw.gauss(18.0, 0.6), draw.gauss(22.8, 0.3), draw.uniform(0.15, 0.3)
    start = max(start, day.back)
    if not day.away:
        use(day.first + 60 * start, max(30.0, 60 * (end - start)), kw)


def voltage(power: np.ndarray, seed: int) -> np.ndarray:
    """The mains, V: lower while the house draws much, and as the grid has it."""
    draw = Random(f"{seed} voltage")
    grid, found = 0.0, []
    for i, kw in enumerate(power):
        grid = 0.97 * grid + 0.5 * draw.gauss(0, 1)
        found.append(VOLTS + VOLTS_PER_KW * kw - 1.5 * math.cos((i % SLOTS / 4 - 19) * math.pi / 12) + grid)
    return np.array(found)
