"""Faults in the records: those that do not come, come twice, come late or in the wrong order.

They change how records fall into slots. Each window's records are taken out of its slots, edited, and laid out
again by the ring's own arithmetic, so that the slots are those which the device would have had.
"""

from dataclasses import dataclass, replace

import numpy as np
from motegate.firmware.device import layout as at
from motegate.firmware.device.kernels import ring

from .fault import Job, Kind


@dataclass(frozen=True)
class Record:
    """One record of a window: the slot it had, milliseconds since the record before, and its own number."""

    slot: int
    dt: int
    seq: int
    repeat: bool = False


@dataclass(frozen=True)
class Clock:
    """The stream's period, and whether its records carry sequence numbers."""

    period: int
    numbered: bool

    @property
    def scale(self) -> int:
        return max(0, self.period.bit_length() - 15)

    def lateness(self, dt: int) -> int:
        return ring.lateness_q15(dt, self.period, self.scale)

    def absent(self, dt: int) -> int:
        return ring.missed_records(dt, dt // 2000, self.period, max(1, (self.period + 500) // 1000))

    def elapsed(self, lateness: int, flags: int, absents: int) -> int:
        """A step that gives this lateness again behind so many absent slots; where it saturates, the likeliest."""
        if flags & at.DUPLICATE:
            return 0
        if flags & at.BACKWARDS:
            return -1
        if absents and lateness == 32767:
            return (absents + 1) * self.period
        return self.period + (-((-lateness * (self.period >> self.scale)) // 32768) << self.scale)


def records(clock: Clock, lateness: np.ndarray, flags: np.ndarray) -> list[Record]:
    """The records in one window's slots: int16[L] and uint8[L]."""
    found, absents, seq = [], 0, 0
    for slot, (late, flag) in enumerate(zip(lateness.tolist(), flags.tolist(), strict=True)):
        if flag & at.ABSENT:
            absents += 1
            continue
        repeat = bool(flag & at.DUPLICATE)
        seq += 0 if repeat else 2 + absents if flag & at.SEQ_GAP else 1
        found.append(Record(slot, clock.elapsed(late, flag, absents), seq, repeat))
        absents = 0
    return found


def lay(clock: Clock, edited: list[Record], lateness: np.ndarray, flags: np.ndarray):
    """Slots of one window again: (source slot of each or -1, lateness, flags); what runs over is cut off.

    The first record keeps what the window had in front of it, since its past lies outside.
    """
    length = len(lateness)
    head = int(np.argmax((flags & at.ABSENT) == 0))
    source, late, flag = [-1] * head, [0] * head, [at.ABSENT] * head
    before = None
    for record in edited:
        if before is None:
            source.append(record.slot)
            late.append(int(lateness[head]))
            flag.append(int(flags[head]))
        else:
            gap = clock.absent(record.dt)
            source += [-1] * gap + [record.slot]
            late += [0] * gap + [clock.lateness(record.dt)]
            mark = 0 if record.dt > 0 else at.DUPLICATE if record.dt == 0 and record.repeat else at.BACKWARDS
            step = record.seq - before.seq
            if clock.numbered and step != 1 and not (mark == at.DUPLICATE and step == 0):
                mark |= at.SEQ_GAP
            flag += [at.ABSENT] * gap + [mark]
        before = record
    rest = max(0, length - len(source))
    source += [-1] * rest
    late += [0] * rest
    flag += [at.ABSENT] * rest
    return source[:length], late[:length], flag[:length]


def _edit(job: Job, change) -> None:
    """Applies ``change(records, size, rng) -> records`` to each window."""
    windows = job.windows
    clock = Clock(job.plan.period_ms, windows.numbered)
    sources = np.empty((len(job.rows), job.length), np.int64)
    for row in job.rows:
        found = records(clock, windows.lateness[row], windows.flags[row])
        edited = change(clock, found, float(job.size[row]), job.rng) if len(found) > 3 else found
        sources[row], late, flags = lay(clock, edited, windows.lateness[row], windows.flags[row])
        windows.lateness[row], windows.flags[row] = late, flags
    there = sources >= 0
    moved = np.take_along_axis(windows.counts, np.maximum(sources, 0)[:, None], axis=2)
    windows.counts[:] = np.where(there[:, None], moved, at.MISSING)


def _choose(rng: np.random.Generator, n: int, k: int, together: float = 0.5) -> np.ndarray:
    """k of 1 .. n - 1, ascending: one stretch with probability ``together``, or scattered."""
    k = min(k, n - 1)
    if rng.random() >= together:
        return np.sort(rng.permutation(n - 1)[:k]) + 1
    return rng.integers(0, n - k) + np.arange(k) + 1


def _flagged(job: Job, flags: int) -> np.ndarray:
    return ((job.windows.flags & flags) > 0).sum(axis=1).astype(float)


def drop(clock: Clock, found: list[Record], size: float, rng: np.random.Generator) -> list[Record]:
    """Records that do not come; the next one's step covers them."""
    together = rng.random() < 0.5
    if clock.numbered:  # each hole is a gap in the numbers, too, and counts once more
        size = size - 1 if together else size / 2
    gone = set(_choose(rng, len(found), max(1, round(size)), together).tolist())
    kept, waiting = [], 0
    for i, record in enumerate(found):
        if i in gone:
            waiting += max(record.dt, 0)
        else:
            kept.append(replace(record, dt=record.dt + waiting, repeat=record.repeat and not waiting))
            waiting = 0
    return kept


def skip(clock: Clock, found: list[Record], size: float, rng: np.random.Generator) -> list[Record]:
    """Sequence numbers that are left out, although the records' times are even."""
    gaps = set(_choose(rng, len(found), max(1, round(size))).tolist())
    result, extra = [], 0
    for i, record in enumerate(found):
        extra += int(rng.integers(1, 4)) if i in gaps else 0
        result.append(replace(record, seq=record.seq + extra))
    return result


def repeat(clock: Clock, found: list[Record], size: float, rng: np.random.Generator) -> list[Record]:
    """Records sent again: the same time, number and samples."""
    result = list(found)
    for i in _choose(rng, len(found) // 2, max(1, round(size)))[::-1]:
        result.insert(i + 1, replace(found[i], dt=0, repeat=True))
    return result


def disorder(clock: Clock, found: list[Record], size: float, rng: np.random.Generator) -> list[Record]:
    """Time goes backwards: neighbours that change places, or a clock that is set back."""
    result = list(found)
    k = max(1, round(size))
    swap = rng.random() < 0.5
    for i in _choose(rng, len(found) - 2, min(k, len(found) // 3) if swap else k)[:: 2 if swap else 1]:
        a, b, c = result[i : i + 3]
        if not swap:
            result[i] = replace(a, dt=-int(rng.integers(1, clock.period)), repeat=False)
        elif min(a.dt, b.dt, c.dt) > 0:
            result[i : i + 3] = [
                replace(b, dt=a.dt + b.dt, repeat=False),
                replace(a, dt=-b.dt, repeat=False),
                replace(c, dt=b.dt + c.dt, repeat=False),
            ]
    return result


def jitter(clock: Clock, found: list[Record], size: float, rng: np.random.Generator) -> list[Record]:
    """Steps early and late by ``size`` periods on the mean; where that would turn time back, late only."""
    early = size * 1.5 < 0.9
    result = []
    for record in found:
        error = size * rng.uniform(0.5, 1.5) * (rng.choice([-1.0, 1.0]) if early else 1.0)
        dt = clock.period + round(error * clock.period)
        result.append(replace(record, dt=max(1, dt)) if record.dt > 0 else record)
    return result


def missing_records(job: Job) -> np.ndarray:
    _edit(job, drop)
    return _flagged(job, at.ABSENT) + _flagged(job, at.SEQ_GAP)


def sequence_gaps(job: Job) -> np.ndarray:
    _edit(job, skip)
    return _flagged(job, at.ABSENT) + _flagged(job, at.SEQ_GAP)


def duplicates(job: Job) -> np.ndarray:
    _edit(job, repeat)
    return _flagged(job, at.DUPLICATE)


def reordering(job: Job) -> np.ndarray:
    _edit(job, disorder)
    return _flagged(job, at.BACKWARDS)


def lateness(job: Job) -> np.ndarray:
    _edit(job, jitter)
    late = np.abs(job.windows.lateness.astype(np.float64)).sum(axis=1) / 32768
    return late / np.maximum(job.length - _flagged(job, at.ABSENT), 1)


KINDS = (
    Kind("missing records", "continuity", missing_records),
    Kind("sequence gaps", "continuity", sequence_gaps),
    Kind("duplicates", "uniqueness", duplicates),
    Kind("reordering", "ordering", reordering),
    Kind("jitter", "timeliness", lateness),
)
