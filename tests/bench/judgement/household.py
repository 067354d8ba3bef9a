"""A household that gets solar panels: when ``contextual`` notices, and how often it cries wolf without any."""

import csv
import math
import random
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from motegate.train import metrics
from motegate.train.host import engine, scan
from motegate.train.policy import Plan
from motegate.train.recording import Records

from .gates import Gate, learned, recordings
from .scores import fails
from .stream import part, stream

TITLE = "A household with solar panels"
SEEDS = 1
FILE = "uci_household_2007.csv"
PEAKS = (1.0, 2.0, 4.0)  # kWp
DAYS = (120, 180, 240)  # the panels' first
QUIET = 182  # days behind the commissioning
AHEAD = 30  # days that are judged behind the panels' start
PATIENT = 90  # days: the policy with a patience of its own
PER_DAY = 96
DAY_S = 86_400


@dataclass(frozen=True)
class Noticed:
    """``days`` from the panels' first day to the end of the first alarm run's second window, None within 30 days;
    shares of windows that fail in the first week and the first 30 days."""

    days: float | None
    week: float
    month: float


@dataclass(frozen=True)
class Household:
    """``noticed``: (kWp, first day) -> what came of it; ``patient``: first day -> the same of the most panels, by a
    policy that is patient for longer; ``runs_per_month`` and ``failing`` (a share) over the quiet
    half year, without panels."""

    noticed: dict[tuple[float, int], Noticed]
    patient: dict[int, Noticed]
    runs_per_month: float
    failing: float


def measure(seed: int = 0, peaks: tuple[float, ...] = PEAKS, days: tuple[int, ...] = DAYS) -> Household:
    gate = learned("smart_meter", (FILE,), seed)
    quiet = stream(gate.trained, gate.read(FILE), test_part=False)
    told = fails(gate, quiet.values, quiet.no_data, quiet.silent)["contextual"]
    half = told[: QUIET * PER_DAY // gate.plan.hop]
    return Household(
        {(peak, day): _noticed(gate, gate.plan, peak, day) for day in days for peak in peaks},
        {day: _noticed(gate, patient(gate, PATIENT), max(peaks), day) for day in days},
        len(metrics.spans(half)) / (QUIET / 30),
        float(half.mean()),
    )


def patient(gate: Gate, days: float) -> Plan:
    """The gate's plan with the rise of a regime's limit that another patience asks for."""
    rise = round(gate.plan.reference.rise_q24 * gate.rules.patience_days / days)
    return replace(gate.plan, reference=replace(gate.plan.reference, rise_q24=max(1, rise)))


def _noticed(gate: Gate, plan: Plan, peak: float, day: int) -> Noticed:
    """A device commissioned at the recording's beginning, up to 30 days behind the panels' first."""
    records = with_power(gate, panels(load(), day, peak), (day + AHEAD) * PER_DAY)
    machine = engine.Engine(plan, gate.trained.reference)
    slots, stats = scan.measure(plan, records, machine.pairs)
    end = records.seconds[slots.last_row] - int(records.seconds[0])
    begin = int(np.argmax(end >= day * DAY_S))
    early = machine.run(part(slots, 0, begin), stats[:begin])
    run = engine.Engine(plan, machine.reference, 0).run(part(slots, begin, len(stats)), stats[begin:])
    told = fails(gate, run.values, run.no_data, early.values[early.silent])["contextual"]
    since = end[begin:] / DAY_S - day
    first = next((a for a, b in metrics.spans(told) if b - a >= 2), None)
    days = None if first is None else round(float(since[first + 1]), 2)
    return Noticed(days, float(told[since <= 7].mean()), float(told.mean()))


@cache
def load() -> tuple[float, ...]:
    """kW, a quarter of an hour each, from 1 January on."""
    with recordings(FILE)[0].open() as file:
        return tuple(float(row["power_kw"]) for row in csv.DictReader(file))


def panels(power: tuple[float, ...], first_day: int, peak: float, seed: int = 3) -> np.ndarray:
    """A load with solar panels of ``peak`` kW from ``first_day`` on, at 48.8 degrees north, under changing clouds."""
    draw, out, cloud = random.Random(seed), np.array(power), 0.0
    latitude = math.radians(48.8)
    for i in range(first_day * PER_DAY, len(out)):
        day, at = divmod(i, PER_DAY)
        if at == 0:
            cloud = draw.betavariate(3, 1.5)
        tilt = math.radians(-23.4 * math.cos(2 * math.pi * (day + 10) / 365))
        hour = math.cos((at / 4 - 12.5) * math.pi / 12)
        sun = math.sin(latitude) * math.sin(tilt) + math.cos(latitude) * math.cos(tilt) * hour
        out[i] -= peak * max(0.0, sun) * cloud * draw.uniform(0.8, 1.1)
    return out


def with_power(gate: Gate, power: np.ndarray, rows: int) -> Records:
    """The first rows of the recording, with another load."""
    records = gate.read(FILE)
    counts = records.counts.copy()
    names = [channel.name for channel in gate.rules.channels]
    counts[:, names.index("power_kw")] = gate.rules.channels[names.index("power_kw")].count(power)
    arrays = {name: getattr(records, name)[:rows] for name in ("seconds", "millis", "seqs", "status")}
    return replace(records, counts=counts[:rows], **arrays)


def run(seeds: int = SEEDS) -> str:
    lines = [
        "`python -m tests.bench household`: a year of a household, the gate trained on it as recorded (so these are",
        "development figures) and commissioned on its first 30 days; then panels are laid over it. Noticed: days until",
        "`contextual` has failed twice in a row.",
        "",
        "| kWp, from day | noticed after, days | failing in the first week | in the first 30 days |",
        "| --- | --- | --- | --- |",
    ]
    for seed in range(seeds):
        found = measure(seed)
        rows = {f"{peak:g}, {day}": one for (peak, day), one in found.noticed.items()}
        rows |= {f"{max(PEAKS):g}, {day}, `patience_days = {PATIENT}`": one for day, one in found.patient.items()}
        for what, one in rows.items():
            days = "not" if one.days is None else f"{one.days:.1f}"
            lines.append(f"| {what} | {days} | {one.week:.0%} | {one.month:.0%} |")
        lines += [
            f"| none, {QUIET} days behind the commissioning: {found.runs_per_month:.1f} alarm runs a month "
            f"| | | {found.failing:.1%} |"
        ]
    return "\n".join(lines)
