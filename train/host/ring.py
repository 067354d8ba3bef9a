"""The ring over a whole recording, vectorised: bit for bit the slots and windows that the device's own makes of it."""

from dataclasses import dataclass

import numpy as np
from motegate.firmware.device import layout
from motegate.firmware.device.layout import MISSING

from ..policy import Plan


@dataclass(frozen=True)
class Slots:
    """A recording as the ring holds it, all of it.

    ``counts`` int16[C, n], ``lateness`` int16[n] (Q15 of a period), ``flags`` int16[n], ``row`` int32[n]: the
    record in each slot, -1 where none came. ``windows`` int64[k]: where each window begins. ``last_row``
    int64[k]: the newest record when it was due. ``carry`` int32[k, C, 2]: the run at the end of the window before
    and its value, 0 where there is none. ``missed``: records that no window holds.
    """

    counts: np.ndarray
    lateness: np.ndarray
    flags: np.ndarray
    row: np.ndarray
    windows: np.ndarray
    last_row: np.ndarray
    carry: np.ndarray
    missed: int


def concatenate(parts: list[Slots]) -> Slots:
    """Several recordings as one: windows of each lie in its own slots; rows count on."""
    slots = np.cumsum([0] + [len(part.row) for part in parts])
    rows = np.cumsum([0] + [int(part.row.max(initial=-1)) + 1 for part in parts])
    return Slots(
        np.concatenate([part.counts for part in parts], axis=1),
        np.concatenate([part.lateness for part in parts]),
        np.concatenate([part.flags for part in parts]),
        np.concatenate([np.where(part.row < 0, -1, part.row + r) for part, r in zip(parts, rows, strict=False)]),
        np.concatenate([part.windows + s for part, s in zip(parts, slots, strict=False)]),
        np.concatenate([part.last_row + r for part, r in zip(parts, rows, strict=False)]),
        np.concatenate([part.carry for part in parts]),
        sum(part.missed for part in parts),
    )


def elapsed_ms(records) -> tuple[np.ndarray, np.ndarray]:
    """Saturating milliseconds from each record to the next, and half their seconds: int64[n - 1] both."""
    seconds = records.seconds.astype(np.int64)
    half = (seconds[1:] >> 1) - (seconds[:-1] >> 1)
    dt = np.diff(seconds) * 1000 + np.diff(records.millis.astype(np.int64))
    dt = np.where(half > 249999, layout.LONG_MS, np.where(half < -249999, -layout.LONG_MS, dt))
    return dt, half


