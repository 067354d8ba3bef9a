"""Single faults put into a stream's slots, hop by hop, the reference following through them."""

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
from motegate.firmware.device import layout
from motegate.firmware.device.layout import MISSING
from motegate.train import faults
from motegate.train.faults import Faulty, Kind, Windows
from motegate.train.host import engine, ring, scan
from motegate.train.policy import Plan

from .stream import Stream, part

APART = 3  # lengths of a window, at least, from one fault to the next
SHOWN = 0.99  # of the severity asked for: what a window cannot show is no fault of that severity


@dataclass(frozen=True)
class Wish:
    """A fault to be put somewhere: its kind, and how many times its home's limit; ``second``: one of another kind on
    top of it, as severe."""

    kind: Kind
    severity: float
    second: Kind | None = None

    @property
    def kinds(self) -> list[Kind]:
        return [kind for kind in (self.kind, self.second) if kind is not None]


@dataclass(frozen=True)
class Faulted:
    """A stream with single faults in it: what the device makes of the windows that hold one whole, a row each.

    ``slots`` and ``stats`` are the whole recording's; ``rows`` says which windows of the stream, ``cells`` int[n, 2]
    the home of each fault and of the second, -1 without, ``placed`` which it is, ``windows`` how it was injected.
    """

    slots: ring.Slots
    stats: np.ndarray
    rows: np.ndarray
    cells: np.ndarray
    placed: list[Wish]
    windows: list[Windows]
    values: np.ndarray
    no_data: np.ndarray


def kinds(stream: Stream) -> list[Kind]:
    """The kinds that slots can hold: none of status fields, of the reference, or of a user's own dimension."""
    known = {kind.name for kind in faults.all_kinds() if kind.home not in faults.STATUS_HOMES} - {"ageing"}
    some = stream.window(int(np.flatnonzero(stream.clean)[0]))
    return [kind for kind in faults.kinds(stream.plan, some) if kind.name in known]


def deal(some: list[Kind], severities: tuple[float, ...], each: int, rng: np.random.Generator) -> deque[Wish]:
    """So many of each kind at each severity, in random order."""
    wishes = [Wish(kind, severity) for kind in some for severity in severities for _ in range(each)]
    return deque(wishes[i] for i in rng.permutation(len(wishes)))


def deal_two(some: list[Kind], severities: tuple[float, ...], each: int, rng: np.random.Generator) -> deque[Wish]:
    """The same, with one of another home on top of each, drawn for each."""
    alone = deal(some, severities, each, rng)
    others = {kind: [other for other in some if other.home != kind.home] for kind in some}
    return deque(replace(wish, second=others[wish.kind][rng.integers(len(others[wish.kind]))]) for wish in alone)


def put(stream: Stream, wishes: deque[Wish], rng: np.random.Generator) -> Faulted:
    """One pass through the stream: takes wishes while there is room, and lets the device run over what came of them.

    They lie all over the stream, at least three lengths apart. A fault's size comes from the reference before its
    window in the stream as it was. A wish that its window cannot show is dropped.
    """
    placing = _Placing(stream, len(wishes), rng)
    while wishes and placing.place(wishes[0]):
        wishes.popleft()
    slots = replace(placing.slots, carry=carry(stream.plan, placing.slots))
    stats = _measured_again(stream, slots, placing.touched)
    rows = np.array(placing.rows, int)
    end = stream.begin + int(rows.max(initial=-1)) + 1
    run = engine.Engine(stream.plan, stream.reference, 0).run(part(slots, stream.begin, end), stats[stream.begin : end])
    return Faulted(
        slots, stats, rows, np.array(placing.cells, int).reshape(-1, 2), placing.placed, placing.windows,
        run.values[rows], run.no_data[rows],
    )  # fmt: skip


