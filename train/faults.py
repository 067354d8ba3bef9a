"""Faults: failing windows made from good ones, each of a kind, a severity and a home dimension.

A kind moves its *home* dimension: its size is ``severity`` tails of it, taken from the reference that the window is
judged against, so the home's value becomes about 256 * log2(1 + severity). It fails the parents that hold the
home directly. Faults are put into slots, where thousands of windows are edited at once; what the ring would
have made of faulty records is the same, bit for bit (a test).

To add one: a function of a ``Job`` in signal_faults.py, level_faults.py or record_faults.py, and its line in
``KINDS`` there.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from motegate.firmware.device import layout as at

from .plan import Parent, Plan
from .yardstick import Yardstick

STATUS_HOMES = ("integration", "enrichment", "location", "trust", "privacy")


@dataclass(frozen=True)
class Windows:
    """N windows as the ring held them, with the reference that each is judged against.

    counts int16[N, C, L], lateness and flags int16[N, L], carry int32[N, C, 2] (the run at the end of the window
    before, and its value), status int32[N, F], references int32[N, n_ref]; ``numbered``: the records carry
    sequence numbers.
    """

    counts: np.ndarray
    lateness: np.ndarray
    flags: np.ndarray
    carry: np.ndarray
    status: np.ndarray
    references: np.ndarray
    numbered: bool = False

    def __len__(self) -> int:
        return len(self.counts)

    def take(self, index: np.ndarray) -> "Windows":
        """Copies of the windows at ``index``."""
        arrays = (self.counts, self.lateness, self.flags, self.carry, self.status, self.references)
        counts, lateness, flags, carry, status, references = (np.ascontiguousarray(a[index]) for a in arrays)
        return Windows(counts, lateness, flags, carry, status, references, self.numbered)


class Job:
    """Windows in the making: what a kind's function may read and change.

    ``windows`` are copies to edit in place; ``channel`` int[N] (-1 without), ``size`` float64[N] in the home's
    unit, ``rng``, ``yard``. ``rows`` numbers the windows, ``length`` is L.
    """

    def __init__(self, plan: Plan, windows: Windows, home: str, channel, size, rng: np.random.Generator):
        self.plan = plan
        self.windows = windows
        self.home = home
        self.channel = channel
        self.size = size
        self.rng = rng
        self.yard = Yardstick(plan, windows.references)
        self.rows = np.arange(len(windows))
        self.length = windows.counts.shape[2]

    def signal(self) -> np.ndarray:
        """The chosen channel's samples, float64[N, L]; NaN where there is none."""
        x = self.windows.counts[self.rows, self.channel].astype(np.float64)
        x[x == at.MISSING] = np.nan
        return x

    def put(self, x: np.ndarray) -> None:
        """Writes the chosen channel back: NaN is missing, beyond 16 bits saturates, as in Channel.count."""
        counts = np.clip(np.floor(np.nan_to_num(x) + 0.5), -32767, 32767)
        self.windows.counts[self.rows, self.channel] = np.where(np.isnan(x), at.MISSING, counts)

    def signs(self) -> np.ndarray:
        return self.rng.choice([-1.0, 1.0], len(self.rows))

    def pick(self, allowed: np.ndarray, n: np.ndarray) -> np.ndarray:
        """bool[N, L]: n[N] slots of each window among ``allowed``, scattered or side by side."""
        keys = self.rng.random(allowed.shape)
        together = self.rng.random(len(self.rows)) < 0.5
        start = self.rng.integers(0, self.length, len(self.rows))
        after = (np.arange(self.length) - start[:, None]) % self.length
        keys = np.where(together[:, None], after / self.length, keys)
        keys[~allowed] = 2.0
        rank = np.argsort(np.argsort(keys, axis=1, kind="stable"), axis=1, kind="stable")
        return (rank < np.asarray(n)[:, None]) & allowed

    def one_of(self, allowed: np.ndarray) -> np.ndarray:
        """int[N]: one slot of each window, among ``allowed`` where there is one."""
        return np.argmax(self.rng.random(allowed.shape) + allowed, axis=1)


