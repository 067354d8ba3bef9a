"""Scan over windows, vectorised: bit for bit what the device's own makes of them.

Only the histogram is left out, since it lies on the reference's bins, which follow: the engine adds it.
"""

import numpy as np
from motegate.firmware.device import layout
from motegate.firmware.device.boot.status import status_bounds, status_layout
from motegate.firmware.device.layout import MISSING

from ..policy import Plan
from .ring import Slots, cut, expand

CHUNK = 2048
"""Windows scanned at a time: 2,048 of 64 slots take some 10 MB."""


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
        if pairs is not None and pairs[c][0] >= 0 and plan.reads & layout.READ_PAIR:
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
    _differences(plan.reads, x, valid, lateness, out)
    _runs(plan, x, valid, carry, out)
    if plan.reads & layout.READ_DISTINCT:
        ordered = np.sort(np.where(valid, x, 40000), axis=1)
        new = (ordered[:, 1:] != ordered[:, :-1]) & (ordered[:, 1:] != 40000)
        out[:, layout.DISTINCT] = new.sum(axis=1) + some
    out[:, layout.RAILED] = (valid & ((x <= rail_low) | (x >= rail_high))).sum(axis=1)
    out[:, layout.OUTSIDE] = (valid & ((x < low) | (x > high))).sum(axis=1)


def _differences(reads: int, x: np.ndarray, valid: np.ndarray, lateness: np.ndarray, out: np.ndarray) -> None:
    two = valid[:, 1:] & valid[:, :-1]
    dx = np.where(two, np.abs(x[:, 1:] - x[:, :-1]), 0)
    out[:, layout.DX_N] = two.sum(axis=1)
    out[:, layout.DX_SUM] = dx.sum(axis=1)
    if reads & layout.READ_BITS:
        out[:, layout.DX_BITS] = np.frexp(dx)[1].sum(axis=1)
    if reads & layout.READ_RATE:
        late = lateness[:, 1:].astype(np.int32)
        per = np.maximum((32768 + late) >> 1, 1)
        whole, rest = np.divmod(dx << 14, per)
        rate = (np.minimum(whole, 0x1FFFFF) << 8) + (rest << 8) // per
        out[:, layout.RATE_MAX] = np.where(two & (late != -32768), rate, 0).max(axis=1)
    if reads & layout.READ_SPIKE:
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
