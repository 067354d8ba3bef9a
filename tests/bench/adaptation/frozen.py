"""How well a reference judges a stretch of a stream, as it stands: half of the windows with a fault of 3 to 16 limits.

The size of a fault is by the limits of a reference that was commissioned on that very stretch, so that all references
are shown the same windows.
"""

from array import array
from dataclasses import astuple, dataclass

import numpy as np
from motegate.train import faults
from motegate.train.faults import Windows
from motegate.train.host import Panel, Trained, engine, ring, scan
from motegate.train.host.adaptive import Measured

from ..judgement.stream import part

LEAST, MOST = 3.0, 16.0


@dataclass(frozen=True)
class State:
    """A reference's array, int32, and its prototypes, int16."""

    array: np.ndarray
    prototypes: np.ndarray


@dataclass(frozen=True)
class Score:
    f1: float
    recall: float
    false_alarms: float

    @classmethod
    def of(cls, found: np.ndarray, false: np.ndarray) -> "Score":
        """``found``: which faulty windows fail, ``false``: which good ones."""
        recall, alarms = float(np.mean(found)), float(np.mean(false))
        return cls(2 * recall / (1 + recall + alarms), recall, alarms)


@dataclass(frozen=True)
class Seen:
    """Windows as a reference sees them: dimensions int16[n, columns], and which hold too little."""

    values: np.ndarray
    no_data: np.ndarray


class Stretch:
    """Every ``step``th window of a recording without status fields; every second of those gets a fault of ``least`` to
    ``most`` limits. ``own``: the reference commissioned on them; ``homes``: the cell that each fault is home to."""

    def __init__(
        self, trained: Trained, measured: Measured, begin: int, end: int, step: int, seed: int,
        least: float = LEAST, most: float = MOST,
    ):  # fmt: skip
        self._trained, self._measured = trained, measured
        plan = trained.plan
        machine = engine.Engine(plan, trained.reference, end - begin - 1)
        self._pairs = machine.pairs
        machine.run(part(measured.slots, begin, end), measured.stats[begin:end])
        self.own = State(np.array(machine._reference.array), engine.prototypes(machine._reference))
        rows = np.arange(begin, end, step)
        self._clean = rows[::2]
        rng = np.random.default_rng(seed)
        some = self._windows(rows[1:2])
        kinds = [
            kind for kind in faults.kinds(plan, some) if kind.home not in faults.STATUS_HOMES and kind.name != "ageing"
        ]
        self._faulty: list[Windows] = []
        homes = []
        for row in rows[1::2]:
            kind, severity = kinds[rng.integers(len(kinds))], np.exp(rng.uniform(np.log(least), np.log(most)))
            put = faults.inject(plan, self._windows(np.array([row])), kind, np.array([severity]), rng)
            if put.severity[0] >= least:
                self._faulty.append(put.windows)
                homes.append(put.cell[0])
        self.homes = np.array(homes)

    def _windows(self, rows: np.ndarray) -> Windows:
        counts, lateness, flags = ring.cut(self._trained.plan, self._measured.slots, rows)
        n = len(rows)
        return Windows(
            np.ascontiguousarray(counts), lateness, flags, self._measured.slots.carry[rows],
            np.zeros((n, 0), np.int32), np.repeat(self.own.array[None], n, 0),
            np.repeat(self.own.prototypes[None], n, 0), False,
        )  # fmt: skip

    def score(self, state: State) -> Score:
        """Of a window's verdict, any classifier's; false alarms weigh as if there were as many good as faulty ones."""
        panel = Panel(self._trained)
        panel._reference.array = array("i", state.array.astype(np.int32).tobytes())
        false, found = (~panel.judge(one.values, one.no_data)[2].all(axis=1) for one in self.seen_by(state))
        return Score.of(found, false)

    def seen_by(self, state: State) -> tuple["Seen", "Seen"]:
        """The good windows and the faulty ones."""
        plan = self._trained.plan
        counts = ring.cut(plan, self._measured.slots, self._clean)[0]
        good = self._seen(state, self._measured.stats[self._clean], counts)
        faulty = [
            self._seen(state, scan.scan(plan, w.counts, w.lateness, w.flags, w.carry, None, self._pairs), w.counts)
            for w in self._faulty
        ]
        return good, Seen(*(np.concatenate(parts) for parts in zip(*map(astuple, faulty), strict=True)))

    def _seen(self, state: State, stats: np.ndarray, counts: np.ndarray) -> "Seen":
        plan, n = self._trained.plan, len(stats)
        values = engine.values_against(
            plan, stats, np.ascontiguousarray(counts), np.repeat(state.array[None], n, 0),
            np.repeat(state.prototypes[None], n, 0),
        )  # fmt: skip
        return Seen(values, engine.no_data(plan, stats))
