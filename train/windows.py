"""Ring and scan over a whole recording, vectorised: bit for bit what the device's own make of it.

Only the histogram is left out, since it lies on the reference's bins, which follow: the engine adds it.
"""

from dataclasses import dataclass

import numpy as np
from motegate.firmware.device import layout
from motegate.firmware.device.boot.status import status_bounds, status_layout

from .plan import Plan

MISSING = layout.MISSING
CHUNK = 2048
"""Windows scanned at a time: 2,048 of 64 slots take some 10 MB."""


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


def scan(
    plan: Plan,
    counts: np.ndarray,
    lateness: np.ndarray,
    flags: np.ndarray,
    carry: np.ndarray | None = None,
    status: np.ndarray | None = None,
    pairs: list[tuple[int, int]] | None = None,
) -> np.ndarray:
    """Statistics of windows: int32[N, n_stats], histograms left at zero.

    counts int16[N, C, L], lateness and flags int16[N, L], oldest slot first; carry int32[N, C, 2] (none: no run
    reaches in); status int32[N, F]; pairs: for each channel its partner (or -1) and gain in Q12.
    """
    n, n_channels, length = counts.shape
    mapping = plan.for_device()
    _, fields, size = status_layout(mapping)
    stats = np.zeros((n, size), np.int32)
    if n == 0:
        return stats
    bounds = np.zeros(size, np.int64)
    status_bounds(mapping, bounds)
    stats[:] = bounds
    late = np.abs(lateness.astype(np.int32))
    stats[:, layout.LENGTH] = length
    for k, flag in enumerate((layout.ABSENT, layout.DUPLICATE, layout.BACKWARDS, layout.SEQ_GAP)):
        stats[:, layout.ABSENTS + k] = ((flags & flag) != 0).sum(axis=1)
    stats[:, layout.LATE_SUM] = late.sum(axis=1)
    if status is not None:
        stats[:, fields] = status
    for c in range(n_channels):
        at = layout.HEAD + c * layout.STRIDE
        block = stats[:, at : at + layout.STRIDE]
        _scan_channel(plan, c, counts[:, c], lateness, None if carry is None else carry[:, c], block)
        if pairs is not None and pairs[c][0] >= 0:
            _scan_pair(counts[:, c], counts[:, pairs[c][0]], pairs[c][1], block)
    return stats


def _scan_channel(plan: Plan, c: int, counts: np.ndarray, lateness: np.ndarray, carry, out: np.ndarray) -> None:
    length = counts.shape[1]
    x = counts.astype(np.int32)
    valid = counts != MISSING
    low, high = plan.channels[c].range
    rail_low, rail_high = plan.channels[c].rails
    count = valid.sum(axis=1)
    some = count > 0
    kept = np.where(valid, x, 0)
    out[:, layout.VALID] = count
    out[:, layout.MIN] = np.where(some, np.where(valid, x, 32767).min(axis=1), 0)
    out[:, layout.MAX] = np.where(some, np.where(valid, x, -32767).max(axis=1), 0)
    out[:, layout.SUM] = kept.sum(axis=1)
    quarters = 4 * np.arange(length) // length
    for q in range(4):
        out[:, layout.QUARTER_SUM + q] = kept[:, quarters == q].sum(axis=1)
        out[:, layout.QUARTER_VALID + q] = valid[:, quarters == q].sum(axis=1)
    _differences(x, valid, lateness, out)
    _runs(plan, x, valid, carry, out)
    ordered = np.sort(np.where(valid, x, 40000), axis=1)
    new = (ordered[:, 1:] != ordered[:, :-1]) & (ordered[:, 1:] != 40000)
    out[:, layout.DISTINCT] = new.sum(axis=1) + some
    out[:, layout.RAILED] = (valid & ((x <= rail_low) | (x >= rail_high))).sum(axis=1)
    out[:, layout.OUTSIDE] = (valid & ((x < low) | (x > high))).sum(axis=1)


