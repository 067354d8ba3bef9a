"""The gate: records in, a verdict out, window by window. It puts the stations' work into order, and does none of it."""

from array import array

from .judging.classifiers import Classifiers
from .judging.verdict import Verdict
from .layout import COMMISSIONING, NO_ACTION, REGIME
from .reference.reference import Reference
from .window.block import Block
from .window.measure import Dimensions
from .window.ring import Ring
from .window.scan import Scan


class Gate:
    """One stream's gate; everything it needs is made here, nothing after.

    ``networks``: the classifiers by parent's name, None where only dimensions are asked for. ``reference``: the
    reference's file, or None. ``commission``: windows to commission on, in place of the plan's.
    """

    def __init__(self, plan, networks, reference, commission=None):
        self.ring = Ring(plan)
        self.scan = Scan(plan)
        self.dimensions = Dimensions(plan)
        self.reference = Reference(plan, reference, commission)
        self.classifiers = Classifiers(plan, networks, self.reference)
        self.verdict = Verdict(self.dimensions.values, self.classifiers.features())
        self.windows = 0
        self.records = 0
        self._table = plan["table"]
        self._fields = array("i", [0] * len(plan["status"]))
        self._block = Block(self.ring.hop, self.ring.n_channels)
        self._source = None
        self.readers = []

    def connect(self, source, readers):
        """Where records come from and verdicts go to; the start does it when the heap has room for them.

        ``source``: ``read(values, seconds, millis, seqs, start, n)`` and ``status(out, newest)``: fields as of that
        record of the block last read, -1 for the last of the block before. ``readers``: ``take(verdict)`` of each, in
        turn, at every window.
        """
        self._source = source
        self.readers = readers

    def step(self):
        """Reads one block and judges each window that it completes; records read, or -1 at the source's end."""
        ring = self.ring
        block = self._block
        got = block.read(self._source, ring.need())
        taken = 0
        while taken < got:
            taken += block.fill(ring, taken, got - taken)
            if ring.due():
                self.judge(taken - 1)
        if got > 0:
            self.records += got
        return got

    def judge(self, newest):
        """Measures the window that is due, gives its verdict, has it read and follows.

        ``newest``: the window's newest record in the block just read; -1 for the last of the block before.
        """
        reference = self.reference
        stats = self.scan.stats
        self.scan.fill(self.ring, reference.array)
        if self._fields:
            self._source.status(self._fields, newest)
            self.scan.fill_status(self._fields)
        self.dimensions.fill(stats, reference)
        ready = reference.ready()
        self._fill(stats, ready)
        for reader in self.readers:
            reader.take(self.verdict)
        if ready:
            reference.follow(stats)
        self.windows += 1

    def _fill(self, stats, ready):
        verdict = self.verdict
        verdict.window = self.windows
        verdict.seconds = self.ring.seconds()
        verdict.millis = self.ring.millis()
        reference = self.reference
        classifiers = self.classifiers
        verdict.regime = reference.array[REGIME]
        if ready:
            verdict.action = self._table[classifiers.judge(verdict, classifiers.no_data(stats))]
            return
        silent = len(verdict.levels) and reference.silent()
        if silent:
            classifiers.judge(verdict, False)
        verdict.action = NO_ACTION
        verdict.why = COMMISSIONING
        reference.commission(self.ring, stats, verdict.levels if silent else None)
