"""Makes a recording of a compressed-air station: pressure and motor current, every ten seconds.

    python -m motegate.examples.compressed_air.record --out air.csv
    python -m motegate.examples.compressed_air.record --out faults.csv --seed 2 --faults

A screw compressor of 37 kW and fixed speed feeds a receiver, a heatless dryer and a workshop. Its physics:

- Receiver: isothermal, so V dp/dt = p0 (q_in - q_out) with volumes of free air (U.S. DOE, "Improving compressed air
  system performance", 3rd ed., 2016, on storage). 5 m3 and 6 m3/min make 0.02 bar a second, less what is drawn.
- Control: the compressor loads at 6.8 bar and unloads at 7.5 bar. Unloaded it runs on with its inlet shut, and draws
  about a third of its power (the same, on load/unload control). So at a steady demand pressure is a saw tooth whose
  loaded share is the demand's share of the capacity; that is how leaks are estimated (the same, on leaks: load time
  over cycle time, with all tools off).
- Dryer: two towers take turns every five minutes. For the first four the resting one is purged by a tenth of the rated
  flow, then its valve shuts, and it is brought back to pressure by 8 l/s (Atlas Copco, "Compressed air manual", 9th
  ed., 2019, on adsorption dryers: purge 15 to 20 % of capacity; this one is small).
- Workshop: leaks of a twelfth of the capacity, always. From 6 to 22 on weekdays machines draw 45 % on average, an
  Ornstein-Uhlenbeck process of 12 % and twenty minutes, with an hour's ramp at both ends and a break at noon; blow guns
  add bursts of 5 to 40 seconds. All of it flows through orifices at the speed of sound, so it goes with the absolute
  pressure (Atlas Copco, the same, on leaks); the shares hold in the middle of the saw tooth.
- Sensors: a transmitter of 0 to 10 bar reads the moment, with 0.004 bar of noise in steps of 0.001 bar; a current
  transformer gives what the motor draws, with 0.3 A of noise in steps of 0.1 A.

The numbers are a plausible station's, not one maker's. The same arguments give the same bytes. A fault leaves demand
and noise behind it as they are without it; only the saw tooth's phase is another.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from motegate.firmware.errors import InputError

from .. import recorder

START = datetime(2026, 3, 2)  # a Monday
PERIOD = 10  # s
DAY = 86_400  # s

# The station: m3, m3/s of free air, bar
VOLUME, CAPACITY, AMBIENT = 5.0, 0.1, 1.013
LOAD, UNLOAD = 6.8, 7.5
LOADED, UNLOADED = 66.0, 31.0  # A
RISE = 6.0  # A more for each bar above LOAD: the work of compression

# The dryer
TURN, PURGED, PURGE, REFILL = 300, 240, 0.1 * CAPACITY, 0.008  # s, s, m3/s, m3/s

# The workshop, in shares of the capacity
LEAKS, WORK, SPREAD, MEMORY = 1 / 12, 0.45, 0.12, 1200.0  # ..., s
SHIFT, RAMP, BREAK = (6 * 3600, 22 * 3600), 3600, (12 * 3600, 12 * 3600 + 2400)
GUNS, GUN = 1 / 180, (0.05, 0.2)  # how often a second one starts while at work, and what it draws

# The sensors
PRESSURE_NOISE, CURRENT_NOISE, SPIKE = 0.004, 0.3, -1.5

# Where faults lie
GOOD_DAYS, EPISODE, BETWEEN, FIRST_HOUR = 5, 4 * 3600, 4 * 3600, 8 * 3600


@dataclass(frozen=True)
class Fault:
    """What goes wrong for four hours of work; a field that is not given leaves the station as it is."""

    name: str
    parent: str  # whose label is 1
    leak: float = 0.0  # share of the capacity that it has grown to at the end
    delivery: float = 1.0  # times what the compressor gives
    volume: float = 1.0  # times the receiver's
    purging: bool = False  # the dryer's purge valve does not shut
    pressure: float = 0.0  # bar, added to the reading
    noise: float = 1.0  # times the pressure transmitter's noise
    missing: float = 0.0  # share of pressure readings that are empty
    spikes: float = 0.0  # share of pressure readings that are too low
    stuck: float = 0.0  # share of pressure readings that repeat the one before


FAULTS = (
    Fault("leak", "contextual", leak=0.5),
    Fault("worn", "contextual", delivery=0.7),
    Fault("flooded", "contextual", volume=0.3),
    Fault("purge", "contextual", purging=True, leak=0.25),
    Fault("offset", "contextual", pressure=0.4),
    Fault("noise", "intrinsic", noise=25.0),
    Fault("stuck", "intrinsic", stuck=1.0),
    Fault("missing", "intrinsic", missing=0.5),
    Fault("spikes", "intrinsic", spikes=0.1),
)
"""In the order in which they lie."""

GOOD = Fault("", "")


@dataclass(frozen=True)
class Episode:
    """A fault in the seconds from ``start`` to ``end``."""

    fault: Fault
    start: int
    end: int

    def share(self, second: int) -> float:
        """How far it has come: 0 to 1."""
        return (second - self.start) / (self.end - self.start)


def place(faults: Sequence[Fault], days: int) -> list[Episode]:
    """An episode each, two a working day behind the good days; InputError where ``days`` are too few."""
    episodes = []
    day, hour = GOOD_DAYS, FIRST_HOUR
    for fault in faults:
        while (START + timedelta(days=day)).weekday() > 4:
            day += 1
        begin = day * DAY + hour
        if begin + EPISODE > days * DAY:
            raise InputError(f"{days} days have no room for the fault {fault.name}; try {day + 1} or more")
        episodes.append(Episode(fault, begin, begin + EPISODE))
        hour += EPISODE + BETWEEN
        if hour + EPISODE > SHIFT[1]:
            day, hour = day + 1, FIRST_HOUR
    return episodes


def demand(days: int, seed: int) -> Iterator[float]:
    """What the workshop draws, m3/s, a value a second."""
    draw = Random(f"{seed} demand")
    away, keep, gun, gun_left = 0.0, math.exp(-1 / MEMORY), 0.0, 0
    for second in range(days * DAY):
        at = second % DAY
        away = keep * away + SPREAD * math.sqrt(1 - keep * keep) * draw.gauss(0, 1)
        work = _at_work(second // DAY, at)
        if gun_left:
            gun_left -= 1
        elif draw.random() < GUNS * work:
            gun, gun_left = draw.uniform(*GUN), draw.randint(5, 40)
        share = LEAKS + work * max(0.0, WORK + away) + (gun if gun_left else 0.0)
        yield CAPACITY * min(share, 0.9)


def _at_work(day: int, at: int) -> float:
    """0 at night and at the weekend, 1 at work."""
    if (START + timedelta(days=day)).weekday() > 4:
        return 0.0
    ramp = min((at - SHIFT[0]) / RAMP, (SHIFT[1] - at) / RAMP, 1.0)
    return max(0.0, ramp) * (0.3 if BREAK[0] <= at < BREAK[1] else 1.0)


def process(drawn: Iterator[float], episodes: Sequence[Episode]) -> Iterator[tuple[float, float]]:
    """The true pressure (bar) and current (A), second by second; ``drawn``: m3/s in the middle of the saw tooth."""
    pressure, loaded, left = 7.0, True, list(episodes)
    middle = (LOAD + UNLOAD) / 2 + AMBIENT
    for second, out in enumerate(drawn):
        while left and second >= left[0].end:
            left.pop(0)
        here = left[0] if left and second >= left[0].start else None
        fault = here.fault if here else GOOD
        if here:
            out += CAPACITY * fault.leak * here.share(second)
        out *= (pressure + AMBIENT) / middle
        purging = fault.purging or second % TURN < PURGED
        out += PURGE if purging else REFILL
        given = CAPACITY * fault.delivery if loaded else 0.0
        pressure = max(0.0, pressure + AMBIENT * (given - out) / (VOLUME * fault.volume))
        loaded = pressure < UNLOAD if loaded else pressure <= LOAD
        yield pressure, (LOADED + RISE * (pressure - LOAD) if loaded else UNLOADED)


def record(days: int, seed: int, faults: Sequence[Fault] = ()) -> Iterator[str]:
    """The recording's lines; with faults, labels and the fault's name behind the channels."""
    episodes = place(faults, days)
    draw, held = Random(f"{seed} sensors"), 0.0
    yield "timestamp,pressure,current" + (",fail.intrinsic,fail.contextual,fault" if faults else "")
    left = list(episodes)
    for second, (pressure, amperes) in enumerate(process(demand(days, seed), episodes)):
        if second % PERIOD:
            continue
        while left and second >= left[0].end:
            left.pop(0)
        fault = left[0].fault if left and second >= left[0].start else GOOD
        # as many draws with a fault as without, so that it changes nothing behind it
        noise, ripple, chance = draw.gauss(0, PRESSURE_NOISE), draw.gauss(0, CURRENT_NOISE), draw.random()
        read = pressure + fault.pressure + noise * fault.noise + (SPIKE if chance < fault.spikes else 0.0)
        held = held if chance < fault.stuck else read
        cells = ["" if chance < fault.missing else f"{held:.3f}", f"{amperes + ripple:.1f}"]
        labels = [str(int(fault.parent == name)) for name in ("intrinsic", "contextual")]
        named = [*labels, fault.name] if faults else []
        yield ",".join([(START + timedelta(seconds=second)).isoformat(), *cells, *named])


def main() -> None:
    recorder.main("a compressed-air station", 14, FAULTS, record)


if __name__ == "__main__":
    main()
