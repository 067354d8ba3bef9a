"""A gate that adapts, on the host: ring and scan in NumPy, everything behind them the device's own code.

An adaptation depends on what a person says meanwhile, so the caller goes window by window and may speak after each:

    gate = AdaptiveGate(trained, records)
    for window in gate:
        if gate.asks:
            gate.label(window, parent, good=True)
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from motegate.firmware.device.adaptation.cycle import Cycle
from motegate.firmware.device.boot.pack import Pack
from motegate.firmware.device.drift.trends import Trends
from motegate.firmware.device.drift.watch import Watch
from motegate.firmware.device.frames import Writer
from motegate.firmware.device.gate import Gate
from motegate.firmware.device.layout import ADAPT_PHASE, CALM, COMMISSIONING, REFUSED
from motegate.firmware.device.network import Network

from ..policy import Plan
from ..recording import Records
from . import engine, ring, scan
from .engine import with_bins
from .judge import Trained


@dataclass(frozen=True)
class Measured:
    """A recording behind ring and scan, which no reference touches: it serves many gates of the same plan."""

    plan: Plan
    slots: ring.Slots
    stats: np.ndarray
    seconds: np.ndarray
    millis: np.ndarray

    @classmethod
    def of(cls, trained: Trained, records: Records) -> "Measured":
        slots, stats = scan.measure(trained.plan, records, engine.Engine(trained.plan, trained.reference).pairs)
        return cls(trained.plan, slots, stats, records.seconds[slots.last_row], records.millis[slots.last_row])

    def __len__(self) -> int:
        return len(self.stats)


class _Ring:
    """The recording's windows in the form of a ring whose oldest slot is 0."""

    def __init__(self, measured: Measured):
        plan = measured.plan
        self.length, self.hop, self.n_channels = plan.length, plan.hop, len(plan.channels)
        self.counts = array("h", bytes(2 * plan.length * self.n_channels))
        self.window = -1
        self._measured = measured
        self._view = np.frombuffer(self.counts, np.int16).reshape(self.n_channels, plan.length)

    def turn(self, window: int) -> None:
        self.window = window
        self._view[:] = ring.cut(self._measured.plan, self._measured.slots, np.array([window]))[0][0]

    def head(self) -> int:
        return 0

    def seconds(self) -> int:
        return int(self._measured.seconds[self.window])

    def millis(self) -> int:
        return int(self._measured.millis[self.window])

    @property
    def view(self) -> np.ndarray:
        return self._view


class _Scan:
    """What scan.py has measured, with the bins of whoever asks."""

    def __init__(self, plan: Plan, measured: Measured):
        self._plan = plan
        self.stats = array("i", bytes(4 * measured.stats.shape[1]))
        self._row = np.frombuffer(self.stats, np.int32)
        self._all = measured.stats

    def fill(self, ring: _Ring, reference: array) -> None:
        held = np.frombuffer(reference, np.int32)[None]
        self._row[:] = with_bins(self._plan, self._all[[ring.window]], ring.view[None], held)[0]


class AdaptiveGate:
    """Judges ``measured`` from its first window on; without adaptation where the plan has none.

    ``passes`` bool[n, classifiers] (true while commissioning) and ``phases`` uint8[n] (layout.py) are filled as it
    goes; ``said``: the bytes of its drift and adapt frames.
    """

    def __init__(self, trained: Trained, measured: Measured, plan: Plan | None = None, commission: int | None = None):
        plan = plan or trained.plan
        n = len(measured)
        if commission is None:
            commission = engine.Engine(plan, trained.reference).commission_windows(n)
        self.commission = commission
        networks = {name: Network(Pack(pack)) for name, pack in trained.packs.items()}
        form = plan.for_device()
        self.gate = Gate(form, networks, trained.reference, commission)
        self.gate.ring = self._ring = _Ring(measured)
        self.gate.scan = _Scan(plan, measured)
        self.gate._fields = array("i")  # the statistics have them already
        self.said = bytearray()
        writer = Writer(lambda buffer, size: self.said.extend(memoryview(buffer)[:size]))
        self.watch = Watch(writer, self._ring, self.gate.scan.stats, self.gate.reference.n_classifiers)
        self.trends = Trends(writer, form, self._ring, self.gate.reference, self.watch)
        self.cycle = Cycle(form, self.gate, self.watch, self.trends, writer) if plan.adapt else None
        self.gate.readers = [self.watch, self.trends] + ([self.cycle] if self.cycle else [])
        self.passes = np.ones((n, self.gate.reference.n_classifiers), bool)
        self.phases = np.zeros(n, np.uint8)
        self._measured = measured

    def __iter__(self) -> Iterator[int]:
        for window in range(len(self._measured)):
            self._ring.turn(window)
            self.gate.judge(0)
            verdict = self.gate.verdict
            if verdict.why != COMMISSIONING:
                self.passes[window] = np.frombuffer(verdict.passes, np.int16) == 1
            if self.cycle:
                self.phases[window] = self.cycle.state[ADAPT_PHASE]
            yield window

    @property
    def asks(self) -> bool:
        """Whether what somebody says of the present window may permit something."""
        cycle = self.cycle
        return cycle is not None and (cycle.state[ADAPT_PHASE] not in (CALM, REFUSED) or bool(cycle.asks()))

    def label(self, window: int, classifier: int, good: bool) -> int:
        """A label of a window judged before; what became of it (adaptation/labels.py)."""
        if self.cycle is None:
            raise ValueError("this gate does not adapt")
        seconds, millis = int(self._measured.seconds[window]), int(self._measured.millis[window])
        return self.cycle.label(seconds, millis, classifier, int(good), self.gate.verdict)

    def reference(self) -> tuple[np.ndarray, np.ndarray]:
        """The live reference as it is: copies of its array, int32, and of its prototypes, int16."""
        return np.array(self.gate.reference.array), engine.prototypes(self.gate.reference)
