"""The gate: records in, a verdict out, window by window. It puts the stations' work into order, and does none of it."""

from array import array

from .judging.classifiers import Classifiers
from .judging.verdict import Verdict
from .layout import COMMISSIONING, COUNT_COMMISSIONING, COUNT_EFFECTS, COUNT_FAILED, COUNT_JUDGED, NO_ACTION, REGIME
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
        self._got = self._at = 0  # of the block: records read, and of them in the ring
        self._source = self._hal = self._counts = None
        self.readers = []

    def connect(self, source, readers, hal=None):
        """Where records come from and verdicts go to; the start does it when the heap has room for them.

        ``source``: ``read(values, seconds, millis, seqs, start, n)`` and ``status(out, newest)``: fields as of that
        record of the block last read, -1 for the last of the block before. ``readers``: ``take(verdict)`` of each, in
        turn, at every window. ``hal`` counts the windows, and hears of readers that raise; without one they raise.
        """
        self._source = source
        self.readers = readers
        self._hal = hal
        if hal:
            self._counts = hal.counts

    def step(self):
        """Takes records up to the next window's end, and judges that; reads a block where none is left. Records of the
        block, or -1 at the source's end. What it raises costs that window only: the rest of the block stays in hand.
        """
        ring = self.ring
        block = self._block
        if self._at >= self._got:
            self._at = self._got = 0
            got = block.read(self._source, ring.need())
            if got < 0:
                return got
            self._got = got
            self.records += got
        if self._at < self._got:
            self._at += block.fill(ring, self._at, self._got - self._at)
            if ring.due():
                self.judge(self._at - 1)
        return self._got

    def judge(self, newest):
        """Measures the window that is due, gives its verdict, has it read and follows.

        ``newest``: the window's newest record in the block just read; -1 for the last of the block before.
        """
        reference = self.reference
        ready = reference.ready()
        self.windows += 1
        self._count(COUNT_FAILED, 1)  # until there is a verdict
        self._measure(newest)
        self._fill(self.scan.stats, ready)
        self._count(COUNT_FAILED, -1)
        self._count(COUNT_JUDGED if ready else COUNT_COMMISSIONING, 1)
        for reader in self.readers:
            self._tell(reader)
        if ready:
            reference.follow(self.scan.stats)

    def pace(self, hop):
        """From the window that has just been judged to the next there are ``hop`` slots, at most a window's."""
        self.ring.pace(hop)
        self.scan.hop = hop

    def _count(self, which, by):
        if self._counts:
            self._counts[which] += by

    def _measure(self, newest):
        reference = self.reference
        scan = self.scan
        scan.fill(self.ring, reference.array)
        if self._fields:
            self._source.status(self._fields, newest)
            scan.fill_status(self._fields)
        self.dimensions.fill(scan.stats, reference)

    def _tell(self, reader):
        """One reader's trouble is not another's."""
        try:
            reader.take(self.verdict)
        except Exception as e:
            if not self._hal:
                raise
            self._counts[COUNT_EFFECTS] += 1
            self._hal.trouble("frames", e)

    def _fill(self, stats, ready):
        verdict = self.verdict
        verdict.window = self.windows - 1
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
        if reference.commission(self.ring, stats, verdict.levels if silent else None) and self._hal:
            self._hal.hurry()
