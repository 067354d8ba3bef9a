"""The gate: records in, a verdict and its action out, window by window."""

from array import array

from .compat import const
from .layout import HEAD, STRIDE, VALID
from .measure import Dimensions
from .reference import Reference
from .ring import Ring
from .scan import Scan

_NO_DATA_SCORE = const(127)
_DIMENSIONS = const(1)  # as in actions.py
_SAMPLES = const(2)


class Gate:
    """One stream's gate; everything it needs is made here, nothing after.

    ``networks``: the classifiers by parent name. ``reference``: the reference's file, or None.
    ``commission``: windows to commission on, in place of the plan's. The others as in ``connect``, which the
    start calls later, when the heap has room for them.
    """

    def __init__(self, plan, networks, reference, source=None, writer=None, actions=None, commission=None):
        self.ring = Ring(plan)
        self.scan = Scan(plan)
        self.dimensions = Dimensions(plan)
        self.reference = Reference(plan, reference, commission)
        self.windows = 0
        self.records = 0
        self.connect(source, writer, actions)
        self._table = plan["table"]
        self._classifiers = []
        cells = plan["cells"]
        samples = [k for k, (_, members) in enumerate(plan["columns"]) if cells[members[0]][1] >= 0]
        for parent in plan["parents"]:
            if parent["classifier"] >= 0:
                columns = array("h", parent["columns"])
                over_samples = any(column in samples for column in parent["columns"])
                self._classifiers.append((networks[parent["name"]], columns, over_samples))
        n = len(self._classifiers)
        self.passes = array("h", [0] * n)
        self.scores = array("h", [0] * n)
        self.action = -1
        self._no_data = False
        self._n_status = len(plan["status"])
        self._status = array("i", [0] * self._n_status)
        self._block = block = self.ring.hop
        self._values = array("h", bytes(2 * block * self.ring.n_channels))
        self._seconds = array("i", bytes(4 * block))
        self._millis = array("h", bytes(2 * block))
        self._seqs = array("i", [-1] * block)

    def connect(self, source, writer, actions):
        """Where records come from and verdicts go to.

        ``source``: ``read(values, seconds, millis, seqs, start, n)`` and ``status(out, newest)``: fields as of that
        record of the block last read, -1 for the last of the block before. ``writer``: frames. ``actions``: what an
        action does.
        """
        self._source = source
        self._writer = writer
        self._actions = actions

    def step(self):
        """Reads one block and judges each window that it completes; records read, or -1 at the source's end."""
        ring = self.ring
        want = ring.need()
        if want > self._block:
            want = self._block
        got = self._source.read(self._values, self._seconds, self._millis, self._seqs, 0, want)
        taken = 0
        while taken < got:
            taken += ring.fill(self._values, self._seconds, self._millis, self._seqs, taken, got - taken)
            if ring.due():
                self.judge(taken - 1)
        if got > 0:
            self.records += got
        return got

    def judge(self, newest):
        """Measures the window that is due, gives its verdict, takes its action and follows.

        ``newest``: the window's newest record in the block just read; -1 for the last of the block before.
        """
        reference = self.reference
        stats = self.scan.stats
        self.scan.fill(self.ring, reference.array)
        if self._n_status:
            self._source.status(self._status, newest)
            self.scan.fill_status(self._status)
        self.dimensions.fill(stats, reference)
        if reference.ready():
            self.action = self._table[self._classify(stats)]
            self._report()
            self._actions.perform(self.action, self.ring, self.ring.seconds(), self.ring.millis())
            reference.follow(stats)
        else:
            self.action = -1
            reference.commission(self.ring, stats)
            self._commissioned()
        self.windows += 1

    def no_data(self, stats):
        """True when a channel has fewer valid samples than a quarter of the window."""
        c = HEAD + VALID
        end = c + self.ring.n_channels * STRIDE
        while c < end:
            if stats[c] * 4 < self.ring.length:
                return True
            c += STRIDE
        return False

    def _classify(self, stats):
        """Runs the classifiers; returns the verdict vector, bit i set = classifier i passes."""
        values = self.dimensions.values
        no_data = self.no_data(stats)
        vector = 0
        i = 0
        for network, columns, over_samples in self._classifiers:
            if no_data and over_samples:
                score = _NO_DATA_SCORE
                passes = 0
            else:
                network.scale(values, columns)
                network.invoke()
                score = network.score()
                passes = 0 if score > network.threshold else 1
            self.scores[i] = score
            self.passes[i] = passes
            vector |= passes << i
            i += 1
        self._no_data = no_data
        return vector

    def _report(self):
        writer = self._writer
        ring = self.ring
        n = len(self._classifiers)
        writer.begin(b"verdict")
        writer.pair(b"t", ring.seconds(), ring.millis())
        writer.numbers(b"p", self.passes, 0, n)
        writer.numbers(b"s", self.scores, 0, n)
        writer.number(b"a", self.action)
        sends = self._actions.sends(self.action)
        if sends & _DIMENSIONS:
            writer.numbers(b"x", self.dimensions.values, 0, self.dimensions.n_columns)
        if sends & _SAMPLES:
            writer.circular(b"w", ring.counts, ring.n_channels, ring.length, ring.head())
        if self._no_data:
            writer.literal(b',"why":"no_data"')
        writer.end()

    def _commissioned(self):
        writer = self._writer
        writer.begin(b"verdict")
        writer.pair(b"t", self.ring.seconds(), self.ring.millis())
        writer.literal(b',"why":"commissioning"')
        writer.end()
