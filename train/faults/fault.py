"""What a fault is made of: the windows, the job of changing them, its kind and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from motegate.firmware.device import layout as at

from ..policy import Plan
from .severity_scale import SeverityScale


@dataclass(frozen=True)
class Windows:
    """N windows as the ring held them, with the reference that each is judged against.

    counts int16[N, C, L], lateness and flags int16[N, L], carry int32[N, C, 2] (the run at the end of the window
    before, and its value), status int32[N, F], references int32[N, n_ref], prototypes int16[N, m] (none without
    regimes); ``numbered``: the records carry sequence numbers.
    """

    counts: np.ndarray
    lateness: np.ndarray
    flags: np.ndarray
    carry: np.ndarray
    status: np.ndarray
    references: np.ndarray
    prototypes: np.ndarray
    numbered: bool = False

    def __len__(self) -> int:
        return len(self.counts)

    def take(self, index: np.ndarray) -> "Windows":
        """Copies of the windows at ``index``."""
        arrays = (self.counts, self.lateness, self.flags, self.carry, self.status, self.references, self.prototypes)
        counts, lateness, flags, carry, status, references, prototypes = (
            np.ascontiguousarray(a[index]) for a in arrays
        )
        return Windows(counts, lateness, flags, carry, status, references, prototypes, self.numbered)


class Job:
    """Windows in the making: what a kind's function may read and change.

    ``windows`` are copies to edit in place; ``channel`` int[N] (-1 without), ``size`` float64[N] in the home's
    unit, ``rng``, ``scale``. ``rows`` numbers the windows, ``length`` is L.
    """

    def __init__(self, plan: Plan, windows: Windows, home: str, channel, size, rng: np.random.Generator):
        self.plan = plan
        self.windows = windows
        self.home = home
        self.channel = channel
        self.size = size
        self.rng = rng
        self.scale = SeverityScale(plan, windows.references)
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
    """Windows with a fault each: ``cell`` int[N] is its home, ``severity`` float64[N] what was reached, in multiples of
    the limit.

    ``raised`` (column, value) overrides stand for a user's own dimension, whose faults are not known.
    """

    windows: Windows
    kind: str
    cell: np.ndarray
    severity: np.ndarray
    raised: bool = False
