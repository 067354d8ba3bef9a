"""The device's whole gate on CPython, over a recording in memory: the slow way to the same integers."""

from array import array

import numpy as np
from motegate.firmware.device.adaptation.cycle import Cycle
from motegate.firmware.device.boot.pack import Pack
from motegate.firmware.device.drift.trends import Trends
from motegate.firmware.device.drift.watch import Watch
from motegate.firmware.device.frames import Writer
from motegate.firmware.device.gate import Gate
from motegate.firmware.device.layout import COMMISSIONING
from motegate.firmware.device.network import Network
from motegate.firmware.progress import Progress, silent

from ..policy import Plan
from ..recording import Records
from . import ring
from .engine import Engine


class Source:
    """A recording as the gate's source of records and status fields."""

    def __init__(self, records: Records):
        self._records = records
        self._block = self._at = 0  # where the block last read begins, and where it ends

    def read(self, values, seconds, millis, seqs, start, n):
        records, at = self._records, self._at
        n = min(n, len(records.seconds) - at)
        if n == 0:
            return -1
        channels = records.counts.shape[1]
        values[start * channels : (start + n) * channels] = array("h", records.counts[at : at + n].tobytes())
        seconds[start : start + n] = array("i", records.seconds[at : at + n].tobytes())
        millis[start : start + n] = array("h", records.millis[at : at + n].tobytes())
        seqs[start : start + n] = array("i", records.seqs[at : at + n].tobytes())
        self._block, self._at = at, at + n
        return n

    def status(self, out, newest):
        for i, value in enumerate(self._records.status[self._block + newest]):
            out[i] = int(value)


class Recorder:
    """A reader of verdicts: what was said of every window, as arrays.

    ``ends``: seconds since 2020 and milliseconds of each window's newest record, one after the other; ``values``: its
    dimensions; of those that got a verdict ``scores``, ``levels`` and ``passes``.
    """

    def __init__(self):
        self.ends, self.values = array("q"), array("h")
        self.scores, self.levels, self.passes = array("h"), array("i"), array("h")

    def take(self, verdict) -> None:
        self.ends.append(verdict.seconds)
        self.ends.append(verdict.millis)
        self.values += verdict.values
        if verdict.why != COMMISSIONING:
            self.scores += verdict.scores
            self.levels += verdict.levels
            self.passes += verdict.passes


class HostGate:
    """The device's gate with a recording as its source and a recorder as its reader.

    ``commission``: the first windows, which are judged by nothing. ``packs``: by parent's name; None where only the
    dimensions are asked for.
    """

    def __init__(self, plan: Plan, packs: dict[str, bytes] | None, reference: bytes, records: Records):
        self._total = len(ring.expand(plan, records).windows)
        self.commission = Engine(plan, reference).commission_windows(self._total)
        networks = None if packs is None else {name: Network(Pack(pack)) for name, pack in packs.items()}
        self._gate = Gate(plan.for_device(), networks, reference, self.commission)
        self._recorder = Recorder()
        self._gate.connect(Source(records), [self._recorder, *self._watchers(plan)])
        self._shape = len(self._gate.verdict.passes), len(self._gate.verdict.values)

    def _watchers(self, plan: Plan) -> list:
        """Who adapts the gate, where the plan asks for it."""
        if not plan.adapt:
            return []
        gate, writer = self._gate, Writer(lambda buffer, n: None)
        watch = Watch(writer, gate.ring, gate.scan.stats, gate.reference.n_classifiers)
        trends = Trends(writer, plan.for_device(), gate.ring, gate.reference, watch)
        return [watch, trends, Cycle(plan.for_device(), gate, watch, trends, writer)]

    def run(self, what: str = "judge", progress: Progress = silent) -> "HostGate":
        """Judges the recording to its end; ``what`` it is done for, in the progress."""
        while self._gate.step() > 0:
            progress(what, self._gate.windows, self._total)
        return self

    def ends(self) -> np.ndarray:
        """int64[windows, 2]: seconds since 2020 and milliseconds of each window's newest record."""
        return np.array(self._recorder.ends, np.int64).reshape(-1, 2)

    def columns(self) -> np.ndarray:
        """The dimensions of every window, int16[windows, columns]."""
        return np.array(self._recorder.values, np.int16).reshape(-1, self._shape[1])

    def scores(self) -> np.ndarray:
        """int8[judged, classifiers]."""
        return np.array(self._recorder.scores, np.int8).reshape(-1, self._shape[0])

    def levels(self) -> np.ndarray:
        """int32[judged, classifiers]."""
        return np.array(self._recorder.levels, np.int32).reshape(-1, self._shape[0])

    def passes(self) -> np.ndarray:
        """bool[judged, classifiers]."""
        return np.array(self._recorder.passes, bool).reshape(-1, self._shape[0])
