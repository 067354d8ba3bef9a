"""How well a reference judges a stretch of a stream, as it stands: half of the windows with a fault of 3 to 16 limits.

The size of a fault is by the limits of a reference that was commissioned on that very stretch, so that all references
are shown the same windows.
"""

from array import array
from dataclasses import dataclass

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


class Stretch:
    """The windows ``rows`` of a recording without status fields; every second gets a fault."""

    def __init__(self, trained: Trained, measured: Measured, begin: int, end: int, step: int, seed: int):
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
        self._faulty = []
        for row in rows[1::2]:
            kind, severity = kinds[rng.integers(len(kinds))], np.exp(rng.uniform(np.log(LEAST), np.log(MOST)))
            put = faults.inject(plan, self._windows(np.array([row])), kind, np.array([severity]), rng)
            if put.severity[0] >= LEAST:
                self._faulty.append(put.windows)

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
        counts = ring.cut(self._trained.plan, self._measured.slots, self._clean)[0]
        false = self._fails(state, self._measured.stats[self._clean], counts)
        plan = self._trained.plan
        found = [
            self._fails(
                state,
                scan.scan(plan, w.counts, w.lateness, w.flags, w.carry, None, self._pairs),
                w.counts,
            )[0]
            for w in self._faulty
        ]
        recall, alarms = float(np.mean(found)), float(false.mean())
        return Score(2 * recall / (1 + recall + alarms), recall, alarms)

    def _fails(self, state: State, stats: np.ndarray, counts: np.ndarray) -> np.ndarray:
        plan, n = self._trained.plan, len(stats)
        panel = Panel(self._trained)
        panel._reference.array = array("i", state.array.astype(np.int32).tobytes())
        values = engine.values_against(
            plan, stats, np.ascontiguousarray(counts), np.repeat(state.array[None], n, 0),
            np.repeat(state.prototypes[None], n, 0),
        )  # fmt: skip
        return ~panel.judge(values, engine.no_data(plan, stats))[2].all(axis=1)
