"""Makes a recording of a vacuum pump that works twice a day: pressure and motor current, once a minute.

    python -m motegate.examples.vacuum_pump.record --out pump.csv
    python -m motegate.examples.vacuum_pump.record --out faults.csv --seed 2 --faults

A rotary vane pump of 63 m3/h empties a chamber of 10 m3 for three hours, mornings and afternoons; between the batches
the chamber stands open. Its physics:

- Pump-down: V dp/dt = Q - S p, so the pressure falls exponentially to p_ult + Q / S with the time constant V / S, about
  nine minutes (Leybold, "How to calculate pump-down time"; Venables, ASU, "Surfaces and thin films", section 2.2). The
  load takes up to 15 % of the volume, the leaks Q vary from batch to batch. Venting is exponential too.
- Idle: the pressure is the weather's, here an Ornstein-Uhlenbeck process of 6 mbar and two days.
- Motor: friction, more in cold oil, and isothermal compression, S p ln(p_out / p), which is largest at p_out / e: a
  manual puts it at 300 to 400 mbar (ULVAC, VD30C, 2.5.3). Current is active and magnetising current at right angles; a
  direct start draws about six times the rated current for about a second, of which a minute's mean shows a sixtieth.
- Sensors: an absolute transmitter of 0 to 1100 mbar reads the moment, with 0.4 mbar of noise in steps of 0.1 mbar; a
  meter gives the minute's mean current, with 0.02 A of noise in steps of 0.01 A.

The numbers are a plausible pump's, not one maker's. The same arguments give the same bytes; a fault changes no reading
outside its episode, but for the end of the batch that it is in.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from .. import recorder
from .faults import DAY, FAULTS, Episode, Fault, place

START = datetime(2026, 3, 2)

# The chamber
VOLUME = 10_000.0  # l
SPEED = 17.5  # l/s, 63 m3/h
ULTIMATE = 0.5  # mbar
LEAK, LEAK_SPREAD = 50.0, 0.25  # mbar l/s: the median, and the spread of its logarithm
MOST_LOAD = 0.15  # of the volume
VENT_MINUTES = 1.5  # time constant

# The weather
MEAN, SPREAD, WEATHER_MINUTES = 1010.0, 6.0, 2 * DAY  # mbar, mbar, time constant

# The batches
STARTS = (7 * 60, 14 * 60)
LENGTH = 180
START_SPREAD, LENGTH_SPREAD, MOST_SPREADS = 8.0, 5.0, 2.5

# The motor
FRICTION, COLD_OIL, OIL_MINUTES = 550.0, 0.3, 15.0  # W, share more at the start, time constant
ISOTHERMAL, EFFICIENCY = 0.65, 0.82
SUPPLY = math.sqrt(3) * 400.0  # V
MAGNETISING, RATED, STANDBY = 1.6, 3.4, 0.15  # A
INRUSH = 6 * RATED / 60

# The sensors
PRESSURE_NOISE, CURRENT_NOISE, SPIKE = 0.4, 0.02, -200.0


@dataclass(frozen=True)
class Batch:
    """The pump works in the minutes from ``start`` to ``end``."""

    start: int
    end: int
    volume: float = VOLUME
    leak: float = LEAK
    speed: float = SPEED

    @property
    def time_constant(self) -> float:
        """Minutes."""
        return self.volume / self.speed / 60

    @property
    def base(self) -> float:
        """The pressure that it would reach in the end, mbar."""
        return ULTIMATE + self.leak / self.speed


def schedule(days: int, seed: int) -> list[Batch]:
    """Two batches a day, each a little early or late, with a load and leaks of its own."""
    draw = Random(f"{seed} batches")

    def about(middle: float, spread: float) -> int:
        return round(middle + spread * max(-MOST_SPREADS, min(MOST_SPREADS, draw.gauss(0, 1))))

    batches = []
    for usual in (day * DAY + minute for day in range(days) for minute in STARTS):
        start = about(usual, START_SPREAD)
        end = start + about(LENGTH, LENGTH_SPREAD)
        volume = VOLUME * (1 - draw.uniform(0, MOST_LOAD))
        batches.append(Batch(start, end, volume, LEAK * math.exp(draw.gauss(0, LEAK_SPREAD))))
    return batches


def weather(minutes: int, seed: int) -> list[float]:
    """The pressure outside, mbar, a value a minute."""
    draw = Random(f"{seed} weather")
    away, keep = draw.gauss(0, SPREAD), math.exp(-1 / WEATHER_MINUTES)
    found = []
    for _ in range(minutes):
        away = keep * away + SPREAD * math.sqrt(1 - keep * keep) * draw.gauss(0, 1)
        found.append(MEAN + away)
    return found


def process(batches: Sequence[Batch], outside: Sequence[float]) -> Iterator[tuple[float, float]]:
    """The true pressure (mbar) and current (A), minute by minute."""
    running = {minute: batch for batch in batches for minute in range(batch.start, batch.end)}
    pressure = outside[0]
    for minute, ambient in enumerate(outside):
        batch = running.get(minute)
        target, tau = (min(ambient, batch.base), batch.time_constant) if batch else (ambient, VENT_MINUTES)
        pressure = target + (pressure - target) * math.exp(-1 / tau)
        yield pressure, current(batch, minute, pressure, ambient) if batch else STANDBY


def current(batch: Batch, minute: int, pressure: float, ambient: float) -> float:
    """What the motor draws in a minute of a batch, A."""
    friction = FRICTION * (1 + COLD_OIL * math.exp((batch.start - minute) / OIL_MINUTES))
    compression = batch.speed / 1000 * pressure * 100 * max(0.0, math.log(ambient / pressure)) / ISOTHERMAL
    inrush = INRUSH if minute == batch.start else 0.0
    return math.hypot(MAGNETISING, (friction + compression) / EFFICIENCY / SUPPLY) + inrush


def record(days: int, seed: int, faults: Sequence[Fault] = ()) -> Iterator[str]:
    """The recording's lines; with faults, labels and the fault's name behind the channels."""
    minutes = days * DAY
    batches = schedule(days, seed)
    episodes = place(faults, [(batch.start, batch.end) for batch in batches], minutes)
    within = {minute: episode for episode in episodes for minute in range(episode.start, episode.end)}
    states = process([worn(batch, episodes) for batch in batches], weather(minutes, seed))
    yield "timestamp,pressure,current" + (",fail.intrinsic,fail.contextual,fault" if faults else "")
    for minute, cells in enumerate(readings(states, within, Random(f"{seed} sensors"))):
        fault = within[minute].fault if minute in within else None
        labels = [str(int(fault is not None and fault.parent == name)) for name in ("intrinsic", "contextual")]
        named = [*labels, fault.name if fault else ""] if faults else []
        yield ",".join([(START + timedelta(minutes=minute)).isoformat(), *cells, *named])


def worn(batch: Batch, episodes: Sequence[Episode]) -> Batch:
    """The batch with what its faults, if any, do to chamber and pump."""
    for fault in (episode.fault for episode in episodes if episode.start == batch.start):
        batch = replace(batch, leak=batch.leak + fault.leak, speed=batch.speed * fault.speed)
    return batch


def readings(states: Iterator[tuple[float, float]], within: dict[int, Episode], draw: Random) -> Iterator[list[str]]:
    """What the sensors make of it: the cells of pressure and current, minute by minute."""
    good, held = Fault("", "", ""), 0.0
    for minute, (pressure, amperes) in enumerate(states):
        fault = within[minute].fault if minute in within else good
        # As many draws with a fault as without, so that it changes nothing behind it
        noise, ripple, chance = draw.gauss(0, PRESSURE_NOISE), draw.gauss(0, CURRENT_NOISE), draw.random()
        pressure += fault.pressure + noise * fault.noise + (SPIKE if chance < fault.spikes else 0.0)
        held = held if chance < fault.stuck else pressure
        yield ["" if chance < fault.missing else f"{held:.1f}", f"{amperes + fault.current + ripple:.2f}"]


def main() -> None:
    recorder.main("a vacuum pump", 21, FAULTS, record)


if __name__ == "__main__":
    main()