def lateness_q15(plan: Plan, dt: np.ndarray) -> np.ndarray:
    period = plan.period_ms
    scale = 0
    while period >> scale > 32767:
        scale += 1
    d = dt - period
    late = np.clip(((np.clip(d, -period, period) >> scale) << 15) // (period >> scale), -32768, 32767)
    return np.where(d >= period, 32767, np.where(d <= -period, -32768, late)).astype(np.int16)


def missed_records(plan: Plan, dt: np.ndarray, half: np.ndarray) -> np.ndarray:
    period = plan.period_ms
    period_s = max(1, (period + 500) // 1000)
    missed = np.where(2 * dt < 3 * period, 0, (2 * dt + period) // (2 * period) - 1)
    long = np.maximum((np.minimum(half, 0xFFFFFFF) * 2 + period_s // 2) // period_s - 1, 0)
    return np.where(dt >= layout.LONG_MS, long, missed)


def _flags(records, dt: np.ndarray) -> np.ndarray:
    n = len(records.seconds)
    flags = np.zeros(n, np.int16)
    if n < 2:
        return flags
    same = (records.counts[1:] == records.counts[:-1]).all(axis=1)
    flags[1:] = np.where(dt > 0, 0, np.where((dt == 0) & same, layout.DUPLICATE, layout.BACKWARDS))
    seqs = records.seqs.astype(np.int64)
    step = (seqs[1:] - seqs[:-1]) & layout.SEQ_MASK
    gap = (seqs[1:] >= 0) & (seqs[:-1] >= 0) & (step != 1) & ~((flags[1:] == layout.DUPLICATE) & (step == 0))
    flags[1:] |= np.where(gap, layout.SEQ_GAP, 0).astype(np.int16)
    return flags


def expand(plan: Plan, records) -> Slots:
    """Puts a recording's records into slots and says where its windows begin."""
    length, hop = plan.length, plan.hop
    n = len(records.seconds)
    n_channels = len(plan.channels)
    dt, half = elapsed_ms(records)
    late = np.zeros(n, np.int16)
    late[1:] = lateness_q15(plan, dt)
    flags = _flags(records, dt)
    gap = np.zeros(n, np.int64)
    gap[1:] = missed_records(plan, dt, half)
    fresh = np.flatnonzero(gap > length)
    starts = np.concatenate(([0], fresh)) if n else np.zeros(0, np.int64)
    ends = np.append(starts[1:], n)
    before = np.where(gap > length, 0, gap)
    windows, closings, begins = [], [], []
    begin = 0
    missed = 0
    for start, end in zip(starts, ends, strict=True):
        filled = int(before[start:end].sum()) + int(end - start)
        closing = 0
        if end < n:
            closing = length - filled if filled < length else -(filled - length) % hop
            missed = min(missed + int(gap[end]) - closing, layout.MOST_MISSED)
        closings.append(closing)
        begins.append(begin)
        total = filled + closing
        if total >= length:
            windows.append(begin + np.arange(0, total - length + 1, hop))
        begin += total
    closing_before = np.zeros(n, np.int64)
    if len(starts) > 1:
        closing_before[starts[1:]] = closings[:-1]
    at = np.cumsum(1 + before + closing_before) - 1
    row = np.full(begin, -1, np.int32)
    row[at] = np.arange(n)
    there = row >= 0
    counts = np.full((n_channels, begin), MISSING, np.int16)
    counts[:, there] = records.counts.T
    lateness = np.zeros(begin, np.int16)
    lateness[there] = late
    slot_flags = np.full(begin, layout.ABSENT, np.int16)
    slot_flags[there] = flags
    first = np.concatenate(windows).astype(np.int64) if windows else np.zeros(0, np.int64)
    newest = np.maximum.accumulate(np.where(there, row, -1)) if begin else row
    return Slots(
        counts, lateness, slot_flags, row, first, newest[first + length - 1].astype(np.int64),
        _carry(counts, np.asarray(begins, np.int64), first, hop, length), missed,
    )  # fmt: skip


def _carry(counts: np.ndarray, begins: np.ndarray, windows: np.ndarray, hop: int, length: int) -> np.ndarray:
    """For each window and channel the run at the end of the window before and its value: int32[k, C, 2]."""
    n_channels, n = counts.shape
    carry = np.zeros((len(windows), n_channels, layout.CARRY_STRIDE), np.int32)
    if not len(windows):
        return carry
    segment = np.searchsorted(begins, windows, side="right") - 1
    follows = np.append(False, segment[1:] == segment[:-1])
    end = np.where(follows, windows - hop + length - 1, 0)  # last slot of the window before
    slot_segment = np.searchsorted(begins, np.arange(n), side="right") - 1
    for c in range(n_channels):
        valid = np.flatnonzero(counts[c] != MISSING)
        x, of = counts[c][valid], slot_segment[valid]
        new = np.append(True, (x[1:] != x[:-1]) | (of[1:] != of[:-1]))
        began = np.maximum.accumulate(np.where(new, np.arange(len(valid)), 0))
        run = np.arange(len(valid)) - began + 1
        newest = np.searchsorted(valid, end, side="right") - 1
        has = follows & (newest >= 0) if len(valid) else np.zeros(len(windows), bool)
        has[has] = of[newest[has]] == segment[has]
        carry[has, c, layout.CARRY_RUN] = np.minimum(run[newest[has]], layout.LONGEST_RUN)
        carry[has, c, layout.CARRY_VALUE] = x[newest[has]]
    return carry


def cut(plan: Plan, slots: Slots, index: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The slots of some windows: counts int16[N, C, L], lateness int16[N, L], flags int16[N, L]."""
    at = slots.windows[index][:, None] + np.arange(plan.length)
    return slots.counts[:, at].transpose(1, 0, 2), slots.lateness[at], slots.flags[at]