def _differences(x: np.ndarray, valid: np.ndarray, lateness: np.ndarray, out: np.ndarray) -> None:
    two = valid[:, 1:] & valid[:, :-1]
    dx = np.where(two, np.abs(x[:, 1:] - x[:, :-1]), 0)
    out[:, layout.DX_N] = two.sum(axis=1)
    out[:, layout.DX_SUM] = dx.sum(axis=1)
    late = lateness[:, 1:].astype(np.int32)
    per = np.maximum((32768 + late) >> 1, 1)
    whole, rest = np.divmod(dx << 14, per)
    rate = (np.minimum(whole, 0x1FFFFF) << 8) + (rest << 8) // per
    out[:, layout.RATE_MAX] = np.where(two & (late != -32768), rate, 0).max(axis=1)
    three = two[:, 1:] & two[:, :-1]
    spike = np.where(three, np.abs(2 * x[:, 1:-1] - x[:, :-2] - x[:, 2:]), 0)
    out[:, layout.SPIKE_N] = three.sum(axis=1)
    out[:, layout.SPIKE_SUM] = spike.sum(axis=1)
    out[:, layout.SPIKE_MAX] = spike.max(axis=1)


def _runs(plan: Plan, x: np.ndarray, valid: np.ndarray, carry, out: np.ndarray) -> None:
    """The longest run; missing samples neither break one nor count."""
    n, length = x.shape
    order = np.argsort(~valid, axis=1, kind="stable")  # valid samples moved to the front, in order
    packed = np.take_along_axis(x, order, axis=1)
    count = valid.sum(axis=1)
    at = np.arange(length)
    inside = at < count[:, None]
    same = np.zeros((n, length), bool)
    same[:, 1:] = (packed[:, 1:] == packed[:, :-1]) & inside[:, 1:]
    began = np.maximum.accumulate(np.where(same, 0, at), axis=1)
    run = np.where(inside, at - began + 1, 0)
    longest = run.max(axis=1)
    last = np.maximum(count - 1, 0)
    some = count > 0
    if carry is not None:
        fresh = valid[:, length - plan.hop :].sum(axis=1)
        value = packed[np.arange(n), last]
        whole = some & (longest == count) & (carry[:, layout.CARRY_RUN] > 0) & (carry[:, layout.CARRY_VALUE] == value)
        longest = np.maximum(
            longest, np.where(whole, np.minimum(carry[:, layout.CARRY_RUN] + fresh, layout.LONGEST_RUN), 0)
        )
    out[:, layout.RUN] = np.where(some, longest, 0)


def _scan_pair(x: np.ndarray, y: np.ndarray, gain: int, out: np.ndarray) -> None:
    both = (x != MISSING) & (y != MISSING)
    r = np.where(both, x.astype(np.int64) - (gain * y.astype(np.int64) >> 12), 0)
    n = both.sum(axis=1)
    mean = np.where(n > 0, (2 * r.sum(axis=1) + n) // np.maximum(2 * n, 1), 0)
    out[:, layout.PAIR_N] = n
    out[:, layout.RESIDUAL_SUM] = np.where(both, np.abs(r - mean[:, None]), 0).sum(axis=1)


def measure(plan: Plan, records, pairs: list[tuple[int, int]] | None = None) -> tuple[Slots, np.ndarray]:
    """Slots of a recording and the statistics int32[k, n_stats] of its own windows."""
    slots = expand(plan, records)
    k = len(slots.windows)
    parts = []
    for start in range(0, k, CHUNK):
        index = np.arange(start, min(start + CHUNK, k))
        status = records.status[slots.last_row[index]] if plan.status else None
        parts.append(scan(plan, *cut(plan, slots, index), slots.carry[index], status, pairs))
    if not parts:
        return slots, np.zeros((0, status_layout(plan.for_device())[2]), np.int32)
    return slots, np.concatenate(parts)
