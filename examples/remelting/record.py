"""Makes a recording of an electroslag remelting furnace: current, voltage, melt rate and pressure, once a minute.

    python -m motegate.examples.remelting.record --out melts.csv --faults
    python -m motegate.examples.remelting.record --out later.csv --faults --seed 2

An electrode of steel is melted drop by drop in a bath of slag, and freezes below it to a cleaner ingot: a melt or two a
day of five hours each, a few hundred a year, of which a handful fail. What is modelled, after Hoyle, "Electroslag
Processes", 1983, chapters 2 and 5, and Nafziger, "The Electroslag Melting Process", US Bureau of Mines 669, 1976:

- Phases: the slag is melted with a rising current (40 minutes), the melt is steady, and the hot top is fed with a
  falling one (30 minutes), so that the ingot's head does not shrink hollow. Between melts the furnace is open.
- Electricity: the slag is a resistance, about 6 milliohm, less the deeper the electrode dips; a controller holds the
  voltage's swing, and with it the immersion, so that the resistance wanders about its set point (an Ornstein-Uhlenbeck
  process of some minutes). Cold slag conducts worse: the resistance is half as high again at the start.
- Melt rate: the power beyond the bath's losses, over the heat that a kilogram needs; told from load cells, whose
  difference over minutes is filtered, so it lags behind by four minutes.
- Pressure: argon 40 mbar above the weather's while a melt is on.

The numbers are a plausible furnace's of 600 kW, not one maker's. The same arguments give the same bytes; a fault
changes no reading outside its own melt.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from .. import recorder
from .faults import DAY, FAULTS, Episode, Fault, place

START = datetime(2026, 1, 5)

# The melts
STARTS = (6 * 60, 15 * 60)
SECOND = 0.5  # of the days have a second melt
LENGTH, LENGTH_SPREAD, START_SPREAD, MOST_SPREADS = 300, 8.0, 12.0, 2.5  # minutes
SLAG, HOT_TOP = 40, 30  # minutes

# Electricity
CURRENT, CURRENT_SPREAD = 10.0, 0.1  # kA, and how melts differ
RESISTANCE, COLD = 6.0, 0.5  # milliohm, and how much more of it cold slag has
WANDER, WANDER_MINUTES = 0.12, 6.0  # milliohm, time constant
HOT_TOP_CURRENT = 0.45  # of the melt's, at its end

# Melt rate
LOSSES, HEAT = 240.0, 0.75  # kW into the mould, kWh for a kilogram
LAG_MINUTES = 4.0

# Pressure
ARGON = 40.0  # mbar above the weather's
WEATHER, WEATHER_SPREAD, WEATHER_MINUTES = 1010.0, 6.0, 2 * DAY

# The sensors
CURRENT_NOISE, VOLTAGE_NOISE, RATE_NOISE, PRESSURE_NOISE = 0.02, 0.15, 0.05, 0.5


@dataclass(frozen=True)
class Melt:
    """The furnace works in the minutes from ``start`` to ``end``, at ``current`` kA."""

    start: int
    end: int
    current: float

    def phase(self, minute: int) -> tuple[float, float]:
        """The share of the melt's current, and of the resistance that cold slag has more, in a minute of it."""
        begun, left = minute - self.start, self.end - minute
        if begun < SLAG:
            return 0.3 + 0.7 * begun / SLAG, 1 - begun / SLAG
        return (HOT_TOP_CURRENT + (1 - HOT_TOP_CURRENT) * left / HOT_TOP if left < HOT_TOP else 1.0), 0.0


def schedule(days: int, seed: int) -> list[Melt]:
    """A melt or two a day, each a little early or late, longer or shorter, hotter or colder."""
    draw = Random(f"{seed} melts")

    def about(middle: float, spread: float) -> int:
        return round(middle + spread * max(-MOST_SPREADS, min(MOST_SPREADS, draw.gauss(0, 1))))

    melts = []
    for day in range(days):
        for usual in STARTS if draw.random() < SECOND else STARTS[:1]:
            start = day * DAY + about(usual, START_SPREAD)
            end = start + about(LENGTH, LENGTH_SPREAD)
            melts.append(Melt(start, end, CURRENT + CURRENT_SPREAD * draw.uniform(-1, 1)))
    return melts


def process(
    melts: Sequence[Melt], minutes: int, within: dict[int, Episode], seed: int
) -> Iterator[tuple[float, float, float, float]]:
    """The true current (kA), voltage (V), melt rate (kg/min) and pressure (mbar), minute by minute."""
    draw, outside = Random(f"{seed} slag"), Random(f"{seed} weather")
    running = {minute: melt for melt in melts for minute in range(melt.start, melt.end)}
    keep, keep_weather = math.exp(-1 / WANDER_MINUTES), math.exp(-1 / WEATHER_MINUTES)
    away, weather, rate = 0.0, outside.gauss(0, WEATHER_SPREAD), 0.0
    good = Fault("", 0)
    for minute in range(minutes):
        weather = keep_weather * weather + WEATHER_SPREAD * math.sqrt(1 - keep_weather**2) * outside.gauss(0, 1)
        away = keep * away + WANDER * math.sqrt(1 - keep * keep) * draw.gauss(0, 1)
        melt, episode = running.get(minute), within.get(minute)
        fault = episode.fault if episode else good
        current = voltage = power = 0.0
        if melt is not None:
            share, cold = melt.phase(minute)
            begun = (minute - episode.start) / max(1, episode.end - episode.start) if episode else 0.0
            resistance = RESISTANCE * (1 + COLD * cold) + away * fault.swing + fault.resistance
            resistance += fault.growth * begun
            current = melt.current * share * fault.current
            voltage = current * resistance
            power = current * voltage
        melted = max(0.0, power - LOSSES) / HEAT / 60 * fault.melted
        rate += (melted - rate) / LAG_MINUTES
        argon = (ARGON + fault.pressure) if melt is not None else 0.0
        yield current, voltage, rate, WEATHER + weather + argon


def record(days: int, seed: int, faults: Sequence[Fault] = ()) -> Iterator[str]:
    """The recording's lines; with faults, the label and the fault's name behind the channels."""
    minutes = days * DAY
    melts = schedule(days, seed)
    episodes = place(faults, [(melt.start, melt.end) for melt in melts], seed, days)
    within = {minute: episode for episode in episodes for minute in range(episode.start, episode.end)}
    draw = Random(f"{seed} sensors")
    yield "timestamp,current,voltage,melt_rate,pressure" + (",fail.melt,fault" if faults else "")
    held = 0.0
    for minute, (current, voltage, rate, pressure) in enumerate(process(melts, minutes, within, seed)):
        fault = within[minute].fault if minute in within else None
        noise = [draw.gauss(0, 1) for _ in range(4)]
        chance = draw.random()
        shorted = fault is not None and chance < fault.shorts
        rate += RATE_NOISE * noise[2]
        held = held if fault is not None and fault.stuck else rate
        cells = (
            f"{current + CURRENT_NOISE * noise[0] + (2.5 if shorted else 0.0):.2f}",
            f"{voltage + VOLTAGE_NOISE * noise[1] - (18.0 if shorted else 0.0):.1f}",
            f"{held:.2f}",
            f"{pressure + PRESSURE_NOISE * noise[3]:.1f}",
        )
        named = [str(int(fault is not None)), fault.name if fault else ""] if faults else []
        yield ",".join([(START + timedelta(minutes=minute)).isoformat(), *cells, *named])


def main() -> None:
    recorder.main("an electroslag remelting furnace", 70, FAULTS, record)


if __name__ == "__main__":
    main()
