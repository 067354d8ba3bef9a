"""Would a profile of the day or the week pay? The channels less what is usual at that hour, against the channels."""

from dataclasses import dataclass, replace

import numpy as np
from motegate.firmware.device.layout import MISSING
from motegate.train import policy, recording
from motegate.train.dataset import split
from motegate.train.faults.severity_scale import SeverityScale
from motegate.train.host import engine, ring, scan
from motegate.train.policy import Plan, compile_policy
from motegate.train.recording import Records

from ..judgement.gates import RIVERS, ROOT, recordings
from ..judgement.scores import threshold

TITLE = "Climatology, tried"
DAY, WEEK, SLOT = 86_400, 7 * 86_400, 3600  # s
STREAMS = (
    ("household", "smart_meter", "uci_household_2007.csv"),
    *((f"river, {file[4:].partition('20')[0]}", "river", file) for file in RIVERS),
)
SIZES = (1.0, 2.0, 4.0)  # times the limit that the channels themselves have
EACH = 120  # windows, evenly over the recording
PARENT, FALSE_ALARMS = "contextual", 0.01
FOLLOW = 0.02  # band widths a day, where the policy leaves it to training


@dataclass(frozen=True)
class Judged:
    """One way to look at a recording: its good windows' references and the largest contextual value of each."""

    plan: Plan
    slots: ring.Slots
    run: engine.Run
    pairs: list[tuple[int, int]]
    prototypes: np.ndarray

    def largest(self, values: np.ndarray) -> np.ndarray:
        return values[:, list(self.plan.parent(PARENT).columns)].max(axis=1)


def measure(example: str, file: str, cycle: int) -> dict[str, dict[float, tuple[float, float]]]:
    """Fault -> size -> recall without the profile and with it."""
    rules = policy.load(ROOT / "examples" / example / "policy.toml")
    rules = replace(rules, follow_per_day=FOLLOW if rules.follow_per_day is None else rules.follow_per_day)
    plan, records = compile_policy(rules), recording.read(rules, list(recordings(file)))
    plain = _judged(plan, records)
    learned = int(plain.slots.last_row[plan.reference.windows - 1]) + 1
    if records.seconds[learned - 1] - records.seconds[0] < 3 * cycle:
        raise ValueError("commissioning spans fewer than three cycles")
    usual = _profile(records, learned, cycle)
    cyclic = _judged(plan, _less(records, usual))
    good = ~plain.run.no_data & ~cyclic.run.no_data
    good[: plan.reference.windows + 1] = False
    for labels in records.fails.values():
        good &= split.label_shares(plain.slots.row, plain.slots.windows, plan.length, labels) == 0
    rows = np.flatnonzero(good)
    chosen = rows[np.linspace(0, len(rows) - 1, EACH).astype(int)]
    limits = [threshold(way.largest(way.run.values[rows]), FALSE_ALARMS) for way in (plain, cyclic)]
    found: dict[str, dict[float, tuple[float, float]]] = {}
    for fault, dimension in (("level", "offset"), ("hump", "excursion")):
        for size in SIZES:
            hits = []
            for way, limit in zip((plain, cyclic), limits, strict=True):
                values = _with(way, plain, chosen, fault, dimension, size)
                hits.append(float((way.largest(values) > limit).mean()))
            found.setdefault(fault, {})[size] = hits[0], hits[1]
    return found


def _judged(plan: Plan, records: Records) -> Judged:
    machine = engine.Engine(plan, None)
    slots, stats = scan.measure(plan, records, machine.pairs)
    run = machine.run(slots, stats)
    return Judged(plan, slots, run, machine.pairs, run.prototypes)


def _slot(records: Records, cycle: int) -> np.ndarray:
    return records.seconds.astype(np.int64) % cycle // SLOT


def _profile(records: Records, n: int, cycle: int) -> np.ndarray:
    """What each slot of the cycle lies above the mean, of the first ``n`` records: float64[slots, C]."""
    slot, counts = _slot(records, cycle)[:n], records.counts[:n].astype(float)
    counts[counts == MISSING] = np.nan
    usual = np.array([np.nanmean(counts[slot == s], axis=0) for s in range(cycle // SLOT)])
    return usual - np.nanmean(usual, axis=0)


def _less(records: Records, usual: np.ndarray) -> Records:
    cycle = SLOT * len(usual)
    left = np.clip(np.round(records.counts - usual[_slot(records, cycle)]), -32767, 32767).astype(np.int16)
    return replace(records, counts=np.where(records.counts == MISSING, MISSING, left))


def _with(way: Judged, plain: Judged, rows: np.ndarray, fault: str, dimension: str, size: float) -> np.ndarray:
    """Values int16[n, columns] of windows with the same counts added, whichever way they are looked at."""
    plan = way.plan
    rng = np.random.default_rng([len(rows), round(size)])
    cell = rng.choice(plan.homes[dimension], len(rows))
    channel = np.array([plan.cells[k].channel for k in cell])
    away = SeverityScale(plan, plain.run.references[rows]).limit(cell) * size * rng.choice([-1, 1], len(rows))
    counts, lateness, flags = (array.copy() for array in ring.cut(plan, way.slots, rows))
    at = np.arange(plan.length)
    if fault == "hump":
        middle = rng.integers(0, plan.length, len(rows))[:, None]
        shape = np.clip(1 - np.abs(at - middle) / (plan.length / 4), 0, 1)
        # above the band, whatever the window is at there
        away += np.sign(away) * SeverityScale(plan, plain.run.references[rows]).width(channel) / 2
    else:
        shape = np.ones((len(rows), plan.length))
    x = counts[np.arange(len(rows)), channel]
    moved = np.clip(np.round(x + away[:, None] * shape), -32767, 32767)
    counts[np.arange(len(rows)), channel] = np.where(x == MISSING, MISSING, moved)
    stats = scan.scan(plan, counts, lateness, flags, way.slots.carry[rows], None, way.pairs)
    prototypes = np.repeat(way.prototypes[None], len(rows), axis=0)
    return engine.values_against(plan, stats, counts, way.run.references[rows], prototypes)


def run() -> str:
    lines = [
        "`python -m tests.bench climatology`: `[reference] cycle` was tried before it was built. A profile of the day",
        "(or of the week), a mean for each hour, is learned in commissioning (30 days) and taken from the channels;",
        "the same counts are then added to a whole window (level) or to a quarter of it (hump), sized by the limits of",
        f"the channels as they are. Recall of the largest contextual value at a realised {FALSE_ALARMS:.0%} of false",
        f"alarms, of {EACH} windows each, without the profile and with it. One river gains, the other loses as much, a",
        "household gains by its week what it loses in humps: it does not pay, and was left out.",
        "",
        f"| stream | cycle | fault | {' | '.join(f'{size:g} x limit' for size in SIZES)} |",
        f"| --- | --- | --- |{' --- |' * len(SIZES)}",
    ]
    for name, example, file in STREAMS:
        for cycle in (DAY, WEEK):
            for fault, sizes in measure(example, file, cycle).items():
                cells = " | ".join(f"{without:.2f}, {with_:.2f}" for without, with_ in sizes.values())
                lines.append(f"| {name} | {'day' if cycle == DAY else 'week'} | {fault} | {cells} |")
    return "\n".join(lines)