class _Placing:
    """Lays ``n`` faults into a copy of a stream's slots, from its beginning on, as many as there is room for."""

    def __init__(self, stream: Stream, n: int, rng: np.random.Generator):
        held = stream.slots
        arrays = {name: getattr(held, name).copy() for name in ("counts", "lateness", "flags")}
        self.slots = replace(held, **arrays)
        self.touched = np.zeros(len(held.flags), bool)
        self.rows: list[int] = []
        self.cells: list[tuple[int, int]] = []
        self.placed: list[Wish] = []
        self.windows: list[Windows] = []
        self._stream = stream
        self._rng = rng
        self._apart = -(-APART * stream.plan.length // stream.plan.hop)
        self._since = _began(stream.plan, held.windows)[stream.begin :]
        self._starts = held.windows[stream.begin :]
        self._slack = max(self._apart, 2 * (len(stream) // max(1, n) - self._apart))
        self._row = int(
            rng.integers(0, min(self._slack, len(stream)))
        )  # the first window that may hold the next fault, and slot
        self._free = int(self._starts[0])

    def place(self, wish: Wish) -> bool:
        """False: there is no room left in the stream."""
        stream, plan = self._stream, self._stream.plan
        row = self._clean(self._row)
        while row is not None:
            some = stream.window(row)
            windows, homes, least = some, [], wish.severity
            for kind in wish.kinds:
                faulty = faults.inject(plan, windows, kind, np.array([wish.severity]), self._rng)
                windows = faulty.windows
                homes.append(int(faulty.cell[0]))
                least = min(least, faulty.severity[0])
            if least < SHOWN * wish.severity:
                self._onwards(row)
                return True
            before = self._before(row, some, faulty)
            lacking = max(self._free, int(self._since[row])) - min([int(self._starts[row]), *(s[0] for _, s in before)])
            if lacking <= 0:
                self._write(row, faulty, before)
                self.cells.append((homes[0], homes[1] if len(homes) > 1 else -1))
                self.placed.append(wish)
                return True
            row = self._clean(row + -(-lacking // plan.hop))
        return False

    def _clean(self, row: int) -> int | None:
        found = np.flatnonzero(self._stream.clean[row:])
        return row + int(found[0]) if len(found) else None

    def _before(self, row: int, some: Windows, faulty: Faulty) -> list[tuple[int, np.ndarray]]:
        """(channel, slots) in front of the window that a run which begins before it needs."""
        found = []
        plan, start = self._stream.plan, self._starts[row]
        for c in np.flatnonzero((faulty.windows.carry != some.carry)[0].any(axis=1)):
            n = int(faulty.windows.carry[0, c, layout.CARRY_RUN]) - (plan.length - plan.hop)
            if n > 0:
                found.append((int(c), np.flatnonzero(self.slots.counts[c, :start] != MISSING)[-n:]))
        return [(c, at) for c, at in found if len(at)]

    def _write(self, row: int, faulty: Faulty, before: list[tuple[int, np.ndarray]]) -> None:
        start, length = int(self._starts[row]), self._stream.plan.length
        here = slice(start, start + length)
        self.slots.counts[:, here] = faulty.windows.counts[0]
        self.slots.lateness[here] = faulty.windows.lateness[0]
        self.slots.flags[here] = faulty.windows.flags[0]
        self.touched[here] = True
        for c, at in before:
            self.slots.counts[c, at] = faulty.windows.carry[0, c, layout.CARRY_VALUE]
            self.touched[at] = True
        self.rows.append(row)
        self.windows.append(faulty.windows)
        self._free = start + length
        self._onwards(row)

    def _onwards(self, row: int) -> None:
        self._row = row + self._apart + int(self._rng.integers(0, self._slack))


def _measured_again(stream: Stream, slots: ring.Slots, touched: np.ndarray) -> np.ndarray:
    """Statistics, anew for windows with a touched slot or another run before them."""
    sums = np.concatenate(([0], np.cumsum(touched)))
    again = sums[slots.windows + stream.plan.length] > sums[slots.windows]
    again |= (slots.carry != stream.slots.carry).any(axis=(1, 2))
    index = np.flatnonzero(again)
    stats = stream.stats.copy()
    status = stream.status[index] if stream.plan.status else None
    held = ring.cut(stream.plan, slots, index)
    stats[index] = scan.scan(stream.plan, *held, slots.carry[index], status, stream.pairs)
    return stats


def _began(plan: Plan, starts: np.ndarray) -> np.ndarray:
    """For each window the slot where its ring began afresh: one that does not begin a hop behind the window before it
    is the first of its ring."""
    if plan.hop == plan.length:
        raise ValueError("windows that only touch do not show where the ring began afresh")
    fresh = np.append(True, np.diff(starts) != plan.hop)
    return starts[np.maximum.accumulate(np.where(fresh, np.arange(len(starts)), 0))]


def carry(plan: Plan, slots: ring.Slots) -> np.ndarray:
    """What ``slots.carry`` has to be for their counts, int32[k, C, 2]: the ring's own arithmetic, after an edit."""
    starts = slots.windows
    since = _began(plan, starts)
    first = np.zeros(slots.counts.shape[1], bool)
    first[since] = True
    segment = np.cumsum(first)
    follows = since != starts
    found = np.zeros((len(starts), len(plan.channels), layout.CARRY_STRIDE), np.int32)
    for c, counts in enumerate(slots.counts):
        at = np.flatnonzero(counts != MISSING)
        if not len(at):
            continue
        x, of = counts[at], segment[at]
        new = np.append(True, (x[1:] != x[:-1]) | (of[1:] != of[:-1]))
        run = np.arange(len(at)) - np.maximum.accumulate(np.where(new, np.arange(len(at)), 0)) + 1
        newest = np.maximum(np.searchsorted(at, starts - plan.hop + plan.length) - 1, 0)
        has = follows & (at[newest] < starts - plan.hop + plan.length) & (at[newest] >= since)
        found[has, c, layout.CARRY_RUN] = np.minimum(run[newest[has]], layout.LONGEST_RUN)
        found[has, c, layout.CARRY_VALUE] = x[newest[has]]
    return found