@dataclass(frozen=True)
class Kind:
    """``make(job)`` edits the job's windows and returns the size reached, float64[N] (a window can hold only
    so many missing samples), or None where that is the size asked for."""

    name: str
    home: str
    make: Callable[[Job], np.ndarray | None]


@dataclass(frozen=True)
class Faulty:
    """Windows with a fault each: ``cell`` int[N] is its home, ``severity`` float64[N] what was reached, in tails.

    ``raised`` (column, value) overrides stand for a user's own dimension, whose faults are not known.
    """

    windows: Windows
    kind: str
    cell: np.ndarray
    severity: np.ndarray
    raised: bool = False


def all_kinds() -> list[Kind]:
    from . import level_faults, record_faults, signal_faults  # they build kinds

    status = [Kind(f"{home} out of bounds", home, out_of_bounds) for home in STATUS_HOMES]
    return [*record_faults.KINDS, *signal_faults.KINDS, *level_faults.KINDS, *status]


def kinds(plan: Plan, windows: Windows) -> list[Kind]:
    """The kinds that can move a dimension of this plan in such windows; a user's own gets one of its own name."""
    here = plan.homes
    known = all_kinds()
    own = [Kind(f"{home} raised", home, raise_value) for home in here if home not in {k.home for k in known}]
    return [
        kind
        for kind in known
        if kind.home in here
        and (windows.numbered or kind.name != "sequence gaps")
        and (kind.home != "consistency" or len(_paired(plan, windows, here[kind.home])))
    ] + own


def _paired(plan: Plan, windows: Windows, cells: list[int]) -> list[int]:
    """Those of a dimension's cells whose channel has a partner that explains it."""
    first = windows.references[0]
    return [k for k in cells if first[at.REF_HEAD + plan.cells[k].channel * at.REF_STRIDE + at.PAIR] >= 0]


def inject(plan: Plan, windows: Windows, kind: Kind, severity: np.ndarray, rng: np.random.Generator) -> Faulty:
    """Puts a fault of ``kind`` into each window: ``severity`` float64[N] tails of its home, on any of its channels."""
    cells = plan.homes[kind.home]
    if kind.home == "consistency":
        cells = _paired(plan, windows, cells)
    cell = rng.choice(cells, len(windows))
    channel = np.array([plan.cells[k].channel for k in cell])
    copies = windows.take(np.arange(len(windows)))
    tail = Yardstick(plan, copies.references).tail(cell)
    size = np.asarray(severity) * tail
    job = Job(plan, copies, kind.home, channel, size, rng)
    reached = kind.make(job)
    reached = size if reached is None else np.minimum(reached, size * 1.0001)
    own = kind.make is raise_value
    return Faulty(job.windows, kind.name, cell, np.where(reached < size * 0.999, reached / tail, severity), own)


def fails(plan: Plan, parent: Parent, cell: np.ndarray) -> np.ndarray:
    """bool[N]: whether a fault at home in ``cell`` fails this parent."""
    return np.isin(cell, list(plan.cells_of(parent)))


def columns_beside(plan: Plan, cell: np.ndarray) -> list[int]:
    """The columns of all parents that a fault at home in ``cell`` fails: those which see it."""
    seen = [parent.columns for parent in plan.parents if fails(plan, parent, cell).any()]
    return sorted({column for columns in seen for column in columns})


def out_of_bounds(job: Job) -> None:
    """One status field of the home dimension lies ``size`` units outside one of its bounds."""
    fields = [i for i, field in enumerate(job.plan.status) if field.dimension == job.home]
    chosen = job.rng.choice(fields, len(job.rows))
    for row, index in enumerate(chosen):
        field = job.plan.status[index]
        sides = [(bound, sign) for bound, sign in ((field.min, -1), (field.max, 1)) if bound is not None]
        bound, sign = sides[job.rng.integers(len(sides))]
        job.windows.status[row, index] = bound + sign * max(1, round(job.size[row]))


def raise_value(job: Job) -> None:
    """A user's own dimension: no fault is known that moves it, so its value is raised afterwards."""
