"""Streams for tests: a plan with every dimension, and records from quiet to hostile."""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass, field

import numpy as np
from motegate.firmware.device import dimensions, layout
from motegate.train.catalogue.dimension import built_in
from motegate.train.policy.form import StatusField
from motegate.train.policy.plan import Cell, Channel, Column, Plan, ReferenceRule
from motegate.train.policy.plan_compiler import MODES, limit_q24

MISSING = layout.MISSING


@dataclass(frozen=True)
class Records:
    counts: np.ndarray
    seconds: np.ndarray
    millis: np.ndarray
    seqs: np.ndarray
    status: np.ndarray
    fails: dict = field(default_factory=dict)


def dimension_names() -> list[str]:
    return list(built_in())


def module(name: str):
    return __import__(f"{dimensions.__name__}.{name}", fromlist=["measure"])


def plan(length=16, hop=8, channels=2, period_ms=1000, windows=0, step_q24=60000, every=1) -> Plan:
    """A plan of every dimension over every channel, three status fields included."""
    status = ["enrichment", "integration", "location", "privacy", "trust"]
    cells: list[Cell] = []
    columns: list[Column] = []
    for name, kind in built_in().items():
        over = range(channels) if kind.scope == "channel" else [-1]
        columns.append(Column(name, tuple(len(cells) + i for i in range(len(over)))))
        cells += [Cell(name, c, MODES[kind.limit], limit_q24(kind.floor)) for c in over]
    return Plan(
        stream="test",
        period_ms=period_ms,
        length=length,
        hop=hop,
        channels=tuple(Channel(f"c{c}", (-5000, 5000), (-6000, 6000)) for c in range(channels)),
        status=tuple(StatusField(f"f{i}", d, -5, None if i % 2 else 9) for i, d in enumerate(status)),
        cells=tuple(cells),
        columns=tuple(columns),
        parents=(),
        table=(0,),
        actions=(),
        models=(),
        reference=ReferenceRule(windows, every, step_q24, 40000, 12000),
    )


def times(dt_ms: np.ndarray, start_s: int = 100_000_000) -> tuple[np.ndarray, np.ndarray]:
    """seconds int32 and millis int16 of records that follow each other by ``dt_ms``."""
    t = start_s * 1000 + np.cumsum(np.asarray(dt_ms, np.int64))
    t = np.clip(t, -(2**31) * 1000, (2**31 - 1) * 1000)
    return (t // 1000).astype(np.int32), (t % 1000).astype(np.int16)


def hostile(seed: int, n: int, plan: Plan) -> Records:
    """Extremes, missing cells and stretches, clocks that jump both ways, duplicates, sequence gaps, wild status."""
    r = np.random.default_rng(seed)
    channels, period = len(plan.channels), plan.period_ms
    level = r.integers(-3000, 3000, channels)
    counts = level + np.cumsum(r.integers(-40, 41, (n, channels)), axis=0)
    kind = r.integers(0, 8, (n // 16 + 1, channels)).repeat(16, axis=0)[:n]
    counts = np.where(kind == 0, r.choice([-32767, 32767], (n, channels)), counts)
    counts = np.where(kind == 1, r.integers(-32767, 32768, (n, channels)), counts)
    counts = np.where(kind == 2, level, counts)
    counts = np.clip(counts, -32767, 32767)
    counts[(kind == 3) | (r.random((n, channels)) < 0.03)] = MISSING
    dt = np.full(n, period, np.int64)
    odd = r.random(n)
    dt[odd < 0.08] = r.integers(0, 2 * period, (odd < 0.08).sum())
    dt[odd < 0.06] = -r.integers(0, 5 * period + 1, (odd < 0.06).sum())
    dt[odd < 0.04] = 0
    dt[odd < 0.03] = period * r.integers(2, 3 * plan.length, (odd < 0.03).sum())
    dt[odd < 0.002] = r.choice([-1, 1]) * r.integers(1, 2**40, (odd < 0.002).sum())
    seconds, millis = times(dt)
    again = np.flatnonzero((dt == 0) & (r.random(n) < 0.7))
    for i in again[again > 0]:
        counts[i] = counts[i - 1]
    seqs = (np.cumsum(r.choice([1, 1, 1, 1, 0, 2, 5, -3], n)) + r.integers(-5, 5)).astype(np.int32)
    seqs[r.random(n) < 0.05] = -1
    status = r.integers(-12, 20, (n, len(plan.status))).astype(np.int32)
    wild = r.random(status.shape)
    status[wild < 0.02] = layout.MISSING_STATUS
    status[(wild > 0.97)] = r.choice([2**30 - 1, -(2**30) + 1])
    return Records(counts.astype(np.int16), seconds, millis, seqs, status)


def columns_of(records: Records) -> tuple[array, ...]:
    """The five arrays that trace.py reads."""
    return tuple(
        array(code, np.ascontiguousarray(x, dtype).ravel().tolist())
        for code, dtype, x in (
            ("h", np.int16, records.counts), ("i", np.int32, records.seconds), ("h", np.int16, records.millis),
            ("i", np.int32, records.seqs), ("i", np.int32, records.status),
        )
    )  # fmt: skip


def job(plan: Plan, records: Records, block: int, commission: int, reference: bytes) -> str:
    """The file that trace.py loads."""
    data = [column.tolist() for column in columns_of(records)]
    return json.dumps(
        {
            "plan": plan.for_device(),
            "block": block,
            "commission": commission,
            "reference": reference.hex(),
            "data": data,
        }
    )
