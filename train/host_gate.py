"""The device's whole gate on CPython, over a recording in memory: the slow way to the same integers."""

from array import array

import numpy as np
from motegate.firmware.device.gate import Gate
from motegate.firmware.device.network import Network
from motegate.firmware.progress import Progress, silent

from . import windows
from .engine import Engine
from .recording import Records


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


class _Idle:
    """No effects."""

    def perform(self, action, ring, seconds, millis):
        pass


class HostGate(Gate):
    """A gate whose windows are kept instead of sent.

    ``commission``: the first windows, which are judged by nothing. Of every window: ``ends`` (seconds since 2020 and
    milliseconds of its newest record) and ``measured`` (its columns); of those behind commissioning ``said`` (scores)
    and ``passed``.
    """

    def __init__(self, plan: dict, packs: dict[str, bytes], reference: bytes, records: Records):
        self._total = len(windows.expand(plan, records).windows)
        self.commission = Engine(plan, reference).commission_windows(self._total)
        networks = {name: Network(pack) for name, pack in packs.items()}
        super().__init__(plan, networks, reference, Source(records), None, _Idle(), self.commission)
        self.ends: list[tuple[int, int]] = []
        self.measured, self.said, self.passed = array("h"), array("h"), array("h")

    def run(self, what: str = "judge", progress: Progress = silent) -> "HostGate":
        """Judges the recording to its end; ``what`` it is done for, in the progress."""
        while self.step() > 0:
            progress(what, self.windows, self._total)
        return self

    def columns(self) -> np.ndarray:
        """The dimensions of every window, int16[windows, columns]."""
        return np.array(self.measured, np.int16).reshape(len(self.ends), -1)

    def _commissioned(self):
        self.ends.append((self.ring.seconds(), self.ring.millis()))
        self.measured += self.dimensions.values

    def _report(self):
        self._commissioned()
        self.said += self.scores
        self.passed += self.passes
